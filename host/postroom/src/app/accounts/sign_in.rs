//! Signing in at a provider for an account (rules A9, A10): by the person at this program, or by a user who gets a link.

use super::sign_in_deadline;
use crate::app::{AccountAccess, AppError};
use crate::link_token::{Invitation, LinkTokens, sign_in_url};
use postroom_model::{Account, AccountState, MailAddress, Name, User};
use postroom_store::NewInvitation;
use postroom_transport::oauth::{Deadline, Deauthorized, Granted};
use std::time::Duration;

/// How long an invitation holds.
const INVITED: Duration = Duration::from_secs(3_600);

/// A link for a user to sign in with.
#[derive(Debug, Clone, Default)]
pub struct InvitationRequest {
    /// The user; none: the one who acts.
    pub user: Option<Name>,
    /// The mailbox that may sign in, where it is not the account's address.
    pub mailbox: Option<MailAddress>,
}

/// An account after a sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The address of the person who signed in, as the provider named it.
    pub address: Option<String>,
    /// That address, where it is one.
    pub authorized: Option<MailAddress>,
    /// When a new sign-in will be needed.
    pub deadline: Option<Deadline>,
}

impl AccountAccess {
    /// Refuses to sign in for an account that is marked compromised.
    pub fn refuse_compromised(&self) -> Result<(), AppError> {
        match &self.account.state {
            AccountState::Compromised { by, .. } => Err(AppError::Refused(format!(
                "the account was marked compromised by {by}: clear the mark first"
            ))),
            _ => Ok(()),
        }
    }

    /// Makes an invitation, and gives its user and its link.
    pub async fn invite(&self, request: &InvitationRequest) -> Result<(User, String), AppError> {
        let public = self.connections.operator().web.public_url.as_ref().ok_or(AppError::NoPublicUrl)?;
        if request.user.is_some() || request.mailbox.is_some() {
            self.require_administrator()?;
        }
        let admin = self.company_store();
        let user = match (&request.user, &self.user) {
            (Some(login), _) => admin.user(login).await?,
            (None, Some(user)) => user.clone(),
            (None, None) => return Err(AppError::NoInvitee),
        };
        let until = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default() + INVITED.as_secs();
        let mailbox = request.mailbox.clone();
        let new = NewInvitation { account: self.account.id, user: user.id, mailbox, until };
        let id = admin.invite(&new).await?;
        let invitation = Invitation { company: self.company.id, id, until };
        let tokens = LinkTokens::of(self.connections.link_keys().await?);
        Ok((user, sign_in_url(public, &tokens, &invitation)))
    }

    /// Stores what a provider granted, and who signed in. A user who signed in to another mailbox than the account's is
    /// refused.
    pub async fn store_grant(&self, granted: Granted) -> Result<SignedIn, AppError> {
        if let Some(user) = &self.user {
            self.refuse_another(user, &granted)?;
        }
        let key = self.account.id.to_string();
        let address = granted.address.clone();
        self.connections.grants().install(&key, granted).await?;
        let authorized: Option<MailAddress> = address.as_deref().and_then(|address| address.parse().ok());
        let admin = self.company_store();
        let mut account = admin.account(&self.account.name).await?;
        account.grants_mut().for_each(|grant| grant.authorized.clone_from(&authorized));
        admin.update_account(&account).await?;
        let deadline = sign_in_deadline(&self.connections, &account).await?;
        Ok(SignedIn { account, address, authorized, deadline })
    }

    /// Refuses a user who signed in to another mailbox than the account's: everybody's mail would leave by it. What was
    /// granted is forgotten, not revoked: at Google that would end every other grant of that mailbox to this client, too.
    fn refuse_another(&self, user: &User, granted: &Granted) -> Result<(), AppError> {
        let own = self.account.address.as_str();
        if granted.address.as_deref().is_some_and(|address| address.eq_ignore_ascii_case(own)) {
            return Ok(());
        }
        let who = granted.address.as_deref().unwrap_or("an address that the provider did not name");
        Err(AppError::Refused(format!(
            "{who} signed in, but the account's address is {own}, and others send from it too: nothing was changed. Sign in \
             as {own}; another mailbox is connected by an administrator, whom {} asks",
            user.login
        )))
    }

    /// Ends the sign-in: at the provider, where it offers that, and here.
    pub async fn deauthorize(&self) -> Result<Deauthorized, AppError> {
        self.require_administrator()?;
        if self.account.grant().is_none() {
            return Err(AppError::Input(format!("{} does not sign in by OAuth", self.account.name)));
        }
        let done = self.connections.grants().deauthorize(&self.account.id.to_string()).await?;
        let admin = self.company_store();
        let mut account = admin.account(&self.account.name).await?;
        account.grants_mut().for_each(|grant| grant.authorized = None);
        admin.update_account(&account).await?;
        Ok(done)
    }
}
