//! The rules of who receives a mail, field by field.

use super::contacts::{self, mailboxes};
use super::{Addressee, Entry, Field, Invalid, Reason, Resolution, UserOverrides};
use crate::domain::address::{Address, AddressList, Mailbox, clean_name, read_list};
use crate::domain::document::{Contact, Document, Party};
use crate::domain::kind::Purpose;
use crate::domain::settings::{Settings, User};
use std::collections::BTreeSet;

const BY_USER: &str = "typed by the user";
const BY_COMPANY: &str = "setting of the company";
const TO_SELF: &str = "blind copy to the user who created the mail";

/// Resolves the addresses for a mail about `document`: To, Cc, Bcc and Reply-To, each with the reason.
///
/// No recipient at all is an empty answer, not a fault. An address stands in one of To, Cc and Bcc only, the
/// first of them. Where the user typed a To, the partner's contacts are not asked, even if none of what was
/// typed can be used.
pub fn resolve(
    document: &Document,
    purpose: Purpose,
    settings: &Settings,
    user: &UserOverrides,
) -> Resolution {
    let mut resolution = ResolutionBuilder::default();
    let partner = document.partner();
    let typed = user.to.as_deref().map(read_list).filter(|list| *list != AddressList::default());
    match typed {
        Some(list) => {
            let greeted = list.mailboxes.first().and_then(|first| addressee_of_typed(first, partner));
            resolution.addressee = greeted;
            resolution.add_list(Field::To, list, Reason::User, BY_USER);
        }
        None => resolution.add_partner(partner, purpose),
    }
    resolution.add_setting(Field::Cc, user.cc.as_deref(), settings.recipients.cc.as_deref());
    resolution.add_text(Field::Bcc, settings.recipients.bcc.as_deref(), Reason::CompanySetting, BY_COMPANY);
    resolution.add_text(Field::Bcc, user.bcc.as_deref(), Reason::User, BY_USER);
    resolution.add_self(&settings.user);
    resolution.add_setting(Field::ReplyTo, user.reply_to.as_deref(), settings.recipients.reply_to.as_deref());
    resolution.finish()
}

#[derive(Default)]
struct ResolutionBuilder {
    entries: Vec<Entry>,
    invalid: Vec<Invalid>,
    addressee: Option<Addressee>,
    recipients: BTreeSet<Address>,
    reply_to: BTreeSet<Address>,
}

impl ResolutionBuilder {
    fn add(&mut self, field: Field, mailbox: Mailbox, reason: Reason, detail: &str) {
        let seen = if field == Field::ReplyTo { &mut self.reply_to } else { &mut self.recipients };
        if seen.insert(mailbox.address.clone()) {
            self.entries.push(Entry { field, mailbox, reason, detail: detail.to_owned() });
        }
    }

    fn add_list(&mut self, field: Field, list: AddressList, reason: Reason, detail: &str) {
        for mailbox in list.mailboxes {
            self.add(field, mailbox, reason, detail);
        }
        self.invalid.extend(list.invalid.into_iter().map(|i| Invalid {
            field,
            detail: format!("{} ({detail})", i.fault),
            text: i.text,
        }));
    }

    fn add_text(&mut self, field: Field, text: Option<&str>, reason: Reason, detail: &str) {
        if let Some(text) = text {
            self.add_list(field, read_list(text), reason, detail);
        }
    }

    /// Adds the user's text, even a blank one, in place of the company's.
    fn add_setting(&mut self, field: Field, user: Option<&str>, company: Option<&str>) {
        match user {
            Some(text) => self.add_text(field, Some(text), Reason::User, BY_USER),
            None => self.add_text(field, company, Reason::CompanySetting, BY_COMPANY),
        }
    }

    /// Adds the partner's contacts, else its electronic address.
    fn add_partner(&mut self, partner: &Party, purpose: Purpose) {
        let chosen = contacts::choose(partner, purpose.kind(), &mut self.invalid);
        if let Some(first) = chosen.first() {
            self.addressee = addressee(first.mailbox.name.clone(), Some(first.contact));
            for c in chosen {
                self.add(Field::To, c.mailbox, c.reason, &c.detail);
            }
            return;
        }
        let endpoint = partner.endpoint.as_ref().filter(|e| e.scheme.trim().eq_ignore_ascii_case("EM"));
        if let Some(endpoint) = endpoint {
            let detail = format!("electronic address of {}", clean_name(&partner.name));
            let list = mailboxes(Some(&partner.name), &endpoint.id);
            self.add_list(Field::To, list, Reason::Endpoint, &detail);
        }
    }

    /// Adds a copy to the user (rule A3); one who asked for it and has no address gets a warning.
    fn add_self(&mut self, user: &User) {
        if !user.auto_bcc_self {
            return;
        }
        let given = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
        };
        match given(&user.own_email).or_else(|| given(&user.email)) {
            Some(email) => self.add_list(Field::Bcc, mailboxes(None, &email), Reason::AutoBccSelf, TO_SELF),
            None => self.invalid.push(Invalid {
                field: Field::Bcc,
                text: String::new(),
                detail: format!("the user has no address ({TO_SELF})"),
            }),
        }
    }

    fn finish(self) -> Resolution {
        Resolution {
            needs_smtputf8: self.entries.iter().any(|e| e.mailbox.address.needs_smtputf8()),
            entries: self.entries,
            invalid: self.invalid,
            addressee: self.addressee,
        }
    }
}

/// Finds the partner's contact with this address, else the name typed.
fn addressee_of_typed(typed: &Mailbox, partner: &Party) -> Option<Addressee> {
    let known = partner.contacts.iter().find(|contact| {
        let email = contact.email.as_deref().unwrap_or_default();
        mailboxes(None, email).mailboxes.iter().any(|m| m.address == typed.address)
    });
    let name = known.and_then(|c| c.name.as_deref()).map(clean_name).filter(|n| !n.is_empty());
    addressee(name.or_else(|| typed.name.clone()), known)
}

fn addressee(name: Option<String>, contact: Option<&Contact>) -> Option<Addressee> {
    let language = contact.and_then(|c| c.language.clone());
    (name.is_some() || language.is_some()).then_some(Addressee { name, language })
}
