//! The material of the tests: documents, logo, and files made on the spot.

use std::path::PathBuf;

/// The folder `tests/` of the checkout.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Path of a fixture, `documents/invoice.json`.
pub fn path(name: &str) -> PathBuf {
    folder().join("fixtures").join(name)
}

/// Bytes of a fixture.
///
/// # Panics
/// Where there is none.
#[allow(clippy::panic)] // a test without its material is a test that fails
pub fn bytes(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("can't read {}: {error}", path.display()))
}

/// What stands on the lines of the documents, a row a phrase: in Dutch, French, English and German.
pub fn phrases() -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(&bytes("phrases.tsv")).into_owned();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

/// A small file that begins and ends as a PDF does.
pub fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
        .to_vec()
}

/// Settings of the sample company, by the schema `settings`.
pub const SETTINGS: &str = r##"{
  "company": {
    "name": "Atelier Nord",
    "legal_name": "Atelier Nord BV",
    "registration": ["Btw BE 0123.456.749, RPR Gent, afdeling Gent"],
    "address": ["Dok Noord 14, Loods 3", "9000 Gent, België"],
    "telephone": "+32 9 555 01 40",
    "email": "info@ateliernord.example.com",
    "website": "https://www.ateliernord.example.com",
    "vat_identifier": "BE0123456749",
    "language": "nl-BE",
    "languages": {
      "fr": {
        "address": ["Dok Noord 14, Loods 3", "9000 Gand, Belgique"],
        "registration": ["TVA BE 0123.456.749, RPM Gand, division Gand"]
      },
      "en": {
        "address": ["Dok Noord 14, Loods 3", "9000 Ghent, Belgium"],
        "registration": ["VAT BE 0123.456.749, registered in Ghent (RPR Gent)"]
      },
      "de": {
        "address": ["Dok Noord 14, Loods 3", "9000 Gent, Belgien"],
        "registration": ["USt-IdNr. BE 0123.456.749, RPR Gent, Abteilung Gent"]
      }
    }
  },
  "user": {
    "display_name": "Lotte Verhaeghe",
    "signature_html": "<p><strong>Lotte Verhaeghe</strong><br>Atelier Nord</p>",
    "signature_text": "Lotte Verhaeghe\nAtelier Nord",
    "auto_bcc_self": true,
    "own_email": "lotte@ateliernord.example.com"
  },
  "recipients": { "reply_to": "Atelier Nord <info@ateliernord.example.com>" },
  "layout": { "accent": "#214f7a", "logo_width": 140 },
  "payment": { "accounts": ["BE71 0961 2345 6769"] }
}"##;
