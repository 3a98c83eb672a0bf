//! `web` for the plugin: calls of providers' APIs.

use super::state::State;
use crate::contract::web;

impl web::Host for State {
    async fn call(&mut self, _: web::Request) -> wasmtime::Result<Result<web::Answer, web::WebError>> {
        Ok(Err(web::WebError::UnknownAccount))
    }
}
