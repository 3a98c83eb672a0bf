//! Spans of the log: whatever is logged on the way of a mail carries the ids of its company, account, mail and attempt, so that an
//! operator can follow one mail among thousands. Ids alone: no address and no secret is in a span.

use postroom_model::{AccountId, CompanyId};
use postroom_store::{AttemptId, MailId};
use tracing::{Span, info_span};

/// Opens the span of a company's work.
pub(super) fn company(company: CompanyId) -> Span {
    info_span!("company", company = %company)
}

/// Opens the span of an account's work.
pub(super) fn account(company: CompanyId, account: AccountId) -> Span {
    info_span!("account", company = %company, account = %account)
}

/// Opens the span of a mail of an account.
pub(super) fn mail(company: CompanyId, account: AccountId, mail: MailId) -> Span {
    info_span!("mail", company = %company, account = %account, mail = %mail)
}

/// Opens the span of an attempt, inside that of its mail.
pub(super) fn attempt(attempt: AttemptId) -> Span {
    info_span!("attempt", attempt = %attempt)
}
