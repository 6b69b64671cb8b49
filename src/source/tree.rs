//! The tree that every phase works on: a document as an arena in preorder.
//!
//! A stack, a template's output, a vendored manifest and an object that gen built are all
//! [`Tree`]s, so that there is one merge, one schema walk, one emitter and one comparison.
//! A tree is never changed in place: a phase reads one through [`NodeRef`] and writes another
//! with a [`TreeBuilder`], which can copy whole subtrees together with their origins.

mod wide;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::{FileId, Origin, Source, Span, Symbol};
use wide::{MANY, Wide};

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
#[repr(u8)]
pub enum Style {
    /// Without quotes, or not written by anybody.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, after `|` or `>`.
    Block,
}

/// A part of a tree's text, in bytes.
#[derive(Debug, Clone, Copy)]
struct TextRange {
    start: u32,
    end: u32,
}

const NO_TEXT: TextRange = TextRange { start: 0, end: 0 };

impl TextRange {
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    /// As long a part, so many bytes further.
    fn moved(self, bytes: u32) -> Self {
        Self { start: self.start.wrapping_add(bytes), end: self.end.wrapping_add(bytes) }
    }

    /// The same part of a file.
    fn span(self, file: FileId) -> Span {
        Span { file, start: self.start, end: self.end }
    }
}

/// A node takes 32 bytes, so that those of a file of many manifests stay few pages. What stands in
/// a file as it reads, nearly all, is told by its place there; the rest has rows in tables of the
/// tree.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    marks: Marks,
    /// The key, [`Symbol::NONE`] where there is none.
    symbol: Symbol,
    /// The index of the node after this subtree.
    next: u32,
    /// Where the key is written, with its quotes; otherwise the start is a row of `keys`.
    key: TextRange,
    /// The text of a scalar, or the [`Tags`] of a map.
    text: TextRange,
    /// Where the value is written; otherwise the start is a row of `origins`.
    at: TextRange,
}

/// How a node was written, in bits.
#[derive(Debug, Clone, Copy)]
struct Marks(u8);

impl Marks {
    /// What [`Style`] a scalar has.
    const STYLE: u8 = 0b11;
    /// The key stands in the file.
    const KEY_WRITTEN: u8 = 1 << 2;
    /// It stands there in quotes.
    const KEY_QUOTED: u8 = 1 << 3;
    /// The value stands in the file.
    const AT_WRITTEN: u8 = 1 << 4;
    /// So does its text, as it reads.
    const TEXT_WRITTEN: u8 = 1 << 5;
    /// The same text stands there elsewhere, in the same column.
    const AGAIN: u8 = 1 << 6;

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    fn style(self) -> Style {
        match self.0 & Self::STYLE {
            0 => Style::Plain,
            1 => Style::Quoted,
            _ => Style::Block,
        }
    }
}

/// Which symbols the keys of a map have, a bit for several, so that most keys that are not there
/// need not be looked for.
#[derive(Clone, Copy)]
struct Tags(TextRange);

impl Tags {
    fn of(map: &Node) -> Self {
        Self(map.text)
    }

    fn bits(self) -> u64 {
        u64::from(self.0.end) << 32 | u64::from(self.0.start)
    }

    fn bit(symbol: Symbol) -> u64 {
        1 << (u32::from(symbol.number()) % u64::BITS)
    }

    fn has(self, symbol: Symbol) -> bool {
        self.bits() & Self::bit(symbol) != 0
    }

    #[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
    fn with(self, symbol: Symbol) -> TextRange {
        let bits = self.bits() | Self::bit(symbol);
        TextRange { start: bits as u32, end: (bits >> 32) as u32 }
    }
}

/// A key that does not stand in the file as it reads.
#[derive(Debug, Clone, Copy)]
struct KeyRow {
    text: TextRange,
    at: Origin,
}

/// One document. Never empty: the root is node 0.
#[derive(Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The file that it was read from, if it was.
    source: Option<Arc<Source>>,
    /// What does not stand there, if anything does not.
    apart: Option<Box<Apart>>,
    /// The children of maps and lists that have many, once somebody has looked for one.
    wide: OnceLock<Arc<Wide>>,
}

/// What the nodes of a tree say that does not stand in its file as it reads.
#[derive(Clone, Default)]
struct Apart {
    text: String,
    keys: Vec<KeyRow>,
    origins: Vec<Origin>,
}

