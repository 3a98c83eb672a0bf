//! The tree of a parsed document: nodes in one vector, linked by their indexes. Dropping it frees a vector, however deep the document is.

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName, ns};
use std::rc::Rc;

/// Index of a node in its tree.
pub(super) type NodeId = usize;

/// The node that every other one hangs from.
pub(super) const DOCUMENT: NodeId = 0;

/// The content of a node.
#[derive(Debug)]
pub(super) enum Content {
    /// A document or the contents of a `<template>`.
    Root,
    Element {
        name: Rc<QualName>,
        attributes: Vec<Attribute>,
    },
    Text(StrTendril),
    /// A comment or a processing instruction, of which nothing is kept.
    Ignored,
}

#[derive(Debug)]
struct Node {
    content: Content,
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
}

/// A parsed document.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The document goes on behind what was read of it.
    pub(super) is_cut: bool,
}

/// A step of a walk through a tree in document order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// Before the children of an element. Names of elements outside the HTML namespace are absent.
    Open(Option<&'a str>, &'a [Attribute]),
    /// After the children of an element that was opened.
    Close(Option<&'a str>),
    Text(&'a str),
}

impl Tree {
    /// Makes a tree of a document alone.
    pub(super) fn new() -> Self {
        let mut tree = Self { nodes: Vec::new(), is_cut: false };
        tree.push(Content::Root);
        tree
    }

    /// Returns true if the document was longer than its limits.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the number of nodes, of those too that hang nowhere.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a node that hangs nowhere yet.
    pub(super) fn push(&mut self, content: Content) -> NodeId {
        self.nodes.push(Node { content, parent: None, previous: None, next: None, first: None, last: None });
        self.nodes.len() - 1
    }

    /// Returns the parent of a node.
    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id].parent
    }

    /// Returns the attributes of an element, to be added to.
    pub(super) fn attributes_mut(&mut self, id: NodeId) -> Option<&mut Vec<Attribute>> {
        match &mut self.nodes[id].content {
            Content::Element { attributes, .. } => Some(attributes),
            _ => None,
        }
    }

    /// Takes a node with all below it from its parent.
    pub(super) fn detach(&mut self, id: NodeId) {
        let Node { parent, previous, next, .. } = self.nodes[id];
        match (previous, parent) {
            (Some(previous), _) => self.nodes[previous].next = next,
            (None, Some(parent)) => self.nodes[parent].first = next,
            (None, None) => {}
        }
        match (next, parent) {
            (Some(next), _) => self.nodes[next].previous = previous,
            (None, Some(parent)) => self.nodes[parent].last = previous,
            (None, None) => {}
        }
        let node = &mut self.nodes[id];
        (node.parent, node.previous, node.next) = (None, None, None);
    }

    /// Hangs a node under `parent`, as its last child, or before the child `next`.
    pub(super) fn attach(&mut self, id: NodeId, parent: NodeId, next: Option<NodeId>) {
        self.detach(id);
        let previous = match next {
            Some(next) => self.nodes[next].previous,
            None => self.nodes[parent].last,
        };
        let node = &mut self.nodes[id];
        (node.parent, node.previous, node.next) = (Some(parent), previous, next);
        match previous {
            Some(previous) => self.nodes[previous].next = Some(id),
            None => self.nodes[parent].first = Some(id),
        }
        match next {
            Some(next) => self.nodes[next].previous = Some(id),
            None => self.nodes[parent].last = Some(id),
        }
    }

    /// Adds text under `parent`, at its end or before the child `next`. It joins a text that stands directly before it.
    pub(super) fn attach_text(&mut self, text: StrTendril, parent: NodeId, next: Option<NodeId>) {
        let previous = match next {
            Some(next) => self.nodes[next].previous,
            None => self.nodes[parent].last,
        };
        if let Some(Content::Text(before)) = previous.map(|id| &mut self.nodes[id].content) {
            before.push_tendril(&text);
            return;
        }
        let id = self.push(Content::Text(text));
        self.attach(id, parent, next);
    }

    /// Moves all children of `from` to the end of `to`.
    pub(super) fn move_children(&mut self, from: NodeId, to: NodeId) {
        while let Some(child) = self.nodes[from].first {
            self.attach(child, to, None);
        }
    }

    /// Lists every element that was made, with its attributes.
    #[cfg(any(test, fuzzing))]
    pub(super) fn elements(&self) -> Vec<(String, Vec<(String, String)>)> {
        let named = self.nodes.iter().filter_map(|node| match &node.content {
            Content::Element { name, attributes } => Some((name, attributes)),
            _ => None,
        });
        let owned = |(name, attributes): (&Rc<QualName>, &Vec<Attribute>)| {
            let attributes = attributes.iter().map(|a| (a.name.local.to_string(), a.value.to_string()));
            (name.local.to_string(), attributes.collect())
        };
        named.map(owned).collect()
    }

    /// Walks through all that hangs from the document, in document order. `visit` returns false at the opening of an element
    /// that is to be passed over with all it contains: neither its content nor its end is visited then.
    pub(super) fn walk<'a>(&'a self, mut visit: impl FnMut(Step<'a>) -> bool) {
        let mut at = self.nodes[DOCUMENT].first;
        while let Some(id) = at {
            let node = &self.nodes[id];
            let mut is_entered = false;
            match &node.content {
                Content::Text(text) => {
                    visit(Step::Text(text));
                }
                Content::Element { name, attributes } => {
                    is_entered = visit(Step::Open(html_name(name), attributes));
                    if is_entered && node.first.is_none() {
                        visit(Step::Close(html_name(name)));
                    }
                }
                Content::Root | Content::Ignored => {}
            }
            at = match node.first.filter(|_| is_entered) {
                Some(child) => Some(child),
                None => self.following(id, &mut visit),
            };
        }
    }

    /// Returns the node after `id` and all below it, and visits the end of each element that is left on the way.
    fn following<'a>(&'a self, mut id: NodeId, visit: &mut impl FnMut(Step<'a>) -> bool) -> Option<NodeId> {
        loop {
            if let Some(next) = self.nodes[id].next {
                return Some(next);
            }
            id = self.nodes[id].parent.filter(|parent| *parent != DOCUMENT)?;
            if let Content::Element { name, .. } = &self.nodes[id].content {
                visit(Step::Close(html_name(name)));
            }
        }
    }
}

/// Returns an element's name if it is HTML's; none for SVG and MathML.
fn html_name(name: &QualName) -> Option<&str> {
    (name.ns == ns!(html)).then_some(&*name.local)
}
