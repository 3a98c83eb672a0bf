//! A document's number at a first glance: enough to tell which documents of a batch can't be duplicates, for a fiftieth of
//! what reading them in the plugin costs. The plugin alone decides what a document is called, and reads all that are left.

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use serde::Deserialize;
use std::path::Path;

/// Where UBL's own simple elements are.
const BASIC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

/// Namespaces that are declared at a time.
const MOST_NAMESPACES: usize = 256;

/// Guesses the document's number without parsing it; none: the plugin has to read it.
pub(super) fn at_a_glance(file: &Path, content: &[u8]) -> Option<String> {
    let extension = file.extension()?.to_str()?.to_ascii_lowercase();
    let number = match extension.as_str() {
        "json" => of_json(content),
        "xml" => of_ubl(content),
        _ => None,
    };
    number.map(|number| number.trim().to_owned()).filter(|number| !number.is_empty())
}

fn of_json(content: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Numbered {
        number: String,
    }
    serde_json::from_slice::<Numbered>(content).ok().map(|it| it.number)
}

/// The text of the root's own `ID`. It stands near the beginning: nothing after it is looked at.
fn of_ubl(content: &[u8]) -> Option<String> {
    let mut reader = NsReader::from_str(std::str::from_utf8(content).ok()?);
    reader.resolver_mut().set_max_namespace_bindings(MOST_NAMESPACES);
    let (mut depth, mut number): (u32, Option<String>) = (0, None);
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(tag) => {
                if number.is_some() {
                    return None;
                }
                depth = depth.checked_add(1)?;
                let is_basic = matches!(namespace, ResolveResult::Bound(it) if it.as_ref() == BASIC);
                if depth == 2 && is_basic && tag.local_name().as_ref() == "ID" {
                    number = Some(String::new());
                }
            }
            Event::Text(text) => {
                if let Some(number) = &mut number {
                    number.push_str(&text);
                }
            }
            Event::End(_) => {
                if number.is_some() {
                    return number;
                }
                depth = depth.checked_sub(1)?;
            }
            // Written in another way than numbers are.
            Event::CData(_) | Event::GeneralRef(_) if number.is_some() => return None,
            Event::DocType(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_the_documents_own_and_none_where_it_is_not_plain() {
        let ubl = |inner: &str| {
            format!(
                "<?xml version=\"1.0\"?><u:Invoice xmlns:c=\"{BASIC}\" xmlns:u=\"y\" xmlns:e=\"z\">{inner}</u:Invoice>"
            )
        };
        for (name, content, expected) in [
            (
                "a.json",
                r#"{"kind":"invoice","number":" F-1 ","lines":[{"number":"7"}]}"#.to_owned(),
                Some("F-1"),
            ),
            ("a.JSON", r#"{"number":"F-1","x":{"number":1}}"#.to_owned(), Some("F-1")),
            ("a.json", r#"{"number":7}"#.to_owned(), None),
            ("a.json", r#"{"number":"F-1","number":"F-2"}"#.to_owned(), None),
            ("a.json", r#"{"number":"F-1""#.to_owned(), None),
            (
                "a.xml",
                ubl("<c:UBLVersionID>2.1</c:UBLVersionID><c:ID>F-1</c:ID><c:ID>F-2</c:ID>"),
                Some("F-1"),
            ),
            (
                "a.xml",
                ubl("<e:Extensions><e:X><c:ID>sig</c:ID></e:X></e:Extensions><c:ID>\n F-1 </c:ID>"),
                Some("F-1"),
            ),
            ("a.xml", ubl("<!-- <c:ID>0</c:ID> --><c:ID schemeID=\"x\">F-1</c:ID>"), Some("F-1")),
            ("a.xml", ubl("<c:ID>F<!-- -->-1</c:ID>"), Some("F-1")),
            ("a.xml", ubl("<c:ID>F&#45;1</c:ID>"), None),
            ("a.xml", ubl("<c:ID><![CDATA[F-1]]></c:ID>"), None),
            ("a.xml", ubl("<c:ID><c:Inner>F-1</c:Inner></c:ID>"), None),
            ("a.xml", ubl("<e:ID>sig</e:ID><c:ID>F-1</c:ID>"), Some("F-1")),
            ("a.xml", ubl("<c:ID/><c:Note>x</c:Note>"), None),
            ("a.xml", format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{}", ubl("<c:ID>F-1</c:ID>")), None),
            ("a.xml", "<u:Invoice><c:ID>F-1".to_owned(), None),
            ("a.pdf", "F-1".to_owned(), None),
        ] {
            assert_eq!(
                at_a_glance(Path::new(name), content.as_bytes()).as_deref(),
                expected,
                "{name} {content}"
            );
        }
    }

    #[test]
    fn garbage_has_no_number_and_does_no_harm() {
        let deep = "<a>".repeat(100_000);
        for content in
            [&b"\xff\xfe<\0a\0>\0"[..], b"", b"<", b"<<>>", deep.as_bytes(), b"[[[[[[[[", b"{\"number\":"]
        {
            for name in ["a.json", "a.xml"] {
                assert_eq!(at_a_glance(Path::new(name), content), None);
            }
        }
    }
}
