//! Fragments in Kubernetes' own shape, for what the language has no word of its own for.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder};
use super::expression::Text;
use super::merge::{Layer, Merge, Merger, Removal};
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};

/// A fragment of a Kubernetes object: any YAML, with expressions in its strings. It is checked
/// against the Kubernetes schema at the place where it ends up.
#[derive(Debug, Clone)]
pub struct Raw {
    tree: Arc<Tree>,
    /// The strings that hold expressions, in the tree's order.
    texts: Vec<Text>,
}

impl Raw {
    /// The fragment as written, with its expressions unresolved.
    #[must_use]
    pub fn root(&self) -> NodeRef<'_> {
        self.tree.root()
    }

    /// The strings that hold expressions; each has the span of its node.
    #[must_use]
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }
}

impl Decode for Raw {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let mut texts = Vec::new();
        let mut sound = true;
        node.walk(&mut |_, node| {
            if node.as_str().is_some_and(|text| text.contains("${{")) {
                match decoder.text(node) {
                    Some(text) => texts.push(text),
                    None => sound = false,
                }
            }
        });
        let mut builder = TreeBuilder::default();
        builder.copy(node);
        sound.then(|| Self { tree: Arc::new(builder.finish()), texts })
    }
}

impl Merge for Raw {
    fn merge(&mut self, over: Self, _: Layer, _: &mut Merger<'_>) {
        let mut builder = TreeBuilder::default();
        merge_maps(self.root(), over.root(), &mut builder);
        self.tree = Arc::new(builder.finish());
        self.texts.extend(over.texts);
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        let mut builder = TreeBuilder::default();
        remove_entries(self.root(), removal, merger, &mut builder);
        self.tree = Arc::new(builder.finish());
    }
}

fn merge_maps(low: NodeRef<'_>, over: NodeRef<'_>, builder: &mut TreeBuilder) {
    if low.kind() != Kind::Map || over.kind() != Kind::Map {
        builder.copy(over);
        return;
    }
    builder.map(over.at());
    for entry in low.entries() {
        let key = entry.key().unwrap_or_default();
        match over.get(key) {
            Some(twin) => {
                builder.key(key, twin.key_at());
                merge_maps(entry, twin, builder);
            }
            None => builder.copy_entry(entry),
        }
    }
    for entry in over.entries() {
        if low.get(entry.key().unwrap_or_default()).is_none() {
            builder.copy_entry(entry);
        }
    }
    builder.close();
}

fn remove_entries(
    node: NodeRef<'_>,
    removal: &Removal,
    merger: &mut Merger<'_>,
    builder: &mut TreeBuilder,
) {
    for (name, span, _) in removal.each() {
        if node.get(name).is_none() {
            let known = node.entries().filter_map(NodeRef::key);
            merger.nothing_to_remove(name, span, known);
        }
    }
    if node.kind() != Kind::Map {
        builder.copy(node);
        return;
    }
    builder.map(node.at());
    for entry in node.entries() {
        let key = entry.key().unwrap_or_default();
        match removal.each().find(|(name, ..)| *name == key) {
            None => builder.copy_entry(entry),
            Some((_, _, None)) => {}
            Some((_, _, Some(inner))) => {
                builder.key(key, entry.key_at());
                remove_entries(entry, inner, merger, builder);
            }
        }
    }
    builder.close();
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
