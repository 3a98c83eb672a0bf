//! A mail that failed as a row of a table or of the JSON: why it is not sent again, in words.

use postroom::app::{NotResent, ResendRow, ResendVerdict};
use serde::Serialize;

/// A row with its reason in words.
#[derive(Debug, Serialize)]
pub(super) struct ShownRow<'a> {
    #[serde(flatten)]
    row: &'a ResendRow,
    why: Option<String>,
}

/// Puts a row's reason into words: why it is left out, or what is worth knowing.
pub(super) fn shown(row: &ResendRow) -> ShownRow<'_> {
    let note = row.loses_pixel.then(|| "whether it is opened is not checked".to_owned());
    ShownRow { row, why: row.reason.as_ref().map(words).or(note) }
}

/// Formats a row as the cells of a table.
pub(super) fn cells(row: &ResendRow) -> Vec<String> {
    let verdict = match row.verdict {
        ResendVerdict::Again => "again",
        ResendVerdict::Fixable => "fixable",
        ResendVerdict::LeftOut => "left out",
        ResendVerdict::NotSent => "not sent",
    };
    let why = shown(row).why.unwrap_or_default();
    vec![row.number.clone(), verdict.to_owned(), row.to.clone(), row.account.clone(), why]
}

fn words(reason: &NotResent) -> String {
    let which = |is_later: bool| if is_later { "a later" } else { "an earlier" };
    match reason {
        NotResent::AccountRemoved => "its account was removed: send the document as another one".to_owned(),
        NotResent::NoDocument => "it is about no document".to_owned(),
        NotResent::OwnProgram => "it is sent by your own mail program".to_owned(),
        NotResent::Gone => "it is not there any more, or you may not use its account any more".to_owned(),
        NotResent::ContentRemoved => "its content was removed: send the document again".to_owned(),
        NotResent::NoIntent => "what it is about is not known any more: send the document again".to_owned(),
        NotResent::LeftForSome => {
            "it left for some of its recipients, or may have: `postroom status` says for whom".to_owned()
        }
        NotResent::Became(state) => format!("it is {state} by now"),
        NotResent::OtherLeftForSome { mail, is_later } => {
            let which = which(*is_later);
            format!("{which} mail of it left for some of its recipients, or may have: {mail}")
        }
        NotResent::OtherIs { mail, is_later, state } => {
            format!("{} mail of it is {}: {mail}", which(*is_later), state.unwrap_or("known"))
        }
        NotResent::LaterFailed(mail) => format!(
            "a later mail of the number (another revision, or to others) failed, too: resume that one: {mail}"
        ),
        NotResent::AskedElsewhere => {
            "the document was asked for again from an account that you may not use".to_owned()
        }
        NotResent::Repeated(mail) => {
            format!("a later mail of the same failed, too: that one is sent again: {mail}")
        }
        NotResent::Unmakeable(error) => error.clone(),
        NotResent::Suppressed(all) => {
            let each = all.iter().map(|it| format!("{it}: `postroom suppressions release {}`", it.address));
            each.collect::<Vec<_>>().join("; ")
        }
        NotResent::ErrorFirst => "an error came first: start it again to go on".to_owned(),
        NotResent::Stopped => "stopped".to_owned(),
    }
}
