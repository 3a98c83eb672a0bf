//! A document of each kind, of a company that does not exist: for previews, templates and tests of hosts. Its dates have passed, so that a
//! reminder of it is one.

use crate::domain::kind::DocumentKind;

/// Makes a document of a kind as JSON.
pub fn sample(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Quote => include_str!("samples/quote.json"),
        DocumentKind::SalesOrder => include_str!("samples/sales-order.json"),
        DocumentKind::OrderConfirmation => include_str!("samples/order-confirmation.json"),
        DocumentKind::DeliveryNote => include_str!("samples/delivery-note.json"),
        DocumentKind::Invoice => include_str!("samples/invoice.json"),
        DocumentKind::CreditNote => include_str!("samples/credit-note.json"),
        DocumentKind::Statement => include_str!("samples/statement.json"),
        DocumentKind::Receipt => include_str!("samples/receipt.json"),
        DocumentKind::Reminder => include_str!("samples/reminder.json"),
        DocumentKind::PurchaseOrder => include_str!("samples/purchase-order.json"),
        DocumentKind::RequestForQuotation => include_str!("samples/request-for-quotation.json"),
        DocumentKind::Other => include_str!("samples/other.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{is_iban, read, to_json};
    use super::*;
    use crate::domain::kind::TABLE;
    use rust_decimal::Decimal;

    #[test]
    fn a_sample_is_of_its_kind_adds_up_and_is_nobodys() {
        for (kind, _) in TABLE {
            let document =
                read("application/json", sample(*kind).as_bytes()).unwrap_or_else(|f| panic!("{kind}: {f}"));
            assert_eq!(document.kind, *kind);
            assert_eq!(
                read("application/json", to_json(&document).as_bytes()).as_ref(),
                Ok(&document),
                "{kind}"
            );
            for address in sample(*kind).split('"').filter(|text| text.contains('@')) {
                assert!(address.ends_with(".example"), "{kind}: {address}");
            }
            for means in &document.payment_means {
                assert!(means.account.as_deref().is_none_or(is_iban), "{kind}: {means:?}");
            }
            assert!(document.partner().mailbox_text().is_some(), "{kind}");
            assert_eq!(document.differing_sums().count(), 0, "{kind}");
            let t = document.totals;
            let lines = |of: fn(&super::super::Line) -> Option<Decimal>| {
                document.lines.iter().filter_map(of).sum::<Decimal>()
            };
            let is_statement = matches!(kind, DocumentKind::Statement | DocumentKind::Reminder);
            let sum = if is_statement { lines(|line| line.balance) } else { lines(|line| line.net_amount) };
            assert_eq!(t.lines.unwrap_or_default(), sum, "{kind}");
            if let (Some(net), Some(tax), Some(total)) = (t.tax_exclusive, t.tax, t.tax_inclusive) {
                let changed = document.charged().unwrap_or_default() - document.allowed().unwrap_or_default();
                assert_eq!((sum + changed, net + tax), (net, total), "{kind}");
                assert_eq!(t.payable, Some(total - t.prepaid.unwrap_or_default()), "{kind}");
                assert_eq!(document.taxes.iter().map(|of| of.tax).sum::<Decimal>(), tax, "{kind}");
            }
        }
    }

    #[test]
    fn a_plan_of_a_sample_is_one() {
        for kind in [DocumentKind::Invoice, DocumentKind::Statement] {
            let document = read("application/json", sample(kind).as_bytes()).unwrap();
            assert_eq!(document.as_mailed().instalments.len(), 2, "{kind}");
        }
    }
}
