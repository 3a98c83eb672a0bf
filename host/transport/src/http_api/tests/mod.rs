//! The capability against scripted servers that misbehave, and its pure parts against tables.

mod bodies;
mod calls;
mod faults;
mod https;
mod responses;
mod rules;
mod server;

use postroom_model::AllowList;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Account, ApiResponse, GivenUrls, Header, Piece, Request, Timeouts, Web, WebClient, WebError};
use crate::tokens::{Bearer, Resource, TokenError, TokenSource, Tokens};

/// Long enough for a loaded machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);
/// For what must not run out.
const LONG: Duration = Duration::from_secs(10);
const TOKEN: &str = "ya29.a0AfH6SMB-token";

/// An account whose API is a server on this machine.
fn account(port: u16) -> Account {
    let base = format!("http://127.0.0.1:{port}/").parse().expect("a URL");
    Account {
        allow_private: AllowList::loopback(),
        timeouts: Timeouts::all(LONG),
        ..Account::new("work", base, TokenSource::constant(TOKEN))
    }
}

fn request(method: &str, target: &str) -> Request {
    Request {
        method: method.into(),
        target: target.into(),
        headers: Vec::new(),
        body: Vec::new(),
        range: None,
        authorize: true,
        limit: 65_536,
    }
}

fn post(text: &str) -> Request {
    Request { body: vec![Piece::Text(text.into())], ..request("POST", "/send") }
}

/// A call, and the promise that no token is in what comes of it.
async fn call(account: &Account, request: Request) -> Result<ApiResponse, WebError> {
    let answer = WebClient::new().call(account, request, &GivenUrls::new()).await;
    let words = match &answer {
        Ok(answer) => format!("{answer:?} {} {account:?}", String::from_utf8_lossy(&answer.body)),
        Err(error) => format!("{error} {error:?} {account:?}"),
    };
    assert!(!words.contains(TOKEN), "a token in {words}");
    answer
}

/// Gives out one token after another, the next when one was refused; an error when there is no more.
struct Row {
    tokens: Mutex<Vec<&'static str>>,
    end: TokenError,
}

impl Tokens for Row {
    fn token<'a>(
        &'a self,
        account: &'a str,
        resource: Resource,
    ) -> crate::BoxFuture<'a, Result<Bearer, TokenError>> {
        assert_eq!((account, resource), ("a-17", Resource::Api));
        let first = self.tokens.lock().expect("lock").first().copied();
        Box::pin(async move { first.map(Bearer::new).ok_or_else(|| self.end.clone()) })
    }

    fn rejected<'a>(&'a self, _: &'a str, _: Resource, bearer: &'a Bearer) -> crate::BoxFuture<'a, ()> {
        self.tokens.lock().expect("lock").retain(|token| *token != bearer.expose());
        Box::pin(async {})
    }
}

fn tokens(of: &[&'static str], end: TokenError) -> TokenSource {
    TokenSource::new(Arc::new(Row { tokens: Mutex::new(of.to_vec()), end }), "a-17", Resource::Api)
}
