//! Sellers and buyers: names, identifiers, addresses, and the people to write to.

use super::super::limits::MAX_ENTRIES;
use super::super::value::{TURNING, is_turning};
use super::super::{Contact, DocumentError, DocumentFault, Endpoint, Party, PostalAddress};
use super::element::Element;
use super::head::collect;

type Read<T> = Result<T, DocumentError>;

/// Codes and names that tax schemes like VAT go by in `TaxScheme/ID` (`63` is OIOUBL's).
const VAT_SCHEMES: [&str; 8] = ["VAT", "GST", "BTW", "TVA", "IVA", "MWST", "MOMS", "63"];

/// Contacts that stand beside the party, and the role that UBL gives them.
const ROLES: [(&str, &str); 5] = [
    ("AccountingContact", "billing"),
    ("BuyerContact", "purchasing"),
    ("SellerContact", "sales"),
    ("DeliveryContact", "logistics"),
    ("DespatchContact", "logistics"),
];

/// Returns the party in the first of several aggregates that is there.
pub(super) fn party(root: Element<'_, '_>, names: &[&str]) -> Read<Party> {
    let expected = names.first().copied().unwrap_or_default();
    let around = names.iter().find_map(|name| root.all(name).next().filter(|a| a.at(&["Party"]).is_some()));
    let around = around.ok_or_else(|| root.missing(&format!("cac:{expected}/cac:Party")))?;
    let party = around.at(&["Party"]).ok_or_else(|| around.missing("cac:Party"))?;
    let trading = party.text_at(&["PartyName"], "Name")?;
    let legal = party.text_at(&["PartyLegalEntity"], "RegistrationName")?;
    let contacts = contacts(around, party)?;
    let identifier = identifier(around, party)?;
    let endpoint = endpoint(party)?;
    let name = match legal.or_else(|| trading.clone()) {
        Some(name) => name,
        // Better an awkward name than none, as long as the document itself uses it.
        None => person(party)?
            .or_else(|| contacts.iter().find_map(|contact| contact.name.clone()))
            .or_else(|| identifier.clone())
            .or_else(|| endpoint.as_ref().map(|endpoint| endpoint.id.clone()))
            .ok_or_else(|| party.missing("cac:PartyLegalEntity/cbc:RegistrationName"))?,
    };
    let contact_names = contacts.iter().filter_map(|contact| contact.name.as_ref());
    if contact_names.chain(&trading).chain([&name]).any(|name| name.chars().any(is_turning)) {
        return Err(party.fault(DocumentFault::Invalid, &format!("expected names {TURNING}")));
    }
    Ok(Party {
        trading_name: trading.filter(|trading| *trading != name),
        name,
        identifier,
        vat_identifier: vat_identifier(party)?,
        endpoint,
        address: address(party)?,
        contacts,
        language: match party.text_at(&["Language"], "LocaleCode")? {
            Some(code) => Some(code),
            None => party.text_at(&["Language"], "ID")?,
        },
        consumer: false,
    })
}

fn person(party: Element<'_, '_>) -> Read<Option<String>> {
    let Some(person) = party.at(&["Person"]) else { return Ok(None) };
    let names = [person.text("FirstName")?, person.text("MiddleName")?, person.text("FamilyName")?];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok((!name.is_empty()).then_some(name))
}

/// Reads a party's identifier: BT-29 or BT-46, else the number in the other's books, else the register's. The creditor identifier of a
/// direct debit (scheme `SEPA`) stands in the same place and is none of these.
fn identifier(around: Element<'_, '_>, party: Element<'_, '_>) -> Read<Option<String>> {
    for identification in party.all("PartyIdentification") {
        let sepa = |id: Element<'_, '_>| id.attribute("schemeID").is_some_and(|scheme| scheme == "SEPA");
        for id in identification.values("ID").filter(|id| !sepa(*id)) {
            if let Some(id) = id.plain_text()? {
                return Ok(Some(id));
            }
        }
    }
    for name in ["SupplierAssignedAccountID", "CustomerAssignedAccountID"] {
        if let Some(id) = around.text(name)? {
            return Ok(Some(id));
        }
    }
    party.text_at(&["PartyLegalEntity"], "CompanyID")
}

fn vat_identifier(party: Element<'_, '_>) -> Read<Option<String>> {
    for registration in party.all("PartyTaxScheme") {
        let scheme = registration.text_at(&["TaxScheme"], "ID")?;
        if scheme.is_some_and(|scheme| VAT_SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)))
            && let Some(id) = registration.text("CompanyID")?
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn endpoint(party: Element<'_, '_>) -> Read<Option<Endpoint>> {
    let Some(element) = party.values("EndpointID").next() else { return Ok(None) };
    let scheme = element.attribute("schemeID").unwrap_or_default();
    Ok(element.plain_text()?.map(|id| Endpoint { scheme, id }))
}

fn address(party: Element<'_, '_>) -> Read<PostalAddress> {
    let registered = || party.at(&["PartyLegalEntity", "RegistrationAddress"]);
    let Some(address) = party.at(&["PostalAddress"]).or_else(registered) else {
        return Ok(PostalAddress::default());
    };
    let mut lines = Vec::new();
    // Some profiles give the number of the house an element of its own.
    let street = [address.text("StreetName")?, address.text("BuildingNumber")?];
    let street = street.into_iter().flatten().collect::<Vec<_>>().join(" ");
    lines.extend((!street.is_empty()).then_some(street));
    lines.extend(address.text("AdditionalStreetName")?);
    let further = collect(address, "AddressLine", MAX_ENTRIES - 2, |_, line| line.text("Line"))?;
    lines.extend(further.into_iter().flatten());
    Ok(PostalAddress {
        lines,
        postal_zone: address.text("PostalZone")?,
        city: address.text("CityName")?,
        country: address.text_at(&["Country"], "IdentificationCode")?,
    })
}

fn contacts(around: Element<'_, '_>, party: Element<'_, '_>) -> Read<Vec<Contact>> {
    let mut contacts = Vec::new();
    contacts.extend(party.at(&["Contact"]).map_or(Ok(None), |element| contact(element, None))?);
    for (name, role) in ROLES {
        contacts.extend(around.at(&[name]).map_or(Ok(None), |element| contact(element, Some(role)))?);
    }
    Ok(contacts)
}

fn contact(element: Element<'_, '_>, role: Option<&str>) -> Read<Option<Contact>> {
    let contact = Contact {
        name: element.text("Name")?,
        email: element.text("ElectronicMail")?,
        telephone: element.text("Telephone")?,
        roles: role.into_iter().map(str::to_owned).collect(),
        language: None,
        preferred: false,
        ..Contact::default()
    };
    let empty = contact.name.is_none() && contact.email.is_none() && contact.telephone.is_none();
    Ok((!empty).then_some(contact))
}
