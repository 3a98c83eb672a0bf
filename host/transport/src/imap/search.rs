//! SEARCH, and ESEARCH (RFC 4731) where the server has it: its response is short, however many messages it found.

use io_imap::types::command::CommandBody;
use io_imap::types::core::Charset;

use super::MOST_MESSAGES;
use super::connection::{CommandResponse, Connection, item};
use super::criteria::{self, Search};
use super::failure::MailboxError;
use super::mailbox::{Criterion, Matches};
use super::request::Request;
use super::response::Value;
use super::selected::Access;
use super::wire::Expected;

/// A million uids in one line.
pub(super) const LONG_LIST: Expected =
    Expected { literal: 0, response: 8 << 20, data: &["SEARCH", "ESEARCH"] };
/// Ranges that are gathered before those that are too low are left out.
const MOST_RANGES: usize = 8 * MOST_MESSAGES;

impl Connection {
    pub(super) async fn search(
        &mut self,
        folder: &str,
        criteria: &[Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> Result<Matches, MailboxError> {
        let search = criteria::search(criteria, before).map_err(|reason| self.server.ruled_out(reason))?;
        let state = self.open(folder, Access::Read, true).await?;
        let nothing = Matches { uid_validity: state.uid_validity, uids: Vec::new(), more: false };
        let Search::Keys { keys, unicode, changed_since } = search else { return Ok(nothing) };
        if changed_since.is_some() && state.highest_modseq.is_none() {
            let what = "the server does not count changes of this folder";
            return Err(self.server.ruled_out(what).into());
        }
        // RFC 6855 §3: a server with `UTF8=ONLY` accepts no charset.
        let charset = (unicode && !self.can("UTF8=ONLY")).then(|| Charset::try_from("UTF-8").ok()).flatten();
        let body = CommandBody::Search { charset, criteria: keys, uid: true };
        let mut request = Request::typed(self.tag(), body);
        if self.can("ESEARCH") {
            request = request.after_name("UID SEARCH", "RETURN (ALL) ");
        }
        if let Some(sequence) = changed_since {
            request = request.at_end(&format!(" MODSEQ {}", sequence.saturating_add(1)));
        }
        let time = self.timeouts.search;
        let response = self.run_request(&request, LONG_LIST, time).await;
        let response = response.map_err(|error| self.unanswered("the search was not answered", &error))?;
        self.expect_ok(&response, "the server refused the search")?;
        let most = usize::try_from(limit).unwrap_or(MOST_MESSAGES).min(MOST_MESSAGES);
        let mut uids = found(&response, before, most + 1);
        let more = uids.len() > most;
        uids.truncate(most);
        Ok(Matches { uids, more, ..nothing })
    }
}

/// Returns the highest uids that were found, at most `most`.
fn found(response: &CommandResponse, before: Option<u32>, most: usize) -> Vec<u32> {
    let below = before.map_or(u64::from(u32::MAX) + 1, u64::from);
    let mut highest = Highest { below, most, ranges: Vec::new() };
    for line in response.named("SEARCH") {
        // Everything up to the first word that is no number, such as `(MODSEQ 7)` at the end.
        let numbers = line.first().and_then(Value::bytes).unwrap_or_default().split(|byte| *byte == b' ');
        let numbers = numbers.map_while(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        numbers.filter(|uid| *uid > 0).for_each(|uid| highest.add((uid, uid)));
    }
    for line in response.named("ESEARCH") {
        if let Some(set) = item(line, "ALL").and_then(Value::atom) {
            set.split(',').filter_map(range).for_each(|range| highest.add(range));
        }
    }
    highest.uids()
}

/// Collects the highest uids of any number of ranges, in little memory.
struct Highest {
    /// Those from here on do not count.
    below: u64,
    most: usize,
    ranges: Vec<(u32, u32)>,
}

impl Highest {
    fn add(&mut self, range: (u32, u32)) {
        if self.ranges.len() >= MOST_RANGES {
            self.ranges = self.uids().into_iter().map(|uid| (uid, uid)).collect();
        }
        if u64::from(range.0) < self.below {
            self.ranges.push(range);
        }
    }

    /// Returns the highest uids of the ranges so far, in descending order.
    fn uids(&mut self) -> Vec<u32> {
        // A range never counts what a higher one counted.
        self.ranges.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(other.0.cmp(&one.0)));
        let mut uids = Vec::new();
        let mut below = self.below;
        for (first, last) in &self.ranges {
            let mut next = (u64::from(*last) + 1).min(below);
            while next > u64::from(*first) && uids.len() < self.most {
                next -= 1;
                uids.extend(u32::try_from(next));
            }
            below = below.min(u64::from(*first));
            if uids.len() == self.most {
                break;
            }
        }
        uids
    }
}

/// Parses `3` or `5:9`, in either order. Uids begin at 1.
fn range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    Some((first.min(last).max(1), first.max(last)))
}
