//! `postroom account sent`: mails that were sent through Postroom, and one of them in full (rule A11).

use crate::Exit;
use crate::contract_json;
use crate::output::{json, line, printable, table};
use crate::store_args::{UserArgs, reaching};
use crate::{Common, Failure, mail_json, output_file, statuses};
use clap::Args;
use postroom::app::{FilePlace, Mail, MailId, mail_timeline};
use postroom_model::Name;
use serde_json::json as object;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom account sent gmail --user lotte
  postroom account sent gmail --user lotte --mail 01983f1a-…                  # text, attachments, timeline
  postroom account sent gmail --user lotte --mail 01983f1a-… --save mail/     # body.html, body.txt and the files")]
pub(crate) struct SentArgs {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    name: Name,
    #[command(flatten)]
    user: UserArgs,
    /// Show this one in full.
    #[arg(long, value_name = "MAIL")]
    mail: Option<MailId>,
    /// Folder to write its bodies and attachments to.
    #[arg(long, value_name = "DIR", requires = "mail")]
    save: Option<PathBuf>,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Older than this one.
    #[arg(long, value_name = "MAIL")]
    before: Option<MailId>,
}

pub(super) async fn run(common: &Common, args: &SentArgs) -> Result<Exit, Failure> {
    let (connections, company, user) = args.user.open().await?;
    let user_store = connections.store().user_store(&user);
    let account = user_store.account(&args.name).await?;
    if let Some(id) = args.mail {
        let mail = user_store.mail(id).await?;
        let (company_plugin, _) = reaching(common, &connections, &company, []).await?;
        let timeline = mail_timeline(&company_plugin, &mail).await?;
        if let Some(folder) = &args.save {
            save(&mail, folder)?;
        }
        show(common, &company_plugin, &mail, &timeline).await?;
        return Ok(Exit::Done);
    }
    let mails = user_store.sent(account.id, args.before, args.limit).await?;
    if common.json {
        json(&mails.iter().map(mail_json::summary).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let rows = mails.iter().map(|mail| {
        let to = mail.recipients.iter().map(|it| it.party.address.clone()).collect::<Vec<_>>().join(", ");
        let created = mail.created.format("%Y-%m-%d %H:%M").to_string();
        vec![mail.id.to_string(), created, to, mail.subject.clone()]
    });
    table(&["mail", "created", "to", "subject"], rows)?;
    Ok(Exit::Done)
}

async fn show(
    common: &Common,
    company_plugin: &postroom::app::CompanyPlugin,
    mail: &Mail,
    timeline: &postroom_contract::tracking::Timeline,
) -> Result<(), Failure> {
    let of = &mail.mail;
    if common.json {
        return json(&object!({
            "mail": of.id.to_string(), "created": of.created.to_rfc3339(), "subject": of.subject, "from": of.from,
            "recipients": of.recipients, "message_id": of.message.message_id, "size": of.message.size,
            "text": of.message.text, "html": of.message.html, "attachments": mail_json::files(mail),
            "status": timeline.status, "timeline": contract_json::statuses(&timeline.recipients),
            "attempts": mail_json::attempts(mail), "events": mail.events,
        }));
    }
    let name = of.from.name.as_deref().map(|name| format!("{name} ")).unwrap_or_default();
    line(&printable(&format!("From: {name}<{}>", of.from.address)))?;
    for recipient in &of.recipients {
        line(&printable(&format!("{}: {}", recipient.field, recipient.party.address)))?;
    }
    line(&printable(&format!("Subject: {}\n\n{}", of.subject, of.message.text)))?;
    let files =
        of.files.iter().map(|it| vec![it.name.clone(), it.role.clone(), format!("{} bytes", it.size)]);
    table(&["attachment", "role", "size"], files)?;
    let attempts = mail.attempts.iter().map(|it| {
        let by =
            if it.fallback { format!("{} (fallback)", it.account_name) } else { it.account_name.clone() };
        let completion = it.completion.as_ref();
        let result = completion.map_or("no result yet", |it| it.result.as_str());
        let detail = completion.and_then(|it| it.detail.clone()).unwrap_or_default();
        vec![it.started.format("%Y-%m-%d %H:%M:%S").to_string(), by, result.to_owned(), detail]
    });
    table(&["attempt", "by", "result", "detail"], attempts)?;
    statuses::show(company_plugin, &timeline.recipients).await
}

/// Writes bodies and attachments. Names that a folder can't have become plain ones.
fn save(mail: &Mail, folder: &std::path::Path) -> Result<(), Failure> {
    let failed = |e| Failure::other(format!("can't write {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let message = &mail.mail.message;
    let write = |name: &str, bytes: &[u8]| output_file::write(&folder.join(name), bytes);
    write("body.html", message.html.as_bytes())?;
    write("body.txt", message.text.as_bytes())?;
    for file in &mail.mail.files {
        let safe = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
        let name: String = file.name.chars().map(safe).collect();
        let name = format!("{}-{}", file.handle, name.trim_start_matches('.'));
        match &file.place {
            FilePlace::Stored(bytes) => write(&name, bytes)?,
            FilePlace::Disk(path) => {
                let bytes = std::fs::read(path).map_err(|e| {
                    Failure::input(format!(
                        "the attachment {} is not at {} any more: {e}",
                        file.name,
                        path.display()
                    ))
                })?;
                write(&name, &bytes)?;
            }
        }
    }
    Ok(())
}
