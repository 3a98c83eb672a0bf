//! Many documents, one separate mail each (rules B6, F5). Every mail is made and checked, a row each; those that can be
//! sent enter the outbox a group at a time; what has entered is sent while the others are made.
//!
//! It may be stopped at any moment and started again with the same documents: what was asked for is asked for once.

mod ahead;
mod batch_name;
mod documents;
mod domains;
mod duplicates;
mod earlier;
mod group;
mod numbers;
mod preflight;
mod row;
mod sending;
mod source;

pub use batch_name::unused_batch_name;
pub use duplicates::{Duplicate, SameNumber};
pub use preflight::Quota;
pub use row::{Addressee, Attached, Note, Problem, Row, Unresolved, Verdict};
pub use sending::{BatchEnd, SendingEvent, send_batch, unless_stopped};
pub use source::Source;

use super::{AppError, BatchContent, Session, now};
use ahead::Ahead;
use chrono::{DateTime, FixedOffset};
use domains::Domains;
use earlier::Checked;
use group::Entering;
use postroom_model::{Name, Transport};
use postroom_store::{BatchId, NewMail, Order, SendOptions};
use preflight::Measure;
use source::PreparedDocument;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::OnceCell;

/// Mails that enter the outbox by one commit: few at first, since a worker waits for them.
const FIRST_GROUP: usize = 25;
const GROUP: usize = 200;
/// Bytes of files that are in memory until then.
pub(super) const MOST_HELD: u64 = 64 << 20;

/// A request to send a batch.
#[derive(Debug, Clone, Default)]
pub struct BulkRequest {
    /// What the documents are called together: the first file or folder, or the query; none: nothing in particular.
    pub called: Option<BatchSource>,
    /// What the mails have in common.
    pub content: BatchContent,
    /// Only documents whose number is like this.
    pub number: Option<String>,
    /// Only documents of partners whose name is like this.
    pub partner: Option<String>,
    /// Documents to be left out, by their numbers.
    pub leave_out: Vec<String>,
    /// Whether to ask what the sender's domain publishes: by this machine's resolver, or the one named.
    pub dns: Option<Resolution>,
    /// Send again what was sent before.
    pub again: bool,
    /// What the batch is called; none: after its documents and the time.
    pub batch: Option<Name>,
    /// Not before this time.
    pub at: Option<DateTime<FixedOffset>>,
    /// Ask for a report when a mail reaches the mailbox.
    pub notify_delivered: bool,
    /// Send although a PDF is empty, cut off, encrypted, or none.
    pub damaged_pdf: bool,
    /// Send although the recipient of a document is the company itself.
    pub to_own_company: bool,
    /// Send although different documents of the batch have the same number.
    pub same_number: bool,
}

/// The origin of a batch's documents.
#[derive(Debug, Clone)]
pub enum BatchSource {
    /// Files and folders, the first of which is this.
    Files(PathBuf),
    /// The company's records, by this query.
    Records(String),
}

/// The resolver that is asked what a domain publishes.
#[derive(Debug, Clone, Copy)]
pub enum Resolution {
    /// This machine's resolver.
    System,
    /// The resolver at this address.
    At(SocketAddr),
}

impl BulkRequest {
    /// Tells whether only some of the documents are wanted.
    fn chooses(&self) -> bool {
        self.number.is_some() || self.partner.is_some() || !self.leave_out.is_empty()
    }
}

/// A batch in the making.
#[derive(Debug)]
pub struct Bulk {
    batch: Arc<Batch>,
    source: Source,
}

/// What the mails of a batch have in common.
#[derive(Debug)]
struct Batch {
    name: Name,
    /// Once something of it has entered the outbox.
    id: OnceCell<BatchId>,
    request: BulkRequest,
    session: Session,
    measure: Measure,
    /// Why openings are not checked although the user has set so for the account.
    opens_refused: OnceLock<String>,
}

impl Bulk {
    /// Prepares a batch. Files are given, since they are looked for before a session is opened; records are asked here.
    pub async fn prepare(
        session: Session,
        request: BulkRequest,
        files: Option<Source>,
    ) -> Result<Self, AppError> {
        if session.account.transport == Transport::MailClient {
            let message =
                format!("mail of {} is sent by the user's own program, one at a time", session.account.name);
            return Err(AppError::Input(message));
        }
        let mut source = match (files, &request.called) {
            (Some(files), _) => files,
            (None, Some(BatchSource::Records(query))) => Source::records(&session, &request, query).await?,
            (None, _) => Source::records(&session, &request, "").await?,
        };
        let options = SendOptions { notify_delivered: request.notify_delivered };
        let domains = request.dns.map(|resolution| Domains::asked(&session, resolution)).transpose()?;
        let measure = Measure::of(&session, options, domains).await?;
        let name = match &request.batch {
            Some(name) => name.clone(),
            None => batch_name::of(&session, request.called.as_ref(), now()).await?,
        };
        let batch =
            Batch { name, id: OnceCell::new(), request, session, measure, opens_refused: OnceLock::new() };
        let batch = Arc::new(batch);
        duplicates::mark(&batch, &mut source).await?;
        Ok(Self { batch, source })
    }

    /// Returns the session that sends the batch.
    pub fn session(&self) -> &Session {
        &self.batch.session
    }

    /// Returns the batch's name.
    pub fn name(&self) -> &Name {
        &self.batch.name
    }

