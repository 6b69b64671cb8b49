//! The custom resources that gen knows without a definition of the project: those that it
//! writes itself. Their definitions are those of their projects, made into tables by
//! `cargo run --example schema-tables`.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::tables::{KINDS, SCHEMAS};
use super::{CustomKind, Schema, SchemaRef};
use crate::source::{Kind, NodeRef, Origin, Rule, Tree, TreeBuilder};

const AT: Origin = Origin::Derived { rule: Rule::CustomDefault, from: None };

/// A kind that gen knows.
#[derive(Debug)]
pub(super) struct KindRow {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub namespaced: bool,
    /// Index of `SCHEMAS`.
    pub schema: usize,
}

/// A row of `KINDS`, short for the sake of the file.
pub(super) const fn k(
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    schema: usize,
) -> KindRow {
    KindRow { api_version, kind, plural, namespaced, schema }
}

/// The kind of that name.
pub fn find(api_version: &str, kind: &str) -> Option<&'static CustomKind> {
    static READ: [OnceLock<CustomKind>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
    // Their groups are domains; most objects are of others.
    if !api_version.contains('.') {
        return None;
    }
    let is_it = |row: &KindRow| row.kind == kind && row.api_version == api_version;
    let index = KINDS.iter().position(is_it)?;
    let row = &KINDS[index];
    let read = || CustomKind {
        api_version: row.api_version.to_owned(),
        kind: row.kind.to_owned(),
        plural: row.plural.to_owned(),
        is_namespaced: row.namespaced,
        is_served: true,
        schema: SchemaRef::Known(row.schema),
        at: AT,
    };
    Some(READ[index].get_or_init(read))
}

/// The schema of a row of the table, read when it is first asked for. Few of them are: those of
/// the fields that an object may have where it has any.
pub(super) fn schema(row: usize) -> &'static Schema {
    static READ: [OnceLock<Box<Schema>>; SCHEMAS.len()] =
        [const { OnceLock::new() }; SCHEMAS.len()];
    let read = || {
        let tree = tree(SCHEMAS[row]).ok();
        // The rows name each other by number.
        let inner = |node: NodeRef<'_>| match node.text().parse() {
            Ok(row) => SchemaRef::Known(row),
            Err(_) => Schema::read(node).into(),
        };
        Box::new(tree.map(|tree| Schema::read_with(tree.root(), inner)).unwrap_or_default())
    };
    READ[row].get_or_init(read)
}

/// Whether the schema of a row says `default`, of itself or of a property of that name.
pub(super) fn may_have_default(row: usize) -> bool {
    SCHEMAS[row].contains(r#""default":"#)
}

/// The tree of a document in JSON, written as it is read.
fn tree(json: &str) -> serde_json::Result<Tree> {
    let mut out = TreeBuilder::default();
    ToTree(&mut out).deserialize(&mut serde_json::Deserializer::from_str(json))?;
    Ok(out.finish())
}

/// Writes a value into a tree.
struct ToTree<'o>(&'o mut TreeBuilder);

impl<'de> DeserializeSeed<'de> for ToTree<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ToTree<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.scalar(Kind::Null, "", AT);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.scalar(Kind::Bool, if value { "true" } else { "false" }, AT);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.scalar(Kind::Int, &value.to_string(), AT);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.scalar(Kind::Int, &value.to_string(), AT);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.scalar(Kind::Float, &value.to_string(), AT);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.scalar(Kind::Str, value, AT);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.list(AT);
        while items.next_element_seed(ToTree(self.0))?.is_some() {}
        self.0.close();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.map(AT);
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            self.0.key(&key, AT);
            entries.next_value_seed(ToTree(self.0))?;
        }
        self.0.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::Version;
    use crate::k8s::schema::Resource;

    #[test]
    fn every_custom_resource_of_the_tables_is_known() {
        let custom = Resource::all(Version::default()).filter(|resource| resource.is_custom());
        let mut count = 0;
        for resource in custom {
            let known = find(resource.api_version(), resource.kind()).map(|known| {
                let is_read = !known.schema.properties.is_empty();
                (known.plural.as_str(), known.is_namespaced, is_read)
            });
            assert_eq!(known, Some((resource.plural(), resource.is_namespaced(), true)));
            count += 1;
        }
        assert!(count >= 10, "{count}");
    }
}
