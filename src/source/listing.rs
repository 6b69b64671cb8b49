//! Trees and their origins as text, for tests.

use serde_json::Value;

use super::{Kind, NodeRef, Origin, Sources, Span, Step, Tree, TreeBuilder};

/// An origin that [`lines`] shows as `@number`.
pub(crate) fn at(number: u32) -> Origin {
    let file = Sources::default().add("input.yaml", "");
    Origin::Written(Span { file, start: number, end: number })
}

/// A line for each node: its path, its value and its origin (`@1`, or `@rule-name:1`).
pub(crate) fn lines(root: NodeRef<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    root.walk(&mut |path, node| {
        let value = match node.kind() {
            Kind::Map => "map",
            Kind::List => "list",
            Kind::Null => "null",
            _ => node.text(),
        };
        lines.push(format!("{}: {value} @{}", shown(path), origin(node.at())));
    });
    lines
}

/// The tree as YAML, indented, each value with its origin where that is not its parent's.
pub(crate) fn outline(root: NodeRef<'_>) -> String {
    let mut out = String::new();
    outline_inside(root, 0, &mut out);
    out
}

fn is_quoted(text: &str) -> bool {
    text.is_empty() || text.parse::<f64>().is_ok() || text.contains('\n')
}

fn outline_inside(parent: NodeRef<'_>, depth: usize, out: &mut String) {
    for node in parent.entries().chain(parent.items()) {
        let start = out.len();
        out.push_str(&"  ".repeat(depth));
        match node.key() {
            Some(key) => out.extend([key, ":"]),
            None => out.push('-'),
        }
        match node.kind() {
            Kind::Map | Kind::List => {}
            Kind::Str if is_quoted(node.text()) => {
                out.extend([" ", &format!("{:?}", node.text())]);
            }
            _ => out.extend([" ", node.text()]),
        }
        if node.at() != parent.at() {
            out.extend([" @", &origin(node.at())]);
        }
        debug_assert!(!out[start..].contains('\n'), "an outline shows one line for each value");
        out.push('\n');
        outline_inside(node, depth + 1, out);
    }
}

/// The tree of a JSON value, all of which came from one place.
pub(crate) fn tree(value: &Value, at: Origin) -> Tree {
    fn write(out: &mut TreeBuilder, value: &Value, at: Origin) {
        match value {
            Value::Object(entries) => {
                out.map(at);
                for (key, value) in entries {
                    out.key(key, at);
                    write(out, value, at);
                }
                out.close();
            }
            Value::Array(items) => {
                out.list(at);
                for item in items {
                    write(out, item, at);
                }
                out.close();
            }
            Value::String(text) => out.scalar(Kind::Str, text, at),
            Value::Number(number) => out.scalar(Kind::Int, &number.to_string(), at),
            Value::Bool(yes) => out.scalar(Kind::Bool, &yes.to_string(), at),
            Value::Null => out.scalar(Kind::Null, "", at),
        }
    }
    let mut out = TreeBuilder::default();
    write(&mut out, value, at);
    out.finish()
}

fn shown(path: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

fn origin(origin: Origin) -> String {
    match origin {
        Origin::Written(span) => span.start.to_string(),
        Origin::Derived { rule, from: None } => rule.name().to_owned(),
        Origin::Derived { rule, from: Some(span) } => format!("{}:{}", rule.name(), span.start),
    }
}
