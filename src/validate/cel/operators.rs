//! What operators make of values.

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta};
use kube_cel::cel::Value;
use kube_cel::cel::common::ast::operators;
use kube_cel::cel::objects::{Key, KeyRef};

use super::budget::Budget;
use super::evaluate::{Result, as_optional, error, no_overload};
use super::{Fault, Unknown, text};

pub fn type_named(name: &str) -> Value {
    Value::Function(Arc::new(name.to_owned()), None)
}

/// The name of the type of a value.
pub fn type_name(value: &Value) -> &str {
    match value {
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Function(..) => "type",
        Value::Int(_) => "int",
        Value::UInt(_) => "uint",
        Value::Float(_) => "double",
        Value::String(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Bool(_) => "bool",
        Value::Duration(_) => "google.protobuf.Duration",
        Value::Timestamp(_) => "google.protobuf.Timestamp",
        Value::Opaque(value) => value.runtime_type_name(),
        Value::Null => "null_type",
    }
}

/// A scalar as `string()` writes it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        other => type_name(other).to_owned(),
    }
}

/// The key of a map that a value is; whole numbers are one key, whatever their type.
pub fn key_of(value: &Value) -> Result<Key> {
    match value {
        Value::String(text) => Ok(Key::String(Arc::clone(text))),
        Value::Int(number) => Ok(Key::Int(*number)),
        Value::UInt(number) => match i64::try_from(*number) {
            Ok(number) => Ok(Key::Int(number)),
            Err(_) => Ok(Key::Uint(*number)),
        },
        Value::Bool(value) => Ok(Key::Bool(*value)),
        Value::Float(number) if whole(*number).is_some() => {
            Ok(Key::Int(whole(*number).unwrap_or_default()))
        }
        other => error(format!("unsupported key type: {}", type_name(other))),
    }
}

pub fn value_of_key(key: KeyRef<'_>) -> Value {
    match key {
        KeyRef::Int(number) => Value::Int(number),
        KeyRef::Uint(number) => Value::UInt(number),
        KeyRef::Bool(value) => Value::Bool(value),
        KeyRef::String(content) => text(content),
    }
}

fn key_value(key: &Key) -> Value {
    match key {
        Key::Int(number) => Value::Int(*number),
        Key::Uint(number) => Value::UInt(*number),
        Key::Bool(value) => Value::Bool(*value),
        Key::String(text) => Value::String(Arc::clone(text)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i64)
}

/// The item of a list at an index; `None` past its ends.
pub fn at(items: &[Value], index: &Value) -> Result<Option<Value>> {
    let index = match index {
        Value::Int(index) => *index,
        Value::UInt(index) => i64::try_from(*index).unwrap_or(i64::MAX),
        Value::Float(number) => match whole(*number) {
            Some(index) => index,
            None => return error(format!("unsupported index value: {number}")),
        },
        other => return no_overload(&format!("list[{}]", type_name(other))),
    };
    Ok(usize::try_from(index).ok().and_then(|index| items.get(index)).cloned())
}

pub fn length(length: usize) -> Value {
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

/// Keys and values in an order that is always the same.
pub fn entries(value: &Value, budget: &Budget) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::List(list) => {
            budget.items(2 * list.len())?;
            let entry = |(at, item): (usize, &Value)| (length(at), item.clone());
            Ok(list.iter().enumerate().map(entry).collect())
        }
        Value::Map(map) => {
            budget.items(3 * map.map.len())?;
            let mut entries: Vec<(&Key, &Value)> = map.map.iter().collect();
            for (key, _) in &entries {
                budget.bytes(key_length(key) * entries.len().ilog2() as usize)?;
            }
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entry = |(key, value): (&Key, &Value)| (key_value(key), value.clone());
            Ok(entries.into_iter().map(entry).collect())
        }
        other => no_overload(type_name(other)),
    }
}

fn key_length(key: &Key) -> usize {
    match key {
        Key::String(text) => text.len(),
        _ => 8,
    }
}

