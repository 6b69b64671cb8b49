//! Trees and their origins as text, for tests.

use super::{Kind, NodeRef, Origin, Sources, Span, Step};

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
