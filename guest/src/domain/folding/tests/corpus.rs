//! The replies of the corpus, where it is there: for each the lines that are new, by our own judgement. The figures are in docs/reading.md.

use super::*;
use std::path::Path;

/// Name of a file, and its new lines: `1-6,9`; `all`.
const NEW: &str = include_str!("replies.txt");

/// Returns the lines of a text that a range lists, without empty lines at the ends.
fn chosen(text: &str, ranges: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut out = vec![];
    for range in ranges.split(',') {
        let (from, to) = match range {
            "all" => (1, lines.len()),
            range => {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                (from.parse().unwrap(), to.parse().unwrap())
            }
        };
        out.extend_from_slice(&lines[from - 1..to]);
    }
    without_blank_ends(&out.join("\n")).to_owned()
}

#[test]
fn the_replies_of_the_corpus_are_folded_as_people_would() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/replies");
    if !folder.is_dir() {
        println!("skipped: no corpus at {}", folder.display());
        return;
    }
    let (mut exact, mut too_much, mut too_little, mut wrong) = (0, 0, 0, vec![]);
    let table: Vec<(&str, &str)> =
        NEW.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    for (name, ranges) in &table {
        let text = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
        let (wanted, found) = (chosen(&text, ranges), fold_text(&text, false).reply);
        if wanted == found {
            exact += 1;
            continue;
        }
        let misses =
            wanted.lines().any(|line| !line.trim().is_empty() && !found.lines().any(|it| it == line));
        if misses {
            too_much += 1
        } else {
            too_little += 1
        }
        wrong.push(format!("{name}\n--- wanted\n{wanted}\n--- found\n{found}"));
    }
    println!("{} replies: {exact} exact, {too_much} hid too much, {too_little} hid too little", table.len());
    assert!(100 * exact >= 95 * table.len() && too_much == 0, "{}", wrong.join("\n\n"));
}