pub fn size(value: &Value, budget: &Budget) -> Result {
    Ok(length(match value {
        Value::String(text) => {
            budget.bytes(text.len())?;
            text.chars().count()
        }
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.map.len(),
        other => return no_overload(&format!("size({})", type_name(other))),
    }))
}

fn number(value: &Value) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "as CEL compares across types")]
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether two values are equal; those of different types are not, but for numbers.
pub fn equal(a: &Value, b: &Value, budget: &Budget) -> Result<bool> {
    budget.spend(1)?;
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::UInt(a), Value::UInt(b)) => a == b,
        (Value::String(a), Value::String(b)) => {
            let is_as_long = a.len() == b.len();
            budget.bytes(if is_as_long { a.len() } else { 0 })?;
            is_as_long && a == b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && all(a.iter().zip(b.iter()), |(a, b)| equal(a, b, budget))?
        }
        (Value::Map(a), Value::Map(b)) => {
            a.map.len() == b.map.len()
                && all(a.map.iter(), |(key, value)| {
                    budget.bytes(key_length(key))?;
                    b.map.get(key).map_or(Ok(false), |other| equal(value, other, budget))
                })?
        }
        (Value::Opaque(_), Value::Opaque(_)) => match (as_optional(a), as_optional(b)) {
            (Some(a), Some(b)) => match (a.value(), b.value()) {
                (Some(a), Some(b)) => equal(a, b, budget)?,
                (None, None) => true,
                _ => false,
            },
            _ => known(a)? == known(b)?,
        },
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b) == Some(Ordering::Equal),
            (None, None) => type_name(known(a)?) == type_name(known(b)?) && a == b,
            _ => false,
        },
    })
}

/// Whether all things are such, up to the first that is not.
fn all<T>(things: impl Iterator<Item = T>, is_such: impl Fn(T) -> Result<bool>) -> Result<bool> {
    for thing in things {
        if !is_such(thing)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn known(value: &Value) -> Result<&Value> {
    match Unknown::of(value) {
        Some(unknown) => Err(Fault::Unknown(unknown.reason.clone())),
        None => Ok(value),
    }
}

pub fn compare(a: &Value, b: &Value, budget: &Budget) -> Result<Ordering> {
    let ordering = match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => {
            budget.bytes(a.len().min(b.len()))?;
            Some(a.cmp(b))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.bytes(a.len().min(b.len()))?;
            Some(a.cmp(b))
        }
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => None,
        },
    };
    let Some(ordering) = ordering else {
        return no_overload(&format!("{} compared with {}", type_name(a), type_name(b)));
    };
    Ok(ordering)
}

/// What an operator that compares says of an order.
pub fn relation(operator: &str, ordering: Ordering) -> bool {
    match operator {
        operators::LESS => ordering == Ordering::Less,
        operators::LESS_EQUALS => ordering != Ordering::Greater,
        operators::GREATER => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }
}

/// Sorts things by keys, which have to be of one type: all others have no order.
pub fn sort<T>(things: &mut [T], key: impl Fn(&T) -> &Value, budget: &Budget) -> Result<()> {
    let Some(first) = things.first() else { return Ok(()) };
    let steps = things.len().ilog2() as usize + 1;
    for thing in things.iter() {
        let one = key(thing);
        if type_name(one) != type_name(key(first)) {
            return error("list elements must have the same type");
        }
        // What is not equal to itself has no order either.
        compare(one, one, budget)?;
        budget.items(steps)?;
        if let Value::String(text) = one {
            budget.bytes(text.len().saturating_mul(steps))?;
        }
    }
    let free = Budget::units(u64::MAX);
    things.sort_by(|a, b| compare(key(a), key(b), &free).unwrap_or(Ordering::Equal));
    Ok(())
}

fn int(result: Option<i64>) -> Result {
    result.map_or_else(|| error("integer overflow"), |number| Ok(Value::Int(number)))
}

fn uint(result: Option<u64>) -> Result {
    result.map_or_else(|| error("unsigned integer overflow"), |number| Ok(Value::UInt(number)))
}

