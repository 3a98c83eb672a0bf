//! The messages of the corpus, where it is there.
use super::*;

#[test]
fn dump() {
    let Ok(dir) = std::env::var("DUMPMSG") else { return };
    let mut stack = vec![std::path::PathBuf::from(dir)];
    let mut files = vec![];
    while let Some(d) = stack.pop() {
        for e in std::fs::read_dir(d).unwrap() {
            let p = e.unwrap().path();
            if p.is_dir() {
                stack.push(p)
            } else if p.extension().is_some_and(|e| e == "eml") {
                files.push(p)
            }
        }
    }
    files.sort();
    for p in files {
        let raw = std::fs::read(&p).unwrap();
        let r = match read(&raw, &[], now()) {
            Ok(r) => r,
            Err(e) => {
                println!("=== {} REFUSED {e}", p.display());
                continue;
            }
        };
        println!("=== {}", p.file_stem().unwrap().to_string_lossy());
        let who = |l: &[inbound::Sender]| {
            l.iter().map(|s| format!("{:?}<{}>", s.name, s.address)).collect::<Vec<_>>().join(", ")
        };
        println!(
            "S {:?} F {} T {} C {} D {:?} K {:?}",
            r.subject,
            who(&r.from),
            who(&r.to),
            who(&r.cc),
            r.date,
            r.class
        );
        for f in &r.files {
            println!(
                "FILE {} {:?} {} {} inline={} cid={:?}",
                f.part, f.name, f.media_type, f.size, f.is_inline, f.content_id
            );
        }
        for n in &r.notes {
            println!("NOTE {} {}", n.code, n.detail);
        }
        println!("TEXT {:?}", r.text.chars().take(300).collect::<String>());
        if r.folded.reply.len() != r.text.trim().len() {
            println!("REPLY {:?}", r.folded.reply.chars().take(200).collect::<String>());
        }
        if let Some(h) = &r.html {
            println!("HTML {} {:?}", h.len(), h.chars().take(150).collect::<String>());
        }
    }
}
