//! Which files do not go along when a document is cancelled. A clean copy of it does not show that it is void: who opens or imports the
//! file alone books it, pays it or delivers it once more.

use super::compose::{Job, Warning};
use crate::domain::attachment::{Format, Role};
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind as K, Purpose, UseCase};
use crate::domain::warning::WarningCode;

/// A copy of the cancelled document was left out.
pub(super) const VOID_COPY: &str = WarningCode::VoidCopy.name();

/// Removes from the job's format the files that the mail leaves out, with a warning for each that was given. A job that insists on them
/// keeps them.
pub(super) fn format(
    job: &Job,
    document: &Document,
    purpose: Purpose,
    warnings: &mut Vec<Warning>,
) -> Format {
    let withheld = withheld(purpose);
    if job.insist.iter().any(|code| code == VOID_COPY) {
        return job.format;
    }
    let format = job.format.without(withheld);
    for file in &job.attachments {
        if job.format.has(file.role) && withheld.contains(&file.role) {
            let detail = format!(
                "the mail says that {} {} is cancelled, and nothing in {:?} does: the file is left out; to send it all the same \
                 insist on {VOID_COPY}, or add a copy that is marked as void",
                document.kind, document.number, file.file_name
            );
            warnings.push(Warning { code: VOID_COPY, detail });
        }
    }
    format
}

/// Returns the document's own files that a mail of its cancellation leaves out: the one for programs, which import it without the mail; and
/// the readable one of what is booked, paid or taken as a proof of payment. That of an offer, an order or a delivery shows what is
/// cancelled.
fn withheld(purpose: Purpose) -> &'static [Role] {
    match (purpose.use_case(), purpose.kind()) {
        (UseCase::Cancelled, K::Invoice | K::CreditNote | K::Receipt | K::Reminder) => {
            &[Role::Pdf, Role::Ubl]
        }
        (UseCase::Cancelled, _) => &[Role::Ubl],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attachment::Attachment;
    use crate::flows::compose::{Message, compose};
    use crate::flows::files::{FileError, Files};
    use crate::flows::input::Source;
    use crate::flows::test_job::{plain_job, text_of};

    /// A host whose every file begins and ends as a PDF does.
    struct Pdfs;

    impl Files for Pdfs {
        fn read(&mut self, _: u32, _: u64, _: u32) -> Result<Vec<u8>, FileError> {
            Ok(b"%PDF-1.7\n%%EOF\n".to_vec())
        }
    }

    fn file(handle: u32, file_name: &str, media_type: &str, role: Role) -> Attachment {
        Attachment { handle, file_name: file_name.into(), media_type: media_type.into(), size: 15, role }
    }

    fn mail(purpose: Purpose, format: Format, insist: &[&str]) -> Message {
        let document = format!(
            r#"{{"kind": "{}", "number": "7", "issue_date": "2026-11-22", "currency": "EUR", "seller": {{"name": "Seller"}},
                "buyer": {{"name": "Buyer"}}}}"#,
            purpose.kind()
        );
        let job = Job {
            document: Source { media_type: "application/json".into(), content: document.into() },
            use_case: purpose.use_case().name().into(),
            attachments: vec![
                file(1, "7.pdf", "application/pdf", Role::Pdf),
                file(2, "7.xml", "application/xml", Role::Ubl),
                file(3, "void.pdf", "application/pdf", Role::Added),
            ],
            format,
            portal: Some(("https://portal.example/7".into(), None)),
            insist: insist.iter().map(|code| (*code).to_owned()).collect(),
            ..plain_job()
        };
        compose(&job, &mut Pdfs).unwrap()
    }

    /// The names of the files that a message carries.
    fn carried(message: &Message) -> Vec<&'static str> {
        let text = text_of(message);
        ["7.pdf", "7.xml", "void.pdf"]
            .into_iter()
            .filter(|name| text.contains(&format!("filename=\"{name}\"")))
            .collect()
    }

    #[test]
    fn a_clean_copy_of_what_is_void_is_left_out_unless_somebody_insists() {
        let given = |format: Format| {
            let own = [(format.has_pdf(), "7.pdf"), (format.has_ubl(), "7.xml")];
            let own = own.into_iter().filter(|(has, _)| *has).map(|(_, name)| name);
            own.chain(["void.pdf"]).collect::<Vec<_>>()
        };
        for purpose in Purpose::all() {
            let is_booked = matches!(purpose.kind(), K::Invoice | K::CreditNote | K::Receipt | K::Reminder);
            for format in [Format::Pdf, Format::Ubl, Format::PdfUbl, Format::Link, Format::None] {
                let all = given(format);
                let expected: Vec<_> = match purpose.use_case() {
                    UseCase::Cancelled => {
                        let stays = |name: &&str| *name == "void.pdf" || (*name == "7.pdf" && !is_booked);
                        all.iter().copied().filter(stays).collect()
                    }
                    _ => all.clone(),
                };
                let message = mail(purpose, format, &["nothing-open", "not-yet-due"]);
                assert_eq!(carried(&message), expected, "{purpose} as {}", format.name());
                let warned = message.warnings.iter().filter(|warning| warning.code == VOID_COPY).count();
                assert_eq!(warned, all.len() - expected.len(), "{purpose} as {}", format.name());
                let message = mail(purpose, format, &["nothing-open", "not-yet-due", VOID_COPY]);
                assert_eq!(carried(&message), all, "{purpose} as {}, insisted", format.name());
                assert!(message.warnings.iter().all(|warning| warning.code != VOID_COPY));
            }
        }
    }

    #[test]
    fn nothing_is_missed_where_no_copy_is_to_go_along() {
        let purpose = Purpose::named(K::Invoice, "cancelled").unwrap();
        let message = mail(purpose, Format::PdfUbl, &[]);
        let codes: Vec<_> = message.warnings.iter().map(|warning| warning.code).collect();
        assert!(!codes.contains(&"no-pdf") && !codes.contains(&"no-ubl"), "{codes:?}");
        assert!(message.rendered.text.contains("through the link below"), "{}", message.rendered.text);
        assert!(!message.rendered.text.contains("is attached"), "{}", message.rendered.text);
    }
}
