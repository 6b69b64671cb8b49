//! The page of the language: every type with its fields, from the JSON Schemas.

use std::fmt::Write as _;

use gen_compiler::spec::schema::{FileKind, drop_layers, of, schema};
use gen_compiler::spec::{Container, Controller, Pod, StackBody, Storage, Task};
use serde_json::{Map, Value};

/// The word that stands where an expression may.
const EXPRESSION: &str = r"^\$\{\{.*\}\}$";

/// What makes the schema of a type.
type Schema = fn() -> Value;

/// Groups of fields that several types have, larger ones first; each with its name and what it
/// is. A type that has all of a group's fields refers to the group.
const GROUPS: [(&str, Schema); 6] = [
    ("StackBody", of::<StackBody>),
    ("Controller", of::<Controller>),
    ("Task", of::<Task>),
    ("Pod", of::<Pod>),
    ("Container", of::<Container>),
    ("Storage", of::<Storage>),
];

/// What a page is made from.
struct Language {
    /// Every type by name, with what a schema says of it.
    types: Map<String, Value>,
    /// The groups of fields, in the order of [`GROUPS`].
    groups: Vec<(&'static str, Map<String, Value>)>,
}

/// The page.
pub fn page() -> String {
    let language = Language::read();
    let mut page = String::from(
        "# Language\n\n\
         Every file of a project is YAML of one of these kinds. `gen schema KIND` prints the JSON\n\
         Schema of a kind, for editors. Every field is optional where no text says otherwise,\n\
         because every file may be a layer over another.\n\n\
         | file | kind |\n|---|---|\n",
    );
    let mut roots = Vec::new();
    for kind in FileKind::ALL {
        let name = title(kind);
        let _ = writeln!(page, "| `{}` | [{name}](#{}) |", kind.path(), anchor(name));
        roots.push((kind, name));
    }
    page.push_str(
        "\nA field that takes text takes expressions in it, `${{ path | filter }}`; a field that\n\
         takes something else takes one whole expression in quotes.\n",
    );
    let mut order = Vec::new();
    for (kind, name) in roots {
        let schema = plain(schema(kind));
        let _ = write!(page, "\n## {name}\n\n{}\n", text(&schema, "description"));
        if kind == FileKind::Overlay {
            page.push_str(OVERLAY);
            continue;
        }
        language.fields(name, &schema, &mut page);
        language.order(&schema, &mut order);
    }
    page.push_str("\n## Groups of fields\n\nFields that several types have.\n");
    for (name, fields) in language.groups.iter().rev() {
        if *name != "StackBody" {
            let group = &language.types[*name];
            let _ = write!(page, "\n### {name}\n\n{}\n", text(group, "description"));
            language.table(name, fields, &mut page);
        }
    }
    page.push_str("\n## Types\n");
    for name in &order {
        language.r#type(name, &mut page);
    }
    page
}

const OVERLAY: &str = "\n\
    The fields of a [stack](#stack), without `environments` and `defaults`, and these. A\n\
    component of an overlay has them as well.\n\n\
    | field | takes | |\n|---|---|---|\n\
    | `add` | the same shape | What is new. |\n\
    | `remove` | list of names, or map to such lists | What goes away, in the same shape. |\n";

fn title(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Stack => "Stack",
        FileKind::Overlay => "Overlay",
        FileKind::Environment => "Environment",
        FileKind::Template => "Parameters of a template",
    }
}

fn plain(mut schema: Value) -> Value {
    drop_layers(&mut schema);
    schema
}

/// The place of a heading in a page.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

