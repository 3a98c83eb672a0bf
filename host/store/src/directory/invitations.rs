//! Invitations to sign in from a browser: created by an administrator, used once.
//!
//! The statement that changes an invitation checks all that it needs: the link has not run out, the user may still use the
//! account, the account is not compromised. The grant is stored in the transaction that uses the invitation up.

use crate::CompanyStore;
use crate::directory::secrets::{Put, SealedSecret, follow, write_sealed};
use crate::error::changed;
use crate::sql::row;
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use postroom_model::{
    Account, AccountId, AccountState, CompanyId, InvitationId, MailAddress, SecretOwner, UserId,
};
use sqlx::AnyConnection;
use std::time::Duration;

/// How long an invitation that ran out is stored.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// What an invitation needs to hold, at the time `$1`.
const HOLDS: &str = "invitations.until >= $1 and exists (select 1 from reachable where reachable.id = invitations.account \
     and reachable.company = invitations.company and reachable.user_id = invitations.user_id \
     and reachable.state <> 'compromised')";

/// An invitation to be created.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The account that is to be connected.
    pub account: AccountId,
    /// The user who is invited, and may use the account.
    pub user: UserId,
    /// The mailbox that may sign in; none: the account's address.
    pub mailbox: Option<MailAddress>,
    /// Until when the link is good, in seconds since 1970.
    pub until: u64,
}

/// An invitation that holds.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The account that is to be connected.
    pub account: Account,
    /// The mailbox that may sign in.
    pub mailbox: MailAddress,
    /// The company's name.
    pub company: String,
    /// No sign-in has begun by it.
    pub is_open: bool,
}

/// An invitation of a company, at a time.
#[derive(Debug, Clone, Copy)]
pub struct InvitationKey {
    /// The company that invites.
    pub company: CompanyId,
    /// The invitation.
    pub id: InvitationId,
    /// The time that its end is compared with.
    pub now: DateTime<Utc>,
}

impl CompanyStore<'_> {
    /// Invites a user to sign in to an account that they may use.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`]: also for one that the user may not use.
    pub async fn invite(&self, new: &NewInvitation) -> Result<InvitationId, StoreError> {
        let id = InvitationId::new();
        let mut writing = self.store.write().await?;
        sqlx::query("delete from invitations where until < $1")
            .bind(row::whole(new.until.saturating_sub(KEPT.as_secs())))
            .execute(&mut *writing)
            .await?;
        let done = sqlx::query(
            "insert into invitations (id, company, account, user_id, mailbox, until, state) \
             select $1, company, id, user_id, $2, $3, 'open' from reachable \
             where company = $4 and id = $5 and user_id = $6",
        )
        .bind(id.to_string())
        .bind(new.mailbox.as_ref().map(ToString::to_string))
        .bind(row::whole(new.until))
        .bind(self.company.to_string())
        .bind(new.account.to_string())
        .bind(new.user.to_string())
        .execute(&mut *writing)
        .await?;
        changed(&done, || StoreError::NoSuchAccount(new.account.to_string()))?;
        writing.commit().await?;
        Ok(id)
    }
}

impl Store {
    /// Reads an invitation that still holds and is not used up.
    pub async fn invitation(&self, key: InvitationKey) -> Result<Option<Invited>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let sql = format!(
            "select accounts.*, invitations.mailbox as invited_mailbox, invitations.state as invited_state, \
             companies.name as company_name from invitations join accounts on accounts.id = invitations.account \
             join companies on companies.id = invitations.company \
             where invitations.id = $2 and invitations.company = $3 and invitations.state <> 'used' and {HOLDS}"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(key.now.timestamp())
            .bind(key.id.to_string())
            .bind(key.company.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(found) = found else { return Ok(None) };
        let account = row::account(&mut connection, &found).await?;
        let mailbox = row::optional(&found, "invited_mailbox")?.unwrap_or_else(|| account.address.clone());
        Ok(Some(Invited {
            mailbox,
            company: row::text(&found, "company_name")?,
            is_open: row::text(&found, "invited_state")? == "open",
            account,
        }))
    }

    /// Begins the one sign-in of an open invitation. Returns false where it does not hold, or a sign-in has begun.
    pub async fn begin_invitation(&self, key: InvitationKey) -> Result<bool, StoreError> {
        self.move_invitation(key, "open", "begun").await
    }

    /// Opens an invitation again whose sign-in failed.
    pub async fn reopen_invitation(&self, key: InvitationKey) -> Result<bool, StoreError> {
        self.move_invitation(key, "begun", "open").await
    }

    async fn move_invitation(&self, key: InvitationKey, from: &str, to: &str) -> Result<bool, StoreError> {
        let sql = format!(
            "update invitations set state = $2 where id = $3 and company = $4 and state = $5 and {HOLDS}"
        );
        let moved = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(key.now.timestamp())
            .bind(to.to_owned())
            .bind(key.id.to_string())
            .bind(key.company.to_string())
            .bind(from.to_owned());
        Ok(self.write_one(moved).await? == 1)
    }

    /// Stores the sealed grant of a sign-in and uses its invitation up, in one transaction. Returns [`Put::Changed`], and
    /// changes nothing, where the invitation has not begun, does not hold any more, or is for another mailbox or account.
    pub async fn redeem_invitation(
        &self,
        key: InvitationKey,
        mailbox: &MailAddress,
        secret: &SealedSecret,
    ) -> Result<Put, StoreError> {
        let SecretOwner::Account(company, account) = secret.owner else { return Ok(Put::Changed) };
        let Some((mut writing, version)) = self.next_version(secret.owner, secret.kind, None).await? else {
            return Ok(Put::Changed);
        };
        let sql = format!(
            "update invitations set state = 'used' where id = $2 and company = $3 and company = $4 and account = $5 \
             and state = 'begun' and lower(coalesce(mailbox, \
             (select address from accounts where accounts.id = invitations.account))) = $6 and {HOLDS}"
        );
        let used = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(key.now.timestamp())
            .bind(key.id.to_string())
            .bind(key.company.to_string())
            .bind(company.to_string())
            .bind(account.to_string())
            .bind(mailbox.as_str().to_ascii_lowercase())
            .execute(&mut *writing)
            .await?;
        if used.rows_affected() != 1 {
            writing.rollback().await?;
            return Ok(Put::Changed);
        }
        if !write_sealed(&mut writing, secret, version).await? {
            writing.rollback().await?;
            return Ok(Put::NoKey);
        }
        follow(&mut writing, &self.pseudonyms, secret.owner, Some(&AccountState::Ready)).await?;
        note_authorized(&mut writing, (company, account), mailbox).await?;
        writing.commit().await?;
        self.resume_waiting_mails(company, account, &AccountState::Ready).await?;
        Ok(Put::Done(version))
    }
}

/// Records which mailbox signed in. The transaction holds the account's row.
async fn note_authorized(
    connection: &mut AnyConnection,
    (company, id): (CompanyId, AccountId),
    mailbox: &MailAddress,
) -> Result<(), StoreError> {
    let found = sqlx::query("select * from accounts where id = $1 and company = $2")
        .bind(id.to_string())
        .bind(company.to_string())
        .fetch_one(&mut *connection)
        .await?;
    let mut account = row::account(connection, &found).await?;
    account.grants_mut().for_each(|grant| grant.authorized = Some(mailbox.clone()));
    sqlx::query("update accounts set transport = $1, mailbox = $2 where id = $3 and company = $4")
        .bind(row::to_json(&account.transport)?)
        .bind(account.mailbox.as_ref().map(row::to_json).transpose()?)
        .bind(id.to_string())
        .bind(company.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
