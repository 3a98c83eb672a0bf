//! The options that make a mail, the same for `render` and `send`.

use super::insist::{Insist, WITHOUT_DOCUMENT};
use super::{Failure, explained};
use crate::capabilities::attachments::{AttachmentSource, ReadError};
use crate::config::Config;
use crate::contract::recipients::Field;
use crate::contract::types::Address;
use crate::engine::CompanyPlugin;
use crate::outbox::Portal;
use crate::outbox::{Draft, DraftError};
use clap::Args;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Everything that may be attached to a mail, in bytes.
const LARGEST: u64 = 25_000_000;

/// What to make a mail of.
#[derive(Debug, Args)]
pub(super) struct MailArgs {
    /// The document: .json (see `postroom schema document`) or .xml (UBL 2.1 Invoice, CreditNote, Order,
    /// Quotation, Reminder).
    #[arg(value_name = "DOC")]
    pub(super) document: PathBuf,
    /// What the mail is for: new, reminder-1, overdue, … (see `postroom schema kinds`). Otherwise: new.
    #[arg(long, value_name = "U")]
    use_case: Option<String>,
    /// Language of the mail: nl, fr, en, de, also with a region (nl-BE). Otherwise: the partner's.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// Settings of company, user and accounts (TOML, see docs/settings.md).
    #[arg(long, value_name = "FILE", env = "POSTROOM_SETTINGS")]
    pub(super) settings: Option<PathBuf>,
    /// To, instead of the partner's contacts: `a@b.be; C <c@d.be>, "Müller, E." <e@f.de>`. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    to: Vec<String>,
    /// Cc. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    cc: Vec<String>,
    /// Bcc. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    bcc: Vec<String>,
    /// Reply-To.
    #[arg(long, value_name = "ADDRESSES")]
    reply_to: Vec<String>,
    /// Which of the document's own files travel; `link`: none, the portal's links carry it; `none`: none, for thanks,
    /// reminders and cancellations. Otherwise: pdf, and link where the platform sends.
    #[arg(long, value_name = "F", value_parser = ["pdf", "ubl", "pdf+ubl", "link", "none"])]
    pub(super) format: Option<String>,
    /// The document's PDF.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// The document's UBL file. Otherwise: DOC itself, where it is .xml.
    #[arg(long, value_name = "FILE")]
    ubl: Option<PathBuf>,
    /// A further attachment. May be repeated: at most 10, each at most 5 MB, all together at most 25 MB.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Page of the document on a portal: the mail gets a button that leads there.
    #[arg(long, value_name = "URL")]
    view_url: Option<String>,
    /// The PDF on a portal: the mail gets a link to download it.
    #[arg(long, value_name = "URL", requires = "view_url")]
    pdf_url: Option<String>,
    #[command(flatten)]
    insist: Insist,
    /// The time of the mail, RFC 3339 with offset: 2026-11-22T09:30:00+01:00.
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<String>,
    /// The mail's identity: Message-ID and boundaries derive from it.
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
}

/// What all mails of a batch have in common.
#[derive(Debug, Clone, Args)]
pub(super) struct Shared {
    /// What the mails are for: new, reminder-1, overdue, … Otherwise: new.
    #[arg(long, value_name = "U")]
    use_case: Option<String>,
    /// Language of all of them. Otherwise: each partner's.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// Which of a document's own files travel. Otherwise: pdf, and link where the platform sends.
    #[arg(long, value_name = "F", value_parser = ["pdf", "ubl", "pdf+ubl", "link", "none"])]
    format: Option<String>,
    /// Folder of the documents' PDF and UBL files, by the documents' names (F-2026-001.json: F-2026-001.pdf, .xml).
    /// Otherwise: beside each document.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// A further attachment of every mail. May be repeated.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    #[command(flatten)]
    insist: Insist,
}

impl Shared {
    /// Which of a document's own files travel, where somebody says so.
    pub(super) fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// True where a document's own file may be missing.
    pub(super) fn goes_without_document(&self) -> bool {
        self.insist.goes_without_document()
    }
}

