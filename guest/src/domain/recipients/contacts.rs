//! Which of a partner's contacts a document goes to.
//!
//! The role that fits comes first, then the general contact, then a preferred one, then the first that has an address. All contacts of a
//! role are written to; where some of them are preferred, those alone. A contact whose address is faulty is reported, and the next best is
//! taken.

use super::{Field, Invalid, Reason};
use crate::domain::address::{AddressList, Mailbox, clean_name, read_line};
use crate::domain::document::{Contact, Party};
use crate::domain::kind::DocumentKind;
use std::collections::BTreeSet;

/// A contact's mailbox with the reason for it, and the contact.
pub(super) struct Chosen<'a> {
    pub(super) mailbox: Mailbox,
    pub(super) reason: Reason,
    pub(super) detail: String,
    pub(super) contact: &'a Contact,
}

/// Roles that contacts are chosen by; others are kept and match nothing.
pub const ROLES: [&str; 5] = ["billing", "purchasing", "sales", "logistics", "general"];

/// Returns roles that a document is for, the best first.
pub(super) fn roles(kind: DocumentKind) -> &'static [&'static str] {
    use DocumentKind as K;
    match kind {
        K::Invoice | K::CreditNote | K::Statement | K::Receipt | K::Reminder => &["billing"],
        K::Quote | K::SalesOrder | K::OrderConfirmation => &["purchasing"],
        K::DeliveryNote => &["logistics", "purchasing"],
        K::PurchaseOrder | K::RequestForQuotation => &["sales"],
        K::Other => &[],
    }
}

/// Chooses the contacts that a document of this kind goes to; none where no contact has a usable address.
pub(super) fn choose<'a>(
    partner: &'a Party,
    kind: DocumentKind,
    invalid: &mut Vec<Invalid>,
) -> Vec<Chosen<'a>> {
    let mut candidates = Candidates { partner, reported: BTreeSet::new(), invalid };
    for role in roles(kind) {
        let chosen = candidates.of_role(role, Reason::ContactRole);
        if !chosen.is_empty() {
            return chosen;
        }
    }
    let general = candidates.of_role("general", Reason::ContactGeneral);
    if !general.is_empty() {
        return general;
    }
    let preferred =
        candidates.take(|c| c.preferred, Reason::ContactPreferred, "preferred contact", usize::MAX);
    if !preferred.is_empty() {
        return preferred;
    }
    candidates.take(|_| true, Reason::Document, "contact", 1)
}

/// Returns the usable mailboxes of a contact, under its own name, and what is wrong with the others.
pub(super) fn mailboxes(name: Option<&str>, email: &str) -> AddressList {
    let mut list = read_line(email);
    if let Some(name) = name {
        for mailbox in &mut list.mailboxes {
            let named = Mailbox::new(Some(name), mailbox.address.clone());
            mailbox.name = named.name.or(mailbox.name.take());
        }
    }
    list
}

struct Candidates<'a, 'b> {
    partner: &'a Party,
    /// Contacts whose faults were reported already.
    reported: BTreeSet<usize>,
    invalid: &'b mut Vec<Invalid>,
}

impl<'a> Candidates<'a, '_> {
    fn of_role(&mut self, role: &str, reason: Reason) -> Vec<Chosen<'a>> {
        let fits = |c: &Contact| c.roles.iter().any(|r| r.trim().eq_ignore_ascii_case(role));
        let what = format!("preferred {role} contact");
        let preferred = self.take(|c| fits(c) && c.preferred, reason, &what, usize::MAX);
        if !preferred.is_empty() {
            return preferred;
        }
        self.take(fits, reason, &format!("{role} contact"), usize::MAX)
    }

    /// Takes the contacts that fit, up to `limit` of them that have a usable address.
    fn take(
        &mut self,
        fits: impl Fn(&Contact) -> bool,
        reason: Reason,
        what: &str,
        limit: usize,
    ) -> Vec<Chosen<'a>> {
        let detail = format!("{what} of {}", clean_name(&self.partner.name));
        let mut chosen = Vec::new();
        let mut used = 0;
        for (index, contact) in self.partner.contacts.iter().enumerate() {
            let Some(email) = contact.email.as_deref().filter(|_| used < limit && fits(contact)) else {
                continue;
            };
            let list = mailboxes(contact.name.as_deref(), email);
            if self.reported.insert(index) {
                self.invalid.extend(list.invalid.into_iter().map(|i| Invalid {
                    field: Field::To,
                    detail: format!("{} ({detail})", i.fault),
                    text: i.text,
                }));
            }
            used += usize::from(!list.mailboxes.is_empty());
            chosen.extend(list.mailboxes.into_iter().map(|mailbox| Chosen {
                mailbox,
                reason,
                detail: detail.clone(),
                contact,
            }));
        }
        chosen
    }
}
