//! The one rule by which layers merge: maps by key, everything else replaces.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder, Fields};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::source::{Kind, NodeRef, Span};

/// What the higher of two layers may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Both declare: defaults below what they are the defaults of. Keys may be new.
    Declare,
    /// It changes what a lower one declared. Keys must exist.
    Override,
    /// It stands under `add:`. What it sets must not exist.
    Add,
}

/// A type of the language that layers merge.
pub trait Merge: Sized {
    /// Puts a higher layer over this one.
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>);

    /// Takes away what a removal names.
    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>);

    /// What to merge an overlay into where the lower layers say nothing; `None` means that
    /// the overlay's value is taken as it is.
    #[must_use]
    fn missing() -> Option<Self> {
        None
    }
}

impl<T: Merge> Merge for Box<T> {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        (**self).merge(*over, layer, merger);
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        (**self).remove(removal, merger);
    }

    fn missing() -> Option<Self> {
        T::missing().map(Box::new)
    }
}

/// Merges a field that the lower layer may leave unset.
pub fn merge_option<T: Merge>(low: &mut Option<T>, over: T, layer: Layer, merger: &mut Merger<'_>) {
    if low.is_none() {
        *low = T::missing();
    }
    match low {
        Some(low) => low.merge(over, layer, merger),
        None => *low = Some(over),
    }
}

/// Clears a field or removes inside it; `false` when it is not set.
pub fn remove_option<T: Merge>(
    field: &mut Option<T>,
    removal: Option<&Removal>,
    merger: &mut Merger<'_>,
) -> bool {
    match (field.as_mut(), removal) {
        (None, _) => false,
        (Some(_), None) => {
            *field = None;
            true
        }
        (Some(value), Some(removal)) => {
            value.remove(removal, merger);
            true
        }
    }
}

/// Removes what `removal` names from a struct.
pub fn remove_fields<T: Fields>(value: &mut T, removal: &Removal, merger: &mut Merger<'_>) {
    for (name, span, inner) in removal.each() {
        merger.enter(name.to_owned());
        let found = value.remove_field(name, inner, merger);
        merger.leave();
        if found != Some(true) {
            let mut names = Vec::new();
            if found.is_none() {
                T::field_names(&mut names);
            }
            merger.nothing_to_remove(name, span, names.iter().map(String::as_str));
        }
    }
}

/// What stands under `remove:`: names, or names inside of what they name, in the same shape
/// as the thing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    entries: IndexMap<String, (Span, Option<Removal>)>,
}

impl Removal {
    /// Each name with its place and what to remove inside it; without that it goes whole.
    pub fn each(&self) -> impl Iterator<Item = (&str, Span, Option<&Self>)> {
        self.entries.iter().map(|(name, (span, inner))| (name.as_str(), *span, inner.as_ref()))
    }
}

impl Decode for Removal {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let mut entries = IndexMap::new();
        match node.kind() {
            Kind::Map => {
                for entry in node.entries() {
                    let span = decoder.key_span(entry);
                    if let Some(inner) = Self::decode(entry, decoder) {
                        let name = entry.key().unwrap_or_default().to_owned();
                        entries.insert(name, (span, Some(inner)));
                    }
                }
            }
            Kind::List => {
                for item in node.items() {
                    match item.as_str() {
                        Some(name) => {
                            entries.insert(name.to_owned(), (decoder.span(item), None));
                        }
                        None => decoder.expected(item, "a name"),
                    }
                }
            }
            _ => {
                decoder.expected(node, "a list of names, or a map to such lists");
                return None;
            }
        }
        Some(Self { entries })
    }
}

impl JsonSchema for Removal {
    fn schema_name() -> Cow<'static, str> {
        "Removal".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Self>();
        json_schema!({
            "description": "Names to take away, or a map to names inside of what they name.",
            "anyOf": [
                { "type": "array", "items": { "type": "string" } },
                { "type": "object", "additionalProperties": inner }
            ]
        })
    }
}

/// A part of an overlay: what it changes, what it adds, and what it takes away.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(rename = "{T}Layer", deny_unknown_fields)]
pub struct Layered<T> {
    /// What it changes.
    #[schemars(flatten)]
    pub body: T,
    /// What is new, in the same shape. Only in overlays and overrides.
    pub add: Option<Box<T>>,
    /// What goes away: names, in the same shape. Only in overlays and overrides.
    pub remove: Option<Removal>,
    #[schemars(skip)]
    add_span: Option<Span>,
    #[schemars(skip)]
    remove_span: Option<Span>,
}

impl<T: Fields + Decode> Decode for Layered<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        decoder.fields(node)
    }
}

