//! The names of an expression that nothing stands behind.

use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};

use super::Expression;

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
    expression: &'e IdedExpr,
    bound: &mut Vec<&'e str>,
    known: &[&str],
    out: &mut Vec<String>,
) {
    let mut all = |expressions: &mut dyn Iterator<Item = &'e IdedExpr>,
                   bound: &mut Vec<&'e str>| {
        for expression in expressions {
            visit(expression, bound, known, out);
        }
    };
    match &expression.expr {
        Expr::Ident(name) => {
            let name = name.as_str();
            if !name.starts_with('@')
                && !bound.contains(&name)
                && !known.contains(&name)
                && !TYPES.contains(&name)
            {
                out.push(name.to_owned());
            }
        }
        Expr::Select(select) => {
            if !is_library(&select.operand, bound, known) {
                all(&mut std::iter::once(&*select.operand), bound);
            }
        }
        Expr::Call(call) => {
            let before = bound.len();
            if let Some(target) = call.target.as_deref()
                && !is_library(target, bound, known)
            {
                all(&mut std::iter::once(target), bound);
            }
            // Of macros that the parser leaves as calls, the first arguments are names.
            let names = match (call.func_name.as_str(), call.args.len()) {
                ("bind", 3) | ("optMap" | "optFlatMap" | "sortBy", 2) => 1,
                ("all" | "exists" | "existsOne" | "exists_one", 3)
                | ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => 2,
                _ => 0,
            };
            for argument in &call.args[..names] {
                if let Expr::Ident(name) = &argument.expr {
                    bound.push(name);
                }
            }
            all(&mut call.args[names..].iter(), bound);
            bound.truncate(before);
        }
        Expr::Comprehension(of) => {
            all(&mut [&of.iter_range, &of.accu_init].into_iter(), bound);
            let before = bound.len();
            bound.push(&of.iter_var);
            bound.push(&of.accu_var);
            bound.extend(of.iter_var2.as_deref());
            all(&mut [&of.loop_cond, &of.loop_step, &of.result].into_iter(), bound);
            bound.truncate(before);
        }
        Expr::List(list) => all(&mut list.elements.iter(), bound),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    all(&mut [&entry.key, &entry.value].into_iter(), bound);
                }
            }
        }
        Expr::Struct(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

fn is_library(expression: &IdedExpr, bound: &[&str], known: &[&str]) -> bool {
    match &expression.expr {
        Expr::Ident(name) => {
            let name = name.as_str();
            LIBRARIES.contains(&name) && !bound.contains(&name) && !known.contains(&name)
        }
        _ => false,
    }
}
