//! `postroom templates list|show|check`.

use super::output::{json, line, table};
use super::{Common, Failure, office};
use crate::cli::Exit;
use crate::config;
use crate::contract::templates::Text;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum TemplatesCommand {
    /// List the shipped texts.
    ///
    /// Example: postroom templates list invoice/
    List {
        /// Only those whose path begins so.
        prefix: Option<String>,
    },
    /// Print the source of a shipped text, as a start for your own.
    ///
    /// Example: postroom templates show invoice/new/en/body.txt
    Show {
        /// Path of the text.
        name: String,
    },
    /// Check a folder of your own texts together with the shipped ones around them.
    ///
    /// Finds unknown fields, syntax errors, missing languages, mails over 102 KB, images without alternative text
    /// and what mail programs do not support. Ends with exit code 3 if there is an error.
    ///
    /// Example: postroom templates check my-templates/
    Check {
        /// Folder with the layout of `postroom templates list`; without it, the shipped texts are checked.
        folder: Option<PathBuf>,
    },
}

pub(super) async fn run(common: &Common, command: &TemplatesCommand) -> Result<Exit, Failure> {
    let office = office::reading(common)?;
    let files = office::no_files();
    match command {
        TemplatesCommand::List { prefix } => {
            let mut names = office.catalogue(&files).await?;
            names.retain(|name| name.starts_with(prefix.as_deref().unwrap_or_default()));
            if common.json {
                json(&names)?;
            } else {
                names.iter().try_for_each(|name| line(name))?;
            }
        }
        TemplatesCommand::Show { name } => {
            let source = office.shipped(&files, name).await?.ok_or_else(|| {
                Failure::input(format!("there is no shipped text \"{name}\": see `postroom templates list`"))
            })?;
            if common.json {
                json(&serde_json::json!({ "name": name, "source": source }))?;
            } else {
                line(source.trim_end_matches('\n'))?;
            }
        }
        TemplatesCommand::Check { folder } => {
            let own = folder.as_deref().map(config::read_templates).transpose()?.unwrap_or_default();
            let overrides: Vec<Text> = own.into_iter().map(|(name, source)| Text { name, source }).collect();
            let findings = office.check(&files, &overrides).await?;
            let errors = findings.iter().filter(|f| f.severity == "error").count();
            if common.json {
                json(&findings)?;
            } else if findings.is_empty() {
                line("no findings")?;
            } else {
                let rows = findings.iter().map(|f| {
                    let place = f.line.map(|l| format!("{}:{l}", f.name)).unwrap_or_else(|| f.name.clone());
                    vec![f.severity.clone(), place, f.rule.clone(), f.detail.clone()]
                });
                table(&["severity", "where", "rule", "what to do"], rows)?;
            }
            if errors > 0 {
                return Ok(Exit::Input);
            }
        }
    }
    Ok(Exit::Done)
}
