//! A fetch of a mail's pixel: judged by the plugin's rule, and recorded as the fact that it proves (rules C3, C4).

use super::Installation;
use crate::app::{AppError, no_files};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom_contract::openings::Fetch;
use postroom_model::CompanyId;
use postroom_store::{Event, MailId};

/// Facts of a mail that its pixel tells at most: the hundredth opening is no news.
const MOST_FACTS: u64 = 20;

/// A fetch of a pixel.
#[derive(Debug, Clone)]
pub struct PixelFetch {
    /// The company of the pixel's token.
    pub company: CompanyId,
    /// The mail of the pixel's token.
    pub mail: MailId,
    /// `GET` or `HEAD`.
    pub method: &'static str,
    /// The field `User-Agent`.
    pub user_agent: Option<String>,
    /// What the client says that it fetches for (`Sec-Purpose`).
    pub purpose: Option<String>,
    /// Whose network it came from, by the name that the plugin's rule has for it.
    pub network: &'static str,
    /// When it came.
    pub at: DateTime<FixedOffset>,
}

/// The result of judging a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A fact was recorded, of this source and kind.
    Recorded {
        /// How it was learned.
        source: String,
        /// What happened.
        kind: String,
    },
    /// The company has no such mail.
    Unknown,
    /// Nothing: the mail has not left, or has several recipients of whom any may have fetched it.
    Ignored,
    /// Nothing new.
    Repeated,
    /// The plugin could not judge it, for this reason.
    NotJudged(String),
}

impl Opening {
    /// Gives the word that the metrics have for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Recorded { kind, .. } if kind == "opened" => "opened",
            Self::Recorded { .. } => "machine-open",
            Self::Unknown => "unknown",
            Self::Ignored => "ignored",
            Self::Repeated => "repeated",
            Self::NotJudged(_) => "lost",
        }
    }
}

impl Installation {
    /// Records what a fetch of a pixel proves.
    pub async fn record_opening(&self, fetch: &PixelFetch) -> Result<Opening, AppError> {
        let store = self.connections.store().system();
        let Some(mail) = store.tracked(fetch.mail).await?.filter(|it| it.company == fetch.company) else {
            return Ok(Opening::Unknown);
        };
        // A fetch before the mail left is no recipient's; of several recipients it may be any one's.
        let (Some(sent), [recipient]) = (mail.sent, mail.rcpt_to.as_slice()) else {
            return Ok(Opening::Ignored);
        };
        if mail.openings >= MOST_FACTS {
            return Ok(Opening::Repeated);
        }
        let stamp = |at: DateTime<FixedOffset>| at.to_rfc3339_opts(SecondsFormat::Millis, false);
        let asked = Fetch {
            method: fetch.method.to_owned(),
            user_agent: fetch.user_agent.clone(),
            purpose: fetch.purpose.clone(),
            network: fetch.network.to_owned(),
            sent: Some(stamp(sent)),
            at: stamp(fetch.at),
            recipient: recipient.clone(),
        };
        let plugin = self.plugin_for_stranger(mail.company);
        let fact = match plugin.classify_fetch(&no_files(), &asked).await {
            Ok(Ok(fact)) => fact,
            Ok(Err(fault)) => {
                return Ok(Opening::NotJudged(format!("the plugin can't judge {}", fault.sentence())));
            }
            Err(error) => return Ok(Opening::NotJudged(error.to_string())),
        };
        let event = Event {
            recipient: fact.recipient,
            kind: fact.kind,
            at: fetch.at,
            source: fact.source,
            code: fact.code,
            words: fact.words,
        };
        store.add_events(fetch.mail, std::slice::from_ref(&event)).await?;
        Ok(Opening::Recorded { source: event.source, kind: event.kind })
    }
}
