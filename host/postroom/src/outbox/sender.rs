//! The mailbox that a route sends as, where it is not the one that the message names.

use super::options::SendAs;
use postroom_model::{self, Account, Relation, Transport};
use postroom_store::Party;

/// Returns the identity to send as. SendGrid takes verified senders alone; a shared mailbox of Microsoft's is called as itself.
/// None: as the message says.
pub(super) fn sender_of(account: &Account, from: &Party) -> Option<SendAs> {
    let is_from = |address: &str| address.eq_ignore_ascii_case(&from.address);
    let sender = |address: &str| SendAs { name: from.name.clone(), address: address.to_owned() };
    match &account.transport {
        Transport::SendGrid(own) => {
            let domain = from.address.rsplit_once('@').map_or("", |(_, domain)| domain);
            let is_verified = |it: &str| is_from(it) || it.eq_ignore_ascii_case(domain);
            let may =
                is_from(account.address.as_str()) || own.verified.iter().any(|it| is_verified(it.as_str()));
            (!may).then(|| sender(account.address.as_str()))
        }
        Transport::Outlook(_) => {
            let is_shared = |it: &&postroom_model::SendAs| {
                it.relation == Relation::SharedMailbox && is_from(it.address.as_str())
            };
            account.send_as.iter().find(is_shared).map(|it| sender(it.address.as_str()))
        }
        Transport::Smtp(_) | Transport::Gmail(_) | Transport::MailClient | Transport::Platform(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postroom_model::{AccountId, AccountState, CompanyId, Permissions, SendGridSender};

    fn sendgrid(verified: &[&str]) -> Account {
        let verified = verified.iter().map(|it| it.parse().expect("a sender")).collect();
        Account {
            id: AccountId::new(),
            company: CompanyId::new(),
            name: "spare".parse().expect("a name"),
            address: "spare@mailer.example".parse().expect("an address"),
            display_name: None,
            transport: Transport::SendGrid(SendGridSender { verified, ..SendGridSender::global() }),
            mailbox: None,
            send_as: Vec::new(),
            folders: Default::default(),
            state: AccountState::Ready,
            permissions: Permissions::default(),
        }
    }

    #[test]
    fn a13_sendgrid_sends_as_its_own_address_unless_the_senders_is_verified() {
        let from = Party { name: Some("Atelier Nord".into()), address: "office@Nord.example".into() };
        let own = SendAs { name: from.name.clone(), address: "spare@mailer.example".into() };
        for (verified, expected) in [
            (&[][..], Some(own.clone())),
            (&["south.example"], Some(own)),
            (&["nord.example"], None),
            (&["office@nord.example"], None),
        ] {
            assert_eq!(sender_of(&sendgrid(verified), &from), expected, "{verified:?}");
        }
    }
}
