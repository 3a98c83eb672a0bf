//! The case: an invoice of 15 lines to a French-speaking customer, with its PDF and the company's logo.

use anyhow::Context as _;
use postroom::transport::attachments::Base64Lines;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Bytes of the PDF.
const PDF: usize = 120 * 1024;
/// Bytes of the logo: the fixture, filled up to what logos weigh.
const LOGO: usize = 6 * 1024;

pub(crate) const ID: &str = "bench-0001";
pub(crate) const NOW: &str = "2026-11-22T09:00:00+01:00";
pub(crate) const LANGUAGE: &str = "fr-BE";
pub(crate) const SENDER: (&str, &str) = ("Lotte Verhaeghe", "lotte@ateliernord.example.com");
pub(crate) const RECIPIENT: (&str, &str) = ("Compta", "factures@maison-delacroix.example.com");
pub(crate) const VIEW_URL: &str = "https://portal.example.com/d/8f3k2";
pub(crate) const PDF_URL: &str = "https://portal.example.com/d/8f3k2.pdf";
pub(crate) const PDF_NAME: &str = "facture-2026-0417.pdf";
pub(crate) const PDF_HANDLE: u32 = 1;
pub(crate) const LOGO_HANDLE: u32 = 2;

/// Everything that the mail is made of.
pub(crate) struct Case {
    /// Where the programs of other languages find it.
    pub(crate) folder: PathBuf,
    pub(crate) document: Vec<u8>,
    pub(crate) pdf: Vec<u8>,
    pub(crate) logo: Vec<u8>,
    pub(crate) settings: Value,
}

impl Case {
    /// Reads and makes it, and writes it to a folder.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let fixture = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
            std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))
        };
        let mut logo = fixture("logo.png")?;
        logo.extend(noise(LOGO.saturating_sub(logo.len())));
        let mut pdf = b"%PDF-1.7\n".to_vec();
        pdf.extend(noise(PDF - pdf.len()));
        let settings = json!({
            "company": {
                "name": "Atelier Nord",
                "address": ["Dok Noord 14", "9000 Gent"],
                "telephone": "+32 9 555 01 40",
                "email": "info@ateliernord.example.com",
                "website": "ateliernord.example.com",
                "vat_identifier": "BE0123456749",
            },
            "layout": { "accent": "#7a3b1d" },
        });
        let document = fixture("documents/invoice.json")?;
        let case = Self { folder: folder.to_owned(), document, pdf, logo, settings };
        std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        let mailbox = |(name, address): (&str, &str)| json!({ "name": name, "address": address });
        let job = json!({
            "templates": concat!(env!("CARGO_MANIFEST_DIR"), "/../templates"),
            "id": ID,
            "now": NOW,
            "language": LANGUAGE,
            "settings": case.settings,
            "portal": { "view_url": VIEW_URL, "pdf_url": PDF_URL },
            "sender": mailbox(SENDER),
            "recipient": mailbox(RECIPIENT),
            "pdf_name": PDF_NAME,
        });
        case.write("job.json", job.to_string().as_bytes())?;
        case.write("document.json", &case.document)?;
        case.write("invoice.pdf", &case.pdf)?;
        case.write("logo.png", &case.logo)?;
        Ok(case)
    }

    /// Writes a file to the folder.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("can't write {}", path.display()))
    }

    /// The file behind a handle.
    pub(crate) fn file(&self, handle: u32) -> Option<&[u8]> {
        match handle {
            PDF_HANDLE => Some(&self.pdf),
            LOGO_HANDLE => Some(&self.logo),
            _ => None,
        }
    }
}

/// Bytes that do not compress, the same in every run.
fn noise(length: usize) -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length)
}

/// A piece of a message of any contestant.
pub(crate) enum Piece<'m> {
    Text(&'m str),
    File(&'m [u8]),
}

/// The whole message, as the host streams it: files encoded by the host's own encoder.
pub(crate) fn whole<'m>(pieces: impl Iterator<Item = Piece<'m>>, size: u64) -> Vec<u8> {
    let mut message = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    for piece in pieces {
        match piece {
            Piece::Text(text) => message.extend_from_slice(text.as_bytes()),
            Piece::File(bytes) => {
                let mut lines = Base64Lines::new();
                lines.push(bytes, &mut message);
                lines.finish(&mut message);
            }
        }
    }
    message
}