impl Apart {
    const NOTHING: &Self = &Self { text: String::new(), keys: Vec::new(), origins: Vec::new() };

    /// The same in as little room as it needs: none, if it is nothing.
    fn boxed(&self) -> Option<Box<Self>> {
        let Self { text, keys, origins } = self;
        let is_nothing = text.is_empty() && keys.is_empty() && origins.is_empty();
        (!is_nothing).then(|| Box::new(self.clone()))
    }
}

impl Tree {
    /// The whole document.
    #[must_use]
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef { tree: self, index: 0 }
    }

    #[inline]
    fn apart(&self) -> &Apart {
        self.apart.as_deref().unwrap_or(Apart::NOTHING)
    }

    #[cold]
    fn wide(&self) -> &Wide {
        self.wide.get_or_init(|| Arc::new(Wide::of(self)))
    }
}

impl Node {
    fn key(&self) -> Key {
        Key { symbol: self.symbol, marks: self.marks, at: self.key }
    }

    fn is_scalar(&self) -> bool {
        !matches!(self.kind, Kind::List | Kind::Map)
    }

    /// Whether all of it stands in the file as it reads.
    fn is_written(&self) -> bool {
        let has = |mark| self.marks.has(mark);
        has(Marks::AT_WRITTEN)
            && (!self.is_scalar() || has(Marks::TEXT_WRITTEN))
            && (self.symbol == Symbol::NONE || has(Marks::KEY_WRITTEN))
    }

    /// One that [stands in the file](Self::is_written), so many nodes and bytes further.
    fn moved(self, nodes: u32, bytes: u32) -> Self {
        Self {
            next: self.next.wrapping_add(nodes),
            key: self.key.moved(bytes),
            text: if self.is_scalar() { self.text.moved(bytes) } else { self.text },
            at: self.at.moved(bytes),
            ..self
        }
    }
}

/// A map or a list that stands in a file as it reads, with the places of all of it counted from
/// its start.
#[derive(Clone)]
pub(super) struct Subtree(Box<[Node]>);

/// What the keys of nodes are read from.
#[derive(Clone, Copy)]
struct KeyTexts<'t> {
    written: &'t str,
    apart: &'t Apart,
}

