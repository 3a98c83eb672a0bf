//! The store as a company and as a user see it. Every statement of theirs names its owner in its own `where`
//! ([`crate::sql::scope`]), so that an id alone reaches nothing.

use crate::Store;
use postroom_model::{CompanyId, User, UserId};

/// The store as an administrator of one company sees it: nothing of another company is in it.
#[derive(Debug, Clone, Copy)]
pub struct CompanyStore<'a> {
    pub(crate) store: &'a Store,
    pub(crate) company: CompanyId,
}

impl Store {
    /// Narrows the store to a company.
    pub fn company_store(&self, company: CompanyId) -> CompanyStore<'_> {
        CompanyStore { store: self, company }
    }
}

/// The store as a user sees it: the accounts that they may use, and the mails of these.
#[derive(Debug, Clone, Copy)]
pub struct UserStore<'a> {
    pub(crate) store: &'a Store,
    pub(crate) user: UserId,
}

impl Store {
    /// Narrows the store to a user, whose identity the caller has established.
    pub fn user_store(&self, user: &User) -> UserStore<'_> {
        UserStore { store: self, user: user.id }
    }
}
