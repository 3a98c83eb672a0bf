//! `postroom schema`: the published JSON Schemas, and the table of kinds and use cases.

use super::output::{json, line, table};
use super::{Common, Failure, office};
use crate::cli::Exit;
use clap::Args;

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

pub(super) async fn run(common: &Common, args: &SchemaArgs) -> Result<Exit, Failure> {
    let office = office::reading(common)?;
    let files = office::no_files();
    let description = office.describe(&files).await?;
    match args.name.as_deref() {
        None if common.json => json(&description)?,
        None => {
            line(&format!("plugin {}", description.version))?;
            line(&format!("schemas: {}, kinds, providers", description.schemas.join(", ")))?;
            line(&format!("languages: {}", description.languages.join(", ")))?;
            line(&format!("documents: {}", description.media_types.join(", ")))?;
        }
        Some("kinds") if common.json => json(&description.kinds)?,
        Some("kinds") => {
            let rows =
                description.kinds.into_iter().map(|k| vec![k.name, k.audience, k.use_cases.join(", ")]);
            table(&["kind", "goes to", "use cases"], rows)?;
        }
        Some("providers") => {
            let presets = office.presets(&files).await?;
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
            let schema = office.schema(&files, name).await?.ok_or_else(|| {
                let known = description.schemas.join(", ");
                Failure::input(format!("there is no schema \"{name}\": there are {known}, kinds, providers"))
            })?;
            line(schema.trim_end())?;
        }
    }
    Ok(Exit::Done)
}
