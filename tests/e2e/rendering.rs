//! Rendering by the program: every real invoice, twice, with the same bytes.

use crate::program::{Program, Written};
use crate::samples::invoices;

const FILES: [&str; 4] = ["message.eml", "body.html", "body.txt", "subject.txt"];

#[test]
fn every_invoice_renders_into_four_files_and_again_into_the_same_bytes() {
    let program = Program::new(&Written::starttls());
    for (number, document) in invoices().iter().enumerate() {
        let path = document.display().to_string();
        let [once, twice] = ["once", "twice"].map(|time| {
            let folder = format!("{number}-{time}");
            let run = program.run(&["render", &path, "--out", &folder, "--format", "pdf+ubl"]);
            assert_eq!(run.code, 0, "{path}: {}", run.output());
            FILES.map(|file| {
                std::fs::read(program.path(&folder).join(file))
                    .unwrap_or_else(|e| panic!("{path}: {file}: {e}"))
            })
        });
        for ((file, once), twice) in FILES.iter().zip(&once).zip(&twice) {
            assert!(!once.is_empty(), "{path}: {file} is empty");
            assert!(once == twice, "{path}: {file} differs");
        }
        let text = String::from_utf8(once[2].clone()).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(!text.contains("{{") && !text.contains("undefined"), "{path}: {text}");
    }
}