/// A type's name on the page: files do not see how the Rust types are cut.
fn shown(name: &str) -> &str {
    match name {
        "BudgetFields" => "Budget",
        "MountFields" => "Mount",
        "NeedOptions" => "Need",
        "RoutingFields" => "Routing",
        "SecretKeyFields" => "SecretKey",
        name => name,
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn properties(value: &Value) -> Option<&Map<String, Value>> {
    value.get("properties").and_then(Value::as_object)
}

fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

impl Language {
    fn read() -> Self {
        let mut types = Map::new();
        let take = |types: &mut Map<String, Value>, schema: &Value| {
            if let Some(Value::Object(definitions)) = schema.get("$defs") {
                types.extend(definitions.clone());
            }
        };
        for kind in FileKind::ALL {
            take(&mut types, &plain(schema(kind)));
        }
        let mut groups = Vec::new();
        for (name, group) in GROUPS {
            let group = plain(group());
            take(&mut types, &group);
            let long = long_form(&group).unwrap_or(&group);
            groups.push((name, properties(long).cloned().unwrap_or_default()));
            types.insert(name.to_owned(), group);
        }
        Self { types, groups }
    }

    /// Adds the types that a schema leads to, in the order in which a reader meets them.
    fn order(&self, value: &Value, order: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.order(item, order)),
            Value::Object(fields) => {
                if let Some(name) = reference(value) {
                    let group = self.groups.iter().any(|(group, _)| *group == name);
                    if !order.iter().any(|known| known == name) && !group {
                        let alias = reference(&self.types[name]).is_some();
                        if !alias {
                            order.push(name.to_owned());
                        }
                        self.order(&self.types[name], order);
                    }
                }
                for (name, value) in fields {
                    if name != "$defs" {
                        self.order(value, order);
                    }
                }
            }
            _ => {}
        }
    }

    fn r#type(&self, name: &str, page: &mut String) {
        let definition = &self.types[name];
        let _ = write!(page, "\n### {}\n\n{}\n", shown(name), text(definition, "description"));
        if let Some(words) = definition.get("oneOf").and_then(Value::as_array) {
            page.push_str("\n| word | |\n|---|---|\n");
            for word in words {
                let (word, means) = (text(word, "const"), text(word, "description"));
                let _ = writeln!(page, "| `{word}` | {} |", cell(means));
            }
            return;
        }
        if let Some(long) = long_form(definition) {
            let short = alternatives(definition)
                .iter()
                .filter(|alternative| properties(alternative).is_none())
                .map(|alternative| self.takes(alternative))
                .collect::<Vec<_>>();
            let _ = write!(page, "\nIn short: {}.\n", short.join(", or "));
            self.fields(name, long, page);
            return;
        }
        self.fields(name, definition, page);
    }

    /// The fields of a type: the groups that it has, and its own.
    fn fields(&self, name: &str, definition: &Value, page: &mut String) {
        let Some(all) = properties(definition) else { return };
        let mut own = all.clone();
        let mut groups = Vec::new();
        for (group, fields) in &self.groups {
            let inside = fields.iter().all(|(field, value)| own.get(field) == Some(value));
            if inside && *group != name && *group != "StackBody" && !fields.is_empty() {
                own.retain(|field, _| !fields.contains_key(field));
                groups.push(format!("[{group}](#{})", anchor(group)));
            }
        }
        if !groups.is_empty() {
            let _ = write!(page, "\nIt has the fields of {}", groups.join(" and "));
            page.push_str(if own.is_empty() { ".\n" } else { ", and these.\n" });
        }
        self.rows(&own, page);
    }

    /// The fields of a group, without those of a smaller group inside of it.
    fn table(&self, name: &str, fields: &Map<String, Value>, page: &mut String) {
        let mut value = Map::new();
        value.insert("properties".to_owned(), Value::Object(fields.clone()));
        self.fields(name, &Value::Object(value), page);
    }

    fn rows(&self, fields: &Map<String, Value>, page: &mut String) {
        if fields.is_empty() {
            return;
        }
        page.push_str("\n| field | takes | |\n|---|---|---|\n");
        for (name, value) in fields {
            let (takes, means) = (self.takes(value), text(value, "description"));
            let _ = writeln!(page, "| `{name}` | {} | {} |", cell(&takes), cell(means));
        }
    }

    /// What a field takes, in words.
    fn takes(&self, value: &Value) -> String {
        if let Some(name) = reference(value) {
            let name = reference(&self.types[name]).unwrap_or(name);
            return format!("[{0}](#{1})", shown(name), anchor(shown(name)));
        }
        if let Some(word) = value.get("const") {
            return format!("`{}`", word.as_str().unwrap_or_default());
        }
        let alternatives = alternatives(value);
        if !alternatives.is_empty() {
            let said: Vec<String> = alternatives
                .iter()
                .filter(|alternative| text(alternative, "pattern") != EXPRESSION)
                .map(|alternative| self.takes(alternative))
                .collect();
            return said.join(", or ");
        }
        match value.get("type") {
            Some(Value::Array(types)) => {
                let words: Vec<&str> = types.iter().filter_map(Value::as_str).map(noun).collect();
                words.join(", ")
            }
            Some(Value::String(name)) => match name.as_str() {
                "object" => format!("map of {}", self.takes_each(value, "additionalProperties")),
                "array" if value.get("uniqueItems").is_some() => "list of names".to_owned(),
                "array" => format!("list of {}", self.takes_each(value, "items")),
                name => noun(name).to_owned(),
            },
            _ => "any YAML".to_owned(),
        }
    }

    fn takes_each(&self, value: &Value, field: &str) -> String {
        value.get(field).map_or_else(|| "any YAML".to_owned(), |each| self.takes(each))
    }
}

fn alternatives(value: &Value) -> &[Value] {
    value.get("anyOf").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The alternative that has fields, of a type with a short form.
fn long_form(value: &Value) -> Option<&Value> {
    alternatives(value).iter().find(|alternative| properties(alternative).is_some())
}

fn noun(r#type: &str) -> &str {
    match r#type {
        "string" => "text",
        "boolean" => "`true` or `false`",
        r#type => r#type,
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", "<br>")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// No long list of fields stands on the page twice: a new group belongs in [`GROUPS`].
    #[test]
    fn fields_that_several_types_have_are_listed_once() {
        let page = page();
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        for window in rows.windows(6) {
            let again = rows.windows(6).filter(|other| other == &window).count();
            assert_eq!(again, 1, "these fields are listed {again} times: {window:#?}");
        }
    }

    #[test]
    fn every_link_leads_to_a_heading() {
        let page = page();
        let headings: BTreeSet<String> = page
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| anchor(line.trim_start_matches('#').trim()))
            .collect();
        let links = page.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
        let lost: BTreeSet<&str> = links.filter(|link| !headings.contains(*link)).collect();
        assert_eq!(lost, BTreeSet::new());
    }

    #[test]
    fn every_type_has_its_place_and_says_what_it_is() {
        let page = page();
        let language = Language::read();
        for (name, definition) in &language.types {
            let description = text(definition, "description");
            assert!(!description.is_empty(), "{name} says nothing");
            if name != "StackBody" && reference(definition).is_none() {
                let heading = format!("\n### {}\n", shown(name));
                assert_eq!(page.matches(&heading).count(), 1, "{name}");
            }
        }
    }
}
