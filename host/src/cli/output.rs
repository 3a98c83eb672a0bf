//! Tables, JSON and colour.

use super::failure::Failure;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Writes one JSON object and a line end to standard output.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::other(e.to_string()))?;
    line(&text)
}

/// Writes a line to standard output. A reader that went away (`| head`) is no failure.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::other(e.to_string())),
        _ => Ok(()),
    }
}

/// Writes a table: a row of headings, then rows.
pub(super) fn table<R: IntoIterator<Item = Vec<String>>>(headings: &[&str], rows: R) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }
    line(&table.trim_fmt())
}

/// Text in green where standard output is a terminal that shows colour.
pub(super) fn green(text: &str) -> String {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colour { format!("\u{1b}[32m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text from outside as it may be shown on a terminal: no control characters, which could move its cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
