//! `postroom render`: the mail as files. Pure: the same options give the same bytes.

use super::contract_json;
use super::mail::MailArgs;
use super::output::{json, line, printable};
use super::output_file::{self, OutputFile};
use super::{Common, Failure, explained, load_plugin, picture};
use crate::Exit;
use clap::Args;
use postroom::app::{CompanyPlugin, DraftError, Explanations, Ready, WITHOUT_DOCUMENT};
use postroom_contract::types::Address;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(after_help = "\
Writes message.eml, body.html, body.txt and subject.txt. The same options give the same bytes:
the mail's time is the document's date unless --now is given, its identity follows from the
inputs unless --id is given.

Examples:
  postroom render invoice.xml --out mail/
  postroom render invoice.json --out mail/ --use-case reminder-1 --language nl-BE --png
  postroom render quote.json --out mail/ --settings company.toml --pdf quote.pdf --attach terms.pdf")]
pub(super) struct RenderArgs {
    #[command(flatten)]
    mail: MailArgs,
    /// Folder to write to; made where it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Account of the settings to send as; otherwise a neutral sender.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Also write body.png, a picture made by the installed Chromium.
    #[arg(long)]
    png: bool,
}

pub(super) async fn run(common: &Common, args: &RenderArgs) -> Result<Exit, Failure> {
    let config = args.mail.config()?;
    let sender = match &args.account {
        Some(name) => config.account(name)?.mailbox(),
        None => Address { name: None, address: "sender@example.invalid".to_owned() },
    };
    let company_plugin = load_plugin::reading(common)?;
    let content = args.mail.content();
    content.refuse_unusable(&company_plugin).await?;
    let id = content.identity(&config, &sender).await?;
    let mut draft = content.draft(config.settings_json(), config.logo.as_ref(), sender, id, String::new())?;
    if draft.now.is_empty() {
        let summary = company_plugin.read(&load_plugin::no_files(), &draft.document).await?;
        let summary = summary.map_err(|e| args.mail.failed(&DraftError::Document(e)))?;
        draft.now = format!("{}T09:00:00+00:00", summary.issue_date);
    }
    // A mail is looked at before its files are there.
    draft.insist.push(WITHOUT_DOCUMENT.to_owned());
    draft.attach_embedded_pdf(&company_plugin).await?;
    let ready = match draft.compose(&company_plugin).await {
        Ok(ready) => ready,
        Err(error) => return Err(args.mail.failed_in_words(&company_plugin, error.into()).await),
    };
    write(&ready, &args.out).await?;
    if args.png {
        let logo = draft.attachments.iter().find(|(a, _)| a.role == "logo");
        picture::write(&ready.message.html, logo, &args.out.join("body.png")).await?;
    }
    report(common, &company_plugin, &ready, &args.out).await?;
    Ok(Exit::Done)
}

/// Writes the mail's files into a folder.
pub(super) async fn write(ready: &Ready, folder: &Path) -> Result<(), Failure> {
    let failed = |e| Failure::other(format!("can't write {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let message = &ready.message;
    let texts = [
        ("body.html", &message.html),
        ("body.txt", &message.text),
        ("subject.txt", &format!("{}\n", message.subject)),
    ];
    for (name, text) in texts {
        output_file::write(&folder.join(name), text.as_bytes())?;
    }
    write_message(ready, &folder.join("message.eml")).await
}

/// Writes the whole message into a file.
pub(super) async fn write_message(ready: &Ready, path: &Path) -> Result<(), Failure> {
    let file = OutputFile::create(path)?;
    let written = ready.write(&mut file.writer()?).await;
    written.map_err(|e| Failure::other(format!("can't write {}: {e}", path.display())))?;
    file.finish()
}

async fn report(
    common: &Common,
    company_plugin: &CompanyPlugin,
    ready: &Ready,
    folder: &Path,
) -> Result<(), Failure> {
    let message = &ready.message;
    if common.json {
        return json(&serde_json::json!({
            "folder": folder,
            "document": ready.summary,
            "message_id": message.mail.message_id,
            "subject": message.subject,
            "from": message.sender,
            "recipients": contract_json::entries(&ready.resolution.entries),
            "invalid": ready.resolution.invalid,
            "language": message.language,
            "language_reason": message.language_reason,
            "template": message.template,
            "size": message.mail.size,
            "warnings": message.warnings,
        }));
    }
    line(&format!("{} {}: {}", ready.summary.kind, ready.summary.number, message.subject))?;
    line(&format!(
        "language {} ({}), template {}",
        message.language, message.language_reason, message.template
    ))?;
    addressees(ready)?;
    warnings(&explained::explanations(company_plugin, &message.warnings).await?, ready);
    line(&format!("{} bytes in {}", message.mail.size, folder.join("message.eml").display()))
}

/// Prints on standard error what the sender should know.
pub(super) fn warnings(explained: &Explanations, ready: &Ready) {
    for warning in &ready.message.warnings {
        eprintln!("warning: {} ({})", printable(&explained.text(warning)), warning.code);
    }
}

/// Prints who gets the mail and why, and on standard error what could not be used.
pub(super) fn addressees(ready: &Ready) -> Result<(), Failure> {
    for entry in &ready.resolution.entries {
        let name = entry.address.name.as_deref().map(|n| format!("{n} ")).unwrap_or_default();
        line(&format!(
            "{}: {name}<{}>: {}",
            entry.field.header(),
            entry.address.address,
            entry.reason.detail
        ))?;
    }
    for invalid in &ready.resolution.invalid {
        let warning = format!("{} in {}: {}", invalid.text, invalid.field.header(), invalid.detail);
        eprintln!("not used: {}", printable(&warning));
    }
    Ok(())
}
