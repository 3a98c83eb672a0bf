//! Readers of what strangers write, over inputs that are made to cost them much: one piece, repeated. Four times the input takes about
//! four times the work; what looks back or ahead over the whole for each piece takes sixteen times.

#![allow(clippy::disallowed_types)] // a test measures; the plugin has no clock

use super::compose::Job;
use super::test_job::{NoFiles, plain_job};
use super::{Source, compose};
use crate::domain::{address, document, html, inbound, reading, template, webhook};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What is repeated.
const PIECES: [&str; 59] = [
    "<",
    ">",
    "&",
    "&amp;",
    "&#x26;",
    "&#",
    "\"",
    "'",
    "=",
    "<a ",
    "<a b=\"",
    "<a b='c' ",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x ",
    "<div>",
    "</div>",
    "<b></i>",
    "<p><b>",
    "</",
    "<img",
    "<img\n",
    "<img src=a>",
    "<img alt=x ",
    "<img src=a alt=x>\n",
    "<style>",
    "<script",
    "<blockquote>\n",
    "<table><tr><td>",
    "https://",
    "https://a ",
    "https://a",
    "hi@a.example ",
    "a@b.example, ",
    "a@",
    "@a",
    "\"a\" <a@b.example>; ",
    "<a@b.example>",
    "(",
    "()",
    "\\",
    "[",
    "{\"a\":",
    "{{",
    "{{ 1 }}",
    "{# ",
    "=?utf-8?q?a?= ",
    "=?utf-8?b?",
    "\n",
    "\r\n ",
    "a: b\r\n",
    "> ",
    "> a\n",
    "--x",
    "--x\r\n",
    "\u{202e}é",
    "On 1 January Jo wrote:\n",
];

type Reader = fn(&str);

fn message(head: &str, body: &str) {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-22T09:30:00+01:00").unwrap();
    let raw = format!("From: a@b.example\r\nTo: c@d.example\r\n{head}\r\n\r\n{body}");
    let _ = inbound::read(raw.as_bytes(), &["c@d.example".to_owned()], now);
    let _ = reading::read(raw.as_bytes(), &[], now);
}

fn mail(settings: serde_json::Value, body: Option<&str>) {
    let document = r#"{"kind": "quote", "number": "7", "issue_date": "2026-11-22", "currency": "EUR", "seller": {"name": "A"},
        "buyer": {"name": "B"}}"#;
    let job = Job {
        document: Source { media_type: "application/json".into(), content: document.into() },
        settings: settings.to_string(),
        edits: (None, body.map(str::to_owned)),
        ..plain_job()
    };
    let _ = compose(&job, &mut NoFiles);
}

/// The readers, and how many bytes each is given.
const READERS: [(&str, usize, Reader); 15] = [
    ("XML", 256 << 10, |text| {
        let _ = document::read("application/xml", text.as_bytes());
    }),
    ("XML in a root", 256 << 10, |text| {
        let text = format!("<a xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>{text}");
        let _ = document::read("application/xml", text.as_bytes());
        let _ = document::embedded_pdf("application/xml", text.as_bytes());
    }),
    ("JSON", 256 << 10, |text| {
        let _ = document::read("application/json", text.as_bytes());
    }),
    ("JSON text", 64 << 10, |text| {
        let text = serde_json::json!({"kind": "quote", "number": "7", "issue_date": "2026-11-22", "currency": "EUR",
            "seller": {"name": text, "contacts": [{"name": text, "email": text}]}, "buyer": {"name": "B"}});
        let _ = document::read("application/json", text.to_string().as_bytes());
    }),
    ("plain message", 64 << 10, |text| {
        message("Subject: Re: 7\r\nContent-Type: text/plain; charset=utf-8", text)
    }),
    ("HTML message", 64 << 10, |text| {
        message("Subject: Re: 7\r\nContent-Type: text/html; charset=utf-8", text)
    }),
    ("multipart message", 64 << 10, |text| message("Content-Type: multipart/mixed; boundary=x", text)),
    ("report", 64 << 10, |text| {
        let body = format!("--x\r\nContent-Type: message/delivery-status\r\n\r\n{text}\r\n--x--\r\n");
        message("Content-Type: multipart/report; report-type=delivery-status; boundary=x", &body);
    }),
    ("header", 64 << 10, |text| message(&format!("Subject: {text}\r\nReferences: {text}"), "a")),
    ("addresses", 256 << 10, |text| {
        let _ = address::read_list(text);
        let _ = address::clean_name(text);
    }),
    ("template", 64 << 10, |text| {
        // The engine counts columns to 65,535, and its debug builds no further.
        let lines: Vec<_> = text.as_bytes().chunks(50_000).map(String::from_utf8_lossy).collect();
        let own = BTreeMap::from([("quote/new/en/body.html".to_owned(), lines.join("\n"))]);
        let _ = template::lint::check(&own);
    }),
    ("signature", 64 << 10, |text| mail(serde_json::json!({"user": {"signature_html": text}}), None)),
    ("HTML", 128 << 10, |text| {
        let _ = html::to_text(&html::parse(text, &html::Limits::of_bytes(1 << 20)), &[]);
    }),
    ("body by hand", 96 << 10, |text| {
        let company = serde_json::json!({"company": {"telephone": "<a ", "email": "hi@a.example", "website": "https://a"}});
        mail(company, Some(text));
    }),
    ("webhook", 256 << 10, |text| {
        for provider in [
            webhook::Provider::SendGrid,
            webhook::Provider::Mailgun,
            webhook::Provider::Postmark,
            webhook::Provider::Sns,
        ] {
            let _ = webhook::read(provider, text);
        }
    }),
];

/// Returns how long a reader takes over as much of the one piece, and then as much of the other, as half the size has room for.
fn taken(reader: Reader, pieces: [&str; 2], size: usize) -> Duration {
    let text = pieces.map(|piece| piece.repeat(size / 2 / piece.len().max(1))).concat();
    let start = Instant::now();
    reader(&text);
    start.elapsed()
}

/// What takes no longer than this over the whole of an input is quick, whatever it takes over a part.
const QUICK: Duration = Duration::from_millis(150);
/// How often longer four times the input may take, on a machine with other work. Work that grows as the square takes sixteen times.
const MOST: u32 = 9;

fn check(name: &str, size: usize, reader: Reader, pieces: [&str; 2]) {
    let is_even = || {
        let whole = taken(reader, pieces, size);
        whole < QUICK || whole < taken(reader, pieces, size / 4) * MOST
    };
    assert!((0..4).any(|_| is_even()), "{name} over {pieces:?}");
}

#[test]
fn work_grows_as_the_input_does_whatever_it_is_made_of() {
    for (name, size, reader) in READERS {
        for piece in PIECES {
            check(name, 2 * size, reader, [piece, ""]);
        }
        for halves in
            [["<b>", "</i>"], ["<div>", "</p>"], ["<a>", "</b>"], ["(", ")"], ["\"", "@"], ["[", "{"]]
        {
            check(name, size, reader, halves);
        }
    }
}
