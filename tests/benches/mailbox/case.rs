//! The case: ten years of a company's mail with 300 partners, as a Maildir. Equal numbers give equal messages, but for their dates,
//! which end today.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Address of the account.
pub(crate) const OWN: (&str, &str) = ("Lotte Vermeer", "office@atelier-nord.example");

/// Partners.
pub(crate) const PARTNERS: usize = 300;

/// Years that the messages are spread over.
const YEARS: i64 = 10;
/// Messages that are open to be answered.
const OPEN: usize = 80;
/// Bytes of an attached file.
const FILE: usize = 20 * 1024;

/// What conversations begin with; the number makes each another one. Those without a number are frequent.
const SUBJECTS: [&str; 10] = [
    "Invoice F-#",
    "Quote Q-# for the new offices",
    "Order # confirmed",
    "Delivery of order #",
    "Payment reminder F-#",
    "Question about invoice F-#",
    "Complaint: order # arrived damaged",
    "Rechnung RE-# für März",
    "Facture F-# à vérifier",
    "Meeting next week",
];

const NAMES: [&str; 12] = [
    "Ann Peeters",
    "Jan de Vries",
    "Márta Kovács",
    "Étienne Dubois",
    "Jürgen Schäfer",
    "Sofia Rossi",
    "Piotr Wójcik",
    "Ingrid Larsen",
    "Pedro Alves",
    "Clara Nowak",
    "Tom Becker",
    "Lena Fischer",
];

const WORDS: [&str; 16] = [
    "please",
    "find",
    "attached",
    "the",
    "delivery",
    "is",
    "planned",
    "for",
    "Tuesday",
    "our",
    "order",
    "was",
    "confirmed",
    "yesterday",
    "with",
    "regards",
];

/// A small generator of numbers (SplitMix64): a run is repeatable, and needs no library.
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap_or_default() % limit.max(1)
    }
}

/// What was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) inbox: usize,
    pub(crate) sent: usize,
    /// Conversations that the messages are.
    pub(crate) conversations: usize,
    pub(crate) bytes: u64,
}

/// Name of a partner, as the ERP knows it.
pub(crate) fn partner(number: usize) -> String {
    format!("C-{:04}", 1000 + number)
}

/// Address of one of a partner's two contacts.
pub(crate) fn contact(partner: usize, person: usize) -> String {
    let first = NAMES[(partner * 2 + person) % NAMES.len()].split(' ').next().unwrap_or_default();
    let first: String = first.chars().filter(char::is_ascii).collect();
    format!("{}.{person}@partner{partner:03}.example", first.to_lowercase())
}

/// A message that may be answered.
#[derive(Debug, Clone)]
struct Open {
    id: String,
    references: Vec<String>,
    subject: String,
    partner: usize,
    person: usize,
    is_outgoing: bool,
}

/// Writes `count` messages, three of ten into Sent, the others into the inbox.
pub(crate) fn write(maildir: &Path, count: usize, now: SystemTime) -> anyhow::Result<Written> {
    let mut written = Written { inbox: 0, sent: 0, conversations: 0, bytes: 0 };
    let mut numbers = Numbers::new(7);
    let mut open: VecDeque<Open> = VecDeque::new();
    for folder in ["", ".Sent"] {
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(maildir.join(folder).join(part))?;
        }
    }
    let file = attached(&mut numbers);
    let span = Duration::from_secs(u64::try_from(TimeDelta::days(365 * YEARS).num_seconds())?);
    for number in 0..count {
        let is_outgoing = matches!(number % 10, 2 | 5 | 8);
        // The last one came an hour ago.
        let before = span.mul_f64((count - number) as f64 / count as f64) + Duration::from_secs(3600);
        let at = now - before;
        let answers = if numbers.below(100) < 55 {
            let candidates: Vec<usize> =
                (0..open.len()).filter(|place| open[*place].is_outgoing != is_outgoing).collect();
            candidates.get(numbers.below(candidates.len())).and_then(|place| open.remove(*place))
        } else {
            None
        };
        let message = message(number, at, is_outgoing, answers.as_ref(), &mut numbers);
        written.conversations += usize::from(answers.is_none());
        let has_file = numbers.below(10) == 0;
        let text = text(&message, at, has_file.then_some(file.as_str()), &mut numbers);
        let folder = if is_outgoing { ".Sent/cur" } else { "cur" };
        *(if is_outgoing { &mut written.sent } else { &mut written.inbox }) += 1;
        written.bytes += text.len() as u64;
        put(&maildir.join(folder), number, at, &text, ":2,S")?;
        open.push_back(message);
        if open.len() > OPEN {
            open.pop_front();
        }
    }
    Ok(written)
}

/// Delivers new messages into the inbox, as a mail server does.
pub(crate) fn deliver(maildir: &Path, first: usize, count: usize) -> anyhow::Result<()> {
    let mut numbers = Numbers::new(u64::try_from(first)?);
    for number in first..first + count {
        let at = SystemTime::now();
        let message = message(number, at, false, None, &mut numbers);
        let text = text(&message, at, None, &mut numbers);
        put(&maildir.join("new"), number, at, &text, "")?;
    }
    Ok(())
}

/// Writes a file of a Maildir, with its sizes in its name as Dovecot writes it, and the time of its arrival.
fn put(folder: &Path, number: usize, at: SystemTime, text: &str, flags: &str) -> anyhow::Result<()> {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let (size, lines) = (text.len(), text.bytes().filter(|byte| *byte == b'\n').count());
    let name = format!("{seconds}.M{number:06}P1.bench,S={size},W={}{flags}", size + lines);
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    std::fs::File::options().write(true).open(&path)?.set_modified(at)?;
    Ok(())
}

