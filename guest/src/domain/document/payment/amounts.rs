//! What is still to be paid: one definition for texts, layout and refusals.

use crate::domain::document::{Document, Line, Money, TaxSubtotal, Totals};
use crate::domain::kind::DocumentKind as K;
use chrono::NaiveDate;
use rust_decimal::Decimal;

impl Document {
    fn money(&self, amount: Decimal) -> Money {
        Money { amount, currency: self.currency }
    }

    /// The total of the document: with tax, before what was paid; else what is payable, else without tax.
    pub fn total(&self) -> Option<Money> {
        self.totals.stated().map(|amount| self.money(amount))
    }

    /// What is still open, with the sign that the document gives it: the balance of the business system, else what is payable
    /// (BT-115), else the total with tax less what was paid; none where nothing says.
    pub fn open_amount(&self) -> Option<Money> {
        self.balance.or_else(|| self.totals.open()).map(|amount| self.money(amount))
    }

    /// True where what is payable leaves out what was paid, both by the document's own words.
    pub fn forgets_prepaid(&self) -> bool {
        self.balance.is_none() && self.totals.forget_prepaid()
    }

    /// What the reader is still to pay, never below zero; none where it is not known. Nobody pays a credit note, or
    /// what their customer made out in their name.
    pub fn owed(&self) -> Option<Money> {
        if self.kind == K::CreditNote || self.is_self_billed() {
            return Some(self.money(Decimal::ZERO));
        }
        let open = self.open_amount()?;
        Some(Money { amount: open.amount.max(Decimal::ZERO), ..open })
    }

    /// What stands in the reader's favour, above zero: what was paid too much, the amount of a credit note whichever sign it is
    /// written with, or what a self-billed invoice says that they are paid.
    pub fn in_favour(&self) -> Option<Money> {
        let amount = match (self.kind, self.is_self_billed()) {
            (K::CreditNote, false) => self.total()?.amount.abs(),
            (K::Invoice, true) if self.type_code.as_deref().map(str::trim) != Some("527") => {
                self.open_amount()?.amount
            }
            (_, true) => return None,
            (K::Invoice | K::Reminder | K::Statement | K::Receipt, false) => -self.open_amount()?.amount,
            _ => return None,
        };
        (amount > Decimal::ZERO).then(|| self.money(amount))
    }

    /// What was paid already, above zero.
    pub fn paid(&self) -> Option<Money> {
        let amount = match (self.totals.due(), self.balance) {
            (Some(due), Some(balance)) => due - balance,
            _ => self.totals.prepaid?,
        };
        (amount > Decimal::ZERO).then(|| self.money(amount))
    }

    /// The first day on which something of it is to be paid.
    pub fn first_due_date(&self) -> Option<NaiveDate> {
        self.instalments.iter().map(|part| part.due_date).chain(self.due_date).min()
    }

    /// The document with a credit note's amounts above zero, as people read them; anything else as it is. Totals, taxes, lines and
    /// balance are turned each for themselves, since programs write only some of them below zero.
    pub fn with_credit_above_zero(mut self) -> Self {
        if self.kind != K::CreditNote {
            return self;
        }
        if self.totals.stated().is_some_and(|total| total < Decimal::ZERO) {
            self.totals.turn();
        }
        if self.taxes.iter().map(|tax| tax.taxable).sum::<Decimal>() < Decimal::ZERO {
            self.taxes.iter_mut().for_each(TaxSubtotal::turn);
        }
        if self.lines.iter().filter_map(|line| line.net_amount).sum::<Decimal>() < Decimal::ZERO {
            self.lines.iter_mut().for_each(Line::turn);
        }
        if self.instalments.iter().map(|part| part.amount).sum::<Decimal>() < Decimal::ZERO {
            self.instalments.iter_mut().for_each(|part| part.amount = -part.amount);
        }
        self.balance = self.balance.map(|balance| balance.abs());
        self
    }
}

impl Totals {
    /// The total that is stated: with tax, else payable, else without tax.
    fn stated(&self) -> Option<Decimal> {
        self.tax_inclusive.or(self.payable).or(self.tax_exclusive)
    }

    /// All that is to be paid, whenever it is: with tax and rounding.
    fn due(&self) -> Option<Decimal> {
        let with_tax = self.tax_inclusive.or_else(|| Some(self.tax_exclusive? + self.tax?))?;
        Some(with_tax + self.rounding.unwrap_or_default())
    }

    /// BT-115 = BT-112 − BT-113 + BT-114 (BR-CO-16): where the first is missing, or is the amount before what was paid, the others
    /// say it.
    fn open(&self) -> Option<Decimal> {
        let left = self.due().map(|due| due - self.prepaid.unwrap_or_default());
        if self.forget_prepaid() { left } else { self.payable.or(left) }
    }

    fn forget_prepaid(&self) -> bool {
        let prepaid = self.prepaid.is_some_and(|prepaid| !prepaid.is_zero());
        prepaid
            && self.payable.is_some()
            && (self.payable == self.due() || self.payable == self.tax_inclusive)
    }

    fn turn(&mut self) {
        for amount in [
            &mut self.lines,
            &mut self.allowances,
            &mut self.charges,
            &mut self.tax_exclusive,
            &mut self.tax,
            &mut self.tax_inclusive,
            &mut self.prepaid,
            &mut self.rounding,
            &mut self.payable,
        ] {
            *amount = amount.map(|amount| -amount);
        }
    }
}

impl TaxSubtotal {
    fn turn(&mut self) {
        (self.taxable, self.tax) = (-self.taxable, -self.tax);
    }
}

impl Line {
    /// Turns the amount, and the quantity or else the price, whichever made it so.
    fn turn(&mut self) {
        let below = |amount: Option<Decimal>| amount.is_some_and(|amount| amount < Decimal::ZERO);
        let Some(net) = self.net_amount else { return };
        self.net_amount = Some(-net);
        if below(self.quantity) {
            self.quantity = self.quantity.map(|quantity| -quantity);
        } else if net > Decimal::ZERO || below(self.unit_price) {
            self.unit_price = self.unit_price.map(|price| -price);
        }
    }
}
