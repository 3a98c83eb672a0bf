//! `postroom company records`: where the company's records are.

use crate::Exit;
use crate::output::{done, json, line, printable};
use crate::store_args::CompanyArgs;
use crate::{Common, Failure};
use clap::Args;
use postroom::app::{Connections, RecordsChange, change_records, records_row, remove_records};
use postroom::records::RecordsKey;
use postroom_model::AllowList;
use postroom_model::{Company, RecordsPlace, ServiceUrl};
use std::num::NonZeroU32;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
An ERP speaks the interface of docs/records.md; the key is one line that both sides keep, such as `openssl rand -hex 32` gives.
From then on it is told each status of the company's mails, by `postroom worker` and `postroom serve`. A folder must be one that the
operator allows (docs/operator.md). Without options: what is set up.

Examples:
  postroom company records --url https://erp.example/postroom/ --key-file records.key
  postroom company records --url https://erp.intern.example/postroom/ --allow-private 10.0.0.0/8
  postroom company records --folder /srv/documents
  postroom company records --off")]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Base URL of the ERP's interface.
    #[arg(long, value_name = "URL", conflicts_with = "folder")]
    url: Option<ServiceUrl>,
    /// File with the key that requests are signed with, in place of an earlier one.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The ERP's server may be at this network, address or host name although it is not on the public internet. May be
    /// repeated.
    #[arg(long, value_name = "PLACE", requires = "url")]
    allow_private: Vec<String>,
    /// Certificates (PEM) that are trusted besides the system's.
    #[arg(long, value_name = "FILE", requires = "url")]
    ca_file: Option<PathBuf>,
    /// Seconds that each step of a request may take, at most 60. Otherwise: 20.
    #[arg(long, value_name = "SECONDS", requires = "url", value_parser = clap::value_parser!(u32).range(1..=60))]
    timeout: Option<u32>,
    /// A folder of documents instead of an ERP.
    #[arg(long, value_name = "DIR", conflicts_with = "key_file")]
    folder: Option<PathBuf>,
    /// The company has no records any more: the key and what was not told yet are forgotten.
    #[arg(long, conflicts_with_all = ["url", "key_file", "folder"])]
    off: bool,
}

pub(crate) async fn run(common: &Common, args: &PlaceArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    if args.off {
        remove_records(&connections, &company).await?;
        done(common, &format!("{} has no records any more", company.name))?;
        return Ok(Exit::Done);
    }
    let change = RecordsChange { place: args.place()?, key: args.key()? };
    change_records(&connections, &company, change).await?;
    show(common, &connections, &company).await?;
    Ok(Exit::Done)
}

impl PlaceArgs {
    /// Reads the key that is given; none: it stays as it is.
    fn key(&self) -> Result<Option<RecordsKey>, Failure> {
        let Some(file) = &self.key_file else { return Ok(None) };
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|e| Failure::input(format!("can't read {}: {e}", file.display())))?;
        let key = RecordsKey::new(&text);
        Ok(Some(key.map_err(|e| Failure::input(format!("{}: {e}", file.display())))?))
    }

    /// Reads the place that is named; none: it stays as it is.
    fn place(&self) -> Result<Option<RecordsPlace>, Failure> {
        if let Some(folder) = &self.folder {
            let unreadable = |e: std::io::Error| Failure::input(format!("{}: {e}", folder.display()));
            let path = folder.canonicalize().map_err(unreadable)?;
            std::fs::read_dir(&path).map_err(unreadable)?;
            return Ok(Some(RecordsPlace::Folder { path }));
        }
        let Some(url) = &self.url else { return Ok(None) };
        let allow_private = AllowList::of(&self.allow_private);
        let trusted_ca = match &self.ca_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                Some(text.map_err(|e| Failure::input(format!("can't read {}: {e}", file.display())))?)
            }
            None => None,
        };
        Ok(Some(RecordsPlace::Erp {
            url: url.clone(),
            allow_private: allow_private.map_err(|e| Failure::input(format!("--allow-private: {e}")))?,
            trusted_ca,
            timeout: self.timeout.and_then(NonZeroU32::new),
        }))
    }
}

async fn show(common: &Common, connections: &Connections, company: &Company) -> Result<(), Failure> {
    let Some(row) = records_row(connections, company).await? else {
        if common.json {
            return json(&serde_json::json!({ "company": company.name, "records": null }));
        }
        return line(&format!("{} has no records: name them with --url or --folder", company.name));
    };
    let paused = chrono::DateTime::from_timestamp_millis(row.due).filter(|it| *it > chrono::Utc::now());
    if common.json {
        return json(&serde_json::json!({
            "company": company.name, "records": row.place, "tries": row.tries, "words": row.words,
            "paused_until": paused.map(|it| it.to_rfc3339()),
        }));
    }
    line(&format!("company  {}", company.name))?;
    line(&printable(&format!("records  {}", row.place)))?;
    if let RecordsPlace::Erp { allow_private, .. } = &row.place {
        line(&format!("allowed  besides the public internet: {allow_private}"))?;
    }
    match (row.words, paused) {
        (Some(words), Some(until)) => {
            let clock = until.with_timezone(&chrono::Local).format("%H:%M:%S");
            line(&printable(&format!("told     again at {clock}: {words}")))
        }
        _ => Ok(()),
    }
}