fn message(
    number: usize,
    at: SystemTime,
    is_outgoing: bool,
    answers: Option<&Open>,
    numbers: &mut Numbers,
) -> Open {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (partner, person) = match answers {
        Some(answered) => (answered.partner, answered.person),
        None => (numbers.below(PARTNERS), numbers.below(2)),
    };
    let host =
        if is_outgoing { "atelier-nord.example".to_owned() } else { format!("partner{partner:03}.example") };
    let id = format!("<{seconds:x}.{number}.{:x}@{host}>", numbers.below(1 << 30));
    let subject = match answers {
        Some(answered) if answered.subject.starts_with("Re: ") => answered.subject.clone(),
        Some(answered) => format!("Re: {}", answered.subject),
        None => SUBJECTS[numbers.below(SUBJECTS.len())].replace('#', &format!("{}", 2_000_000 + number)),
    };
    let references = answers.map(|answered| {
        let mut all = answered.references.clone();
        all.push(answered.id.clone());
        all
    });
    Open { id, references: references.unwrap_or_default(), subject, partner, person, is_outgoing }
}

fn text(of: &Open, at: SystemTime, file: Option<&str>, numbers: &mut Numbers) -> String {
    let date = DateTime::<Utc>::from(at);
    let name = NAMES[(of.partner * 2 + of.person) % NAMES.len()];
    let own = format!("{} <{}>", OWN.0, OWN.1);
    let other = format!("{} <{}>", encoded(name), contact(of.partner, of.person));
    let (from, to) = if of.is_outgoing { (&own, &other) } else { (&other, &own) };
    let mut text = String::new();
    let day = date.to_rfc2822();
    if !of.is_outgoing {
        let _ = write!(
            text,
            "Return-Path: <{}>\nDelivered-To: {}\n\
             Received: from mx{}.partner{:03}.example (mx.partner.example [192.0.2.{}])\n\
             \tby mx.atelier-nord.example (Postfix) with ESMTPS id {:x}\n\tfor <{}>; {day}\n\
             DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=partner{:03}.example; s=mail;\n\
             \th=from:to:subject:date:message-id; bh={:040x}=;\n\tb={:080x}\n",
            contact(of.partner, of.person),
            OWN.1,
            numbers.below(9),
            of.partner,
            numbers.below(250),
            numbers.below(1 << 40),
            OWN.1,
            of.partner,
            numbers.below(1 << 60),
            numbers.below(1 << 60),
        );
    }
    let _ = write!(
        text,
        "From: {from}\nTo: {to}\nSubject: {}\nDate: {day}\nMessage-ID: {}\n",
        encoded(&of.subject),
        of.id
    );
    if numbers.below(5) == 0 {
        let colleague = contact(of.partner, 1 - of.person);
        let _ = writeln!(text, "Cc: {colleague}");
    }
    if let Some(answered) = of.references.last() {
        let first = of.references.len().saturating_sub(10);
        let _ = write!(text, "In-Reply-To: {answered}\nReferences: {}\n", of.references[first..].join("\n "));
    }
    text.push_str("MIME-Version: 1.0\nX-Mailer: Example Mail 16.0\n");
    let words = words(numbers, &date);
    let is_plain = numbers.below(2) == 0;
    match file {
        Some(file) => {
            let number = of.subject.split(' ').find(|word| word.contains('-')).unwrap_or("note");
            let _ = write!(
                text,
                "Content-Type: multipart/mixed; boundary=\"=_mixed\"\n\n--=_mixed\nContent-Type: text/plain; charset=utf-8\n\n\
                 {words}\n--=_mixed\nContent-Type: application/pdf; name=\"{number}.pdf\"\n\
                 Content-Disposition: attachment; filename=\"{number}.pdf\"\nContent-Transfer-Encoding: base64\n\n{file}\n--=_mixed--\n"
            );
        }
        None if is_plain => {
            let _ = write!(
                text,
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{words}\n"
            );
        }
        None => {
            let _ = write!(
                text,
                "Content-Type: multipart/alternative; boundary=\"=_alt\"\n\n--=_alt\nContent-Type: text/plain; charset=utf-8\n\n\
                 {words}\n--=_alt\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>{words}</p></body></html>\n--=_alt--\n"
            );
        }
    }
    text
}

fn words(numbers: &mut Numbers, date: &DateTime<Utc>) -> String {
    let mut text = format!("Written on {}.\n", date.to_rfc3339_opts(SecondsFormat::Secs, true));
    for line in 0..12 {
        for _ in 0..10 {
            text.push_str(WORDS[numbers.below(WORDS.len())]);
            text.push(' ');
        }
        text.push_str(if line == 11 { "" } else { "\n" });
    }
    text
}

/// A text of a header field, as an encoded word where it is not ASCII (RFC 2047).
fn encoded(text: &str) -> String {
    use base64::Engine as _;
    if text.is_ascii() {
        return text.to_owned();
    }
    format!("=?utf-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(text))
}

/// A file in base64, in lines.
fn attached(numbers: &mut Numbers) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> = (0..FILE).map(|_| u8::try_from(numbers.below(256)).unwrap_or_default()).collect();
    let digits = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> =
        (0..digits.len()).step_by(76).map(|at| &digits[at..digits.len().min(at + 76)]).collect();
    lines.join("\n")
}