impl<'t> KeyTexts<'t> {
    fn of(self, key: Key) -> &'t str {
        let Key { symbol, marks, at } = key;
        if let Some(name) = symbol.name() {
            return name;
        }
        if !marks.has(Marks::KEY_WRITTEN) {
            return self.apart.keys[at.start as usize].text.of(&self.apart.text);
        }
        let quotes = u32::from(marks.has(Marks::KEY_QUOTED));
        TextRange { start: at.start + quotes, end: at.end - quotes }.of(self.written)
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
    #[inline]
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.index as usize]
    }

    /// The position of the node in the preorder of its tree.
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// What this node is.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// How a scalar was written.
    #[must_use]
    pub fn style(self) -> Style {
        self.node().marks.style()
    }

    /// Where the value came from.
    #[must_use]
    pub fn at(self) -> Origin {
        let Node { marks, at, .. } = *self.node();
        match &self.tree.source {
            Some(source) if marks.has(Marks::AT_WRITTEN) => Origin::Written(at.span(source.id)),
            _ => self.tree.apart().origins[at.start as usize],
        }
    }

    /// Where the key came from; of a node without a key, where the value came from.
    #[must_use]
    pub fn key_at(self) -> Origin {
        let Node { marks, key, symbol, .. } = *self.node();
        match &self.tree.source {
            _ if symbol == Symbol::NONE => self.at(),
            Some(source) if marks.has(Marks::KEY_WRITTEN) => Origin::Written(key.span(source.id)),
            _ => self.tree.apart().keys[key.start as usize].at,
        }
    }

    /// The key under which the node stands in its map.
    #[must_use]
    #[inline]
    pub fn key(self) -> Option<&'t str> {
        let node = self.node();
        let is_keyed = node.symbol != Symbol::NONE;
        let texts = || KeyTexts { written: self.file_text(), apart: self.tree.apart() };
        is_keyed.then(|| texts().of(node.key()))
    }

    /// The key as a symbol, [`Symbol::NONE`] where there is none.
    #[inline]
    pub(crate) fn symbol(self) -> Symbol {
        self.node().symbol
    }

    /// The text of a scalar in the form that [`Kind`] states; empty for null, lists and maps.
    #[must_use]
    #[inline]
    pub fn text(self) -> &'t str {
        let node = self.node();
        let is_written = node.marks.has(Marks::TEXT_WRITTEN);
        let text = if is_written { self.file_text() } else { &self.tree.apart().text };
        if node.kind == Kind::Map { "" } else { node.text.of(text) }
    }

    /// The file and the bytes of it that the value stands in.
    pub(crate) fn written(self) -> Option<(&'t Arc<Source>, Range<u32>)> {
        let Node { marks, at, .. } = *self.node();
        let source = self.tree.source.as_ref().filter(|_| marks.has(Marks::AT_WRITTEN))?;
        Some((source, at.start..at.end))
    }

    /// How many nodes it has, itself among them.
    pub(crate) fn size(self) -> usize {
        (self.node().next - self.index) as usize
    }

    /// Whether the value is a map or a list that stands in its file elsewhere, too: the same text
    /// in the same column, which says the same.
    #[inline]
    pub(crate) fn is_again(self) -> bool {
        self.node().marks.has(Marks::AGAIN)
    }

    /// The text of the file.
    #[inline]
    fn file_text(self) -> &'t str {
        self.tree.source.as_ref().map_or("", |source| &source.text)
    }

    /// The value of a string, `None` for every other kind.
    #[must_use]
    #[inline]
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
    #[inline]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.text() == "true")
    }

    /// Whether this is a list or a map without children.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.index + 1 == self.node().next
    }

    /// The values of a map in order; each knows its [`key`](Self::key). Nothing for other kinds.
    #[must_use]
    #[inline]
    pub fn entries(self) -> Entries<'t> {
        Entries(self.children(self.kind() == Kind::Map))
    }

    /// The items of a list in order. Nothing for other kinds.
    #[must_use]
    #[inline]
    pub fn items(self) -> Items<'t> {
        Items(self.children(self.kind() == Kind::List))
    }

    #[inline]
    fn children(self, yes: bool) -> Children<'t> {
        let end = if yes { self.node().next } else { self.index + 1 };
        Children { tree: self.tree, next: self.index + 1, end }
    }

    /// The value under a key of a map.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the symbol of a constant key is a constant")]
    pub fn get(self, key: &str) -> Option<NodeRef<'t>> {
        let symbol = Symbol::of(key);
        if symbol.is_name() { self.named(symbol) } else { self.unnamed(symbol, key) }
    }

    /// The value under a key that is a name.
    #[inline]
    pub(crate) fn named(self, symbol: Symbol) -> Option<NodeRef<'t>> {
        // Most names that are asked for are not there.
        let map = self.node();
        let may_have = map.kind == Kind::Map && Tags::of(map).has(symbol);
        if may_have { self.find_named(symbol) } else { None }
    }

    #[inline(never)]
    fn find_named(self, symbol: Symbol) -> Option<NodeRef<'t>> {
        let nodes = &self.tree.nodes;
        let map = self.node();
        let mut index = self.index + 1;
        for _ in 0..MANY {
            if index >= map.next {
                return None;
            }
            let entry = &nodes[index as usize];
            if entry.symbol == symbol {
                return Some(NodeRef { index, ..self });
            }
            index = entry.next;
        }
        self.tree.wide().entry(self, symbol.name()?)
    }

    /// The value under a key that is none, whose symbol tells it from most others.
    #[inline(never)]
    fn unnamed(self, symbol: Symbol, key: &str) -> Option<NodeRef<'t>> {
        if !Tags::of(self.node()).has(symbol) {
            return None;
        }
        let mut entries = self.entries();
        let is_it = |entry: &NodeRef<'t>| entry.node().symbol == symbol && entry.key() == Some(key);
        let found = entries.by_ref().take(MANY).find(is_it);
        if found.is_some() || entries.next().is_none() {
            return found;
        }
        self.tree.wide().entry(self, key)
    }

    /// The item of a list at a place, counted from 0.
    pub(crate) fn item(self, place: usize) -> Option<NodeRef<'t>> {
        if place < MANY { self.items().nth(place) } else { self.tree.wide().item(self, place) }
    }

    /// The first item of a list that has a text at a path of keys.
    pub(crate) fn item_with(
        self,
        path: &'static [&'static str],
        text: &str,
    ) -> Option<NodeRef<'t>> {
        let mut items = self.items();
        let has_text = |item: &NodeRef<'t>| item.text_at(path) == Some(text);
        let found = items.by_ref().take(MANY).find(has_text);
        if found.is_some() || items.next().is_none() {
            return found;
        }
        self.tree.wide().item_with(self, path, text)
    }

    fn text_at(self, path: &[&str]) -> Option<&'t str> {
        self.at_path(path).map(NodeRef::text)
    }

    /// The child that holds a node of this subtree below it, and how many stand before it.
    fn child_with(self, inner: u32) -> Option<(usize, NodeRef<'t>)> {
        let mut children = self.children(true);
        let mut first = children.by_ref().enumerate().take(MANY);
        let found = first.find(|(_, child)| child.node().next > inner);
        if found.is_some() || children.next().is_none() {
            return found;
        }
        self.tree.wide().child_with(self, inner)
    }

    /// The value at a path of keys.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the symbols of constant keys are constants")]
    pub fn at_path(self, keys: &[&str]) -> Option<NodeRef<'t>> {
        let mut node = self;
        for key in keys {
            node = node.get(key)?;
        }
        Some(node)
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
            let (index, child) = node.child_with(inner.index)?;
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

    #[inline]
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

    #[inline]
    fn next(&mut self) -> Option<NodeRef<'t>> {
        self.0.next()
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = NodeRef<'t>;

    #[inline]
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
    source: Option<Arc<Source>>,
    apart: Apart,
    open: Vec<u32>,
    key: Key,
}

