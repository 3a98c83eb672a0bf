//! Which status a mail can get by which transport, what proves it, and which program has to run so that the proof is seen. One table,
//! for an account (`accounts.capabilities`) and for the documentation (docs/statuses.md, which a test compares).

use super::capability::{Availability, Capability};
use super::model::{Account, Transport};
use super::reasons::CapabilityReason;
use crate::domain::reason::Reason;
use crate::domain::status::Status;

/// The condition under which a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// Always.
    Always,
    /// The provider's reports reach the host.
    Webhook,
    /// The host serves the pixel.
    Pixel,
}

/// What proves a status.
#[derive(Debug)]
struct ProofRule {
    code: &'static str,
    status: Status,
    by: &'static [Transport],
    condition: Condition,
    /// What happens, without a full stop.
    proof: &'static str,
    /// What has to run.
    program: &'static str,
}

use Condition::{Always, Pixel, Webhook};
use Transport::{Gmail, Graph, MailClient, Platform, Sendgrid, Smtp};

#[cfg(test)]
const ALL: &[Transport] = &[Smtp, Gmail, Graph, Sendgrid, Platform, MailClient];
/// A mail leaves by a program of Postroom's.
const SENT_HERE: &[Transport] = &[Smtp, Gmail, Graph, Sendgrid, Platform];
/// What can't be delivered comes back as a mail. SendGrid keeps it to itself.
const RETURNED_BY_MAIL: &[Transport] = &[Smtp, Gmail, Graph, Platform];

/// The provider, or the relay, can report by a webhook.
const REPORTED: &[Transport] = &[Smtp, Sendgrid, Platform];

const SEND: &str = "`postroom send`, `send-bulk` or `worker`";
const SERVE: &str = "`postroom serve`";
const TRACK: &str = "`postroom track`";
const NOTHING: &str = "nothing";

const fn way(
    code: &'static str,
    status: Status,
    by: &'static [Transport],
    condition: Condition,
    proof: &'static str,
    program: &'static str,
) -> ProofRule {
    ProofRule { code, status, by, condition, proof, program }
}

const PROOF_RULES: &[ProofRule] = &[
    way(
        "proof-sent",
        Status::InTransit,
        SENT_HERE,
        Always,
        "it waits in the outbox, or a server or an API took it",
        SEND,
    ),
    way("proof-provider-delay", Status::InTransit, REPORTED, Webhook, "the provider reports a delay", SERVE),
    way(
        "proof-mail-delay",
        Status::InTransit,
        RETURNED_BY_MAIL,
        Always,
        "a report of a delay comes back by mail",
        TRACK,
    ),
    way(
        "proof-provider-delivery",
        Status::Delivered,
        REPORTED,
        Webhook,
        "the provider reports the delivery",
        SERVE,
    ),
    way(
        "proof-mail-delivery",
        Status::Delivered,
        &[Smtp, Platform],
        Always,
        "a report of the delivery comes back by mail: only if `send --notify-delivered` asked for it, and each server on the way can",
        TRACK,
    ),
    way(
        "proof-fetched",
        Status::Delivered,
        &[Gmail, Graph, Platform],
        Pixel,
        "a program fetches the pixel of a mail",
        SERVE,
    ),
    way(
        "proof-auto-reply",
        Status::Delivered,
        SENT_HERE,
        Always,
        "an automatic reply comes back by mail",
        TRACK,
    ),
    way(
        "proof-provider-opening",
        Status::Read,
        REPORTED,
        Webhook,
        "the provider reports an opening or a click by a person",
        SERVE,
    ),
    way(
        "proof-opened",
        Status::Read,
        &[Gmail, Graph, Platform],
        Pixel,
        "a person fetches the pixel of a mail",
        SERVE,
    ),
    way(
        "proof-answer",
        Status::Read,
        SENT_HERE,
        Always,
        "a receipt or a person's answer comes back by mail",
        TRACK,
    ),
    way(
        "proof-refused",
        Status::Failed,
        SENT_HERE,
        Always,
        "a server or an API refuses it, it could not be sent within 48 hours of tries, or it was cancelled",
        SEND,
    ),
    way(
        "proof-provider-bounce",
        Status::Failed,
        REPORTED,
        Webhook,
        "the provider reports that it bounced or was dropped",
        SERVE,
    ),
    way(
        "proof-returned",
        Status::Failed,
        RETURNED_BY_MAIL,
        Always,
        "it comes back by mail as undeliverable",
        TRACK,
    ),
    way(
        "proof-silence",
        Status::Unknown,
        SENT_HERE,
        Always,
        "nobody can tell whether it left, or it was in transit for 25 days without news",
        NOTHING,
    ),
    way(
        "proof-handed-over",
        Status::Unknown,
        &[MailClient],
        Always,
        "it was handed to the user's own mail program",
        NOTHING,
    ),
];

