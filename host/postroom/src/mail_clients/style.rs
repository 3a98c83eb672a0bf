//! A reader of CSS as mails use it: rules with their selectors, media queries and declarations.

/// A declaration; name and value in lower case, without `!important`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) important: bool,
    /// No space stands before `!important`.
    pub(super) tight: bool,
}

/// A rule within the media queries around it.
#[derive(Debug)]
pub(super) struct Rule {
    /// One entry a selector.
    pub(super) selectors: Vec<String>,
    /// Conditions of the at-rules around it, the outermost first: `(prefers-color-scheme:dark)`.
    pub(super) media: Vec<String>,
    pub(super) declarations: Vec<Declaration>,
}

/// The content of a style sheet.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) rules: Vec<Rule>,
    /// Names of the at-rules with their conditions, `media`, `(max-width:600px)`.
    pub(super) at: Vec<(String, String)>,
    pub(super) comments: usize,
}

/// At-rules whose content is rules.
const GROUPS: [&str; 4] = ["media", "supports", "layer", "container"];

/// At-rules within each other, at most; what is deeper is passed over.
const DEEPEST: usize = 16;

impl Sheet {
    /// Reads a style sheet; what is no rule is passed over.
    pub(super) fn read(text: &str) -> Self {
        let mut sheet = Self::default();
        let text = sheet.without_comments(text);
        sheet.rules_of(&text, &[], 0);
        sheet
    }

    fn without_comments(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("/*") {
            out.push_str(before);
            self.comments += 1;
            rest = after.split_once("*/").map_or("", |(_, after)| after);
        }
        out.push_str(rest);
        out
    }

    /// `depth`: how many at-rules are around it.
    fn rules_of(&mut self, text: &str, media: &[String], depth: usize) {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let end = rest.find(['{', ';']).unwrap_or(rest.len());
            let head = rest[..end].trim().to_owned();
            if !rest[end..].starts_with('{') {
                self.push_at(&head);
                rest = rest.get(end + 1..).unwrap_or("").trim_start();
                continue;
            }
            let (body, after) = block(&rest[end + 1..]);
            rest = after.trim_start();
            match head.strip_prefix('@') {
                Some(_) => {
                    let (name, condition) = self.push_at(&head);
                    if GROUPS.contains(&name.as_str()) && depth < DEEPEST {
                        let mut inside = media.to_vec();
                        inside.push(condition);
                        self.rules_of(body, &inside, depth + 1);
                    }
                }
                None => self.rules.push(Rule {
                    selectors: split(&head, ',')
                        .map(|s| s.trim().to_owned())
                        .filter(|s| !s.is_empty())
                        .collect(),
                    media: media.to_vec(),
                    declarations: declarations(body),
                }),
            }
        }
    }

    /// Notes an at-rule; gives its name and its condition without spaces.
    fn push_at(&mut self, head: &str) -> (String, String) {
        let Some(rule) = head.strip_prefix('@') else { return (String::new(), String::new()) };
        let end = rule.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rule.len());
        let condition: String = rule[end..].chars().filter(|c| !c.is_whitespace()).collect();
        let at = (rule[..end].to_ascii_lowercase(), condition.to_ascii_lowercase());
        self.at.push(at.clone());
        at
    }
}

/// Content of a block whose `{` was read, and what follows its `}`.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

/// Reads the declarations of a block or of an attribute `style`.
pub(super) fn declarations(text: &str) -> Vec<Declaration> {
    let parts = split(text, ';').filter_map(|part| {
        let (name, value) = part.split_once(':')?;
        let value = value.trim().to_ascii_lowercase();
        let (own, word) = value.split_once('!').unwrap_or((&value, ""));
        let important = word.trim() == "important";
        let tight = important && !own.ends_with(char::is_whitespace);
        let value = if important { own.trim().to_owned() } else { value };
        let name = name.trim().to_ascii_lowercase();
        (!name.is_empty() && !name.contains(['{', '}'])).then_some(Declaration {
            name,
            value,
            important,
            tight,
        })
    });
    parts.collect()
}

/// Splits outside of quotes and brackets.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, c) if c == at && depth == 0 => {
                parts.push(&text[start..place]);
                start = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter()
}

/// Reads the pixels of a value, `600px`, `600` or `12.5px`, rounded down.
pub(super) fn pixels(value: &str) -> Option<u32> {
    let number = value.trim().strip_suffix("px").unwrap_or(value.trim());
    number.split('.').next()?.parse().ok()
}
