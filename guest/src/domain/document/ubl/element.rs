//! Walking the tree of a UBL file: children by name, values by type, and errors with their place.

use super::super::error::line_of;
use super::super::limits::MAX_TEXT;
use super::super::value;
use super::super::{Currency, DocumentError, DocumentFault};
use super::tree::{NONE, Node, Tree, Vocabulary};
use chrono::NaiveDate;
use quick_xml::events::attributes::Attributes;
use rust_decimal::Decimal;

/// The longest text that is trimmed and compared as a code, in messages.
const FOUND: usize = 40;

/// An element of a tree.
#[derive(Clone, Copy)]
pub(super) struct Element<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
}

impl<'t, 'a> Element<'t, 'a> {
    /// Returns the root element.
    pub(super) fn root(tree: &'t Tree<'a>) -> Self {
        Self { tree, index: 0 }
    }

    fn node(&self) -> &'t Node<'a> {
        &self.tree.nodes[self.index]
    }

    /// Returns the local name.
    pub(super) fn name(&self) -> &'a str {
        self.node().name
    }

    /// Returns the element's vocabulary.
    pub(super) fn vocabulary(&self) -> Vocabulary {
        self.node().vocabulary
    }

    fn children(self) -> impl Iterator<Item = Element<'t, 'a>> {
        let index = move |index: usize| (index != NONE).then_some(Self { tree: self.tree, index });
        std::iter::successors(index(self.node().first_child), move |child| index(child.node().next_sibling))
    }

    fn named(self, vocabulary: Vocabulary, name: &str) -> impl Iterator<Item = Element<'t, 'a>> {
        self.children().filter(move |child| child.vocabulary() == vocabulary && child.name() == name)
    }

    /// Returns aggregates (`cac`) of a name.
    pub(super) fn all(self, name: &str) -> impl Iterator<Item = Element<'t, 'a>> {
        self.named(Vocabulary::Aggregate, name)
    }

    /// Returns values (`cbc`) of a name.
    pub(super) fn values(self, name: &str) -> impl Iterator<Item = Element<'t, 'a>> {
        self.named(Vocabulary::Basic, name)
    }

    /// Finds the first aggregate at the end of a path.
    pub(super) fn at(self, path: &[&str]) -> Option<Element<'t, 'a>> {
        path.iter().try_fold(self, |element, name| element.all(name).next())
    }

    /// Returns the element's text without the space around it; none for a blank one.
    pub(super) fn own_text(self) -> Result<Option<&'t str>, DocumentError> {
        let text = self.node().text.trim();
        if text.len() > MAX_TEXT {
            let detail = format!("{} bytes: a text has at most {MAX_TEXT}", text.len());
            return Err(self.fault(DocumentFault::Refused, &detail));
        }
        Ok((!text.is_empty()).then_some(text))
    }

    /// Returns the element's text, however long: for what holds another document or a file.
    pub(super) fn whole_text(self) -> &'t str {
        &self.node().text
    }

    /// Returns the element's own text as a value to store: line ends as one character.
    pub(super) fn plain_text(self) -> Result<Option<String>, DocumentError> {
        Ok(self.own_text()?.map(|text| match text.contains('\r') {
            true => text.replace("\r\n", "\n").replace('\r', "\n"),
            false => text.to_owned(),
        }))
    }

    /// Returns the text of the first value of a name that is not blank.
    pub(super) fn text(self, name: &str) -> Result<Option<String>, DocumentError> {
        for value in self.values(name) {
            if let Some(text) = value.plain_text()? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Returns the text of a value at the end of a path of aggregates.
    pub(super) fn text_at(self, path: &[&str], name: &str) -> Result<Option<String>, DocumentError> {
        self.at(path).map_or(Ok(None), |element| element.text(name))
    }

    /// Reads a date; XML Schema lets it carry a time zone, which changes nothing about the day.
    pub(super) fn date(self, name: &str) -> Result<Option<NaiveDate>, DocumentError> {
        self.value(name, |text| {
            let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
            let rest_is_time = rest.is_empty() || rest.starts_with(['Z', '+', '-', 'T']);
            value::date(day).filter(|_| rest_is_time).ok_or_else(|| format!("expected {}", value::DATE))
        })
    }

    /// Reads a decimal.
    pub(super) fn decimal(self, name: &str) -> Result<Option<Decimal>, DocumentError> {
        self.value(name, |text| {
            // XML Schema allows `.5` and `5.` as well.
            let fault = |fault: value::DecimalFault| fault.to_string();
            match text.strip_suffix('.') {
                Some(integer) => value::decimal(integer).map_err(fault),
                None if text.starts_with('.') => value::decimal(&format!("0{text}")).map_err(fault),
                None if text.starts_with("-.") => value::decimal(&format!("-0{}", &text[1..])).map_err(fault),
                None => value::decimal(text).map_err(fault),
            }
        })
    }

    /// Reads a currency code.
    pub(super) fn currency(self, name: &str) -> Result<Option<Currency>, DocumentError> {
        self.value(name, |text| {
            Currency::parse(text)
                .ok_or_else(|| "expected an ISO 4217 code of three upper-case letters such as EUR".into())
        })
    }

    fn value<T>(
        self,
        name: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, DocumentError> {
        for value in self.values(name) {
            if let Some(text) = value.own_text()? {
                return read(text).map(Some).map_err(|expected| {
                    let found = super::super::error::shortened(text, FOUND);
                    value.fault(DocumentFault::Invalid, &format!("{expected}, found {found:?}"))
                });
            }
        }
        Ok(None)
    }

    /// Returns an attribute of no namespace; none for a blank one.
    pub(super) fn attribute(self, name: &str) -> Option<String> {
        let found = Attributes::new(self.node().attributes, 0).flatten().find(|a| a.key.as_ref() == name)?;
        let value = quick_xml::escape::unescape(&found.value).ok()?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    /// Makes the error for a required value that is missing.
    pub(super) fn missing(self, name: &str) -> DocumentError {
        let path = format!("{}/{name}", self.path());
        DocumentError::at(
            DocumentFault::Invalid,
            &path,
            Some(self.line()),
            "missing or empty: this element is required",
        )
    }

    /// Makes an error about this element.
    pub(super) fn fault(self, fault: DocumentFault, detail: &str) -> DocumentError {
        DocumentError::at(fault, &self.path(), Some(self.line()), detail)
    }

    fn line(self) -> u32 {
        line_of(self.tree.source, self.node().offset)
    }

    /// Returns the path, `Invoice/cac:InvoiceLine[2]/cbc:LineExtensionAmount`: the usual prefixes, and the position where there are several
    /// of a name.
    fn path(self) -> String {
        let node = self.node();
        if self.index == 0 {
            return node.name.to_owned();
        }
        let parent = Self { tree: self.tree, index: node.parent };
        let prefix = if node.vocabulary == Vocabulary::Basic { "cbc" } else { "cac" };
        let mut position = 0;
        let mut count = 0;
        for twin in parent.named(node.vocabulary, node.name) {
            count += 1;
            if twin.index == self.index {
                position = count;
            }
        }
        let index = if count > 1 { format!("[{position}]") } else { String::new() };
        format!("{}/{prefix}:{}{index}", parent.path(), node.name)
    }
}
