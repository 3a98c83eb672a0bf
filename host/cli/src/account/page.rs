//! `postroom account administrator-page`: what to forward to the mail provider's administrator (rule A15).

use crate::Exit;
use crate::output::{json, line};
use crate::store_args::CompanyArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::description;
use postroom_contract::accounts::Operator;
use postroom_model::{Name, UserSettings};

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
    let admin = connections.store().company_store(company.id);
    let mut accounts = Vec::new();
    for name in &args.accounts {
        accounts.push(admin.account(name).await?);
    }
    if args.accounts.is_empty() {
        accounts = admin.accounts().await?;
    }
    let none = UserSettings::default();
    let described: Vec<_> = accounts.iter().map(|it| description(&connections, it, &none)).collect();
    let of = &connections.operator().origin;
    let operator = Operator {
        product: of.product.clone().unwrap_or_else(|| "Postroom".to_owned()),
        addresses: of.addresses.clone(),
        region: of.region.clone(),
        contact: of.contact.clone(),
    };
    let company_plugin = load_plugin::reading(common)?;
    let page = company_plugin
        .administrator_page(&load_plugin::no_files(), &described, &operator, args.language.as_deref())
        .await?;
    let page = page.map_err(|fault| Failure::other(fault.sentence()))?;
    match (common.json, args.html) {
        (true, _) => json(&page)?,
        (_, true) => line(&page.html)?,
        _ => line(&format!("{}\n\n{}", page.title, page.text))?,
    }
    Ok(Exit::Done)
}
