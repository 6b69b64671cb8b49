//! Functions whose results would differ from those of the server in the libraries of others, or
//! that may take more there than they are worth.
//!
//! Source: `common/types` and `ext` of `cel-go`; `pkg/cel/library` of `k8s.io/apiserver`.

use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::objects::{Opaque, OptionalValue};

use super::budget::Budget;
use super::evaluate::{Result, error, no_overload};
use super::operators::{plain, type_name};
use super::quantity::{Amount, is_quantity, quantity};
use super::url::Url;
use super::{library, lists, short, strings, text, times};
use crate::k8s::Version;
use crate::validate::custom::format;

/// A function without a receiver; `None` where that of the libraries does.
pub fn function(name: &str, arguments: &[Value], budget: &Budget) -> Option<Result> {
    if let ("semver", [Value::String(version), ..]) = (name, arguments) {
        return Some(semver(version, arguments, budget));
    }
    if let ("matches", [Value::String(content), rest @ ..]) = (name, arguments) {
        return strings::method(content, name, rest, budget);
    }
    let [argument] = arguments else { return None };
    if let Value::String(content) = argument
        && let Err(fault) = budget.bytes(content.len())
    {
        return Some(Err(fault));
    }
    Some(match (name, argument) {
        ("bool", Value::Bool(_)) | ("string", Value::String(_)) => Ok(argument.clone()),
        ("bool", Value::String(value)) => bool(value),
        ("string", value) => return string(value, budget),
        ("int", value) => int(value),
        ("uint", value) => uint(value),
        ("double", Value::String(number)) => match number.parse() {
            Ok(number) => Ok(Value::Float(number)),
            Err(_) => conversion("string", "double"),
        },
        ("duration", Value::String(span)) => times::duration(span),
        ("timestamp", Value::String(time)) => times::timestamp(time),
        ("quantity", Value::String(amount)) => quantity(amount),
        ("sign", Value::Opaque(amount)) => {
            return amount.downcast_ref::<Amount>().map(|it| Ok(it.sign()));
        }
        ("isQuantity", Value::String(amount)) => Ok(Value::Bool(is_quantity(amount))),
        ("isURL", Value::String(address)) => Ok(Value::Bool(Url::parse(address).is_some())),
        ("url", Value::String(address)) => match Url::parse(address) {
            Some(url) => Ok(Value::Opaque(Arc::new(url))),
            None => error("URL parse error during conversion from string"),
        },
        ("isCIDR", Value::String(block)) if has_odd_prefix(block) => Ok(Value::Bool(false)),
        ("cidr", Value::String(block)) if has_odd_prefix(block) => {
            error("network address parse error during conversion from string")
        }
        _ => return None,
    })
}

/// A function of a library; `None` where that of the libraries of others does.
pub fn qualified(
    library: &str,
    name: &str,
    arguments: &[Value],
    budget: &Budget,
) -> Option<Result> {
    match (library, name, arguments) {
        ("format", name, []) => format_named(name).map(Ok),
        ("strings", "quote", [Value::String(content)]) => Some(strings::quote(content, budget)),
        _ => lists::qualified(library, name, arguments, budget),
    }
}

/// A version; where it was built makes no difference.
fn semver(version: &str, arguments: &[Value], budget: &Budget) -> Result {
    let mut arguments = arguments.to_vec();
    let valid = library::function("semver", &arguments, budget)?;
    let Some((version, _)) = version.split_once('+') else { return Ok(valid) };
    arguments[0] = text(version);
    library::function("semver", &arguments, budget)
}

/// A form that texts may have.
#[derive(Debug, PartialEq, Eq)]
struct Format(&'static str);

impl Opaque for Format {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.NamedFormat"
    }
}

/// `format.NAME()`.
fn format_named(name: &str) -> Option<Value> {
    const FORMATS: [&str; 5] = ["uri", "uuid", "byte", "date", "datetime"];
    let name = FORMATS.iter().find(|format| **format == name)?;
    Some(Value::Opaque(Arc::new(Format(name))))
}

