//! HTML made from a tree: elements, attributes and values that a policy lists, each element closed, all text escaped.

use super::escape::push_content;
use super::policy::{Attributes, Policy};
use super::style;
use super::tree::{Step, Tree};
use html5ever::Attribute;

/// Elements without content and end tag, of those a policy may list.
const VOID: &[&str] = &["br", "hr", "img"];

/// Generates the HTML of a tree, with nothing in it but what `policy` allows.
pub fn generate(tree: &Tree, policy: &Policy) -> String {
    let mut out = String::new();
    tree.walk(|step| {
        match step {
            Step::Text(text) => push_content(&mut out, text),
            Step::Open(None, _) => return false,
            Step::Open(Some(name), _) if policy.dropped.contains(&name) => return false,
            Step::Open(Some(name), attributes) => {
                if policy.elements.contains(&name) {
                    push_start(&mut out, name, attributes, policy);
                }
            }
            Step::Close(Some(name)) => {
                if policy.elements.contains(&name) && !VOID.contains(&name) {
                    out.push_str("</");
                    out.push_str(name);
                    out.push('>');
                }
            }
            Step::Close(None) => {}
        }
        true
    });
    out
}

fn push_start(out: &mut String, name: &str, attributes: &[Attribute], policy: &Policy) {
    out.push('<');
    out.push_str(name);
    let mut allowed = Attributes::new();
    for attribute in attributes {
        let attribute_name = &*attribute.name.local;
        let Some(known) = policy.attributes.iter().find(|known| **known == attribute_name) else { continue };
        let value = &*attribute.value;
        let value = match *known {
            "href" => Some(value).filter(|v| is_link(v, policy.link_schemes)).map(str::to_owned),
            "src" => Some(value).filter(|v| is_link(v, policy.source_schemes)).map(str::to_owned),
            "style" => Some(style::allowed(value, policy.properties)).filter(|style| !style.is_empty()),
            _ => Some(value.to_owned()),
        };
        allowed.extend(value.map(|value| (*known, value)));
    }
    if name == "img" && !allowed.iter().any(|(name, _)| *name == "alt") {
        allowed.push(("alt", String::new()));
    }
    (policy.adjust)(name, &mut allowed);
    for (name, value) in allowed {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        push_content(out, &value);
        out.push('"');
    }
    out.push('>');
}

/// True for a link with one of the schemes and without spaces or control characters, which browsers take out before they look at the scheme.
fn is_link(value: &str, schemes: &[&str]) -> bool {
    let is_plain = !value.chars().any(|c| c.is_control() || c.is_whitespace());
    is_plain && schemes.iter().any(|s| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)))
}
