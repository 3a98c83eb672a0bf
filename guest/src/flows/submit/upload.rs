//! Files added to a draft in Microsoft Graph: small ones in one request, large ones in an upload session.
//!
//! <https://learn.microsoft.com/graph/outlook-large-attachments>.

use super::response::{ApiRefusal, no_answer, unsuitable};
use super::web::{Piece, Request, Web, WebResponse};
use crate::domain::compose::PartFile;
use serde_json::{Value, json};

/// From this size on a file has a session of its own; below, Graph wants it in one request.
const SESSION_FROM: u64 = 3_000_000;
/// Bytes of one `PUT`: a multiple of 320 KiB, under the 4 MB that one may have.
const STRETCH: u64 = 10 * 320 * 1024;
/// Longest upload URL that is accepted.
const LONGEST_URL: usize = 8 * 1024;

/// A file was not added. Nothing was sent.
pub(super) enum UploadFailure {
    /// The response has the reason.
    WebResponse(WebResponse),
    /// The session did not take a stretch: the answer concerns the session, not the account. A new one may do.
    Session(WebResponse),
    /// No answer, or none that can be gone on with.
    ApiRefusal(ApiRefusal),
}

/// Adds a file to the draft.
pub(super) fn attach(
    account: &str,
    draft: &str,
    file: &PartFile,
    size: u64,
    web: &mut dyn Web,
) -> Result<(), UploadFailure> {
    if size < SESSION_FROM {
        let before = format!(
            "{{\"@odata.type\":\"#microsoft.graph.fileAttachment\",\"name\":{},\"contentType\":{},\"contentBytes\":\"",
            json!(file.name),
            json!(file.media_type)
        );
        let body = vec![Piece::Text(before), Piece::FileBase64(file.handle), Piece::Text("\"}".to_owned())];
        let request =
            Request::new(account, "POST", format!("{draft}/attachments")).with("application/json", body);
        return expect(call(request, web)?, &[201]).map(drop);
    }
    let item = json!({ "AttachmentItem": {
        "attachmentType": "file", "name": file.name, "contentType": file.media_type, "size": size,
    } });
    let request = Request::new(account, "POST", format!("{draft}/attachments/createUploadSession"))
        .with("application/json", vec![Piece::Text(item.to_string())]);
    let session = expect(call(request, web)?, &[200, 201])?;
    let Some(url) = session.json()["uploadUrl"].as_str().filter(|url| is_upload_url(url)).map(str::to_owned)
    else {
        return Err(UploadFailure::ApiRefusal(unsuitable("Microsoft Graph gave no https URL to upload to")));
    };
    upload(account, &url, file.handle, size, web)
}

/// Uploads the file in stretches. The last answer is 201, each before it names where the next begins.
fn upload(account: &str, url: &str, file: u32, size: u64, web: &mut dyn Web) -> Result<(), UploadFailure> {
    let mut offset = 0;
    while offset < size {
        let length = STRETCH.min(size - offset);
        let next = offset + length;
        let mut request = Request::new(account, "PUT", url.to_owned())
            .with("application/octet-stream", vec![Piece::File(file)]);
        request.headers.push(("content-range", format!("bytes {offset}-{}/{size}", next - 1)));
        request.range = Some((offset, length));
        request.authorize = false;
        let response = call(request, web)?;
        let is_expected = match response.status {
            201 => next == size,
            200 | 202 => next < size && resumes_at(&response.json()).is_none_or(|at| at == next),
            _ => false,
        };
        if !is_expected {
            return Err(UploadFailure::Session(response));
        }
        offset = next;
    }
    Ok(())
}

/// Reads the first byte of the first range that is still wanted.
fn resumes_at(response: &Value) -> Option<u64> {
    let ranges = response.get("nextExpectedRanges").or_else(|| response.get("NextExpectedRanges"))?;
    ranges[0].as_str()?.split('-').next()?.trim().parse().ok()
}

fn call(request: Request, web: &mut dyn Web) -> Result<WebResponse, UploadFailure> {
    web.call(request).map_err(|error| UploadFailure::ApiRefusal(no_answer(error, false)))
}

fn expect(response: WebResponse, statuses: &[u16]) -> Result<WebResponse, UploadFailure> {
    if statuses.contains(&response.status) { Ok(response) } else { Err(UploadFailure::WebResponse(response)) }
}

/// True for an absolute `https` URL without user information, white space or anything else that two readers could read in two ways. On this
/// machine itself plain `http` will do: the host decides whether it is allowed.
fn is_upload_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://").filter(|rest| rest.starts_with("127.0.0.1:")));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    url.len() <= LONGEST_URL
        && url.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && authority
            .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_alphanumeric()) && it.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_https_url_is_uploaded_to() {
        let long = format!("https://outlook.office.com/{}", "x".repeat(9_000));
        for (url, expected) in [
            (
                "https://outlook.office.com/api/v2.0/Users('a')/Messages('b')/AttachmentSessions('c')?authtoken=d",
                true,
            ),
            ("https://outlook.office.com:443/x", true),
            ("http://127.0.0.1:8080/upload", true),
            ("http://outlook.office.com/x", false),
            ("http://127.0.0.1.evil.example/x", false),
            ("http://127.0.0.1:80@evil.example/x", false),
            ("https://outlook.office.com@evil.example/x", false),
            ("https://user:secret@evil.example/x", false),
            ("https://outlook.office.com\\@evil.example/x", false),
            ("https:///x", false),
            ("https://[::1]/x", false),
            ("https://a b/", false),
            ("https://a/\r\nx: y", false),
            ("/v1.0/me/messages", false),
            ("//evil.example/x", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("", false),
            (&long, false),
        ] {
            assert_eq!(is_upload_url(url), expected, "{url:.100}");
        }
    }
}
