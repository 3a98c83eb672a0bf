//! Who an answer goes to: where its author wants answers, the author, or all who got the message, and never ourselves.

use super::model::{LetterKind, Original};
use crate::domain::address::{Address, Mailbox, match_key, read_list};
use crate::domain::inbound::Sender;
use crate::domain::settings::{Settings, User};
use std::collections::BTreeSet;

/// The people of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressees {
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc.
    pub bcc: Vec<Mailbox>,
    /// Reply-To.
    pub reply_to: Vec<Mailbox>,
}

/// Chooses the people of a letter. `own_addresses` are those that our mail is sent from.
///
/// Addresses of the original that are none are left out. Each person stands in one of To, Cc and Bcc, the first of them.
pub fn addressees(
    kind: LetterKind,
    original: Option<&Original>,
    own_addresses: &[String],
    settings: &Settings,
) -> Addressees {
    let own: BTreeSet<String> =
        own_addresses.iter().chain(&settings.user.email).map(|it| match_key(it)).collect();
    let (mut to, mut cc) = (Vec::new(), Vec::new());
    if let Some(original) = original.filter(|_| kind.is_answer()) {
        to = answered(original, &own);
        if kind == LetterKind::ReplyAll {
            cc = others(original.to.iter().chain(&original.cc), &own);
        }
    }
    let of_company = &settings.recipients;
    let listed = |text: &Option<String>| read_list(text.as_deref().unwrap_or_default()).mailboxes;
    let mut seen = BTreeSet::new();
    let mut each_once = |list: Vec<Mailbox>| {
        let new = list.into_iter().filter(|it| seen.insert(it.address.clone()));
        new.collect::<Vec<_>>()
    };
    Addressees {
        to: each_once(to),
        cc: each_once(cc.into_iter().chain(listed(&of_company.cc)).collect()),
        bcc: each_once(listed(&of_company.bcc).into_iter().chain(own_copy(&settings.user)).collect()),
        reply_to: listed(&of_company.reply_to),
    }
}

/// Returns who an answer goes to. A message with a Reply-To to other people is answered there, one of our own too: forms of web sites write
/// in our name. Else one of our own is answered to those whom it went to.
fn answered(original: &Original, own: &BTreeSet<String>) -> Vec<Mailbox> {
    let is_own = original.authors.iter().any(|author| own.contains(&match_key(&author.address)));
    let whom = if is_own { &original.to } else { &original.authors };
    let choices = [
        others(&original.reply_to, own),
        others(whom, own),
        usable(whom).collect(),
        usable(&original.reply_to).collect(),
        usable(&original.authors).collect(),
    ];
    choices.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
}

fn others<'a>(list: impl IntoIterator<Item = &'a Sender>, own: &BTreeSet<String>) -> Vec<Mailbox> {
    usable(list).filter(|it| !own.contains(&match_key(&it.address.wire()))).collect()
}

fn usable<'a>(list: impl IntoIterator<Item = &'a Sender>) -> impl Iterator<Item = Mailbox> {
    list.into_iter()
        .filter_map(|it| Some(Mailbox::new(it.name.as_deref(), Address::parse(it.address.trim()).ok()?)))
}

/// Returns the address of a user who wants a copy of what they send (rule A3).
fn own_copy(user: &User) -> Vec<Mailbox> {
    let address = [&user.own_email, &user.email].into_iter().flatten().find(|text| !text.trim().is_empty());
    let address = address.filter(|_| user.auto_bcc_self);
    address.map(|text| read_list(text).mailboxes).unwrap_or_default()
}
