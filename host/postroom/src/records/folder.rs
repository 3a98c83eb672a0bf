//! The records in a folder of documents, for companies without an ERP: `.json` and UBL (`.xml`), with PDF and UBL files of the
//! same name beside them. What would be told to an ERP stays in the store, and is read there.

use super::beside::{beside, stem};
use super::error::RecordsError;
use super::{Contact, Document, Entry, FileRole, LARGEST_FILE, Partner, Records};
use postroom_store::Notice;
use postroom_transport::BoxFuture;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// A document of the folder, as far as it can be told without the plugin: of UBL, the name of its file.
struct Found {
    path: PathBuf,
    entry: Entry,
    parties: Vec<Party>,
}

#[derive(Deserialize)]
struct Written {
    number: String,
    kind: Option<String>,
    #[serde(default)]
    seller: Option<Party>,
    #[serde(default)]
    buyer: Option<Party>,
}

#[derive(Deserialize)]
struct Party {
    name: String,
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    contacts: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

impl Folder {
    /// Opens a folder of documents.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn all(&self) -> Result<Vec<Found>, RecordsError> {
        documents_in(&self.path)
            .map_err(|e| failed(&self.path, &e))
            .map(|paths| paths.into_iter().filter(|path| !is_link(path)).map(found).collect())
    }

    /// The document of an entry: of two with one number the one of its kind.
    fn find(&self, of: &Entry) -> Result<Found, RecordsError> {
        let is_it = |it: &Found| {
            it.entry.number == of.number
                && (of.kind.is_none() || it.entry.kind.is_none() || it.entry.kind == of.kind)
        };
        let missing = || RecordsError::Missing(format!("document {} in {}", of.number, self.path.display()));
        self.all()?.into_iter().find(is_it).ok_or_else(missing)
    }

    fn read(&self, of: &Entry) -> Result<Document, RecordsError> {
        let path = self.find(of)?.path;
        let (mut file, size) = open(&path).map_err(|e| failed(&path, &e))?;
        if size > postroom_model::DOCUMENT_LIMIT {
            let detail =
                format!("it has {size} bytes; a document has at most {}", postroom_model::DOCUMENT_LIMIT);
            return Err(RecordsError::File { path: path.display().to_string(), detail });
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|e| failed(&path, &e))?;
        let is_json = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
        Ok(Document { media_type: if is_json { "application/json" } else { "application/xml" }, content })
    }

    fn copy(&self, of: &Entry, role: FileRole, to: &Path) -> Result<bool, RecordsError> {
        let document = self.find(of)?.path;
        let file = beside(&document, role.ending()).unwrap_or_default();
        if file == document || !file.is_file() || is_link(&file) {
            return Ok(false);
        }
        let (mut from, size) = open(&file).map_err(|e| failed(&file, &e))?;
        if size > LARGEST_FILE {
            return Err(RecordsError::TooLarge(file.display().to_string()));
        }
        let mut to = File::create_new(to).map_err(|e| failed(to, &e))?;
        std::io::copy(&mut from, &mut to).map_err(|e| failed(&file, &e))?;
        Ok(true)
    }
}

/// Lists the documents of a folder, in the order of their names. A UBL file beside a JSON document of the same name belongs to
/// that document.
///
/// # Errors
/// What the system says.
pub fn documents_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let is = |path: &Path, ending: &str| path.extension().is_some_and(|it| it.eq_ignore_ascii_case(ending));
    let json: BTreeSet<String> =
        paths.iter().filter(|path| is(path, "json")).map(|path| stem(path)).collect();
    let is_document = |path: &PathBuf| is(path, "json") || (is(path, "xml") && !json.contains(&stem(path)));
    let mut found: Vec<_> = paths.into_iter().filter(|path| is_document(path) && path.is_file()).collect();
    found.sort();
    Ok(found)
}

/// Tells whether a text is like a pattern in which `*` stands for anything; letters are compared without regard to case.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|facts| facts.is_symlink())
}

/// Opens a file of the folder, and says how large it is. A link may lead out of the folder, to what is none of the company's: it
/// is refused, also where one takes the place of the file meanwhile.
fn open(path: &Path) -> std::io::Result<(File, u64)> {
    let refused = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is a link, or no file");
    let named = path.symlink_metadata()?;
    if !named.is_file() {
        return Err(refused());
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            return Err(refused());
        }
    }
    Ok((file, opened.len()))
}

fn failed(path: &Path, error: &std::io::Error) -> RecordsError {
    RecordsError::File { path: path.display().to_string(), detail: error.to_string() }
}

/// The bytes of a document that can be one.
fn small(path: &Path) -> Option<Vec<u8>> {
    let (mut file, size) = open(path).ok()?;
    let mut text = Vec::new();
    (size <= postroom_model::DOCUMENT_LIMIT).then(|| file.read_to_end(&mut text).ok()).flatten()?;
    Some(text)
}

fn found(path: PathBuf) -> Found {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is_json = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
    let text = if is_json { small(&path) } else { None };
    // What can't be read is a document all the same: what is wrong is reported when a mail is made of it.
    let written = text.and_then(|text| serde_json::from_slice::<Written>(&text).ok());
    let (number, kind, parties) = match written {
        Some(it) => (it.number, it.kind, [it.buyer, it.seller].into_iter().flatten().collect()),
        None => (stem, None, Vec::new()),
    };
    Found { path, entry: Entry { number, kind, files: None }, parties }
}

impl Records for Folder {
    fn probe(&self) -> BoxFuture<'_, Result<String, RecordsError>> {
        Box::pin(async {
            let count = self.all()?.len();
            Ok(format!("{} can be read: {count} documents", self.path.display()))
        })
    }

    fn partners<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Partner>, RecordsError>> {
        Box::pin(async move {
            let mut partners: Vec<Partner> = Vec::new();
            for party in self.all()?.into_iter().flat_map(|it| it.parties) {
                if !query.is_empty() && !is_like(&party.name, query) {
                    continue;
                }
                let contacts = party
                    .contacts
                    .into_iter()
                    .filter_map(|it| Some(Contact { name: it.name, email: it.email?, roles: it.roles }));
                let id = party.identifier.unwrap_or_else(|| party.name.clone());
                let place = partners.iter().position(|it| it.id == id).unwrap_or_else(|| {
                    partners.push(Partner { id, name: party.name, contacts: Vec::new() });
                    partners.len() - 1
                });
                if let Some(known) = partners.get_mut(place) {
                    for contact in contacts {
                        if !known.contacts.iter().any(|it| it.email == contact.email) {
                            known.contacts.push(contact);
                        }
                    }
                }
            }
            Ok(partners)
        })
    }

    fn documents<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, RecordsError>> {
        Box::pin(async move {
            let is_meant = |it: &Found| {
                query.is_empty()
                    || is_like(&it.entry.number, query)
                    || it.parties.iter().any(|party| is_like(&party.name, query))
            };
            Ok(self.all()?.into_iter().filter(is_meant).map(|it| it.entry).collect())
        })
    }

    fn document<'a>(&'a self, of: &'a Entry) -> BoxFuture<'a, Result<Document, RecordsError>> {
        Box::pin(async move { self.read(of) })
    }

    fn file<'a>(
        &'a self,
        of: &'a Entry,
        role: FileRole,
        to: &'a Path,
    ) -> BoxFuture<'a, Result<bool, RecordsError>> {
        Box::pin(async move { self.copy(of, role, to) })
    }

    /// Does nothing: the status is in the store, where companies without an ERP read it.
    fn notify<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), RecordsError>> {
        Box::pin(async { Ok(()) })
    }
}
