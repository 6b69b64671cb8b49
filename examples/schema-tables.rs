//! Compiles `schemas/*.json` into `src/k8s/schema/tables.rs`, the names of their fields into
//! `src/source/symbol/names.rs`, and those of custom resources into `src/validate/custom/tables.rs`
//! as well.
//!
//! ```text
//! cargo run --example schema-tables
//! ```
//!
//! The tables hold each distinct type once. A field that changes between two versions of
//! Kubernetes has one row for each of its forms, with a bit for each version that has it so.
//! Schemas of custom resources have rows of their own, which stay JSON and name those inside of
//! them by number.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a tool of the project, not a part of gen"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use serde_json::{Map, Value};

const COMMAND: &str = "cargo run --example schema-tables";

fn main() -> ExitCode {
    let write = |files: Vec<(PathBuf, String)>| {
        Ok(files.into_iter().try_for_each(|(path, text)| fs::write(path, text))?)
    };
    match generate().and_then(write) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("schema-tables: {error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The files with the tables.
fn generate() -> Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("schemas");
    let mut versions = BTreeMap::new();
    let mut custom = None;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let document = Document::read(&path)?;
        match name.strip_prefix("kubernetes-1.") {
            Some(minor) => {
                versions.insert(minor.parse::<u8>()?, document);
            }
            None => custom = Some(document),
        }
    }
    let custom = custom.ok_or("schemas/custom-resources.json is missing")?;
    let mut model = Model::default();
    for (bit, document) in versions.values().enumerate() {
        model.add(document, 1 << bit, false)?;
    }
    model.add(&custom, u8::MAX, true)?;
    let minors: Vec<u8> = versions.into_keys().collect();
    let tables = Tables::of(&model);
    Ok(vec![
        (root.join("src/source/symbol/names.rs"), tables.write_names()?),
        (root.join("src/k8s/schema/tables.rs"), tables.write(&minors)?),
        (root.join("src/validate/custom/tables.rs"), CustomTables::of(&custom).write()?),
    ])
}

/// One file of `schemas/`.
struct Document {
    kinds: Vec<Value>,
    types: Map<String, Value>,
}

impl Document {
    fn read(path: &Path) -> Result<Self> {
        let in_file = |error| io::Error::other(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| in_file(error.to_string()))?;
        let mut document: Map<String, Value> =
            serde_json::from_str(&text).map_err(|error| in_file(error.to_string()))?;
        match (document.remove("kinds"), document.remove("types")) {
            (Some(Value::Array(kinds)), Some(Value::Object(types))) => Ok(Self { kinds, types }),
            _ => Err(in_file("no kinds and types".to_owned()).into()),
        }
    }
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Type {
    Any,
    Bool,
    Str,
    Bytes,
    Time,
    Int32,
    Int64,
    Number,
    Quantity,
    IntOrString,
    Enum(BTreeSet<String>),
    Map(Box<Type>),
    Atomic(Box<Type>),
    Set(Box<Type>),
    Keyed(Box<Type>, Vec<String>),
    Named(String),
    Object { fields: Vec<Field>, open: bool },
}

/// One form of a field and the versions that have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Field {
    name: String,
    of: Type,
    required: bool,
    versions: u8,
}

struct Resource {
    plural: String,
    namespaced: bool,
    of: String,
    versions: u8,
    custom: bool,
}

/// All versions together.
#[derive(Default)]
struct Model {
    resources: BTreeMap<(String, String), Resource>,
    named: BTreeMap<String, Vec<Field>>,
}

