//! What is new in a text, by small texts and by a corpus.

use super::*;

fn folded(text: &str) -> Folded {
    fold_text(text, false)
}

#[test]
fn dump() {
    let Ok(dir) = std::env::var("DUMP") else { return };
    for e in std::fs::read_dir(dir).unwrap() {
        let p = e.unwrap().path();
        if p.extension().is_none_or(|e| e != "txt") {
            continue;
        }
        let t = std::fs::read_to_string(&p).unwrap();
        let lines: Vec<Line> = t.lines().map(Line::plain).collect();
        let parts = parts(&lines, false);
        println!("=== {}", p.file_stem().unwrap().to_string_lossy());
        for (l, p) in lines.iter().zip(&parts) {
            println!(
                "{} {}",
                match p {
                    Part::New => "N",
                    Part::Quoted => "Q",
                    Part::Signature => "S",
                },
                l.text.chars().take(110).collect::<String>()
            );
        }
        let _ = folded(&t);
    }
}
