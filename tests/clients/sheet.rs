//! The contact sheet: every kind and use case in every language, in light, in dark, and on a phone, as one picture to look
//! at. `cargo xtask sheet` makes it.

use crate::browser::node;
use crate::cases;
use crate::samples;
use postroom_plugin::domain::kind::TABLE;
use postroom_plugin::domain::language::Language;
use serde_json::json;
use std::path::{Path, PathBuf};

#[test]
#[ignore = "makes a picture: cargo xtask sheet"]
fn contact_sheet() {
    let to = std::env::var_os("POSTROOM_SHEET").map(PathBuf::from);
    let to = to.unwrap_or_else(|| samples::folder("sheet"));
    std::fs::create_dir_all(&to).unwrap();
    let pages = samples::folder("sheet-pages");
    let mut rows = Vec::new();
    let mut samples = Vec::new();
    for (kind, _) in TABLE {
        let of_kind: Vec<_> = cases::of_kind(*kind).iter().map(samples::sample).collect();
        for row in of_kind.chunks(Language::ALL.len()) {
            let name = row[0].name.split('@').next().unwrap_or_default();
            rows.push(json!({ "name": name, "pages": (samples.len()..samples.len() + row.len()).collect::<Vec<_>>() }));
            samples.extend(of_kind_pages(row, samples.len(), &pages));
        }
    }
    let plan = json!({
        "rows": rows,
        "languages": Language::ALL.map(|language| language.code()),
        "schemes": ["light", "dark"],
        "to": to,
    });
    let plan_file = pages.join("plan.json");
    std::fs::write(&plan_file, plan.to_string()).unwrap();
    print!("{}", node("sheet.mjs", &[&pages, &plan_file], &[]));
}

/// Writes a row's pages; gives their names.
fn of_kind_pages(row: &[samples::Sample], first: usize, folder: &Path) -> Vec<String> {
    let write = |(index, sample): (usize, &samples::Sample)| {
        std::fs::write(folder.join(format!("{}.html", first + index)), &sample.page).unwrap();
        sample.name.clone()
    };
    row.iter().enumerate().map(write).collect()
}
