//! Everything a person or CI runs.

mod contract;

use anyhow::{Context, bail};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => {
            contract::check_docs(&root.join("wit"))?;
            println!("contract: {}", contract::check_against_release(root)?);
            Ok(())
        }
        _ => bail!("say what to do: cargo xtask tidy"),
    }
}