fn validate(format: &Format, content: &str, budget: &Budget) -> Result {
    budget.spend(content.len() as u64)?;
    let fits = match format.0 {
        "uri" => Url::parse(content).is_some(),
        name => format::fits(name, content, Version::default()) == Some(true),
    };
    let message = match format.0 {
        "uuid" => "does not match the UUID format".to_owned(),
        "byte" => "invalid base64".to_owned(),
        name => format!("invalid {name}"),
    };
    let problems = (!fits).then(|| Value::List(Arc::new(vec![text(&message)])));
    Ok(Value::Opaque(Arc::new(problems.map_or_else(OptionalValue::none, OptionalValue::of))))
}

/// A function of a value; `None` where that of the libraries does.
pub fn method(target: &Value, name: &str, arguments: &[Value], budget: &Budget) -> Option<Result> {
    match target {
        Value::String(content) => strings::method(content, name, arguments, budget),
        Value::List(items) => lists::method(items, name, arguments, budget),
        Value::Timestamp(time) => times::part_of_time(time, name, arguments),
        Value::Opaque(value) => of_opaque(value.as_ref(), name, arguments, budget),
        _ => None,
    }
}

fn of_opaque(
    value: &dyn Opaque,
    name: &str,
    arguments: &[Value],
    budget: &Budget,
) -> Option<Result> {
    if let (Some(url), []) = (value.downcast_ref::<Url>(), arguments) {
        return url.part(name, budget);
    }
    if let Some(amount) = value.downcast_ref::<Amount>() {
        return amount.method(name, arguments);
    }
    let format = value.downcast_ref::<Format>()?;
    match (name, arguments) {
        ("validate", [Value::String(content)]) => Some(validate(format, content, budget)),
        _ => None,
    }
}

fn conversion<T>(from: &str, to: &str) -> Result<T> {
    error(format!("type conversion error from '{from}' to '{to}'"))
}

fn bool(value: &str) -> Result {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
        other => conversion(&short(other), "bool"),
    }
}

/// `string(VALUE)` of what is no string.
fn string(value: &Value, budget: &Budget) -> Option<Result> {
    Some(Ok(text(&match value {
        Value::Int(_) | Value::UInt(_) | Value::Bool(_) => plain(value),
        Value::Float(number) => float(*number),
        Value::Duration(duration) => times::seconds(*duration),
        Value::Timestamp(time) => times::rfc3339(time),
        Value::Bytes(bytes) => {
            if let Err(fault) = budget.bytes(bytes.len()) {
                return Some(Err(fault));
            }
            match std::str::from_utf8(bytes) {
                Ok(content) => content.to_owned(),
                Err(_) => {
                    return Some(error("invalid UTF-8 in bytes, cannot convert to string"));
                }
            }
        }
        _ => return None,
    })))
}

fn uint(value: &Value) -> Result {
    match int(value) {
        _ if matches!(value, Value::UInt(_)) => Ok(value.clone()),
        Ok(Value::Int(number)) => match u64::try_from(number) {
            Ok(number) => Ok(Value::UInt(number)),
            Err(_) => error("unsigned integer overflow"),
        },
        other => other,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
#[expect(clippy::cast_precision_loss, reason = "as Go compares")]
fn int(value: &Value) -> Result {
    match value {
        Value::Int(_) => Ok(value.clone()),
        Value::UInt(number) => match i64::try_from(*number) {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => error("integer overflow"),
        },
        Value::Float(number) if *number > i64::MIN as f64 && *number < i64::MAX as f64 => {
            Ok(Value::Int(*number as i64))
        }
        Value::Float(_) => error("integer overflow"),
        Value::String(number) => match number.parse() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => conversion("string", "int"),
        },
        Value::Timestamp(time) => Ok(Value::Int(time.timestamp())),
        other => no_overload(&format!("int({})", type_name(other))),
    }
}

/// As Go writes a number: the shortest that is read as the same one, with an exponent where it
/// is small or large.
fn float(number: f64) -> String {
    if !number.is_finite() {
        return match number {
            _ if number.is_nan() => "NaN",
            _ if number > 0.0 => "+Inf",
            _ => "-Inf",
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Whether the prefix of a network is written with a sign or a zero before it.
fn has_odd_prefix(block: &str) -> bool {
    block.split_once('/').is_some_and(|(_, prefix)| {
        prefix.starts_with('+') || prefix.len() > 1 && prefix.starts_with('0')
    })
}
