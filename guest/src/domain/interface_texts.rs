//! What the people of the company read, in their language: what a code means, the page for the administrator of their mail, and the test
//! message. `templates/office/`: the codes are one file, where the languages of each stand together, and the pages a file a language.

use super::language::Language;
use serde::Deserialize;

/// The pages of a language. `{}` stands for what is filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct InterfaceTexts {
    /// The page for the administrator of the company's mail.
    pub administrator: Administrator,
    /// The message of a test.
    pub test_message: TestMessage,
}

/// The phrases of the administrator's page.
#[derive(Debug, Default, Deserialize)]
#[allow(missing_docs)] // their keys say what they are for
pub struct Administrator {
    pub title: &'static str,
    pub intro: &'static str,
    pub origin: &'static str,
    pub origin_unknown: &'static str,
    pub region: &'static str,
    pub origin_use: &'static str,
    pub account: &'static str,
    pub address: &'static str,
    pub sends_by: &'static str,
    pub reads_by: &'static str,
    pub login: &'static str,
    pub no_login: &'static str,
    pub password: &'static str,
    pub app_password: &'static str,
    pub oauth: &'static str,
    pub in_clear: &'static str,
    pub mail_client: &'static str,
    pub platform: &'static str,
    pub send_as: &'static str,
    pub alias: &'static str,
    pub shared_mailbox: &'static str,
    pub send_as_rule: &'static str,
    pub allow: &'static str,
    pub app_access: &'static str,
    pub smtp_auth: &'static str,
    pub basic_authentication: &'static str,
    pub send_as_permission: &'static str,
    pub send_as_copy: &'static str,
    pub send_from_alias: &'static str,
    pub google_app: &'static str,
    pub google_app_password: &'static str,
    pub google_alias: &'static str,
    pub sendgrid: &'static str,
    pub questions: &'static str,
}

/// The phrases of the test message.
#[derive(Debug, Default, Deserialize)]
#[allow(missing_docs)] // their keys say what they are for
pub struct TestMessage {
    pub subject: &'static str,
    pub works: &'static str,
    pub account: &'static str,
    pub sender: &'static str,
    pub sent: &'static str,
    pub nothing_to_do: &'static str,
    pub colon: &'static str,
}

/// Returns the texts of a language. That they are read is tested; one that were not would be empty.
pub fn interface_texts(language: Language) -> InterfaceTexts {
    read(language).unwrap_or_default()
}

fn read(language: Language) -> serde_json::Result<InterfaceTexts> {
    serde_json::from_str(source(language))
}

const CODES: &str = include_str!("../../../templates/office/codes.txt");

/// Explains a code in a sentence for the user; none for a code without one. Goes through the file without keeping anything of it: a user
/// asks for one sentence, not for all.
pub fn explain(code: &str, language: Language) -> Option<&'static str> {
    let is_named = |line: &&str| in_brackets(line) == Some(code);
    let below = CODES.lines().skip_while(|line| !is_named(line)).skip(1);
    let own = below.take_while(|line| in_brackets(line).is_none());
    own.filter_map(|line| line.split_once(' '))
        .find_map(|(tag, text)| (tag == language.code()).then_some(text))
}

fn in_brackets(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

/// Returns every code that has a sentence, in the order of the file.
#[cfg(test)]
pub(crate) fn explained() -> Vec<&'static str> {
    CODES.lines().filter_map(in_brackets).collect()
}

fn source(language: Language) -> &'static str {
    match language {
        Language::Nl => include_str!("../../../templates/office/nl.json"),
        Language::Fr => include_str!("../../../templates/office/fr.json"),
        Language::En => include_str!("../../../templates/office/en.json"),
        Language::De => include_str!("../../../templates/office/de.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_language_explains_every_code_once() {
        let codes = explained();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "a code stands there twice");
        let tags = Language::ALL.map(Language::code);
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{code}"
            );
            let texts = Language::ALL.map(|language| explain(code, language).unwrap_or_default());
            for (tag, text) in tags.into_iter().zip(texts) {
                assert!((9..=200).contains(&text.chars().count()), "{code} {tag}: {text}");
                assert!(!text.contains(['\'', '"', '{']) && text == text.trim(), "{code} {tag}: {text}");
            }
            let different = texts.iter().collect::<BTreeSet<_>>().len();
            assert_eq!(different, texts.len(), "{code} says the same in two languages");
        }
        for line in CODES.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])) {
            assert!(tags.iter().any(|tag| line.starts_with(&format!("{tag} "))), "{line}");
        }
    }

    #[test]
    fn what_is_no_code_has_no_words() {
        for code in
            ["", "nosuch", "no-pdf]", "[no-pdf]", "no-pdf\nnl De", "nl", "# What", "NO-PDF", "\u{202e}"]
        {
            assert_eq!(explain(code, Language::En), None, "{code:?}");
        }
        assert_eq!(explain("no-pdf", Language::Nl), Some("De pdf van het document ontbreekt."));
    }

    #[test]
    fn every_language_has_the_pages() {
        for language in Language::ALL {
            let texts = read(language).unwrap();
            assert!(
                !texts.administrator.title.is_empty() && !texts.test_message.works.is_empty(),
                "{language}"
            );
        }
    }
}
