//! Widths, contrast and accessibility, measured in Chromium by `browser/measure.mjs`.

use crate::budgets::{self, Measured};
use crate::samples;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a script of `browser/` in Node and gives what it wrote. The scripts start Chromium.
pub(crate) fn node(script: &str, arguments: &[&Path], environment: &[(&str, String)]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/browser").join(script);
    let output = Command::new("node")
        .arg(&script)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .stderr(Stdio::inherit())
        .output()
        .expect("node runs: `cargo xtask test clients` installs it");
    assert!(output.status.success(), "{}: {}", script.display(), output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs Chromium and axe-core: cargo xtask test clients"]
fn every_mail_fits_its_screen_and_can_be_read() {
    let axe = std::env::var_os("POSTROOM_AXE").map(PathBuf::from);
    let axe = axe.expect("POSTROOM_AXE says where axe-core is: `cargo xtask test clients` installs it");
    let samples = samples::all();
    let folder = samples::folder("pages");
    samples::write(&samples, &folder);
    let left_out = budgets::left_out().join(",");
    let printed = node("measure.mjs", &[&folder, &axe], &[("LEFT_OUT", left_out)]);
    let mut measures: BTreeMap<String, Vec<Measured>> = BTreeMap::new();
    let mut mails = 0;
    for line in printed.lines() {
        let found: Value = serde_json::from_str(line).unwrap();
        let sample = &samples[usize::try_from(found["page"].as_u64().unwrap()).unwrap()];
        mails += 1;
        for (measure, value) in found["measures"].as_object().unwrap() {
            measures.entry(measure.clone()).or_default().push(Measured {
                mail: sample.name.clone(),
                value: value["value"].as_f64().unwrap(),
                what: value["what"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    assert_eq!(mails, samples.len(), "not every mail was measured");
    budgets::hold(&measures);
}
