//! How UBL files state how and when they are to be paid.

use super::tests::{of, with};

const AT: &str = "<cac:LegalMonetaryTotal>";

fn means(parts: &str) -> String {
    format!("<cac:PaymentMeans>{parts}</cac:PaymentMeans>")
}

fn paid_by(parts: &str) -> crate::domain::document::Document {
    of(&with(AT, &format!("{parts}{AT}")))
}

fn due(of: &crate::domain::document::Document) -> Option<String> {
    of.due_date.map(|day| day.to_string())
}

#[test]
fn a_mandate_with_its_account_and_day_is_read() {
    let debit = paid_by(&means(
        "<cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-05</cbc:PaymentDueDate><cbc:PaymentID>E2E</cbc:PaymentID>\
         <cac:PaymentMandate><cbc:ID>M-77</cbc:ID><cac:PayerFinancialAccount><cbc:ID>NL39RABO0300065264</cbc:ID></cac:PayerFinancialAccount></cac:PaymentMandate>",
    ));
    let read = debit.direct_debit().unwrap();
    assert_eq!(
        (read.mandate.as_deref(), read.debited_account.as_deref()),
        (Some("M-77"), Some("NL39RABO0300065264"))
    );
    assert_eq!(due(&debit).as_deref(), Some("2026-12-05"));
    assert_eq!(debit.transfer(), None);
}

#[test]
fn the_due_date_is_that_of_the_means_which_counts() {
    let local = means(
        "<cbc:PaymentMeansCode>42</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate><cac:PayeeFinancialAccount><cbc:ID>4711</cbc:ID></cac:PayeeFinancialAccount>",
    );
    let iban = means(
        "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-15</cbc:PaymentDueDate><cac:PayeeFinancialAccount><cbc:ID>NL39RABO0300065264</cbc:ID></cac:PayeeFinancialAccount>",
    );
    assert_eq!(due(&paid_by(&format!("{local}{iban}"))).as_deref(), Some("2026-12-15"));
    let undated = means(
        "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>NL39RABO0300065264</cbc:ID></cac:PayeeFinancialAccount>",
    );
    assert_eq!(
        due(&paid_by(&format!("{local}{undated}"))).as_deref(),
        Some("2026-12-01"),
        "the only day there is"
    );
    let head = with("<cbc:IssueDate>", "<cbc:DueDate>2026-12-20</cbc:DueDate><cbc:IssueDate>");
    assert_eq!(due(&of(&head.replace(AT, &format!("{local}{undated}{AT}")))).as_deref(), Some("2026-12-20"));
}

#[test]
fn parts_of_the_amount_with_days_of_their_own_are_instalments() {
    let terms = |parts: &str| format!("<cac:PaymentTerms>{parts}</cac:PaymentTerms>");
    let part = |amount: &str, day: &str| {
        terms(&format!(
            "<cbc:Amount currencyID='EUR'>{amount}</cbc:Amount><cbc:InstallmentDueDate>{day}</cbc:InstallmentDueDate>"
        ))
    };
    let read = |parts: &str| {
        let document = paid_by(parts);
        let all = document.instalments.iter().map(|part| format!("{} {}", part.due_date, part.amount));
        (all.collect::<Vec<_>>(), due(&document))
    };
    let two = part("6.25", "2027-01-15") + &part("6.25", "2026-12-15");
    assert_eq!(
        read(&two),
        (vec!["2026-12-15 6.25".into(), "2027-01-15 6.25".into()], Some("2026-12-15".into()))
    );
    assert_eq!(
        read(&part("12.50", "2026-12-15")),
        (vec![], Some("2026-12-15".into())),
        "one part is the whole"
    );
    let dollars = two.replacen("EUR", "USD", 1);
    assert_eq!(read(&dollars).0, Vec::<String>::new(), "not all in the document's currency");
    let discount = terms(
        "<cbc:SettlementDiscountPercent>2</cbc:SettlementDiscountPercent><cbc:Amount currencyID='EUR'>12.25</cbc:Amount>",
    );
    assert_eq!(read(&format!("{discount}{two}")).0.len(), 2, "a discount is no part");
    let by_means = means(
        "<cbc:ID>a</cbc:ID><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate>",
    ) + &means(
        "<cbc:ID>b</cbc:ID><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2027-02-01</cbc:PaymentDueDate>",
    ) + &terms("<cbc:PaymentMeansID>a</cbc:PaymentMeansID><cbc:Amount>5</cbc:Amount>")
        + &terms("<cbc:PaymentMeansID>b</cbc:PaymentMeansID><cbc:Amount>7.50</cbc:Amount>");
    assert_eq!(read(&by_means).0, ["2026-12-01 5", "2027-02-01 7.50"]);
    let twice = by_means + &means("<cbc:ID>a</cbc:ID><cbc:PaymentDueDate>2028-01-01</cbc:PaymentDueDate>");
    assert_eq!(read(&twice).0, ["2026-12-01 5", "2027-02-01 7.50"], "the first of an id counts");
}

