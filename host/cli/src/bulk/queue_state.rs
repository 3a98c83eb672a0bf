//! Documents whose mails ended badly before, and are not sent again unasked: how many there are, and what to do about them.
//! A batch that has nothing left to send is not done while they stand so.

use super::preflight::Row;
use crate::Exit;
use crate::Failure;
use crate::output::line;
use postroom_store::QueueState;
use serde::Serialize;

/// Where the mail of a document stands since an earlier start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stands {
    /// It left for some, and not for all.
    Failed,
    /// It may have left.
    InDoubt,
}

impl Stands {
    pub(super) fn of(queue_state: &QueueState) -> Option<Self> {
        match queue_state {
            QueueState::Failed { .. } => Some(Self::Failed),
            QueueState::InDoubt { .. } => Some(Self::InDoubt),
            QueueState::Ready { .. } | QueueState::Held { .. } | QueueState::Sent | QueueState::Cancelled => {
                None
            }
        }
    }
}

fn count(rows: &[Row], stands: Stands) -> usize {
    rows.iter().filter(|row| row.stands == Some(stands)).count()
}

/// What the exit code says of them: what `send` says of such a mail. None: there are none.
pub(super) fn exit(rows: &[Row]) -> Option<Exit> {
    match (count(rows, Stands::InDoubt), count(rows, Stands::Failed)) {
        (0, 0) => None,
        (0, _) => Some(Exit::Refused),
        _ => Some(Exit::InDoubt),
    }
}

/// Says how many there are, and what to do.
pub(super) fn tell(rows: &[Row]) -> Result<(), Failure> {
    let failed = count(rows, Stands::Failed);
    if failed > 0 {
        line(&format!(
            "{failed} stand as failed for some of their recipients, and are not sent again unasked: `postroom status NUMBER` \
             says for whom; --again sends them to everybody once more"
        ))?;
    }
    let in_doubt = count(rows, Stands::InDoubt);
    if in_doubt > 0 {
        line(&format!(
            "{in_doubt} are in doubt since an earlier start, and may have left: ask a recipient, then \
             `postroom resume NUMBER --send-again` or `postroom outbox cancel NUMBER`"
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn rows(stands: &[Option<Stands>]) -> Vec<Row> {
        let row = |stands: &Option<Stands>| {
            let mut row = Row::repeated(PathBuf::new(), "");
            row.stands = *stands;
            row
        };
        stands.iter().map(row).collect()
    }

    #[test]
    fn what_stands_since_earlier_is_part_of_the_exit_code() {
        let (failed, in_doubt) = (Some(Stands::Failed), Some(Stands::InDoubt));
        for (stands, wanted) in [
            (&[][..], [0, 3, 4, 5, 6]),
            (&[None, None], [0, 3, 4, 5, 6]),
            (&[None, failed], [4, 4, 4, 4, 6]),
            (&[in_doubt, None], [6, 6, 6, 6, 6]),
            (&[failed, in_doubt], [6, 6, 6, 6, 6]),
        ] {
            let earlier = exit(&rows(stands)).unwrap_or(Exit::Done);
            let batch = [Exit::Done, Exit::Input, Exit::Refused, Exit::Later, Exit::InDoubt];
            assert_eq!(batch.map(|it| it.or_worse(earlier).code()), wanted, "{stands:?}");
        }
    }
}
