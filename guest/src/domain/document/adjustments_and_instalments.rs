//! What changes the sum of a whole document, and in which parts that sum is paid.

use super::Document;
use super::json::{date, decimal, optional};
use crate::domain::kind::DocumentKind;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An allowance taken off the whole document (BG-20), or a charge added to it (BG-21).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Why (BT-97, BT-104).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How much without VAT, above zero for both (BT-92, BT-99).
    #[serde(with = "decimal")]
    pub amount: Decimal,
    /// Category of its VAT (BT-95, BT-102).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
    /// Rate of its VAT in percent (BT-96, BT-103).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal::optional_decimal")]
    pub tax_percent: Option<Decimal>,
}

/// A part of the amount with a date of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// When it is to be paid.
    #[serde(with = "date")]
    pub due_date: NaiveDate,
    /// How much.
    #[serde(with = "decimal")]
    pub amount: Decimal,
    /// What it is called: `Deposit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Paid, by the business system's figure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "optional::or_default")]
    pub settled: bool,
}

impl Instalment {
    /// Returns a part without a name that is still to be paid.
    pub fn open(due_date: NaiveDate, amount: Decimal) -> Self {
        Self { due_date, amount, label: None, settled: false }
    }
}

impl Document {
    /// Returns all that was taken off the whole: the total stated, else the sum of the allowances.
    pub fn allowed(&self) -> Option<Decimal> {
        self.totals.allowances.or_else(|| sum(&self.allowances))
    }

    /// Returns all that was added to the whole: the total stated, else the sum of the charges.
    pub fn charged(&self) -> Option<Decimal> {
        self.totals.charges.or_else(|| sum(&self.charges))
    }

    /// Finds totals of allowances or charges that are stated and are not the sum of them: which, what is stated, and the sum.
    pub fn differing_sums(&self) -> impl Iterator<Item = (&'static str, Decimal, Decimal)> {
        let pairs = [
            ("allowances", self.totals.allowances, sum(&self.allowances)),
            ("charges", self.totals.charges, sum(&self.charges)),
        ];
        let differ = |(what, stated, sum): (_, Option<Decimal>, Option<Decimal>)| {
            Some((what, stated?, sum?)).filter(|(_, stated, sum)| stated.abs() != sum.abs())
        };
        pairs.into_iter().filter_map(differ)
    }

    /// Returns what is left of a plan after the parts that the business system calls settled; none where it calls none so, or where the
    /// parts do not add up to what is to be paid.
    pub(super) fn left_of_plan(&self) -> Option<Decimal> {
        let (planned, settled) = planned_and_settled(&self.instalments);
        let open = self.totals.open()?;
        let is_plan = self.instalments.iter().all(|part| part.amount > Decimal::ZERO)
            && [Some(open), self.totals.due()].contains(&Some(planned));
        // A plan from before a payment may not name all that was paid: no mail asks for more than is payable.
        (is_plan && settled > Decimal::ZERO && self.kind != DocumentKind::CreditNote)
            .then(|| (planned - settled).min(open))
    }
}

/// Returns what parts come to, and what those of them that are called settled come to.
pub(super) fn planned_and_settled(parts: &[Instalment]) -> (Decimal, Decimal) {
    let planned = parts.iter().map(|part| part.amount).sum();
    let settled = parts.iter().filter(|part| part.settled).map(|part| part.amount).sum();
    (planned, settled)
}

fn sum(of: &[Adjustment]) -> Option<Decimal> {
    (!of.is_empty()).then(|| of.iter().map(|adjustment| adjustment.amount).sum())
}

