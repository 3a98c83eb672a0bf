//! `postroom account authorize` and `deauthorize` (rules A9, A10).

use crate::Exit;
use crate::output::{green, json, line};
use crate::store_args::AccountArgs;
use crate::{Common, Failure};
use clap::Args;
use postroom::app::{AccountAccess, InvitationRequest, SignedIn, grant_purpose};
use postroom_model::{MailAddress, Name};
use postroom_transport::oauth::{Client, Granted, Purpose, Wanted, authorize_device};
use postroom_web::oauth::authorize_loopback;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "\
Opens a browser at the provider's page and waits until somebody has signed in there. See docs/oauth.md for what is
registered at the provider before.

Examples:
  postroom account authorize gmail
  postroom account authorize outlook --code         # for a machine without a browser
  postroom account authorize gmail --send-only
  postroom account authorize gmail --user lotte --invite   # a link for her own browser; needs postroom serve
  postroom account authorize office --invite --for lotte --mailbox lotte@nord.example   # for another mailbox")]
pub(crate) struct AuthorizeArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Sign in by a code that is typed in on another device. Google has no such way for mail.
    #[arg(long)]
    code: bool,
    /// Ask for sending alone, not for the mailbox.
    #[arg(long)]
    send_only: bool,
    /// Print a link for a user (--for, or --user for oneself) to sign in with in their own browser, by way of `postroom
    /// serve`. It holds for an hour, for one sign-in, by the account's own address.
    #[arg(long, conflicts_with_all = ["code", "send_only", "no_browser"])]
    invite: bool,
    /// Whom the link is for. An administrator names them.
    #[arg(id = "for", long = "for", value_name = "LOGIN", requires = "invite")]
    invitee: Option<Name>,
    /// The mailbox that may sign in by the invitation, where it is not the account's address: a person's own mailbox that
    /// sends for a shared address, say.
    #[arg(long, value_name = "ADDRESS", requires = "invite")]
    mailbox: Option<MailAddress>,
    /// Print the page instead of opening a browser.
    #[arg(long)]
    no_browser: bool,
    /// How long to wait: 90s, 5m.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::duration)]
    wait: Duration,
}

pub(super) async fn authorize(common: &Common, args: &AuthorizeArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    found.refuse_compromised()?;
    let client = found.connections.client(&found.account).await?;
    if args.invite {
        return invite(common, &found, args).await;
    }
    let purpose = if args.send_only { Purpose::Send } else { grant_purpose(&found.account) };
    let wanted = Wanted::new(purpose).hint(found.account.address.as_str());
    // The master key may be changed while a person signs in.
    let attendance = found.connections.vault().attend("account authorize").await?;
    let granted = sign_in(args, &client, &wanted).await;
    attendance.end().await;
    store_grant(common, &found, granted?).await
}

/// Waits until a person has signed in at the provider.
async fn sign_in(args: &AuthorizeArgs, client: &Client, wanted: &Wanted) -> Result<Granted, Failure> {
    Ok(if args.code {
        let show = |prompt: &postroom_transport::oauth::DevicePrompt| {
            eprintln!("open {} and type the code {}", prompt.page, prompt.code);
        };
        authorize_device(client, wanted, show).await?
    } else {
        let show = |url: &url::Url| {
            eprintln!("sign in at {url}");
            if !args.no_browser
                && let Err(error) = crate::child::open(url.as_str())
            {
                eprintln!("no browser could be opened ({error}): open the page yourself");
            }
        };
        authorize_loopback(client, wanted, args.wait, show).await?
    })
}

/// Prints the link of an invitation.
async fn invite(common: &Common, found: &AccountAccess, args: &AuthorizeArgs) -> Result<Exit, Failure> {
    let request = InvitationRequest { user: args.invitee.clone(), mailbox: args.mailbox.clone() };
    let (user, url) = found.invite(&request).await?;
    if common.json {
        let mailbox = args.mailbox.as_ref().unwrap_or(&found.account.address);
        json(&serde_json::json!({
            "account": found.account.name, "user": user.login, "mailbox": mailbox, "url": url,
        }))?;
    } else {
        line(&url)?;
    }
    Ok(Exit::Done)
}

/// Stores the grant, and says who signed in.
async fn store_grant(common: &Common, found: &AccountAccess, granted: Granted) -> Result<Exit, Failure> {
    let SignedIn { account, address, authorized, deadline } = found.store_grant(granted).await?;
    let deadline = deadline.map(|it| it.to_string());
    if common.json {
        json(&serde_json::json!({
            "account": account.name, "signed_in": true, "address": address, "deadline": deadline,
        }))?;
        return Ok(Exit::Done);
    }
    let who = address.as_deref().unwrap_or("an address that the provider did not name");
    line(&green(&format!("signed in as {who}")))?;
    if let Some(deadline) = deadline {
        line(&deadline)?;
    }
    if authorized.as_ref().is_some_and(|it| it.as_str() != account.address.as_str()) {
        eprintln!("warning: the account's address is {}, but {who} signed in", account.address);
    }
    Ok(Exit::Done)
}

pub(super) async fn deauthorize(common: &Common, args: &AccountArgs) -> Result<Exit, Failure> {
    let found = args.open().await?;
    let done = found.deauthorize().await?;
    if common.json {
        json(
            &serde_json::json!({ "account": found.account.name, "signed_in": false, "detail": done.to_string() }),
        )?;
    } else {
        line(&done.to_string())?;
    }
    Ok(Exit::Done)
}
