//! Documents whose mails ended badly before, and are not sent again unasked: how many there are, and what to do about them.
//! A batch that has nothing left to send is not done while they stand so.

use crate::Exit;
use crate::Failure;
use crate::output::line;
use postroom::app::bulk::{Row, Unresolved};

fn count(rows: &[Row], unresolved: Unresolved) -> usize {
    rows.iter().filter(|row| row.unresolved == Some(unresolved)).count()
}

/// Returns the exit code that `send` has for such a mail; none if there are none.
pub(super) fn exit(rows: &[Row]) -> Option<Exit> {
    match (count(rows, Unresolved::InDoubt), count(rows, Unresolved::Failed)) {
        (0, 0) => None,
        (0, _) => Some(Exit::Refused),
        _ => Some(Exit::InDoubt),
    }
}

/// Prints how many there are, and what to do.
pub(super) fn report(rows: &[Row]) -> Result<(), Failure> {
    let failed = count(rows, Unresolved::Failed);
    if failed > 0 {
        line(&format!(
            "{failed} stand as failed for some of their recipients, and are not sent again unasked: `postroom status NUMBER` \
             says for whom; --again sends them to everybody once more"
        ))?;
    }
    let in_doubt = count(rows, Unresolved::InDoubt);
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

    fn rows(unresolved: &[Option<Unresolved>]) -> Vec<Row> {
        let row = |unresolved: &Option<Unresolved>| {
            let mut row = Row::repeated(PathBuf::new(), "");
            row.unresolved = *unresolved;
            row
        };
        unresolved.iter().map(row).collect()
    }

    #[test]
    fn what_stands_since_earlier_is_part_of_the_exit_code() {
        let (failed, in_doubt) = (Some(Unresolved::Failed), Some(Unresolved::InDoubt));
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
