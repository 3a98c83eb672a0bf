//! An ERP that speaks the interface of `docs/records.md`, as its developer would write it from that page: it believes no
//! request that is not signed, of now and new, pages its lists, and knows a notice again by its id.

use crate::http::{Reply, Request, decoded};
use crate::server::{self, Provider, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Seconds that a request's time may be off.
const WINDOW: u64 = 300;
/// Entries of a page.
const PAGE: usize = 2;

/// A document: its media type and bytes, and its files by role.
#[derive(Debug, Clone, Default)]
struct Record {
    media_type: String,
    content: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
}

/// An ERP for one company.
pub struct Erp {
    key: String,
    offset: Mutex<i64>,
    nonces: Mutex<BTreeSet<String>>,
    documents: Mutex<BTreeMap<String, Record>>,
    partners: Mutex<Vec<Value>>,
    notices: Mutex<Vec<Value>>,
    received: Mutex<Vec<(SystemTime, Value)>>,
}

impl Erp {
    /// Starts one that shares this key.
    pub fn start(key: &str) -> Server<Self> {
        server::start(|_| Self {
            key: key.to_owned(),
            offset: Mutex::default(),
            nonces: Mutex::default(),
            documents: Mutex::default(),
            partners: Mutex::default(),
            notices: Mutex::default(),
            received: Mutex::default(),
        })
    }

    /// It has this document.
    pub fn add(&self, number: &str, media_type: &str, content: &[u8]) {
        let record =
            Record { media_type: media_type.to_owned(), content: content.to_vec(), ..Record::default() };
        self.documents.lock().unwrap().insert(number.to_owned(), record);
    }

    /// And this file of it, `pdf` or `ubl`.
    pub fn attach(&self, number: &str, role: &str, content: &[u8]) {
        let mut documents = self.documents.lock().unwrap();
        documents.get_mut(number).expect("a document").files.insert(role.to_owned(), content.to_vec());
    }

    /// It has this partner.
    pub fn add_partner(&self, partner: Value) {
        self.partners.lock().unwrap().push(partner);
    }

    /// Its clock is so many seconds ahead.
    pub fn set_clock_ahead(&self, seconds: i64) {
        *self.offset.lock().unwrap() = seconds;
    }

    /// The notices that it took, each once, in the order in which they came.
    pub fn notices(&self) -> Vec<Value> {
        self.notices.lock().unwrap().clone()
    }

    /// Every notice that was signed, repeated ones too, with the time when it came.
    pub fn received(&self) -> Vec<(SystemTime, Value)> {
        self.received.lock().unwrap().clone()
    }

    /// Checks that a notice is signed by Standard Webhooks; otherwise gives the answer that says why not.
    fn check_notice(&self, request: &Request) -> Result<(), Reply> {
        let refuse = |why: &str| Reply { body: why.as_bytes().to_vec(), ..Reply::empty(401) };
        let field = |name: &str| request.header(name).ok_or_else(|| refuse("it is not signed"));
        let (id, time, signatures) =
            (field("webhook-id")?, field("webhook-timestamp")?, field("webhook-signature")?);
        let mut proof = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("a key");
        proof.update(format!("{id}.{time}.").as_bytes());
        proof.update(&request.body);
        let is_ours = |signature: &str| {
            let given = signature.strip_prefix("v1,").and_then(|it| STANDARD.decode(it).ok());
            given.is_some_and(|given| proof.clone().verify_slice(&given).is_ok())
        };
        if !signatures.split(' ').any(is_ours) {
            return Err(refuse("the signature is not Postroom's"));
        }
        self.check_time(time).map_err(refuse)
    }

    /// Checks that a time is within the window of this clock.
    fn check_time(&self, time: &str) -> Result<(), &'static str> {
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let now = now.saturating_add_signed(*self.offset.lock().unwrap());
        let is_now = time.parse::<u64>().is_ok_and(|time| time.abs_diff(now) <= WINDOW);
        if is_now { Ok(()) } else { Err("it was signed at another time") }
    }

    /// Checks that a question is signed; otherwise gives the answer that says why not.
    fn believe(&self, request: &Request) -> Result<(), Reply> {
        let refuse = |why: &str| Reply { body: why.as_bytes().to_vec(), ..Reply::empty(401) };
        let field = |name: &str| request.header(name).ok_or_else(|| refuse("it is not signed"));
        let (time, nonce, signature) =
            (field("postroom-timestamp")?, field("postroom-nonce")?, field("postroom-signature")?);
        let body = HEXLOWER.encode(&Sha256::digest(&request.body));
        let text = ["postroom-records-1", &request.method, &request.target, time, nonce, &body].join("\n");
        let mut proof = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("a key");
        proof.update(text.as_bytes());
        let given = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok();
        if proof.verify_slice(&given.unwrap_or_default()).is_err() {
            return Err(refuse("the signature is not Postroom's"));
        }
        self.check_time(time).map_err(refuse)?;
        if !self.nonces.lock().unwrap().insert(nonce.to_owned()) {
            return Err(refuse("it came before"));
        }
        Ok(())
    }

    fn list(&self, request: &Request, what: &str, all: Vec<Value>) -> Reply {
        let from: usize = request.parameter("cursor").and_then(|it| it.parse().ok()).unwrap_or(0);
        let most = request.parameter("limit").and_then(|it| it.parse().ok()).unwrap_or(PAGE).min(PAGE);
        let page: Vec<Value> = all.iter().skip(from).take(most).cloned().collect();
        let next = (from + most < all.len()).then(|| (from + most).to_string());
        Reply::json(200, &json!({ what: page, "next": next }))
    }

    fn document(&self, number: &str, role: Option<&str>) -> Reply {
        let documents = self.documents.lock().unwrap();
        let Some(record) = documents.get(number) else { return Reply::empty(404) };
        match role {
            None => Reply { body: record.content.clone(), ..Reply::empty(200) }
                .with("content-type", record.media_type.clone()),
            Some(role) => match record.files.get(role) {
                Some(file) => Reply { body: file.clone(), ..Reply::empty(200) },
                None => Reply::empty(404),
            },
        }
    }

    fn notice(&self, request: &Request) -> Reply {
        let Ok(notice) = serde_json::from_slice::<Value>(&request.body) else { return Reply::empty(400) };
        let is_whole = ["id", "kind", "at"].iter().all(|field| notice[*field].is_string())
            && request.media_type() == "application/json";
        if !is_whole {
            return Reply { body: b"not a notice".to_vec(), ..Reply::empty(400) };
        }
        self.received.lock().unwrap().push((SystemTime::now(), notice.clone()));
        let mut notices = self.notices.lock().unwrap();
        if notices.iter().any(|known| known["id"] == notice["id"]) {
            return Reply::empty(409);
        }
        notices.push(notice);
        Reply::empty(204)
    }
}

impl Provider for Erp {
    fn answer(&self, request: &Request) -> Reply {
        let is_notice = request.method == "POST" && request.path.ends_with("/notices");
        let checked = if is_notice { self.check_notice(request) } else { self.believe(request) };
        if let Err(refused) = checked {
            return refused;
        }
        let segments: Vec<String> = request.path.trim_start_matches('/').split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = request.parameter("query").unwrap_or_default();
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["api", "documents"]) => {
                let documents = self.documents.lock().unwrap();
                let found = documents.keys().filter(|number| number.contains(query));
                self.list(request, "documents", found.map(|number| json!({ "number": number })).collect())
            }
            ("GET", ["api", "partners"]) => {
                let partners = self.partners.lock().unwrap().clone();
                let is_meant = |it: &Value| it["name"].as_str().is_some_and(|name| name.contains(query));
                self.list(request, "partners", partners.into_iter().filter(is_meant).collect())
            }
            ("GET", ["api", "documents", number]) => self.document(number, None),
            ("GET", ["api", "documents", number, "files", role]) => self.document(number, Some(role)),
            ("POST", ["api", "notices"]) => self.notice(request),
            _ => Reply::empty(404),
        }
    }
}
