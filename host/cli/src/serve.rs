//! `postroom serve`: webhooks, pixels, sign-ins, health and metrics.

use super::store_args::StoreArgs;
use super::{Common, Failure, load_plugin, stopping};
use crate::Exit;
use clap::Args;
use postroom::app::{MailboxFollower, keep_notifying};
use postroom::config::{PublicUrl, Web};
use postroom_web::{Limits, Listeners, Site, serve};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where it listens unless told otherwise; and for readers of the metrics.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8025);
const METRICS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8026);

#[derive(Debug, Args)]
#[command(after_help = "\
It speaks HTTP: a proxy in front of it does TLS and is named in the operator's settings ([web], see docs/operator.md). It ends
in good order on SIGTERM and Ctrl-C. The log, a line for each request, goes to standard error; no path and no body is in it.

Meanwhile it follows the mailboxes, as `postroom sync --watch` does.

  POST /hooks/…        reports of SendGrid, Mailgun, Postmark, Amazon SES (postroom account webhook)
  GET  /o/….gif        pixels of mails whose opening is checked (postroom account settings --check-opens)
  GET  /oauth/…        signing in to Gmail and Outlook by invitation (postroom account authorize --invite)
  GET  /health /ready  it runs; its store answers

  GET  /metrics        for Prometheus, at an address of its own (--metrics-listen), for this machine alone unless the
                       operator allows more ([web] metrics_from)

Examples:
  postroom serve --operator operator.toml --listen 127.0.0.1:8025
  postroom serve --operator operator.toml --metrics-listen 10.0.0.7:8026")]
pub(super) struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Address and port. Otherwise: the operator's settings, else 127.0.0.1:8025.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Address and port for readers of the metrics. Otherwise: the operator's settings, else 127.0.0.1:8026.
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// Do not follow the mailboxes: another program does (`postroom worker`, `postroom sync --watch`).
    #[arg(long)]
    no_sync: bool,
}

pub(super) async fn run(common: &Common, args: &ServeArgs) -> Result<Exit, Failure> {
    let connections = args.store.open().await?;
    let web = connections.operator().web.clone();
    let engine = load_plugin::engine(common)?;
    let address = args.listen.or(web.listen).unwrap_or(LISTEN);
    let taken = |e: std::io::Error| Failure::input(format!("can't listen on {address}: {e}"));
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let bound = listener.local_addr().map_err(taken)?;
    let (metrics, metrics_words) = listen_for_metrics(args.metrics_listen.or(web.metrics_listen)).await?;
    let stop = stopping::listen()?;
    let site = Site::open(connections.clone(), engine.clone()).await?;
    match &web.public_url {
        Some(url) => write(&format!("listening on http://{bound}, known as {url}")),
        None => write(&format!("listening on http://{bound}; without [web] public_url no mail has a pixel")),
    }
    write(&metrics_words);
    for warning in warnings(&web, metrics.as_ref().and_then(|it| it.local_addr().ok())) {
        tracing::warn!("WARNING: {warning}");
    }
    // The owner of the database can't change them in a log that leaves this machine.
    for (_, company, head) in connections.store().audit_heads().await? {
        write(&format!("the audit log of {company} ends with {head}"));
    }
    let attendance = connections.vault().attend("serve").await?;
    let notifying = keep_notifying(&connections, &engine);
    let following = (!args.no_sync).then(|| {
        let (follower, signal) = (MailboxFollower::new(connections.clone(), engine.clone()), stop.clone());
        tokio::spawn(async move { follower.follow_all(signal).await })
    });
    let site = Arc::new(site);
    let fresh = Arc::clone(&site);
    let fresh = tokio::spawn(async move { fresh.keep_link_keys_fresh().await });
    serve(Listeners { public: listener, metrics }, site, Limits::default(), stop.asked()).await;
    if let Some(following) = following {
        following.abort();
        let _ = following.await;
    }
    fresh.abort();
    notifying.abort();
    attendance.end().await;
    write("ended");
    connections.close().await;
    Ok(Exit::Done)
}

/// Listens for readers of the metrics; at the address that was asked for, or at the usual one if it is free.
async fn listen_for_metrics(asked: Option<SocketAddr>) -> Result<(Option<TcpListener>, String), Failure> {
    let address = asked.unwrap_or(METRICS);
    let bound = TcpListener::bind(address).await.and_then(|it| Ok((it.local_addr()?, it)));
    match bound {
        Ok((bound, listener)) => Ok((Some(listener), format!("metrics at http://{bound}/metrics"))),
        Err(error) if asked.is_some() => {
            Err(Failure::input(format!("can't listen for metrics on {address}: {error}")))
        }
        // Another server of this machine has it: that is no reason not to serve.
        Err(error) => Ok((
            None,
            format!("no metrics: can't listen on {address}: {error}; name another with --metrics-listen"),
        )),
    }
}

/// What is set up so that it will not do what was meant.
fn warnings(web: &Web, metrics: Option<SocketAddr>) -> Vec<String> {
    let mut found = Vec::new();
    if web.public_url.as_ref().is_some_and(PublicUrl::is_secure) && web.trusted_proxies.is_empty() {
        found.push(
            "no proxy is trusted, and one has to do TLS: until it is named in [web] trusted_proxies (docs/operator.md), all \
             clients behind it count as one"
                .to_owned(),
        );
    }
    if let Some(address) = metrics.filter(|it| it.ip().is_loopback() && web.metrics_from.is_some()) {
        found.push(format!(
            "[web] metrics_from names others, and the metrics are at {address} for this machine alone: set [web] \
             metrics_listen"
        ));
    }
    found
}

fn write(line: &str) {
    tracing::info!("{line}");
}
