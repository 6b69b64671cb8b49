//! Maps whose keys people invent.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder};
use super::merge::{Layer, Merge, Merger, Removal, merge_option};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Kind, NodeRef, Span};

/// A value of a map together with the place of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: T,
}

/// A map of which an overlay may change the entries but not invent keys: those stand
/// under `add:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed<T> {
    /// The entries, in the order written.
    pub entries: IndexMap<String, Entry<T>>,
}

/// A map that every layer may extend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<T> {
    /// The entries, in the order written.
    pub entries: IndexMap<String, Entry<T>>,
}

fn decode_entries<T: Decode>(
    node: NodeRef<'_>,
    decoder: &mut Decoder<'_>,
) -> IndexMap<String, Entry<T>> {
    let mut entries = IndexMap::new();
    for entry in node.entries() {
        let key = decoder.key_span(entry);
        if let Some(value) = T::decode(entry, decoder) {
            entries.insert(entry.key().unwrap_or_default().to_owned(), Entry { key, value });
        }
    }
    entries
}

impl<T: Decode> Decode for Closed<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let entries = match (node.kind(), T::bare()) {
            (Kind::Map, _) => decode_entries(node, decoder),
            (Kind::List, Some(_)) => {
                let mut entries: IndexMap<String, Entry<T>> = IndexMap::new();
                for item in node.items() {
                    let key = decoder.span(item);
                    let Some(name) = item.as_str() else {
                        decoder.expected(item, "a name");
                        continue;
                    };
                    if let Some(first) = entries.get(name) {
                        decoder.push(
                            Diagnostic::error(
                                Code::NamedTwice,
                                key,
                                format!("`{name}` is named twice"),
                            )
                            .also(first.key, "here already")
                            .help("delete one of the two"),
                        );
                    } else if let Some(value) = T::bare() {
                        entries.insert(name.to_owned(), Entry { key, value });
                    }
                }
                entries
            }
            (_, bare) => {
                decoder.expected(
                    node,
                    if bare.is_some() { "a map or a list of names" } else { "a map" },
                );
                return None;
            }
        };
        Some(Self { entries })
    }
}

impl<T: Decode> Decode for Open<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if node.kind() != Kind::Map {
            decoder.expected(node, "a map");
            return None;
        }
        Some(Self { entries: decode_entries(node, decoder) })
    }
}

/// Inserts by merging into nothing, so that what stands inside follows the same rule.
fn insert<T: Merge>(
    entries: &mut IndexMap<String, Entry<T>>,
    name: String,
    entry: Entry<T>,
    layer: Layer,
    merger: &mut Merger<'_>,
) {
    let mut value = None;
    merger.enter(name);
    merge_option(&mut value, entry.value, layer, merger);
    let name = merger.leave();
    if let Some(value) = value {
        entries.insert(name, Entry { key: entry.key, value });
    }
}

fn remove_keys<T: Merge>(
    entries: &mut IndexMap<String, Entry<T>>,
    removal: &Removal,
    merger: &mut Merger<'_>,
) {
    for (name, span, inner) in removal.each() {
        let known = entries.contains_key(name);
        match (known, inner) {
            (true, None) => {
                entries.shift_remove(name);
            }
            (true, Some(inner)) => {
                merger.enter(name.to_owned());
                entries[name].value.remove(inner, merger);
                merger.leave();
            }
            (false, _) => merger.nothing_to_remove(name, span, entries.keys().map(String::as_str)),
        }
    }
}

impl<T: Merge> Merge for Closed<T> {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        for (name, entry) in over.entries {
            match (self.entries.get_mut(&name), layer) {
                (Some(old), _) => {
                    merger.enter(name);
                    old.value.merge(entry.value, layer, merger);
                    merger.leave();
                }
                (None, Layer::Override) => {
                    let path = merger.path();
                    let mut diagnostic = Diagnostic::error(
                        Code::NothingToOverride,
                        entry.key,
                        format!("there is no `{name}` in `{path}` to override"),
                    );
                    diagnostic = match nearest(&name, self.entries.keys().map(String::as_str)) {
                        Some(near) => diagnostic
                            .suggest(entry.key, near)
                            .help(format!("did you mean `{near}`? a new one stands under `add:`")),
                        None => diagnostic.help(merger.how_to_add(&name)),
                    };
                    merger.push(diagnostic);
                }
                (None, Layer::Declare | Layer::Add) => {
                    insert(&mut self.entries, name, entry, layer, merger);
                }
            }
        }
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        remove_keys(&mut self.entries, removal, merger);
    }

    /// A map that is not there yet is empty, so that nothing can be overridden in it.
    fn missing() -> Option<Self> {
        Some(Self { entries: IndexMap::new() })
    }
}

impl<T: Merge> Merge for Open<T> {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        for (name, entry) in over.entries {
            match self.entries.get_mut(&name) {
                Some(old) => {
                    merger.enter(name);
                    old.key = entry.key;
                    old.value.merge(entry.value, layer, merger);
                    merger.leave();
                }
                None => insert(&mut self.entries, name, entry, layer, merger),
            }
        }
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        remove_keys(&mut self.entries, removal, merger);
    }
}

impl<T> Default for Closed<T> {
    fn default() -> Self {
        Self { entries: IndexMap::new() }
    }
}

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self { entries: IndexMap::new() }
    }
}

impl<T: JsonSchema + Decode> JsonSchema for Closed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let map = json_schema!({ "type": "object", "additionalProperties": value });
        if T::bare().is_none() {
            return map;
        }
        json_schema!({ "anyOf": [map, { "type": "array", "items": { "type": "string" }, "uniqueItems": true }] })
    }
}

impl<T: JsonSchema> JsonSchema for Open<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OpenMapOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}
