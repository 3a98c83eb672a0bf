//! Who gets the mail, in every case the rules name.

use super::*;
use crate::domain::document::{Contact, Currency, Document, Endpoint, Party, References, Totals};
use crate::domain::kind::{DocumentKind, Purpose, UseCase};
use crate::domain::settings::Settings;
use chrono::NaiveDate;
use proptest::prelude::*;

/// `roles name email`, a star for preferred.
fn contact(text: &str) -> Contact {
    let mut words = text.splitn(3, ' ');
    let mut roles: Vec<String> = words.next().unwrap().split('+').map(str::to_owned).collect();
    let preferred = roles.iter().any(|r| r == "*");
    roles.retain(|r| r != "*" && r != "-");
    let name = words.next().map(str::to_owned);
    Contact { name, email: words.next().map(str::to_owned), roles, preferred, ..Contact::default() }
}

fn document(kind: DocumentKind, contacts: &[&str], endpoint: Option<(&str, &str)>) -> Document {
    let partner = Party {
        name: "Atelier Nord".into(),
        endpoint: endpoint.map(|(scheme, id)| Endpoint { scheme: scheme.into(), id: id.into() }),
        contacts: contacts.iter().map(|c| contact(c)).collect(),
        ..Party::default()
    };
    let other = Party {
        name: "Self".into(),
        contacts: vec![contact("billing+sales Own own@self.be")],
        ..Party::default()
    };
    let vendor = matches!(kind, DocumentKind::PurchaseOrder | DocumentKind::RequestForQuotation);
    let (seller, buyer) = if vendor { (partner, other) } else { (other, partner) };
    Document {
        kind,
        type_code: None,
        self_billed: false,
        number: "1".into(),
        revision: None,
        issue_date: NaiveDate::from_ymd_opt(2026, 1, 2).unwrap(),
        due_date: None,
        valid_until: None,
        delivery_date: None,
        currency: Currency::EUR,
        language: None,
        seller,
        buyer,
        lines: Vec::new(),
        allowances: Vec::new(),
        charges: Vec::new(),
        taxes: Vec::new(),
        totals: Totals::default(),
        balance: None,
        payment_terms: None,
        payment_means: Vec::new(),
        instalments: Vec::new(),
        network: None,
        references: References::default(),
        notes: Vec::new(),
        dunning_level: None,
        person_in_charge: None,
        extra: Default::default(),
    }
}

fn ask(document: &Document, settings: &Settings, user: &UserOverrides) -> Resolution {
    resolve(document, Purpose::new(document.kind, UseCase::New).unwrap(), settings, user)
}

fn settings(json: &str) -> Settings {
    serde_json::from_str(json).unwrap()
}

/// `To contact-role: Jan <a@b.be>`, then `! To text: detail`.
fn lines(resolution: &Resolution) -> Vec<String> {
    let entries = resolution.entries.iter().map(|e| format!("{:?} {}: {}", e.field, e.reason, e.mailbox));
    entries
        .chain(resolution.invalid.iter().map(|i| format!("! {:?} {}: {}", i.field, i.text, i.detail)))
        .collect()
}

#[test]
fn the_contact_whose_role_fits_the_document_is_written_to() {
    use DocumentKind as K;
    let all = [
        "general G g@x.be",
        "billing B b@x.be",
        "purchasing P p@x.be",
        "sales S s@x.be",
        "logistics L l@x.be",
    ];
    for (kind, expected) in [
        (K::Invoice, "b@x.be"),
        (K::CreditNote, "b@x.be"),
        (K::Statement, "b@x.be"),
        (K::Receipt, "b@x.be"),
        (K::Reminder, "b@x.be"),
        (K::Quote, "p@x.be"),
        (K::SalesOrder, "p@x.be"),
        (K::OrderConfirmation, "p@x.be"),
        (K::DeliveryNote, "l@x.be"),
        (K::PurchaseOrder, "s@x.be"),
        (K::RequestForQuotation, "s@x.be"),
        (K::Other, "g@x.be"),
    ] {
        let answer = ask(&document(kind, &all, None), &Settings::default(), &UserOverrides::default());
        let to: Vec<_> = answer.of(Field::To).map(|m| m.address.to_string()).collect();
        assert_eq!(to, [expected], "{kind}");
        assert_eq!(answer.entries.len(), 1, "{kind}");
    }
}

