//! `postroom serve`: webhooks, pixels, sign-ins, health and metrics.

use super::house::StoreArgs;
use super::premises::StoredPremises;
use super::{Common, Failure, office};
use crate::outbox::{Clock, Courier, Ledger};
use crate::web::{Limits, Site, serve};
use chrono::{Local, SecondsFormat};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where it listens unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8025);

#[derive(Debug, Args)]
#[command(after_help = "\
It speaks HTTP: a proxy in front of it does TLS and is named in the operator's settings ([web], see docs/operator.md). It ends
in good order on SIGTERM and Ctrl-C. The log, a line for each request, goes to standard error; no path and no body is in it.

  POST /hooks/…        reports of SendGrid, Mailgun, Postmark, Amazon SES (postroom account webhook)
  GET  /o/….gif        pixels of mails whose opening is checked (postroom account settings --check-opens)
  GET  /oauth/…        signing in to Gmail and Outlook by invitation (postroom account authorize --invite)
  GET  /health /ready  it runs; its store answers
  GET  /metrics        for Prometheus, from this machine alone unless the operator allows more

Example:
  postroom serve --operator operator.toml --listen 127.0.0.1:8025")]
pub(super) struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Address and port. Otherwise: the operator's settings, else 127.0.0.1:8025.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) async fn run(common: &Common, args: &ServeArgs) -> Result<ExitCode, Failure> {
    let connections = args.store.open().await?;
    let web = connections.operator().web.clone();
    let engine = office::engine(common)?;
    let address = args.listen.or(web.listen).unwrap_or(LISTEN);
    let taken = |e: std::io::Error| Failure::input(format!("can't listen on {address}: {e}"));
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let bound = listener.local_addr().map_err(taken)?;
    let stop = stop().map_err(|e| Failure::other(format!("can't wait for signals: {e}")))?;
    let premises =
        StoredPremises { connections: connections.clone(), engine: engine.clone(), log: office::log(common) };
    let ledger = Ledger::open(connections.store(), "serve", Clock::system());
    let courier = Courier::new(&ledger, Arc::new(premises), Arc::new(write));
    let site = Site::open(connections.clone(), engine).await?.with_journal(write);
    match &web.public_url {
        Some(url) => write(&format!("listening on http://{bound}, known as {url}")),
        None => write(&format!("listening on http://{bound}; without [web] public_url no mail has a pixel")),
    }
    let carried = courier.keep();
    serve(listener, Arc::new(site), Limits::default(), stop).await;
    carried.abort();
    write("ended");
    connections.close().await;
    Ok(ExitCode::SUCCESS)
}

fn write(line: &str) {
    let time = Local::now().to_rfc3339_opts(SecondsFormat::Millis, false);
    eprintln!("{time} {}", super::output::printable(line));
}

/// Waits until the program is told to end. Listening begins now, not at the first wait.
#[cfg(unix)]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a signal to wait for it never ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
