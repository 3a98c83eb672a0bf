//! The case: invoices of 15 lines to French-speaking customers, each with its own number and PDF, one logo for all.
//!
//! Everything lies in a folder, where programs in all languages read it: `job.json`, `document.json` (whose number
//! each mail replaces by its own), `logo.png`, and `pdf/0001.pdf` and so on.

use anyhow::Context as _;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Bytes of a PDF.
const PDF: usize = 120 * 1024;
/// Bytes of the logo: the fixture, filled up to what logos weigh.
const LOGO: usize = 6 * 1024;

/// The number in the model of the document.
pub(crate) const NUMBER: &str = "2026-0417";
/// The contact for bills there.
const BILLING_CONTACT: &str = "compta@maison-delacroix.example.com";
pub(crate) const NOW: &str = "2026-11-22T09:00:00+01:00";
pub(crate) const LANGUAGE: &str = "fr-BE";
pub(crate) const SENDER: (&str, &str) = ("Lotte Verhaeghe", "lotte@ateliernord.example.com");
pub(crate) const RECIPIENT: &str = "Compta";
pub(crate) const VIEW_URL: &str = "https://portal.example.com/d/8f3k2";
pub(crate) const PDF_URL: &str = "https://portal.example.com/d/8f3k2.pdf";

/// The same settings for the command line.
const COMPANY: &str = r##"
logo = "logo.png"
[company]
name = "Atelier Nord"
address = ["Dok Noord 14", "9000 Gent"]
telephone = "+32 9 555 01 40"
email = "info@ateliernord.example.com"
website = "ateliernord.example.com"
vat_identifier = "BE0123456749"
[layout]
accent = "#7a3b1d"
"##;

/// Settings of the company, as the plugin takes them.
pub(crate) fn settings() -> serde_json::Value {
    json!({
        "company": {
            "name": "Atelier Nord",
            "address": ["Dok Noord 14", "9000 Gent"],
            "telephone": "+32 9 555 01 40",
            "email": "info@ateliernord.example.com",
            "website": "ateliernord.example.com",
            "vat_identifier": "BE0123456749",
        },
        "layout": { "accent": "#7a3b1d" },
    })
}

/// The file of an invoice's PDF.
pub(crate) fn pdf(folder: &Path, number: usize) -> PathBuf {
    folder.join("pdf").join(format!("{number:04}.pdf"))
}

/// The file of an invoice itself.
pub(crate) fn document_file(folder: &Path, number: usize) -> PathBuf {
    folder.join("documents").join(format!("{number:04}.json"))
}

/// Who gets an invoice.
pub(crate) fn recipient(number: usize) -> String {
    format!("customer-{number:04}@sink.test")
}

/// The document of an invoice, from the model. Its own recipient is the contact for bills.
pub(crate) fn document(model: &str, number: usize) -> String {
    model.replace(NUMBER, &format!("2026-{number:04}")).replace(BILLING_CONTACT, &recipient(number))
}

/// Writes the case, for so many invoices.
pub(crate) fn write(folder: &Path, count: usize) -> anyhow::Result<()> {
    let fixture = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))
    };
    let write = |path: PathBuf, bytes: &[u8]| {
        std::fs::write(&path, bytes).with_context(|| format!("can't write {}", path.display()))
    };
    for folder in [folder.join("pdf"), folder.join("documents")] {
        std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    let mut logo = fixture("logo.png")?;
    let missing = LOGO.saturating_sub(logo.len());
    logo.extend(noise.by_ref().take(missing));
    write(folder.join("logo.png"), &logo)?;
    let model = String::from_utf8(fixture("documents/invoice.json")?)?;
    write(folder.join("document.json"), model.as_bytes())?;
    write(folder.join("company.toml"), COMPANY.as_bytes())?;
    let job = json!({
        "number": NUMBER,
        "settings": settings(),
        "portal": { "view_url": VIEW_URL, "pdf_url": PDF_URL },
        "sender": { "name": SENDER.0, "address": SENDER.1 },
        "recipient": { "name": RECIPIENT },
    });
    write(folder.join("job.json"), job.to_string().as_bytes())?;
    for number in 1..=count {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        bytes.extend(noise.by_ref().take(PDF - bytes.len() - 6));
        bytes.extend_from_slice(b"%%EOF\n");
        write(pdf(folder, number), &bytes)?;
        write(document_file(folder, number), document(&model, number).as_bytes())?;
    }
    Ok(())
}

/// Writes another folder with many more invoices, whose PDFs are those of the first so many, over and over.
pub(crate) fn write_many(folder: &Path, many: &Path, pdfs: usize, count: usize) -> anyhow::Result<()> {
    for folder in [many.join("pdf"), many.join("documents")] {
        std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    for name in ["logo.png", "company.toml"] {
        std::fs::copy(folder.join(name), many.join(name))?;
    }
    let model = std::fs::read_to_string(folder.join("document.json"))?;
    for number in 1..=count {
        std::fs::write(document_file(many, number), document(&model, number))?;
        let (same, link) = (pdf(folder, (number - 1) % pdfs.max(1) + 1), pdf(many, number));
        if !link.exists() {
            std::fs::hard_link(&same, &link).with_context(|| format!("can't link {}", link.display()))?;
        }
    }
    Ok(())
}

/// Bytes that do not compress, the same in every run.
struct Noise(u64);

impl Iterator for Noise {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0.to_le_bytes()[3])
    }
}
