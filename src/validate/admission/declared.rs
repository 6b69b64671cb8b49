//! What expressions know of an object of a kind before there is one.
//!
//! Source: `SchemaDeclType` of `pkg/cel/common/schemas.go` of `k8s.io/apiserver`, but for what is
//! of another type where the expression runs, such as times: there nothing is known here.

use crate::diagnostic::nearest;
use crate::k8s::schema::{Object, Resource, Shape, Type};
use crate::validate::Cluster;
use crate::validate::cel::{self, Declared, Fields};

/// The fields of a type of Kubernetes' own.
#[derive(Debug)]
struct BuiltIn {
    of: Object,
    /// The kind, of a whole object.
    kind: Option<Resource>,
}

impl Fields for BuiltIn {
    fn field(&self, name: &str) -> Option<Declared> {
        match (self.kind, name) {
            (Some(kind), "apiVersion") => Some(Declared::text(kind.api_version())),
            (Some(kind), "kind") => Some(Declared::text(kind.kind())),
            _ => self.of.field(name).map(|field| of_type(field.of)),
        }
    }

    fn count(&self) -> usize {
        self.of.fields().count()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.of.fields().map(|field| field.name)).map(str::to_owned)
    }
}

/// An object of a kind, where its schema is at hand.
pub(super) fn of_kind(api_version: &str, kind: &str, cluster: &Cluster) -> Option<Declared> {
    if let Some(custom) = cluster.custom.find(api_version, kind) {
        return Some(custom.declared(metadata(cluster)));
    }
    let kind = Resource::find(cluster.version, api_version, kind)?;
    match kind.root().shape() {
        Shape::Object(of) => Some(Declared::object(BuiltIn { of, kind: Some(kind) })),
        _ => None,
    }
}

/// What all objects have.
fn metadata(cluster: &Cluster) -> Declared {
    let any = Resource::find(cluster.version, "v1", "ConfigMap");
    let metadata = any.and_then(|any| any.root().at_path(&["metadata"]));
    metadata.map_or(Declared::Any, of_type)
}

fn of_type(of: Type) -> Declared {
    match of.shape() {
        Shape::Bool => Declared::Plain(cel::Type::Bool),
        Shape::Str | Shape::Enum(_) => Declared::TEXT,
        Shape::Int32 | Shape::Int64 => Declared::Plain(cel::Type::Int),
        Shape::Map(value) => Declared::map(of_type(value)),
        Shape::List(list) => Declared::list(of_type(list.item)),
        Shape::Object(of) if !of.is_open() => Declared::object(BuiltIn { of, kind: None }),
        Shape::Object(_)
        | Shape::Any
        | Shape::Bytes
        | Shape::Time
        | Shape::Number
        | Shape::Quantity
        | Shape::IntOrString => Declared::Any,
    }
}
