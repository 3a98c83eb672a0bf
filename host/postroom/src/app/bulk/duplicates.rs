//! Documents that a batch has twice: the same file again, or two that differ under one number (an order that was corrected and
//! exported again). Known before anything leaves, since the first of them would have left when the second is read.

use super::preflight::{is_left_out, summary};
use super::source::{Item, Source};
use super::{Batch, numbers};
use crate::app::AppError;
use postroom_store::NUMBERED_BY_PARTNER;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A relation of a document to another of its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duplicate {
    /// It is the same as this one, which comes before it.
    SameAs(String),
    /// It is one of several that differ and have one number.
    Differs(Arc<SameNumber>),
}

/// Documents that differ and have one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameNumber {
    /// The number.
    pub number: String,
    /// All of them.
    pub files: Vec<String>,
}

/// What a number names.
type Key = (String, String, Option<String>);

/// SHA-256 of a file's content.
type ContentDigest = [u8; 32];

/// A document that was looked at: its place, and see [`numbers::at_a_glance`].
type Glanced = (usize, Option<String>);

/// Finds the duplicates among the files of a batch, and marks them. Records name each document once.
pub(super) async fn mark(batch: &Arc<Batch>, source: &mut Source) -> Result<(), AppError> {
    let files: Vec<PathBuf> = source.items.iter().filter_map(|it| it.file().map(Path::to_owned)).collect();
    let (alone, doubtful) = apart(glances(&files).await?);
    let (distinct, same) = distinct(&files, doubtful).await?;
    let numbers = numbers(batch, &files, alone, distinct).await?;
    let name = |place: usize| files.get(place).map(|file| file.display().to_string()).unwrap_or_default();
    let mut duplicates: BTreeMap<usize, Duplicate> =
        same.into_iter().map(|(place, before)| (place, Duplicate::SameAs(name(before)))).collect();
    for ((_, number, _), mut places) in numbers.into_iter().filter(|(_, places)| places.len() > 1) {
        places.sort_unstable();
        let files = places.iter().map(|place| name(*place)).collect();
        let same_number = Arc::new(SameNumber { number, files });
        let differs = |place| (place, Duplicate::Differs(Arc::clone(&same_number)));
        duplicates.extend(places.into_iter().map(differs));
    }
    let mut place = 0;
    for item in &mut source.items {
        if let Item::File { duplicate, .. } = item {
            *duplicate = duplicates.remove(&place);
            place += 1;
        }
    }
    Ok(())
}

/// Documents that are alone with their number at a first glance, and the others: the same file has the same number.
fn apart(glanced: Vec<Glanced>) -> (Vec<Glanced>, Vec<usize>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for number in glanced.iter().filter_map(|(_, number)| number.as_ref()) {
        *counts.entry(number.clone()).or_default() += 1;
    }
    let is_alone = |(_, number): &Glanced| {
        number.as_ref().is_some_and(|it| counts.get(it).is_some_and(|count| *count == 1))
    };
    let (alone, doubtful): (Vec<_>, Vec<_>) = glanced.into_iter().partition(is_alone);
    (alone, doubtful.into_iter().map(|(place, _)| place).collect())
}

/// The first of each that are the same file, and for each other one which it is the same as.
async fn distinct(
    files: &[PathBuf],
    places: Vec<usize>,
) -> Result<(Vec<usize>, BTreeMap<usize, usize>), AppError> {
    let (mut first, mut same) = (BTreeMap::<ContentDigest, usize>::new(), BTreeMap::new());
    let mut distinct = Vec::with_capacity(places.len());
    for place in places {
        let Some(file) = files.get(place).cloned() else { continue };
        let read = move || Some(<ContentDigest>::from(Sha256::digest(content(&file)?)));
        let digest =
            tokio::task::spawn_blocking(read).await.map_err(|e| AppError::Internal(e.to_string()))?;
        match digest.map(|digest| (first.get(&digest).copied(), digest)) {
            Some((Some(before), _)) => {
                same.insert(place, before);
            }
            Some((None, digest)) => {
                first.insert(digest, place);
                distinct.push(place);
            }
            None => {}
        }
    }
    Ok((distinct, same))
}

