//! Comparing e-mail addresses: the store finds a person by an address, however a document, a server or a report spells it.

use crate::sql::row;

/// Gives what two spellings of one address have in common: no case, no quotes that the local part needs not, the domain as DNS has it,
/// without the dot of the root.
pub(crate) fn address_key(address: &str) -> String {
    let address = row::without_zeros(address.trim());
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = domain.strip_suffix('.').unwrap_or(domain);
            let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
            let unquoted = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
            let local = unquoted.filter(|it| is_dot_string(it)).unwrap_or(local);
            format!("{}@{domain}", local.to_lowercase())
        }
        None => address.to_lowercase(),
    }
}

/// Tells whether a local part may stand without quotes (RFC 5321, 4.1.2), also one beyond ASCII (RFC 6531).
fn is_dot_string(local: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_have_one_key_and_others_their_own() {
        for (one, other) in [
            ("Jan@Customer.example", "jan@customer.EXAMPLE."),
            ("\"jan\"@customer.example", "jan@customer.example"),
            ("\"jan.v+x\"@customer.example", "JAN.V+X@customer.example"),
            ("jan@b\u{fc}cher.example", "jan@xn--bcher-kva.example"),
            (" jan@customer.example ", "jan@customer.example"),
        ] {
            assert_eq!(address_key(one), address_key(other), "{one} {other}");
        }
        for (one, other) in [
            ("\"jan van\"@customer.example", "jan van@customer.example"),
            ("\"jan..v\"@customer.example", "jan..v@customer.example"),
            ("\"\"@customer.example", "@customer.example"),
            ("\"a@b\"@customer.example", "a@b@customer.example"),
            ("jan@customer.example", "jan@customer.example.org"),
            ("jan.v@customer.example", "janv@customer.example"),
        ] {
            assert_ne!(address_key(one), address_key(other), "{one} {other}");
        }
        assert_eq!(address_key("\""), "\"");
    }
}