/// The code of every way.
pub(super) const PROOFS: [&str; PROOF_RULES.len()] = {
    let mut codes = [""; PROOF_RULES.len()];
    let mut index = 0;
    while index < codes.len() {
        codes[index] = PROOF_RULES[index].code;
        index += 1;
    }
    codes
};

/// In the order in which a mail meets them.
const STATUSES: [(Status, &str); 5] = [
    (Status::InTransit, "status-in-transit"),
    (Status::Delivered, "status-delivered"),
    (Status::Read, "status-read"),
    (Status::Failed, "status-failed"),
    (Status::Unknown, "status-unknown"),
];

/// Returns whether each status can come by an account, by what, and by which program.
pub(super) fn statuses(account: &Account) -> impl Iterator<Item = Capability> {
    STATUSES.into_iter().map(|(status, name)| {
        let ways: Vec<&ProofRule> =
            PROOF_RULES.iter().filter(|way| way.status == status && way.is_open(account)).collect();
        Capability {
            name,
            available: match ways.as_slice() {
                [] => Availability::No,
                ways if ways.iter().all(|way| way.condition == Webhook) => Availability::ByProvider,
                _ => Availability::Yes,
            },
            reasons: match ways.as_slice() {
                [] => vec![CapabilityReason::NoProof.into()],
                ways => ways.iter().map(|way| way.reason()).collect(),
            },
        }
    })
}

impl ProofRule {
    fn is_open(&self, account: &Account) -> bool {
        self.by.contains(&account.transport)
            && match self.condition {
                Always => true,
                Webhook => account.provider_events,
                Pixel => account.tracking,
            }
    }

    fn reason(&self) -> Reason {
        let needs = if self.program == NOTHING { "no program is needed" } else { self.program };
        Reason { code: self.code, detail: format!("{} ({needs})", self.proof) }
    }
}

/// Writes the table as it stands in docs/statuses.md.
#[cfg(test)]
pub(super) fn table() -> String {
    use crate::domain::language::Language;
    let columns = ["`smtp`", "`gmail`", "`outlook`", "`sendgrid`", "`platform`", "`mail-client`"];
    let mut text = format!("| status | what proves it | what must run | {} |\n", columns.join(" | "));
    text.push_str("|---|---|---|:-:|:-:|:-:|:-:|:-:|:-:|\n");
    for (status, _) in STATUSES {
        for way in PROOF_RULES.iter().filter(|way| way.status == status) {
            let cells: Vec<&str> = ALL.iter().map(|transport| way.cell(*transport)).collect();
            let cells = cells.join(" | ");
            text.push_str(&format!(
                "| {} | {} | {} | {cells} |\n",
                status.label(Language::En),
                way.proof,
                way.program
            ));
        }
    }
    text
}

#[cfg(test)]
impl ProofRule {
    fn cell(&self, transport: Transport) -> &'static str {
        match self.condition {
            _ if !self.by.contains(&transport) => "",
            Always => "yes",
            Webhook => "webhook",
            Pixel => "pixel",
        }
    }
}
