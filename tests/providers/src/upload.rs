//! An upload session of Microsoft Graph: <https://learn.microsoft.com/graph/outlook-large-attachments>.
//!
//! Ranges come in order, each in a request under 4 MB, all but the last a multiple of 320 KiB
//! (<https://learn.microsoft.com/graph/api/driveitem-createuploadsession>), to the URL as it was given and without
//! a token.

use crate::graph::error;
use crate::http::{Reply, Request};
use crate::mail::File;
use serde_json::Value;

/// Every range but the last is a multiple of this.
const UNIT: u64 = 320 * 1024;
/// No range has as much.
const MOST: u64 = 4 * 1024 * 1024;
/// Files from here on have sessions.
const SMALLEST: u64 = 3_000_000;
/// Files up to here.
const LARGEST: u64 = 150_000_000;

/// One file on its way.
pub(crate) struct Session {
    /// The draft that gets it.
    pub(crate) draft: String,
    name: String,
    media_type: String,
    size: u64,
    bytes: Vec<u8>,
}

impl Session {
    pub(crate) fn new(draft: &str, item: &Value) -> Result<Self, &'static str> {
        let (Some(name), Some(size)) = (item["name"].as_str(), item["size"].as_u64()) else {
            return Err("AttachmentItem needs name and size.");
        };
        if item["attachmentType"] != "file" {
            return Err("AttachmentItem needs attachmentType file.");
        }
        if !(SMALLEST..=LARGEST).contains(&size) {
            return Err("The size of the file does not need, or does not fit, an upload session.");
        }
        Ok(Self {
            draft: draft.to_owned(),
            name: name.to_owned(),
            media_type: item["contentType"].as_str().unwrap_or("application/octet-stream").to_owned(),
            size,
            bytes: Vec::new(),
        })
    }

    /// Bytes that came.
    pub(crate) fn received(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The file when it is complete; an error with what was wrong, in words for the test.
    pub(crate) fn put(&mut self, request: &Request) -> Result<Option<File>, (Reply, String)> {
        let wrong = |status, code: &str, what: String| Err((error(status, code, &what), what));
        if request.header("authorization").is_some() {
            return wrong(401, "InvalidAuthenticationToken", "an upload URL wants no token".into());
        }
        let length = request.body.len() as u64;
        let given = request.header("content-range").unwrap_or_default();
        let Some((first, last, total)) = range(given) else {
            return wrong(
                400,
                "invalidRequest",
                format!("Content-Range is missing or unreadable: {given:?}"),
            );
        };
        if total != self.size || last < first || last - first + 1 != length || last >= total {
            return wrong(
                400,
                "invalidRequest",
                format!("{given} does not fit {length} of {} bytes", self.size),
            );
        }
        if first != self.received() {
            return wrong(416, "invalidRange", format!("{} bytes are here, {given} came", self.received()));
        }
        if length >= MOST {
            return wrong(413, "RequestEntityTooLarge", format!("{length} bytes in one range"));
        }
        if last + 1 < total && !length.is_multiple_of(UNIT) {
            return wrong(400, "invalidRequest", format!("{length} is no multiple of 320 KiB"));
        }
        self.bytes.extend_from_slice(&request.body);
        if self.received() < self.size {
            return Ok(None);
        }
        Ok(Some(File {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            bytes: std::mem::take(&mut self.bytes),
        }))
    }
}

/// `bytes 0-9/100`.
fn range(value: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}
