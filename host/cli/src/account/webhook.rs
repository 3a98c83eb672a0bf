//! `postroom account webhook`: where a provider sends its reports, and how they prove themselves.

use crate::Exit;
use crate::output::{done, json, line};
use crate::store_args::AccountArgs;
use crate::{Common, Failure};
use clap::Args;
use postroom::app::{AccountAccess, AppError, Webhook, WebhookProvider};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Prints the URL to enter at the provider; `postroom serve` must be reachable there ([web] public_url of the operator's
settings). Without --provider it shows what is set up. The URL is a secret of the account's.

  sendgrid   key file: the verification key (Mail Settings, Event Webhook, Security: enable Signed Event Webhook)
  mailgun    key file: the HTTP webhook signing key
  postmark   key file: user:password of your choice; enter both at Postmark, or put them into the URL
  sns        no key: Amazon's certificate. Name the topic that SES publishes to; its subscription confirms itself

Examples:
  postroom account webhook spare --provider sendgrid --key-file verification-key
  postroom account webhook office --provider sns --topic arn:aws:sns:eu-west-1:123456789012:mail
  postroom account webhook spare --remove")]
pub(crate) struct WebhookArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Who reports: sendgrid, mailgun, postmark or sns.
    #[arg(long, value_name = "P")]
    provider: Option<WebhookProvider>,
    /// File with the provider's key.
    #[arg(long, value_name = "FILE", requires = "provider")]
    key_file: Option<PathBuf>,
    /// SNS: a topic whose reports are taken, by its ARN. May be repeated.
    #[arg(long, value_name = "ARN", requires = "provider")]
    topic: Vec<String>,
    /// Take no more reports for this account.
    #[arg(long, conflicts_with = "provider")]
    remove: bool,
}

pub(super) async fn run(common: &Common, args: &WebhookArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let (connections, account) = (&found.connections, &found.account);
    if args.remove {
        Webhook::forget(connections, account).await?;
        done(
            common,
            &format!(
                "no reports are taken for {} any more: remove the webhook at the provider too",
                account.name
            ),
        )?;
        return Ok(Exit::Done);
    }
    if let Some(provider) = args.provider {
        let key = match &args.key_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                Some(text.map_err(|e| Failure::input(format!("can't read {}: {e}", file.display())))?)
            }
            None => None,
        };
        missing_option(provider, key.as_deref(), &args.topic)?;
        let webhook = Webhook::new(provider, key.as_deref(), args.topic.clone())?;
        // A webhook that could not be called is not set up.
        url(&found, provider).await?;
        webhook.store(connections, account).await?;
    }
    let Some(webhook) = Webhook::load(connections, account).await? else {
        let message = format!("{} takes no reports: set it up with --provider", account.name);
        return Err(Failure::input(message));
    };
    let url = url(&found, webhook.provider).await?;
    if common.json {
        json(&serde_json::json!({
            "account": account.name, "provider": webhook.provider.as_str(), "url": url, "topics": webhook.topics,
        }))?;
        return Ok(Exit::Done);
    }
    line(&url)?;
    let next = match webhook.provider {
        WebhookProvider::SendGrid => {
            "enter it at SendGrid: Mail Settings, Event Webhook; all delivery and engagement events"
        }
        WebhookProvider::Mailgun => "enter it at Mailgun: Sending, Webhooks, for each event",
        WebhookProvider::Postmark => {
            "enter it at Postmark: Webhooks, with the user and password of the key file as Basic auth credentials"
        }
        WebhookProvider::Sns => "subscribe it to the topic by HTTPS, without raw message delivery",
    };
    eprintln!("{next}");
    Ok(Exit::Done)
}

/// Gives the URL of the webhook. The settings that lack its public address are named with an option.
async fn url(found: &AccountAccess, provider: WebhookProvider) -> Result<String, Failure> {
    found.webhook_url(provider).await.map_err(|error| match error {
        AppError::NoPublicUrl => Failure::input(
            "the operator's settings have no [web] public_url: name them with --operator (docs/operator.md)",
        ),
        error => error.into(),
    })
}

/// Names the option that is missing for a provider.
fn missing_option(provider: WebhookProvider, key: Option<&str>, topics: &[String]) -> Result<(), Failure> {
    let is_sns = provider == WebhookProvider::Sns;
    if is_sns && topics.is_empty() {
        let message = "name the topic that SES publishes to: --topic arn:aws:sns:REGION:ACCOUNT:NAME";
        return Err(Failure::input(message));
    }
    if !is_sns && topics.is_empty() && key.is_none_or(|key| key.trim().is_empty()) {
        return Err(Failure::input("give the file with the provider's key: --key-file FILE"));
    }
    Ok(())
}
