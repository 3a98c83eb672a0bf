//! The texts that a command has printed, so that the same failure is printed once: as it happens, as a recipient's evidence, or
//! as what to do next, but not three times.

/// Least bytes of a server's words to recognise them by.
const FEWEST: usize = 10;

/// Texts that were shown.
#[derive(Debug, Default)]
pub(super) struct ShownTexts(Vec<String>);

impl ShownTexts {
    /// Notes texts that were shown.
    pub(super) fn add(&mut self, texts: impl IntoIterator<Item = String>) {
        self.0.extend(texts);
    }

    /// Tells whether a text's failure was shown: the whole text, or the server's words in it.
    pub(super) fn has(&self, text: &str) -> bool {
        let is_shown = |words: &str| self.0.iter().any(|shown| shown.contains(words));
        is_shown(text) || server_words(text).any(is_shown)
    }

    /// Returns the part of a text that was not shown: without the server's words at its end; none if all of it was.
    pub(super) fn rest<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.0.iter().any(|shown| shown.contains(text)) {
            return None;
        }
        let known = server_words(text).find(|words| self.0.iter().any(|shown| shown.contains(words)));
        let without = |words: &str| text.get(..text.len().checked_sub(words.len() + 2)?);
        let rest = known.and_then(without).unwrap_or(text);
        Some(rest.trim_end())
    }
}

/// Finds what may be a server's own words at the end of a sentence. What stands before them names the server and the stage, and
/// differs with who says it. A name in quotes is none.
fn server_words(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.strip_suffix('"').unwrap_or_default();
    let words = quoted.match_indices('"').filter_map(|(at, _)| quoted.get(at + 1..));
    words.filter(|words| words.len() >= FEWEST && words.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_was_shown_is_known_by_the_servers_words_or_its_own() {
        let mut shown = ShownTexts::default();
        shown.add([
            "refused (5.6.0): \"no \"such\" content here\"".to_owned(),
            "nobody is at port 25".to_owned(),
        ]);
        for (text, is_shown) in [
            (
                "refused for good by \"office\"; the last try: mx.example: 554 5.6.0 \"no \"such\" content here\"",
                true,
            ),
            ("mx.example: 550 5.1.1 \"no such user here\"", false),
            ("mx.example: 554 \"content here\"", true),
            ("mx.example: 554 \"here\"", false),
            ("nobody is at port 25", true),
            ("nobody is at port 26", false),
            // A name in quotes is no word of a server.
            ("its account \"such\" was removed", false),
        ] {
            assert_eq!(shown.has(text), is_shown, "{text}");
        }
        for (text, rest) in [
            ("mx.example: 554 5.6.0 \"no \"such\" content here\"", Some("mx.example: 554 5.6.0")),
            ("mx.example: 550 \"no such user here\"", Some("mx.example: 550 \"no such user here\"")),
            ("nobody is at port 25", None),
        ] {
            assert_eq!(shown.rest(text), rest, "{text}");
        }
    }
}
