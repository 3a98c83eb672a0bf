//! The words around a quote, in each language.

use crate::domain::language::Language;

/// Words of a language. `{date}`, `{time}` and `{author}` stand for what is filled in.
pub(super) struct Words {
    /// Before a quote.
    pub(super) wrote: &'static str,
    /// The same of a message without a date.
    pub(super) wrote_undated: &'static str,
    /// The same of a message without an author.
    pub(super) original: &'static str,
    /// Before a message that is passed on.
    pub(super) forwarded: &'static str,
    /// A date with its time and its zone.
    pub(super) at: &'static str,
    /// Labels of a header, with their colons.
    pub(super) from: &'static str,
    pub(super) date: &'static str,
    pub(super) subject: &'static str,
    pub(super) to: &'static str,
    pub(super) cc: &'static str,
}

/// Returns the words of a language: those by which mail programs know a quote.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::Nl => &Words {
            wrote: "Op {date} om {time} schreef {author}:",
            wrote_undated: "{author} schreef:",
            original: "Oorspronkelijk bericht:",
            forwarded: "Doorgestuurd bericht",
            at: "{date} om {time}",
            from: "Van:",
            date: "Datum:",
            subject: "Onderwerp:",
            to: "Aan:",
            cc: "Cc:",
        },
        Language::Fr => &Words {
            wrote: "Le {date} à {time}, {author} a écrit :",
            wrote_undated: "{author} a écrit :",
            original: "Message d’origine :",
            forwarded: "Message transféré",
            at: "{date} à {time}",
            from: "De :",
            date: "Date :",
            subject: "Objet :",
            to: "À :",
            cc: "Cc :",
        },
        Language::En => &Words {
            wrote: "On {date} at {time}, {author} wrote:",
            wrote_undated: "{author} wrote:",
            original: "Original message:",
            forwarded: "Forwarded message",
            at: "{date} at {time}",
            from: "From:",
            date: "Date:",
            subject: "Subject:",
            to: "To:",
            cc: "Cc:",
        },
        Language::De => &Words {
            wrote: "Am {date} um {time} schrieb {author}:",
            wrote_undated: "{author} schrieb:",
            original: "Ursprüngliche Nachricht:",
            forwarded: "Weitergeleitete Nachricht",
            at: "{date} um {time}",
            from: "Von:",
            date: "Datum:",
            subject: "Betreff:",
            to: "An:",
            cc: "Cc:",
        },
    }
}
