//! Sessions as commands open them: with the plugin's options, and what could not be used on standard error.

use super::load_plugin::loading;
use super::output::printable;
use super::store_args::UserArgs;
use super::{Common, Failure};
use postroom::app::{AppError, Connections, MailId, PluginLoad, Session};
use postroom_model::{Account, Company, Name, User};

/// Opens a session for the user of the options, and an account of theirs: the one named, or the only one.
pub(super) async fn open(
    common: &Common,
    who: &UserArgs,
    account: Option<&Name>,
) -> Result<Session, Failure> {
    // One computes, the other waits for the disk.
    let plugin = loading(common);
    let (connections, company, user) = who.open().await?;
    let session = Session::open(plugin, connections, company, user, account).await?;
    Ok(noticed(session))
}

/// Opens a session to move a mail on.
pub(super) async fn of_mail(
    plugin: PluginLoad,
    connections: Connections,
    company: Company,
    user: User,
    mail: MailId,
) -> Result<Session, Failure> {
    let session = Session::of_mail(plugin, connections, company, user, mail).await?;
    Ok(noticed(session))
}

/// Opens a session for an account that is known to be one of the user's.
pub(super) async fn of_account(
    common: &Common,
    connections: Connections,
    company: Company,
    user: User,
    account: Account,
) -> Result<Session, AppError> {
    let plugin = loading(common);
    let session = Session::of_account(plugin, connections, company, user, account).await?;
    Ok(noticed(session))
}

fn noticed(session: Session) -> Session {
    if let Some(error) = &session.fallback_error {
        eprintln!("postroom: the fallback can't be used: {}", printable(&error.to_string()));
    }
    session
}
