//! A sign-in at a provider by an invitation: looked at, begun once, and ended by keeping the grant or opening the invitation
//! again.
//!
//! The link names an invitation; what it is for and whether it still holds is asked of the store, in the statement that
//! changes it. What was asked when the sign-in began is asked again in the transaction that keeps the grant: access may have
//! been withdrawn meanwhile.

use super::Installation;
use crate::app::AppError;
use crate::connections::purpose;
use crate::link_token::Invitation;
use chrono::{DateTime, Utc};
use postroom_model::{Account, Destination, Destinations, MailAddress, SecretOwner};
use postroom_store::InvitationKey;
use postroom_transport::oauth::{self, Client, Granted, Wanted};
use url::Url;

/// An invitation by which no sign-in has begun.
#[derive(Debug, Clone)]
pub struct OpenInvitation {
    /// What the link names.
    pub link: Invitation,
    /// The account that is to be connected.
    pub account: Account,
    /// The mailbox that may sign in.
    pub mailbox: MailAddress,
    /// The company's name.
    pub company: String,
    key: InvitationKey,
}

/// The end of a sign-in by invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInEnd {
    /// The grant is stored, and the invitation used up.
    Stored,
    /// The provider granted nothing; the invitation is open again.
    NotGranted,
    /// What was granted is refused for this reason; the invitation is open again, where it holds.
    Refused(&'static str),
}

impl Installation {
    /// Finds the invitation of a link, as long as it holds and no sign-in has begun by it.
    pub async fn invitation(&self, token: &str, now: DateTime<Utc>) -> Option<OpenInvitation> {
        let link = self.tokens.read_sign_in(token)?;
        let key = key(&link, now)?;
        let invited = self.connections.store().invitation(key).await.ok()??;
        let usable = invited.is_open && invited.account.grant().is_some();
        let (account, mailbox, company) = (invited.account, invited.mailbox, invited.company);
        usable.then_some(OpenInvitation { link, account, mailbox, company, key })
    }

    /// Reads the invitation by which a browser began a sign-in, as long as it has not run out.
    pub fn visitor(&self, token: &str, now: DateTime<Utc>) -> Option<Invitation> {
        self.tokens.read_visitor(token).filter(|link| key(link, now).is_some())
    }

    /// Begins the one sign-in of an invitation and gives the provider's page; none where another browser was faster.
    pub async fn begin_sign_in(
        &self,
        invitation: &OpenInvitation,
        begin: impl FnOnce(&Client, &Wanted) -> Result<Url, oauth::Error> + Send,
    ) -> Result<Option<Url>, AppError> {
        let client = self.connections.client(&invitation.account).await?;
        let store = self.connections.store();
        if !store.begin_invitation(invitation.key).await? {
            return Ok(None);
        }
        let wanted = Wanted::new(purpose(&invitation.account)).hint(invitation.mailbox.as_str());
        match begin(&client, &wanted) {
            Ok(url) => Ok(Some(url)),
            Err(error) => {
                store.reopen_invitation(invitation.key).await?;
                Err(error.into())
            }
        }
    }

    /// Ends a sign-in, by the ids of its company, invitation and account: stores the grant and uses the invitation up, or
    /// opens the invitation again.
    pub async fn end_sign_in(
        &self,
        (company, invitation, account): (&str, &str, &str),
        now: DateTime<Utc>,
        result: Result<Granted, oauth::Error>,
    ) -> Result<SignInEnd, AppError> {
        let key = InvitationKey { company: company.parse()?, id: invitation.parse()?, now };
        let end = match result {
            Ok(granted) => self.redeem(key, account, granted).await?,
            Err(_) => SignInEnd::NotGranted,
        };
        if let SignInEnd::Refused(reason) = end {
            tracing::warn!("sign-in: refused: {reason}");
        }
        if end != SignInEnd::Stored {
            // A grant that is not kept is forgotten, not revoked: at Google that would end every other grant of that mailbox
            // to this client, too.
            self.connections.store().reopen_invitation(key).await?;
        }
        Ok(end)
    }

    async fn redeem(
        &self,
        key: InvitationKey,
        account: &str,
        granted: Granted,
    ) -> Result<SignInEnd, AppError> {
        const OVER: SignInEnd = SignInEnd::Refused("the invitation does not hold any more");
        let Some(mailbox) = granted.address.as_deref().and_then(|it| it.parse::<MailAddress>().ok()) else {
            return Ok(SignInEnd::Refused("the provider does not say which mailbox signed in"));
        };
        match self.connections.store().invitation(key).await? {
            None => return Ok(OVER),
            Some(invited) if !mailbox.as_str().eq_ignore_ascii_case(invited.mailbox.as_str()) => {
                return Ok(SignInEnd::Refused("another mailbox signed in than the one that was invited"));
            }
            Some(_) => {}
        }
        let grant = granted.grant.seal().map_err(|error| AppError::Internal(error.to_string()))?;
        let owner = SecretOwner::Account(key.company, account.parse()?);
        let places: Destinations =
            granted.grant.destinations.iter().map(|it| Destination::named(it)).collect();
        let stored =
            self.connections.vault().redeem_invitation(key, owner, &mailbox, (&grant, &places)).await?;
        Ok(if stored { SignInEnd::Stored } else { OVER })
    }
}

/// Gives what the store knows an invitation by, where its link has not run out.
fn key(link: &Invitation, now: DateTime<Utc>) -> Option<InvitationKey> {
    let is_open = u64::try_from(now.timestamp()).is_ok_and(|now| now <= link.until);
    is_open.then_some(InvitationKey { company: link.company, id: link.id, now })
}
