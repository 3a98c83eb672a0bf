//! A provider's words without the tokens that may stand in them.
//!
//! Providers explain refusals in words that an administrator needs verbatim: codes, trace ids, times. A few repeat
//! what they were sent. Cut out is what we sent, and what looks like a token wherever it came from.

/// Longest text of a provider that is quoted, in characters.
const LONGEST: usize = 600;
/// Shortest run of characters that can be a token of a provider.
const TOKEN: usize = 32;
/// What stands in a token's place.
const CUT: &str = "[…]";

/// An endpoint's refusal, fit to be shown.
pub(super) struct Refusal {
    code: Option<String>,
    description: Option<String>,
}

impl Refusal {
    /// Reads the forms there are: OAuth's (RFC 6749 §5.2), that of Google's and Microsoft's APIs, and any text.
    pub(super) fn read(body: &[u8], secrets: &[String]) -> Self {
        let text = |value: &serde_json::Value| value.as_str().map(|text| quotable(text, secrets));
        match serde_json::from_slice::<serde_json::Value>(body) {
            Ok(json) if json["error"].is_string() => {
                Self { code: text(&json["error"]), description: text(&json["error_description"]) }
            }
            Ok(json) if json["error"].is_object() => {
                let error = &json["error"];
                Self {
                    code: text(&error["status"]).or(text(&error["code"])),
                    description: text(&error["message"]),
                }
            }
            _ => Self { code: None, description: Some(quotable(&String::from_utf8_lossy(body), secrets)) },
        }
    }

    /// Formats a refusal: `invalid_grant: Token has been expired or revoked.`
    pub(super) fn words(&self) -> String {
        let parts = [self.code.as_deref(), self.description.as_deref()];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }

    /// Builds a refusal's body; none where the response was not OAuth's.
    pub(super) fn as_answer(&self) -> Option<Vec<u8>> {
        let code = self.code.as_deref()?;
        let mut fields = serde_json::Map::from_iter([("error".to_owned(), code.into())]);
        if let Some(description) = &self.description {
            fields.insert("error_description".to_owned(), description.as_str().into());
        }
        serde_json::to_vec(&fields).ok()
    }
}

/// Returns the words in one line, bounded, without `secrets` and without anything that looks like one.
pub(super) fn quotable(words: &str, secrets: &[String]) -> String {
    let bounded: String = words.chars().take(LONGEST * 4).collect();
    let mut text =
        bounded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = text.next().unwrap_or_default().to_owned();
    for word in text {
        line.push(' ');
        line.push_str(word);
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 3) {
        line = line.replace(secret.as_str(), CUT);
    }
    let line = without_tokens(&line);
    if line.chars().count() <= LONGEST {
        return line;
    }
    let mut short: String = line.chars().take(LONGEST).collect();
    short.push('…');
    short
}

fn without_tokens(line: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '=');
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(in_token) {
        let (before, from) = rest.split_at(start);
        text.push_str(before);
        let end = from.find(|c: char| !in_token(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        text.push_str(if looks_like_token(run) { CUT } else { run });
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Long, and of all three kinds of characters: ids (hexadecimal with dashes), host names and times are not.
fn looks_like_token(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.as_bytes().iter().any(kind);
    run.starts_with("ya29.")
        || (run.len() >= TOKEN
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit))
}
