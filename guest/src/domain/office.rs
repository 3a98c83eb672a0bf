//! What the people of the company read, in their language: one catalogue of codes, with the texts of warnings and reasons, of the page
//! for the administrator of their mail, and of the test message. `templates/office/<language>.json`.

use super::language::Language;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The texts of a language. `{}` stands for what is filled in.
#[derive(Debug, Default, Deserialize)]
pub struct Office {
    /// Warnings of a composed mail, by code.
    #[serde(borrow)]
    warnings: BTreeMap<&'static str, &'static str>,
    /// Reasons for a recipient, by code.
    reasons: BTreeMap<&'static str, &'static str>,
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

/// The texts of a language. That they are read is tested; one that were not would be empty.
pub fn office(language: Language) -> Office {
    read(language).unwrap_or_default()
}

fn read(language: Language) -> serde_json::Result<Office> {
    serde_json::from_str(source(language))
}

/// What a code of a warning or of a reason for a recipient means, as a sentence for the user; none for a code without one.
pub fn explain(code: &str, language: Language) -> Option<&'static str> {
    let office = office(language);
    office.warnings.get(code).or_else(|| office.reasons.get(code)).copied()
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
    use crate::domain::recipients::Reason;

    #[test]
    fn every_language_explains_every_code() {
        let english = office(Language::En);
        let codes: Vec<_> = english.warnings.keys().chain(english.reasons.keys()).copied().collect();
        for language in Language::ALL {
            let office = read(language).unwrap();
            assert_eq!(
                office.warnings.keys().chain(office.reasons.keys()).copied().collect::<Vec<_>>(),
                codes,
                "{language}"
            );
            for code in &codes {
                assert!(
                    explain(code, language).is_some_and(|text| text.chars().count() > 8),
                    "{language} {code}"
                );
            }
            for reason in Reason::ALL {
                assert!(office.reasons.contains_key(reason.name()), "{language} {reason}");
            }
        }
        assert_eq!(explain("nosuch", Language::En), None);
    }

    #[test]
    fn every_warning_that_the_plugin_gives_is_explained() {
        let flows = [
            include_str!("../flows/compose.rs"),
            include_str!("../flows/doubt.rs"),
            include_str!("../flows/refusal.rs"),
            include_str!("../flows/void_copy.rs"),
            include_str!("attachment/mod.rs"),
        ]
        .concat();
        let given = ["warning(", "=> ", "code: ", "str = "]
            .into_iter()
            .flat_map(|before| flows.split(before).skip(1));
        let codes = given
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'))
            .map(|(code, _)| code);
        let codes: Vec<_> = codes.filter(|code| code.contains('-') && !code.contains(' ')).collect();
        assert!(codes.len() > 8, "{codes:?}");
        for code in codes {
            let is_warning = explain(code, Language::En).is_some();
            assert!(is_warning, "{code} has no text in templates/office");
        }
    }
}
