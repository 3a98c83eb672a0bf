//! `Feedback-ID`: by what a mailbox provider counts the complaints about a sender's mail. The platform sends for many companies from one
//! domain, so that only this field shows whose mails are complained about. A company's own account has no use for it.

use crate::domain::address::Address;
use crate::domain::kind::DocumentKind;

/// The last field, which names the sender of the whole stream.
const SENDER: &str = "postroom";

/// Makes `kind:company:postroom`. The company is a digest of its address on the platform: constant, different from any other's, and without
/// its name.
pub(super) fn feedback_id(kind: DocumentKind, from: &Address) -> String {
    format!("{kind}:{:016x}:{SENDER}", digest(&from.wire().to_lowercase()))
}

/// Computes FNV-1a of 64 bits.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kind::TABLE;
    use std::collections::BTreeSet;

    #[test]
    fn the_digest_is_the_published_one() {
        for (text, expected) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(digest(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_company_has_one_token_that_says_nothing_of_it() {
        let mut known = BTreeSet::new();
        for company in ["atelier-nord", "atelier-nord-2", "brouwerij", "b"] {
            let address = Address::parse(&format!("{company}@platform.example")).unwrap();
            let shouted = Address::parse(&format!("{}@PLATFORM.example", company.to_uppercase())).unwrap();
            for (kind, _) in TABLE {
                let id = feedback_id(*kind, &address);
                assert_eq!(id, feedback_id(*kind, &shouted));
                let fields: Vec<_> = id.split(':').collect();
                let [of_kind, token, sender] = fields[..] else { panic!("{id}") };
                assert_eq!((of_kind, sender), (kind.name(), SENDER));
                assert!(token.len() == 16 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
                assert!(id.bytes().all(|b| b.is_ascii_graphic()) && id.len() <= 60, "{id}");
                known.insert(token.to_owned());
            }
        }
        assert_eq!(known.len(), 4, "{known:?}");
    }
}