    /// Returns the batch's id, which is set once a mail of it has entered the outbox.
    pub fn id(&self) -> &OnceCell<BatchId> {
        &self.batch.id
    }

    /// Says why openings are not checked although the user has set so for the account; known once mails were made.
    pub fn opens_refused(&self) -> Option<&str> {
        self.batch.opens_refused.get().map(String::as_str)
    }

    /// Counts its documents.
    pub fn documents(&self) -> u64 {
        self.source.items.len() as u64
    }

    /// Works out what the rows mean for the account.
    pub async fn quota(&self, rows: &[Row]) -> Result<Quota, AppError> {
        preflight::quota(&self.batch.session, rows, &self.batch.measure).await
    }

    /// Makes and checks every mail, and stores nothing. `checked` is called after each document.
    pub async fn check(&self, checked: impl Fn()) -> Result<Vec<Row>, AppError> {
        let (mut rows, mut group) = (Vec::new(), Vec::with_capacity(GROUP));
        let mut ahead = Ahead::new(&self.batch, &self.source);
        let Batch { session, request, .. } = &*self.batch;
        loop {
            let next = ahead.next().await.transpose()?;
            let is_last = next.is_none();
            // A mail is made again when it is sent: what it carries is not kept until then.
            group.extend(next.flatten().map(|(row, composed)| (row, composed.map(preflight::without_files))));
            checked();
            if is_last || group.len() >= GROUP {
                earlier::compare(session, request, &mut group).await?;
                rows.extend(group.drain(..).map(|(row, _)| row));
            }
            if is_last {
                return Ok(rows);
            }
        }
    }

    /// Makes and checks every mail, and puts those that can be sent into the outbox, a group at a time: what has entered
    /// is sent while the others are made. What an earlier start put there is found again, and becomes part of this batch.
    /// `checked` is called after each document.
    pub async fn fill(&self, checked: impl Fn()) -> Result<Vec<Row>, AppError> {
        let mut rows = Vec::new();
        let (mut group, mut size, mut held) = (Vec::with_capacity(GROUP), FIRST_GROUP, 0);
        let mut ahead = Ahead::new(&self.batch, &self.source);
        // While a group enters the outbox the next one is made.
        let mut entering = Entering::default();
        while let Some(next) = ahead.next().await {
            checked();
            let Some((row, composed)) = next? else { continue };
            held += composed.as_ref().map_or(0, source::held);
            group.push((row, composed));
            if group.len() >= size || held > MOST_HELD {
                (size, held) = ((size * 2).min(GROUP), 0);
                rows.extend(entering.end().await?);
                entering.begin(&self.batch, std::mem::take(&mut group));
            }
        }
        rows.extend(entering.end().await?);
        rows.extend(self.batch.enter(group).await?);
        Ok(rows)
    }
}

impl Batch {
    /// Makes and checks one mail. What is left out by the user's own choice has no row.
    async fn checked(&self, ready: PreparedDocument) -> Result<Option<Checked>, AppError> {
        let (path, number, folder) = match ready {
            PreparedDocument::File { path, duplicate } => return self.checked_file(path, duplicate).await,
            PreparedDocument::Lost { entry, reason } => return Ok(Some((Row::lost(entry, reason), None))),
            PreparedDocument::Fetched { path, number, folder } => (path, number, folder),
        };
        let Some((mut row, mut composed)) = preflight::check(self, path).await? else { return Ok(None) };
        let taken = composed.as_mut().map_or(Ok(()), |composed| source::take_along(composed, folder.path()));
        if let Err(error) = taken {
            row.needs(Problem::UnreadableFile(error.to_string()));
            composed = None;
        }
        row.of_fetched(folder.path(), &number);
        Ok(Some((row, composed)))
    }

    async fn checked_file(
        &self,
        path: PathBuf,
        duplicate: Option<Duplicate>,
    ) -> Result<Option<Checked>, AppError> {
        if let Some(Duplicate::SameAs(first)) = &duplicate {
            // What is left out by choice has no row, as often as it is there.
            if self.request.chooses() && preflight::check(self, path.clone()).await?.is_none() {
                return Ok(None);
            }
            return Ok(Some((Row::repeated(path, first), None)));
        }
        let Some((mut row, composed)) = preflight::check(self, path).await? else { return Ok(None) };
        if let Some(Duplicate::Differs(documents)) = duplicate
            && !self.request.same_number
        {
            row.needs(Problem::SameNumber(documents));
        }
        Ok(Some((row, composed)))
    }

    /// Puts what can be sent of a group into the outbox, all by one commit, and gives its rows.
    async fn enter(&self, mut group: Vec<Checked>) -> Result<Vec<Row>, AppError> {
        earlier::compare(&self.session, &self.request, &mut group).await?;
        let (rows, composed): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let wanted =
            rows.iter().zip(composed).filter_map(|(row, composed)| composed.filter(|_| row.is_wanted()));
        self.enqueue(wanted.collect()).await?;
        Ok(rows)
    }

    async fn enqueue(&self, group: Vec<NewMail>) -> Result<(), AppError> {
        if group.is_empty() {
            return Ok(());
        }
        let Self { session, request, id, name, .. } = self;
        let batch = Some(session.batch(id, name).await?);
        let order = Order { again: request.again, send_at: request.at, batch, ..Order::default() };
        session.user_store().enqueue(&group, &order).await?;
        Ok(())
    }
}
