//! `postroom schema`: the published JSON Schemas, and the table of kinds and use cases.

use super::output::{json, line, table};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use std::collections::BTreeMap;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom schema document > document.schema.json
  postroom schema settings
  postroom schema kinds
  postroom schema providers")]
pub(super) struct SchemaArgs {
    /// `document`, `settings`, `account` (JSON Schema, draft 2020-12), `kinds` (which use cases a kind of document has)
    /// or `providers` (mail providers whose servers are known).
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// When each use case is the one to take.
const USE_CASES: [(&str, &str); 8] = [
    ("new", "the document goes out for the first time, or corrected"),
    ("copy", "the document itself came by Peppol or another network, and the mail brings a copy to read"),
    (
        "reminder-1",
        "the first, friendly step: about an invoice, or about an offer or an order that was not answered",
    ),
    ("reminder-2", "a reminder was sent, and the invoice is still open"),
    ("reminder-3", "the last step before others are considered"),
    ("overdue", "you send one plain notice after the due date, and no ladder of reminders"),
    ("thank-you", "the payment, the order or the offer came in"),
    ("cancelled", "the document no longer holds"),
];

pub(super) async fn run(common: &Common, args: &SchemaArgs) -> Result<Exit, Failure> {
    let company_plugin = load_plugin::reading(common)?;
    let files = load_plugin::no_files();
    let vocabulary: BTreeMap<String, Vec<String>> =
        company_plugin.vocabulary(&files).await?.into_iter().collect();
    let list = |name: &str| vocabulary.get(name).map(|list| list.join(", ")).unwrap_or_default();
    match args.name.as_deref() {
        None if common.json => {
            let limits: BTreeMap<String, u32> =
                company_plugin.plugin_limits(&files).await?.into_iter().collect();
            let mut whole = serde_json::json!({
                "version": company_plugin.version(&files).await?, "kinds": company_plugin.kinds(&files).await?, "limits": limits,
            });
            for (name, list) in vocabulary {
                whole[name.replace('-', "_")] = list.into();
            }
            json(&whole)?;
        }
        None => {
            line(&format!("plugin {}", company_plugin.version(&files).await?))?;
            line(&format!("schemas: {}, kinds, providers", list("schemas")))?;
            line(&format!("languages: {}", list("languages")))?;
            line(&format!("documents: {}", list("media-types")))?;
        }
        Some("kinds") if common.json => json(&company_plugin.kinds(&files).await?)?,
        Some("kinds") => {
            let rows = company_plugin
                .kinds(&files)
                .await?
                .into_iter()
                .map(|k| vec![k.name, k.audience, k.use_cases.join(", ")]);
            table(&["kind", "goes to", "use cases"], rows)?;
            line("")?;
            let rows = USE_CASES.into_iter().map(|(name, when)| vec![name.to_owned(), when.to_owned()]);
            table(&["use case", "to be taken when"], rows)?;
        }
        Some("providers") => {
            let presets = company_plugin.presets(&files).await?;
            if common.json {
                json(&presets)?;
            } else {
                let rows = presets
                    .into_iter()
                    .map(|it| vec![it.id, it.name, it.transport, it.sign_in.join(", "), it.source]);
                table(&["provider", "name", "transport", "sign-in", "servers by"], rows)?;
            }
        }
        Some(name) => {
            let schema = company_plugin.schema(&files, name).await?.ok_or_else(|| {
                let known = list("schemas");
                Failure::input(format!("there is no schema \"{name}\": there are {known}, kinds, providers"))
            })?;
            line(schema.trim_end())?;
        }
    }
    Ok(Exit::Done)
}
