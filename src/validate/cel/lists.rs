//! Functions of lists.
//!
//! Source: `ext/lists.go` and `ext/sets.go` of `cel-go`; `pkg/cel/library/lists.go` of
//! `k8s.io/apiserver`.

use std::cmp::Ordering;
use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::common::ast::operators;

use super::budget::Budget;
use super::evaluate::{Result, error, no_overload};
use super::operators::{arithmetic, compare, equal, length, sort};
use super::{optional, text};

/// A function of a list; `None` where it has none of that name.
pub fn method(list: &[Value], name: &str, arguments: &[Value], budget: &Budget) -> Option<Result> {
    Some(match (name, arguments) {
        ("isSorted", []) => is_sorted(list, budget),
        ("sum", []) => sum(list, budget),
        ("min", []) => first_of(list, "min", Ordering::Less, budget),
        ("max", []) => first_of(list, "max", Ordering::Greater, budget),
        ("indexOf", [item]) => find(list.iter().enumerate(), item, budget),
        ("lastIndexOf", [item]) => find(list.iter().enumerate().rev(), item, budget),
        ("first", []) => Ok(optional(list.first().cloned())),
        ("last", []) => Ok(optional(list.last().cloned())),
        ("slice", [Value::Int(start), Value::Int(end)]) => slice(list, *start, *end, budget),
        ("reverse", []) => reversed(list, budget),
        ("sort", []) => sorted(list, budget),
        ("distinct", []) => distinct(list, budget),
        ("flatten", []) => flatten(list, 1, budget),
        ("flatten", [Value::Int(depth)]) => flatten(list, *depth, budget),
        ("join", []) => join(list, "", budget),
        ("join", [Value::String(separator)]) => join(list, separator, budget),
        _ => return None,
    })
}

/// A function of a library of lists; `None` where that is none.
pub fn qualified(
    library: &str,
    name: &str,
    arguments: &[Value],
    budget: &Budget,
) -> Option<Result> {
    Some(match (library, name, arguments) {
        ("lists", "range", [Value::Int(end)]) => range(*end, budget),
        ("sets", "contains", [Value::List(all), Value::List(some)]) => {
            has_all(all, some, budget).map(Value::Bool)
        }
        ("sets", "equivalent", [Value::List(a), Value::List(b)]) => {
            has_all(a, b, budget).and_then(|has| Ok(Value::Bool(has && has_all(b, a, budget)?)))
        }
        ("sets", "intersects", [Value::List(a), Value::List(b)]) => intersects(a, b, budget),
        _ => return None,
    })
}

/// A list of such items, which are paid for.
fn list(items: Vec<Value>) -> Value {
    Value::List(Arc::new(items))
}

fn is_sorted(list: &[Value], budget: &Budget) -> Result {
    for pair in list.windows(2) {
        if compare(&pair[0], &pair[1], budget)? == Ordering::Greater {
            return Ok(Value::Bool(false));
        }
        budget.spend(1)?;
    }
    Ok(Value::Bool(true))
}

fn sum(list: &[Value], budget: &Budget) -> Result {
    let Some((first, rest)) = list.split_first() else { return Ok(Value::Int(0)) };
    if !matches!(first, Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Duration(_)) {
        return no_overload("sum");
    }
    rest.iter().try_fold(first.clone(), |sum, item| {
        budget.spend(1)?;
        arithmetic(operators::ADD, &sum, item, budget)
    })
}

/// The first item that stands so to all others.
fn first_of(list: &[Value], name: &str, wanted: Ordering, budget: &Budget) -> Result {
    let Some((mut found, rest)) = list.split_first() else {
        return error(format!("{name} called on empty list"));
    };
    for item in rest {
        budget.spend(1)?;
        if compare(item, found, budget)? == wanted {
            found = item;
        }
    }
    Ok(found.clone())
}

/// The index of the first of some items that is equal to one, or -1.
fn find<'v>(
    items: impl Iterator<Item = (usize, &'v Value)>,
    item: &Value,
    budget: &Budget,
) -> Result {
    for (index, other) in items {
        if equal(other, item, budget)? {
            return Ok(length(index));
        }
    }
    Ok(Value::Int(-1))
}

fn slice(items: &[Value], start: i64, end: i64, budget: &Budget) -> Result {
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| items.get(start..end)) {
        Some(slice) => {
            budget.items(slice.len())?;
            Ok(list(slice.to_vec()))
        }
        None => error(format!("cannot slice({start}, {end}), list is length {}", items.len())),
    }
}

fn reversed(items: &[Value], budget: &Budget) -> Result {
    budget.items(items.len())?;
    Ok(list(items.iter().rev().cloned().collect()))
}

fn sorted(items: &[Value], budget: &Budget) -> Result {
    budget.items(items.len())?;
    let mut items = items.to_vec();
    sort(&mut items, |item| item, budget)?;
    Ok(list(items))
}

fn distinct(items: &[Value], budget: &Budget) -> Result {
    let mut found: Vec<Value> = Vec::new();
    for item in items {
        if !has(&found, item, budget)? {
            budget.items(1)?;
            found.push(item.clone());
        }
    }
    Ok(list(found))
}

fn flatten(items: &[Value], depth: i64, budget: &Budget) -> Result {
    if depth < 0 {
        return error("level must be non-negative");
    }
    let mut out = Vec::new();
    flatten_into(&mut out, items, depth, budget)?;
    Ok(list(out))
}

fn flatten_into(out: &mut Vec<Value>, items: &[Value], depth: i64, budget: &Budget) -> Result<()> {
    for item in items {
        budget.items(1)?;
        match item {
            Value::List(inner) if depth > 0 => flatten_into(out, inner, depth - 1, budget)?,
            other => out.push(other.clone()),
        }
    }
    Ok(())
}

fn join(items: &[Value], separator: &str, budget: &Budget) -> Result {
    let mut parts: Vec<&str> = Vec::new();
    for item in items {
        let Value::String(part) = item else { return no_overload("join") };
        budget.items(1)?;
        budget.bytes(part.len() + separator.len())?;
        parts.push(part);
    }
    Ok(text(&parts.join(separator)))
}

fn range(end: i64, budget: &Budget) -> Result {
    budget.items(usize::try_from(end).unwrap_or_default())?;
    Ok(list((0..end).map(Value::Int).collect()))
}

fn has(items: &[Value], item: &Value, budget: &Budget) -> Result<bool> {
    for other in items {
        if equal(other, item, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_all(all: &[Value], some: &[Value], budget: &Budget) -> Result<bool> {
    for item in some {
        if !has(all, item, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn intersects(a: &[Value], b: &[Value], budget: &Budget) -> Result {
    for item in a {
        if has(b, item, budget)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
