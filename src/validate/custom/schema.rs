//! The schema of a custom resource: JSON Schema as a `CustomResourceDefinition` may use it.
//!
//! Read from the tree of the definition into owned types once. What is no schema is passed
//! over here: the check of the definition itself reports it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use super::known;
use super::pattern::Pattern;
use super::rule::Rule;
use super::values::Values;
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};

/// What a value of a custom resource may be: `JSONSchemaProps` of
/// `apiextensions.k8s.io/v1`.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own of the schema")]
pub struct Schema {
    pub(super) of: Option<JsonType>,
    pub(super) int_or_string: bool,
    pub(super) nullable: bool,
    pub(super) preserve_unknown: bool,
    pub(super) embedded: bool,
    pub(super) properties: BTreeMap<String, SchemaRef>,
    pub(super) additional: Additional,
    pub(super) items: Option<SchemaRef>,
    pub(super) required: Vec<String>,
    pub(super) values: Values,
    pub(super) default: Option<Tree>,
    pub(super) format: String,
    pub(super) limits: Limits,
    pub(super) list: ListType,
    /// Whether a map is one value to those who apply it.
    pub(super) atomic: bool,
    pub(super) all_of: Vec<SchemaRef>,
    pub(super) any_of: Vec<SchemaRef>,
    pub(super) one_of: Vec<SchemaRef>,
    pub(super) not: Option<SchemaRef>,
    pub(super) rules: Vec<Rule>,
}

/// A schema, as a definition or another schema holds it.
#[derive(Debug, Clone)]
pub enum SchemaRef {
    /// One that was read.
    Read(Arc<Schema>),
    /// A row of the schemas that gen knows, which is read when it is first looked at.
    Known(usize),
}

impl SchemaRef {
    /// Whether there may be a default, without reading the schema for it: most fields that an
    /// object does not have are of no further interest.
    pub(super) fn may_have_default(&self) -> bool {
        match self {
            Self::Read(schema) => schema.default.is_some(),
            Self::Known(row) => known::may_have_default(*row),
        }
    }
}

impl Deref for SchemaRef {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        match self {
            Self::Read(schema) => schema,
            Self::Known(row) => known::schema(*row),
        }
    }
}

impl From<Schema> for SchemaRef {
    fn from(schema: Schema) -> Self {
        Self::Read(Arc::new(schema))
    }
}

/// The types of JSON that a schema can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// What is allowed beside the properties.
#[derive(Debug, Default)]
pub(super) enum Additional {
    /// The schema does not say, which prunes them.
    #[default]
    Unsaid,
    /// `true`: anything, though the fields of an object in it are pruned.
    Anything,
    /// `false`: nothing.
    Nothing,
    /// Whatever fits this schema.
    Fitting(SchemaRef),
}

/// What a list tells its items apart by.
#[derive(Debug, Default)]
pub(super) enum ListType {
    #[default]
    Atomic,
    Set,
    Map(Vec<String>),
}

/// Bounds of numbers, texts, lists and maps.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub minimum: Option<f64>,
    pub exclusive_minimum: bool,
    pub maximum: Option<f64>,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub pattern: Option<Pattern>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub unique_items: bool,
    pub min_properties: Option<usize>,
    pub max_properties: Option<usize>,
}

impl Schema {
    /// Reads a schema.
    #[must_use]
    pub fn read(node: NodeRef<'_>) -> Self {
        Self::read_with(node, |inner| Self::read(inner).into())
    }

