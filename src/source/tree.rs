//! The tree that every phase works on: a document as an arena in preorder.
//!
//! A stack, a template's output, a vendored manifest and an object that gen built are all
//! [`Tree`]s, so that there is one merge, one schema walk, one emitter and one comparison.
//! A tree is never changed in place: a phase reads one through [`NodeRef`] and writes another
//! with a [`TreeBuilder`], which can copy whole subtrees together with their origins.

use std::fmt;

use super::{Origin, Span};

/// What a node is, after its plain scalars are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No value. In Kubernetes manifests it means absent.
    Null,
    /// `true` or `false`; the node's text is one of these two words.
    Bool,
    /// An integer; the node's text is its decimal form, with `-` where negative.
    Int,
    /// A number with a fraction or an exponent; the text is a JSON number.
    Float,
    /// A string; the text is its value.
    Str,
    /// A list.
    List,
    /// A map with string keys, in order, without duplicates.
    Map,
}

/// How a scalar was written; only diagnostics ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, or not written by anybody.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, after `|` or `>`.
    Block,
}

#[derive(Debug, Clone, Copy)]
struct TextRange {
    start: u32,
    end: u32,
}

const NO_TEXT: TextRange = TextRange { start: 0, end: 0 };

#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    style: Style,
    keyed: bool,
    /// The [`tag`] of the key.
    tag: u8,
    /// The index of the node after this subtree.
    next: u32,
    key: TextRange,
    /// The text of a scalar, or the [`Tags`] of a map.
    text: TextRange,
    key_at: Origin,
    at: Origin,
}

/// Which tags the keys of a map have, a bit for each, so that most keys that are not there need
/// not be looked for.
#[derive(Clone, Copy)]
struct Tags {
    low: u32,
    high: u32,
}

impl Tags {
    fn of(map: &Node) -> Self {
        Self { low: map.text.start, high: map.text.end }
    }

    /// The bit of a tag; several tags share one.
    fn bit(tag: u8) -> Self {
        let bit = 1 << (tag % 32);
        if tag & 32 == 0 { Self { low: bit, high: 0 } } else { Self { low: 0, high: bit } }
    }

    fn has(self, tag: u8) -> bool {
        let bit = Self::bit(tag);
        (self.low & bit.low) | (self.high & bit.high) != 0
    }

    fn with(self, tag: u8) -> TextRange {
        let bit = Self::bit(tag);
        TextRange { start: self.low | bit.low, end: self.high | bit.high }
    }
}

/// A number that two texts seldom share unless they are the same: of their length and three of
/// their bytes, so that the compiler works it out for the names that a program looks for.
#[must_use]
#[inline]
pub(crate) const fn fingerprint(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let length = bytes.len();
    if length == 0 {
        return 0;
    }
    let mixed = u32::from_le_bytes([
        length.to_le_bytes()[0],
        bytes[0],
        bytes[length / 2],
        bytes[length - 1],
    ]);
    mixed.wrapping_mul(0x9e37_79b1)
}

/// The part of a key's [`fingerprint`] that its node keeps.
#[inline]
const fn tag(key: &str) -> u8 {
    fingerprint(key).to_le_bytes()[3]
}

/// One document. Never empty: the root is node 0.
#[derive(Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    text: String,
}

impl Tree {
    /// The whole document.
    #[must_use]
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef { tree: self, index: 0 }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

/// A place in a [`Tree`].
#[derive(Clone, Copy)]
pub struct NodeRef<'t> {
    tree: &'t Tree,
    index: u32,
}

