//! The scalars of the language: a literal or an expression, with its place.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder};
use super::expression::{Segment, Text};
use super::merge::{Layer, Merge, Merger, Removal};
use crate::source::{Kind, NodeRef, Span};

/// A scalar other than a string that a file may state outright.
pub trait Scalar: Sized + Clone {
    /// What a file should hold, for "expected ...".
    fn expected() -> Cow<'static, str>;

    /// Reads it, `None` when the scalar is of another kind or out of range.
    fn from_text(kind: Kind, text: &str) -> Option<Self>;

    /// The words that it may be, where they are few, for suggestions.
    #[must_use]
    fn words() -> &'static [&'static str] {
        &[]
    }
}

impl Scalar for bool {
    fn expected() -> Cow<'static, str> {
        "`true` or `false`".into()
    }

    fn from_text(kind: Kind, text: &str) -> Option<Self> {
        (kind == Kind::Bool).then(|| text == "true")
    }
}

macro_rules! integer_scalar {
    ($($type:ty: $expected:literal),+) => {$(
        impl Scalar for $type {
            fn expected() -> Cow<'static, str> {
                $expected.into()
            }

            fn from_text(kind: Kind, text: &str) -> Option<Self> {
                (kind == Kind::Int).then(|| text.parse().ok()).flatten()
            }
        }
    )+};
}

integer_scalar!(
    i64: "an integer",
    i32: "an integer of 32 bits",
    u32: "an integer from 0 to 4294967295",
    u16: "an integer from 0 to 65535"
);

/// A scalar of the language: stated outright, or as one whole expression that yields it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<T> {
    /// The file states it.
    Literal {
        /// What it states.
        value: T,
        /// Where.
        span: Span,
    },
    /// An expression gives it.
    Expression(Text),
}

impl<T> Value<T> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Literal { span, .. } => *span,
            Self::Expression(text) => text.span,
        }
    }
}

impl<T: Scalar> Decode for Value<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let span = decoder.span(node);
        if let Some(value) = T::from_text(node.kind(), node.text()) {
            return Some(Self::Literal { value, span });
        }
        if node.as_str().is_some_and(|text| text.contains("${{")) {
            let text = decoder.text(node)?;
            if let [Segment::Expression(_)] = text.segments.as_slice() {
                return Some(Self::Expression(text));
            }
        }
        decoder.expected_words(node, &T::expected(), T::words());
        None
    }
}

impl Decode for Text {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if node.kind() != Kind::Str {
            decoder.expected(node, "a string");
            return None;
        }
        decoder.text(node)
    }
}

/// A scalar of any kind, for values that a program reads and gen does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// A string, perhaps with expressions.
    Text(Text),
    /// A number or a boolean, as written.
    Plain {
        /// What it is.
        kind: Kind,
        /// Its text in the form that [`Kind`] states.
        text: String,
        /// Where it stands.
        span: Span,
    },
}

impl Setting {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Text(text) => text.span,
            Self::Plain { span, .. } => *span,
        }
    }
}

impl Decode for Setting {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Str => decoder.text(node).map(Self::Text),
            Kind::Bool | Kind::Int | Kind::Float => Some(Self::Plain {
                kind: node.kind(),
                text: node.text().to_owned(),
                span: decoder.span(node),
            }),
            _ => {
                decoder.expected(node, "a string, a number or a boolean");
                None
            }
        }
    }
}

/// A list whose items have no names; a later layer replaces it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Where the list stands.
    pub span: Span,
}

impl<T: Decode> Decode for List<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if node.kind() != Kind::List {
            decoder.expected(node, "a list");
            return None;
        }
        let items = node.items().filter_map(|item| T::decode(item, decoder)).collect();
        Some(Self { items, span: decoder.span(node) })
    }
}

/// Replaces the value of a lower layer, which under `add:` is an error.
macro_rules! replaced {
    ($($type:ty $(where $parameter:ident)?),+) => {$(
        impl$(<$parameter>)? Merge for $type {
            fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
                if layer == Layer::Add {
                    merger.exists_already(self.place(), over.place());
                }
                *self = over;
            }

            fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
                merger.nothing_inside(removal);
            }
        }
    )+};
}

/// Knows where it stands.
pub(super) trait Placed {
    fn place(&self) -> Option<Span>;
}

impl<T> Placed for Value<T> {
    fn place(&self) -> Option<Span> {
        Some(self.span())
    }
}

impl Placed for Text {
    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

impl Placed for Setting {
    fn place(&self) -> Option<Span> {
        Some(self.span())
    }
}

impl<T> Placed for List<T> {
    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

replaced!(Value<T> where T, Text, Setting, List<T> where T);

pub(super) use replaced;

const EXPRESSION: &str = r"^\$\{\{.*\}\}$";

impl<T: JsonSchema> JsonSchema for Value<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ValueOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let literal = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [literal, { "type": "string", "pattern": EXPRESSION }] })
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl JsonSchema for Setting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item })
    }
}