/// A key, as a node tells of it.
#[derive(Clone, Copy)]
struct Key {
    symbol: Symbol,
    marks: Marks,
    at: TextRange,
}

impl Default for Key {
    fn default() -> Self {
        Self { symbol: Symbol::NONE, marks: Marks(0), at: NO_TEXT }
    }
}

impl TreeBuilder {
    /// A builder of trees of what a file says.
    pub(super) fn of(source: &Arc<Source>) -> Self {
        Self { source: Some(Arc::clone(source)), ..Self::default() }
    }

    /// States the key of the next value.
    pub fn key(&mut self, key: &str, at: Origin) {
        let text = self.push_text(key);
        let row = row_of(&self.apart.keys);
        self.apart.keys.push(KeyRow { text, at });
        let at = TextRange { start: row, end: row };
        self.key = Key { symbol: Symbol::of(key), marks: Marks(0), at };
    }

    /// States the key of the next value, which stands in the file at `start..end`, in quotes or
    /// without.
    pub(super) fn written_key(&mut self, start: u32, end: u32, is_quoted: bool) {
        let quotes = u32::from(is_quoted);
        let text = TextRange { start: start + quotes, end: end - quotes };
        let symbol = Symbol::of(text.of(self.key_texts().written));
        self.known_key(symbol, start, end, is_quoted);
    }

    /// States the key of the next value as [`written_key`](Self::written_key) does, where its
    /// symbol is known.
    #[inline]
    pub(super) fn known_key(&mut self, symbol: Symbol, start: u32, end: u32, is_quoted: bool) {
        let marks = Marks::KEY_WRITTEN | if is_quoted { Marks::KEY_QUOTED } else { 0 };
        self.key = Key { symbol, marks: Marks(marks), at: TextRange { start, end } };
    }

    /// The symbol of the key stated last.
    pub(super) fn key_symbol(&self) -> Symbol {
        self.key.symbol
    }

    /// Writes a scalar; `text` is in the form that [`Kind`] states.
    pub fn scalar(&mut self, kind: Kind, text: &str, at: Origin) {
        self.styled_scalar(kind, Style::Plain, text, at);
    }

    /// Writes a scalar that somebody wrote in a given style.
    pub fn styled_scalar(&mut self, kind: Kind, style: Style, text: &str, at: Origin) {
        let text = self.push_text(text);
        self.push_from(kind, style, text, at);
    }

    /// Writes a scalar that stands in the file at `start..end` as it reads, in quotes if it is in
    /// that style.
    pub(super) fn written_scalar(&mut self, kind: Kind, style: Style, start: u32, end: u32) {
        let quotes = u32::from(style == Style::Quoted);
        let text = TextRange { start: start + quotes, end: end - quotes };
        let marks = style as u8 | Marks::AT_WRITTEN | Marks::TEXT_WRITTEN;
        self.push(kind, marks, text, TextRange { start, end });
    }

