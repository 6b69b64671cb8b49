//! The language as JSON Schema (draft 2020-12), for editors.
//!
//! The schemas follow from the types. What a deriving macro cannot know is mended here: null is
//! none of the language's values, `add` and `remove` belong in overlays, and a description is
//! one paragraph and not the lines of a comment.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Environment, Overlay, Stack, TemplateParameters};

/// A kind of file of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A stack.
    Stack,
    /// What differs for a stack in an environment.
    Overlay,
    /// An environment.
    Environment,
    /// The parameters of a template.
    Template,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Stack, Self::Overlay, Self::Environment, Self::Template];

    /// Its name, in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Overlay => "overlay",
            Self::Environment => "environment",
            Self::Template => "template",
        }
    }

    /// Where such files lie in a project.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Stack => "stacks/NAME/stack.yaml",
            Self::Overlay => "stacks/NAME/ENVIRONMENT.yaml",
            Self::Environment => "environments/NAME.yaml",
            Self::Template => "templates/NAME.parameters.yaml",
        }
    }
}

/// The schema of a kind of file.
#[must_use]
pub fn schema(kind: FileKind) -> Value {
    let mut schema = match kind {
        FileKind::Stack => of::<Stack>(),
        FileKind::Overlay => of::<Overlay>(),
        FileKind::Environment => of::<Environment>(),
        FileKind::Template => of::<TemplateParameters>(),
    };
    describe_layers(&mut schema);
    if kind == FileKind::Stack {
        drop_layers(&mut schema);
        schema["required"] = json!(["environments"]);
    }
    let description = match kind {
        FileKind::Overlay => {
            json!("`stacks/NAME/ENVIRONMENT.yaml`: what differs for a stack in an environment.")
        }
        _ => schema["description"].take(),
    };
    let mut named = Map::new();
    named.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    named.insert("$id".to_owned(), json!(format!("urn:gen:{}", kind.name())));
    named.insert("title".to_owned(), json!(format!("gen {}", kind.name())));
    named.insert("description".to_owned(), description);
    if let Value::Object(fields) = schema {
        for (name, value) in fields {
            named.entry(name).or_insert(value);
        }
    }
    Value::Object(named)
}

/// The schema of a type of the language, as files may write it.
#[must_use]
pub fn of<T: JsonSchema>() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    mend(&mut schema);
    schema
}

/// Takes null away everywhere, joins alternatives of alternatives, and makes paragraphs.
fn mend(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(mend),
        Value::Object(fields) => {
            fields.values_mut().for_each(mend);
            mend_fields(fields);
        }
        _ => {}
    }
}

fn mend_fields(fields: &mut Map<String, Value>) {
    // Rust's widths say less than the bounds beside them.
    if fields.get("type") == Some(&json!("integer")) {
        fields.shift_remove("format");
    }
    if let Some(Value::String(text)) = fields.get_mut("description") {
        *text = paragraphs(text);
    }
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|r#type| r#type != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            fields.insert("type".to_owned(), one);
        }
    }
    if fields.contains_key("unevaluatedProperties") {
        join_shared_fields(fields);
    }
    let Some(Value::Array(alternatives)) = fields.get_mut("anyOf") else { return };
    let mut flat = Vec::with_capacity(alternatives.len());
    for alternative in std::mem::take(alternatives) {
        match alternative {
            Value::Object(mut inner) if inner.len() == 1 && inner.contains_key("anyOf") => {
                if let Some(Value::Array(inner)) = inner.shift_remove("anyOf") {
                    flat.extend(inner);
                }
            }
            alternative if alternative == json!({ "type": "null" }) => {}
            alternative => flat.push(alternative),
        }
    }
    if flat.len() > 1 {
        fields.insert("anyOf".to_owned(), Value::Array(flat));
        return;
    }
    fields.shift_remove("anyOf");
    if let Some(Value::Object(only)) = flat.pop() {
        for (name, value) in only {
            fields.entry(name).or_insert(value);
        }
    }
}

/// Puts the fields that a type shares with another one among its own, where the other one has a
/// short form that this one does not take.
fn join_shared_fields(fields: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = fields.shift_remove("anyOf") else { return };
    let shared =
        alternatives.into_iter().find_map(|mut long| Some(long.get_mut("properties")?.take()));
    if let (Some(Value::Object(shared)), Some(Value::Object(own))) =
        (shared, fields.get_mut("properties"))
    {
        own.extend(shared);
    }
    fields.shift_remove("unevaluatedProperties");
    fields.insert("additionalProperties".to_owned(), json!(false));
}

/// The paragraphs of a doc comment, each in one line.
fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

const LAYER: &str = "Layer";

/// Lets a layer of a component say what the component is.
fn describe_layers(schema: &mut Value) {
    let Some(Value::Object(definitions)) = schema.get_mut("$defs") else { return };
    let layers: Vec<String> =
        definitions.keys().filter(|name| name.ends_with(LAYER)).cloned().collect();
    for layer in layers {
        let body = layer.strip_suffix(LAYER).and_then(|body| definitions.get(body));
        if let Some(description) = body.and_then(|body| body.get("description")).cloned() {
            definitions[&layer]["description"] = description;
        }
    }
}

