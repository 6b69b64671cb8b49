//! The names of an expression that nothing stands behind.

use super::Expression;
use super::syntax::{Call, Syntax};

/// The variables that an expression names and that are none of `known`, nor bound by a macro.
/// The server refuses rules with such names when it compiles them.
#[must_use]
pub fn unknown_names(expression: &Expression, known: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    if let Ok(syntax) = expression.syntax() {
        visit(syntax, &mut Vec::new(), known, &mut out);
    }
    out.sort();
    out.dedup();
    out
}

/// Types are values, and what stands before a dot may be the name of a library.
const TYPES: [&str; 10] =
    ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "type", "null_type"];
const LIBRARIES: [&str; 13] = [
    "math",
    "sets",
    "strings",
    "optional",
    "base64",
    "lists",
    "format",
    "ip",
    "cidr",
    "cel",
    "jsonpatch",
    "google",
    "kubernetes",
];

fn visit<'e>(
    expression: &'e Syntax,
    bound: &mut Vec<&'e str>,
    known: &[&str],
    out: &mut Vec<String>,
) {
    match expression {
        Syntax::Name(name) => {
            let name = name.as_str();
            if !bound.contains(&name) && !known.contains(&name) && !TYPES.contains(&name) {
                out.push(name.to_owned());
            }
        }
        Syntax::Select { operand, .. } if is_library(operand, bound, known) => {}
        Syntax::Call(call) => visit_call(call, bound, known, out),
        other => {
            for part in other.parts() {
                visit(part, bound, known, out);
            }
        }
    }
}

fn visit_call<'e>(call: &'e Call, bound: &mut Vec<&'e str>, known: &[&str], out: &mut Vec<String>) {
    if let Some(target) = call.target.as_deref().filter(|it| !is_library(it, bound, known)) {
        visit(target, bound, known, out);
    }
    let (names, rest) = call.arguments.split_at(call.bound());
    let before = bound.len();
    bound.extend(names.iter().filter_map(Syntax::name));
    for argument in rest {
        visit(argument, bound, known, out);
    }
    bound.truncate(before);
}

fn is_library(expression: &Syntax, bound: &[&str], known: &[&str]) -> bool {
    expression.name().is_some_and(|name| {
        LIBRARIES.contains(&name) && !bound.contains(&name) && !known.contains(&name)
    })
}
