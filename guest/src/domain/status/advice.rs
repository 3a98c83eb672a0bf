//! What large providers refuse for good, in words beside their own: their texts name a code and a page to read, and not what the sender can
//! do (rule A17).

use crate::domain::reason::reasons;

reasons! {
    /// What to do about a refusal.
    Advice, {
        Authentication = "advice-authentication",
            "the recipient's provider asks for SPF, DKIM and DMARC of the sender's domain: whoever keeps its DNS has to add them";
        BasicAuthentication = "advice-basic-authentication",
            "Microsoft takes no password for this account: sign in with OAuth instead, or have an administrator allow \
             authenticated SMTP";
        AppPassword = "advice-app-password", "Google takes an app password here, not the usual one";
        ReverseDns = "advice-reverse-dns",
            "the sending server's address has no proper name in DNS (PTR): whoever runs that server has to set it";
    }
}

/// A refusal that providers word in their own ways, and what to do about it.
struct KnownRefusal {
    /// Enhanced codes that mean this and nothing else.
    codes: &'static [&'static str],
    /// Codes that mean this where one of the words stands beside them.
    vague: &'static [&'static str],
    /// In lower case.
    words: &'static [&'static str],
    advice: Advice,
}

const KNOWN: [KnownRefusal; 4] = [
    // Google: 5.7.26; Microsoft: 5.7.515, 5.7.509; Yahoo: 5.7.9; RFC 7372: 5.7.20 to 5.7.27.
    KnownRefusal {
        codes: &["5.7.26", "5.7.515", "5.7.509"],
        vague: &[
            "5.7.0", "5.7.1", "5.7.9", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.27", "4.7.32", "554",
            "550",
        ],
        words: &[
            "unauthenticated",
            "not authenticated",
            "dmarc",
            "spf",
            "dkim",
            "authentication checks",
            "required authentication level",
        ],
        advice: Advice::Authentication,
    },
    // Exchange Online.
    KnownRefusal {
        codes: &["5.7.30", "5.7.139"],
        vague: &["5.7.3", "5.7.57"],
        words: &["basic authentication", "smtpclientauthentication", "client authentication is disabled"],
        advice: Advice::BasicAuthentication,
    },
    // Google: 534 and 535.
    KnownRefusal {
        codes: &[],
        vague: &["5.7.8", "5.7.9", "534", "535"],
        words: &[
            "application-specific password",
            "app password",
            "badcredentials",
            "invalidsecondfactor",
            "web browser",
        ],
        advice: Advice::AppPassword,
    },
    KnownRefusal { codes: &["5.7.25"], vague: &[], words: &[], advice: Advice::ReverseDns },
];

/// Returns what to do about a refusal with this code and these words; none where nothing is known beyond them.
pub fn advice(code: Option<&str>, words: &str) -> Option<Advice> {
    let words = words.to_lowercase();
    let code = code.unwrap_or_default();
    let meant = |known: &&KnownRefusal| {
        known.codes.contains(&code)
            || (known.vague.contains(&code) && known.words.iter().any(|it| words.contains(it)))
    };
    KNOWN.iter().find(meant).map(|known| known.advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a17_what_large_providers_refuse_is_explained_and_nothing_else() {
        for (code, words, expected) in [
            ("5.7.26", "Your email has been blocked because the sender is unauthenticated.", Some("SPF")),
            (
                "5.7.515",
                "Access denied, sending domain does not meet the required authentication level.",
                Some("SPF"),
            ),
            (
                "5.7.9",
                "Message not accepted for policy reasons. See https://postmaster.example (DMARC)",
                Some("SPF"),
            ),
            ("5.7.1", "Unauthenticated email is not accepted due to the domain's DMARC policy.", Some("SPF")),
            ("5.7.30", "Basic authentication is not supported for Client Submission.", Some("OAuth")),
            ("5.7.139", "Authentication unsuccessful, basic authentication is disabled.", Some("OAuth")),
            ("5.7.9", "Application-specific password required.", Some("app password")),
            ("5.7.25", "The IP address sending this message does not have a PTR record", Some("PTR")),
            ("5.1.1", "no such user; see our DMARC policy", None),
            ("5.7.1", "Relaying denied", None),
            ("5.7.8", "authentication failed", None),
        ] {
            let found = advice(Some(code), words).map(Advice::words);
            assert_eq!(
                found.is_some_and(|found| expected.is_some_and(|it| found.contains(it))),
                expected.is_some(),
                "{code} {words}"
            );
            assert_eq!(found.is_some(), expected.is_some(), "{code} {words}");
        }
        assert_eq!(advice(None, ""), None);
    }
}