#[test]
fn the_next_best_contact_stands_in_and_the_faulty_one_is_named() {
    let cases: &[(DocumentKind, &[&str], &[&str])] = &[
        (DocumentKind::Invoice, &[], &[]),
        (DocumentKind::Invoice, &["billing B"], &[]),
        (
            DocumentKind::Invoice,
            &["billing A a@x.be", "Billing B b@x.be"],
            &["To contact-role: A <a@x.be>", "To contact-role: B <b@x.be>"],
        ),
        (
            DocumentKind::Invoice,
            &["billing A a@x.be", "billing+* B b@x.be"],
            &["To contact-role: B <b@x.be>"],
        ),
        (
            DocumentKind::Invoice,
            &["billing A a@x.be", "billing+* B b@"],
            &[
                "To contact-role: A <a@x.be>",
                "! To b@: nothing after the @ (preferred billing contact of Atelier Nord)",
            ],
        ),
        (
            DocumentKind::Invoice,
            &["billing+general B nobody", "general+* G g@x.be"],
            &["To contact-general: G <g@x.be>", "! To nobody: no @ (billing contact of Atelier Nord)"],
        ),
        (
            DocumentKind::Invoice,
            &["sales S s@x.be", "sales+* T t@x.be"],
            &["To contact-preferred: T <t@x.be>"],
        ),
        (DocumentKind::Invoice, &["- S s@x.be", "sales T t@x.be"], &["To document: S <s@x.be>"]),
        (
            DocumentKind::DeliveryNote,
            &["purchasing P p@x.be", "billing B b@x.be"],
            &["To contact-role: P <p@x.be>"],
        ),
        (
            DocumentKind::Invoice,
            &["billing B b@x.be; c@x.be"],
            &["To contact-role: B <b@x.be>", "To contact-role: B <c@x.be>"],
        ),
        (
            DocumentKind::Invoice,
            &["billing B b@x.be\r\nBcc: e@x.be"],
            &["! To b@x.be␍␊Bcc: e@x.be: control character U+000D (billing contact of Atelier Nord)"],
        ),
    ];
    for (kind, contacts, expected) in cases {
        let answer = ask(&document(*kind, contacts, None), &Settings::default(), &UserOverrides::default());
        assert_eq!(lines(&answer), *expected, "{kind} {contacts:?}");
    }
}

#[test]
fn the_electronic_address_serves_where_no_contact_does_and_is_a_mailbox() {
    type Case<'a> = (&'a [&'a str], (&'a str, &'a str), &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&[], ("EM", "info@x.be"), &["To endpoint: Atelier Nord <info@x.be>"]),
        (&[], ("em", " mailto:info@x.be "), &["To endpoint: Atelier Nord <info@x.be>"]),
        (&[], ("0208", "info@x.be"), &[]),
        (&["billing B INFO@x.be"], ("EM", "info@x.be"), &["To contact-role: B <INFO@x.be>"]),
        (
            &["billing B b"],
            ("EM", "info@"),
            &[
                "! To b: no @ (billing contact of Atelier Nord)",
                "! To info@: nothing after the @ (electronic address of Atelier Nord)",
            ],
        ),
    ];
    for (contacts, endpoint, expected) in cases {
        let document = document(DocumentKind::Invoice, contacts, Some(*endpoint));
        let answer = ask(&document, &Settings::default(), &UserOverrides::default());
        assert_eq!(lines(&answer), *expected, "{contacts:?} {endpoint:?}");
    }
}

#[test]
fn what_the_user_typed_replaces_or_adds_to_what_was_resolved() {
    let company = settings(
        r#"{"recipients":{"cc":"cc@self.be","bcc":"bcc@self.be","reply_to":"Desk <desk@self.be>"}}"#,
    );
    let text = |t: &str| Some(t.to_owned());
    let of_company = [
        "Cc company-setting: cc@self.be",
        "Bcc company-setting: bcc@self.be",
        "ReplyTo company-setting: Desk <desk@self.be>",
    ];
    let cases: &[(UserOverrides, Vec<&str>)] = &[
        (
            UserOverrides { to: text(" ; "), ..Default::default() },
            [&["To contact-role: B <b@x.be>"][..], &of_company].concat(),
        ),
        (
            UserOverrides { to: text("j@y.be"), ..Default::default() },
            [&["To user: j@y.be"][..], &of_company].concat(),
        ),
        (
            UserOverrides { to: text("j"), ..Default::default() },
            [&of_company[..], &["! To j: no @ (typed by the user)"]].concat(),
        ),
        (
            UserOverrides { cc: text(""), bcc: text("me@y.be"), reply_to: text(""), ..Default::default() },
            vec!["To contact-role: B <b@x.be>", "Bcc company-setting: bcc@self.be", "Bcc user: me@y.be"],
        ),
        (
            UserOverrides { cc: text("k@y.be"), reply_to: text("r@y.be, b@x.be"), ..Default::default() },
            vec![
                "To contact-role: B <b@x.be>",
                "Cc user: k@y.be",
                "Bcc company-setting: bcc@self.be",
                "ReplyTo user: r@y.be",
                "ReplyTo user: b@x.be",
            ],
        ),
    ];
    for (user, expected) in cases {
        let answer = ask(&document(DocumentKind::Invoice, &["billing B b@x.be"], None), &company, user);
        assert_eq!(lines(&answer), *expected, "{user:?}");
    }
}

