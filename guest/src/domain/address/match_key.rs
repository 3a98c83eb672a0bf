//! Comparing addresses: servers report the address of a recipient in other spellings than the mail had.

use super::Address;

/// Returns what all spellings of one address have in common: no case, no quotes that the local part needs not, the domain as DNS has it.
/// Addresses are compared by it wherever one of them comes from a report.
pub fn match_key(address: &str) -> String {
    let address = address.trim().trim_matches(['<', '>']);
    let address = address.strip_suffix('.').unwrap_or(address);
    if let Ok(parsed) = Address::parse(address) {
        return parsed.wire().to_lowercase();
    }
    // One that no standard allows, such as `a..b@mobile.example`, is an address all the same.
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
            format!("{}@{domain}", local.to_lowercase())
        }
        None => address.to_lowercase(),
    }
}
