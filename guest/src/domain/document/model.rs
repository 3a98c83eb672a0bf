//! The one model of a business document. Names are the business terms of EN 16931; what an order, a quote
//! or a reminder has beyond an invoice is named as UBL names it.
//!
//! The serde attributes are its form as JSON (`document.schema.json`); documents are read by [`super::read`], which also checks what a type
//! can't express.

use super::adjustments_and_instalments::{Adjustment, Instalment};
use super::json::{date, decimal, list, object, optional, own};
use super::money::Currency;
use crate::domain::kind::{Audience, DocumentKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A business document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// What it is, more exactly: the UNTDID 1001 code (BT-3), `380`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_code: Option<String>,
    /// Made out by the buyer in the supplier's name, where the type code alone does not express it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "optional::or_default")]
    pub self_billed: bool,
    /// Number, as printed on it (BT-1). Never empty.
    pub number: String,
    /// Revision, where the business system counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// BT-2.
    #[serde(with = "date")]
    pub issue_date: NaiveDate,
    /// BT-9.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional_date")]
    pub due_date: Option<NaiveDate>,
    /// Last day a quote or request holds (UBL ValidityPeriod/EndDate).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional_date")]
    pub valid_until: Option<NaiveDate>,
    /// Delivery date, actual or promised (BT-72).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional_date")]
    pub delivery_date: Option<NaiveDate>,
    /// BT-5.
    pub currency: Currency,
    /// Language the partner wants, where the document itself has one (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// BG-4.
    #[serde(deserialize_with = "object::required")]
    pub seller: Party,
    /// BG-7.
    #[serde(deserialize_with = "object::required")]
    pub buyer: Party,
    /// BG-25.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::lines")]
    pub lines: Vec<Line>,
    /// BG-20.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub allowances: Vec<Adjustment>,
    /// BG-21.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub charges: Vec<Adjustment>,
    /// BG-23.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub taxes: Vec<TaxSubtotal>,
    /// BG-22.
    #[serde(default, skip_serializing_if = "optional::is_default", deserialize_with = "object::or_default")]
    pub totals: Totals,
    /// What is still open, where the business system has a later figure than the document.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub balance: Option<Decimal>,
    /// Payment terms in words (BT-20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<String>,
    /// BG-16.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub payment_means: Vec<PaymentMeans>,
    /// The parts in which it is to be paid, where these are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub instalments: Vec<Instalment>,
    /// The network by which the document itself is delivered, where the mail brings a copy: `peppol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Documents it refers to.
    #[serde(default, skip_serializing_if = "optional::is_default", deserialize_with = "object::or_default")]
    pub references: References,
    /// Notes (BT-22).
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::texts")]
    pub notes: Vec<String>,
    /// Dunning level of a reminder, 1 to 9 (UBL ReminderSequenceNumeric).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dunning_level: Option<u8>,
    /// Who at the issuer answers questions about it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub person_in_charge: Option<PersonInCharge>,
    /// Fields of the business system's own, by name, for texts of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "own::deserialize")]
    pub extra: BTreeMap<String, String>,
}

/// A person at the issuer: the salesperson, the clerk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonInCharge {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address, as it is on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}

impl Document {
    /// Returns which side of the trade its mails go to: the kind's, but the supplier where the buyer made it out.
    pub fn audience(&self) -> Audience {
        if self.is_self_billed() { Audience::Vendor } else { self.kind.audience() }
    }

    /// Returns the party that a mail about this document goes to.
    pub fn partner(&self) -> &Party {
        match self.audience() {
            Audience::Customer => &self.buyer,
            Audience::Vendor => &self.seller,
        }
    }

    /// Returns the party that issued it.
    pub fn issuer(&self) -> &Party {
        match self.audience() {
            Audience::Customer => &self.seller,
            Audience::Vendor => &self.buyer,
        }
    }
}

/// Seller or buyer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Legal name (BT-27, BT-44), else the trading name. Never empty.
    pub name: String,
    /// Trading name (BT-28, BT-45), where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trading_name: Option<String>,
    /// The business system's or register's identifier (BT-29, BT-46).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// VAT identifier (BT-31, BT-48).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_identifier: Option<String>,
    /// Electronic address (BT-34, BT-49).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::optional")]
    pub endpoint: Option<Endpoint>,
    /// Postal address (BG-5, BG-8).
    #[serde(default, skip_serializing_if = "optional::is_default", deserialize_with = "object::or_default")]
    pub address: PostalAddress,
    /// Contacts (BG-6, BG-9), in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list::objects")]
    pub contacts: Vec<Contact>,
    /// Language the party wants to be written in (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A private person, to whom the law of consumers applies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "optional::or_default")]
    pub consumer: bool,
}

impl Party {
    /// Returns the document's own text for where this party gets mail: the first contact with an e-mail, else the electronic address if it
    /// is an e-mail. As it was written; `recipients` reports what is wrong with it.
    pub fn mailbox_text(&self) -> Option<&str> {
        let contact = self.contacts.iter().find_map(Contact::email_text);
        contact.or_else(|| self.endpoint.as_ref().and_then(Endpoint::email_text))
    }
}

