//! E-mail client mode: the finished message opens in the user's own program (rule A6).

use super::output::{json, line, printable};
use super::{Common, Failure};
use crate::Exit;
use postroom::app::{HANDED_OVER, MailId, Ready, Session, hand_over, mailto_link, unsent_message};
use std::path::{Path, PathBuf};

/// Hands the mail over, and says where it is. A mail without attachments is a `mailto:` link, unless a file is asked for.
pub(super) async fn run(
    common: &Common,
    session: &Session,
    id: MailId,
    ready: &Ready,
    file: Option<&Path>,
) -> Result<Exit, Failure> {
    let link = match file {
        None => mailto_link(session, ready).await?,
        Some(_) => None,
    };
    let target = match link {
        Some(link) => link,
        None => write(session, ready, file).await?.display().to_string(),
    };
    let open = || {
        if file.is_none()
            && let Err(error) = super::child::open(&target)
        {
            eprintln!("no mail program could be started ({error}): open this yourself");
        }
    };
    if let Some(alarm) = hand_over(session, id, open).await? {
        eprintln!("postroom: {}", printable(&alarm.to_string()));
    }
    if common.json {
        json(&serde_json::json!({
            "mail": id.to_string(), "status": "unknown", "reason": HANDED_OVER, "opened": target,
        }))?;
    } else {
        line(&target)?;
        line(&format!("Unknown: {HANDED_OVER}"))?;
    }
    Ok(Exit::Done)
}

/// Writes the unsent message.
async fn write(session: &Session, ready: &Ready, file: Option<&Path>) -> Result<PathBuf, Failure> {
    let unsent = unsent_message(session, ready).await?;
    let path = match file {
        Some(path) => path.to_owned(),
        // Beside this program's other temporary files, but it stays: the user's program reads it when it likes.
        None => {
            let folder = tempfile::Builder::new().prefix("postroom-").tempdir();
            folder.map_err(|e| Failure::other(e.to_string()))?.keep().join(&unsent.file_name)
        }
    };
    super::render::write_message(&unsent.message, &path).await?;
    Ok(path)
}
