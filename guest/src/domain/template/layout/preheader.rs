//! What shows beside the subject in a list of mails.

use super::amount::{Due, Headline};
use super::row::Row;
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::words::Words;

/// Characters of a body that a preheader takes.
const BEGINNING: usize = 110;

/// Writes the amount and the date to keep; without either, how the text begins.
pub(super) fn text(
    amount: Option<&Headline>,
    due: Option<&Due>,
    facts: &[Row],
    words: &Words,
    body: &[Vec<String>],
) -> Result<String, TemplateFault> {
    let colon = words.get("colon")?;
    let labelled = |label: &str, value: &str| format!("{label}{colon} {value}");
    let amount = amount.map(|amount| match amount.is_asked && due.is_some() {
        true => amount.value.clone(),
        false => labelled(&amount.label, &amount.value),
    });
    let date = match due {
        Some(due) => Some(due.text.clone()),
        None => {
            let keys = ["valid_until", "quote_due", "delivery_date", "requested_delivery_date"];
            let labels = keys.map(|key| words.get(key).unwrap_or_default());
            let found = facts.iter().find(|row| labels.contains(&row.label.as_str()));
            found.map(|row| labelled(&row.label, &row.value))
        }
    };
    let parts: Vec<String> = [amount, date].into_iter().flatten().collect();
    if !parts.is_empty() {
        return Ok(parts.join(" · "));
    }
    let first = body.first().map(|lines| lines.join(" ")).unwrap_or_default();
    // A text that goes on after its greeting begins here.
    let mut letters = first.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    Ok(match first.char_indices().nth(BEGINNING) {
        Some((at, _)) => format!("{}…", first[..at].trim_end()),
        None => first,
    })
}