    /// Opens a map or a list that starts in the file at `start`, to be closed by
    /// [`close_written`](Self::close_written).
    pub(super) fn open_written(&mut self, kind: Kind, start: u32) {
        let index = self.next_index();
        self.push(kind, Marks::AT_WRITTEN, NO_TEXT, TextRange { start, end: start });
        self.open.push(index);
    }

    /// Closes the innermost open map or list, which ends in the file before `end`, or where it
    /// starts if that is later.
    pub(super) fn close_written(&mut self, end: u32) {
        if let Some(&index) = self.open.last() {
            let at = &mut self.nodes[index as usize].at;
            at.end = end.max(at.start);
            self.close();
        }
    }

    /// The index of the innermost open map or list.
    pub(super) fn innermost(&self) -> Option<u32> {
        self.open.last().copied()
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
    #[inline]
    pub(super) fn next_index(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a document has fewer than 2^32 nodes")
    }

    /// Forgets every node from `index` on; no map or list among them may be open.
    pub(super) fn rewind(&mut self, index: u32) {
        self.nodes.truncate(index as usize);
        self.key = Key::default();
    }

    /// Forgets what was begun, and keeps the room that it took.
    pub(super) fn clear(&mut self) {
        let Self { nodes, apart: Apart { text, keys, origins }, open, .. } = self;
        nodes.clear();
        text.clear();
        keys.clear();
        origins.clear();
        open.clear();
        self.key = Key::default();
    }

    /// The finished tree, in no more room than it needs; the builder keeps its own for the next.
    pub(super) fn take(&mut self) -> Tree {
        let tree = Tree {
            nodes: self.nodes.clone(),
            source: self.source.clone(),
            apart: self.apart.boxed(),
            wide: OnceLock::new(),
        };
        self.clear();
        tree
    }

    /// Whether the key stated last stands for the first time in its map; `false` also where it
    /// would have to be compared with more than `most` others.
    pub(super) fn is_new_key(&self, most: usize) -> bool {
        let symbol = self.key.symbol;
        let Some(&map) = self.open.last() else { return true };
        if symbol == Symbol::NONE || !Tags::of(&self.nodes[map as usize]).has(symbol) {
            return true;
        }
        let texts = self.key_texts();
        let mut index = map as usize + 1;
        for _ in 0..=most {
            let Some(entry) = self.nodes.get(index) else { return true };
            let is_same = || texts.of(entry.key()) == texts.of(self.key);
            if entry.symbol == symbol && (symbol.is_name() || is_same()) {
                return false;
            }
            index = entry.next as usize;
        }
        false
    }

    fn key_texts(&self) -> KeyTexts<'_> {
        let written = self.source.as_ref().map_or("", |source| &source.text);
        KeyTexts { written, apart: &self.apart }
    }

    /// How many nodes the finished subtree at `index` has.
    pub(super) fn size(&self, index: u32) -> u32 {
        self.nodes[index as usize].next - index
    }

    /// How many bytes the keys and texts of the finished subtree at `index` have.
    pub(super) fn bytes(&self, index: u32) -> usize {
        let texts = self.key_texts();
        let nodes = &self.nodes[index as usize..][..self.size(index) as usize];
        let bytes = |node: &Node| {
            let key = if node.symbol == Symbol::NONE { "" } else { texts.of(node.key()) };
            let text = if node.is_scalar() { node.text.end - node.text.start } else { 0 };
            key.len() + text as usize
        };
        nodes.iter().map(bytes).sum()
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
        self.rekey(root);
    }

    /// What the subtree at `index` says that was closed last, if all of it stands in the file as
    /// it reads.
    pub(super) fn subtree(&self, index: u32) -> Option<Subtree> {
        let (root, below) = self.nodes[index as usize..].split_first()?;
        let root = Node { symbol: Symbol::NONE, key: NO_TEXT, ..*root };
        let nodes = || std::iter::once(&root).chain(below);
        let moved = |node: &Node| node.moved(index.wrapping_neg(), root.at.start.wrapping_neg());
        nodes().all(Node::is_written).then(|| Subtree(nodes().map(moved).collect()))
    }

