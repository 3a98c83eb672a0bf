//! What is still to be paid: one definition for texts, layout and refusals.

use crate::domain::document::adjustments_and_instalments::{planned_and_settled, turn};
use crate::domain::document::{Document, Line, Money, TaxSubtotal, Totals};
use crate::domain::kind::DocumentKind as K;
use chrono::NaiveDate;
use rust_decimal::Decimal;

impl Document {
    fn money(&self, amount: Decimal) -> Money {
        Money { amount, currency: self.currency }
    }

    /// Returns the total of the document: with tax, before what was paid; else what is payable, else without tax.
    pub fn total(&self) -> Option<Money> {
        self.totals.stated().map(|amount| self.money(amount))
    }

    /// Returns an amount of the document as its reader sees it: a credit note's are above zero, whichever sign its file has.
    pub fn as_read(&self, of: Money) -> Money {
        match self.kind {
            K::CreditNote => Money { amount: of.amount.abs(), ..of },
            _ => of,
        }
    }

    /// Returns what is still open, with the sign that the document gives it: the balance of the business system, else what is left of a
    /// plan whose parts it calls settled, else what is payable (BT-115), else the total with tax less what was paid; none where none of
    /// these is there.
    pub fn open_amount(&self) -> Option<Money> {
        self.known_balance().or_else(|| self.totals.open()).map(|amount| self.money(amount))
    }

    /// Returns the open amount that the business system states, whatever the totals are.
    fn known_balance(&self) -> Option<Decimal> {
        self.balance.or_else(|| self.left_of_plan())
    }

    /// Returns true where what is payable leaves out what was paid, both by the document's own words.
    pub fn forgets_prepaid(&self) -> bool {
        self.balance.is_none() && self.totals.forget_prepaid()
    }

    /// Returns what the reader is still to pay, never below zero; none where it is not known. A credit note is not paid by its reader, nor
    /// what their customer made out in their name.
    pub fn owed(&self) -> Option<Money> {
        if self.kind == K::CreditNote || self.is_self_billed() {
            return Some(self.money(Decimal::ZERO));
        }
        let open = self.open_amount()?;
        Some(Money { amount: open.amount.max(Decimal::ZERO), ..open })
    }

    /// Returns what stands in the reader's favour, above zero: what was paid too much, the amount of a credit note whichever sign it is
    /// written with, or what a self-billed invoice pays them.
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

    /// Returns what was paid already, above zero.
    pub fn paid(&self) -> Option<Money> {
        let amount = match (self.totals.due(), self.known_balance()) {
            (Some(due), Some(balance)) => due - balance,
            _ => self.totals.prepaid?,
        };
        (amount > Decimal::ZERO).then(|| self.money(amount))
    }

    /// Returns the first day on which something of it is to be paid.
    pub fn first_due_date(&self) -> Option<NaiveDate> {
        self.instalments.iter().map(|part| part.due_date).chain(self.due_date).min()
    }

    /// Returns true for a document that is paid on several days.
    pub fn is_in_parts(&self) -> bool {
        !self.instalments.is_empty()
    }

    /// Returns what a reminder of `today` asks for: of a document in parts those whose day has passed, else all that is owed.
    pub fn overdue(&self, today: NaiveDate) -> Option<Money> {
        let (owed, late) = (self.owed()?, self.late_parts(today));
        Some(if self.is_in_parts() && late > Decimal::ZERO { self.money(late) } else { owed })
    }

    /// Returns what is known to be late on `today`, above zero: the parts whose day has passed, else all that is owed once its due date
    /// has. A statement's own date is not that of the invoices on it.
    pub fn late(&self, today: NaiveDate) -> Option<Money> {
        let owed = self.owed()?;
        let late = match self.is_in_parts() {
            false if self.kind == K::Statement => return None,
            false => self.due_date.filter(|date| *date < today).map(|_| owed.amount)?,
            true => self.late_parts(today).min(owed.amount),
        };
        (late > Decimal::ZERO).then(|| self.money(late))
    }

    /// Returns the sum of the parts whose day has passed.
    fn late_parts(&self, today: NaiveDate) -> Decimal {
        self.instalments.iter().filter(|part| part.due_date < today).map(|part| part.amount).sum()
    }

    /// Returns the document as a mail of it is made: a credit note's amounts above zero, and of several parts those that are still to be
    /// paid.
    pub fn as_mailed(self) -> Self {
        self.with_credit_above_zero().with_open_instalments()
    }

