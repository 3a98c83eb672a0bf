//! The plugin at work for one company: typed calls on warm instances.

use super::capabilities::Capabilities;
use super::error::EngineError;
use super::instance::Instance;
use super::instance_pool::{InstancePool, composes};
use super::limits::ComputeClock;
use super::load::Engine;
use super::state::{Files, State};
use postroom_contract::{
    accounts, composing, delivery, documents, drafts, imap, inbound, info, mailbox_inbound, openings,
    recipients, schedule, sent, templates, tracking, transport, types, webhooks,
};
use postroom_transport::http_api::GivenUrls;

/// The plugin at work for one company. Calls may run at the same time: each has an instance to itself.
///
/// A call that is dropped before it is done (a time-out around it, say) loses its instance and nothing else.
pub struct CompanyPlugin {
    engine: Engine,
    company: String,
    capabilities: Capabilities,
    instance_pool: InstancePool,
}

impl std::fmt::Debug for CompanyPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompanyPlugin").field("company", &self.company).finish_non_exhaustive()
    }
}

impl CompanyPlugin {
    /// Tells whether this account is one at a provider's API.
    pub fn has_api(&self, account: &str) -> bool {
        self.capabilities.apis.contains_key(account)
    }
}

/// Defines a call: take an instance, call the export, keep the instance where the answer lets it be kept.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident = $interface:ident.$export:ident
        ($($arg:ident: $type:ty),*) -> $answer:ty
        $(, bounded [$($what:literal: $bytes:expr, $limit:ident);*])? $(, hostile $hostile:expr)?;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`EngineError`]: the call did not come back with an answer.
            pub async fn $name(&self, files: &Files, $($arg: $type),*) -> Result<$answer, EngineError> {
                $($(self.bound($what, $bytes, self.engine.inner.limits.$limit)?;)*)?
                let composing = composes(stringify!($name));
                let _turn = self.instance_pool.turn(composing).await;
                let mut instance = self.instance(files, composing).await?;
                let called = instance.plugin.$interface().$export(&mut instance.store, $($arg),*).await;
                let answer: $answer = called.map_err(|e| instance.error(&e))?;
                #[allow(unused_mut, unused_assignments)]
                let mut hostile = false;
                $(hostile = $hostile(&answer);)?
                self.recycle(instance, hostile);
                Ok(answer)
            }
        )*
    };
}

mod rules;

/// True for the answers to input that was not an honest mistake: the instance that met it is not used again.
fn is_hostile(error: &documents::DocumentError) -> bool {
    matches!(error.fault, documents::DocumentFault::Refused | documents::DocumentFault::Malformed)
}

fn document_failed<T>(answer: &Result<T, documents::DocumentError>) -> bool {
    answer.as_ref().is_err_and(is_hostile)
}

fn compose_failed(answer: &Result<composing::Message, composing::ComposeError>) -> bool {
    match answer {
        Err(composing::ComposeError::Document(e)) => is_hostile(e),
        Err(composing::ComposeError::Template(_)) => true,
        _ => false,
    }
}

/// A template that fails is a company's own: what it may have left behind is used for no other.
fn check_failed(answer: &[templates::TextFinding]) -> bool {
    answer.iter().any(|finding| finding.severity == "error")
}

/// What is beyond the limits was not sent to be read.
fn classify_failed(answer: &Result<inbound::Report, inbound::InboundError>) -> bool {
    matches!(answer, Err(inbound::InboundError::Refused(_)))
}

fn stored_failed(answer: &Result<inbound::Report, mailbox_inbound::StoredError>) -> bool {
    matches!(answer, Err(mailbox_inbound::StoredError::Refused(_)))
}

fn resolve_failed(answer: &Result<recipients::Resolution, recipients::RecipientsError>) -> bool {
    matches!(answer, Err(recipients::RecipientsError::Document(e)) if is_hostile(e))
}

impl CompanyPlugin {
    pub(super) fn new(engine: Engine, company: String, capabilities: Capabilities) -> Self {
        Self { engine, company, capabilities, instance_pool: InstancePool::new() }
    }

