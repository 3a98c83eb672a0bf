//! An XML file as a small tree of UBL elements: namespaces resolved, everything else left out, every
//! dimension bounded. It holds slices of the file, not copies.
//!
//! A StandardBusinessDocument (the envelope of Peppol and others) is taken off: its one document is the root.
//!
//! Deliberately absent: DTDs and entities (refused), extensions and signatures (skipped unread), elements of
//! namespaces that are not UBL's (skipped).

use super::super::error::line_of;
use super::super::foreign;
use super::super::limits::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS};
use super::super::{DocumentError, DocumentFault};
use quick_xml::NsReader;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use std::borrow::Cow;

/// The vocabulary of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// A document: `…:xsd:Invoice-2`.
    Document,
    /// `cac`, CommonAggregateComponents-2.
    Aggregate,
    /// `cbc`, CommonBasicComponents-2.
    Basic,
}

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// Namespace and root of the envelope.
const ENVELOPE: (&str, &str) =
    ("http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader", "StandardBusinessDocument");

/// One element.
pub(super) struct Node<'a> {
    pub(super) vocabulary: Vocabulary,
    /// Local name.
    pub(super) name: &'a str,
    /// Its own text, references resolved; only a value (`cbc`) has one worth keeping.
    pub(super) text: Cow<'a, str>,
    /// Its attributes as they were written.
    pub(super) attributes: &'a str,
    /// Where its tag ends in the file.
    pub(super) offset: usize,
    pub(super) parent: usize,
    pub(super) first_child: usize,
    pub(super) next_sibling: usize,
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// No node: the root is never a child or sibling.
pub(super) const NONE: usize = 0;

/// A parsed file.
pub(super) struct Tree<'a> {
    pub(super) source: &'a str,
    /// In document order; the root is the first.
    pub(super) nodes: Vec<Node<'a>>,
}

/// Parses a file.
pub(super) fn parse(source: &str) -> Result<Tree<'_>, DocumentError> {
    // The reader drops a byte order mark without counting it, and every place behind it would be off by three bytes.
    let source = source.trim_start_matches(BYTE_ORDER_MARK);
    let mut reader = NsReader::from_str(source);
    reader.config_mut().check_comments = false;
    reader.resolver_mut().set_max_namespace_bindings(MAX_ATTRIBUTES);
    let mut building = Building::new(source);
    loop {
        let before = offset(reader.buffer_position());
        let (namespace, event) = match reader.read_resolved_event() {
            Ok((namespace, event)) => (uri(&namespace), event),
            Err(quick_xml::Error::Namespace(fault)) => {
                return Err(building.refused(before, &fault.to_string()));
            }
            Err(fault) => return Err(building.malformed(before, &fault.to_string())),
        };
        match event {
            Event::Start(start) => building.start(namespace, &start, before)?,
            Event::Empty(start) => {
                building.start(namespace, &start, before)?;
                building.end();
            }
            Event::End(_) => building.end(),
            Event::Text(text) => building.text(text.into_inner(), before)?,
            Event::CData(text) => building.text(text.into_inner(), before)?,
            Event::GeneralRef(reference) => building.reference(&reference, before)?,
            Event::DocType(_) => {
                let detail = "a document type declaration (DTD), which no UBL has: save the file without its <!DOCTYPE>";
                return Err(building.refused(before, detail));
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return building.finish(),
        }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn uri<'n>(namespace: &ResolveResult<'n>) -> Option<&'n str> {
    match namespace {
        ResolveResult::Bound(Namespace(uri)) => Some(uri),
        _ => None,
    }
}

fn vocabulary(uri: &str) -> Option<Vocabulary> {
    match uri.strip_prefix(UBL)? {
        "CommonAggregateComponents-2" => Some(Vocabulary::Aggregate),
        "CommonBasicComponents-2" => Some(Vocabulary::Basic),
        other if other.starts_with("Common") => None,
        other if other.ends_with("-2") => Some(Vocabulary::Document),
        _ => None,
    }
}

struct Building<'a> {
    source: &'a str,
    nodes: Vec<Node<'a>>,
    /// The elements that are open, each with its last child so far.
    open: Vec<(usize, usize)>,
    /// How many elements are open in a part that is left out.
    skipping: usize,
    elements: usize,
    /// Where the reader is of an envelope.
    envelope: Envelope,
    /// What stands in the envelope in the place of a UBL document.
    other: Option<(usize, String)>,
}

/// Whether an envelope is around the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    None,
    Open,
    Closed,
}