    /// Turns totals, taxes, lines and balance above zero, each for itself, since programs write only some of them below zero.
    fn with_credit_above_zero(mut self) -> Self {
        if self.kind != K::CreditNote {
            return self;
        }
        self.totals.turn();
        if self.taxes.iter().map(|tax| tax.taxable).sum::<Decimal>() < Decimal::ZERO {
            self.taxes.iter_mut().for_each(TaxSubtotal::turn);
        }
        if self.lines.iter().filter_map(|line| line.net_amount).sum::<Decimal>() < Decimal::ZERO {
            self.lines.iter_mut().for_each(Line::turn);
        }
        if self.instalments.iter().map(|part| part.amount).sum::<Decimal>() < Decimal::ZERO {
            self.instalments.iter_mut().for_each(|part| part.amount = -part.amount);
        }
        turn(&mut self.allowances);
        turn(&mut self.charges);
        self.balance = self.balance.map(|balance| balance.abs());
        self
    }

    /// Returns the parts that are still to be paid, the earliest first: what was paid of the plan settled those that are called so, then
    /// the first of them. Parts that do not add up to what is owed, or was, are no plan but a choice (a discount for paying early), and are
    /// left out.
    fn with_open_instalments(mut self) -> Self {
        if self.instalments.is_empty() {
            return self;
        }
        self.balance = self.known_balance();
        let mut parts = std::mem::take(&mut self.instalments);
        let Some(owed) = self.owed().map(|owed| owed.amount).filter(|owed| *owed > Decimal::ZERO) else {
            return self;
        };
        let (planned, settled) = planned_and_settled(&parts);
        let is_plan = [Some(owed), self.totals.open(), self.totals.due()].contains(&Some(planned));
        if !is_plan || planned - settled < owed || parts.iter().any(|part| part.amount <= Decimal::ZERO) {
            return self;
        }
        parts.retain(|part| !part.settled);
        parts.sort_by_key(|part| part.due_date);
        let mut paid = planned - settled - owed;
        for part in &mut parts {
            let of_it = paid.min(part.amount);
            (part.amount, paid) = (part.amount - of_it, paid - of_it);
        }
        parts.retain(|part| part.amount > Decimal::ZERO);
        if let Some(next) = parts.first() {
            self.due_date = Some(next.due_date);
        }
        if parts.len() > 1 {
            self.instalments = parts;
        }
        self
    }
}

impl Totals {
    /// Returns the total that is stated: with tax, or what adds up to it; else without tax.
    fn stated(&self) -> Option<Decimal> {
        let with_tax = || Some(self.tax_exclusive? + self.tax?);
        let before_payment =
            || Some(self.payable? + self.prepaid.unwrap_or_default() - self.rounding.unwrap_or_default());
        self.tax_inclusive.or_else(with_tax).or_else(before_payment).or(self.tax_exclusive)
    }

    /// Returns all that is to be paid, whenever it is: with tax and rounding.
    pub(in crate::domain::document) fn due(&self) -> Option<Decimal> {
        let with_tax = self.tax_inclusive.or_else(|| Some(self.tax_exclusive? + self.tax?))?;
        Some(with_tax + self.rounding.unwrap_or_default())
    }

    /// Computes the open amount, BT-115 = BT-112 − BT-113 + BT-114 (BR-CO-16): where the first is missing, or is the amount before what was
    /// paid, the others give it.
    pub(in crate::domain::document) fn open(&self) -> Option<Decimal> {
        let left = self.due().map(|due| due - self.prepaid.unwrap_or_default());
        if self.forget_prepaid() { left } else { self.payable.or(left) }
    }

    fn forget_prepaid(&self) -> bool {
        let prepaid = self.prepaid.is_some_and(|prepaid| !prepaid.is_zero());
        prepaid
            && self.payable.is_some()
            && (self.payable == self.due() || self.payable == self.tax_inclusive)
    }

    /// Turns a credit note's totals above zero, whichever of them its program wrote below: each total for itself, what leads to
    /// them by the sign of the lines, what was paid and rounded by the sign of the whole.
    fn turn(&mut self) {
        let below = |amount: Option<Decimal>| amount.is_some_and(|amount| amount < Decimal::ZERO);
        let (whole, lines) = (below(self.stated()), below(self.lines.or(self.tax_exclusive)));
        let turned = |amount: &mut Option<Decimal>| *amount = amount.map(|amount| -amount);
        if lines {
            [&mut self.lines, &mut self.allowances, &mut self.charges].into_iter().for_each(turned);
        }
        if whole {
            [&mut self.prepaid, &mut self.rounding].into_iter().for_each(turned);
        }
        for total in [&mut self.tax_exclusive, &mut self.tax, &mut self.tax_inclusive, &mut self.payable] {
            *total = total.map(|amount| amount.abs());
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
