//! The limits of what may be attached, to the byte, through the whole house: at most 10 added files, each at most
//! 5,000,000 bytes, everything together at most 25,000,000.

use crate::arrival::attachments;
use crate::mailbox::the_one;
use crate::program::{Program, Written};
use crate::samples::{bytes, invoice, pdf};

/// Sends a PDF and added files of these sizes.
fn send(program: &Program, to: &str, pdf_size: usize, added: &[usize]) -> crate::program::Run {
    program.put("invoice.pdf", &pdf(8, pdf_size));
    let mut options = vec!["--pdf".to_owned(), "invoice.pdf".to_owned(), "--json".to_owned()];
    for (number, size) in added.iter().enumerate() {
        let name = format!("file-{number}.bin");
        program.put(&name, &bytes(number as u64 + 100, *size));
        options.extend(["--attach".to_owned(), name]);
    }
    program.send(&invoice(), to, &options.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_eleventh_file_and_the_byte_too_many_are_refused_with_the_rule() {
    let program = Program::new(&Written::starttls());
    let cases: [(&str, usize, Vec<usize>, &[&str]); 3] = [
        ("an eleventh file", 1_000, vec![10; 11], &["file-10.bin", "at most 10"]),
        (
            "a byte too many in one file",
            1_000,
            vec![10, 5_000_001],
            &["file-1.bin", "5,000,001", "5,000,000"],
        ),
        ("a byte too many in all", 5_000_001, vec![5_000_000; 4], &["25,000,001", "25,000,000"]),
    ];
    for (case, pdf_size, added, words) in cases {
        let run = send(&program, "box-nobody@west.test", pdf_size, &added);
        assert_eq!(run.code, 3, "{case}: {}", run.output());
        assert_eq!(run.json()["code"], 3, "{case}: {}", run.output());
        for word in words {
            assert!(run.err.contains(word), "{case}: \"{word}\" is not in {}", run.output());
        }
    }
}

#[test]
fn ten_files_of_twenty_five_million_bytes_in_all_arrive_byte_for_byte() {
    let cases: [(&str, usize, Vec<usize>); 2] = [
        ("box-ten-files@west.test", 5_000_000, vec![2_000_000; 10]),
        ("box-five-million@west.test", 5_000_000, vec![5_000_000; 4]),
    ];
    let program = Program::new(&Written::starttls());
    for (to, pdf_size, added) in cases {
        let run = send(&program, to, pdf_size, &added);
        run.assert(0, &[]);
        let attached = attachments(&the_one(to));
        assert_eq!(attached.len(), added.len() + 1, "{to}: {:?}", attached.keys());
        assert!(attached["invoice.pdf"] == pdf(8, pdf_size), "{to}: the PDF changed");
        for (number, size) in added.iter().enumerate() {
            let name = format!("file-{number}.bin");
            assert!(attached[&name] == bytes(number as u64 + 100, *size), "{to}: {name} changed");
        }
    }
}
