//! The usual names of the folder for sent mail, for servers that do not mark it.
//!
//! From what Thunderbird, Outlook, Apple Mail, Roundcube, Gmail and the hosters of each country create, in the
//! languages of Europe. In lower case, form C; earlier ones are preferred.

use super::Folder;

const USUAL: &[&str] = &[
    // English: the server's own and most programs, Outlook, Apple Mail, Gmail.
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "sentmail",
    "sent_items",
    "outbox sent",
    // Dutch
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "verzonden e-mail",
    "verstuurde items",
    // French
    "envoyés",
    "éléments envoyés",
    "messages envoyés",
    "objets envoyés",
    "courrier envoyé",
    "envoyes",
    "elements envoyes",
    // German
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "gesendete e-mails",
    "gesendete",
    // Spanish, Catalan, Portuguese, Italian
    "enviados",
    "elementos enviados",
    "mensajes enviados",
    "correo enviado",
    "enviat",
    "elements enviats",
    "itens enviados",
    "mensagens enviadas",
    "inviati",
    "inviata",
    "posta inviata",
    "messaggi inviati",
    // The North
    "skickat",
    "skickade",
    "skickade objekt",
    "sendt",
    "sendt post",
    "sendte elementer",
    "sendte meldinger",
    "lähetetyt",
    "lähetetyt viestit",
    // The East and South-East
    "wysłane",
    "elementy wysłane",
    "odeslané",
    "odeslaná pošta",
    "odoslané",
    "elküldött",
    "elküldött elemek",
    "trimise",
    "elemente trimise",
    "poslano",
    "poslane stavke",
    "išsiųsti",
    "nosūtītie",
    "saadetud",
    "απεσταλμένα",
    "отправленные",
    "надіслані",
    "изпратени",
    "gönderilmiş öğeler",
    "gönderilenler",
];

/// The rank of a folder's name by how usual it is: first the place in the list, then the length of the whole name, so that the
/// folder at the top comes before one of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(usize, usize);

impl Rank {
    /// Ranks a usual name; none for another.
    pub(super) fn named(self) -> Option<Self> {
        (self.0 < USUAL.len()).then_some(self)
    }
}

/// Returns the rank of a folder that lies at the top, or directly below the inbox or Gmail's own level.
pub(super) fn rank(folder: &Folder) -> Rank {
    let name = inside_inbox(folder).to_lowercase();
    let place = USUAL.iter().position(|usual| *usual == name.trim()).unwrap_or(USUAL.len());
    Rank(place, folder.name.len())
}

/// Removes from a folder's name the level that some servers put everything below: `INBOX.Sent`, `[Gmail]/Sent Mail`. Empty for the inbox
/// itself.
pub(super) fn inside_inbox(folder: &Folder) -> &str {
    let name = folder.name.as_str();
    if name.eq_ignore_ascii_case("inbox") {
        return "";
    }
    let Some(delimiter) = folder.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()) else {
        return name;
    };
    match name.split_once(delimiter) {
        Some((top, rest))
            if ["inbox", "[gmail]", "[google mail]"].iter().any(|t| top.eq_ignore_ascii_case(t)) =>
        {
            rest
        }
        _ => name,
    }
}
