//! The custom resources that gen knows without a definition of the project: those that it
//! writes itself.

use std::sync::{Arc, LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::Value;

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
        let schema = schema.and_then(|line| serde_json::from_str(entry(line)).ok());
        CustomKind {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
            is_namespaced: self.namespaced,
            is_served: true,
            schema: Arc::new(Schema::read(tree(&schema.unwrap_or_default()).root())),
            at: AT,
        }
    }
}

/// What a line holds, without what puts it into the document.
fn entry(line: &str) -> &str {
    line.trim().trim_end_matches([',', ']']).trim_end()
}

fn tree(value: &Value) -> Tree {
    let mut out = TreeBuilder::default();
    write(value, &mut out);
    out.finish()
}

fn write(value: &Value, out: &mut TreeBuilder) {
    match value {
        Value::Null => out.scalar(Kind::Null, "", AT),
        Value::Bool(value) => out.scalar(Kind::Bool, &value.to_string(), AT),
        Value::Number(value) if value.is_f64() => out.scalar(Kind::Float, &value.to_string(), AT),
        Value::Number(value) => out.scalar(Kind::Int, &value.to_string(), AT),
        Value::String(value) => out.scalar(Kind::Str, value, AT),
        Value::Array(items) => {
            out.list(AT);
            for item in items {
                write(item, out);
            }
            out.close();
        }
        Value::Object(entries) => {
            out.map(AT);
            for (key, value) in entries {
                out.key(key, AT);
                write(value, out);
            }
            out.close();
        }
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