impl<'a> Building<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            nodes: Vec::new(),
            open: Vec::new(),
            skipping: 0,
            elements: 0,
            envelope: Envelope::None,
            other: None,
        }
    }

    fn start(
        &mut self,
        namespace: Option<&str>,
        start: &BytesStart<'_>,
        at: usize,
    ) -> Result<(), DocumentError> {
        let vocabulary = namespace.and_then(vocabulary);
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(self.refused(at, &format!("more than {MAX_ELEMENTS} elements")));
        }
        if self.open.len() + self.skipping >= MAX_DEPTH {
            return Err(self.refused(at, &format!("elements nested deeper than {MAX_DEPTH}")));
        }
        self.check_attributes(start, at)?;
        let between = self.open.is_empty() && self.skipping == 0;
        let root = between && self.nodes.is_empty();
        let in_envelope = between && self.envelope == Envelope::Open;
        if between && !root && (!in_envelope || vocabulary == Some(Vocabulary::Document)) {
            return Err(self.malformed(at, "a second root element"));
        }
        if root && !in_envelope && self.is_envelope(namespace, start) {
            self.envelope = Envelope::Open;
            return Ok(());
        }
        let keep =
            self.skipping == 0 && vocabulary.is_some() && (root || vocabulary != Some(Vocabulary::Document));
        let Some(vocabulary) = vocabulary.filter(|_| keep) else {
            if root {
                let name = start.name();
                let name = super::super::error::shortened(name.as_ref(), 100);
                let is_header = namespace == Some(ENVELOPE.0);
                match in_envelope {
                    false => return Err(self.invalid(at, &foreign::by_root(&name, namespace))),
                    true if !is_header && self.other.is_none() => {
                        self.other = Some((at, foreign::by_root(&name, namespace)));
                    }
                    true => {}
                }
            }
            self.skipping += 1;
            return Ok(());
        };
        // The event is a slice of the source: `<`, the name, the attributes.
        let begin = at + 1;
        let content = self.source.get(begin..begin + start.len()).unwrap_or_default();
        let (name, attributes) = content.split_at_checked(start.name().as_ref().len()).unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or(name);
        let parent = self.open.last().map_or(NONE, |(index, _)| *index);
        let index = self.nodes.len();
        self.nodes.push(Node {
            vocabulary,
            name,
            text: Cow::Borrowed(""),
            attributes,
            offset: at,
            parent,
            first_child: NONE,
            next_sibling: NONE,
        });
        if let Some((parent, last)) = self.open.last_mut() {
            match *last {
                NONE => self.nodes[*parent].first_child = index,
                last => self.nodes[last].next_sibling = index,
            }
            *last = index;
        }
        self.open.push((index, NONE));
        Ok(())
    }

    /// True for the root of an envelope, once.
    fn is_envelope(&self, namespace: Option<&str>, start: &BytesStart<'_>) -> bool {
        let name = start.name();
        let local = name.as_ref().rsplit(':').next().unwrap_or_default();
        self.envelope == Envelope::None && namespace == Some(ENVELOPE.0) && local == ENVELOPE.1
    }

    /// Checks all attributes, so that what is read later is known to be well-formed; counted on the way, since the search for duplicates
    /// costs the square of their number.
    fn check_attributes(&self, start: &BytesStart<'_>, at: usize) -> Result<(), DocumentError> {
        if start.attributes_raw().is_empty() {
            return Ok(());
        }
        for (index, attribute) in start.attributes().enumerate() {
            if index == MAX_ATTRIBUTES {
                let detail = format!("more than {MAX_ATTRIBUTES} attributes of one element");
                return Err(self.refused(at, &detail));
            }
            match attribute {
                Ok(attribute) if attribute.value.contains('<') => {
                    return Err(self.malformed(at, "< in the value of an attribute"));
                }
                Ok(_) => {}
                Err(AttrError::Duplicated(..)) => return Err(self.malformed(at, "an attribute given twice")),
                Err(fault) => return Err(self.malformed(at, &fault.to_string())),
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        if self.skipping > 0 {
            self.skipping -= 1;
        } else if self.open.pop().is_none() && self.envelope == Envelope::Open {
            self.envelope = Envelope::Closed;
        }
    }

    fn text(&mut self, text: Cow<'a, str>, at: usize) -> Result<(), DocumentError> {
        if self.skipping > 0 {
            return Ok(());
        }
        match self.open.last() {
            Some((index, _)) => {
                let node = &mut self.nodes[*index];
                if node.vocabulary != Vocabulary::Basic {
                    return Ok(());
                }
                let known = &mut node.text;
                if known.is_empty() {
                    *known = text;
                } else {
                    known.to_mut().push_str(&text);
                }
                Ok(())
            }
            // Files that were joined have a mark behind white space too.
            None if text.chars().all(|c| c.is_whitespace() || c == BYTE_ORDER_MARK) => Ok(()),
            None => Err(self.malformed(at, "text outside of the root element")),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, at: usize) -> Result<(), DocumentError> {
        let name: &str = reference;
        let character = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => match reference.resolve_char_ref() {
                Ok(Some(character)) if !character.is_control() || character.is_whitespace() => character,
                Ok(None) => {
                    let name = super::super::error::shortened(name, 40);
                    return Err(self.refused(at, &format!("the entity &{name};")));
                }
                _ => return Err(self.malformed(at, "a reference to a character that XML does not have")),
            },
        };
        self.text(Cow::Owned(character.to_string()), at)
    }

    fn finish(self) -> Result<Tree<'a>, DocumentError> {
        let end = self.source.len();
        let is_closed = self.open.is_empty() && self.skipping == 0 && self.envelope != Envelope::Open;
        match (self.nodes.first(), is_closed) {
            (None, true) if self.envelope == Envelope::Closed => {
                let (at, what) = self.other.clone().unwrap_or((0, "no document is in it".to_owned()));
                Err(self.invalid(at, &format!("in a StandardBusinessDocument: {what}")))
            }
            (None, _) => Err(self.malformed(end, "no element in it")),
            (Some(_), false) => Err(self.malformed(end, "it ends before its elements do")),
            (Some(_), true) => Ok(Tree { source: self.source, nodes: self.nodes }),
        }
    }

    fn invalid(&self, at: usize, detail: &str) -> DocumentError {
        self.fault(DocumentFault::Invalid, at, detail)
    }

    fn malformed(&self, at: usize, detail: &str) -> DocumentError {
        self.fault(DocumentFault::Malformed, at, &format!("not XML: {detail}"))
    }

    fn refused(&self, at: usize, detail: &str) -> DocumentError {
        self.fault(DocumentFault::Refused, at, &format!("{detail}: refused"))
    }

    fn fault(&self, fault: DocumentFault, at: usize, detail: &str) -> DocumentError {
        let names: Vec<&str> = self.open.iter().take(8).map(|(index, _)| self.nodes[*index].name).collect();
        DocumentError::at(fault, &names.join("/"), Some(line_of(self.source, at)), detail)
    }
}