impl<T: Fields + Decode> Fields for Layered<T> {
    fn decode_field(&mut self, entry: NodeRef<'_>, decoder: &mut Decoder<'_>) -> bool {
        match entry.key() {
            Some("add") => {
                self.add_span = Some(decoder.key_span(entry));
                self.add = Decode::decode(entry, decoder);
            }
            Some("remove") => {
                self.remove_span = Some(decoder.key_span(entry));
                self.remove = Decode::decode(entry, decoder);
            }
            _ => return self.body.decode_field(entry, decoder),
        }
        true
    }

    fn field_names(names: &mut Vec<String>) {
        T::field_names(names);
        names.extend(["add".to_owned(), "remove".to_owned()]);
    }

    fn merge_fields(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        if layer == Layer::Declare {
            for (span, field) in [(over.add_span, "add"), (over.remove_span, "remove")] {
                if let Some(span) = span {
                    merger.push(only_in_overlays(span, field));
                }
            }
        }
        if let Some(removal) = over.remove {
            remove_fields(&mut self.body, &removal, merger);
        }
        self.body.merge_fields(over.body, layer, merger);
        if let Some(add) = over.add {
            self.body.merge_fields(*add, Layer::Add, merger);
        }
    }

    fn remove_field(
        &mut self,
        name: &str,
        removal: Option<&Removal>,
        merger: &mut Merger<'_>,
    ) -> Option<bool> {
        self.body.remove_field(name, removal, merger)
    }
}

impl<T: Fields> Merge for Layered<T>
where
    Self: Fields,
{
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        self.merge_fields(over, layer, merger);
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        remove_fields(self, removal, merger);
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

/// Says that `add:` or `remove:` stands where nothing is changed.
pub(super) fn only_in_overlays(span: Span, field: &str) -> Diagnostic {
    Diagnostic::error(
        Code::OnlyInOverlays,
        span,
        format!(
            "`{field}:` belongs in overlays and in an environment's `overrides`, at the top or \
             inside a component"
        ),
    )
    .help(if field == "add" {
        "here, write the thing itself"
    } else {
        "here, leave the thing out"
    })
}

/// What merging collects, and where in the language it stands.
pub struct Merger<'d> {
    diagnostics: &'d mut Diagnostics,
    path: Vec<String>,
}

impl<'d> Merger<'d> {
    /// A merger whose values stand at `path` below the file's root.
    pub fn new(diagnostics: &'d mut Diagnostics, path: Vec<String>) -> Self {
        Self { diagnostics, path }
    }

    /// Goes down into a field or an entry.
    pub fn enter(&mut self, name: String) {
        self.path.push(name);
    }

    /// Comes back up, with the name that it had gone down into.
    ///
    /// # Panics
    ///
    /// When it was not entered.
    pub fn leave(&mut self) -> String {
        self.path.pop().expect("every leave follows an enter")
    }

    /// The path to here, such as `services.web.env`.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.join(".")
    }

    /// How to add `name` here. Inside a component `add:` stands there, so that the same is right
    /// in an overlay and in an environment's `overrides`.
    #[must_use]
    pub fn how_to_add(&self, name: &str) -> String {
        let path = if self.path.len() > 2 { &self.path[2..] } else { &self.path[..] };
        let inner = format!("{name}: ...");
        let shape = path.iter().rev().fold(inner, |inner, key| format!("{key}: {{ {inner} }}"));
        let beside = path.first().map_or("", String::as_str);
        format!("a new one stands under `add:` beside `{beside}`: `add: {{ {shape} }}`")
    }

    /// Reports a mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports an `add:` of what exists.
    pub fn exists_already(&mut self, old: Option<Span>, new: Option<Span>) {
        let path = self.path();
        if let Some(new) = new {
            let mut diagnostic =
                Diagnostic::error(Code::ExistsAlready, new, format!("`{path}` exists already"))
                    .help("`add:` is for what is new; to change it, write it outside of `add:`");
            if let Some(old) = old {
                diagnostic = diagnostic.also(old, "declared here");
            }
            self.push(diagnostic);
        }
    }

    /// Reports a removal of what is not there.
    pub fn nothing_to_remove<'n>(
        &mut self,
        name: &str,
        span: Span,
        known: impl Iterator<Item = &'n str>,
    ) {
        let path = self.path();
        let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
        let diagnostic = Diagnostic::error(
            Code::NothingToRemove,
            span,
            format!("there is no `{name}`{place} to remove"),
        );
        let diagnostic = match nearest(name, known) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(span, near),
            None => diagnostic.help("delete this line"),
        };
        self.push(diagnostic);
    }

    /// Reports a removal inside a value that has no names.
    pub fn nothing_inside(&mut self, removal: &Removal) {
        for (name, span, _) in removal.each() {
            self.nothing_to_remove(name, span, std::iter::empty());
        }
    }
}
