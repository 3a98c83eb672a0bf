//! What an API's answer means to a host that calls it by itself: just what [`submit`](super::submit) makes of that answer.

use super::response::no_answer;
use super::web::{WebError, WebResponse};
use super::{
    Mail, OutgoingMail, SubmissionResult, check, fault, gmail, graph, not_attempted, outcome_of, sendgrid,
};
use crate::domain::delivery::Transport;
use chrono::{DateTime, FixedOffset};

/// Settles an attempt by the answer to the request that hands over the mail. An SMTP server's answer is
/// [`settle`](crate::domain::delivery::settle)'s.
pub fn settle_api(
    transport: &str,
    outgoing: &OutgoingMail,
    response: Result<WebResponse, WebError>,
    at: DateTime<FixedOffset>,
) -> SubmissionResult {
    let taken = match Transport::named(transport) {
        Ok(Transport::Gmail) => gmail::receipt,
        Ok(Transport::Graph) => graph::receipt,
        Ok(Transport::SendGrid) => sendgrid::receipt,
        Ok(Transport::Smtp) => {
            return not_attempted(fault(
                "transport",
                "\"smtp\" is no API: its answers are settled by `settle`",
            ));
        }
        Err(unknown) => return not_attempted(fault("transport", unknown)),
    };
    let mail = match check(outgoing).and_then(|recipients| Mail::read(outgoing, recipients, "")) {
        Ok(mail) => mail,
        Err(error) => return not_attempted(error),
    };
    let response =
        response.map_err(|error| no_answer(error, true)).and_then(|response| taken(&mail, &response));
    outcome_of(&outgoing.recipients, response, at)
}
