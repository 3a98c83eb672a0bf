//! `postroom account webhook`: where a provider sends its reports, and how they prove themselves.

use crate::Exit;
use crate::output::{done, json, line};
use crate::store_args::AccountArgs;
use crate::{Common, Failure};
use clap::Args;
use postroom::config::PublicUrl;
use postroom_web::LinkTokens;
use postroom_web::hooks::{Hook, HookProvider};
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
    provider: Option<HookProvider>,
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
    let (vault, account) = (found.connections.vault(), &found.account);
    if args.remove {
        Hook::forget(vault, account).await?;
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
        let hook = Hook::new(provider, key.as_deref(), args.topic.clone());
        let hook = hook.map_err(|error| Failure::input(error.to_string()))?;
        // A webhook that the provider could not reach is not set up.
        public_url(&found.connections)?;
        hook.keep(vault, account).await?;
    }
    let Some(hook) = Hook::load(vault, account).await? else {
        let message = format!("{} takes no reports: set it up with --provider", account.name);
        return Err(Failure::input(message));
    };
    let tokens = LinkTokens::of(found.connections.link_keys().await?);
    let path = format!("hooks/{}/{}", hook.provider, tokens.webhook(found.company.id, account.id));
    let url = public_url(&found.connections)?.page(&path);
    if common.json {
        json(&serde_json::json!({
            "account": account.name, "provider": hook.provider.as_str(), "url": url, "topics": hook.topics,
        }))?;
        return Ok(Exit::Done);
    }
    line(&url)?;
    let next = match hook.provider {
        HookProvider::SendGrid => {
            "enter it at SendGrid: Mail Settings, Event Webhook; all delivery and engagement events"
        }
        HookProvider::Mailgun => "enter it at Mailgun: Sending, Webhooks, for each event",
        HookProvider::Postmark => {
            "enter it at Postmark: Webhooks, with the user and password of the key file as Basic auth credentials"
        }
        HookProvider::Sns => "subscribe it to the topic by HTTPS, without raw message delivery",
    };
    eprintln!("{next}");
    Ok(Exit::Done)
}

fn public_url(connections: &postroom::app::Connections) -> Result<&PublicUrl, Failure> {
    connections.operator().web.public_url.as_ref().ok_or_else(|| {
        Failure::input(
            "the operator's settings have no [web] public_url: name them with --operator (docs/operator.md)",
        )
    })
}
