//! `postroom account authorize` and `deauthorize` (FEATURES A9, A10).

use crate::accounts::{AccountState, MailAddress, Name, User};
use crate::cli::Exit;
use crate::cli::house::{AccountArgs, Found};
use crate::cli::output::{green, json, line};
use crate::cli::{Common, Failure};
use crate::connections::purpose;
use crate::oauth::{Client, GrantState, Granted, Purpose, Wanted, authorize_device};
use crate::store::NewInvitation;
use crate::web::oauth::authorize_loopback;
use crate::web::{Invitation, LinkTokens, sign_in_url};
use clap::Args;
use std::time::Duration;

/// How long an invitation holds.
const INVITED: Duration = Duration::from_secs(3_600);

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
pub(in crate::cli) struct AuthorizeArgs {
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
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::cli::duration)]
    wait: Duration,
}

pub(super) async fn authorize(common: &Common, args: &AuthorizeArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    if let AccountState::Compromised { by, .. } = &found.account.state {
        let message = format!("the account was marked compromised by {by}: clear the mark first");
        return Err(Failure { code: Exit::Refused, message });
    }
    let client = found.connections.client(&found.account).await?;
    if args.invite {
        return invite(common, &found, args).await;
    }
    let purpose = if args.send_only { Purpose::Send } else { purpose(&found.account) };
    let wanted = Wanted::new(purpose).hint(found.account.address.as_str());
    // The master key may be changed while somebody signs in.
    let attendance = found.connections.vault().attend("account authorize").await?;
    let granted = sign_in(args, &client, &wanted).await;
    attendance.end().await;
    let granted = granted?;
    if let Some(user) = &found.user {
        refuse_another(&found, user, &granted)?;
    }
    keep(common, &found, granted).await
}

/// Waits until somebody has signed in at the provider.
async fn sign_in(args: &AuthorizeArgs, client: &Client, wanted: &Wanted) -> Result<Granted, Failure> {
    Ok(if args.code {
        let show = |prompt: &crate::oauth::DevicePrompt| {
            eprintln!("open {} and type the code {}", prompt.page, prompt.code);
        };
        authorize_device(client, wanted, show).await?
    } else {
        let show = |url: &url::Url| {
            eprintln!("sign in at {url}");
            if !args.no_browser
                && let Err(error) = crate::cli::child::open(url.as_str())
            {
                eprintln!("no browser could be opened ({error}): open the page yourself");
            }
        };
        authorize_loopback(client, wanted, args.wait, show).await?
    })
}

/// Refuses a user who signed in to another mailbox than the account's: everybody's mail would leave by it. What was
/// granted is forgotten, not revoked: at Google that would end every other grant of that mailbox to this client, too.
fn refuse_another(found: &Found, user: &User, granted: &Granted) -> Result<(), Failure> {
    let own = found.account.address.as_str();
    if granted.address.as_deref().is_some_and(|address| address.eq_ignore_ascii_case(own)) {
        return Ok(());
    }
    let who = granted.address.as_deref().unwrap_or("an address that the provider did not name");
    let message = format!(
        "{who} signed in, but the account's address is {own}, and others send from it too: nothing was changed. Sign in \
         as {own}; another mailbox is connected by an administrator, whom {} asks",
        user.login
    );
    Err(Failure { code: Exit::Refused, message })
}

/// Prints the link of an invitation.
async fn invite(common: &Common, found: &Found, args: &AuthorizeArgs) -> Result<Exit, Failure> {
    let (mailbox, admin) = (args.mailbox.as_ref(), found.connections.store().company_store(found.company.id));
    let public = found.connections.operator().web.public_url.as_ref().ok_or_else(|| {
        Failure::input("the operator's settings have no [web] public_url (docs/operator.md)")
    })?;
    let user = match (&args.invitee, &found.user) {
        (Some(login), _) => admin.user(login).await?,
        (None, Some(user)) => user.clone(),
        (None, None) => {
            let message = "an invitation is for a user: name them with --for".to_owned();
            return Err(Failure { code: Exit::Usage, message });
        }
    };
    let until = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default() + INVITED.as_secs();
    let new = NewInvitation { account: found.account.id, user: user.id, mailbox: mailbox.cloned(), until };
    let id = admin.invite(&new).await?;
    let invitation = Invitation { company: found.company.id, id, until };
    let tokens = LinkTokens::of(found.connections.link_keys().await?);
    let url = sign_in_url(public, &tokens, &invitation);
    if common.json {
        let mailbox = mailbox.unwrap_or(&found.account.address);
        json(&serde_json::json!({
            "account": found.account.name, "user": user.login, "mailbox": mailbox, "url": url,
        }))?;
    } else {
        line(&url)?;
    }
    Ok(Exit::Done)
}

/// Keeps the grant, and remembers who signed in.
async fn keep(common: &Common, found: &Found, granted: Granted) -> Result<Exit, Failure> {
    let key = found.account.id.to_string();
    let address = granted.address.clone();
    found.connections.grants().install(&key, granted).await?;
    let authorized: Option<MailAddress> = address.as_deref().and_then(|address| address.parse().ok());
    let admin = found.connections.store().company_store(found.company.id);
    let mut account = admin.account(&found.account.name).await?;
    account.grants_mut().for_each(|grant| grant.authorized.clone_from(&authorized));
    admin.update_account(&account).await?;
    let grant_state = found.connections.grants().grant_state(&key).await?;
    let deadline = match &grant_state {
        GrantState::SignedIn { deadline, .. } => deadline.map(|it| it.to_string()),
        _ => None,
    };
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
    if found.account.grant().is_none() {
        return Err(Failure::input(format!("{} does not sign in by OAuth", found.account.name)));
    }
    let done = found.connections.grants().deauthorize(&found.account.id.to_string()).await?;
    let admin = found.connections.store().company_store(found.company.id);
    let mut account = admin.account(&found.account.name).await?;
    account.grants_mut().for_each(|grant| grant.authorized = None);
    admin.update_account(&account).await?;
    if common.json {
        json(
            &serde_json::json!({ "account": account.name, "signed_in": false, "detail": done.to_string() }),
        )?;
    } else {
        line(&done.to_string())?;
    }
    Ok(Exit::Done)
}
