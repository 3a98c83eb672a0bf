//! What is rendered: everything that one mail's texts depend on.

use crate::domain::document::Document;
use crate::domain::kind::Purpose;
use crate::domain::language::Locale;
use crate::domain::settings::Settings;
use chrono::NaiveDate;
use std::sync::Arc;

/// The values that a mail's texts are made of.
#[derive(Debug, Clone, Copy)]
pub struct RenderRequest<'a> {
    /// Kind of document and use case.
    pub purpose: Purpose,
    /// Language and region, from [`choose_language`](super::choose_language).
    pub locale: Locale,
    /// The document.
    pub document: &'a Arc<Document>,
    /// Company, user, overrides and look.
    pub settings: &'a Settings,
    /// Who sends.
    pub sender: Sender<'a>,
    /// Name of the person who is greeted; none greets without a name.
    pub addressee: Option<&'a str>,
    /// Salutation that the contact wants, in place of a greeting.
    pub salutation: Option<&'a str>,
    /// What travels with the mail.
    pub attached: Attached,
    /// Links to the portal, where there is one.
    pub portal: Option<Portal<'a>>,
    /// What the user wrote in place of the texts.
    pub edits: Edits<'a>,
    /// The day the mail is made, for days overdue.
    pub today: NaiveDate,
    /// The day that a reminder asks to pay by, where there is one.
    pub pay_by: Option<NaiveDate>,
    /// False where the mail program adds a signature of its own.
    pub signature: bool,
    /// The logo that travels with the mail as `cid:logo`, where one does.
    pub logo: Option<Logo>,
}

/// A logo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Logo {
    /// Width and height in pixels, where its file has them.
    pub size: Option<(u32, u32)>,
}

/// The sender of a mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sender<'a> {
    /// Display name.
    pub name: Option<&'a str>,
    /// Address.
    pub email: &'a str,
}

/// The files that travel with the mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attached {
    /// The document as PDF.
    pub pdf: bool,
    /// The document as UBL.
    pub ubl: bool,
    /// Number of files added.
    pub added: usize,
}

/// Links to the portal. Only `https:` and `http:` become a button.
#[derive(Debug, Clone, Copy)]
pub struct Portal<'a> {
    /// The document's page.
    pub view_url: &'a str,
    /// Download of the PDF.
    pub pdf_url: Option<&'a str>,
}

/// The texts that the user wrote in the compose window. Plain text: never read as a template.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edits<'a> {
    /// Subject.
    pub subject: Option<&'a str>,
    /// Body, paragraphs separated by blank lines.
    pub body: Option<&'a str>,
}
