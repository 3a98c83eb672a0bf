//! Every mail read by Python's `email` package, which notes each defect of a header and of a part.

use crate::budgets::{self, Measured};
use crate::samples;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
#[ignore = "needs Python: cargo xtask test clients"]
fn no_mail_has_a_defect_of_syntax() {
    let samples = samples::all();
    let folder = samples::folder("messages");
    for (index, sample) in samples.iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.eml")), &sample.message).unwrap();
    }
    let defects = defects(&folder);
    assert_eq!(defects.len(), samples.len(), "not every mail was read");
    let measured = samples.iter().zip(defects).map(|(sample, (value, what))| Measured {
        mail: sample.name.clone(),
        value,
        what,
    });
    budgets::hold(&BTreeMap::from([("defects".to_owned(), measured.collect())]));
}

#[test]
#[ignore = "needs Python: cargo xtask test clients"]
fn a_broken_mail_has_defects() {
    let folder = samples::folder("broken");
    let whole = samples::all().remove(0).message;
    let text = String::from_utf8(whole).unwrap();
    let broken = [
        text.replace("To: ", "To: <<"),
        text.replacen("boundary=", "border=", 1),
        text.replacen("Subject: ", "Subject : ", 1),
        format!("{}\r\n", &text[..text.len() / 2]),
        text.replacen(
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: base64\r\n\r\n*",
            1,
        ),
        text.replacen("\r\n", "\n", 3),
        text.replacen("MIME-Version: 1.0\r\n", "", 1),
        text.replacen("Message-ID: <", "Message-ID: ", 1),
    ];
    for (index, text) in broken.iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.eml")), text).unwrap();
    }
    for (index, (count, _)) in defects(&folder).into_iter().enumerate() {
        assert!(count > 0.0, "the broken mail {index} passes for whole");
    }
}

/// Number and names of the defects of each message of a folder, in order.
fn defects(folder: &Path) -> Vec<(f64, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/syntax.py");
    let output = Command::new("python3")
        .args([script.as_path(), folder])
        .stderr(Stdio::inherit())
        .output()
        .expect("python3 runs: `cargo xtask test clients` installs it");
    assert!(output.status.success(), "syntax.py: {}", output.status);
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
    lines.map(|(count, what)| (count.parse().unwrap(), what.to_owned())).collect()
}
