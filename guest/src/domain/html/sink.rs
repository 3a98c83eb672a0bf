//! Where html5ever's tree builder puts what it builds.

use super::tree::{Content, DOCUMENT, NodeId, Tree};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, QualName, ns};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A node, and its name if it is an element: the tree builder asks for names while the tree is being changed.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

/// Builds a [`Tree`].
#[derive(Debug)]
pub(super) struct Sink {
    tree: RefCell<Tree>,
    /// Bytes of the attributes of all elements made.
    markup: Cell<usize>,
    /// The name of what is no element.
    nameless: Rc<QualName>,
}

impl Sink {
    /// Makes a sink with an empty document.
    pub(super) fn new() -> Self {
        Self {
            tree: RefCell::new(Tree::new()),
            markup: Cell::new(0),
            nameless: Rc::new(QualName::new(None, ns!(), "".into())),
        }
    }

    /// Returns the number of nodes made.
    pub(super) fn nodes(&self) -> usize {
        self.tree.borrow().node_count()
    }

    /// Returns the bytes of all attributes, those of reopened elements included.
    pub(super) fn markup(&self) -> usize {
        self.markup.get()
    }

    fn nameless(&self, content: Content) -> Handle {
        Handle { id: self.tree.borrow_mut().push(content), name: self.nameless.clone() }
    }

    fn insert(&self, child: NodeOrText<Handle>, parent: NodeId, next: Option<NodeId>) {
        let mut tree = self.tree.borrow_mut();
        match child {
            NodeOrText::AppendNode(node) => tree.attach(node.id, parent, next),
            NodeOrText::AppendText(text) => tree.attach_text(text, parent, next),
        }
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: DOCUMENT, name: self.nameless.clone() }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> Handle {
        let bytes: usize = attributes.iter().map(|a| a.name.local.len() + a.value.len() + 4).sum();
        self.markup.set(self.markup.get().saturating_add(bytes));
        let name = Rc::new(name);
        let content = Content::Element { name: name.clone(), attributes };
        Handle { id: self.tree.borrow_mut().push(content), name }
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.nameless(Content::Ignored)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.nameless(Content::Ignored)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(child, parent.id, None);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let parent = self.tree.borrow().parent(element.id);
        match parent {
            Some(parent) => self.insert(child, parent, Some(element.id)),
            None => self.insert(child, previous.id, None),
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    /// Returns a node of its own: what a template contains is no part of the document.
    fn get_template_contents(&self, _target: &Handle) -> Handle {
        self.nameless(Content::Root)
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.id == other.id
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let parent = self.tree.borrow().parent(sibling.id);
        if let Some(parent) = parent {
            self.insert(child, parent, Some(sibling.id));
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        let Some(own) = tree.attributes_mut(target.id) else { return };
        for attribute in attributes {
            if !own.iter().any(|a| a.name == attribute.name) {
                own.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.tree.borrow_mut().move_children(node.id, new_parent.id);
    }
}
