//! The schema of a custom resource: JSON Schema as a `CustomResourceDefinition` may use it.
//!
//! Read from the tree of the definition into owned types once. What is no schema is passed
//! over here: the check of the definition itself reports it.

use std::collections::BTreeMap;

use super::pattern::Pattern;
use super::rule::Rule;
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
    pub(super) properties: BTreeMap<String, Schema>,
    pub(super) additional: Additional,
    pub(super) items: Option<Box<Schema>>,
    pub(super) required: Vec<String>,
    pub(super) values: Vec<Tree>,
    pub(super) default: Option<Tree>,
    pub(super) format: String,
    pub(super) limits: Limits,
    pub(super) list: ListType,
    /// Whether a map is one value to those who apply it.
    pub(super) atomic: bool,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
    pub(super) rules: Vec<Rule>,
    /// Whether there is a rule here or further down.
    pub(super) has_rules: bool,
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
    Fitting(Box<Schema>),
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
        let mut schema = Self::default();
        for entry in node.entries().filter(|entry| entry.kind() != Kind::Null) {
            schema.set(entry.key().unwrap_or_default(), entry);
        }
        if schema.int_or_string {
            schema.of = None;
        }
        schema.has_rules = schema.holds_rules();
        schema
    }

    fn set(&mut self, name: &str, value: NodeRef<'_>) {
        let yes = value.as_bool() == Some(true);
        let schema = || Box::new(Self::read(value));
        let schemas = || value.items().map(Self::read).collect();
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
                let property = |entry: NodeRef<'_>| {
                    (entry.key().unwrap_or_default().to_owned(), Self::read(entry))
                };
                self.properties = value.entries().map(property).collect();
            }
            "additionalProperties" => {
                self.additional = match value.as_bool() {
                    Some(true) => Additional::Anything,
                    Some(false) => Additional::Nothing,
                    None => Additional::Fitting(schema()),
                }
            }
            "items" => self.items = Some(schema()),
            "required" => self.required = strings().collect(),
            "enum" => self.values = value.items().map(copy).collect(),
            "default" => self.default = Some(copy(value)),
            "allOf" => self.all_of = schemas(),
            "anyOf" => self.any_of = schemas(),
            "oneOf" => self.one_of = schemas(),
            "not" => self.not = Some(schema()),
            _ => self.limits.set(name, value),
        }
    }

    /// The schema of a property or, where that is what the map has, of any key.
    pub(super) fn child(&self, key: &str) -> Option<&Self> {
        self.properties.get(key).or(match &self.additional {
            Additional::Fitting(schema) => Some(schema),
            _ => None,
        })
    }

    fn holds_rules(&self) -> bool {
        !self.rules.is_empty()
            || self.properties.values().any(|property| property.has_rules)
            || self.items.as_ref().is_some_and(|items| items.has_rules)
            || matches!(&self.additional, Additional::Fitting(schema) if schema.has_rules)
            || self.all_of.iter().any(|one| one.has_rules)
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
