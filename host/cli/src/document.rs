//! `postroom document`: the facts that Postroom reads from a document.

use super::output::{json, line, table};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use postroom::app::{Draft, DraftError};
use postroom_contract::documents::{Payment, Summary};
use postroom_contract::types::Address;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom document invoice.xml
  postroom document *.xml --json
  postroom document invoice.xml --convert > invoice.json")]
pub(super) struct DocumentArgs {
    /// Documents, .json or .xml (UBL 2.1).
    #[arg(required = true, value_name = "DOC")]
    documents: Vec<PathBuf>,
    /// Print the document as JSON by the schema `document` instead (one document only).
    #[arg(long)]
    convert: bool,
}

pub(super) async fn run(common: &Common, args: &DocumentArgs) -> Result<Exit, Failure> {
    let company_plugin = load_plugin::reading(common)?;
    let files = load_plugin::no_files();
    let mut summaries = Vec::new();
    for path in &args.documents {
        let sender = Address { name: None, address: String::new() };
        let draft = Draft::of_file(path, sender, String::new(), String::new())?;
        let named = |e: DraftError| Failure::input(format!("{}: {e}", path.display()));
        if args.convert {
            if args.documents.len() > 1 {
                return Err(Failure::input("--convert takes one document"));
            }
            let text = company_plugin
                .to_json(&files, &draft.document)
                .await?
                .map_err(|e| named(DraftError::Document(e)))?;
            line(&text)?;
            return Ok(Exit::Done);
        }
        let summary = company_plugin
            .read(&files, &draft.document)
            .await?
            .map_err(|e| named(DraftError::Document(e)))?;
        summaries.push((path, summary));
    }
    if common.json {
        let all =
            summaries.iter().map(|(path, summary)| serde_json::json!({ "file": path, "document": summary }));
        json(&all.collect::<Vec<_>>())?;
    } else {
        let rows = summaries.into_iter().map(|(path, summary)| row(&path.display().to_string(), summary));
        table(
            &[
                "file", "kind", "type", "number", "issued", "due", "from", "to", "total", "open", "paid by",
                "lines",
            ],
            rows,
        )?;
    }
    Ok(Exit::Done)
}

/// `transfer to BE71…, reference +++090/…+++`.
fn paid_by(of: Payment) -> String {
    let mut parts = vec![match of.account {
        Some(account) => format!("{} to {account}", of.method),
        None => of.method,
    }];
    parts.extend(of.reference.map(|reference| format!("reference {reference}")));
    parts.extend(of.mandate.map(|mandate| format!("mandate {mandate}")));
    parts.join(", ")
}

fn row(file: &str, summary: Summary) -> Vec<String> {
    let money = |m: Option<postroom_contract::documents::Amount>| {
        m.map(|m| format!("{} {}", m.currency, m.value)).unwrap_or_default()
    };
    // Who makes it out, and who gets it.
    let (from, to) = match summary.self_billed {
        true => (format!("{} (self-billed)", summary.buyer), summary.seller),
        false => (summary.seller, summary.buyer),
    };
    vec![
        file.to_owned(),
        summary.kind,
        summary.type_code.unwrap_or_default(),
        summary.number,
        summary.issue_date,
        summary.due_date.unwrap_or_default(),
        from,
        to,
        money(summary.total),
        money(summary.balance),
        summary.payment.map(paid_by).unwrap_or_default(),
        summary.lines.to_string(),
    ]
}
