//! Which tokens are good.

use crate::http::Request;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It opens the door.
    Valid,
    /// Its time is over.
    Expired,
    /// The user took it back.
    Revoked,
    /// It does not reach this far.
    TooNarrow,
    /// Nobody gave it out.
    Unknown,
    /// There was none.
    Missing,
}

type Judge = Arc<dyn Fn(&str) -> TokenState + Send + Sync>;

/// The tokens of one server.
#[derive(Default)]
pub struct Access {
    known: Mutex<BTreeMap<String, TokenState>>,
    judge: Mutex<Option<Judge>>,
}

impl Access {
    /// From now on this token is worth that.
    pub fn set(&self, token: &str, token_state: TokenState) {
        self.known.lock().unwrap().insert(token.to_owned(), token_state);
    }

    /// Somebody else, an authorization server say, knows the tokens that were not [`set`](Self::set).
    pub fn ask(&self, judge: impl Fn(&str) -> TokenState + Send + Sync + 'static) {
        *self.judge.lock().unwrap() = Some(Arc::new(judge));
    }

    /// What the request's token is worth. The scheme is compared without regard to case (RFC 9110 §11.1).
    pub(crate) fn of(&self, request: &Request) -> TokenState {
        let Some(value) = request.header("authorization") else { return TokenState::Missing };
        let Some((_, token)) =
            value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        else {
            return TokenState::Missing;
        };
        if let Some(token_state) = self.known.lock().unwrap().get(token) {
            return *token_state;
        }
        let judge = self.judge.lock().unwrap().clone();
        judge.map_or(TokenState::Unknown, |judge| judge(token))
    }
}
