//! Mails and batches as people name them: a mail by its id or by the number of its document, a batch by its name or id.

use super::AppError;
use postroom_store::{Batch, Filter, Listed, MailId};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A mail by its id, or by the number of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailName {
    /// Its id.
    Mail(MailId),
    /// The number of its document.
    Number(String),
}

impl fmt::Display for MailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(id) => id.fmt(f),
            Self::Number(number) => f.write_str(number),
        }
    }
}

impl FromStr for MailName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.trim().parse().map_or_else(|_| Self::Number(text.trim().to_owned()), Self::Mail))
    }
}

impl MailName {
    /// Says which mails have to be listed to know which one is named.
    pub fn filter(&self) -> Filter {
        let about = match self {
            Self::Mail(id) => id.to_string(),
            Self::Number(number) => number.clone(),
        };
        Filter { search: Some(about), limit: u32::MAX, ..Filter::default() }
    }

    /// Leaves those mails that are named: what is looked for by a text may be a partner's name.
    pub fn of(&self, found: Vec<Listed>) -> Vec<Listed> {
        let is_named = |it: &Listed| match self {
            Self::Mail(id) => it.mail.id == *id,
            Self::Number(number) => {
                let of = it.mail.document.as_ref().map(|of| of.number.trim().to_lowercase());
                of.as_deref() == Some(number.to_lowercase().as_str())
            }
        };
        found.into_iter().filter(is_named).collect()
    }

    /// Gives the one mail that is named. A number that several mails have names none of them: which one is meant decides
    /// what leaves.
    pub fn only(&self, found: Vec<Listed>) -> Result<Listed, AppError> {
        let mut found = self.of(found);
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(AppError::NoMail(self.clone())),
            (last, false) => {
                found.extend(last);
                Err(AppError::SeveralMails(self.clone(), found))
            }
        }
    }
}

/// Gives the one batch that is called so.
pub fn only_batch(name: &str, mut found: Vec<Batch>) -> Result<Batch, AppError> {
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(AppError::NoBatch(name.to_owned())),
        (last, false) => {
            found.extend(last);
            Err(AppError::SeveralBatches(name.to_owned(), found))
        }
    }
}

/// Joins the addresses that a mail goes to.
pub fn recipients_of(mail: &Listed) -> String {
    mail.mail.recipients.iter().map(|it| it.party.address.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_a_number() {
        let id = "01a226d3-22af-7394-aa41-00d96aa29c01";
        assert_eq!(id.parse(), Ok(MailName::Mail(id.parse().unwrap())));
        for number in ["F-2026-001", "2026/17", "01a226d3", "\u{c9}-1", ""] {
            assert_eq!(format!(" {number} ").parse(), Ok(MailName::Number(number.to_owned())));
        }
    }
}
