//! Mail providers for tests: [`Gmail`], [`Graph`] and [`SendGrid`] on loopback; and [`Erp`], the other side of `docs/records.md`.
//!
//! Each checks a request as the provider documents it (authorization, method, path, content type, sizes, the form of
//! the body), answers in the provider's own shapes, keeps what it took so that a test can compare bytes, and misbehaves
//! when it is told to. Nothing here is asynchronous: a server has threads of its own, so any test can start one, and one
//! that drives another process too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod access;
mod erp;
mod gmail;
mod graph;
mod http;
mod mail;
mod sendgrid;
mod server;
mod tcp;
mod upload;

pub use access::{Access, TokenState};
pub use erp::Erp;
pub use gmail::Gmail;
pub use graph::Graph;
pub use http::{Reply, Request};
pub use mail::{File, Mail};
pub use sendgrid::SendGrid;
pub use server::{Fault, Server};
pub use tcp::{ClosedPort, whole_answer};
