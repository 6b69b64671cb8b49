//! The custom resources that gen knows without a definition of the project: those that it
//! writes itself.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{CustomKind, Schema};
use crate::source::{Kind, Origin, Rule, Tree, TreeBuilder};

/// Made from the definitions of their projects by `tests/conformance/run schemas`: a kind a line,
/// and a schema a line behind its name.
const DEFINITIONS: &str = include_str!("../../../schemas/custom-resources.json");

const AT: Origin = Origin::Derived { rule: Rule::CustomDefault, from: None };

/// The kind of that name.
pub fn find(api_version: &str, kind: &str) -> Option<&'static CustomKind> {
    static KINDS: LazyLock<Vec<Known>> = LazyLock::new(|| {
        let kinds = DEFINITIONS.lines().filter(|line| line.starts_with("  {\"apiVersion\""));
        kinds.filter_map(|line| serde_json::from_str(entry(line)).ok()).collect()
    });
    let known =
        KINDS.iter().find(|known| known.api_version == api_version && known.kind == kind)?;
    Some(known.read.get_or_init(|| known.read()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    api_version: String,
    kind: String,
    plural: String,
    namespaced: bool,
    r#type: String,
    /// Read when an object of the kind is met.
    #[serde(skip)]
    read: OnceLock<CustomKind>,
}

impl Known {
    fn read(&self) -> CustomKind {
        let name = format!("\"{}\": ", self.r#type);
        let schema = DEFINITIONS.lines().find_map(|line| line.trim_start().strip_prefix(&name));
        let schema = schema.and_then(|line| tree(entry(line)).ok());
        CustomKind {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
            is_namespaced: self.namespaced,
            is_served: true,
            schema: Arc::new(schema.map(|schema| Schema::read(schema.root())).unwrap_or_default()),
            at: AT,
        }
    }
}

/// What a line holds, without what puts it into the document.
fn entry(line: &str) -> &str {
    line.trim().trim_end_matches([',', ']']).trim_end()
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