/// Electronic address with its scheme (EAS code; `EM` is e-mail).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// EAS code; empty where the document names none.
    #[serde(
        default,
        skip_serializing_if = "optional::is_default",
        deserialize_with = "optional::or_default"
    )]
    pub scheme: String,
    /// The address.
    pub id: String,
}

impl Endpoint {
    /// Returns the address, if the scheme is that of e-mail.
    pub fn email_text(&self) -> Option<&str> {
        let id = self.id.trim();
        (self.scheme.trim().eq_ignore_ascii_case("EM") && !id.is_empty()).then_some(id)
    }
}

/// Postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostalAddress {
    /// Street and number, further lines below.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list::texts")]
    pub lines: Vec<String>,
    /// Post code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_zone: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl PostalAddress {
    /// Returns the country as ISO 3166-1 writes it, whatever case and white space it came with; none for a blank one.
    pub fn country_code(&self) -> Option<String> {
        self.country.as_deref().map(|code| code.trim().to_ascii_uppercase()).filter(|code| !code.is_empty())
    }
}

/// Whether a contact is one person or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactKind {
    /// One person, greeted by name.
    Person,
    /// A department, greeted without a name.
    Team,
}

/// A person or department at a party. The e-mail is stored as it was written: `recipients` reports what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contact {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Salutation of a mail to them, as they want it: `Geachte mevrouw Delacroix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salutation: Option<String>,
    /// One person, or several; where absent, the name decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContactKind>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// `billing`, `purchasing`, `sales`, `logistics`, `general`; others are kept and match nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list::texts")]
    pub roles: Vec<String>,
    /// Language the contact wants to be written in (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Chosen before others of the same role.
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "optional::or_default")]
    pub preferred: bool,
}

impl Contact {
    /// Returns the e-mail as it was written; none for a blank one.
    pub fn email_text(&self) -> Option<&str> {
        self.email.as_deref().map(str::trim).filter(|email| !email.is_empty())
    }
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Identifier (BT-126); its position, counted from 1, where the document gives none.
    #[serde(default, deserialize_with = "optional::or_default")]
    pub id: String,
    /// Item name (BT-153).
    pub name: String,
    /// Item description (BT-154).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Quantity (BT-129).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub quantity: Option<Decimal>,
    /// Unit code, UN/ECE Rec 20 (BT-130).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Item net price (BT-146).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub unit_price: Option<Decimal>,
    /// Line net amount (BT-131).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub net_amount: Option<Decimal>,
    /// VAT rate in percent (BT-152).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub tax_percent: Option<Decimal>,
    /// The day of the document that a line of a statement or a reminder is about.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional_date")]
    pub date: Option<NaiveDate>,
    /// When that document is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional_date")]
    pub due_date: Option<NaiveDate>,
    /// Number of that document, where the line's name is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// What is still open of it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub balance: Option<Decimal>,
}

/// VAT by category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxSubtotal {
    /// Category code (BT-118).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Rate in percent (BT-119).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub percent: Option<Decimal>,
    /// Taxable amount (BT-116).
    #[serde(with = "decimal")]
    pub taxable: Decimal,
    /// Tax amount (BT-117).
    #[serde(with = "decimal")]
    pub tax: Decimal,
}

/// Totals as the document states them. A delivery note or a request has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Sum of line net amounts (BT-106).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub lines: Option<Decimal>,
    /// Sum of what was taken off the whole (BT-107).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub allowances: Option<Decimal>,
    /// Sum of what was added to the whole (BT-108).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub charges: Option<Decimal>,
    /// Total without VAT (BT-109).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub tax_exclusive: Option<Decimal>,
    /// Total VAT amount (BT-110).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub tax: Option<Decimal>,
    /// Total with VAT (BT-112).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub tax_inclusive: Option<Decimal>,
    /// Paid amount (BT-113).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub prepaid: Option<Decimal>,
    /// Rounding amount (BT-114).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub rounding: Option<Decimal>,
    /// Amount due for payment (BT-115).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub payable: Option<Decimal>,
}

/// A way to pay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentMeans {
    /// UNTDID 4461 code (BT-81).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Remittance information (BT-83).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// IBAN or account number (BT-84).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Account name (BT-85).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// BIC (BT-86).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    /// Currency that the account is held in, where the document has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Mandate of a direct debit (BT-89).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
    /// Account that a direct debit collects from (BT-91).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debited_account: Option<String>,
    /// Last digits of the card (BT-87).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
}

/// Documents it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct References {
    /// Buyer reference (BT-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<String>,
    /// Purchase order (BT-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Sales order (BT-14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_order: Option<String>,
    /// Contract (BT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Quotation (UBL QuotationDocumentReference).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotation: Option<String>,
    /// Preceding invoices (BG-3), or the invoices that a reminder, statement or credit note is about.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "list::texts")]
    pub invoices: Vec<String>,
}
