//! `postroom account settings`: what a user has set for an account (rules A2 to A4, C4).

use super::add::report;
use crate::Exit;
use crate::store_args::AccountArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::AppError;
use postroom_model::{DisplayName, MailAddress, UserSettings};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Without an option it shows what is set. What is not named stays as it is.

Examples:
  postroom account settings office --user lotte --display-name Accounting --auto-bcc-self true
  postroom account settings office --user lotte --signature-text-file lotte.txt --signature-html-file lotte.html")]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Display name of the From: a person, or generic such as "Accounting".
    #[arg(long, value_name = "NAME")]
    display_name: Option<DisplayName>,
    /// Address of the From, where it is not the account's: an alias or a shared mailbox.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
    /// File with the signature as plain text.
    #[arg(long, value_name = "FILE")]
    signature_text_file: Option<PathBuf>,
    /// File with the signature in HTML.
    #[arg(long, value_name = "FILE")]
    signature_html_file: Option<PathBuf>,
    /// No signature.
    #[arg(long, conflicts_with_all = ["signature_text_file", "signature_html_file"])]
    no_signature: bool,
    /// A blind copy to the user who is logged in when the mail is created.
    #[arg(long, value_name = "BOOL")]
    auto_bcc_self: Option<bool>,
    /// Check whether the mail is opened, where the account can see that.
    #[arg(long, value_name = "BOOL")]
    check_opens: Option<bool>,
}

pub(super) async fn run(common: &Common, args: &SettingsArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    if found.user.is_none() {
        return Err(AppError::NoUser.into());
    }
    let before = found.settings().await?;
    let own = changed(args, before.clone())?;
    let company_plugin = load_plugin::reading(common)?;
    found.change_settings(&company_plugin, &before, &own).await?;
    report(common, &company_plugin, &found.connections, &found.account, &own).await?;
    Ok(Exit::Done)
}

fn changed(args: &SettingsArgs, mut own: UserSettings) -> Result<UserSettings, Failure> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file);
        text.map_err(|e| Failure::input(format!("can't read {}: {e}", file.display())))
    };
    if let Some(name) = &args.display_name {
        own.display_name = Some(name.clone());
    }
    if let Some(address) = &args.address {
        own.address = Some(address.clone());
    }
    if let Some(file) = &args.signature_text_file {
        own.signature_text = Some(read(file)?);
    }
    if let Some(file) = &args.signature_html_file {
        own.signature_html = Some(read(file)?);
    }
    if args.no_signature {
        (own.signature_text, own.signature_html) = (None, None);
    }
    own.auto_bcc_self = args.auto_bcc_self.unwrap_or(own.auto_bcc_self);
    own.check_opens = args.check_opens.unwrap_or(own.check_opens);
    Ok(own)
}
