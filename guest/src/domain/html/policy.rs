//! What may be in generated HTML: lists, and one function for what lists can't express.

/// An element's attributes as they are going to be written: their names, and their values without escapes.
pub type Attributes = Vec<(&'static str, String)>;

/// The elements and styles that are allowed. All names are in lower case; what is in no list is left out.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Elements that are written. Another element's content is written without it.
    pub elements: &'static [&'static str],
    /// Elements left out with all they contain. So are SVG and MathML, always.
    pub dropped: &'static [&'static str],
    /// Attributes that are written, of any element.
    pub attributes: &'static [&'static str],
    /// CSS properties that are written in a `style`.
    pub properties: &'static [&'static str],
    /// What an `href` may begin with.
    pub link_schemes: &'static [&'static str],
    /// What a `src` may begin with.
    pub source_schemes: &'static [&'static str],
    /// Makes links of addresses of the web and of mail in the text, where it stands in no link.
    pub makes_links: bool,
    /// Bytes of HTML after which no more is begun.
    pub most: usize,
    /// Changes an element's attributes before they are written: gets its name, and the attributes that the lists allow.
    pub adjust: fn(&str, &mut Attributes),
}
