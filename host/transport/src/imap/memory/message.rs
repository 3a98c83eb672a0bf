//! A message in memory: its envelope, its parts, and whether it meets a criterion.

use chrono::NaiveDate;
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use super::super::MOST_PARTS;
use super::super::header;
use super::super::mailbox::{Criterion, Envelope, Part};
use super::super::part::Decoder;
use super::folder::Mail;

pub(super) fn envelope(uid: u32, mail: &Mail) -> Envelope {
    let mut envelope = header::envelope(uid, mail.received, &mail.bytes);
    envelope.flags.clone_from(&mail.flags);
    envelope.size = mail.bytes.len() as u64;
    let message = MessageParser::default().parse(&mail.bytes);
    envelope.parts = message.iter().flat_map(leaves).map(|(part, _)| part).collect();
    envelope
}

/// The parts of a message that are no multiparts, each with its number in the parser.
fn leaves(message: &Message<'_>) -> Vec<(Part, u32)> {
    let mut leaves = Vec::new();
    walk(message, 0, "", 0, &mut leaves);
    leaves
}

fn walk(message: &Message<'_>, part: u32, section: &str, depth: usize, leaves: &mut Vec<(Part, u32)>) {
    let Some(found) = message.part(part).filter(|_| depth < 30 && leaves.len() < MOST_PARTS) else { return };
    if let PartType::Multipart(children) = &found.body {
        for (number, child) in children.iter().enumerate() {
            let dot = if section.is_empty() { "" } else { "." };
            walk(message, *child, &format!("{section}{dot}{}", number + 1), depth + 1, leaves);
        }
        return;
    }
    let media = found.content_type();
    let media_type = media.map_or_else(
        || "text/plain".to_owned(),
        |media| format!("{}/{}", media.ctype(), media.subtype().unwrap_or("plain")).to_ascii_lowercase(),
    );
    let part_of = Part {
        section: if section.is_empty() { "1".to_owned() } else { section.to_owned() },
        media_type,
        file_name: found.attachment_name().map(str::to_owned),
        disposition: found.content_disposition().map(|value| value.ctype().to_ascii_lowercase()),
        content_id: found.content_id().map(str::to_owned),
        size: u64::from(found.raw_end_offset().saturating_sub(found.raw_body_offset())),
    };
    leaves.push((part_of, part));
}

pub(super) fn decoded(mail: &Mail, section: &str) -> Option<Vec<u8>> {
    let message = MessageParser::default().parse(&mail.bytes)?;
    let (_, number) = leaves(&message).into_iter().find(|(part, _)| part.section == section)?;
    let part = message.part(number)?;
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let encoding = part.content_transfer_encoding().unwrap_or_default().trim().to_ascii_lowercase();
    let mut decoder = Decoder::of(&encoding);
    let mut bytes = Vec::new();
    decoder.push(mail.bytes.get(range)?, &mut bytes);
    decoder.finish(&mut bytes);
    Some(bytes)
}

/// Returns whether a message meets a criterion.
pub(super) fn meets(uid: u32, mail: &Mail, criterion: &Criterion) -> bool {
    let envelope = || header::envelope(uid, mail.received, &mail.bytes);
    let fields = || header::fields(&mail.bytes);
    let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let stands = |names: &[&str], texts: &[String]| {
        fields().iter().any(|(name, value)| {
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
                && texts.iter().any(|text| contains(value, text))
        })
    };
    let body = || {
        let message = MessageParser::default().parse(&mail.bytes);
        let texts = message.iter().flat_map(|message| message.parts.iter());
        texts.filter_map(|part| part.text_contents().map(str::to_owned)).collect::<Vec<_>>().join("\n")
    };
    let day = |day: &NaiveDate| mail.received.date_naive() >= *day;
    match criterion {
        Criterion::Address(all) => stands(&["From", "To", "Cc", "Bcc", "Reply-To"], all),
        Criterion::Sender(all) => stands(&["From"], all),
        Criterion::Receiver(all) => stands(&["To", "Cc", "Bcc"], all),
        Criterion::Subject(text) => contains(&envelope().subject, text),
        Criterion::Body(text) => contains(&body(), text),
        Criterion::Text(text) => {
            contains(&body(), text) || fields().iter().any(|(_, value)| contains(value, text))
        }
        Criterion::MessageId(all) => stands(&["Message-ID"], all),
        Criterion::RefersTo(all) => stands(&["In-Reply-To", "References"], all),
        Criterion::Header(name, text) => stands(&[name], std::slice::from_ref(text)),
        Criterion::Since(since) => day(since),
        Criterion::Before(before) => !day(before),
        Criterion::Uids(first, last) => (*first..=*last).contains(&uid),
        Criterion::Flagged(flag) => mail.flags.iter().any(|known| known.eq_ignore_ascii_case(flag)),
        Criterion::Unflagged(flag) => !mail.flags.iter().any(|known| known.eq_ignore_ascii_case(flag)),
        Criterion::Larger(bytes) => mail.bytes.len() as u64 > *bytes,
        Criterion::ChangedSince(sequence) => mail.changed > *sequence,
    }
}
