//! BODYSTRUCTURE: the parts of a message, with what is needed to fetch them.

use super::MOST_PARTS;
use super::header::file_name;
use super::mailbox::Part;
use super::response::Value;

/// The deepest multipart that is looked into.
const DEEPEST: usize = 30;

/// A part and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) part: Part,
    /// In lower case.
    pub(super) encoding: String,
}

/// Returns the parts of a message that are no multiparts, in order. A part that makes no sense is left out; its
/// neighbours keep their numbers.
pub(super) fn leaves(structure: &Value) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let Some(body) = structure.list() else { return leaves };
    // A message that is no multipart has one part, and its number is 1.
    if body.first().is_some_and(|first| first.list().is_some()) {
        multipart(body, "", 0, &mut leaves);
    } else {
        leaves.extend(leaf(body, "1".to_owned()));
    }
    leaves
}

fn multipart(body: &[Value], prefix: &str, depth: usize, leaves: &mut Vec<Leaf>) {
    if depth == DEEPEST {
        return;
    }
    for (number, child) in body.iter().map_while(Value::list).enumerate() {
        if leaves.len() == MOST_PARTS {
            return;
        }
        let section = format!("{prefix}{}", number + 1);
        if child.first().is_some_and(|first| first.list().is_some()) {
            multipart(child, &format!("{section}."), depth + 1, leaves);
        } else {
            leaves.extend(leaf(child, section));
        }
    }
}

fn leaf(body: &[Value], section: String) -> Option<Leaf> {
    let [kind, subtype, parameters, id, _, encoding, size, rest @ ..] = body else { return None };
    let kind = kind.text()?.to_ascii_lowercase();
    let subtype = subtype.text()?.to_ascii_lowercase();
    // text: lines; message/rfc822: envelope, body, lines. Then the MD5, then the disposition.
    let skipped = match (kind.as_str(), subtype.as_str()) {
        ("text", _) => 1,
        ("message", "rfc822" | "global") => 3,
        _ => 0,
    };
    let disposition = rest.get(skipped + 1).and_then(Value::list);
    let (disposition, of_disposition) = match disposition {
        Some([name, parameters, ..]) => (name.text(), pairs(parameters)),
        Some([name]) => (name.text(), Vec::new()),
        _ => (None, Vec::new()),
    };
    let name = file_name(&of_disposition, "filename").or_else(|| file_name(&pairs(parameters), "name"));
    let id = id.text().map(|id| id.trim().trim_matches(['<', '>']).chars().take(1_000).collect());
    let media_type = format!("{kind}/{subtype}");
    Some(Leaf {
        part: Part {
            section,
            media_type: media_type.chars().filter(|c| !c.is_control()).take(255).collect(),
            file_name: name,
            disposition: disposition.map(|name| name.to_ascii_lowercase().chars().take(100).collect()),
            content_id: id,
            // Some servers send -1 for an unknown size.
            size: size.number().unwrap_or(0),
        },
        encoding: encoding.text().unwrap_or_default().trim().to_ascii_lowercase(),
    })
}

fn pairs(parameters: &Value) -> Vec<(String, String)> {
    let list = parameters.list().unwrap_or_default();
    let (pairs, _) = list.as_chunks::<2>();
    pairs.iter().filter_map(|[name, value]| Some((name.text()?, value.text()?))).collect()
}