impl<'t> NodeRef<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.index as usize]
    }

    fn slice(self, range: TextRange) -> &'t str {
        &self.tree.text[range.start as usize..range.end as usize]
    }

    /// The position of the node in the preorder of its tree.
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// What this node is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// How a scalar was written.
    #[must_use]
    pub fn style(self) -> Style {
        self.node().style
    }

    /// Where the value came from.
    #[must_use]
    pub fn at(self) -> Origin {
        self.node().at
    }

    /// Where the key came from; of a node without a key, where the value came from.
    #[must_use]
    pub fn key_at(self) -> Origin {
        if self.node().keyed { self.node().key_at } else { self.node().at }
    }

    /// The key under which the node stands in its map.
    #[must_use]
    pub fn key(self) -> Option<&'t str> {
        self.node().keyed.then(|| self.slice(self.node().key))
    }

    /// The text of a scalar in the form that [`Kind`] states; empty for null, lists and maps.
    #[must_use]
    pub fn text(self) -> &'t str {
        match self.kind() {
            Kind::Map => "",
            _ => self.slice(self.node().text),
        }
    }

    /// The value of a string, `None` for every other kind.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        (self.kind() == Kind::Str).then(|| self.text())
    }

    /// The value of an integer that fits 64 bits, `None` for everything else.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        (self.kind() == Kind::Int).then(|| self.text().parse().ok()).flatten()
    }

    /// The value of a boolean, `None` for every other kind.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.text() == "true")
    }

    /// Whether this is a list or a map without children.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.index + 1 == self.node().next
    }

    /// The values of a map in order; each knows its [`key`](Self::key). Nothing for other kinds.
    #[must_use]
    pub fn entries(self) -> Entries<'t> {
        Entries(self.children(self.kind() == Kind::Map))
    }

    /// The items of a list in order. Nothing for other kinds.
    #[must_use]
    pub fn items(self) -> Items<'t> {
        Items(self.children(self.kind() == Kind::List))
    }

    fn children(self, yes: bool) -> Children<'t> {
        let end = if yes { self.node().next } else { self.index + 1 };
        Children { tree: self.tree, next: self.index + 1, end }
    }

    /// The value under a key of a map.
    #[must_use]
    #[inline]
    pub fn get(self, key: &str) -> Option<NodeRef<'t>> {
        self.tagged(tag(key), key)
    }

    /// The value under a key of a map, whose tag tells it from most other keys.
    fn tagged(self, tag: u8, key: &str) -> Option<NodeRef<'t>> {
        let Tree { nodes, text } = self.tree;
        let map = self.node();
        if map.kind != Kind::Map || !Tags::of(map).has(tag) {
            return None;
        }
        let mut index = self.index + 1;
        while index < map.next {
            let entry = &nodes[index as usize];
            if entry.tag == tag
                && text.as_bytes()[entry.key.start as usize..entry.key.end as usize]
                    == *key.as_bytes()
            {
                return Some(NodeRef { index, ..self });
            }
            index = entry.next;
        }
        None
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at_path(self, keys: &[&str]) -> Option<NodeRef<'t>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// This node and everything below it, in preorder, each with its path from here.
    pub fn walk(self, visit: &mut impl FnMut(&[Step<'t>], NodeRef<'t>)) {
        fn inner<'t>(
            node: NodeRef<'t>,
            path: &mut Vec<Step<'t>>,
            visit: &mut impl FnMut(&[Step<'t>], NodeRef<'t>),
        ) {
            visit(path, node);
            for entry in node.entries() {
                path.push(Step::Key(entry.key().unwrap_or_default()));
                inner(entry, path, visit);
                path.pop();
            }
            for (index, item) in node.items().enumerate() {
                path.push(Step::Index(index));
                inner(item, path, visit);
                path.pop();
            }
        }
        inner(self, &mut Vec::new(), visit);
    }

    /// The steps that lead from here to a node of this subtree, `None` for other nodes.
    #[must_use]
    pub fn path_to(self, inner: NodeRef<'_>) -> Option<Vec<Step<'t>>> {
        let holds = |node: NodeRef<'_>| (node.index..node.node().next).contains(&inner.index);
        if !std::ptr::eq(self.tree, inner.tree) || !holds(self) {
            return None;
        }
        let mut path = Vec::new();
        let mut node = self;
        while node.index != inner.index {
            let mut children = node.children(true).enumerate();
            let (index, child) = children.find(|(_, child)| holds(*child))?;
            path.push(child.key().map_or(Step::Index(index), Step::Key));
            node = child;
        }
        Some(path)
    }

    /// Whether both are the same place of the same tree.
    #[must_use]
    pub fn is(self, other: NodeRef<'_>) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }

    /// Whether two subtrees hold the same values, whatever their origins, keys in any order.
    #[must_use]
    pub fn same(self, other: NodeRef<'_>) -> bool {
        if self.kind() != other.kind() {
            return false;
        }
        match self.kind() {
            Kind::Map => {
                self.entries().count() == other.entries().count()
                    && self.entries().all(|entry| {
                        let twin = entry.key().and_then(|key| other.get(key));
                        twin.is_some_and(|twin| entry.same(twin))
                    })
            }
            Kind::List => {
                self.items().count() == other.items().count()
                    && self.items().zip(other.items()).all(|(a, b)| a.same(b))
            }
            _ => self.text() == other.text(),
        }
    }
}

impl fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Map => f
                .debug_map()
                .entries(self.entries().map(|entry| (entry.key().unwrap_or_default(), entry)))
                .finish(),
            Kind::List => f.debug_list().entries(self.items()).finish(),
            Kind::Str => fmt::Debug::fmt(self.text(), f),
            Kind::Null => f.write_str("null"),
            _ => f.write_str(self.text()),
        }
    }
}

