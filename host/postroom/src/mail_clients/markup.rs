//! A reader of HTML as mails use it: a flat list of elements and texts in the order of the page, each with its parent.
//! What is hidden from all but Word (conditional comments) is not part of the page.

/// A page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Elements and texts in order; a parent stands before its children.
    pub(super) nodes: Vec<Node>,
    /// Contents of `<style>`.
    pub(super) styles: Vec<String>,
    /// There is a doctype.
    pub(super) doctype: bool,
    /// Comments that are none of Word's.
    pub(super) comments: usize,
}

/// A node and its parent's place in the list.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) content: Content,
}

/// The content of a node.
#[derive(Debug)]
pub(super) enum Content {
    Element(Element),
    /// Text, its references read.
    Text(String),
}

/// An element's tag.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// In lower case.
    pub(super) name: String,
    /// Names in lower case, values with their references read.
    pub(super) attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, name: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split_whitespace().any(|class| class == name))
    }
}

const EMPTY: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Elements whose content is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// Elements within each other, at most; deeper ones stand beside each other, as in browsers. What looks at all around or within an
/// element stays cheap by it.
const DEEPEST: usize = 500;

impl Page {
    /// Reads a page; whatever it is, something is read.
    pub(super) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<usize> = Vec::new();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            page.push_text(&rest[..at], &open);
            rest = &rest[at..];
            rest = page.tag(rest, &mut open);
        }
        page.push_text(rest, &open);
        page
    }

    /// Lists the elements with their places.
    pub(super) fn elements(&self) -> impl Iterator<Item = (usize, &Element)> {
        self.nodes.iter().enumerate().filter_map(|(at, node)| match &node.content {
            Content::Element(element) => Some((at, element)),
            Content::Text(_) => None,
        })
    }

    /// Returns the element at a place.
    pub(super) fn element(&self, at: usize) -> Option<&Element> {
        match &self.nodes.get(at)?.content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        }
    }

    /// Lists a place and those of the elements around it, the innermost first.
    pub(super) fn upwards(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| self.nodes[*at].parent)
    }

    /// Collects all text within an element.
    pub(super) fn text_within(&self, at: usize) -> String {
        // What is within follows at once, and the first node whose parent stands before the element is outside.
        let within = |node: &&Node| node.parent.is_some_and(|parent| parent >= at);
        let texts = self.nodes.iter().skip(at + 1).take_while(within);
        let texts = texts.filter_map(|node| match &node.content {
            Content::Text(text) => Some(text.as_str()),
            Content::Element(_) => None,
        });
        texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn push_text(&mut self, text: &str, open: &[usize]) {
        if !text.trim().is_empty() {
            self.nodes
                .push(Node { parent: open.last().copied(), content: Content::Text(unreferenced(text)) });
        }
    }

    /// Reads what begins with `<`, and gives what follows.
    fn tag<'t>(&mut self, text: &'t str, open: &mut Vec<usize>) -> &'t str {
        if let Some(comment) = text.strip_prefix("<!--") {
            if !comment.trim_start().starts_with("[if") && !comment.trim_start().starts_with("<![endif") {
                self.comments += 1;
            }
            return comment.split_once("-->").map_or("", |(_, after)| after);
        }
        if text.starts_with("<!") || text.starts_with("<?") {
            self.doctype |= text.get(..9).is_some_and(|it| it.eq_ignore_ascii_case("<!doctype"));
            return text.split_once('>').map_or("", |(_, after)| after);
        }
        let closing = text.starts_with("</");
        let begin = if closing { 2 } else { 1 };
        if !text[begin..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.push_text("<", open);
            return &text[1..];
        }
        let end = end_of_tag(text);
        let inside = text[begin..end].trim_end_matches('/');
        let after = text.get(end + 1..).unwrap_or("");
        let length = inside.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inside.len());
        let name = inside[..length].to_ascii_lowercase();
        if closing {
            if let Some(at) =
                open.iter().rposition(|place| self.element(*place).is_some_and(|e| e.name == name))
            {
                open.truncate(at);
            }
            return after;
        }
        self.close_implied(&name, open);
        let element = Element { attributes: attributes(&inside[length..]), name: name.clone() };
        self.nodes.push(Node { parent: open.last().copied(), content: Content::Element(element) });
        let place = self.nodes.len() - 1;
        if RAW.contains(&name.as_str()) {
            let (content, after) = raw(after, &name);
            if name == "style" {
                self.styles.push(content.to_owned());
            }
            return after;
        }
        if !EMPTY.contains(&name.as_str()) && open.len() < DEEPEST {
            open.push(place);
        }
        after
    }

    /// Closes what a new element ends without a closing tag.
    fn close_implied(&self, name: &str, open: &mut Vec<usize>) {
        let ends: &[&str] = match name {
            "p" | "div" | "table" | "ul" | "ol" => &["p"],
            "li" => &["p", "li"],
            "td" | "th" => &["p", "td", "th"],
            "tr" => &["p", "td", "th", "tr"],
            _ => return,
        };
        while open.last().and_then(|at| self.element(*at)).is_some_and(|e| ends.contains(&e.name.as_str())) {
            open.pop();
        }
    }
}

/// Where a tag ends: at the first `>` outside of quotes.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// Content up to the closing tag, and what follows it.
fn raw<'t>(text: &'t str, name: &str) -> (&'t str, &'t str) {
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find(&format!("</{name}")) else { return (text, "") };
    let after = text[at..].split_once('>').map_or("", |(_, after)| after);
    (&text[..at], after)
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let length = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => value(after.trim_start()),
        };
        let name = name.trim_matches('/').to_ascii_lowercase();
        if !name.is_empty() && !found.iter().any(|(own, _)| *own == name) {
            found.push((name, unreferenced(value)));
        }
        // A sign that is neither a name nor a value is passed over.
        rest = if next.len() < rest.len() {
            next.trim_start()
        } else {
            &rest[rest.chars().next().map_or(0, char::len_utf8)..]
        };
    }
    found
}

/// An attribute's value, and what follows it.
fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// Text with the references that matter here read: those that a browser shows as space or as nothing, and the signs of
/// markup. Others stand for one sign, whichever.
fn unreferenced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 12 && !rest[1..*end].contains(char::is_whitespace));
        let Some(end) = end else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        out.push(sign(&rest[1..end]));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn sign(reference: &str) -> char {
    let number = |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32);
    if let Some(digits) = reference.strip_prefix('#') {
        let read = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(digits, 10),
        };
        return read.unwrap_or('\u{fffd}');
    }
    match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "zwnj" => '\u{200c}',
        "zwj" => '\u{200d}',
        "shy" => '\u{ad}',
        _ => '\u{b7}',
    }
}
