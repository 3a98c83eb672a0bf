//! `web` for the plugin: calls of providers' APIs, translated word by word.

use super::state::{Files, State};
use postroom_contract::{attachments, transport, web};
use postroom_transport::attachments::Chunk;
use postroom_transport::http_api as api;
use postroom_transport::smtp::Verdict;

impl web::Host for State {
    async fn call(
        &mut self,
        request: web::Request,
    ) -> wasmtime::Result<Result<web::Response, web::WebError>> {
        let Some(account) = self.capabilities.apis.get(&request.account_name) else {
            return Ok(Err(web::WebError::UnknownAccount));
        };
        let request = match convert(request, &self.files) {
            Ok(request) => request,
            Err(handle) => {
                let what = format!("the body refers to an unknown file {handle}");
                return Ok(Err(web::WebError::Refused(what)));
            }
        };
        // What only reads can send nothing.
        if !request.method.eq_ignore_ascii_case("GET")
            && let Some(gate) = self.files.gate()
            && let Err(why) = gate.open().await
        {
            let detail = format!("nothing was sent, since it could not be recorded: {why}");
            return Ok(Err(web::WebError::Failed(transport::Failure {
                stage: transport::Stage::Prepare,
                verdict: transport::Verdict::Transient,
                code: None,
                words: None,
                detail,
                retry_after: None,
            })));
        }
        let called = self.capabilities.web.call(account, request, &self.given).await;
        Ok(called.map(answer).map_err(error))
    }
}

/// A request with its files in place of handles; the error is a handle that the call does not have.
fn convert(of: web::Request, files: &Files) -> Result<api::Request, attachments::Handle> {
    Ok(api::Request {
        method: of.method,
        target: of.target,
        headers: of.headers.into_iter().map(|h| api::Header { name: h.name, value: h.value }).collect(),
        body: of.body.into_iter().map(|piece| convert_piece(piece, files)).collect::<Result<_, _>>()?,
        range: of.range.map(|range| api::Range { offset: range.offset.into(), length: range.length.into() }),
        authorize: of.authorize,
        limit: of.limit,
    })
}

fn convert_piece(of: web::Piece, files: &Files) -> Result<api::Piece, attachments::Handle> {
    let source = |handle| files.get(handle).cloned().ok_or(handle);
    let message = |chunks: Vec<attachments::Chunk>| {
        let chunks = chunks.into_iter().map(|chunk| match chunk {
            attachments::Chunk::Text(text) => Ok(Chunk::Text(text)),
            attachments::Chunk::Attachment(handle) => source(handle).map(Chunk::Attachment),
            attachments::Chunk::Raw(handle) => source(handle).map(Chunk::Raw),
        });
        chunks.collect::<Result<Vec<_>, _>>()
    };
    Ok(match of {
        web::Piece::Text(text) => api::Piece::Text(text),
        web::Piece::Message(chunks) => api::Piece::Message(message(chunks)?),
        web::Piece::MessageBase64(chunks) => api::Piece::MessageBase64(message(chunks)?),
        web::Piece::MessageBase64url(chunks) => api::Piece::MessageBase64Url(message(chunks)?),
        web::Piece::File(handle) => api::Piece::File(source(handle)?),
        web::Piece::FileBase64(handle) => api::Piece::FileBase64(source(handle)?),
    })
}

fn answer(of: api::Answer) -> web::Response {
    web::Response {
        status: of.status,
        headers: of.headers.into_iter().map(|h| web::Header { name: h.name, value: h.value }).collect(),
        body: attachments::Block::Bytes(of.body),
        truncated: of.truncated,
    }
}

fn error(of: api::WebError) -> web::WebError {
    match of {
        api::WebError::UnknownAccount => web::WebError::UnknownAccount,
        api::WebError::Refused(rule) => web::WebError::Refused(rule),
        api::WebError::NeedsSignIn(words) => web::WebError::NeedsSignIn(words),
        api::WebError::Failed(failure) => web::WebError::Failed(transport::Failure {
            stage: stage(failure.stage),
            verdict: match failure.verdict {
                Verdict::Transient => transport::Verdict::Transient,
                Verdict::Permanent => transport::Verdict::Permanent,
                Verdict::NeedsSignIn => transport::Verdict::NeedsSignIn,
                Verdict::InDoubt => transport::Verdict::InDoubt,
            },
            code: None,
            words: None,
            detail: failure.detail,
            retry_after: failure.retry_after,
        }),
    }
}

fn stage(of: api::Stage) -> transport::Stage {
    match of {
        api::Stage::Prepare => transport::Stage::Prepare,
        api::Stage::Token => transport::Stage::Token,
        api::Stage::Resolve => transport::Stage::Resolve,
        api::Stage::Connect => transport::Stage::Connect,
        api::Stage::Tls => transport::Stage::Tls,
        api::Stage::Request => transport::Stage::Request,
        api::Stage::Answer => transport::Stage::Response,
    }
}
