//! The records in an ERP: signed requests by the interface of `docs/records.md`, to the place that the company named and to
//! no other. Everything that comes back is bounded; no redirect is followed.

use super::error::RecordsError;
use super::signature::{self, RecordsKey};
use super::wire::{self, Documents, Partners};
use super::{Contact, Document, Entry, FileRole, LARGEST_FILE, Partner, Records};
use postroom_model::RecordsPlace;
use postroom_store::Notice;
use postroom_transport::BoxFuture;
use postroom_transport::budget::{HeapSize, OverBudget, SERVERS};
use postroom_transport::http_api::{
    Account, Header, HostResponse, Piece, Request, SaveBody, Timeouts, WebClient, WebError,
};
use postroom_transport::smtp::Verdict;
use postroom_transport::tokens::TokenSource;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Bytes of a page of a list.
const PAGE: usize = 4 << 20;
/// Pages of a list, and entries of all of them.
const MOST_PAGES: usize = 2_000;
const MOST_ENTRIES: usize = 200_000;
/// Memory of them.
const MOST_MEMORY: usize = 64 << 20;
/// Characters of a name, a number or a cursor.
const LONGEST: usize = 500;
/// Characters of an ERP's words that are quoted.
const WORDS: usize = 300;

/// An ERP.
#[derive(Debug)]
pub struct Erp {
    web: WebClient,
    account: Account,
    key: RecordsKey,
}

impl Erp {
    /// Opens the ERP at a place, or none where the place is no ERP.
    pub fn new(web: WebClient, place: &RecordsPlace, key: RecordsKey) -> Result<Option<Self>, RecordsError> {
        let RecordsPlace::Erp { url, allow_private, trusted_ca, timeout } = place else { return Ok(None) };
        let base: Url =
            url.as_str().parse().map_err(|e| RecordsError::Setup(format!("the records' URL {url}: {e}")))?;
        let seconds = timeout.map_or(RecordsPlace::TIMEOUT, |it| it.get().min(RecordsPlace::LONGEST_TIMEOUT));
        let account = Account {
            allow_private: allow_private.clone(),
            trusted_ca: trusted_ca.clone(),
            timeouts: Timeouts::all(Duration::from_secs(u64::from(seconds))),
            // Requests are signed, none carries a token.
            ..Account::new("records", base, TokenSource::constant(""))
        };
        Ok(Some(Self { web, account, key }))
    }

    async fn get(
        &self,
        target: String,
        accept: &str,
        keep: SaveBody<'_>,
    ) -> Result<HostResponse, RecordsError> {
        let sign = |method: &str, url: &Url| signature::question_fields(&self.key, method, url);
        let request = request("GET", target, "accept", accept);
        self.web.send_signed(&self.account, request, &sign, keep).await.map_err(of_web)
    }

    /// A list, page by page.
    async fn list<P: DeserializeOwned, T: HeapSize>(
        &self,
        what: &str,
        query: &str,
        limit: Option<usize>,
        entries: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, RecordsError> {
        let mut all = Vec::new();
        let mut memory = SERVERS.reservation(MOST_MEMORY);
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let target = list_target(what, query, limit, cursor.as_deref());
            let answer = succeeded(self.get(target, "application/json", SaveBody::Memory(PAGE)).await?)?;
            if answer.truncated {
                return Err(RecordsError::Unusable(format!(
                    "a page of {what} has more than {PAGE} bytes, or broke off: give fewer at a time, and \"next\""
                )));
            }
            let page = serde_json::from_slice(&answer.body)
                .map_err(|e| RecordsError::Unusable(format!("a page of {what}: {e}")))?;
            let (found, next) = entries(page);
            found.iter().try_for_each(|one| memory.hold(one)).map_err(|over| over_budget(what, over))?;
            all.extend(found);
            if all.len() > MOST_ENTRIES {
                return Err(RecordsError::Unusable(format!(
                    "more than {MOST_ENTRIES} {what}: ask for fewer"
                )));
            }
            match next.filter(|next| !next.is_empty()) {
                Some(next) if next.chars().count() > LONGEST => {
                    return Err(RecordsError::Unusable(format!(
                        "\"next\" of {what} has more than {LONGEST} characters"
                    )));
                }
                Some(next) if limit.is_none() && cursor.as_ref() != Some(&next) => cursor = Some(next),
                Some(_) if limit.is_none() => {
                    return Err(RecordsError::Unusable(format!("\"next\" of {what} leads to the same page")));
                }
                _ => return Ok(all),
            }
        }
        Err(RecordsError::Unusable(format!("more than {MOST_PAGES} pages of {what}: give more at a time")))
    }

    async fn entries(&self, query: &str, limit: Option<usize>) -> Result<Vec<Entry>, RecordsError> {
        let page = |page: Documents| (page.documents, page.next);
        let found = self.list("documents", query, limit, page).await?;
        match found.iter().find(|it| it.number.trim().is_empty() || it.number.chars().count() > LONGEST) {
            Some(_) => {
                let detail = format!("a document's number is empty or has more than {LONGEST} characters");
                Err(RecordsError::Unusable(detail))
            }
            None => Ok(found),
        }
    }

