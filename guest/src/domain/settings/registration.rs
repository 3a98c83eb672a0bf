//! What the law of a company's country wants on its business letters, which e-mails are.

use super::Company;
use crate::domain::document::Party;

/// Finds what is missing from the footer of a company that has not stated how it is registered, in the words of its country's law; none
/// where it has, and where no such law is known here.
///
/// - Belgium: Wetboek van vennootschappen en verenigingen, art. 2:20; Wetboek van economisch recht, III.25.
/// - The Netherlands: Handelsregisterwet 2007, art. 27.
/// - Germany: HGB § 37a, GmbHG § 35a, AktG § 80.
/// - Austria: UGB § 14.
/// - France: Code de commerce, R.123-237 and R.123-238.
/// - United Kingdom: Company, Limited Liability Partnership and Business (Names and Trading Disclosures) Regulations 2015, part 6.
pub fn missing_registration(company: &Company, issuer: &Party) -> Option<&'static str> {
    if company.registration.iter().any(|line| !line.trim().is_empty()) {
        return None;
    }
    let vat = company.vat_identifier.as_deref().or(issuer.vat_identifier.as_deref());
    let of_vat = || vat.and_then(|vat| vat.trim().get(..2)).map(str::to_ascii_uppercase);
    Some(match issuer.address.country_code().or_else(of_vat)?.as_str() {
        "BE" => {
            "Belgian law wants the legal form, the company number and the register with its court (RPR/RPM)"
        }
        "NL" => "Dutch law wants the number in the trade register (KvK)",
        "DE" => {
            "German law wants the legal form, the seat, the court with the register number, and who manages the company"
        }
        "AT" => {
            "Austrian law wants the legal form, the seat, the court and the register number (Firmenbuchnummer)"
        }
        "FR" => {
            "French law wants the SIREN number, the register (RCS) with its town, the legal form and the capital"
        }
        "GB" => {
            "the law of the United Kingdom wants the registered name, number, office, and the part where it is registered"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_that_has_not_said_how_it_is_registered_is_told_what_its_law_wants() {
        let mut issuer = Party::default();
        let mut company = Company::default();
        assert_eq!(missing_registration(&company, &issuer), None, "no country is known");
        issuer.vat_identifier = Some("NL001234567B01".into());
        assert!(missing_registration(&company, &issuer).is_some_and(|wants| wants.contains("KvK")));
        issuer.vat_identifier = Some(" nl001234567B01".into());
        issuer.address.country = Some(" ".into());
        assert!(missing_registration(&company, &issuer).is_some_and(|wants| wants.contains("KvK")));
        issuer.address.country = Some("be ".into());
        assert!(missing_registration(&company, &issuer).is_some_and(|wants| wants.contains("RPR")));
        issuer.address.country = Some("BE".into());
        assert!(missing_registration(&company, &issuer).is_some_and(|wants| wants.contains("RPR")));
        issuer.address.country = Some("JP".into());
        assert_eq!(missing_registration(&company, &issuer), None);
        issuer.address.country = Some("DE".into());
        company.registration = vec![" ".into()];
        assert!(missing_registration(&company, &issuer).is_some());
        company.registration = vec!["Amtsgericht Köln, HRB 12345".into()];
        assert_eq!(missing_registration(&company, &issuer), None);
    }
}