/// A span of time that the server can hold: so many nanoseconds as 64 bits count.
pub fn duration(result: Option<TimeDelta>) -> Result {
    match result.filter(|span| span.num_nanoseconds().is_some()) {
        Some(span) => Ok(Value::Duration(span)),
        None => error("duration overflow"),
    }
}

/// A time that the server can hold: from the year 1 to 9999.
pub fn timestamp(result: Option<DateTime<FixedOffset>>) -> Result {
    match result.filter(|time| (1..=9999).contains(&time.to_utc().year())) {
        Some(time) => Ok(Value::Timestamp(time)),
        None => error("timestamp overflow"),
    }
}

pub fn arithmetic(name: &str, a: &Value, b: &Value, budget: &Budget) -> Result {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => of_ints(name, *a, *b),
        (Value::UInt(a), Value::UInt(b)) => of_uints(name, *a, *b),
        (Value::Float(a), Value::Float(b)) => of_doubles(name, *a, *b),
        _ if name == operators::ADD => sum(a, b, budget),
        (Value::Duration(a), Value::Duration(b)) if name == operators::SUBSTRACT => {
            duration(a.checked_sub(b))
        }
        (Value::Timestamp(time), Value::Duration(by)) if name == operators::SUBSTRACT => {
            timestamp(time.checked_sub_signed(*by))
        }
        (Value::Timestamp(a), Value::Timestamp(b)) if name == operators::SUBSTRACT => {
            duration(Some(a.signed_duration_since(*b)))
        }
        _ => none(name, a, b),
    }
}

fn none(name: &str, a: &Value, b: &Value) -> Result {
    no_overload(&format!("{} {name} {}", type_name(a), type_name(b)))
}

fn of_ints(name: &str, a: i64, b: i64) -> Result {
    match name {
        operators::DIVIDE if b == 0 => error("division by zero"),
        operators::MODULO if b == 0 => error("modulus by zero"),
        operators::ADD => int(a.checked_add(b)),
        operators::SUBSTRACT => int(a.checked_sub(b)),
        operators::MULTIPLY => int(a.checked_mul(b)),
        operators::DIVIDE => int(a.checked_div(b)),
        _ => int(a.checked_rem(b)),
    }
}

fn of_uints(name: &str, a: u64, b: u64) -> Result {
    match name {
        operators::DIVIDE if b == 0 => error("division by zero"),
        operators::MODULO if b == 0 => error("modulus by zero"),
        operators::ADD => uint(a.checked_add(b)),
        operators::SUBSTRACT => uint(a.checked_sub(b)),
        operators::MULTIPLY => uint(a.checked_mul(b)),
        operators::DIVIDE => uint(a.checked_div(b)),
        _ => uint(a.checked_rem(b)),
    }
}

fn of_doubles(name: &str, a: f64, b: f64) -> Result {
    Ok(Value::Float(match name {
        operators::ADD => a + b,
        operators::SUBSTRACT => a - b,
        operators::MULTIPLY => a * b,
        operators::DIVIDE => a / b,
        _ => return none(name, &Value::Float(a), &Value::Float(b)),
    }))
}

fn sum(a: &Value, b: &Value, budget: &Budget) -> Result {
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            budget.bytes(a.len() + b.len())?;
            Ok(text(&[a.as_str(), b.as_str()].concat()))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.bytes(a.len() + b.len())?;
            Ok(Value::Bytes(Arc::new([a.as_slice(), b.as_slice()].concat())))
        }
        (Value::List(a), Value::List(b)) => {
            budget.items(a.len() + b.len())?;
            Ok(Value::List(Arc::new([a.as_slice(), b.as_slice()].concat())))
        }
        (Value::Duration(a), Value::Duration(b)) => duration(a.checked_add(b)),
        (Value::Timestamp(time), Value::Duration(by))
        | (Value::Duration(by), Value::Timestamp(time)) => timestamp(time.checked_add_signed(*by)),
        _ => none(operators::ADD, a, b),
    }
}
