//! `postroom account folders`: the folders of a mailbox, and what they are used for.

use crate::Exit;
use crate::output::{json, table};
use crate::store_args::AccountArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::MailboxFolders;
use postroom_model::{FolderName, FolderUse};

#[derive(Debug, Args)]
#[command(after_help = "\
The server says what most folders are for; a choice made here comes first. The copy of a sent mail goes to `sent`.

Examples:
  postroom account folders office
  postroom account folders office --assign sent='Verzonden items'
  postroom account folders office --as-server-says sent")]
pub(crate) struct FoldersArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Use this folder: USE=FOLDER, where USE is inbox, sent, drafts, archive, junk, trash, all, flagged or important.
    #[arg(long, value_name = "USE=FOLDER", value_parser = assignment)]
    assign: Vec<(FolderUse, FolderName)>,
    /// Use again what the server says.
    #[arg(long, value_name = "USE")]
    as_server_says: Vec<FolderUse>,
}

fn assignment(text: &str) -> Result<(FolderUse, FolderName), String> {
    let (used_for, folder) = text.split_once('=').ok_or("expected USE=FOLDER, such as sent=Verzonden")?;
    let used_for: FolderUse = used_for.parse().map_err(|e: postroom_model::Unusable| e.to_string())?;
    let folder: FolderName = folder.parse().map_err(|e: postroom_model::Unusable| e.to_string())?;
    Ok((used_for, folder))
}

pub(super) async fn run(common: &Common, args: &FoldersArgs) -> Result<Exit, Failure> {
    let mut found = args.account.open().await?;
    found.choose_folders(&args.assign, &args.as_server_says).await?;
    if found.account.mailbox.is_none() {
        return Err(Failure::input(format!(
            "{} has no mailbox: give it one with `postroom account set {} --imap-host HOST`",
            found.account.name, found.account.name
        )));
    }
    let engine = load_plugin::engine(common)?;
    let MailboxFolders { folders, missing } = found.folders(&engine).await?;
    if common.json {
        json(&serde_json::json!({ "folders": folders, "chosen": found.account.folders }))?;
        return Ok(Exit::Done);
    }
    let chosen = |name: &str| {
        let uses = found.account.folders.iter().filter(|(_, folder)| folder.as_str() == name);
        uses.map(|(used_for, _)| used_for.to_string()).collect::<Vec<_>>().join(", ")
    };
    let rows = folders.iter().map(|it| vec![it.name.clone(), it.special_use.join(", "), chosen(&it.name)]);
    table(&["folder", "the server says", "chosen"], rows)?;
    if let Some(missing) = missing {
        return Err(Failure::input(format!("there is no folder \"{missing}\" in this mailbox")));
    }
    Ok(Exit::Done)
}
