//! Calls on what came in: what a person reads of it, which mail a report is about, whom it concerns, who is not written to any more. And
//! on where the providers' APIs are.

use super::{CompanyPlugin, EngineError, Files, composes};
use postroom_contract::{
    accounts, composing, inbound, letters, mailbox, matching, reading, suppressions, tracking, types,
    webhooks,
};

/// What is beyond the limits was not sent to be read.
fn reading_failed(answer: &Result<reading::ReadableMessage, inbound::InboundError>) -> bool {
    matches!(answer, Err(inbound::InboundError::Refused(_)))
}

/// Counts the bytes of a message that a letter quotes.
fn quoted_size(original: Option<&reading::ReadableMessage>) -> usize {
    original.map_or(0, |it| it.text.len() + it.html.as_ref().map_or(0, String::len))
}

impl CompanyPlugin {
    calls! {
        /// What a person reads of a message.
        read_message = postroom_plugin_reading.call_read(
            message: &inbound::MessageContent, own_addresses: &[String], now: &str
        ) -> Result<reading::ReadableMessage, inbound::InboundError>,
            bounded ["the message": message.size_in_hand(), message], hostile reading_failed;
        /// The new words of a text.
        fold_text = postroom_plugin_reading.call_fold_text(text: &str) -> reading::Folded,
            bounded ["the text": text.len(), text];
        /// What messages of a mailbox are found by.
        describe_messages = postroom_plugin_mailbox.call_describe(
            messages: &[mailbox::MailboxMessage], own_addresses: &[String]
        ) -> Result<Vec<mailbox::Description>, types::ArgumentError>;
        /// Which conversations messages belong to.
        place_messages = postroom_plugin_mailbox.call_place(
            messages: &[mailbox::NewMessage], known: &[mailbox::KnownMessage]
        ) -> Result<mailbox::Arrangement, types::ArgumentError>;
        /// Which documents a message is about.
        link_message = postroom_plugin_mailbox.call_link(
            message: &mailbox::Description, partners: &[String], candidates: &[mailbox::DocumentCandidate]
        ) -> Result<Vec<mailbox::DocumentLink>, types::ArgumentError>;
        /// What a letter begins with.
        draft_letter = postroom_plugin_letters.call_draft(
            request: &letters::DraftRequest
        ) -> Result<letters::DraftLetter, types::ArgumentError>,
            bounded ["the settings": request.settings.len(), text; "the message": quoted_size(request.original.as_ref()), message];
        /// The message of a letter.
        compose_letter = postroom_plugin_letters.call_compose(
            letter: &letters::Letter
        ) -> Result<composing::Message, composing::ComposeError>,
            bounded [
                "the settings": letter.settings.len(), text;
                "the letter": letter.body.len(), text;
                "the message": quoted_size(letter.original.as_ref()), message
            ];
        /// What a report's mail can be found by, the most reliable first.
        traces = postroom_plugin_matching.call_traces(report: &inbound::Report) -> Vec<matching::Trace>;
        /// The facts of a report about the mail that it was matched with.
        facts = postroom_plugin_matching.call_facts(
            report: &inbound::Report, to: &[String], own_addresses: &[String]
        ) -> Result<Vec<tracking::Event>, types::ArgumentError>;
        /// Whom the facts of an attempt suppress.
        suppressions_of_events = postroom_plugin_suppressions.call_of_events(
            events: &[tracking::Event], to: &[String], own_addresses: &[String]
        ) -> Result<Vec<suppressions::Suppression>, types::ArgumentError>;
        /// Whom a report suppresses about the mail that it was matched with; `proof` is the kind of the trace that led there.
        suppressions_of_report = postroom_plugin_suppressions.call_of_report(
            report: &inbound::Report, proof: &str, to: &[String], own_addresses: &[String]
        ) -> Result<Vec<suppressions::Suppression>, types::ArgumentError>;
        /// Whom a provider's notice suppresses about the mail that it was matched with.
        suppression_of_notice = postroom_plugin_suppressions.call_of_notice(
            notice: &webhooks::Notice, to: &[String], own_addresses: &[String]
        ) -> Result<Option<suppressions::Suppression>, types::ArgumentError>;
        /// The providers' APIs as the plugin knows them.
        apis = postroom_plugin_accounts.call_apis() -> Vec<accounts::Api>;
    }
}
