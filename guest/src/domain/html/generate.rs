//! HTML made from a tree: elements, attributes and values that a policy lists, each element closed, all text escaped.

use super::escape::{push_content, push_within};
use super::links::push_linked;
use super::policy::{Attributes, Policy};
use super::style;
use super::tree::{Step, Tree};
use html5ever::Attribute;

/// Elements without content and end tag, of those a policy may list.
const VOID: &[&str] = &["br", "col", "hr", "img", "wbr"];

/// Attributes, other than a style, by which a document loads pictures.
const PICTURES: &[&str] = &["src", "srcset", "background", "poster", "lowsrc", "dynsrc"];

/// HTML that was generated, and what is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// The HTML.
    pub html: String,
    /// Elements that would have loaded a picture from elsewhere.
    pub remote_images: u32,
    /// The document goes on behind what is in the HTML.
    pub is_cut: bool,
}

/// Generates the HTML of a tree, with nothing in it but what `policy` allows.
pub fn generate(tree: &Tree, policy: &Policy) -> Generated {
    let mut generated = Generated { is_cut: tree.is_cut(), ..Generated::default() };
    let mut links = 0_usize;
    tree.walk(|step| {
        let is_full = generated.html.len() >= policy.most;
        match step {
            Step::Text(_) | Step::Open(..) if is_full => {
                generated.is_cut = true;
                return false;
            }
            Step::Text(text) if policy.makes_links && links == 0 => {
                generated.is_cut |= !push_linked(&mut generated.html, text, policy.most, push_content);
            }
            Step::Text(text) => {
                generated.is_cut |= !push_within(&mut generated.html, text, policy.most, push_content);
            }
            Step::Open(None, _) => return false,
            Step::Open(Some(name), _) if policy.dropped.contains(&name) => return false,
            Step::Open(Some(name), attributes) => {
                links += usize::from(name == "a");
                generated.remote_images += u32::from(loads_picture(name, attributes, policy));
                if policy.elements.contains(&name) {
                    generated.is_cut |= !push_start(&mut generated.html, name, attributes, policy);
                }
            }
            Step::Close(Some(name)) => {
                links -= usize::from(name == "a");
                if policy.elements.contains(&name) && !VOID.contains(&name) {
                    generated.html.push_str("</");
                    generated.html.push_str(name);
                    generated.html.push('>');
                }
            }
            Step::Close(None) => {}
        }
        true
    });
    generated
}

/// Returns true for an element that would load a picture from elsewhere.
fn loads_picture(name: &str, attributes: &[Attribute], policy: &Policy) -> bool {
    let is_remote = |value: &str| {
        let value = value.trim_start().as_bytes();
        [b"http:".as_slice(), b"https:", b"//", b"ftp:"]
            .iter()
            .any(|scheme| value.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)))
    };
    attributes.iter().any(|attribute| match &*attribute.name.local {
        "src" | "srcset" if !matches!(name, "img" | "source" | "input" | "picture") => false,
        "style" => loads_by_style(&attribute.value),
        known if PICTURES.contains(&known) => {
            is_remote(&attribute.value) && !is_link(&attribute.value, policy.source_schemes)
        }
        _ => false,
    })
}

fn loads_by_style(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    style.split("url(").skip(1).any(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with("http"))
}

/// Appends a start tag. Returns false where an attribute is left out for which there is no room.
fn push_start(out: &mut String, name: &str, attributes: &[Attribute], policy: &Policy) -> bool {
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
    let mut is_whole = true;
    for (name, value) in allowed {
        let before = out.len();
        out.extend([" ", name, "=\""]);
        push_content(out, &value);
        out.push('"');
        if out.len() > policy.most {
            out.truncate(before);
            is_whole = false;
        }
    }
    out.push('>');
    is_whole
}

/// Returns true for a link with one of the schemes and without spaces or control characters, which browsers take out before they look at the scheme.
fn is_link(value: &str, schemes: &[&str]) -> bool {
    let is_plain = !value.chars().any(|c| c.is_control() || c.is_whitespace());
    is_plain && schemes.iter().any(|s| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)))
}