    /// Returns the engine that it works on.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns the company that it works for.
    pub fn company(&self) -> &str {
        &self.company
    }

    pub(super) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    calls! {
        /// The plugin's version.
        version = postroom_plugin_info.call_version() -> String;
        /// Kinds of documents.
        kinds = postroom_plugin_info.call_kinds() -> Vec<info::DocumentKind>;
        /// The lists that grow, by name.
        vocabulary = postroom_plugin_info.call_vocabulary() -> Vec<(String, Vec<String>)>;
        /// The limits that the plugin keeps to, by name.
        plugin_limits = postroom_plugin_info.call_limits() -> Vec<(String, u32)>;
        /// What a code of a warning or a reason means, as a sentence for the user in a language (BCP 47).
        explain = postroom_plugin_info.call_explain(code: &str, language: &str) -> Option<String>;
        /// Reads a document and says what it is.
        read = postroom_plugin_documents.call_read(
            document: &documents::Source
        ) -> Result<documents::Summary, documents::DocumentError>,
            bounded ["the document": document.content.in_hand().len(), document], hostile document_failed;
        /// Reads a document and gives it back as JSON.
        to_json = postroom_plugin_documents.call_to_json(
            document: &documents::Source
        ) -> Result<String, documents::DocumentError>,
            bounded ["the document": document.content.in_hand().len(), document], hostile document_failed;
        /// The PDF that a document carries.
        embedded_pdf = postroom_plugin_documents.call_embedded_pdf(
            document: &documents::Source
        ) -> Result<Option<documents::EmbeddedFile>, documents::DocumentError>,
            bounded ["the document": document.content.in_hand().len(), document], hostile document_failed;
        /// A published JSON Schema.
        schema = postroom_plugin_documents.call_schema(name: &str) -> Option<String>;
        /// A document of a kind, of a company that does not exist.
        sample = postroom_plugin_documents.call_sample(kind: &str) -> Option<String>;
        /// Addresses for a document.
        resolve = postroom_plugin_recipients.call_resolve(
            document: &documents::Source, use_case: &str, settings: &str, user: &recipients::Overrides
        ) -> Result<recipients::Resolution, recipients::RecipientsError>,
            bounded ["the document": document.content.in_hand().len(), document; "the settings": settings.len(), text],
            hostile resolve_failed;
        /// Reads a pasted list of addresses.
        parse_addresses = postroom_plugin_recipients.call_parse(
            text: &str, field: recipients::Field
        ) -> recipients::Parsed,
            bounded ["the list of addresses": text.len(), text];
        /// Paths of the shipped texts.
        catalogue = postroom_plugin_templates.call_catalogue() -> Vec<String>;
        /// Source of a shipped text.
        shipped = postroom_plugin_templates.call_shipped(name: &str) -> Option<String>;
        /// What a text about a kind of document can say, as JSON.
        variables = postroom_plugin_templates.call_variables(kind: &str) -> Option<String>;
        /// Checks templates.
        check = postroom_plugin_templates.call_check(
            overrides: &[templates::Text]
        ) -> Vec<templates::TextFinding>,
            bounded ["the templates": overrides.iter().map(|text| text.source.len()).sum(), text],
            hostile check_failed;
        /// Makes a message.
        compose = postroom_plugin_composing.call_compose(
            job: &composing::Job
        ) -> Result<composing::Message, composing::ComposeError>,
            bounded [
                "the document": job.document.content.in_hand().len(), document;
                "the settings": job.settings.len(), text;
                "the options": job.options.len(), text
            ],
            hostile compose_failed;
        /// Joins a message in the sandbox. A host that can stream has
        /// [`Ready::write`](crate::outbox::Ready::write) for it.
        assemble = postroom_plugin_composing.call_assemble(
            chunks: &[composing::Chunk], in_hand: &[composing::File]
        ) -> Result<Vec<u8>, u32>;
        /// The unsent message of a composed one, for the user's own program.
        draft = postroom_plugin_drafts.call_draft(
            message: &composing::Message, to: &[recipients::Entry]
        ) -> Result<drafts::Unsent, types::ArgumentError>;
        /// A link with recipients, subject and text.
        mailto = postroom_plugin_drafts.call_mailto(
            message: &composing::Message, to: &[recipients::Entry]
        ) -> Result<String, drafts::MailtoError>;
        /// Providers that are known.
        presets = postroom_plugin_accounts.call_presets() -> Vec<accounts::Preset>;
        /// The provider that an address belongs to.
        guess = postroom_plugin_accounts.call_guess(
            address: &str, mx: &[String]
        ) -> Option<accounts::Candidate>;
        /// The port to propose.
        port = postroom_plugin_accounts.call_port(
            protocol: &str, security: accounts::Security
        ) -> Option<u16>;
        /// What an account can do, and why.
        account_capabilities = postroom_plugin_accounts.call_capabilities(
            account: &str
        ) -> Result<Vec<accounts::Capability>, types::ArgumentError>,
            bounded ["the account": account.len(), text];
        /// What its provider allows an account.
        limits = postroom_plugin_accounts.call_limits(account: &str) -> Result<accounts::Allowance, types::ArgumentError>,
            bounded ["the account": account.len(), text];
        /// What is wrong with an account's settings.
        check_account = postroom_plugin_accounts.call_check(account: &str) -> Vec<accounts::AccountFinding>,
            bounded ["the account": account.len(), text];
        /// What the administrator of a mail system must know and allow.
        administrator_page = postroom_plugin_accounts.call_administrator_page(
            described: &[String], operator: &accounts::Operator, language: Option<&str>
        ) -> Result<accounts::HtmlPage, types::ArgumentError>,
            bounded ["the accounts": described.iter().map(String::len).sum(), text];
        /// Who a company is on the platform.
        platform_identity = postroom_plugin_accounts.call_platform_identity(
            company: &str, platform: &accounts::Platform, suffix: Option<&str>, token: &str
        ) -> Result<accounts::Identity, types::ArgumentError>;
        /// The message that proves that an account sends.
        test_message = postroom_plugin_accounts.call_test_message(
            test: &accounts::TestMail
        ) -> Result<composing::Message, types::ArgumentError>;
        /// Where the copy of a sent mail belongs.
        plan_sent_copy = postroom_plugin_sent.call_plan(
            account: &sent::MailboxAccount, folders: &[imap::Folder]
        ) -> sent::FilingPlan;
        /// Files copies of sent mails.
        file_sent = postroom_plugin_sent.call_file(
            account: &sent::MailboxAccount, folder: &str, copies: &[sent::SentMail]
        ) -> Result<Vec<imap::Filed>, sent::SentError>;
        /// Finds sent mails by Message-ID.
        find_sent = postroom_plugin_sent.call_find(
            account: &sent::MailboxAccount, message_ids: &[String]
        ) -> Result<Vec<Option<imap::Place>>, sent::SentError>;
        /// Makes at most one submission. An error whose [`EngineError::lost`] is true means: in doubt.
        submit = postroom_plugin_delivery.call_submit(
            mail: &composing::OutgoingMail, to: &[String], options: &str, route: &schedule::Route, now: &str
        ) -> delivery::SubmissionResult;
        /// Tests a way out without sending.
        probe = postroom_plugin_delivery.call_probe(route: &schedule::Route) -> transport::ProbeReport;
        /// Makes the memo of an attempt that is kept in columns.
        memo = postroom_plugin_schedule.call_memo(
            came_to: &str, retry_after: Option<u32>, stage: Option<&str>, detail: Option<&str>
        ) -> Result<String, types::ArgumentError>;
        /// What an API's answer to a request of the host's own means.
        settle_api = postroom_plugin_schedule.call_settle_api(
            by: &str, mail: &composing::OutgoingMail, to: &[String],
            answer: Result<&transport::ApiResponse, &transport::Failure>, now: &str
        ) -> Result<schedule::Settlement, types::ArgumentError>;
        /// What to do next with an intent.
        decide = postroom_plugin_schedule.call_decide(
            facts: &schedule::Facts, now: &str
        ) -> Result<schedule::Action, types::ArgumentError>;
        /// What an attempt means that never came back.
        settle_interruption = postroom_plugin_schedule.call_settle_interruption(
            to: &[String], events: &[tracking::Event], detail: Option<&str>, now: &str
        ) -> Result<schedule::Settlement, types::ArgumentError>;
        /// What it means that a mail in doubt was found, or not.
        settle_doubt = postroom_plugin_schedule.call_settle_doubt(
            lookup: schedule::Lookup, to: &[String], events: &[tracking::Event], now: &str
        ) -> Result<schedule::Settlement, types::ArgumentError>;
        /// What a server's answer to a transaction of the host's own means.
        settle_answer = postroom_plugin_schedule.call_settle(
            to: &[String], answer: Result<&transport::Acceptance, &transport::SubmissionFailure>, now: &str
        ) -> Result<schedule::Settlement, types::ArgumentError>;
        /// Looks at the provider for a mail whose attempt is in doubt. Sends nothing.
        look_in_sent = postroom_plugin_delivery.call_look_in_sent(
            message_id: &str, route: &schedule::Route, sender: Option<&types::Address>,
            attempted: &str, now: &str
        ) -> delivery::LookupResult;
        /// Of these recipients, those that an attempt must name.
        outstanding = postroom_plugin_schedule.call_outstanding(
            to: &[String], events: &[tracking::Event]
        ) -> Result<Vec<String>, types::ArgumentError>;
        /// What a message in hand is.
        classify = postroom_plugin_inbound.call_classify(
            message: &inbound::MessageContent, own_addresses: &[String], now: &str
        ) -> Result<inbound::Report, inbound::InboundError>,
            bounded ["the message": message.size_in_hand(), message], hostile classify_failed;
        /// What a message in a mailbox is.
        classify_stored = postroom_plugin_mailbox_inbound.call_classify_stored(
            account: &str, at: &imap::Place, own_addresses: &[String], now: &str
        ) -> Result<inbound::Report, mailbox_inbound::StoredError>, hostile stored_failed;
        /// Whether a refusal is for ever.
        bounce_type_of = postroom_plugin_inbound.call_bounce_type_of(
            code: Option<&str>, words: &str
        ) -> inbound::BounceType,
            bounded ["the server's words": words.len(), text];
        /// What became of a mail.
        fold = postroom_plugin_tracking.call_fold(
            to: &[String], events: &[tracking::Event], now: &str
        ) -> Result<tracking::Timeline, types::ArgumentError>;
        /// Reads what a provider reports, once it is known to be the provider's.
        read_webhook = postroom_plugin_webhooks.call_read(
            provider: &str, body: &str
        ) -> Result<webhooks::Reading, types::ArgumentError>,
            bounded ["the report": body.len(), text], hostile Result::is_err;
        /// Whether it was a person who fetched a pixel.
        classify_fetch = postroom_plugin_openings.call_classify_fetch(
            fetch: &openings::Fetch
        ) -> Result<tracking::Event, types::ArgumentError>;
        /// A status in words.
        label = postroom_plugin_tracking.call_label(status: tracking::Status, language: &str) -> String;
    }

    /// A warm instance, or a fresh one, ready for a call with these files.
    async fn instance(&self, files: &Files, composing: bool) -> Result<Instance, EngineError> {
        let limits = &self.engine.inner.limits;
        let mut instance = match self.instance_pool.take(composing) {
            Some(instance) => instance,
            None => {
                let state = State {
                    limits: limits.store_limits(),
                    clock: ComputeClock { ticks: 0, limit: limits.compute },
                    company: self.company.clone(),
                    files: Files::default(),
                    capabilities: self.capabilities.clone(),
                    given: GivenUrls::new(),
                    panic: None,
                };
                Instance::new(&self.engine.inner, state).await?
            }
        };
        instance.begin(files.clone(), limits.compute);
        instance.composed |= composing;
        Ok(instance)
    }

    fn recycle(&self, mut instance: Instance, hostile: bool) {
        if instance.end(self.engine.inner.limits.calls) && !hostile {
            self.instance_pool.put(instance);
        }
    }

    fn bound(&self, what: &'static str, size: usize, limit: usize) -> Result<(), EngineError> {
        if size > limit { Err(EngineError::TooLarge { what, size, limit }) } else { Ok(()) }
    }
}