    /// Reads a schema, those inside of it as `inner` reads them.
    pub(super) fn read_with(node: NodeRef<'_>, inner: fn(NodeRef<'_>) -> SchemaRef) -> Self {
        let mut schema = Self::default();
        for entry in node.entries().filter(|entry| entry.kind() != Kind::Null) {
            schema.set(entry.key().unwrap_or_default(), entry, inner);
        }
        if schema.int_or_string {
            schema.of = None;
        }
        schema
    }

    fn set(&mut self, name: &str, value: NodeRef<'_>, inner: fn(NodeRef<'_>) -> SchemaRef) {
        let yes = value.as_bool() == Some(true);
        let schemas = || value.items().map(inner).collect();
        let strings = || value.items().filter_map(NodeRef::as_str).map(str::to_owned);
        match name {
            "type" => self.of = JsonType::named(value.text()),
            "format" => value.text().replace('-', "").clone_into(&mut self.format),
            "nullable" => self.nullable = yes,
            "x-kubernetes-int-or-string" => self.int_or_string = yes,
            "x-kubernetes-preserve-unknown-fields" => self.preserve_unknown = yes,
            "x-kubernetes-embedded-resource" => self.embedded = yes,
            "x-kubernetes-map-type" => self.atomic = value.text() == "atomic",
            "x-kubernetes-list-type" => {
                self.list = match (value.text(), std::mem::take(&mut self.list)) {
                    ("set", _) => ListType::Set,
                    ("map", ListType::Map(keys)) => ListType::Map(keys),
                    ("map", _) => ListType::Map(Vec::new()),
                    _ => ListType::Atomic,
                }
            }
            "x-kubernetes-list-map-keys" => self.list = ListType::Map(strings().collect()),
            "x-kubernetes-validations" => self.rules = value.items().map(Rule::read).collect(),
            "properties" => {
                let property =
                    |entry: NodeRef<'_>| (entry.key().unwrap_or_default().to_owned(), inner(entry));
                self.properties = value.entries().map(property).collect();
            }
            "additionalProperties" => {
                self.additional = match value.as_bool() {
                    Some(true) => Additional::Anything,
                    Some(false) => Additional::Nothing,
                    None => Additional::Fitting(inner(value)),
                }
            }
            "items" => self.items = Some(inner(value)),
            "required" => self.required = strings().collect(),
            "enum" => self.values = Values::new(value.items().map(copy).collect()),
            "default" => self.default = Some(copy(value)),
            "allOf" => self.all_of = schemas(),
            "anyOf" => self.any_of = schemas(),
            "oneOf" => self.one_of = schemas(),
            "not" => self.not = Some(inner(value)),
            _ => self.limits.set(name, value),
        }
    }

    /// The names of the properties.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.properties.keys().map(String::as_str)
    }

    /// The schema of a property or, where that is what the map has, of any key.
    pub(super) fn child(&self, key: &str) -> Option<&Self> {
        let property = self.properties.get(key).or(match &self.additional {
            Additional::Fitting(schema) => Some(schema),
            _ => None,
        });
        property.map(Deref::deref)
    }
}

impl Limits {
    fn set(&mut self, name: &str, value: NodeRef<'_>) {
        let number = || value.text().parse::<f64>().ok();
        let count = || value.as_i64().and_then(|count| usize::try_from(count).ok());
        let yes = value.as_bool() == Some(true);
        match name {
            "minimum" => self.minimum = number(),
            "exclusiveMinimum" => self.exclusive_minimum = yes,
            "maximum" => self.maximum = number(),
            "exclusiveMaximum" => self.exclusive_maximum = yes,
            "multipleOf" => self.multiple_of = number(),
            "minLength" => self.min_length = count(),
            "maxLength" => self.max_length = count(),
            "pattern" => self.pattern = value.as_str().map(Pattern::new),
            "minItems" => self.min_items = count(),
            "maxItems" => self.max_items = count(),
            "uniqueItems" => self.unique_items = yes,
            "minProperties" => self.min_properties = count(),
            "maxProperties" => self.max_properties = count(),
            _ => {}
        }
    }
}

impl JsonType {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    /// What to call a value of the type.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Object => "a map",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
        }
    }
}

fn copy(node: NodeRef<'_>) -> Tree {
    let mut out = TreeBuilder::default();
    out.copy(node);
    out.finish()
}