    async fn read(&self, of: &Entry) -> Result<Document, RecordsError> {
        let most = usize::try_from(postroom_model::DOCUMENT_LIMIT).unwrap_or(usize::MAX);
        let accept = "application/json, application/xml";
        let answer = self.get(target_of(of, None)?, accept, SaveBody::Memory(most)).await?;
        let what = || format!("document {}", shown(&of.number));
        if answer.status == 404 {
            return Err(RecordsError::Missing(what()));
        }
        let answer = succeeded(answer)?;
        if answer.truncated {
            let limit = postroom_model::DOCUMENT_LIMIT;
            return Err(RecordsError::Unusable(format!(
                "{} has more than {limit} bytes, or broke off",
                what()
            )));
        }
        let media_type = answer.content_type.as_deref().unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let media_type = match essence.as_str() {
            "application/json" => "application/json",
            "application/xml" | "text/xml" => "application/xml",
            other => {
                return Err(RecordsError::Unusable(format!(
                    "{} is \"{}\": expected application/json, or application/xml for UBL",
                    what(),
                    shown(other)
                )));
            }
        };
        Ok(Document { media_type, content: answer.body })
    }

    async fn fetch(&self, of: &Entry, role: FileRole, to: &Path) -> Result<bool, RecordsError> {
        if !of.may_have(role) {
            return Ok(false);
        }
        let target = target_of(of, Some(role))?;
        let failed =
            |e: std::io::Error| RecordsError::File { path: to.display().to_string(), detail: e.to_string() };
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = options.open(to).await.map_err(failed)?;
        let answered = match self.get(target, "*/*", SaveBody::File(&mut file, LARGEST_FILE)).await {
            Ok(answer) if matches!(answer.status, 204 | 404) => Ok(false),
            Ok(answer) => succeeded(answer).and_then(|answer| {
                let what = format!("the {} of {}", role.as_str(), shown(&of.number));
                match answer.truncated {
                    true if answer.written > LARGEST_FILE || answer.written == 0 => {
                        Err(RecordsError::TooLarge(what))
                    }
                    true => Err(RecordsError::Unavailable {
                        detail: format!("{what} broke off after {} bytes", answer.written),
                        retry_after: None,
                    }),
                    false => Ok(true),
                }
            }),
            Err(error) => Err(error),
        };
        drop(file);
        if !matches!(answered, Ok(true)) {
            tokio::fs::remove_file(to).await.map_err(failed)?;
        }
        answered
    }

    async fn post(&self, notice: &Notice) -> Result<(), RecordsError> {
        // Without its id in a header field the notice could not be verified, and would be refused at each attempt.
        if notice.id.is_empty() || !notice.id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = format!("a notice's id is printable ASCII: \"{}\" is not", shown(&notice.id));
            return Err(RecordsError::Unusable(detail));
        }
        let text = wire::notice(notice).map_err(|e| RecordsError::Unusable(e.to_string()))?;
        let body = text.clone();
        let sign = |_: &str, _: &Url| signature::notice_fields(&self.key, &notice.id, &body);
        let mut asked = request("POST", "/notices".to_owned(), "content-type", "application/json");
        asked.body.push(Piece::Text(text));
        let save = SaveBody::Memory(WORDS * 4);
        let answer = self.web.send_signed(&self.account, asked, &sign, save).await.map_err(of_web)?;
        match answer.status {
            // It has this id already.
            409 => Ok(()),
            status @ (410 | 422) => Err(RecordsError::Refused { status, words: words(&answer.body) }),
            _ => succeeded(answer).map(|_| ()),
        }
    }
}

fn request(method: &str, target: String, field: &str, value: &str) -> Request {
    Request {
        method: method.to_owned(),
        target,
        headers: vec![Header { name: field.to_owned(), value: value.to_owned() }],
        body: Vec::new(),
        range: None,
        authorize: false,
        limit: 0,
    }
}

fn list_target(what: &str, query: &str, limit: Option<usize>, cursor: Option<&str>) -> String {
    let path = format!("/{what}?");
    let start = path.len();
    let mut parameters = url::form_urlencoded::Serializer::for_suffix(path, start);
    parameters.append_pair("query", query);
    if let Some(limit) = limit {
        parameters.append_pair("limit", &limit.to_string());
    }
    if let Some(cursor) = cursor {
        parameters.append_pair("cursor", cursor);
    }
    parameters.finish()
}