#[test]
fn an_address_stands_once_and_in_the_first_of_to_cc_and_bcc() {
    let company = settings(
        r#"{"recipients":{"cc":"INFO@MÜLLER.de, c@x.be","bcc":"C@X.be; d@x.be"},"user":{"auto_bcc_self":true,"own_email":"D@x.be"}}"#,
    );
    let user = UserOverrides {
        to: Some("Info <info@xn--mller-kva.de>, info@müller.de".into()),
        ..Default::default()
    };
    let answer = ask(&document(DocumentKind::Invoice, &[], None), &company, &user);
    assert_eq!(
        lines(&answer),
        ["To user: Info <info@müller.de>", "Cc company-setting: c@x.be", "Bcc company-setting: d@x.be"]
    );
}

#[test]
fn the_user_who_creates_the_mail_gets_a_blind_copy_at_the_own_address() {
    for (user, expected) in [
        (
            r#"{"auto_bcc_self":true,"own_email":"me@self.be","email":"desk@self.be"}"#,
            vec!["Bcc auto-bcc-self: me@self.be"],
        ),
        (
            r#"{"auto_bcc_self":true,"own_email":" ","email":"desk@self.be"}"#,
            vec!["Bcc auto-bcc-self: desk@self.be"],
        ),
        (r#"{"auto_bcc_self":false,"own_email":"me@self.be"}"#, vec![]),
        (
            r#"{"auto_bcc_self":true}"#,
            vec!["! Bcc : the user has no address (blind copy to the user who created the mail)"],
        ),
        (
            r#"{"auto_bcc_self":true,"own_email":"me"}"#,
            vec!["! Bcc me: no @ (blind copy to the user who created the mail)"],
        ),
    ] {
        let settings = settings(&format!(r#"{{"user":{user}}}"#));
        let answer = ask(&document(DocumentKind::Invoice, &[], None), &settings, &UserOverrides::default());
        assert_eq!(lines(&answer), expected, "{user}");
    }
}

#[test]
fn the_first_contact_chosen_is_the_one_greeted() {
    let mut document = document(
        DocumentKind::Invoice,
        &["sales Sam s@x.be", "billing Bea b@x.be", "billing Bo bo@x.be"],
        None,
    );
    document.buyer.contacts[1].language = Some("fr-BE".into());
    document.buyer.contacts[0].language = Some("nl".into());
    for (to, expected) in [
        (None, Some((Some("Bea"), Some("fr-BE")))),
        (Some("S@X.be, b@x.be"), Some((Some("Sam"), Some("nl")))),
        (Some("Jan <j@y.be>"), Some((Some("Jan"), None))),
        (Some("j@y.be"), None),
        (Some("j"), None),
    ] {
        let user = UserOverrides { to: to.map(str::to_owned), ..Default::default() };
        let addressee = ask(&document, &Settings::default(), &user).addressee;
        let named = addressee.as_ref().map(|a| (a.name.as_deref(), a.language.as_deref()));
        assert_eq!(named, expected, "{to:?}");
    }
}

#[test]
fn one_internationalised_local_part_asks_for_smtputf8() {
    for (to, expected) in [("a@müller.de", false), ("a@x.be, josé@x.es", true)] {
        let user = UserOverrides { to: Some(to.into()), ..Default::default() };
        let answer = ask(&document(DocumentKind::Invoice, &[], None), &Settings::default(), &user);
        assert_eq!(answer.needs_smtputf8, expected, "{to}");
    }
}

#[test]
fn each_entry_says_in_english_why_it_is_there() {
    let document = document(DocumentKind::Invoice, &["billing B b@x.be"], None);
    let settings =
        settings(r#"{"recipients":{"cc":"c@x.be"},"user":{"auto_bcc_self":true,"email":"m@x.be"}}"#);
    let user = UserOverrides { bcc: Some("d@x.be".into()), ..Default::default() };
    let details: Vec<_> = ask(&document, &settings, &user).entries.into_iter().map(|e| e.detail).collect();
    assert_eq!(
        details,
        [
            "billing contact of Atelier Nord",
            "setting of the company",
            "typed by the user",
            "blind copy to the user who created the mail",
        ]
    );
}

proptest! {
    #[test]
    fn garbage_gives_neither_a_panic_nor_a_control_character_nor_a_duplicate(
        email in any::<String>(), name in any::<String>(), to in proptest::option::of(any::<String>()), party in any::<String>(),
        cc in r"[ab]@[xX]\.be[,;\n][aA]@x\.BE",
    ) {
        let mut document = document(DocumentKind::Invoice, &["billing B b@x.be"], Some(("EM", &email)));
        document.buyer.name = party;
        document.buyer.contacts.push(Contact { name: Some(name), email: Some(email), ..contact("billing") });
        let answer = ask(&document, &Settings::default(), &UserOverrides { to, cc: Some(cc), ..Default::default() });
        for line in lines(&answer).iter().chain(answer.entries.iter().map(|e| &e.detail)) {
            prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
        }
        for (at, entry) in answer.entries.iter().enumerate() {
            prop_assert!(answer.entries[..at].iter().all(|e| e.mailbox.address != entry.mailbox.address));
        }
    }
}