impl MailArgs {
    /// One document among many, with the files that belong to it.
    pub(super) fn of_document(document: PathBuf, of: &Shared) -> Self {
        let beside = |ending: &str| {
            let folder = of.files.as_deref().or(document.parent()).unwrap_or(Path::new(""));
            crate::records::beside(&folder.join(document.file_name().unwrap_or_default()), ending)
        };
        Self {
            pdf: beside("pdf"),
            ubl: beside("xml").filter(|path| *path != document),
            use_case: of.use_case.clone(),
            language: of.language.clone(),
            settings: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            format: of.format.clone(),
            attach: of.attach.clone(),
            view_url: None,
            pdf_url: None,
            insist: of.insist.clone(),
            now: None,
            id: None,
            document,
        }
    }

    /// True where the document's own file may be missing.
    pub(super) fn goes_without_document(&self) -> bool {
        self.insist.goes_without_document()
    }

    /// The settings named, else the built-in neutral ones.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        match &self.settings {
            Some(path) => Ok(Config::read(path)?),
            None => Ok(Config::default()),
        }
    }

    /// Refuses addresses of the options that are none, each with the text that can't be used: what a person typed is not left out.
    /// What an address was read from all the same (`o’brien@…`, with a typographic apostrophe) is told with the mail.
    pub(super) async fn refuse_unusable(&self, company_plugin: &CompanyPlugin) -> Result<(), Failure> {
        let mut unusable = Vec::new();
        for (option, texts, field) in [
            ("--to", &self.to, Field::To),
            ("--cc", &self.cc, Field::Cc),
            ("--bcc", &self.bcc, Field::Bcc),
            ("--reply-to", &self.reply_to, Field::ReplyTo),
        ] {
            let Some(text) = joined(texts) else { continue };
            let mut read =
                company_plugin.parse_addresses(&super::company_plugin::no_files(), &text, field).await?;
            read.invalid.retain(|it| !is_read_all_the_same(&it.text, &read.addresses));
            unusable.extend(
                read.invalid
                    .iter()
                    .map(|it| format!("{option}: \"{}\" is no address: {}", it.text, it.detail)),
            );
        }
        if unusable.is_empty() { Ok(()) } else { Err(Failure::input(unusable.join("\n"))) }
    }

    /// The draft. `id` and `now` stand in where the options name none.
    pub(super) fn draft(
        &self,
        config: &Config,
        sender: Address,
        id: String,
        now: String,
    ) -> Result<Draft, DraftError> {
        let now = self.now.clone().unwrap_or(now);
        let id = self.id.clone().unwrap_or(id);
        let mut draft = Draft::of_file(&self.document, sender, id, now)?;
        draft.use_case.clone_from(&self.use_case);
        draft.language.clone_from(&self.language);
        draft.settings = config.settings_json();
        draft.overrides.to = joined(&self.to);
        draft.overrides.cc = joined(&self.cc);
        draft.overrides.bcc = joined(&self.bcc);
        draft.overrides.reply_to = joined(&self.reply_to);
        if let Some(format) = &self.format {
            draft.format.clone_from(format);
        }
        draft.portal =
            self.view_url.clone().map(|view_url| Portal { view_url, pdf_url: self.pdf_url.clone() });
        draft.insist = self.insist.codes();
        for (file, role) in [(&self.pdf, "pdf"), (&self.ubl, "ubl"), (&config.logo, "logo")] {
            if let Some(file) = file {
                draft.attach(file, role)?;
            }
        }
        for file in &self.attach {
            draft.attach(file, "added")?;
        }
        Ok(draft)
    }

    /// A failure to make the mail, naming the file at fault, and the option that insists where there is one.
    pub(super) fn failed(&self, error: DraftError) -> Failure {
        let file = match &error {
            DraftError::Document(_) => Some(&self.document),
            DraftError::Argument(fault) if fault.argument == "use-case" => Some(&self.document),
            DraftError::Argument(fault) if fault.argument.starts_with("settings") => self.settings.as_ref(),
            DraftError::Refused(refusal) => {
                let (detail, code) = (&refusal.detail, &refusal.code);
                let file = self.document.display();
                let instead = match code.as_str() {
                    WITHOUT_DOCUMENT => "give its file (--pdf, --ubl, in a batch beside the document), or ",
                    _ => "",
                };
                return Failure::input(format!(
                    "{file}: {detail} ({code}); {instead}make the mail all the same with --{code}"
                ));
            }
            _ => None,
        };
        match file {
            Some(file) => Failure::input(format!("{}: {error}", file.display())),
            None => error.into(),
        }
    }

    /// The same failure, with what a refusal means in the user's language before it.
    pub(super) async fn failed_in_words(&self, company_plugin: &CompanyPlugin, error: DraftError) -> Failure {
        let told = match &error {
            DraftError::Refused(refusal) => explained::sentence(company_plugin, &refusal.code).await,
            _ => Ok(None),
        };
        let failure = self.failed(error);
        match told {
            Ok(Some(sentence)) => Failure { message: format!("{sentence} {}", failure.message), ..failure },
            Ok(None) | Err(_) => failure,
        }
    }

    /// An identity that follows from everything the mail is made of, so that the same options give the same
    /// bytes and other ones another Message-ID.
    pub(super) async fn identity(&self, config: &Config, sender: &Address) -> Result<String, Failure> {
        let mut hash = Sha256::new();
        let mut add = |what: &str, part: &[u8]| {
            for part in [what.as_bytes(), part] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        };
        add("document", &read(&self.document)?);
        add("settings", config.settings_json().as_bytes());
        add("address", sender.address.as_bytes());
        add("format", self.format.as_deref().unwrap_or("pdf").as_bytes());
        for (what, text) in [
            ("name", &sender.name),
            ("use-case", &self.use_case),
            ("language", &self.language),
            ("now", &self.now),
            ("view-url", &self.view_url),
            ("pdf-url", &self.pdf_url),
        ] {
            text.iter().for_each(|text| add(what, text.as_bytes()));
        }
        for (what, texts) in
            [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc), ("reply-to", &self.reply_to)]
        {
            texts.iter().for_each(|text| add(what, text.as_bytes()));
        }
        self.insist.codes().iter().for_each(|code| add("insist", code.as_bytes()));
        let own = [("pdf", &self.pdf), ("ubl", &self.ubl), ("logo", &config.logo)];
        let own = own.into_iter().filter_map(|(role, file)| Some((role, file.as_ref()?)));
        for (role, file) in own.chain(self.attach.iter().map(|file| ("added", file))) {
            let unreadable = |e: ReadError| Failure::input(format!("can't read {}: {e}", file.display()));
            let source = AttachmentSource::from_file(file).map_err(unreadable)?;
            add(role, file.file_name().unwrap_or_default().as_encoded_bytes());
            // What is larger is refused later, by the rule: no need to read it.
            if source.size() <= LARGEST {
                add(role, &source.sha256().await.map_err(unreadable)?);
            }
        }
        let digest = hash.finalize();
        Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let too_large = std::fs::metadata(path).is_ok_and(|facts| facts.len() > crate::DOCUMENT_LIMIT);
    if too_large {
        let message = format!("{}: a document has at most {} bytes", path.display(), crate::DOCUMENT_LIMIT);
        return Err(Failure::input(message));
    }
    std::fs::read(path).map_err(|e| Failure::input(format!("can't read {}: {e}", path.display())))
}

