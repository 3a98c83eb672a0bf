//! The table of what each measure may be, and the comparison with what was measured.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("budgets.txt");
/// Mails that a measure names where it is not kept to.
const SHOWN: usize = 6;

/// What was measured of a mail.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// The mail's name.
    pub(crate) mail: String,
    pub(crate) value: f64,
    /// What it is about: a text, a rule.
    pub(crate) what: String,
}

#[derive(Debug, Clone, Copy)]
enum Limit {
    Most(f64),
    Least(f64),
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = TABLE.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| !row.is_empty())
}

/// Rules of axe that are left out.
pub(crate) fn left_out() -> Vec<&'static str> {
    rows().filter(|row| row[0] == "without").map(|row| row[1]).collect()
}

fn limit(measure: &str) -> Limit {
    let row = rows().find(|row| row.get(1) == Some(&measure) && row[0] != "without");
    let row = row.unwrap_or_else(|| panic!("budgets.txt has no row for {measure}"));
    let value = row[2].parse().unwrap_or_else(|_| panic!("budgets.txt: {measure} has no number"));
    match row[0] {
        "most" => Limit::Most(value),
        "least" => Limit::Least(value),
        other => panic!("budgets.txt: {measure} has \"{other}\" for most or least"),
    }
}

/// Prints the worst of each measure, and fails where a mail does not keep to its limit.
pub(crate) fn hold(measures: &BTreeMap<String, Vec<Measured>>) {
    assert!(!measures.is_empty(), "nothing was measured");
    let mut broken = Vec::new();
    println!("{:<22} {:>9} {:>9}  {:>5}  worst mail", "measure", "limit", "worst", "over");
    for (measure, values) in measures {
        let limit = limit(measure);
        let (is_kept, worse): (Box<dyn Fn(f64) -> bool>, f64) = match limit {
            Limit::Most(most) => (Box::new(move |value| value <= most), 1.0),
            Limit::Least(least) => (Box::new(move |value| value >= least), -1.0),
        };
        let mut sorted: Vec<&Measured> = values.iter().collect();
        sorted.sort_by(|a, b| (b.value * worse).total_cmp(&(a.value * worse)));
        let over: Vec<&&Measured> = sorted.iter().filter(|it| !is_kept(it.value)).collect();
        let bound = match limit {
            Limit::Most(bound) | Limit::Least(bound) => bound,
        };
        let worst = sorted[0];
        println!(
            "{measure:<22} {bound:>9} {:>9.2}  {:>5}  {} {}",
            worst.value,
            over.len(),
            worst.mail,
            worst.what
        );
        if !over.is_empty() {
            let shown =
                over.iter().take(SHOWN).map(|it| format!("    {:.2} {} {}", it.value, it.mail, it.what));
            let shown = shown.collect::<Vec<_>>().join("\n");
            broken.push(format!(
                "{measure}: {} of {} mails are past {bound}\n{shown}",
                over.len(),
                values.len()
            ));
        }
    }
    assert!(broken.is_empty(), "tests/clients/budgets.txt is not kept to:\n{}", broken.join("\n"));
}
