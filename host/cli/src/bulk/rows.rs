//! The rows of a batch for a person, who reads them in their language, and for a program, which reads English.

use crate::output::{line, table};
use crate::{Common, Failure, explained, mail};
use postroom::app::bulk::{Note, Problem, Quota, Row, SameNumber, Verdict};
use postroom::app::{Explanations, Session};
use serde::Serialize;

/// Files of one number that are named in a row.
const MOST_NAMED: usize = 5;

/// What has to be put right.
#[derive(Debug, Serialize)]
struct ShownProblem {
    field: &'static str,
    detail: String,
}

/// A row with its problems and notes in words.
#[derive(Debug, Serialize)]
pub(super) struct ShownRow<'a> {
    #[serde(flatten)]
    row: &'a Row,
    problems: Vec<ShownProblem>,
    notes: Vec<String>,
}

/// Puts the problems and notes of rows into words.
pub(super) async fn shown<'a>(
    common: &Common,
    session: &Session,
    rows: impl IntoIterator<Item = &'a Row>,
) -> Result<Vec<ShownRow<'a>>, Failure> {
    let rows: Vec<&Row> = rows.into_iter().collect();
    let warnings = rows.iter().flat_map(|row| {
        let noted = row.notes.iter().filter_map(|note| match note {
            Note::Warning(warning) => Some(warning),
            _ => None,
        });
        row.problems.iter().filter_map(Problem::warning).chain(noted)
    });
    let explained = match common.json {
        true => Explanations::default(),
        false => explained::explanations(&session.plugin, warnings).await?,
    };
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let mut problems = Vec::with_capacity(row.problems.len());
        for problem in &row.problems {
            let detail = words(common, session, row, problem, &explained).await;
            // What was fetched was in a folder of its own for a moment.
            let detail = match &row.fetched_into {
                Some(folder) => detail.replace(&format!("{}/", folder.display()), ""),
                None => detail,
            };
            problems.push(ShownProblem { field: problem.field(), detail });
        }
        let notes = row.notes.iter().map(|it| note(it, &explained)).collect();
        all.push(ShownRow { row, problems, notes });
    }
    Ok(all)
}

async fn words(
    common: &Common,
    session: &Session,
    row: &Row,
    problem: &Problem,
    explained: &Explanations,
) -> String {
    match problem {
        Problem::NotFetched(reason) => reason.clone(),
        Problem::NotMade(error) => match common.json {
            true => mail::failed(&row.source, None, error).message,
            false => mail::failed_in_words(&session.plugin, &row.source, None, error).await.message,
        },
        Problem::NoRecipient => {
            "nobody to send to: give the partner a contact with an e-mail address".to_owned()
        }
        Problem::NoAddress { text, detail } => format!("\"{text}\" is no address: {detail}"),
        Problem::DamagedFile(warning) | Problem::AddressedToCompany(warning) => explained.text(warning),
        Problem::MissingFile(warning) => {
            format!("{}: put it beside the document, or name its folder", explained.text(warning))
        }
        Problem::TooLarge { size, most } => format!(
            "{size} bytes as encoded; the account's provider takes {most}: leave attachments out, or send links"
        ),
        Problem::UnreadableAttachment(error) | Problem::UnreadableFile(error) => error.clone(),
        Problem::SameNumber(documents) => same_number(documents),
        Problem::Suppressed(one) => format!("{one}: `postroom suppressions release {}`", one.address),
    }
}

fn same_number(documents: &SameNumber) -> String {
    let SameNumber { number, files } = documents;
    let count = match files.len() {
        2 => "two".to_owned(),
        count => count.to_string(),
    };
    let mut named = files.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    if files.len() > MOST_NAMED {
        named.push_str(", …");
    }
    format!(
        "{count} different documents with the number {number}: {named}; keep one, or give --same-number to send them all"
    )
}

fn note(note: &Note, explained: &Explanations) -> String {
    match note {
        Note::SameAs(first) => format!("the same document as {first}"),
        Note::Warning(warning) => explained.text(warning),
        Note::OtherDomain { from, account, domain } => format!(
            "From is {from}, the account is {account}: SPF and DKIM of {domain} must allow the account's server"
        ),
        Note::Domain(lack) => lack.clone(),
        Note::AskedElsewhere => {
            "the same was asked for before, from an account that you may not use: ask an administrator (--again sends it \
             as a mail of its own)"
                .to_owned()
        }
        Note::FailedBefore { mail, reason } => {
            let why = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("it failed before{why}, and is sent again: mail {mail}")
        }
        Note::InOutbox { state } => format!("in the outbox since an earlier start, {state}"),
        Note::AskedBefore { mail, state } => {
            format!("the same was asked for before, {state}: mail {mail} (--again sends it again)")
        }
    }
}

/// Returns the notes that every composed mail has: they are the company's, most likely, and printed once.
fn shared_notes<'a>(rows: &'a [ShownRow<'_>]) -> Vec<&'a String> {
    let mut composed = rows.iter().filter(|it| it.row.size.is_some());
    let first = composed.next().map(|it| it.notes.as_slice()).unwrap_or_default();
    let others: Vec<&ShownRow<'_>> = composed.collect();
    let is_shared = |note: &&String| !others.is_empty() && others.iter().all(|it| it.notes.contains(note));
    first.iter().filter(is_shared).collect()
}

/// Prints the rows as a table, and the quota below.
pub(super) fn show(rows: &[ShownRow<'_>], quota: &Quota) -> Result<(), Failure> {
    let shared = shared_notes(rows);
    let cells = rows.iter().map(|ShownRow { row, problems, notes }| {
        let name = row.number.clone().unwrap_or_else(|| row.file.display().to_string());
        let to = row.to.iter().filter(|it| it.field != "reply-to");
        let verdict = match row.verdict {
            Verdict::Sendable => "sendable",
            Verdict::Fixable => "fixable",
            Verdict::LeftOut => "left out",
        };
        let problems = problems.iter().map(|it| format!("{}: {}", it.field, it.detail));
        vec![
            name,
            verdict.to_owned(),
            to.map(|it| format!("{} ({})", it.address, it.why)).collect::<Vec<_>>().join(", "),
            row.language.clone().unwrap_or_default(),
            row.template.clone().unwrap_or_default(),
            row.size.map(|size| format!("{} kB", size.div_ceil(1000))).unwrap_or_default(),
            problems
                .chain(notes.iter().filter(|it| !shared.contains(it)).cloned())
                .collect::<Vec<_>>()
                .join("; "),
        ]
    });
    table(&["document", "", "to", "language", "template", "size", "notes"], cells)?;
    for note in &shared {
        line(&format!("all of them: {note}"))?;
    }
    let rate =
        quota.per_minute.map_or_else(|| "no limit known".to_owned(), |rate| format!("{rate} a minute"));
    let end = quota.expected_end.format("%Y-%m-%d %H:%M");
    line(&format!("{} mails to send; pace: {rate}; expected end: {end}", quota.mails))?;
    quota.note.as_deref().map_or(Ok(()), line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_one_number_are_named_in_a_row() {
        let differs = |count: usize| {
            let files = (1..=count).map(|it| format!("{it}.json")).collect();
            same_number(&SameNumber { number: "F-1".into(), files })
        };
        assert!(
            differs(2).starts_with("two different documents with the number F-1: 1.json, 2.json; keep one")
        );
        assert!(
            differs(9).starts_with("9 different documents with the number F-1: 1.json, 2.json, 3.json, ")
        );
        assert!(differs(9).contains("5.json, …;"), "{}", differs(9));
    }
}
