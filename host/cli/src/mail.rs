//! The options that make a mail, the same for `render` and `send`.

use super::overrides::Overrides;
use super::{Failure, explained};
use clap::Args;
use postroom::app::{
    AppError, BatchContent, CompanyPlugin, DraftError, MailContent, WITHOUT_DOCUMENT, draft_fault,
};
use postroom::config::Config;
use std::path::{Path, PathBuf};

/// Options of one mail: its document, files and recipients.
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
    overrides: Overrides,
    /// The time of the mail, RFC 3339 with offset: 2026-11-22T09:30:00+01:00.
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<String>,
    /// The mail's identity: Message-ID and boundaries derive from it.
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
}

/// Options that all mails of a batch have in common.
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
    overrides: Overrides,
}

impl Shared {
    /// Converts the options for the use case.
    pub(super) fn content(&self) -> BatchContent {
        BatchContent {
            use_case: self.use_case.clone(),
            language: self.language.clone(),
            format: self.format.clone(),
            files: self.files.clone(),
            attach: self.attach.clone(),
            insist: self.overrides.codes(),
        }
    }
}

impl MailArgs {
    /// Converts the options for the use case.
    pub(super) fn content(&self) -> MailContent {
        MailContent {
            document: self.document.clone(),
            use_case: self.use_case.clone(),
            language: self.language.clone(),
            to: self.to.clone(),
            cc: self.cc.clone(),
            bcc: self.bcc.clone(),
            reply_to: self.reply_to.clone(),
            format: self.format.clone(),
            pdf: self.pdf.clone(),
            ubl: self.ubl.clone(),
            attach: self.attach.clone(),
            view_url: self.view_url.clone(),
            pdf_url: self.pdf_url.clone(),
            insist: self.overrides.codes(),
            now: self.now.clone(),
            id: self.id.clone(),
        }
    }

    /// Reads the settings named, else returns the built-in neutral ones.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        match &self.settings {
            Some(path) => Ok(Config::read(path)?),
            None => Ok(Config::default()),
        }
    }

    /// Describes a failure to make the mail: the file at fault, and the option that overrides the refusal where there is one.
    pub(super) fn failed(&self, error: &DraftError) -> Failure {
        failed(&self.document, self.settings.as_deref(), error)
    }

    /// Describes a failure to make the mail, with what a refusal means in the user's language before it.
    pub(super) async fn failed_in_words(&self, plugin: &CompanyPlugin, error: AppError) -> Failure {
        match error {
            AppError::Draft(error) => {
                failed_in_words(plugin, &self.document, self.settings.as_deref(), &error).await
            }
            error => error.into(),
        }
    }
}

/// Describes a failure to make a document's mail: the file at fault, and the option that overrides the refusal where there is one.
pub(super) fn failed(document: &Path, settings: Option<&Path>, error: &DraftError) -> Failure {
    let file = match error {
        DraftError::Document(_) => Some(document),
        DraftError::Argument(fault) if fault.argument == "use-case" => Some(document),
        DraftError::Argument(fault) if fault.argument.starts_with("settings") => settings,
        DraftError::Refused(refusal) => {
            let (detail, code) = (&refusal.detail, &refusal.code);
            let file = document.display();
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
        None => Failure { code: draft_fault(error).into(), message: error.to_string() },
    }
}

/// Describes a failure to make a document's mail, with what a refusal means in the user's language before it.
pub(super) async fn failed_in_words(
    plugin: &CompanyPlugin,
    document: &Path,
    settings: Option<&Path>,
    error: &DraftError,
) -> Failure {
    let explained = match error {
        DraftError::Refused(refusal) => explained::sentence(plugin, &refusal.code).await,
        _ => Ok(None),
    };
    let failure = failed(document, settings, error);
    match explained {
        Ok(Some(sentence)) => Failure { message: format!("{sentence} {}", failure.message), ..failure },
        Ok(None) | Err(_) => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use postroom_contract::types::Address;
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
            let mail = Line::parse_from(line).mail.content();
            for address in ["a@example.com", "b@example.com"] {
                let identity = mail.identity(&config, &sender(address)).await.unwrap();
                assert_eq!(mail.identity(&config, &sender(address)).await.unwrap(), identity, "{options:?}");
                assert!(known.insert(identity), "{options:?} {address}");
            }
        }
    }
}
