//! What becomes of a mail that failed, as a row.

use crate::cli::Failure;
use crate::cli::desk::{Desk, now};
use crate::cli::outbox;
use crate::store::{Listed, MailId, NotAgain, OutboxRow, QueueState};
use serde::Serialize;

/// A mail that failed, and what becomes of it.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) mail: MailId,
    pub(super) number: String,
    pub(super) to: String,
    pub(super) account: String,
    pub(super) verdict: Verdict,
    /// Why it is left out, or what is worth knowing.
    pub(super) why: Option<String>,
    /// The mail that it is sent as, once that is in the outbox.
    pub(super) sent_as: Option<MailId>,
    /// It came out otherwise than it was shown before the question.
    #[serde(skip)]
    pub(super) is_changed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// As a new mail.
    Again,
    /// Not before somebody has put right what the row says.
    Fixable,
    /// Another mail of the document decides.
    LeftOut,
    /// It could be, but the program ended before.
    NotSent,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Fixable => "fixable",
            Self::LeftOut => "left out",
            Self::NotSent => "not sent",
        }
    }
}

/// A mail that is not sent again, and why.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) verdict: Verdict,
    pub(super) why: String,
}

impl Aside {
    pub(super) fn fixable(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fixable, why: why.into() }
    }

    pub(super) fn left_out(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::LeftOut, why: why.into() }
    }

    /// Puts into words why a mail may not be sent again.
    pub(super) async fn of(desk: &Desk, mail: MailId, not: NotAgain) -> Result<Self, Failure> {
        Ok(match not {
            NotAgain::Unknown => {
                Self::fixable("it is not there any more, or you may not use its account any more")
            }
            NotAgain::Emptied => Self::fixable("its content was removed: send the document again"),
            NotAgain::NoIntent => {
                Self::fixable("what it is about is not known any more: send the document again")
            }
            // Those whom it did not reach are not written to alone.
            NotAgain::Left => Self::left_out(match state(desk, mail).await? {
                Some(row) if !is_failed(&row) => format!("it is {} by now", row.label(now())),
                _ => "it left for some of its recipients, or may have: `postroom status` says for whom"
                    .to_owned(),
            }),
            NotAgain::Other(other) => {
                let which = if other > mail { "a later" } else { "an earlier" };
                Self::left_out(match state(desk, other).await? {
                    Some(row) if is_failed(&row) => {
                        format!("{which} mail of it left for some of its recipients, or may have: {other}")
                    }
                    row => {
                        let state = row.as_ref().map_or("known", |row| row.label(now()));
                        format!("{which} mail of it is {state}: {other}")
                    }
                })
            }
            NotAgain::Failed(other) => Self::left_out(format!(
                "a later mail of the number (another revision, or to others) failed, too: resume that one: {other}"
            )),
            NotAgain::Elsewhere => {
                Self::left_out("the document was asked for again from an account that you may not use")
            }
            NotAgain::Repeated(other) => Self::left_out(format!(
                "a later mail of the same failed, too: that one is sent again: {other}"
            )),
        })
    }
}

async fn state(desk: &Desk, mail: MailId) -> Result<Option<OutboxRow>, Failure> {
    Ok(desk.user_store().outbox_rows(&[mail]).await?.remove(&mail))
}

fn is_failed(row: &OutboxRow) -> bool {
    matches!(row.queue_state, QueueState::Failed { .. })
}

impl Row {
    /// The row of a mail: what is worth knowing of one that is sent again, or why it is not.
    pub(super) fn of(mail: &Listed, judged: Result<Option<String>, Aside>) -> Self {
        let (verdict, why) = match judged {
            Ok(note) => (Verdict::Again, note),
            Err(aside) => (aside.verdict, Some(aside.why)),
        };
        Self {
            mail: mail.mail.id,
            number: mail.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default(),
            to: outbox::to(mail),
            account: mail.account.clone(),
            verdict,
            why,
            sent_as: None,
            is_changed: false,
        }
    }

    /// True of a mail that is to be sent again, and is not in the outbox yet.
    pub(super) fn is_wanted(&self) -> bool {
        self.verdict == Verdict::Again && self.sent_as.is_none()
    }

    /// Notes that it is not sent again after all.
    pub(super) fn set_aside(&mut self, aside: Aside) {
        (self.verdict, self.why, self.is_changed) = (aside.verdict, Some(aside.why), true);
    }

    /// The cells of a table.
    pub(super) fn cells(&self) -> Vec<String> {
        let why = self.why.clone().unwrap_or_default();
        vec![
            self.number.clone(),
            self.verdict.as_str().to_owned(),
            self.to.clone(),
            self.account.clone(),
            why,
        ]
    }
}
