//! Calls in memory, for tests and demonstrations: requests are recorded, and get the responses that a test set. The rules
//! for requests are those of the network client.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Web;
use super::account::Account;
use super::body::BodyReader;
use super::failure::{Failure, Stage, WebError};
use super::request::{Header, Request};
use super::response::{self, ApiResponse};
use super::target::GivenUrls;
use crate::Verdict;

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Name of the account.
    pub account: String,
    /// Method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The fields that the plugin wrote.
    pub headers: Vec<Header>,
    /// The bytes of the body, or of the stretch of it.
    pub body: Vec<u8>,
    /// Whether a token would have gone with it.
    pub authorized: bool,
}

/// Records calls in memory.
#[derive(Debug, Default)]
pub struct MemoryWeb {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Recorded>,
    answers: VecDeque<Result<ApiResponse, WebError>>,
}

impl MemoryWeb {
    /// Creates one that responds 404 to every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the response to the next call; called again, to the ones after it.
    pub fn answer_next(&self, answer: ApiResponse) {
        self.lock().answers.push_back(Ok(answer));
    }

    /// Fails the next call; called again, the ones after it. A call that fails is not recorded.
    pub fn fail_next(&self, error: WebError) {
        self.lock().answers.push_back(Err(error));
    }

    /// Returns the requests so far, in order.
    pub fn calls(&self) -> Vec<Recorded> {
        self.lock().calls.clone()
    }

    async fn call(
        &self,
        account: &Account,
        request: Request,
        given: &GivenUrls,
    ) -> Result<ApiResponse, WebError> {
        let allowed = request.check(account, given)?;
        let mut body = Vec::new();
        if let Some(stretch) = allowed.stretch {
            let mut reader = BodyReader::new(&request.body, stretch);
            while let Some(block) = reader.next().await.map_err(|error| {
                let host = allowed.url.host_str().unwrap_or_default();
                Failure::new(host, Stage::Request, Verdict::Permanent, error)
            })? {
                body.extend_from_slice(&block);
            }
        }
        let mut state = self.lock();
        let missing = ApiResponse { status: 404, headers: Vec::new(), body: Vec::new(), truncated: false };
        let mut answer = state.answers.pop_front().unwrap_or(Ok(missing))?;
        state.calls.push(Recorded {
            account: account.name.clone(),
            method: request.method,
            url: allowed.url.into(),
            headers: request.headers,
            body,
            authorized: request.authorize,
        });
        drop(state);
        for url in response::pointers(&answer.headers, &answer.body) {
            given.add(account, &url);
        }
        let wanted = usize::try_from(request.limit).unwrap_or(usize::MAX);
        answer.truncated |= answer.body.len() > wanted;
        answer.body.truncate(wanted);
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Web for MemoryWeb {
    fn call<'a>(
        &'a self,
        account: &'a Account,
        request: Request,
        given: &'a GivenUrls,
    ) -> crate::BoxFuture<'a, Result<ApiResponse, WebError>> {
        Box::pin(self.call(account, request, given))
    }
}
