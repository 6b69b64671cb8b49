//! What stands in the syntax tree of an expression.

use std::collections::BTreeSet;

use kube_cel::cel::Value;
use kube_cel::cel::common::ast::operators;

use crate::validate::cel::syntax::{Call, Syntax};
use crate::validate::cel::types::{Constant, Type};
use crate::validate::cel::{Expression, short};

/// The fields of a variable that an expression names.
#[must_use]
pub fn fields_of<'e>(expression: &'e Expression, variable: &str) -> BTreeSet<&'e str> {
    let mut found = BTreeSet::new();
    if let Ok(syntax) = expression.syntax() {
        visit(syntax, &mut |one| {
            if let Syntax::Select { operand, field, .. } = one
                && operand.name() == Some(variable)
            {
                found.insert(field.as_str());
            }
        });
    }
    found
}

/// Whether an expression compares a variable with `null`.
#[must_use]
pub fn compares_with_null(expression: &Expression, variable: &str) -> bool {
    let mut found = false;
    if let Ok(syntax) = expression.syntax() {
        visit(syntax, &mut |one| {
            if let Syntax::Call(Call { function, arguments, .. }) = one
                && matches!(&**function, operators::EQUALS | operators::NOT_EQUALS)
            {
                found |= arguments.iter().any(|it| matches!(it, Syntax::Literal(Value::Null)))
                    && arguments.iter().any(|it| it.name() == Some(variable));
            }
        });
    }
    found
}

/// Whether an expression sees no more of an object than what identifies it.
#[must_use]
pub fn sees_identity_alone(expression: &Expression) -> bool {
    const VALUES: [&str; 5] = ["object", "oldObject", "self", "oldSelf", "variables"];
    let is_object = |syntax: &Syntax| matches!(syntax.name(), Some("object" | "oldObject"));
    let is_metadata = |syntax: &Syntax| {
        matches!(syntax, Syntax::Select { operand, field, .. }
            if is_object(operand) && field == "metadata")
    };
    let (mut values, mut identities) = (0, 0);
    if let Ok(syntax) = expression.syntax() {
        visit(syntax, &mut |one| match one {
            Syntax::Name(_) if one.name().is_some_and(|name| VALUES.contains(&name)) => values += 1,
            Syntax::Select { operand, field, .. } => {
                let is_identity = match field.as_str() {
                    "kind" | "apiVersion" | "type" | "immutable" => is_object(operand),
                    "name" | "namespace" | "generateName" | "labels" => is_metadata(operand),
                    _ => false,
                };
                identities += usize::from(is_identity);
            }
            _ => {}
        });
    }
    values == identities
}

/// Whether an expression is `false`, and no more.
#[must_use]
pub fn is_false(expression: &Expression) -> bool {
    expression.syntax().is_ok_and(|syntax| constant(syntax) == Some(Constant::Bool(false)))
}

pub fn constant(expression: &Syntax) -> Option<Constant> {
    match expression {
        Syntax::Literal(Value::Bool(truth)) => Some(Constant::Bool(*truth)),
        _ => text_of(expression).map(|text| Constant::Text(text.into())),
    }
}

pub fn text_of(expression: &Syntax) -> Option<&str> {
    match expression {
        Syntax::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

pub fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::UInt(_) => Type::Uint,
        Value::Float(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        Value::Null => Type::Null,
        _ => return None,
    })
}

/// The longest way to a value that is shown.
const MOST_STEPS: usize = 16;

/// A variable or a field of it as it is written, if it is no more than that.
pub fn shown(expression: &Syntax) -> Option<String> {
    let mut steps = Vec::new();
    let mut of = expression;
    while steps.len() < MOST_STEPS {
        let (operand, step) = match of {
            Syntax::Name(name) => {
                steps.push(short(name).into_owned());
                return Some(steps.into_iter().rev().collect());
            }
            Syntax::Select { operand, field, .. } => (&**operand, format!(".{}", short(field))),
            Syntax::Call(Call { function, arguments, target: None }) => {
                let [operand, key] = &arguments[..] else { return None };
                (operand, step(function, key)?)
            }
            _ => return None,
        };
        steps.push(step);
        of = operand;
    }
    None
}

fn step(operator: &str, key: &Syntax) -> Option<String> {
    match (operator, key) {
        (operators::OPT_SELECT, _) => Some(format!(".?{}", short(text_of(key)?))),
        (operators::INDEX, Syntax::Literal(Value::Int(index))) => Some(format!("[{index}]")),
        _ => None,
    }
}

/// Shows each part of an expression to `see`.
fn visit<'e>(expression: &'e Syntax, see: &mut dyn FnMut(&'e Syntax)) {
    see(expression);
    for part in expression.parts() {
        visit(part, see);
    }
}