/// One step of a path into a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'t> {
    /// Into a map.
    Key(&'t str),
    /// Into a list.
    Index(usize),
}

#[derive(Clone)]
struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = NodeRef<'t>;

    fn next(&mut self) -> Option<NodeRef<'t>> {
        (self.next < self.end).then(|| {
            let child = NodeRef { tree: self.tree, index: self.next };
            self.next = child.node().next;
            child
        })
    }
}

/// The values of a map, made by [`NodeRef::entries`].
#[derive(Clone)]
pub struct Entries<'t>(Children<'t>);

/// The items of a list, made by [`NodeRef::items`].
#[derive(Clone)]
pub struct Items<'t>(Children<'t>);

impl<'t> Iterator for Entries<'t> {
    type Item = NodeRef<'t>;

    fn next(&mut self) -> Option<NodeRef<'t>> {
        self.0.next()
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = NodeRef<'t>;

    fn next(&mut self) -> Option<NodeRef<'t>> {
        self.0.next()
    }
}

/// Writes a [`Tree`] from the root to the leaves.
///
/// The calls mirror the document: [`key`](Self::key) before each value of a map, each
/// [`map`](Self::map) and [`list`](Self::list) closed by [`close`](Self::close).
///
/// ```
/// use gen_compiler::source::{Kind, Origin, Rule, TreeBuilder};
///
/// let at = Origin::Derived { rule: Rule::ObjectIdentity, from: None };
/// let mut builder = TreeBuilder::default();
/// builder.map(at);
/// builder.key("kind", at);
/// builder.scalar(Kind::Str, "Service", at);
/// builder.close();
/// let tree = builder.finish();
/// assert_eq!(tree.root().get("kind").and_then(|kind| kind.as_str()), Some("Service"));
/// ```
#[derive(Default)]
pub struct TreeBuilder {
    nodes: Vec<Node>,
    text: String,
    open: Vec<u32>,
    key: Option<Key>,
}

/// The key of the next value.
#[derive(Clone, Copy)]
struct Key {
    tag: u8,
    text: TextRange,
    at: Origin,
}

impl TreeBuilder {
    /// States the key of the next value.
    pub fn key(&mut self, key: &str, at: Origin) {
        self.key = Some(Key { tag: tag(key), text: self.push_text(key), at });
    }

    /// Writes a scalar; `text` is in the form that [`Kind`] states.
    pub fn scalar(&mut self, kind: Kind, text: &str, at: Origin) {
        self.styled_scalar(kind, Style::Plain, text, at);
    }

    /// Writes a scalar that somebody wrote in a given style.
    pub fn styled_scalar(&mut self, kind: Kind, style: Style, text: &str, at: Origin) {
        let text = self.push_text(text);
        self.push(kind, style, text, at);
    }

    /// Opens a map.
    pub fn map(&mut self, at: Origin) {
        self.container(Kind::Map, at);
    }

    /// Opens a list.
    pub fn list(&mut self, at: Origin) {
        self.container(Kind::List, at);
    }

    /// The index that the next node will have, to go back to with [`rewind`](Self::rewind) or to
    /// repeat with [`repeat`](Self::repeat).
    pub(super) fn next_index(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a document has fewer than 2^32 nodes")
    }

    /// Forgets every node from `index` on; no map or list among them may be open.
    pub(super) fn rewind(&mut self, index: u32) {
        self.nodes.truncate(index as usize);
        self.key = None;
    }