/// What the document calls required and the server does not ask for.
const NOT_REQUIRED: [(&str, &str); 42] = [
    ("io.k8s.api.apps.v1.ControllerRevision", "revision"),
    ("io.k8s.api.batch.v1.PodFailurePolicy", "rules"),
    ("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", "status"),
    ("io.k8s.api.batch.v1.SuccessPolicy", "rules"),
    ("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "kubeletConfigKey"),
    ("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "name"),
    ("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "namespace"),
    ("io.k8s.api.core.v1.FileKeySelector", "key"),
    ("io.k8s.api.core.v1.FileKeySelector", "path"),
    ("io.k8s.api.core.v1.FileKeySelector", "volumeName"),
    ("io.k8s.api.core.v1.HTTPHeader", "value"),
    ("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "lun"),
    ("io.k8s.api.core.v1.ISCSIVolumeSource", "lun"),
    ("io.k8s.api.core.v1.LimitRangeSpec", "limits"),
    ("io.k8s.api.core.v1.PodCertificateProjection", "keyType"),
    ("io.k8s.api.core.v1.PodCertificateProjection", "signerName"),
    ("io.k8s.api.core.v1.PodResourceClaim", "name"),
    ("io.k8s.api.core.v1.PreferredSchedulingTerm", "preference"),
    ("io.k8s.api.core.v1.SleepAction", "seconds"),
    ("io.k8s.api.core.v1.ResourceClaim", "name"),
    ("io.k8s.api.core.v1.Sysctl", "value"),
    ("io.k8s.api.core.v1.TypedLocalObjectReference", "kind"),
    ("io.k8s.api.core.v1.TypedLocalObjectReference", "name"),
    ("io.k8s.api.core.v1.WorkloadReference", "name"),
    ("io.k8s.api.core.v1.WorkloadReference", "podGroup"),
    ("io.k8s.api.discovery.v1.EndpointSlice", "endpoints"),
    ("io.k8s.api.discovery.v1.ForZone", "name"),
    ("io.k8s.api.networking.v1.NetworkPolicySpec", "podSelector"),
    ("io.k8s.api.rbac.v1.RoleRef", "apiGroup"),
    ("io.k8s.api.resource.v1.DeviceClass", "spec"),
    ("io.k8s.api.resource.v1.ResourceClaim", "spec"),
    ("io.k8s.api.resource.v1.ResourceClaimTemplate", "spec"),
    ("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", "spec"),
    ("io.k8s.api.scheduling.v1.PriorityClass", "value"),
    ("io.k8s.api.storage.v1.CSIDriver", "spec"),
    ("io.k8s.api.storage.v1.CSINode", "spec"),
    ("io.k8s.api.storage.v1.CSINodeSpec", "drivers"),
    ("io.k8s.api.storage.v1.TokenRequest", "audience"),
    (CUSTOM_VERSION, "served"),
    (CUSTOM_VERSION, "storage"),
    (LABEL_REQUIREMENT, "key"),
    (LABEL_REQUIREMENT, "operator"),
];

const CUSTOM_VERSION: &str =
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion";
const LABEL_REQUIREMENT: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement";

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

impl Model {
    fn add(&mut self, document: &Document, versions: u8, custom: bool) -> Result<()> {
        for kind in &document.kinds {
            let text = |key: &str| kind[key].as_str().unwrap_or_default().to_owned();
            let resource = Resource {
                plural: text("plural"),
                namespaced: kind["namespaced"] == true,
                of: text("type"),
                versions,
                custom,
            };
            self.resources
                .entry((text("apiVersion"), text("kind")))
                .and_modify(|known| known.versions |= versions)
                .or_insert(resource);
        }
        for (name, definition) in &document.types {
            if special(name).is_some() {
                continue;
            }
            let Type::Object { fields, open: false } = Reader { versions }.of(definition)? else {
                return Err(format!("{name} is not a plain object").into());
            };
            let known = self.named.entry(name.clone()).or_default();
            for mut field in fields {
                field.required &= !NOT_REQUIRED.contains(&(name.as_str(), field.name.as_str()));
                if custom && field.name == "metadata" {
                    field.of = Type::Named(OBJECT_META.to_owned());
                }
                let same = |row: &&mut Field| {
                    (&row.name, &row.of, row.required) == (&field.name, &field.of, field.required)
                };
                match known.iter_mut().find(same) {
                    Some(row) => row.versions |= versions,
                    None => known.push(field),
                }
            }
        }
        Ok(())
    }
}

/// The types that the document describes less exactly than the server reads them.
fn special(name: &str) -> Option<Type> {
    let short = name.rsplit('.').next().unwrap_or(name);
    let package = name.trim_end_matches(short);
    Some(match (package, short) {
        ("io.k8s.apimachinery.pkg.api.resource.", "Quantity") => Type::Quantity,
        ("io.k8s.apimachinery.pkg.util.intstr.", "IntOrString") => Type::IntOrString,
        ("io.k8s.apimachinery.pkg.apis.meta.v1.", "Time" | "MicroTime") => Type::Time,
        ("io.k8s.apimachinery.pkg.apis.meta.v1.", "FieldsV1")
        | ("io.k8s.apimachinery.pkg.runtime.", "RawExtension")
        | (
            "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.",
            "CustomResourceSubresourceStatus"
            | "JSON"
            | "JSONSchemaPropsOrArray"
            | "JSONSchemaPropsOrBool"
            | "JSONSchemaPropsOrStringArray",
        ) => Type::Any,
        _ => return None,
    })
}

struct Reader {
    versions: u8,
}

impl Reader {
    fn of(&self, schema: &Value) -> Result<Type> {
        if let Some(name) = schema["$ref"].as_str() {
            return Ok(special(name).unwrap_or_else(|| Type::Named(name.to_owned())));
        }
        if schema["x-kubernetes-int-or-string"] == true {
            return Ok(Type::IntOrString);
        }
        let open = schema["x-kubernetes-preserve-unknown-fields"] == true;
        Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
            (None, _) if open => Type::Any,
            (Some("boolean"), _) => Type::Bool,
            (Some("integer"), Some("int32")) => Type::Int32,
            (Some("integer"), _) => Type::Int64,
            (Some("number"), _) => Type::Number,
            (Some("string"), Some("byte")) => Type::Bytes,
            (Some("string"), Some("date-time")) => Type::Time,
            (Some("string"), _) => match schema["enum"].as_array() {
                None => Type::Str,
                Some(values) => {
                    Type::Enum(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                }
            },
            (Some("array"), _) => {
                let item = Box::new(self.of(&schema["items"])?);
                match schema["x-kubernetes-list-type"].as_str() {
                    Some("map") => {
                        let keys = schema["x-kubernetes-list-map-keys"].as_array();
                        let keys = keys.into_iter().flatten().filter_map(Value::as_str);
                        Type::Keyed(item, keys.map(str::to_owned).collect())
                    }
                    Some("set") => Type::Set(item),
                    _ => Type::Atomic(item),
                }
            }
            (Some("object"), _) => match &schema["additionalProperties"] {
                Value::Object(values) => {
                    Type::Map(Box::new(self.of(&Value::Object(values.clone()))?))
                }
                _ => Type::Object { fields: self.fields(schema)?, open },
            },
            other => return Err(format!("cannot read a schema of {other:?}: {schema}").into()),
        })
    }

    fn fields(&self, schema: &Value) -> Result<Vec<Field>> {
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let field = |(name, of): (&String, &Value)| {
            Ok(Field {
                name: name.clone(),
                of: self.of(of)?,
                // The server fills in a default before it looks for what is missing.
                required: required.contains(name.as_str()) && of.get("default").is_none(),
                versions: self.versions,
            })
        };
        properties.map(field).collect()
    }
}

/// The rows as they are written, each type once.
#[derive(Default)]
struct Tables {
    names: Vec<String>,
    types: Vec<String>,
    fields: Vec<String>,
    enums: Vec<String>,
    keys: Vec<String>,
    resources: Vec<String>,
    anonymous: BTreeMap<Type, usize>,
    named: BTreeMap<String, usize>,
}

impl Tables {
    fn of(model: &Model) -> Self {
        let mut names = BTreeSet::new();
        for fields in model.named.values() {
            collect_names(fields, &mut names);
        }
        names.extend(model.resources.keys().map(|(_, kind)| kind.clone()));
        let mut tables = Self { names: names.into_iter().collect(), ..Self::default() };
        for name in model.named.keys() {
            tables.named.insert(name.clone(), tables.types.len());
            tables.types.push(String::new());
        }
        for (name, fields) in &model.named {
            let row = tables.object(fields, false);
            let index = tables.named[name];
            tables.types[index] = row;
        }
        let mut resources: Vec<_> = model.resources.iter().collect();
        resources.sort_by_key(|((api_version, kind), _)| (kind, api_version));
        for ((api_version, kind), resource) in resources {
            let kind = tables.names.binary_search(kind).expect("all names are collected");
            tables.resources.push(format!(
                "r({api_version:?},{kind},{:?},{},{},{},{})",
                resource.plural,
                resource.namespaced,
                tables.named[&resource.of],
                resource.versions,
                resource.custom,
            ));
        }
        tables
    }

    fn type_index(&mut self, of: &Type) -> usize {
        if let Type::Named(name) = of {
            return self.named[name];
        }
        if let Some(index) = self.anonymous.get(of) {
            return *index;
        }
        let row = self.row(of);
        self.types.push(row);
        self.anonymous.insert(of.clone(), self.types.len() - 1);
        self.types.len() - 1
    }

    fn row(&mut self, of: &Type) -> String {
        match of {
            Type::Any
            | Type::Bool
            | Type::Str
            | Type::Bytes
            | Type::Time
            | Type::Int32
            | Type::Int64
            | Type::Number
            | Type::Quantity
            | Type::IntOrString => format!("{of:?}"),
            Type::Enum(values) => {
                let rows = values.iter().map(|value| format!("{value:?}")).collect();
                range("Enum", push(&mut self.enums, rows))
            }
            Type::Map(value) => format!("Map({})", self.type_index(value)),
            Type::Atomic(item) => format!("Atomic({})", self.type_index(item)),
            Type::Set(item) => format!("Set({})", self.type_index(item)),
            Type::Keyed(item, keys) => {
                let item = self.type_index(item);
                let keys = keys.iter().map(|key| format!("{key:?}")).collect();
                let (start, end) = push(&mut self.keys, keys);
                format!("Keyed({item},{start},{end})")
            }
            Type::Object { fields, open } => self.object(fields, *open),
            Type::Named(_) => unreachable!("a named type has its row from the start"),
        }
    }

    fn object(&mut self, fields: &[Field], open: bool) -> String {
        let mut sorted: Vec<&Field> = fields.iter().collect();
        sorted.sort_by(|a, b| (&a.name, a.versions).cmp(&(&b.name, b.versions)));
        let rows = sorted
            .into_iter()
            .map(|field| {
                let of = self.type_index(&field.of);
                let name = self.names.binary_search(&field.name).expect("all names are collected");
                format!("f({name},{of},{},{})", field.versions, field.required)
            })
            .collect();
        let needed =
            |bit| fields.iter().filter(|field| field.required && field.versions & bit != 0).count();
        let needed = (0..u8::BITS).map(|bit| needed(1 << bit)).max().unwrap_or_default();
        let (start, end) = push(&mut self.fields, rows);
        let kind = if open { "Open" } else { "Object" };
        format!("{kind}({start},{end},{needed})")
    }

    /// The names of all fields and kinds, sorted.
    fn write_names(&self) -> Result<String> {
        let mut out = header();
        let names: Vec<String> = self.names.iter().map(|name| format!("{name:?}")).collect();
        table(&mut out, "const NAMES", "&str", &names)?;
        Ok(out)
    }

    fn write(&self, minors: &[u8]) -> Result<String> {
        let mut out = header();
        out.push_str("use super::rows::{FieldRow, ResourceRow, TypeRow, TypeRow::*, f, r};\n\n");
        writeln!(out, "pub(in crate::k8s) static MINORS: &[u8] = &{minors:?};\n")?;
        table(&mut out, "static TYPES", "TypeRow", &self.types)?;
        table(&mut out, "static FIELDS", "FieldRow", &self.fields)?;
        table(&mut out, "static ENUMS", "&str", &self.enums)?;
        table(&mut out, "static KEYS", "&str", &self.keys)?;
        table(&mut out, "static RESOURCES", "ResourceRow", &self.resources)?;
        Ok(out)
    }
}

/// The schemas of custom resources, each once.
#[derive(Default)]
struct CustomTables {
    kinds: Vec<String>,
    schemas: Vec<String>,
    rows: BTreeMap<String, usize>,
}

impl CustomTables {
    fn of(document: &Document) -> Self {
        let mut tables = Self::default();
        for kind in &document.kinds {
            let text = |key: &str| kind[key].as_str().unwrap_or_default();
            let schema = tables.row(&document.types[text("type")]);
            tables.kinds.push(format!(
                "k({:?},{:?},{:?},{},{schema})",
                text("apiVersion"),
                text("kind"),
                text("plural"),
                kind["namespaced"] == true,
            ));
        }
        tables
    }

    /// The row of a schema, which names the rows of those inside of it.
    fn row(&mut self, schema: &Value) -> usize {
        let mut schema = schema.clone();
        for (name, value) in schema.as_object_mut().into_iter().flatten() {
            match (name.as_str(), value) {
                ("properties", Value::Object(inner)) => {
                    for inner in inner.values_mut() {
                        *inner = self.row(inner).into();
                    }
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(inner)) => {
                    for inner in inner {
                        *inner = self.row(inner).into();
                    }
                }
                ("items" | "not" | "additionalProperties", inner @ Value::Object(_)) => {
                    *inner = self.row(inner).into();
                }
                _ => {}
            }
        }
        let row = schema.to_string();
        *self.rows.entry(row.clone()).or_insert_with(|| {
            self.schemas.push(format!("r##\"{row}\"##"));
            self.schemas.len() - 1
        })
    }

    fn write(&self) -> Result<String> {
        let mut out = header();
        out.push_str("use super::known::{KindRow, k};\n\n");
        table(&mut out, "static KINDS", "KindRow", &self.kinds)?;
        table(&mut out, "static SCHEMAS", "&str", &self.schemas)?;
        Ok(out)
    }
}

fn header() -> String {
    format!("// Made from schemas/ by `{COMMAND}`. Not for editing by hand.\n\n")
}

fn collect_names(fields: &[Field], names: &mut BTreeSet<String>) {
    fn inside(of: &Type, names: &mut BTreeSet<String>) {
        match of {
            Type::Object { fields, .. } => collect_names(fields, names),
            Type::Map(of) | Type::Atomic(of) | Type::Set(of) | Type::Keyed(of, _) => {
                inside(of, names);
            }
            _ => {}
        }
    }
    for field in fields {
        names.insert(field.name.clone());
        inside(&field.of, names);
    }
}

/// Appends rows, unless they stand there already, and says where they are.
fn push(table: &mut Vec<String>, rows: Vec<String>) -> (usize, usize) {
    let known = table.windows(rows.len().max(1)).position(|window| window == rows);
    let start = known.unwrap_or(table.len());
    let end = start + rows.len();
    if known.is_none() {
        table.extend(rows);
    }
    (start, end)
}

fn range(name: &str, (start, end): (usize, usize)) -> String {
    format!("{name}({start},{end})")
}

/// Writes a table with as many rows a line as fit.
fn table(out: &mut String, item: &str, of: &str, rows: &[String]) -> Result<()> {
    writeln!(out, "pub(super) {item}: &[{of}] = &[")?;
    let mut line = String::new();
    for row in rows {
        if !line.is_empty() && line.len() + row.len() >= 98 {
            writeln!(out, "{line}")?;
            line.clear();
        }
        line.push_str(row);
        line.push(',');
    }
    writeln!(out, "{line}\n];\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_tables_are_those_of_the_schemas() -> Result<()> {
        for (path, text) in generate()? {
            let committed = fs::read_to_string(&path)?;
            assert!(text == committed, "{} is stale: run `{COMMAND}`", path.display());
        }
        Ok(())
    }
}
