//! `postroom templates list|show|check`.

use super::output::{json, line, table};
use super::template_clients::{self, Checked};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Subcommand;
use postroom::app::CompanyPlugin;
use postroom::config;
use postroom_contract::templates::Text;
use std::collections::BTreeMap;
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
    /// Finds unknown fields, syntax errors, missing languages, mails over 102 KB, images without alternative text,
    /// what mail clients do not show (with the mails opened that this concerns at most), text that is hard to read in
    /// light or dark, and what makes a phone scroll sideways. Ends with exit code 3 if there is an error.
    ///
    /// Examples:
    ///   postroom templates check my-templates/
    ///   postroom templates check my-templates/ --clients
    #[command(verbatim_doc_comment)]
    Check {
        /// Folder with the layout of `postroom templates list`; without it, the shipped texts are checked.
        folder: Option<PathBuf>,
        /// Also list every client with what it lacks, and what is left where that is accepted.
        #[arg(long)]
        clients: bool,
    },
}

pub(super) async fn run(common: &Common, command: &TemplatesCommand) -> Result<Exit, Failure> {
    let company_plugin = load_plugin::reading(common)?;
    let files = load_plugin::no_files();
    match command {
        TemplatesCommand::List { prefix } => {
            let mut names = company_plugin.catalogue(&files).await?;
            names.retain(|name| name.starts_with(prefix.as_deref().unwrap_or_default()));
            if common.json {
                json(&names)?;
            } else {
                names.iter().try_for_each(|name| line(name))?;
            }
        }
        TemplatesCommand::Show { name } => {
            let source = company_plugin.shipped(&files, name).await?.ok_or_else(|| {
                Failure::input(format!("there is no shipped text \"{name}\": see `postroom templates list`"))
            })?;
            if common.json {
                json(&serde_json::json!({ "name": name, "source": source }))?;
            } else {
                line(source.trim_end_matches('\n'))?;
            }
        }
        TemplatesCommand::Check { folder, clients } => {
            let own = folder.as_deref().map(config::read_templates).transpose()?.unwrap_or_default();
            return check(common, &company_plugin, &own, *clients).await;
        }
    }
    Ok(Exit::Done)
}

/// Checks texts by the plugin's rules; where they hold, the mails that they become for mail clients.
async fn check(
    common: &Common,
    company_plugin: &CompanyPlugin,
    own: &BTreeMap<String, String>,
    clients: bool,
) -> Result<Exit, Failure> {
    let overrides = own.iter().map(|(name, source)| Text { name: name.clone(), source: source.clone() });
    let findings = company_plugin.check(&load_plugin::no_files(), &overrides.collect::<Vec<_>>()).await?;
    let errors = findings.iter().filter(|f| f.severity == "error").count();
    let shown =
        if errors == 0 { template_clients::check(company_plugin, own).await? } else { Checked::default() };
    if common.json {
        let mut all = findings.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        let of_clients = shown.findings.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        if let (Ok(all), Ok(of_clients)) = (&mut all, of_clients) {
            all.extend(of_clients);
        }
        let all = all.map_err(|e| Failure::other(e.to_string()))?;
        if clients {
            let mut whole = shown.clients_json();
            whole["findings"] = all.into();
            json(&whole)?;
        } else {
            json(&all)?;
        }
    } else if findings.is_empty() && shown.findings.is_empty() {
        line("no findings")?;
    } else {
        let rows = findings.iter().map(|f| {
            let place = f.line.map(|l| format!("{}:{l}", f.name)).unwrap_or_else(|| f.name.clone());
            vec![f.severity.clone(), place, f.rule.clone(), f.detail.clone()]
        });
        table(&["severity", "where", "rule", "what to do"], rows.chain(shown.rows()))?;
    }
    if clients && !common.json {
        shown.print_clients()?;
    }
    Ok(if errors > 0 { Exit::Input } else { Exit::Done })
}