/// Path of a document or one of its files. A number is one segment, whatever is in it.
fn target_of(of: &Entry, role: Option<FileRole>) -> Result<String, RecordsError> {
    // Nothing that is put in their place keeps these from being read as a step.
    if matches!(of.number.as_str(), "" | "." | "..") {
        return Err(RecordsError::Unusable(format!("\"{}\" is no number of a document", of.number)));
    }
    let segment: String = of
        .number
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let file = role.map(|role| format!("/files/{}", role.as_str())).unwrap_or_default();
    let kind = of.kind.as_ref().map(|kind| {
        let mut parameters = url::form_urlencoded::Serializer::new(String::new());
        format!("?{}", parameters.append_pair("kind", kind).finish())
    });
    Ok(format!("/documents/{segment}{file}{}", kind.unwrap_or_default()))
}

/// A success, or what its status says.
fn succeeded(answer: HostResponse) -> Result<HostResponse, RecordsError> {
    let (status, words, retry_after) = (answer.status, words(&answer.body), answer.retry_after);
    match status {
        200..=299 => Ok(answer),
        300..=399 => {
            Err(RecordsError::Denied { status, words: "a redirect, which is not followed".to_owned() })
        }
        429 | 502..=504 => {
            Err(RecordsError::Unavailable { detail: format!("HTTP {status} \"{words}\""), retry_after })
        }
        500..=599 => Err(RecordsError::Failed { status, words, retry_after }),
        _ => Err(RecordsError::Denied { status, words }),
    }
}

fn over_budget(what: &str, over: OverBudget) -> RecordsError {
    match over {
        OverBudget::Response(most) => RecordsError::Unusable(format!(
            "the list of {what} takes more than {} MiB: ask for fewer",
            most >> 20
        )),
        OverBudget::Process(_) => RecordsError::Unavailable { detail: over.to_string(), retry_after: None },
    }
}

impl HeapSize for Entry {
    fn heap_size(&self) -> usize {
        let files = self.files.as_ref().map_or(0, |files| files.capacity() * size_of::<FileRole>());
        self.number.heap_size() + self.kind.heap_size() + files
    }
}

impl HeapSize for Partner {
    fn heap_size(&self) -> usize {
        self.id.heap_size() + self.name.heap_size() + self.contacts.heap_size()
    }
}

impl HeapSize for Contact {
    fn heap_size(&self) -> usize {
        self.name.heap_size() + self.email.heap_size() + self.roles.heap_size()
    }
}

fn of_web(error: WebError) -> RecordsError {
    match error {
        WebError::Failed(failure) if failure.verdict != Verdict::Permanent => {
            RecordsError::Unavailable { detail: failure.detail, retry_after: failure.retry_after }
        }
        WebError::Failed(failure) => {
            RecordsError::Setup(format!("the records can't be reached: {}", failure.detail))
        }
        other => RecordsError::Setup(format!("the records can't be asked: {other}")),
    }
}

/// An ERP's words, as they may be shown.
fn words(body: &[u8]) -> String {
    shown(String::from_utf8_lossy(body).trim())
}

fn shown(text: &str) -> String {
    text.chars().take(WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Records for Erp {
    fn probe(&self) -> BoxFuture<'_, Result<String, RecordsError>> {
        Box::pin(async {
            let found = self.entries("", Some(1)).await?;
            let found = found
                .first()
                .map_or_else(|| "no document yet".to_owned(), |it| format!("document {}", shown(&it.number)));
            Ok(format!("{} answers, and knows our key: {found}", self.account.base))
        })
    }

    fn partners<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Partner>, RecordsError>> {
        Box::pin(self.list("partners", query, None, |page: Partners| (page.partners, page.next)))
    }

    fn documents<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, RecordsError>> {
        Box::pin(self.entries(query, None))
    }

    fn document<'a>(&'a self, of: &'a Entry) -> BoxFuture<'a, Result<Document, RecordsError>> {
        Box::pin(self.read(of))
    }

    fn file<'a>(
        &'a self,
        of: &'a Entry,
        role: FileRole,
        to: &'a Path,
    ) -> BoxFuture<'a, Result<bool, RecordsError>> {
        Box::pin(self.fetch(of, role, to))
    }

    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), RecordsError>> {
        Box::pin(self.post(notice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_one_segment_whatever_is_in_it(number in any::<String>(), kind in any::<Option<String>>()) {
            let of = Entry { number: number.clone(), kind: kind.clone(), files: None };
            let Ok(target) = target_of(&of, Some(FileRole::Pdf)) else {
                prop_assert!(matches!(number.as_str(), "" | "." | ".."));
                return Ok(());
            };
            let url = Url::parse(&format!("https://erp.example/api{target}")).unwrap();
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 5, "{}", url);
            let form = format!("n={}", segments[2]);
            let decoded = url::form_urlencoded::parse(form.as_bytes()).next().unwrap();
            prop_assert_eq!(decoded.1, number);
            let found = url.query_pairs().next().map(|(_, value)| value.into_owned());
            prop_assert_eq!(found, kind);
        }

        #[test]
        fn garbage_is_an_error_and_never_more(page in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = serde_json::from_slice::<Documents>(&page);
            prop_assert!(words(&page).chars().all(|c| !c.is_control()));
            prop_assert!(words(&page).chars().count() <= WORDS);
        }
    }
}