/// Puts components in place of their layers, which only overlays and overrides have.
pub fn drop_layers(schema: &mut Value) {
    refer_to_bodies(schema);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        definitions.retain(|name, _| !name.ends_with(LAYER) && name != "Removal");
    }
}

fn refer_to_bodies(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(refer_to_bodies),
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref")
                && let Some(body) = reference.strip_suffix(LAYER)
            {
                *reference = body.to_owned();
            }
            fields.values_mut().for_each(refer_to_bodies);
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a file of this project that cannot be read fails the test")]
mod tests {
    use std::path::{Path, PathBuf};

    use jsonschema::Validator;

    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::{
        Dialect, Kind, NodeRef, Origin, Rule, Sources, Span, Style, Tree, TreeBuilder, parse,
    };
    use crate::spec::decode::{Decode, Decoder};

    const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// The files below a folder of this project, sorted.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                files.extend(self::files(&entry));
            } else {
                files.push(entry);
            }
        }
        files
    }

    /// What kind of file a path of this project names, if any of the language.
    fn kind_of(path: &Path) -> Option<FileKind> {
        let name = path.file_name()?.to_str()?;
        let folder = path.strip_prefix(root()).ok()?;
        let depth = folder.components().count();
        let stem = name.strip_suffix(".yaml")?;
        match (folder.components().next()?.as_os_str().to_str()?, depth) {
            ("environments", 2) => Some(FileKind::Environment),
            ("templates", _) if stem.ends_with(".parameters") => Some(FileKind::Template),
            ("stacks", 3) if stem == "stack" => Some(FileKind::Stack),
            ("stacks", 3) => Some(FileKind::Overlay),
            _ => None,
        }
    }

    /// Every file of the language in this project, as a tree.
    fn project() -> Vec<(FileKind, String, Tree)> {
        let sources = Sources::default();
        let folders = ["environments", "stacks", "templates"];
        let paths = folders.iter().flat_map(|folder| files(&root().join(folder)));
        let mut all = Vec::new();
        for path in paths {
            let Some(kind) = kind_of(&path) else { continue };
            let text = std::fs::read_to_string(&path).unwrap();
            let file = sources.add("file.yaml", text);
            let (trees, diagnostics) = parse(&sources.get(file), Dialect::Strict);
            assert!(!diagnostics.has_errors(), "{}: {diagnostics:?}", path.display());
            all.push((kind, path.display().to_string(), trees[0].clone()));
        }
        all
    }

    /// A validator for each kind, in the order of [`FileKind::ALL`].
    fn validators() -> [Validator; 4] {
        FileKind::ALL.map(|kind| jsonschema::draft202012::new(&schema(kind)).unwrap())
    }

    /// Whether gen takes the file.
    fn decodes(kind: FileKind, tree: &Tree) -> bool {
        fn sound<T: Decode>(root: NodeRef<'_>) -> bool {
            let sources = Sources::default();
            let file = sources.add("file.yaml", "");
            let mut diagnostics = Diagnostics::default();
            let whole = Span { file, start: 0, end: 0 };
            let _ = T::decode(root, &mut Decoder::new(sources.get(file), whole, &mut diagnostics));
            diagnostics.is_empty()
        }
        let root = in_one_place(tree.root());
        let root = root.root();
        match kind {
            FileKind::Stack => sound::<Stack>(root),
            FileKind::Overlay => sound::<Overlay>(root),
            FileKind::Environment => sound::<Environment>(root),
            FileKind::Template => sound::<TemplateParameters>(root),
        }
    }

    /// A tree without places, which the decoder would look up in another file.
    fn in_one_place(root: NodeRef<'_>) -> Tree {
        changed(root, usize::MAX, &mut |_, _| {})
    }

    /// A copy in which `change` writes one node, counted in preorder, in another way.
    fn changed(
        root: NodeRef<'_>,
        position: usize,
        change: &mut impl FnMut(NodeRef<'_>, &mut TreeBuilder),
    ) -> Tree {
        fn copy(
            node: NodeRef<'_>,
            left: &mut usize,
            change: &mut impl FnMut(NodeRef<'_>, &mut TreeBuilder),
            out: &mut TreeBuilder,
        ) {
            let mine = *left == 0;
            *left = left.wrapping_sub(1);
            if mine {
                return change(node, out);
            }
            if let Some(key) = node.key() {
                out.key(key, AT);
            }
            match node.kind() {
                Kind::Map => {
                    out.map(AT);
                    node.entries().for_each(|entry| copy(entry, left, change, out));
                    out.close();
                }
                Kind::List => {
                    out.list(AT);
                    node.items().for_each(|item| copy(item, left, change, out));
                    out.close();
                }
                kind => out.styled_scalar(kind, Style::Plain, node.text(), AT),
            }
        }
        let mut out = TreeBuilder::default();
        let mut left = position;
        copy(root, &mut left, change, &mut out);
        out.finish()
    }

    fn json(node: NodeRef<'_>) -> Value {
        match node.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(node.text() == "true"),
            Kind::Int | Kind::Float => serde_json::from_str(node.text()).unwrap(),
            Kind::Str => Value::String(node.text().to_owned()),
            Kind::List => node.items().map(json).collect(),
            Kind::Map => {
                let entries =
                    node.entries().map(|entry| (entry.key().unwrap().to_owned(), json(entry)));
                Value::Object(entries.collect())
            }
        }
    }

    fn nodes(tree: &Tree) -> usize {
        let mut count = 0;
        tree.root().walk(&mut |_, _| count += 1);
        count
    }

    #[test]
    fn this_project_follows_the_schemas() {
        let validators = validators();
        let all = project();
        for kind in FileKind::ALL {
            assert!(all.iter().any(|(one, ..)| *one == kind), "no file of the kind {kind:?}");
        }
        for (kind, path, tree) in all {
            let errors: Vec<String> = validators[kind as usize]
                .iter_errors(&json(tree.root()))
                .map(|e| e.to_string())
                .collect();
            assert_eq!(errors, [""; 0], "{path}");
            assert!(decodes(kind, &tree), "{path}");
        }
    }

    /// Each key of each file of this project is misspelt in turn, and each value is changed to
    /// one of some type: the schema refuses exactly what gen refuses.
    #[test]
    fn the_schemas_refuse_what_gen_refuses() {
        type Change = (&'static str, fn(NodeRef<'_>, &mut TreeBuilder, Origin));
        let misspelt: Change = ("a misspelt key", |node, out, at| {
            if let Some(key) = node.key() {
                out.key(&format!("{key}x"), at);
            }
            out.copy(node);
        });
        let values: [Change; 4] = [
            ("a number", |node, out, at| {
                node.key().into_iter().for_each(|key| out.key(key, at));
                out.scalar(Kind::Int, "7", at);
            }),
            ("a string", |node, out, at| {
                node.key().into_iter().for_each(|key| out.key(key, at));
                out.scalar(Kind::Str, "seven", at);
            }),
            ("a list", |node, out, at| {
                node.key().into_iter().for_each(|key| out.key(key, at));
                out.list(at);
                out.scalar(Kind::Str, "seven", at);
                out.close();
            }),
            ("a map", |node, out, at| {
                node.key().into_iter().for_each(|key| out.key(key, at));
                out.map(at);
                out.key("seven", at);
                out.scalar(Kind::Bool, "true", at);
                out.close();
            }),
        ];
        let validators = validators();
        let mut refused = 0;
        for (kind, path, tree) in project() {
            let validator = &validators[kind as usize];
            for position in 0..nodes(&tree) {
                for (name, change) in [misspelt, values[position % values.len()]] {
                    let mut shown = String::new();
                    let wrong = changed(tree.root(), position, &mut |node, out| {
                        shown = format!("{:?}: {node:?}", node.key());
                        change(node, out, AT);
                    });
                    let by_gen = !decodes(kind, &wrong);
                    let by_schema = !validator.is_valid(&json(wrong.root()));
                    // A stack must say where it runs; gen says so when it loads the project.
                    let required =
                        kind == FileKind::Stack && wrong.root().get("environments").is_none();
                    assert!(
                        by_gen == by_schema || required && by_schema,
                        "{path}: {name} at {shown}: gen {by_gen}, schema {by_schema}"
                    );
                    refused += usize::from(by_gen);
                }
            }
        }
        assert!(refused > 1000, "only {refused} changes were mistakes");
    }

    #[test]
    fn nothing_may_be_null_and_every_field_says_what_it_is() {
        fn check(value: &Value, path: &str) {
            match value {
                Value::Object(fields) => {
                    assert!(!fields.contains_key("unevaluatedProperties"), "{path}");
                    assert_ne!(fields.get("type"), Some(&json!("null")), "{path}");
                    let nullable = fields.get("type").and_then(Value::as_array);
                    assert!(!nullable.is_some_and(|all| all.contains(&json!("null"))), "{path}");
                    if let Some(Value::Object(properties)) = fields.get("properties") {
                        for (name, property) in properties {
                            let description = property.get("description").and_then(Value::as_str);
                            let said = description.is_some_and(|text| !text.is_empty());
                            assert!(said, "{path}/{name} has no description");
                        }
                    }
                    for (name, value) in fields {
                        check(value, &format!("{path}/{name}"));
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| check(item, path)),
                _ => {}
            }
        }
        for kind in FileKind::ALL {
            check(&schema(kind), kind.name());
        }
    }

    #[test]
    fn a_schema_says_what_it_is_for() {
        for kind in FileKind::ALL {
            let schema = schema(kind);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert_eq!(schema["$id"], format!("urn:gen:{}", kind.name()));
            assert_eq!(schema["additionalProperties"], false);
            let description = schema["description"].as_str().unwrap();
            assert!(description.starts_with(&format!("`{}`: ", kind.path())), "{description}");
        }
    }
}
