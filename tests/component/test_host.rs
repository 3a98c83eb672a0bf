//! A host around the plugin, as small as the tests need it: engines with tight limits, offices whose accounts
//! keep mail in memory, drafts of the sample cases.

use crate::artefacts;
use postroom::contract::{composing, documents, log, types};
use postroom::engine::{Accounts, Capabilities, CompanyPlugin, Engine, EngineError, Files, Limits, Options};
use postroom::outbox::{Draft, Portal, Ready};
use postroom::transport::attachments::AttachmentSource;
use postroom::transport::smtp::{Account, MemorySubmitter, Security};
use postroom_tests::case::{Case, SENDER};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// A tenth of what a host would allow: enough for every honest call, soon over for the others.
pub(crate) const LIMITS: Limits = Limits {
    compute: Duration::from_secs(2),
    memory: 128 << 20,
    calls: 100_000,
    document: 16 << 20,
    message: 32 << 20,
    text: 4 << 20,
};

/// Loads a component; compiled code is kept between runs.
pub(crate) fn load(path: &Path, limits: Limits) -> Engine {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Engine::load(path, &Options { limits, cache: Some(cache), no_cache: false }).unwrap()
}

/// The plugin as it ships.
pub(crate) fn shipped() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| load(&artefacts::full(), LIMITS))
}

/// The plugin that goes wrong on request.
pub(crate) fn misbehaving() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| load(&artefacts::misbehaving(), LIMITS))
}

/// A job that asks the plugin to misbehave. It brings no document, so that nothing of one is in memory for its sake.
fn request(what: &str) -> composing::Job {
    let case = Case::of_document("invoice");
    composing::Job {
        id: "1".to_owned(),
        now: case.now.clone(),
        document: documents::Source {
            media_type: "application/json".to_owned(),
            content: b"{}".to_vec().into(),
        },
        use_case: format!("misbehave:{what}"),
        language: None,
        settings: String::new(),
        sender: draft(&case).sender,
        recipients: Vec::new(),
        attachments: Vec::new(),
        options: String::new(),
    }
}

/// A company's plugin, with the mails that it sent and the lines that it logged.
pub(crate) struct TestHost {
    pub(crate) company_plugin: CompanyPlugin,
    pub(crate) mails: Arc<MemorySubmitter>,
    log: Arc<Mutex<Vec<String>>>,
}

impl TestHost {
    /// Opens the plugin with one account, named office.
    pub(crate) fn new(engine: &Engine) -> Self {
        Self::with_account(engine, Account::new("office", "mail.example.com", Security::Tls))
    }

    /// Asks a misbehaving plugin for something by name, and gives its answer.
    pub(crate) async fn ask(&self, what: &str) -> Result<String, EngineError> {
        match self.company_plugin.compose(&Files::default(), &request(what)).await? {
            Err(composing::ComposeError::Argument(answer)) => Ok(answer.detail),
            other => panic!("{what}: {other:?}"),
        }
    }

    pub(crate) fn with_account(engine: &Engine, account: Account) -> Self {
        let mails = Arc::new(MemorySubmitter::new());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&lines);
        let write = move |company: &str, level: log::Level, text: &str| {
            written.lock().unwrap().push(format!("{company}: {level:?}: {text}"));
        };
        let capabilities = Capabilities {
            accounts: Arc::new(Accounts::from([(account.name.clone(), account)])),
            submitter: mails.clone(),
            log: Arc::new(write),
            ..Capabilities::default()
        };
        Self { company_plugin: engine.company_plugin("atelier-nord", capabilities), mails, log: lines }
    }

    /// The plugin's log lines so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Composes a case.
    pub(crate) async fn compose(&self, case: &Case) -> Ready {
        let composed = draft(case).compose(&self.company_plugin).await;
        composed.unwrap_or_else(|error| panic!("{}: {error}", case.name))
    }
}

/// The case as the outbox takes it.
pub(crate) fn draft(case: &Case) -> Draft {
    let sender = types::Address { name: None, address: SENDER.to_owned() };
    let document = case.document.clone();
    let mut draft = Draft::new(case.media_type, document, sender, case.id(), case.now.clone());
    draft.use_case = Some(case.use_case.clone());
    draft.insist.push("without-document".to_owned());
    draft.language.clone_from(&case.language);
    draft.settings.clone_from(&case.settings);
    draft.overrides.to.clone_from(&case.to);
    draft.format = case.format.to_owned();
    let portal = case.portal.clone();
    draft.portal = portal.map(|(view_url, pdf_url)| Portal { view_url, pdf_url });
    for (name, media_type, role, content) in &case.files {
        draft.attach_source(name.clone(), media_type, role, AttachmentSource::from_bytes(content.clone()));
    }
    draft
}

/// The case's document.
pub(crate) fn source(case: &Case) -> documents::Source {
    documents::Source { media_type: case.media_type.to_owned(), content: case.document.clone().into() }
}

/// The message as the host streams it.
pub(crate) async fn streamed(ready: &Ready) -> Vec<u8> {
    let mut message = std::io::Cursor::new(Vec::new());
    ready.write(&mut message).await.unwrap();
    message.into_inner()
}

/// Mails that between them use everything: both forms of documents, all parts, all languages.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::of_ubl("invoice"), Case::of_ubl("quotation")];
    for (kind, use_case, language) in [
        ("invoice", "new", "fr"),
        ("invoice", "reminder-2", "de"),
        ("statement", "overdue", "nl"),
        ("purchase-order", "new", "en"),
        ("credit-note", "new", "de-AT"),
    ] {
        let name = format!("{kind}-{use_case}");
        let (use_case, language) = (use_case.to_owned(), Some(language.to_owned()));
        let mut case = Case { name, use_case, language, ..Case::of_document(kind) };
        if case.use_case.starts_with("reminder") {
            // After the due date of what is reminded of.
            case.now = "2027-01-05T09:30:00+01:00".to_owned();
        }
        cases.push(case);
    }
    let to = Some("Jörg Müller <jörg@bücher.example>; info@example.com".to_owned());
    cases.push(Case { name: "smtputf8".to_owned(), to, ..Case::of_document("quote") });
    let mut large = Case { name: "large-file".to_owned(), ..Case::of_document("invoice") };
    let content = (0..300_001_u32).map(|n| (n * 31 % 251) as u8).collect();
    large.files.push(("été 日本.bin".to_owned(), "application/octet-stream", "added", content));
    cases.push(large);
    cases
}
