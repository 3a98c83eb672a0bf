//! The codes of what a sender should know of a mail that was made.

crate::domain::status::named! {
    /// What a sender should know.
    WarningCode, "warning", {
        /// The mail has no recipient.
        NoRecipient = "no-recipient",
        /// The format asks for the PDF and there is none.
        NoPdf = "no-pdf",
        /// The format asks for the UBL file and there is none.
        NoUbl = "no-ubl",
        /// The PDF does not begin as one.
        NotAPdf = "not-a-pdf",
        /// The PDF has no bytes.
        EmptyPdf = "empty-pdf",
        /// The PDF has no end.
        TruncatedPdf = "truncated-pdf",
        /// The PDF asks for a password.
        EncryptedPdf = "encrypted-pdf",
        /// The logo does not begin as an image of its type.
        LogoNotAnImage = "logo-not-an-image",
        /// There are no texts in the language that came first.
        LanguageFallback = "language-fallback",
        /// Gmail cuts it off.
        LargeHtml = "large-html",
        /// An address is beyond ASCII.
        NeedsSmtputf8 = "needs-smtputf8",
        /// No pixel was put into it.
        NoPixel = "no-pixel",
        /// The footer lacks the company's registration.
        NoRegistration = "no-registration",
        /// The file of what is cancelled was left out.
        VoidCopy = "void-copy",
        /// The document is for the company itself.
        RecipientIsCompany = "recipient-is-company",
        /// What was prepaid is not taken off.
        PrepaidNotDeducted = "prepaid-not-deducted",
        /// Sums do not add up to their totals.
        SumsDiffer = "sums-differ",
        /// A text of the settings is used by no mail.
        UnknownTemplate = "unknown-template",
    }
}

/// The code of every warning.
pub const WARNINGS: &[&str] = WarningCode::NAMES;
