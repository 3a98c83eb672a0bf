//! What differs: two providers are compared where they have a domain in common.

use super::{Provider, Server};

/// Domains that a row names.
const SHOWN: usize = 8;

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Our provider; `-` where we have none.
    pub(super) ours: String,
    /// The file.
    pub(super) theirs: String,
    pub(super) what: String,
}

/// Every difference: those of our providers in our order, then the files that nobody of ours is in.
pub(super) fn all(ours: &[Provider], theirs: &[Provider]) -> Vec<Difference> {
    let mut found = vec![];
    for our in ours {
        for their in theirs.iter().filter(|their| is_the_same(our, their)) {
            let row = |what| Difference { ours: our.name.clone(), theirs: their.name.clone(), what };
            found.extend(server("smtp", &our.smtp, &their.smtp).map(row));
            found.extend(server("imap", &our.imap, &their.imap).map(row));
            found.extend(domains(ours, their).map(row));
        }
    }
    for their in theirs.iter().filter(|their| !ours.iter().any(|our| is_the_same(our, their))) {
        let what = format!("not among ours: {}", listed(their.domains.iter().map(String::as_str)));
        found.push(Difference { ours: "-".to_owned(), theirs: their.name.clone(), what });
    }
    found
}

fn is_the_same(our: &Provider, their: &Provider) -> bool {
    their.domains.iter().any(|domain| has(our, domain))
}

/// Whether a provider of ours has a domain of theirs: of addresses, or as hosts that take mail.
fn has(our: &Provider, domain: &str) -> bool {
    our.domains.iter().any(|it| it.trim_start_matches('.') == domain)
        || our.mx.iter().any(|it| it.trim_start_matches('.') == domain)
}

/// Our server is none of theirs.
fn server(what: &str, ours: &[Server], theirs: &[Server]) -> Option<String> {
    let our = ours.first()?;
    if theirs.is_empty() || theirs.contains(our) {
        return None;
    }
    let there: Vec<String> = theirs.iter().map(ToString::to_string).collect();
    Some(format!("{what} here: {our}; there: {}", there.join(" or ")))
}

/// Domains that are of no provider of ours.
fn domains(ours: &[Provider], their: &Provider) -> Option<String> {
    let is_known = |domain: &&String| {
        let within = |it: &String| it.starts_with('.') && domain.ends_with(it.as_str());
        ours.iter().any(|our| has(our, domain) || our.mx.iter().any(within))
    };
    let missing = listed(their.domains.iter().filter(|domain| !is_known(domain)).map(String::as_str));
    (!missing.is_empty()).then(|| format!("domain there alone: {missing}"))
}

/// The first names of a list, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let (first, rest) = names.split_at(names.len().min(SHOWN));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    first.join(" ") + &more
}
