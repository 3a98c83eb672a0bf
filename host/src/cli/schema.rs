//! `postroom schema`: the published JSON Schemas, and the table of kinds and use cases.

use super::output::{json, line, table};
use super::{Common, Failure, office};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom schema document > document.schema.json
  postroom schema settings
  postroom schema kinds")]
pub(super) struct SchemaArgs {
    /// `document`, `settings`, `account` (JSON Schema, draft 2020-12) or `kinds` (which use cases a kind of document has).
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) async fn run(common: &Common, args: &SchemaArgs) -> Result<ExitCode, Failure> {
    let office = office::reading(common)?;
    let files = office::no_files();
    let description = office.describe(&files).await?;
    match args.name.as_deref() {
        None if common.json => json(&description)?,
        None => {
            line(&format!("plugin {}", description.version))?;
            line(&format!("schemas: {}, kinds", description.schemas.join(", ")))?;
            line(&format!("languages: {}", description.languages.join(", ")))?;
            line(&format!("documents: {}", description.media_types.join(", ")))?;
        }
        Some("kinds") if common.json => json(&description.kinds)?,
        Some("kinds") => {
            let rows =
                description.kinds.into_iter().map(|k| vec![k.name, k.audience, k.use_cases.join(", ")]);
            table(&["kind", "goes to", "use cases"], rows)?;
        }
        Some(name) => {
            let schema = office.schema(&files, name).await?.ok_or_else(|| {
                let known = description.schemas.join(", ");
                Failure::input(format!("there is no schema \"{name}\": there are {known}, kinds"))
            })?;
            line(schema.trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