/// What the documents at these places are called, of all that may share it with another. The plugin reads those whose number
/// comes twice at a first glance, or is not seen then; and those that turn out to share theirs with one of these.
async fn numbers(
    batch: &Arc<Batch>,
    files: &[PathBuf],
    alone: Vec<Glanced>,
    distinct: Vec<usize>,
) -> Result<BTreeMap<Key, Vec<usize>>, AppError> {
    let mut known = read(batch, files, distinct).await?;
    let found: BTreeSet<&str> = known.iter().map(|(_, (_, number, _))| number.as_str()).collect();
    let shared =
        alone.into_iter().filter(|(_, number)| number.as_deref().is_some_and(|it| found.contains(it)));
    let shared = shared.map(|(place, _)| place).collect();
    known.extend(read(batch, files, shared).await?);
    let mut numbers: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (place, key) in known {
        numbers.entry(key).or_default().push(place);
    }
    Ok(numbers)
}

/// A glance at each file, in their order. One that can't be read, or is larger than a document may be, is left out: that is told
/// of when its mail is made.
async fn glances(files: &[PathBuf]) -> Result<Vec<Glanced>, AppError> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let named: Vec<(usize, PathBuf)> = files.iter().cloned().enumerate().collect();
    let parts = named.chunks(named.len().div_ceil(at_once).max(1)).map(<[_]>::to_vec);
    let looking: Vec<_> = parts.map(|part| tokio::task::spawn_blocking(move || glance(&part))).collect();
    let mut all = Vec::with_capacity(files.len());
    for part in looking {
        all.extend(part.await.map_err(|e| AppError::Internal(e.to_string()))?);
    }
    Ok(all)
}

fn glance(files: &[(usize, PathBuf)]) -> Vec<Glanced> {
    let glance =
        |(place, file): &(usize, PathBuf)| Some((*place, numbers::at_a_glance(file, &content(file)?)));
    files.iter().filter_map(glance).collect()
}

/// A file's content, if it may be a document.
fn content(file: &Path) -> Option<Vec<u8>> {
    let size = std::fs::metadata(file).ok()?.len();
    if size <= postroom_model::DOCUMENT_LIMIT { std::fs::read(file).ok() } else { None }
}

/// What the plugin calls the documents at these places, a few at a time; one that is none is left out.
async fn read(
    batch: &Arc<Batch>,
    files: &[PathBuf],
    places: Vec<usize>,
) -> Result<Vec<(usize, Key)>, AppError> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut under_way, mut found) = (VecDeque::new(), Vec::with_capacity(places.len()));
    let mut places = places.into_iter();
    loop {
        while under_way.len() < at_once
            && let Some(place) = places.next()
            && let Some(file) = files.get(place).cloned()
        {
            let batch = Arc::clone(batch);
            under_way.push_back(tokio::spawn(async move { Ok((place, key(&batch, &file).await?)) }));
        }
        let Some(read) = under_way.pop_front() else { return Ok(found) };
        let read: Result<(usize, Option<Key>), AppError> =
            read.await.map_err(|e| AppError::Internal(e.to_string()))?;
        if let (place, Some(key)) = read? {
            found.push((place, key));
        }
    }
}

async fn key(batch: &Batch, file: &Path) -> Result<Option<Key>, AppError> {
    // Whatever is wrong with it is said when its mail is made.
    let Some(of) = summary(&batch.session, file).await else { return Ok(None) };
    if is_left_out(&batch.request, &of) {
        return Ok(None);
    }
    let partner = NUMBERED_BY_PARTNER.contains(&of.kind.as_str()).then(|| {
        let partner = format!("{}\n{}", of.seller, of.buyer);
        partner.to_lowercase()
    });
    Ok(Some((of.kind, of.number.trim().to_owned(), partner)))
}
