//! `postroom account administrator-page`: what to forward to the mail provider's administrator (rule A15).

use crate::Exit;
use crate::output::{json, line};
use crate::store_args::CompanyArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::administrator_page;
use postroom_model::Name;

#[derive(Debug, Args)]
#[command(after_help = "\
The addresses and the region that our connections come from are the operator's settings ([origin]).

Examples:
  postroom account administrator-page office --language nl
  postroom account administrator-page --html > page.html")]
pub(crate) struct PageArgs {
    /// The accounts. Otherwise: all.
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<Name>,
    #[command(flatten)]
    company: CompanyArgs,
    /// Language: nl, fr, en or de.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// As an HTML document instead of plain text.
    #[arg(long)]
    html: bool,
}

pub(super) async fn run(common: &Common, args: &PageArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    let plugin = load_plugin::reading(common)?;
    let language = args.language.as_deref();
    let page = administrator_page(&connections, &company, &plugin, &args.accounts, language).await?;
    match (common.json, args.html) {
        (true, _) => json(&page)?,
        (_, true) => line(&page.html)?,
        _ => line(&format!("{}\n\n{}", page.title, page.text))?,
    }
    Ok(Exit::Done)
}
