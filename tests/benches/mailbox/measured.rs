//! What is measured of Postroom, in a process of its own: a synchronisation, with the first page that a person sees meanwhile; and
//! questions to the index.

use super::case::{self, PARTNERS};
use anyhow::{Context as _, bail, ensure};
use postroom::app::{
    Connections, Engine, FolderProgress, MailboxAccess, MailboxFollower, Options, StorePlaces, SyncObserver,
    one_company, one_user,
};
use postroom::model::MailAddress;
use postroom::store::{ConversationFilter, Location, SearchFilter};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

/// Conversations of a page.
const PAGE: u32 = 50;
/// Questions of each kind.
const QUESTIONS: usize = 100;

/// Does a part, and prints what it found.
pub(crate) fn run(part: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let found = runtime.block_on(async {
        let location: Location =
            std::env::var("POSTROOM_STORE").context("POSTROOM_STORE is not set")?.parse()?;
        let opened = StorePlaces { location, key: None, operator: None }.open().await?;
        let connections = opened.connections;
        let found = match part {
            "load" => engine().map(|_| json!({})),
            "contacts" => contacts(&connections).await,
            "sync" => synchronise(&connections).await,
            "questions" => questions(&connections).await,
            _ => bail!("no such part: {part}"),
        };
        connections.close().await;
        found
    })?;
    println!("{found}");
    Ok(())
}

fn engine() -> anyhow::Result<Engine> {
    let plugin = PathBuf::from(std::env::var_os("POSTROOM_PLUGIN").context("POSTROOM_PLUGIN is not set")?);
    // Beside the homes, so that it is compiled once.
    let cache = std::env::current_dir()?.with_file_name("cache");
    Ok(Engine::load(&plugin, &Options { cache: Some(cache), ..Options::default() })?)
}

async fn access(connections: &Connections) -> anyhow::Result<MailboxAccess> {
    let company = one_company(connections, None).await?;
    let user = one_user(connections, &company, None).await?;
    Ok(MailboxAccess::new(connections.clone(), company, user))
}

/// Adds the addresses of all partners.
async fn contacts(connections: &Connections) -> anyhow::Result<Value> {
    let access = access(connections).await?;
    for partner in 0..PARTNERS {
        for person in 0..2 {
            let address: MailAddress = case::contact(partner, person).parse()?;
            access.change_contact(&case::partner(partner), &address, true).await?;
        }
    }
    Ok(json!({}))
}

/// Tells when each folder was brought up to date, and how much was indexed by then.
struct Timed {
    begun: Instant,
    to: Sender<(String, Instant)>,
    indexed: u64,
    /// When everything that came was in the index.
    last: Option<Instant>,
}

impl SyncObserver for Timed {
    fn folder(&mut self, progress: FolderProgress<'_>) {
        if progress.result.indexed > 0 {
            self.indexed += progress.result.indexed;
            self.last = Some(Instant::now());
        }
        // Nobody may be waiting for it any more.
        let _ = self.to.send((progress.folder.to_owned(), Instant::now()));
    }
}

/// Synchronises the mailbox until its history is indexed. Meanwhile a person lists its conversations, as soon as both folders have
/// their newest messages.
async fn synchronise(connections: &Connections) -> anyhow::Result<Value> {
    let engine = engine()?;
    let access = access(connections).await?;
    let follower = MailboxFollower::new(connections.clone(), engine);
    let of = follower.mailboxes(None).await?.into_iter().next().context("there is no mailbox")?;
    let (to, folders) = channel();
    let begun = Instant::now();
    let first_page = tokio::task::spawn_blocking(move || {
        let mut wanted = vec!["INBOX", "Sent"];
        while !wanted.is_empty() {
            let (folder, _) = folders.recv().ok()?;
            wanted.retain(|name| *name != folder);
        }
        Some(())
    });
    let first_page = tokio::spawn(async move {
        first_page.await?;
        let page = access.conversations(&filter(None)).await?;
        anyhow::Ok((begun.elapsed(), page.len()))
    });
    let mut observer = Timed { begun, to, indexed: 0, last: None };
    let result =
        follower.synchronise(of, &mut observer).await?.context("another program follows the mailbox")?;
    let took = begun.elapsed();
    let until_indexed = observer.last.map(|last| last - observer.begun);
    let indexed = observer.indexed;
    drop(observer);
    let (first_page, conversations) = first_page.await??;
    Ok(json!({
        "milliseconds": took.as_secs_f64() * 1e3,
        "until_indexed_ms": until_indexed.map(|time| time.as_secs_f64() * 1e3),
        "first_page_ms": first_page.as_secs_f64() * 1e3,
        "first_page": conversations,
        "indexed": indexed,
        "read": result.incoming.read,
        "peak": peak(),
    }))
}

fn filter(partner: Option<String>) -> ConversationFilter {
    ConversationFilter { partner, limit: PAGE, ..ConversationFilter::default() }
}

/// Asks for pages of partners, and for words.
async fn questions(connections: &Connections) -> anyhow::Result<Value> {
    let access = access(connections).await?;
    let (mut pages, mut shortest) = (Vec::new(), usize::MAX);
    for question in 0..QUESTIONS {
        let begun = Instant::now();
        let page = access.conversations(&filter(Some(case::partner(question * 3)))).await?;
        pages.push(begun.elapsed().as_secs_f64() * 1e3);
        shortest = shortest.min(page.len());
    }
    ensure!(shortest > 0, "a partner has no conversation");
    let (mut searches, mut hits) = (Vec::new(), 0);
    for question in 0..QUESTIONS {
        // A number, a name, a frequent word, the beginning of one, and two words.
        let text = match question % 5 {
            0 => format!("{}", 2_000_000 + question * 497),
            1 => format!("partner{:03}", question * 3),
            2 => "invoice".to_owned(),
            3 => format!("F-20{question:02}"),
            _ => format!("order partner{:03}", question * 3 % PARTNERS),
        };
        let filter = SearchFilter { text, limit: PAGE, ..SearchFilter::default() };
        let begun = Instant::now();
        let found = access.search(&filter).await?;
        searches.push(begun.elapsed().as_secs_f64() * 1e3);
        hits += found.len();
    }
    ensure!(hits > QUESTIONS, "too little is found: {hits}");
    let conversations = all_conversations(&access).await?;
    let (page, page_95) = of(pages);
    let (search, search_95) = of(searches);
    Ok(json!({
        "partner_page_ms": page,
        "partner_page_p95_ms": page_95,
        "search_ms": search,
        "search_p95_ms": search_95,
        "conversations": conversations,
    }))
}

/// Counts the conversations page by page.
async fn all_conversations(access: &MailboxAccess) -> anyhow::Result<usize> {
    let (mut all, mut after) = (0, None);
    loop {
        let filter = ConversationFilter { after, limit: 500, ..ConversationFilter::default() };
        let page = access.conversations(&filter).await?;
        all += page.len();
        match page.last() {
            Some(last) => after = Some((last.latest, last.id)),
            None => return Ok(all),
        }
    }
}

/// Median and 95th percentile.
fn of(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

/// Peak of the resident memory in bytes, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