/// Whether one of these addresses is what a text with a typographic apostrophe stands for.
fn is_read_all_the_same(text: &str, usable: &[Address]) -> bool {
    let straight = text.replace(['\u{2018}', '\u{2019}'], "'");
    straight != text && usable.iter().any(|it| straight.contains(&it.address))
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::collections::BTreeSet;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        mail: MailArgs,
    }

    #[tokio::test]
    async fn the_same_options_give_the_same_identity_and_others_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        let (document, one, two) = (file("d.json", "{}"), file("a.pdf", "1"), file("b.pdf", "2"));
        let sender = |address: &str| Address { name: None, address: address.to_owned() };
        let config = Config::default();
        let mut known = BTreeSet::new();
        for options in [
            &[][..],
            &["--to", "a@b.be"],
            &["--cc", "a@b.be"],
            &["--use-case", "new"],
            &["--language", "new"],
            &["--format", "ubl"],
            &["--pdf", &one],
            &["--pdf", &two],
            &["--attach", &one],
            &["--attach", &one, "--attach", &two],
            &["--void-copy"],
        ] {
            let line = ["postroom", &document].into_iter().chain(options.iter().copied());
            let mail = Line::parse_from(line).mail;
            for address in ["a@example.com", "b@example.com"] {
                let identity = mail.identity(&config, &sender(address)).await.unwrap();
                assert_eq!(mail.identity(&config, &sender(address)).await.unwrap(), identity, "{options:?}");
                assert!(known.insert(identity), "{options:?} {address}");
            }
        }
    }
}
