//! UID SEARCH of a range: which uids exist now. The answer is evidence of what is gone, so one that can't be read in full is
//! an error.

use std::ops::RangeInclusive;

use io_imap::types::command::CommandBody;
use io_imap::types::core::Vec1;
use io_imap::types::fetch::MessageDataItemName;
use io_imap::types::search::SearchKey;
use io_imap::types::sequence::SequenceSet;

use super::super::Verdict;
use super::super::connection::{CommandResponse, Connection, MOST_MEMORY, SMALL, item};
use super::super::failure::{MailboxError, Stage};
use super::super::request::Request;
use super::super::response::Value;
use super::super::search::LONG_LIST;
use super::super::selected::Access;
use super::super::wire::Expected;
use super::uid_set::UidSet;
use crate::budget::{OverBudget, Reservation, SERVERS};

/// Uids that one command asks for in a folder with more messages: so many fit in one answer.
const WINDOW: u32 = 500_000;

/// Why an answer lists no uids.
enum Unlisted {
    /// There is no line of SEARCH or ESEARCH.
    Absent,
    /// There is one that can't be read.
    Unreadable,
    OverBudget(OverBudget),
}

impl From<OverBudget> for Unlisted {
    fn from(over: OverBudget) -> Self {
        Self::OverBudget(over)
    }
}

impl Connection {
    /// Lists the uids of a range that exist. A folder that is open is brought up to date first: servers search it as it was
    /// when they reported changes last.
    pub(in crate::imap) async fn existing(
        &mut self,
        folder: &str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> Result<UidSet, MailboxError> {
        let was_open = self.has_open(folder);
        self.open_as(folder, uid_validity, Access::Read).await?;
        let (mut next, end) = ((*range.start()).max(1), *range.end());
        if next > end {
            return Ok(UidSet::new());
        }
        if was_open {
            self.bring_up_to_date().await?;
        }
        let (messages, uid_next) = self
            .selected
            .as_ref()
            .map_or((0, 0), |selected| (selected.state.messages, selected.state.uid_next));
        let mut found = Found { pairs: Vec::new(), window: (0, 0), memory: SERVERS.reservation(MOST_MEMORY) };
        while next <= end {
            // Behind the least uid that a new message can get there are few messages.
            let last = if messages <= WINDOW || next >= uid_next {
                end
            } else {
                end.min(next.saturating_add(WINDOW - 1))
            };
            self.list(next, last, &mut found).await?;
            let Some(behind) = last.checked_add(1) else { break };
            next = behind;
        }
        Ok(UidSet::from_pairs(found.pairs))
    }

    async fn bring_up_to_date(&mut self) -> Result<(), MailboxError> {
        let limit = self.timeouts.command;
        let response = self.run(CommandBody::Noop, SMALL, limit).await;
        let response = response.map_err(|error| self.unanswered("NOOP was not answered", &error))?;
        self.expect_ok(&response, "the server refused NOOP")
    }

    async fn list(&mut self, first: u32, last: u32, found: &mut Found) -> Result<(), MailboxError> {
        // Some servers refuse the greatest uid as a number.
        let set = if last == u32::MAX { format!("{first}:*") } else { format!("{first}:{last}") };
        let unusable = |_| self.server.ruled_out(format!("{set} are no uids"));
        let set = SequenceSet::try_from(set.as_str()).map_err(unusable)?;
        let criteria = Vec1::from(SearchKey::Uid(set.clone()));
        let mut request =
            Request::typed(self.tag(), CommandBody::Search { charset: None, criteria, uid: true });
        if self.can("ESEARCH") {
            request = request.after_name("UID SEARCH", "RETURN (ALL) ");
        }
        let limit = self.timeouts.search;
        let response = self.run_request(&request, LONG_LIST, limit).await;
        let response = response.map_err(|error| self.unanswered("listing the uids failed", &error))?;
        self.expect_ok(&response, "the server does not list the uids")?;
        found.window = (first, last);
        match found.read(&response, &request.tag) {
            Ok(()) => Ok(()),
            // Some servers answer nothing where nothing is found, and so does one that lost the answer: ask otherwise.
            Err(Unlisted::Absent) => {
                let items = vec![MessageDataItemName::Uid, MessageDataItemName::Flags];
                let expected = Expected { data: &["FETCH"], ..SMALL };
                let response = self.fetch(set, items, None, expected).await?;
                let uids = response.fetched().filter_map(|items| item(items, "UID")?.number());
                uids.map(|uid| (uid, uid))
                    .try_for_each(|pair| found.add(pair))
                    .map_err(|over| self.over_budget(over))
            }
            Err(Unlisted::Unreadable) => {
                let what = "the server's list of uids can't be read";
                Err(self.server.failure(Stage::Command, Verdict::Permanent, what).into())
            }
            Err(Unlisted::OverBudget(over)) => Err(self.over_budget(over)),
        }
    }
}

/// The uids of the answers so far.
struct Found {
    pairs: Vec<(u32, u32)>,
    /// What the last command asked for: `n:*` finds the last message also where its uid is below n.
    window: (u32, u32),
    memory: Reservation,
}

impl Found {
    fn add(&mut self, (first, last): (u32, u32)) -> Result<(), OverBudget> {
        let (first, last) = (first.max(self.window.0), last.min(self.window.1));
        if first > last {
            return Ok(());
        }
        match self.pairs.last_mut() {
            Some(before) if before.1.checked_add(1) == Some(first) => before.1 = last,
            _ => {
                self.memory.room_for_one(&mut self.pairs)?;
                self.pairs.push((first, last));
            }
        }
        Ok(())
    }

    fn read(&mut self, response: &CommandResponse, tag: &str) -> Result<(), Unlisted> {
        let mut is_listed = false;
        for line in response.named("SEARCH") {
            is_listed = true;
            let numbers = line.first().and_then(Value::bytes).unwrap_or_default();
            for word in numbers.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                // `(MODSEQ 7)` at the end.
                if word.starts_with(b"(") {
                    break;
                }
                let uid = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
                let uid: u32 = uid.ok_or(Unlisted::Unreadable)?;
                self.add((uid, uid))?;
            }
        }
        for line in response.named("ESEARCH") {
            let correlator = line.first().and_then(Value::list);
            let answered = correlator.and_then(|list| item(list, "TAG")).and_then(Value::text);
            if answered.is_some_and(|answered| answered != tag) {
                continue;
            }
            is_listed = true;
            let Some(set) = item(line, "ALL") else { continue };
            let set = set.atom().ok_or(Unlisted::Unreadable)?;
            for text in set.split(',') {
                self.add(super::uid_set::pair(text).ok_or(Unlisted::Unreadable)?)?;
            }
        }
        if is_listed { Ok(()) } else { Err(Unlisted::Absent) }
    }
}
