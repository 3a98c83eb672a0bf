//! Mails and batches as people name them: a mail by its id or by the number of its document, a batch by its name or id.

use super::outbox::{to, why};
use super::{Failure, desk::now};
use crate::store::{Batch, Filter, Listed, MailId};
use std::convert::Infallible;
use std::str::FromStr;

/// Mails that a number may have before its list is cut.
const MOST_NAMED: usize = 20;

/// A mail by its id, or by the number of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Mail(MailId),
    Number(String),
}

impl FromStr for Named {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.trim().parse().map_or_else(|_| Self::Number(text.trim().to_owned()), Self::Mail))
    }
}

impl Named {
    /// Which mails have to be listed to know which one is named.
    pub(super) fn filter(&self) -> Filter {
        let about = match self {
            Self::Mail(id) => id.to_string(),
            Self::Number(number) => number.clone(),
        };
        Filter { about: Some(about), limit: u32::MAX, ..Filter::default() }
    }

    /// Leaves those that are named: what is looked for by a text may be a partner's name.
    pub(super) fn of(&self, found: Vec<Listed>) -> Vec<Listed> {
        let is_named = |it: &Listed| match self {
            Self::Mail(id) => it.mail.id == *id,
            Self::Number(number) => {
                let of = it.mail.document.as_ref().map(|of| of.number.trim().to_lowercase());
                of.as_deref() == Some(number.to_lowercase().as_str())
            }
        };
        found.into_iter().filter(is_named).collect()
    }

    /// The one mail that is named. A number that several mails have names none of them: which one is meant decides what leaves.
    pub(super) fn only(&self, found: Vec<Listed>) -> Result<Listed, Failure> {
        let mut found = self.of(found);
        if found.len() > 1 {
            let Self::Number(number) = self else { return Err(self.unknown()) };
            let all = found.len();
            let rows = found.iter().take(MOST_NAMED).map(|it| {
                let why = why(it);
                let why = if why.is_empty() { why } else { format!(": {why}") };
                let (day, state) = (it.mail.created.format("%Y-%m-%d %H:%M"), it.outbox.label(now()));
                format!("\n  {} of {day}, {}, to {}, {state}{why}", it.mail.id, it.mail.use_case, to(it))
            });
            let rows: String = rows.collect();
            let more = if all > MOST_NAMED { "\n  …" } else { "" };
            return Err(Failure::input(format!(
                "{all} mails are about {number}: name one of them by its id{rows}{more}"
            )));
        }
        found.pop().ok_or_else(|| self.unknown())
    }

    fn unknown(&self) -> Failure {
        Failure::input(match self {
            Self::Mail(id) => format!("there is no mail {id} (`postroom outbox --all` lists them)"),
            Self::Number(number) => format!(
                "no mail is about a document with the number \"{number}\": give a mail's id or a document's number \
                 (`postroom outbox --all` lists them)"
            ),
        })
    }
}

/// The one batch that is called so.
pub(super) fn only_batch(name: &str, mut found: Vec<Batch>) -> Result<Batch, Failure> {
    if found.len() > 1 {
        let rows = found.iter().map(|it| format!("\n  {} as {}", it.id, it.account_name));
        let rows: String = rows.collect();
        return Err(Failure::input(format!(
            "{} batches are called \"{name}\": name one of them by its id{rows}",
            found.len()
        )));
    }
    found.pop().ok_or_else(|| {
        Failure::input(format!("there is no batch \"{name}\" (`postroom outbox batches` lists them)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_a_number() {
        let id = "01a226d3-22af-7394-aa41-00d96aa29c01";
        assert_eq!(id.parse(), Ok(Named::Mail(id.parse().unwrap())));
        for number in ["F-2026-001", "2026/17", "01a226d3", "\u{c9}-1", ""] {
            assert_eq!(format!(" {number} ").parse(), Ok(Named::Number(number.to_owned())));
        }
    }
}
