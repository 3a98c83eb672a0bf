//! The mails that are measured: those of the snapshots, every pair of kind and use case in every language, and mails
//! that are hard to show.

use crate::cases;
use base64::Engine as _;
use mail_parser::{MessageParser, MimeHeaders as _};
use postroom_plugin::domain::language::{Language, Locale};
use postroom_tests::case::Case;
use postroom_tests::fixtures;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A mail as it leaves, and what a client shows of it.
pub(crate) struct Sample {
    /// The case's name.
    pub(crate) name: String,
    /// The message, with CRLF.
    pub(crate) message: Vec<u8>,
    /// Its HTML, the pictures of the message within it.
    pub(crate) page: String,
}

impl Sample {
    /// The value of a field of the message that stands on one line; the field with its colon and space.
    pub(crate) fn header(&self, field: &str) -> String {
        let text = String::from_utf8_lossy(&self.message);
        text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default().to_owned()
    }
}

/// Every mail.
pub(crate) fn all() -> Vec<Sample> {
    cases::all().into_iter().chain(hard()).map(|case| sample(&case)).collect()
}

/// One mail.
pub(crate) fn sample(case: &Case) -> Sample {
    let composed = case.compose().unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
    let message = case.whole(&composed.composed.chunks).unwrap();
    let page = page(&message).unwrap_or_else(|| panic!("{}: no HTML in the message", case.name));
    Sample { name: case.name.clone(), message, page }
}

/// What a browser can show: the HTML part, and pictures as data where it names a part of the message.
fn page(message: &[u8]) -> Option<String> {
    let parsed = MessageParser::default().parse(message)?;
    let mut html = parsed.body_html(0)?.into_owned();
    for part in &parsed.parts {
        if let Some(id) = part.content_id() {
            let kind = part.content_type()?;
            let data = base64::engine::general_purpose::STANDARD.encode(part.contents());
            let address =
                format!("data:{}/{};base64,{data}", kind.ctype(), kind.subtype().unwrap_or_default());
            html = html.replace(&format!("cid:{id}"), &address);
        }
    }
    Some(html)
}

/// Writes pages into a folder as `0.html`, `1.html`, …
pub(crate) fn write(samples: &[Sample], folder: &Path) {
    for (index, sample) in samples.iter().enumerate() {
        std::fs::write(folder.join(format!("{index}.html")), &sample.page).unwrap();
    }
}

/// A folder of this test under target/, new.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Words, numbers, signatures and amounts that a layout breaks at.
fn hard() -> Vec<Case> {
    let mut cases = Vec::new();
    let long = "4500012345-".repeat(10);
    let compound = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung".repeat(2);
    cases.push(invoice("hard-long-words@de", "de", |document| {
        document["number"] = "RE2026".repeat(10).into();
        document["references"] = json!({ "order": long, "buyer": compound });
        document["lines"][0]["name"] = compound.clone().into();
        document["lines"][0]["description"] = format!("https://example.com/{}", "a1".repeat(60)).into();
    }));
    for (number, order) in [("BC-2026-55", "INV-2026-0042"), ("RE/2026/000417-B", "PO-2026-000000000154-07")]
    {
        for language in Language::ALL {
            cases.push(invoice(
                &format!("hard-number-{}@{language}", number.len()),
                language.code(),
                |document| {
                    document["number"] = number.into();
                    document["references"]["order"] = order.into();
                    document["payment_means"][0]["reference"] = order.into();
                },
            ));
        }
    }
    cases.push(invoice("hard-many-lines@fr", "fr", |document| {
        let lines = document["lines"].as_array().unwrap().clone();
        document["lines"] = lines.into_iter().cycle().take(200).collect();
    }));
    cases.push(invoice("hard-large-amounts@nl", "nl", |document| {
        document["lines"][0]["unit_price"] = "1234567890.12".into();
        document["lines"][0]["net_amount"] = "1234567890.12".into();
        document["totals"]["payable"] = "1493827146.05".into();
        document["balance"] = "1493827146.05".into();
    }));
    cases.push(invoice("hard-right-to-left@en", "en", |document| {
        document["lines"][0]["name"] = "שולחן אלון \u{202e}edirrevo (220 × 100)".into();
        document["buyer"]["name"] = "شركة النور للأثاث".into();
    }));
    for language in Language::ALL {
        // Nothing but an address: no name, no logo, no file, no portal.
        let mut bare = invoice(&format!("hard-bare-address@{language}"), language.code(), |_| {});
        (bare.settings, bare.portal, bare.to) = (String::new(), None, Some("you@example.net".to_owned()));
        bare.files.clear();
        cases.push(bare);
    }
    let mut pasted = invoice("hard-pasted-signature@en", "en", |_| {});
    let mut settings: Value = serde_json::from_str(fixtures::SETTINGS).unwrap();
    settings["user"]["signature_html"] = json!(PASTED);
    pasted.settings = settings.to_string();
    cases.push(pasted);
    let mut white = invoice("hard-signature-on-white@nl", "nl", |_| {});
    settings["user"]["signature_html"] = json!(ON_WHITE);
    white.settings = settings.to_string();
    cases.push(white);
    cases
}

/// A signature as Outlook pastes it.
const PASTED: &str = "<p style=\"margin:0;color:#000000;font-family:Calibri\"><span style=\"color:#1F497D\">Kind regards,</span><br>\
    <font color=\"#1f497d\">Lotte Verhaeghe</font></p><p style=\"color:black\">Atelier Nord &middot; \
    <a href=\"https://www.ateliernord.example.com\" style=\"color:#0563C1\">www.ateliernord.example.com</a></p>\
    <table width=\"640\"><tr><td width=\"640\" style=\"width:640px\">A banner that is wider than the mail</td></tr></table>";
/// A signature with a ground of its own.
const ON_WHITE: &str = "<div style=\"background-color:#ffffff;color:#222222\"><b>Lotte</b> \
    <a href=\"https://www.ateliernord.example.com\">website</a></div>";

fn invoice(name: &str, language: &str, change: impl FnOnce(&mut Value)) -> Case {
    let mut case = Case::of_document("invoice");
    (case.name, case.language) = (name.to_owned(), Some(language.to_owned()));
    case.speak(Locale::parse(language).unwrap().language);
    let mut document: Value = serde_json::from_slice(&case.document).unwrap();
    change(&mut document);
    case.document = document.to_string().into_bytes();
    case
}