#[test]
fn as_many_terms_as_there_may_be_find_the_days_of_as_many_means() {
    let all: String = (0..1000)
        .map(|id| {
            means(&format!("<cbc:ID>{id}</cbc:ID><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate>"))
                + &format!(
                    "<cac:PaymentTerms><cbc:PaymentMeansID>{id}</cbc:PaymentMeansID><cbc:Amount>1</cbc:Amount></cac:PaymentTerms>"
                )
        })
        .collect();
    assert_eq!(paid_by(&all).instalments.len(), 1000);
}

#[test]
fn a_payment_slip_names_its_creditor_and_its_own_number() {
    let slip = paid_by(&means(
        "<cbc:PaymentMeansCode>93</cbc:PaymentMeansCode><cbc:InstructionID>123456789012347</cbc:InstructionID><cbc:PaymentID>71</cbc:PaymentID>\
         <cac:CreditAccount><cbc:AccountID>12345674</cbc:AccountID></cac:CreditAccount>",
    ));
    let read = slip.transfer().unwrap();
    assert_eq!(
        (read.account.as_deref(), read.reference.as_deref()),
        (Some("12345674"), Some("123456789012347"))
    );
}

#[test]
fn a_profile_of_self_billing_says_who_made_it_out() {
    let profile =
        |id: &str| of(&with("<cbc:ID>1</cbc:ID>", &format!("{id}<cbc:ID>1</cbc:ID>"))).is_self_billed();
    assert!(profile(
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0</cbc:CustomizationID>"
    ));
    assert!(profile("<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0</cbc:ProfileID>"));
    assert!(profile("<cbc:CustomizationID>urn:peppol:pint:selfbilling-1@aunz-1</cbc:CustomizationID>"));
    assert!(!profile(
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>"
    ));
    assert!(!profile(""));
}

#[test]
fn what_changes_the_whole_is_read_and_what_changes_a_line_is_not() {
    let adjustment = |fields: &str| format!("<cac:AllowanceCharge>{fields}</cac:AllowanceCharge>");
    let amount = |of: &str| format!("<cbc:Amount currencyID='EUR'>{of}</cbc:Amount>");
    let tax = "<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent></cac:TaxCategory>";
    let read = paid_by(
        &[
            format!("<cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode><cbc:AllowanceChargeReason>Loyal customer</cbc:AllowanceChargeReason>{}{tax}", amount("50.00")),
            format!("<cbc:ChargeIndicator> true </cbc:ChargeIndicator><cbc:AllowanceChargeReasonCode>FC</cbc:AllowanceChargeReasonCode>{}", amount("7.5")),
            "<cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:AllowanceChargeReason>no amount</cbc:AllowanceChargeReason>".into(),
        ]
        .map(|fields| adjustment(&fields))
        .concat(),
    );
    let listed = |of: &[crate::domain::document::Adjustment]| {
        let one = |it: &crate::domain::document::Adjustment| {
            let percent = it.tax_percent.map(|percent| percent.to_string());
            (it.reason.clone().unwrap_or_default(), it.amount.to_string(), it.tax_category.clone(), percent)
        };
        of.iter().map(one).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        listed(&read.allowances),
        [("Loyal customer".to_owned(), "50.00".to_owned(), some("S"), some("21"))]
    );
    assert_eq!(listed(&read.charges), [("FC".to_owned(), "7.5".to_owned(), None, None)]);
    let of_line = with(
        "<cac:Item>",
        &format!(
            "{}<cac:Item>",
            adjustment(&format!("<cbc:ChargeIndicator>true</cbc:ChargeIndicator>{}", amount("1")))
        ),
    );
    assert!(of(&of_line).charges.is_empty());
}

#[test]
fn the_issuers_own_contact_is_the_person_in_charge() {
    let contact = |name: &str| {
        format!(
            "<cac:{name}><cbc:Name>Ann Lee</cbc:Name><cbc:Telephone>+32 9 555 01 20</cbc:Telephone></cac:{name}>"
        )
    };
    let beside = |name: &str| {
        of(&with(
            "</cac:AccountingSupplierParty>",
            &format!("{}</cac:AccountingSupplierParty>", contact(name)),
        ))
    };
    let person = beside("SellerContact").person_in_charge.unwrap();
    assert_eq!(
        (person.name.as_deref(), person.telephone.as_deref()),
        (Some("Ann Lee"), Some("+32 9 555 01 20"))
    );
    assert_eq!(beside("AccountingContact").person_in_charge, None);
    assert_eq!(paid_by("").person_in_charge, None);
}