/// Turns allowances or charges above zero, where a credit note's program wrote them below.
pub(super) fn turn(of: &mut [Adjustment]) {
    if sum(of).is_some_and(|sum| sum < Decimal::ZERO) {
        of.iter_mut().for_each(|adjustment| adjustment.amount = -adjustment.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, DocumentFault, read, to_json};
    use rust_decimal::Decimal;
    use serde_json::{Value, json};

    fn of(kind: &str, fields: &Value) -> Document {
        given(kind, fields).unwrap_or_else(|fault| panic!("{fault}: {fields}"))
    }

    fn given(kind: &str, fields: &Value) -> Result<Document, super::super::DocumentError> {
        let mut document = json!({
            "kind": kind, "number": "F-1", "issue_date": "2026-09-15", "currency": "EUR",
            "seller": {"name": "Seller"}, "buyer": {"name": "Buyer"},
        });
        for (name, value) in fields.as_object().unwrap() {
            document[name] = value.clone();
        }
        read("application/json", document.to_string().as_bytes())
    }

    fn written(amount: Option<Decimal>) -> Option<String> {
        amount.map(|amount| amount.normalize().to_string())
    }

    #[test]
    fn parts_that_are_called_settled_are_paid_where_no_balance_says_otherwise() {
        let part = |day: &str, amount: &str, settled: bool| json!({"due_date": day, "amount": amount, "label": "Part", "settled": settled});
        let (oct, dec) = ("2026-10-15", "2026-12-31");
        let later_first = json!([part(oct, "605", false), part(dec, "605", true)]);
        let first = json!([part(oct, "605", true), part(dec, "605", false)]);
        let deposit =
            json!([part(oct, "210", true), part(dec, "500", false), part("2027-01-31", "500", false)]);
        for (what, parts, balance, prepaid, open, left) in [
            ("the first", &first, json!(""), "0", "605", vec![]),
            ("a later one", &later_first, json!(""), "0", "605", vec![]),
            ("the balance knows better", &first, json!("400"), "0", "400", vec![]),
            ("the balance says that it is not paid", &first, json!("1210"), "0", "1210", vec![]),
            (
                "more was paid than the parts say",
                &deposit,
                json!(""),
                "300",
                "910",
                vec![("410", dec), ("500", "2027-01-31")],
            ),
            ("a deposit", &deposit, json!(""), "210", "1000", vec![("500", dec), ("500", "2027-01-31")]),
        ] {
            let payable = 1210 - prepaid.parse::<i32>().unwrap();
            let totals = json!({"tax_inclusive": "1210", "prepaid": prepaid, "payable": payable});
            let fields = json!({"totals": totals, "instalments": parts, "balance": balance});
            let document = of("invoice", &fields);
            let open = Some(open.to_owned());
            assert_eq!(written(document.open_amount().map(|m| m.amount)), open, "{what}");
            let document = document.as_mailed();
            assert_eq!(written(document.open_amount().map(|m| m.amount)), open, "{what}: as it stands");
            let parts: Vec<_> = document
                .instalments
                .iter()
                .map(|part| (part.amount.to_string(), part.due_date.to_string()))
                .collect();
            let left: Vec<_> =
                left.into_iter().map(|(a, d): (&str, &str)| (a.to_owned(), d.to_owned())).collect();
            assert_eq!(parts, left, "{what}");
        }
        let unrelated = json!({"totals": {"tax_inclusive": "1000"}, "instalments": first});
        assert_eq!(
            written(of("invoice", &unrelated).open_amount().map(|m| m.amount)).as_deref(),
            Some("1000")
        );
    }

    #[test]
    fn what_changes_the_whole_is_summed_where_no_total_says_it_and_compared_where_one_does() {
        let list =
            json!([{"reason": " Loyalty\n5 % ", "amount": "50"}, {"amount": 10.5, "tax_percent": "21"}]);
        let document = of("invoice", &json!({"allowances": list, "charges": []}));
        assert_eq!((written(document.allowed()).as_deref(), document.charged()), (Some("60.5"), None));
        assert_eq!(document.allowances[0].reason.as_deref(), Some("Loyalty 5 %"));
        assert_eq!(document.differing_sums().count(), 0);
        let stated = |sum: &str| json!({"charges": list, "totals": {"charges": sum}});
        assert_eq!(of("invoice", &stated("60.50")).differing_sums().count(), 0);
        assert_eq!(of("credit-note", &stated("-60.5")).differing_sums().count(), 0);
        let differing: Vec<_> =
            of("invoice", &stated("60")).differing_sums().map(|(what, ..)| what).collect();
        assert_eq!(differing, ["charges"]);
        let credit = json!({"allowances": [{"amount": "-50"}], "totals": {"tax_inclusive": "-100"}});
        assert_eq!(written(of("credit-note", &credit).as_mailed().allowed()).as_deref(), Some("50"));
    }

    #[test]
    fn own_fields_are_few_short_and_by_names_that_a_text_can_say() {
        let own = |fields: Value| given("invoice", &json!({"extra": fields}));
        let read = own(json!({"route": "North", "_a1": " two\nlines ", "none": null, "empty": ""})).unwrap();
        let names: Vec<_> = read.extra.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(names, [("_a1", " two\nlines "), ("route", "North")]);
        assert_eq!(super::super::read("application/json", to_json(&read).as_bytes()), Ok(read));
        assert!(own(Value::Null).unwrap().extra.is_empty());
        let many = |count: usize| {
            (0..count).map(|n| (format!("f{n}"), json!("x"))).collect::<serde_json::Map<_, _>>()
        };
        assert_eq!(own(many(100).into()).unwrap().extra.len(), 100);
        let row = |empty: usize| {
            let columns = (0..empty).map(|n| (format!("e{n}"), json!("")));
            Value::from(many(100).into_iter().chain(columns).collect::<serde_json::Map<_, _>>())
        };
        assert_eq!(own(row(1_000)).unwrap().extra.len(), 100, "empty cells are absent");
        assert_eq!(own(row(1_001)).unwrap_err().fault, DocumentFault::Refused);
        for (fields, fault, path) in [
            (Value::from(many(101)), DocumentFault::Refused, "$.extra"),
            (json!({"long": "x".repeat(64 * 1024 + 1)}), DocumentFault::Refused, "$.extra.long"),
            (json!({"a-b": "x"}), DocumentFault::Invalid, "$.extra"),
            (json!({"1a": "x"}), DocumentFault::Invalid, "$.extra"),
            (json!({"": "x"}), DocumentFault::Invalid, "$.extra"),
            (json!({"é": "x"}), DocumentFault::Invalid, "$.extra"),
            (json!({"x".repeat(65): "x"}), DocumentFault::Invalid, "$.extra"),
            (json!({"a": 1}), DocumentFault::Invalid, "$.extra.a"),
            (json!({"a": {"b": "x"}}), DocumentFault::Invalid, "$.extra.a"),
            (json!(["x"]), DocumentFault::Invalid, "$.extra"),
        ] {
            let found = own(fields).unwrap_err();
            assert_eq!((found.fault, found.path.starts_with(path)), (fault, true), "{found}");
        }
        let twice = r#"{"kind": "other", "number": "1", "issue_date": "2026-09-15", "currency": "EUR",
            "seller": {"name": "A"}, "buyer": {"name": "B"}, "extra": {"a": "x", "a": "y"}}"#;
        assert!(
            super::super::read("application/json", twice.as_bytes())
                .unwrap_err()
                .detail
                .contains("given twice")
        );
    }
}
