//! The store without a scope: what the worker and the web server work with, which act for every company.
//!
//! No command of a person has one. `cargo xtask tidy` refuses it in the command line, whose commands go through
//! [`UserStore`](crate::UserStore) or [`CompanyStore`](crate::CompanyStore): there each statement names its owner.

use crate::Store;
use std::ops::Deref;

/// The store with every method that takes an id without its owner. Cloning it shares the connections.
#[derive(Debug, Clone)]
pub struct SystemStore(Store);

impl Store {
    /// Returns the unscoped store, for a part of the program that acts for every company.
    pub fn system(&self) -> SystemStore {
        SystemStore(self.clone())
    }
}

impl Deref for SystemStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.0
    }
}
