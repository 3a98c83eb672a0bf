//! Postroom as the sender, in a process of its own: every invoice composed by the plugin in its sandbox and submitted
//! through it, with a number of mails under way at the same time. Without outbox: nothing is kept.

use super::case;
use anyhow::{Context as _, bail, ensure};
use postroom::contract::schedule::Route;
use postroom::contract::{attachments, composing, documents, recipients, types};
use postroom::engine::{Accounts, Capabilities, CompanyPlugin, Engine, Files, Options};
use postroom::model::AllowList;
use postroom::transport::attachments::AttachmentSource;
use postroom::transport::smtp::{Account, ConnectionLimits, PoolLimits, Security, SmtpClient};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Mails under way for each connection: one being sent, one to follow it, and as many being composed.
const PER_CONNECTION: usize = 4;

/// What all mails have in common.
struct Post {
    company_plugin: CompanyPlugin,
    folder: PathBuf,
    model: String,
    settings: String,
    next: AtomicUsize,
    count: usize,
    first: OnceLock<SystemTime>,
}

/// `postroom PLUGIN FOLDER PORT CONNECTIONS COUNT STARTED`, the last in nanoseconds of the epoch.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [plugin, folder, numbers @ ..] = arguments else {
        bail!("PLUGIN FOLDER PORT CONNECTIONS COUNT STARTED")
    };
    let number = |place: usize| -> anyhow::Result<u64> {
        let text: &String = numbers.get(place).context("a number is missing")?;
        text.parse().with_context(|| format!("\"{text}\" is no number"))
    };
    let (port, connections, count) = (u16::try_from(number(0)?)?, usize::try_from(number(1)?)?, number(2)?);
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(number(3)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = PathBuf::from(folder);
    let options = Options { cache: Some(folder.join("cache")), ..Options::default() };
    let engine = Engine::load(plugin, &options)?;
    let account = Account {
        port,
        allow_private: AllowList::loopback(),
        ..Account::new("bench", "127.0.0.1", Security::None)
    };
    let pool = PoolLimits { per_account: connections, transactions: u32::MAX, ..PoolLimits::default() };
    let client =
        SmtpClient::with_limits(pool, ConnectionLimits { connections, ..ConnectionLimits::default() });
    let capabilities = Capabilities {
        accounts: Arc::new(Accounts::from([("bench".to_owned(), account)])),
        submitter: Arc::new(client.clone()),
        log: Arc::new(|_, _, text| eprintln!("plugin: {text}")),
        ..Capabilities::default()
    };
    let post = Arc::new(Post {
        company_plugin: engine.company_plugin("bench", capabilities),
        model: std::fs::read_to_string(folder.join("document.json"))?,
        folder,
        settings: case::settings().to_string(),
        next: AtomicUsize::new(0),
        count: usize::try_from(count)?,
        first: OnceLock::new(),
    });
    let begun = Instant::now();
    runtime.block_on(async {
        let under_way = (connections * PER_CONNECTION).min(post.count);
        let workers: Vec<_> = (0..under_way).map(|_| tokio::spawn(work(Arc::clone(&post)))).collect();
        for worker in workers {
            worker.await??;
        }
        anyhow::Ok(())
    })?;
    let nanoseconds = u64::try_from(begun.elapsed().as_nanos())?;
    runtime.block_on(client.close());
    let first = post.first.get().context("no mail was sent")?.duration_since(started)?;
    let report = json!({
        "made_with": "Postroom without outbox",
        "nanoseconds": nanoseconds,
        "first": u64::try_from(first.as_nanos())?,
        "peak": peak(),
    });
    println!("{report}");
    Ok(())
}

/// Peak of the resident memory in bytes, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

async fn work(post: Arc<Post>) -> anyhow::Result<()> {
    loop {
        let number = post.next.fetch_add(1, Ordering::Relaxed) + 1;
        if number > post.count {
            return Ok(());
        }
        post.send(number).await.with_context(|| format!("mail {number}"))?;
    }
}

impl Post {
    async fn send(&self, number: usize) -> anyhow::Result<()> {
        let mut files = Files::default();
        let attachments = vec![
            attach(&mut files, &case::pdf(&self.folder, number), "pdf", "application/pdf")?,
            attach(&mut files, &self.folder.join("logo.png"), "logo", "image/png")?,
        ];
        let job = self.job(number, attachments);
        let composed = self.company_plugin.compose(&files, &job).await?;
        let message = composed.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let (mail, to) = (&message.mail, &message.mail.envelope.recipients);
        let route = Route { account_name: "bench".to_owned(), transport: "smtp".to_owned() };
        let submitted = self.company_plugin.submit(&files, mail, to, "", &route, case::NOW).await?;
        ensure!(submitted.settlement.outcome == "accepted", "not accepted: {:?}", submitted.error);
        self.first.get_or_init(SystemTime::now);
        Ok(())
    }

    fn job(&self, number: usize, attachments: Vec<attachments::Attachment>) -> composing::Job {
        composing::Job {
            id: format!("bench-{number:04}"),
            now: case::NOW.to_owned(),
            document: documents::Source {
                media_type: "application/json".to_owned(),
                content: case::document(&self.model, number).into_bytes().into(),
            },
            use_case: "new".to_owned(),
            language: Some(case::LANGUAGE.to_owned()),
            settings: self.settings.clone(),
            sender: address(case::SENDER.0, case::SENDER.1.to_owned()),
            recipients: vec![recipients::Entry {
                field: recipients::Field::To,
                address: address(case::RECIPIENT, case::recipient(number)),
                reason: types::Reason { code: "user".to_owned(), detail: String::new() },
            }],
            attachments,
            options: json!({ "portal": { "view_url": case::VIEW_URL, "pdf_url": case::PDF_URL } })
                .to_string(),
        }
    }
}

fn address(name: &str, address: String) -> types::Address {
    types::Address { name: Some(name.to_owned()), address }
}

fn attach(
    files: &mut Files,
    path: &Path,
    role: &str,
    media_type: &str,
) -> anyhow::Result<attachments::Attachment> {
    let source = AttachmentSource::from_file(path)?;
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or(role).to_owned();
    let size = u32::try_from(source.size())?;
    let (role, media_type) = (role.to_owned(), media_type.to_owned());
    Ok(attachments::Attachment { handle: files.add(source), file_name, media_type, size, role })
}
