//! `postroom demo`: a sample company's mails through the real plugin and the real SMTP capability, caught by a
//! server inside this program. Nothing leaves the machine.

mod sample;
mod sheet;

use super::output::{json, line, table};
use super::{Common, Failure, load_plugin, output_file, render};
use crate::Exit;
use crate::catcher::Catcher;
use clap::Args;
use postroom::app::{Accounts, CompanyPlugin, Draft, Ready, SingleAttempt};
use postroom_contract::types;
use postroom_model::AllowList;
use postroom_transport::attachments::AttachmentSource;
use postroom_transport::smtp::{Account, Security, SmtpClient};
pub(super) use sample::LOGO;
use sample::{SAMPLES, Sample};
use sheet::SampleShown;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SETTINGS: &str = r##"{
  "company": { "name": "Atelier Nord", "address": ["Dok Noord 4", "9000 Gent", "Belgium"],
    "telephone": "+32 9 555 01 20", "email": "hello@ateliernord.example", "website": "https://ateliernord.example",
    "vat_identifier": "BE0123456749", "language": "en",
    "languages": { "nl": { "address": ["Dok Noord 4", "9000 Gent", "België"] },
      "fr": { "address": ["Dok Noord 4", "9000 Gand", "Belgique"] },
      "de": { "address": ["Dok Noord 4", "9000 Gent", "Belgien"] } } },
  "user": { "display_name": "Atelier Nord", "signature_text": "Lotte Claes\nAccounting",
    "languages": { "nl": { "signature_text": "Lotte Claes\nBoekhouding" },
      "fr": { "signature_text": "Lotte Claes\nComptabilité" }, "de": { "signature_text": "Lotte Claes\nBuchhaltung" } } },
  "layout": { "accent": "#214f7a" }
}"##;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  postroom demo --out demo/")]
pub(super) struct DemoArgs {
    /// Folder for the mails and the contact sheet.
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    out: PathBuf,
}

pub(super) async fn run(common: &Common, args: &DemoArgs) -> Result<Exit, Failure> {
    let catcher =
        Catcher::start().await.map_err(|e| Failure::other(format!("can't start the mail catcher: {e}")))?;
    let mut account = Account::new("demo", catcher.address().ip().to_string(), Security::None);
    account.port = catcher.address().port();
    account.allow_private = AllowList::loopback();
    let accounts = Accounts::from([("demo".to_owned(), account)]);
    let company_plugin = load_plugin::sending(common, accounts, Arc::new(SmtpClient::default()))?;
    let mut shown = Vec::new();
    for sample in SAMPLES {
        shown.push(send(&company_plugin, sample, &args.out).await?);
    }
    let sheet = args.out.join("index.html");
    output_file::write(&sheet, sheet::page(&shown).as_bytes())?;
    report(common, &shown, &catcher, &sheet)?;
    Ok(Exit::Done)
}

/// Makes one mail, sends it, and keeps its files.
async fn send(company_plugin: &CompanyPlugin, sample: &Sample, out: &Path) -> Result<SampleShown, Failure> {
    let draft = draft(sample, company_plugin).await?;
    let ready = draft.compose(company_plugin).await?;
    let attempt = SingleAttempt {
        account: "demo".to_owned(),
        now: draft.now.clone(),
        envelope_id: Some(draft.id.clone()),
        notify_delivered: true,
    };
    let sent = ready.send(company_plugin, &attempt).await?;
    let files = load_plugin::no_files();
    let mut recipients = Vec::new();
    for recipient in sent.timeline.recipients {
        let status = company_plugin.label(&files, recipient.status, "en").await?;
        recipients.push((recipient.recipient, status, recipient.reason.detail));
    }
    keep(&ready, &out.join(sample.name)).await?;
    Ok(SampleShown {
        name: sample.name.to_owned(),
        subject: ready.message.subject,
        status: company_plugin.label(&files, sent.timeline.status, "en").await?,
        recipients,
    })
}

async fn draft(sample: &Sample, company_plugin: &CompanyPlugin) -> Result<Draft, Failure> {
    let mut content: serde_json::Value =
        serde_json::from_str(&sample.document()).map_err(|e| Failure::other(e.to_string()))?;
    if sample.use_case.starts_with("reminder") {
        // A reminder of what is not due yet would be refused.
        let day = |days| (chrono::Local::now() - chrono::Duration::days(days)).date_naive().to_string();
        (content["issue_date"], content["due_date"]) = (day(38).into(), day(8).into());
    }
    let sender = types::Address { name: None, address: "accounting@ateliernord.example".to_owned() };
    let now = chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let content = content.to_string().into_bytes();
    let mut draft = Draft::new("application/json", content, sender, uuid::Uuid::now_v7().to_string(), now);
    let summary = company_plugin.read(&load_plugin::no_files(), &draft.document).await?;
    let summary = summary.map_err(postroom::app::DraftError::Document)?;
    draft.use_case = Some(sample.use_case.to_owned());
    draft.language = sample.language.map(str::to_owned);
    draft.settings = SETTINGS.to_owned();
    draft.overrides.to = sample.to.map(str::to_owned);
    let pdf = sample::pdf(&format!("{} {}", summary.kind, summary.number));
    let name = format!("{}.pdf", summary.number);
    draft.attach_source(name, "application/pdf", "pdf", AttachmentSource::from_bytes(pdf));
    draft.attach_source(
        "logo.png".to_owned(),
        "image/png",
        "logo",
        AttachmentSource::from_bytes(sample::LOGO),
    );
    Ok(draft)
}

async fn keep(ready: &Ready, folder: &Path) -> Result<(), Failure> {
    render::write(ready, folder).await?;
    let viewable = sheet::viewable(&ready.message.html, sample::LOGO);
    output_file::write(&folder.join("view.html"), viewable.as_bytes())
}

fn report(common: &Common, shown: &[SampleShown], catcher: &Catcher, sheet: &Path) -> Result<(), Failure> {
    let caught = catcher.caught();
    if common.json {
        let mails = shown.iter().map(|mail| {
            let recipients = mail.recipients.iter().map(|(address, status, evidence)| {
                serde_json::json!({ "address": address, "status": status, "evidence": evidence })
            });
            serde_json::json!({ "name": mail.name, "subject": mail.subject, "status": mail.status,
                "recipients": recipients.collect::<Vec<_>>() })
        });
        let mails = mails.collect::<Vec<_>>();
        return json(&serde_json::json!({ "mails": mails, "caught": caught.len(), "sheet": sheet }));
    }
    let rows = shown.iter().flat_map(|mail| {
        mail.recipients.iter().map(|(address, status, evidence)| {
            vec![mail.name.clone(), address.clone(), status.clone(), evidence.clone()]
        })
    });
    table(&["mail", "recipient", "status", "evidence"], rows)?;
    let bytes: usize = caught.iter().map(|mail| mail.message.len()).sum();
    line(&format!(
        "\n{} mails sent; the catcher holds {} of them, {bytes} bytes",
        shown.len(),
        caught.len()
    ))?;
    line(&format!("look at them: {}", sheet.display()))
}
