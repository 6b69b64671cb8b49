//! What expressions of policies know of a custom resource before there is one.
//!
//! Source: `SchemaDeclType` of `pkg/cel/common/schemas.go` of `k8s.io/apiserver`, but for what is
//! of another type where the expression runs: there nothing is known here.

use super::CustomKind;
use super::schema::{Additional, JsonType, SchemaRef};
use crate::diagnostic::nearest;
use crate::validate::cel::{Declared, Fields, Type};

/// The properties of a schema, and what every object has beside them.
#[derive(Debug)]
struct Properties {
    of: SchemaRef,
    own: Vec<(&'static str, Declared)>,
}

impl Fields for Properties {
    fn field(&self, name: &str) -> Option<Declared> {
        let own = self.own.iter().find(|(own, _)| *own == name).map(|(_, of)| of.clone());
        own.or_else(|| self.of.properties.get(name).map(declared))
    }

    fn count(&self) -> usize {
        self.own.len() + self.of.properties.len()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let own = self.own.iter().map(|(name, _)| *name);
        let names = own.chain(self.of.properties.keys().map(|name| &**name));
        nearest(name, names).map(str::to_owned)
    }
}

impl CustomKind {
    /// What is known of an object of the kind; `metadata` is what every object has.
    #[must_use]
    pub fn declared(&self, metadata: Declared) -> Declared {
        if self.schema.preserve_unknown || self.schema.properties.is_empty() {
            return Declared::Any;
        }
        let own = vec![
            ("apiVersion", Declared::text(&self.api_version)),
            ("kind", Declared::text(&self.kind)),
            ("metadata", metadata),
        ];
        Declared::object(Properties { of: self.schema.clone(), own })
    }
}

fn declared(schema: &SchemaRef) -> Declared {
    if schema.int_or_string || schema.embedded || schema.preserve_unknown {
        return Declared::Any;
    }
    match (schema.of, &schema.items, &schema.additional) {
        (Some(JsonType::Boolean), ..) => Declared::Plain(Type::Bool),
        (Some(JsonType::Integer), ..) => Declared::Plain(Type::Int),
        // To the type checker they are times and bytes, to the expression that runs, texts.
        (Some(JsonType::String), ..) => match schema.format.as_str() {
            "byte" | "date" | "datetime" | "duration" => Declared::Any,
            _ => Declared::TEXT,
        },
        (Some(JsonType::Array), Some(items), _) => Declared::list(declared(items)),
        (Some(JsonType::Object), _, Additional::Fitting(value)) => Declared::map(declared(value)),
        (Some(JsonType::Object), _, Additional::Unsaid | Additional::Nothing)
            if !schema.properties.is_empty() =>
        {
            Declared::object(Properties { of: schema.clone(), own: Vec::new() })
        }
        _ => Declared::Any,
    }
}
