//! Parsing within bounds: html5ever's tokenizer and tree builder, with a check of every token between them.

use super::limits::Limits;
use super::sink::{Handle, Sink};
use super::tree::Tree;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use html5ever::tree_builder::{Tracer, TreeBuilder, TreeBuilderOpts, TreeSink, create_element};
use html5ever::{QualName, TokenizerResult, local_name, ns};
use std::cell::Cell;

/// Tokens between two counts of the open elements: a count costs as much as there are.
const BETWEEN_COUNTS: usize = 64;

/// Parses the HTML of a body, as a browser without scripts parses it. Never fails: any text is HTML.
pub fn parse(html: &str, limits: &Limits) -> Tree {
    let end = html.floor_char_boundary(limits.bytes);
    let sink = Sink::new();
    let context = create_element(&sink, QualName::new(None, ns!(html), local_name!("body")), Vec::new());
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new_for_fragment(sink, context, None, options);
    let bounded = Bounded {
        builder,
        limits,
        tokens: Cell::new(0),
        open_elements: Cell::new(0),
        is_full: Cell::new(false),
    };
    let tokenizer = Tokenizer::new(bounded, Default::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&html[..end]));
    // A script or a declared character set suspends the tokenizer, for nothing here.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    let is_cut = end < html.len() || tokenizer.sink.is_full.get();
    let mut tree = tokenizer.sink.builder.sink.finish();
    tree.is_cut = is_cut;
    tree
}

/// Passes tokens on to the tree builder as long as the document is within its bounds.
struct Bounded<'a> {
    builder: TreeBuilder<Handle, Sink>,
    limits: &'a Limits,
    tokens: Cell<usize>,
    /// Elements open at the last count.
    open_elements: Cell<usize>,
    /// True once the document has reached its bounds: what follows is left out.
    is_full: Cell<bool>,
}

impl Bounded<'_> {
    fn measure(&self) {
        let sink = &self.builder.sink;
        if sink.nodes() > self.limits.nodes || sink.markup() > self.limits.markup {
            self.is_full.set(true);
        }
        let tokens = self.tokens.get();
        if tokens.is_multiple_of(BETWEEN_COUNTS) {
            let count = Count(Cell::new(0));
            self.builder.trace_handles(&count);
            self.open_elements.set(count.0.get());
        }
        self.tokens.set(tokens.wrapping_add(1));
    }

    /// True if a start tag is left out because of its depth. One that changes how its content is read is not: its content would become text.
    fn is_too_deep(&self, tag: &Tag) -> bool {
        tag.kind == TagKind::StartTag
            && self.open_elements.get() > self.limits.open_elements
            && !matches!(
                &*tag.name,
                "script"
                    | "style"
                    | "title"
                    | "textarea"
                    | "iframe"
                    | "noembed"
                    | "noframes"
                    | "xmp"
                    | "plaintext"
            )
    }
}

impl TokenSink for Bounded<'_> {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        let token = match token {
            Token::EOFToken => token,
            _ if self.is_full.get() => return TokenSinkResult::Continue,
            Token::TagToken(tag) if self.is_too_deep(&tag) => return TokenSinkResult::Continue,
            Token::TagToken(mut tag) => {
                tag.attrs.retain(|a| a.value.len() <= self.limits.attribute_bytes);
                tag.attrs.truncate(self.limits.attributes);
                Token::TagToken(tag)
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) | Token::ParseError(_) => {
                return TokenSinkResult::Continue;
            }
            other => other,
        };
        let result = self.builder.process_token(token, line);
        self.measure();
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Counts what the tree builder holds on to: its open elements and the formatting elements it would open again.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = Handle;

    fn trace_handle(&self, _node: &Handle) {
        self.0.set(self.0.get() + 1);
    }
}