    /// Forgets everything, and keeps the room that it took.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.text.clear();
        self.open.clear();
        self.key = None;
    }

    /// The finished tree, in no more room than it needs; the builder is as good as new.
    pub(super) fn take(&mut self) -> Tree {
        let tree = Tree { nodes: self.nodes.clone(), text: self.text.clone() };
        self.clear();
        tree
    }

    /// Whether the key stated last stands for the first time in its map; `false` also where it
    /// would have to be compared with more than `most` others.
    pub(super) fn is_new_key(&self, most: usize) -> bool {
        let (Some(Key { tag, text, .. }), Some(&map)) = (self.key, self.open.last()) else {
            return true;
        };
        if !Tags::of(&self.nodes[map as usize]).has(tag) {
            return true;
        }
        let key = &self.text.as_bytes()[text.start as usize..text.end as usize];
        let mut index = map as usize + 1;
        for _ in 0..=most {
            let Some(entry) = self.nodes.get(index) else { return true };
            let range = entry.key.start as usize..entry.key.end as usize;
            if entry.tag == tag && &self.text.as_bytes()[range] == key {
                return false;
            }
            index = entry.next as usize;
        }
        false
    }

    /// How many nodes the finished subtree at `index` has.
    pub(super) fn size(&self, index: u32) -> u32 {
        self.nodes[index as usize].next - index
    }

    /// Writes the finished subtree at `index` once more, with its origins, as the next value.
    pub(super) fn repeat(&mut self, index: u32) {
        let root = self.next_index();
        let moved = root - index;
        for node in index..index + self.size(index) {
            let mut node = self.nodes[node as usize];
            node.next += moved;
            self.nodes.push(node);
        }
        let at = self.nodes[root as usize].at;
        let (keyed, tag, key, key_at) = self.take_key(at);
        let node = &mut self.nodes[root as usize];
        (node.keyed, node.tag, node.key, node.key_at) = (keyed, tag, key, key_at);
    }

    /// Closes the innermost open map or list; its origin stays what it was opened with.
    ///
    /// # Panics
    ///
    /// When nothing is open.
    pub fn close(&mut self) {
        let index = self.open.pop().expect("a map or list is open");
        self.nodes[index as usize].next = self.next_index();
    }

    /// Closes the innermost open map or list and says where it stood, now that its end is known.
    ///
    /// # Panics
    ///
    /// When nothing is open.
    pub fn close_at(&mut self, span: Span) {
        let index = *self.open.last().expect("a map or list is open");
        self.nodes[index as usize].at = Origin::Written(span);
        self.close();
    }

    /// Closes the innermost open map, its entries in the order of `rank` and then of their keys.
    ///
    /// # Panics
    ///
    /// When nothing is open.
    pub fn close_sorted(&mut self, rank: impl Fn(&str) -> usize) {
        let parent = *self.open.last().expect("a map or list is open") as usize;
        let mut entries = Vec::new();
        let mut index = parent + 1;
        while index < self.nodes.len() {
            let Node { key, next, .. } = self.nodes[index];
            let key = &self.text[key.start as usize..key.end as usize];
            entries.push((rank(key), key, index, next as usize));
            index = next as usize;
        }
        if !entries.is_sorted() {
            entries.sort_unstable();
            let mut moved = Vec::with_capacity(self.nodes.len() - parent - 1);
            for (_, _, start, end) in entries {
                let to = parent + 1 + moved.len();
                moved.extend(self.nodes[start..end].iter().map(|node| {
                    let next = node.next as usize - start + to;
                    Node {
                        next: u32::try_from(next).expect("a node moves within the tree"),
                        ..*node
                    }
                }));
            }
            self.nodes.splice(parent + 1.., moved);
        }
        self.close();
    }

    /// Copies a subtree with its origins. Its own key is not copied: state one with
    /// [`key`](Self::key) inside a map.
    pub fn copy(&mut self, node: NodeRef<'_>) {
        match node.kind() {
            Kind::Map => {
                self.map(node.at());
                for entry in node.entries() {
                    self.copy_entry(entry);
                }
                self.close();
            }
            Kind::List => {
                self.list(node.at());
                for item in node.items() {
                    self.copy(item);
                }
                self.close();
            }
            kind => self.styled_scalar(kind, node.style(), node.text(), node.at()),
        }
    }

    /// Copies a value of a map together with its key.
    pub fn copy_entry(&mut self, entry: NodeRef<'_>) {
        self.key(entry.key().unwrap_or_default(), entry.key_at());
        self.copy(entry);
    }

    /// The finished tree.
    ///
    /// # Panics
    ///
    /// When nothing was written, or something is still open.
    #[must_use]
    pub fn finish(self) -> Tree {
        assert!(self.open.is_empty() && !self.nodes.is_empty(), "one whole document was written");
        Tree { nodes: self.nodes, text: self.text }
    }

    fn container(&mut self, kind: Kind, at: Origin) {
        let index = self.next_index();
        self.push(kind, Style::Plain, NO_TEXT, at);
        self.open.push(index);
    }

    fn push(&mut self, kind: Kind, style: Style, text: TextRange, at: Origin) {
        let next = self.next_index() + 1;
        let (keyed, tag, key, key_at) = self.take_key(at);
        self.nodes.push(Node { kind, style, keyed, tag, next, key, text, key_at, at });
    }

    fn take_key(&mut self, at: Origin) -> (bool, u8, TextRange, Origin) {
        match self.key.take() {
            Some(Key { tag, text, at }) => {
                if let Some(map) = self.open.last() {
                    let map = &mut self.nodes[*map as usize];
                    map.text = Tags::of(map).with(tag);
                }
                (true, tag, text, at)
            }
            None => (false, 0, NO_TEXT, at),
        }
    }

    fn push_text(&mut self, text: &str) -> TextRange {
        let start = self.text.len();
        self.text.push_str(text);
        let offset = |at: usize| u32::try_from(at).expect("a document is below 4 GiB");
        TextRange { start: offset(start), end: offset(self.text.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Rule;

    const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

    /// A map of these keys, each with itself as its value.
    fn map<'k>(keys: impl IntoIterator<Item = &'k str>) -> Tree {
        let mut out = TreeBuilder::default();
        out.map(AT);
        for key in keys {
            out.key(key, AT);
            assert!(out.is_new_key(usize::MAX), "{key}");
            out.scalar(Kind::Str, key, AT);
        }
        out.close();
        out.finish()
    }

    #[test]
    fn every_key_of_a_map_is_found_and_no_other() {
        let keys: Vec<String> = (0..500).map(|number| format!("key-{number}")).collect();
        for count in [0, 1, 2, 7, 64, 500] {
            let tree = map(keys[..count].iter().map(String::as_str));
            for (index, key) in keys.iter().enumerate() {
                let found = tree.root().get(key).map(NodeRef::text);
                assert_eq!(found, (index < count).then_some(key.as_str()), "{key} of {count}");
            }
        }
    }

    #[test]
    fn keys_that_share_a_tag_are_told_apart() {
        assert_eq!(fingerprint("a1b2c"), fingerprint("a3b4c"));
        let tree = map(["a1b2c"]);
        assert!(tree.root().get("a3b4c").is_none());
        let tree = map(["a1b2c", "a3b4c", ""]);
        let found = ["a3b4c", "a1b2c", ""].map(|key| tree.root().get(key).map(NodeRef::text));
        assert_eq!(found, [Some("a3b4c"), Some("a1b2c"), Some("")]);
        assert_eq!(tree.root().text(), "");
    }

    #[test]
    fn a_repeated_map_has_the_same_keys_under_its_own() {
        let mut out = TreeBuilder::default();
        out.map(AT);
        out.key("first", AT);
        let index = out.next_index();
        out.map(AT);
        out.key("inner", AT);
        out.scalar(Kind::Str, "value", AT);
        out.close();
        out.key("second", AT);
        out.repeat(index);
        out.close();
        let tree = out.finish();
        let inner = |key| tree.root().at_path(&[key, "inner"]).map(NodeRef::text);
        assert_eq!(
            [inner("first"), inner("second"), inner("third")],
            [Some("value"), Some("value"), None]
        );
    }

    #[test]
    fn a_key_stands_in_a_map_once() {
        let mut out = TreeBuilder::default();
        out.map(AT);
        for (key, is_new) in [("a", true), ("b", true), ("a", false), ("c", true), ("b", false)] {
            out.key(key, AT);
            assert_eq!(out.is_new_key(10), is_new, "{key}");
            out.scalar(Kind::Null, "", AT);
        }
    }
}