    /// Writes a subtree, as it stands in the file from `start` on, as the next value: where it
    /// ends.
    pub(super) fn written_subtree(&mut self, Subtree(nodes): &Subtree, start: u32) -> u32 {
        let root = self.next_index();
        self.nodes.extend(nodes.iter().map(|node| node.moved(root, start)));
        self.rekey(root);
        let node = &mut self.nodes[root as usize];
        node.marks.0 |= Marks::AGAIN;
        node.at.end
    }

    /// Puts the key stated last in the place of that of a node.
    fn rekey(&mut self, index: u32) {
        let key = self.take_key();
        let node = &mut self.nodes[index as usize];
        let marks = node.marks.0 & !(Marks::KEY_WRITTEN | Marks::KEY_QUOTED) | key.marks.0;
        (node.symbol, node.key, node.marks) = (key.symbol, key.at, Marks(marks));
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
        let index = *self.open.last().expect("a map or list is open") as usize;
        let (at, marks) = self.place(Origin::Written(span));
        let node = &mut self.nodes[index];
        node.at = at;
        node.marks = Marks(node.marks.0 & !Marks::AT_WRITTEN | marks);
        self.close();
    }

    /// Closes the innermost open map, its entries in the order of `rank` and then of their keys.
    ///
    /// # Panics
    ///
    /// When nothing is open.
    pub fn close_sorted(&mut self, rank: impl Fn(&str) -> usize) {
        let parent = *self.open.last().expect("a map or list is open") as usize;
        let texts = self.key_texts();
        let mut entries = Vec::new();
        let mut index = parent + 1;
        while index < self.nodes.len() {
            let node = &self.nodes[index];
            let key = texts.of(node.key());
            entries.push((rank(key), key, index, node.next as usize));
            index = node.next as usize;
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
        let Self { nodes, source, apart, .. } = self;
        Tree { nodes, source, apart: Some(Box::new(apart)), wide: OnceLock::new() }
    }

    fn container(&mut self, kind: Kind, at: Origin) {
        let index = self.next_index();
        self.push_from(kind, Style::Plain, NO_TEXT, at);
        self.open.push(index);
    }

    fn push_from(&mut self, kind: Kind, style: Style, text: TextRange, at: Origin) {
        let (at, marks) = self.place(at);
        self.push(kind, style as u8 | marks, text, at);
    }

    fn push(&mut self, kind: Kind, marks: u8, text: TextRange, at: TextRange) {
        let next = self.next_index() + 1;
        let Key { symbol, marks: of_key, at: key } = self.take_key();
        self.nodes.push(Node { kind, marks: Marks(marks | of_key.0), symbol, next, key, text, at });
    }

    /// How a node tells of where it came from: its place in the file or the row of an origin.
    fn place(&mut self, at: Origin) -> (TextRange, u8) {
        if let (Some(source), Origin::Written(span)) = (&self.source, at)
            && source.id == span.file
        {
            return (TextRange { start: span.start, end: span.end }, Marks::AT_WRITTEN);
        }
        let row = row_of(&self.apart.origins);
        self.apart.origins.push(at);
        (TextRange { start: row, end: row }, 0)
    }

    fn take_key(&mut self) -> Key {
        let key = std::mem::take(&mut self.key);
        if key.symbol != Symbol::NONE
            && let Some(map) = self.open.last()
        {
            let map = &mut self.nodes[*map as usize];
            map.text = Tags::of(map).with(key.symbol);
        }
        key
    }

    fn push_text(&mut self, text: &str) -> TextRange {
        let start = self.apart.text.len();
        self.apart.text.push_str(text);
        let offset = |at: usize| u32::try_from(at).expect("a document is below 4 GiB");
        TextRange { start: offset(start), end: offset(self.apart.text.len()) }
    }
}

/// The row that the next entry of a table of a tree will have.
fn row_of<T>(table: &[T]) -> u32 {
    u32::try_from(table.len()).expect("a document has fewer than 2^32 nodes")
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
    fn keys_that_share_a_symbol_are_told_apart() {
        let [a, b] = ["the same start, 1, and the same end", "the same start, 2, and the same end"];
        assert_eq!(Symbol::of(a), Symbol::of(b));
        let tree = map([a]);
        assert!(tree.root().get(b).is_none());
        let tree = map([a, b, ""]);
        let found = [b, a, ""].map(|key| tree.root().get(key).map(NodeRef::text));
        assert_eq!(found, [Some(b), Some(a), Some("")]);
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
    fn a_node_is_as_small_as_it_says() {
        assert_eq!(size_of::<Node>(), 32);
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
