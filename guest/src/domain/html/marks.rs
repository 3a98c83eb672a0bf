//! What mail programs say by names in their HTML: this is quoted, this introduces it, this is a signature. No language matters for it.

use crate::domain::folding::Mark;
use html5ever::Attribute;

/// Classes of what is quoted, or introduces it.
const QUOTED: &[&str] = &[
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "front-blockquote",
    "airmail_ext_on",
    "wordsection1_quoted",
    "zoho_quote",
    "hcp_quote",
    "cite-prefix",
];
/// Names of what the message begins with that is answered: all behind it is quoted.
const REST: &[&str] = &[
    "divrplyfwdmsg",
    "appendonsend",
    "mail-editor-reference-message-container",
    "ms-outlook-mobile-reference-message",
    "olk_src_body_section",
    "outlookmessageheader",
    "zmail_extra",
    "zmail_extra_hr",
    "wps_quotion",
    "replyintro",
];
/// Names of signatures.
const SIGNATURES: &[&str] = &[
    "gmail_signature",
    "moz-signature",
    "protonmail_signature_block",
    "ms-outlook-mobile-signature",
    "applemailsignature",
    "signature",
    "zmail_signature_below",
    "tutanota_signature",
];
/// The line that Outlook draws over the message that is answered, by its colours.
const RULES: &[&str] = &[
    "border-top:solid#e1e1e1",
    "border-top:solid#b5c4df",
    "border-top:solid#b5b5b5",
    "border-top:1pxsolid#e1e1e1",
];

/// Returns what an element is by its names.
pub(super) fn mark(name: &str, attributes: &[Attribute]) -> Option<Mark> {
    let mut names = attributes
        .iter()
        .filter(|a| matches!(&*a.name.local, "class" | "id"))
        .flat_map(|a| a.value.split_ascii_whitespace());
    let by_name = names.find_map(|value| {
        let value = value.get(..60).unwrap_or(value).to_ascii_lowercase();
        // Programs that show a page prefix its names, and those that quote it keep the prefix.
        let value = value.trim_start_matches("x_").trim_start_matches("m_");
        let is = |known: &[&str]| known.contains(&value);
        if is(QUOTED) {
            Some(Mark::Quoted)
        } else if is(REST) {
            Some(Mark::RestQuoted)
        } else {
            is(SIGNATURES).then_some(Mark::Signature)
        }
    });
    by_name.or_else(|| {
        let style = attributes.iter().find(|a| &*a.name.local == "style")?;
        let style = compact(&style.value);
        (name == "div" && style.contains("border:none") && RULES.iter().any(|rule| style.contains(rule)))
            .then_some(Mark::RestQuoted)
    })
}

/// Returns true for an element that the page does not show.
pub(super) fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| match &*a.name.local {
        "hidden" => true,
        "style" => {
            let style = compact(&a.value);
            style.split(';').any(|declaration| {
                let declaration = declaration.trim_end_matches("!important");
                matches!(
                    declaration,
                    "display:none"
                        | "visibility:hidden"
                        | "mso-hide:all"
                        | "opacity:0"
                        | "max-height:0"
                        | "max-height:0px"
                )
            })
        }
        _ => false,
    })
}

/// Returns the beginning of a style in lower case, without spaces.
pub(super) fn compact(style: &str) -> String {
    style.chars().take(2_000).filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}
