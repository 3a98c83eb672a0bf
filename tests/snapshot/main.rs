//! The snapshot tier: every mail that can be made, as a reader of its text, of its HTML and of its source sees it.
//!
//! A snapshot is named by case and part, `invoice-overdue@fr.html`, so that a change of a text shows as a change
//! of that mail. `INSTA_UPDATE=always cargo test -p postroom-tests --test snapshot` accepts what changed: read the
//! difference before committing it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod cases;
mod language;
mod letters;

use postroom_plugin::domain::kind::{DocumentKind, TABLE};
use postroom_tests::case::Case;
use postroom_tests::fixtures;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

fn folder() -> PathBuf {
    fixtures::folder().join("snapshot/snapshots")
}

/// Parts of a mail that have a snapshot, by the ending of its name.
const PARTS: [&str; 3] = ["txt", "html", "eml"];

/// Compares text, HTML and message with their snapshots; gives the names of those that differ.
fn differing(case: &Case) -> Vec<String> {
    let message = case.compose().unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
    let whole = case.whole(&message.composed.chunks).unwrap();
    assert_eq!(whole.len() as u64, message.composed.size, "{}", case.name);
    let whole =
        String::from_utf8(whole).unwrap_or_else(|_| panic!("{}: the message is not UTF-8", case.name));
    assert!(
        !whole.replace("\r\n", "").contains(['\r', '\n']),
        "{}: lines end in CRLF, all of them",
        case.name
    );
    let rendered = &message.rendered;
    let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
    let contents = [text, rendered.html.clone(), whole.replace("\r\n", "\n")];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = |(part, content): (&str, String)| {
        let name = format!("{}.{part}", case.name);
        let compared = AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name.clone(), content)));
        catch_unwind(compared).is_err().then_some(name)
    };
    PARTS.into_iter().zip(contents).filter_map(compare).collect()
}

fn hold(cases: impl IntoIterator<Item = Case>) {
    let differing = cases.into_iter().flat_map(|case| differing(&case)).collect::<Vec<_>>();
    assert!(differing.is_empty(), "{} mails differ from their snapshots: {differing:#?}", differing.len());
}

/// One test a kind, so that they run at the same time.
macro_rules! kinds {
    ($($test:ident: $kind:ident,)*) => {
        $(
            #[test]
            fn $test() {
                hold(cases::of_kind(DocumentKind::$kind));
            }
        )*

        #[test]
        fn every_kind_has_a_test() {
            let tested = BTreeSet::from([$(DocumentKind::$kind),*]);
            assert_eq!(tested, TABLE.iter().map(|(kind, _)| *kind).collect());
        }
    };
}

kinds! {
    quotes: Quote,
    sales_orders: SalesOrder,
    order_confirmations: OrderConfirmation,
    delivery_notes: DeliveryNote,
    invoices: Invoice,
    credit_notes: CreditNote,
    statements: Statement,
    receipts: Receipt,
    reminders: Reminder,
    purchase_orders: PurchaseOrder,
    requests_for_quotation: RequestForQuotation,
    other_documents: Other,
}

#[test]
fn regions_portals_addresses_and_sources() {
    hold(cases::special());
}

#[test]
fn there_is_no_snapshot_without_a_case() {
    let cases = cases::all();
    let expected = cases.iter().flat_map(|case| PARTS.map(|part| format!("{}.{part}.snap", case.name)));
    let expected = expected.collect::<BTreeSet<_>>();
    assert_eq!(expected.len(), 3 * cases.len(), "two cases have the same name");
    let found =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found = found.filter(|name| !name.ends_with(".snap.new")).collect::<BTreeSet<_>>();
    let extra = found.difference(&expected).collect::<Vec<_>>();
    let missing = expected.difference(&found).collect::<Vec<_>>();
    assert!(extra.is_empty() && missing.is_empty(), "extra: {extra:#?}\nmissing: {missing:#?}");
}
