//! Functions whose results would differ from those of the server in the libraries of others.
//!
//! Source: `common/types`, `ext/strings.go` and `ext/formatting.go` of `cel-go`;
//! `pkg/cel/library` of `k8s.io/apiserver`.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, TimeDelta, Timelike};
use kube_cel::cel::Value;
use kube_cel::cel::objects::{Key, Opaque, OptionalValue};

use super::evaluate::{Result, error, no_overload, type_name};
use super::url::Url;
use super::{Fault, text};
use crate::k8s::Version;
use crate::validate::custom::format;

/// A function without a receiver; `None` where that of the libraries does.
pub fn function(name: &str, arguments: &[Value]) -> Option<Result> {
    let [argument] = arguments else { return None };
    Some(match (name, argument) {
        ("string", Value::Float(number)) => Ok(text(&float(*number))),
        ("string", Value::Duration(duration)) => Ok(text(&seconds(*duration))),
        ("string", Value::Timestamp(time)) => Ok(text(&rfc3339(time))),
        ("string", Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(content) => Ok(text(content)),
            Err(_) => error("invalid UTF-8 in bytes, cannot convert to string"),
        },
        ("int", value) => int(value),
        ("uint", value) => match int(value) {
            _ if matches!(value, Value::UInt(_)) => Ok(value.clone()),
            Ok(Value::Int(number)) => match u64::try_from(number) {
                Ok(number) => Ok(Value::UInt(number)),
                Err(_) => error("unsigned integer overflow"),
            },
            other => other,
        },
        ("double", Value::String(number)) => match number.parse() {
            Ok(number) => Ok(Value::Float(number)),
            Err(_) => conversion("string", "double"),
        },
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

/// A form that texts may have.
#[derive(Debug, PartialEq, Eq)]
struct Format(&'static str);

impl Opaque for Format {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.NamedFormat"
    }
}

/// `format.NAME()`; `None` where that of the libraries does.
pub fn format_named(name: &str) -> Option<Value> {
    const FORMATS: [&str; 5] = ["uri", "uuid", "byte", "date", "datetime"];
    let name = FORMATS.iter().find(|format| **format == name)?;
    Some(Value::Opaque(Arc::new(Format(name))))
}

fn validate(format: &Format, content: &str) -> Value {
    let fits = match format.0 {
        "uri" => Url::parse(content).is_some(),
        name => format::fits(name, content, Version::default()) == Some(true),
    };
    let message = match format.0 {
        "uuid" => "does not match the UUID format".to_owned(),
        "byte" => "invalid base64".to_owned(),
        name => format!("invalid {name}"),
    };
    let problems = (!fits).then(|| list(&[message]));
    Value::Opaque(Arc::new(problems.map_or_else(OptionalValue::none, OptionalValue::of)))
}

/// A function of a value; `None` where that of the libraries does.
pub fn method(target: &Value, name: &str, arguments: &[Value]) -> Option<Result> {
    if let (Value::Opaque(value), []) = (target, arguments)
        && let Some(url) = value.downcast_ref::<Url>()
    {
        return url.part(name).map(Ok);
    }
    if let (Value::Opaque(value), "validate", [Value::String(content)]) = (target, name, arguments)
        && let Some(format) = value.downcast_ref::<Format>()
    {
        return Some(Ok(validate(format, content)));
    }
    Some(match (target, name, arguments) {
        (Value::String(content), "split", [Value::String(at), rest @ ..]) => {
            let most = match rest {
                [] => None,
                [Value::Int(most)] => usize::try_from(*most).ok(),
                _ => return Some(no_overload("split")),
            };
            Ok(list(&split(content, at, most)))
        }
        (Value::String(pattern), "format", [Value::List(values)]) => {
            formatted_with(pattern, values)
        }
        (Value::List(items), "sum", []) if matches!(items.first(), Some(Value::Duration(_))) => {
            let mut sum = TimeDelta::zero();
            for item in items.iter() {
                let Value::Duration(one) = item else { return Some(no_overload("sum")) };
                match sum.checked_add(one) {
                    Some(next) => sum = next,
                    None => return Some(error("duration overflow")),
                }
            }
            Ok(Value::Duration(sum))
        }
        (Value::Timestamp(time), _, _) => return part_of_time(time, name, arguments),
        _ => return None,
    })
}

fn list(items: &[String]) -> Value {
    Value::List(Arc::new(items.iter().map(|item| text(item)).collect()))
}

fn conversion<T>(from: &str, to: &str) -> Result<T> {
    error(format!("type conversion error from '{from}' to '{to}'"))
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

fn seconds(duration: TimeDelta) -> String {
    let nanos =
        i128::from(duration.num_seconds()) * 1_000_000_000 + i128::from(duration.subsec_nanos());
    #[expect(clippy::cast_precision_loss, reason = "as Go divides")]
    let seconds = nanos as f64 / 1e9;
    format!("{seconds}s")
}

fn rfc3339(time: &DateTime<FixedOffset>) -> String {
    let zulu = time.offset().local_minus_utc() == 0;
    let whole = time.to_rfc3339_opts(SecondsFormat::Nanos, zulu);
    // Go leaves out what is nothing at the end of the fraction.
    let (head, rest) = whole.split_at(19);
    let (fraction, zone) = rest.split_at(10);
    format!("{head}{}{zone}", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// Whether the prefix of a network is written with a sign or a zero before it.
fn has_odd_prefix(block: &str) -> bool {
    block.split_once('/').is_some_and(|(_, prefix)| {
        prefix.starts_with('+') || prefix.len() > 1 && prefix.starts_with('0')
    })
}

/// As `strings.SplitN` of Go; `most` is none for all.
fn split(content: &str, at: &str, most: Option<usize>) -> Vec<String> {
    if most == Some(0) {
        return Vec::new();
    }
    if !at.is_empty() {
        return match most {
            Some(most) => content.splitn(most, at).map(str::to_owned).collect(),
            None => content.split(at).map(str::to_owned).collect(),
        };
    }
    let most = most.unwrap_or(usize::MAX);
    let mut out: Vec<String> = Vec::new();
    for letter in content.chars() {
        let is_full = out.len() == most;
        match out.last_mut().filter(|_| is_full) {
            Some(last) => last.push(letter),
            None => out.push(letter.to_string()),
        }
    }
    out
}

fn part_of_time(time: &DateTime<FixedOffset>, name: &str, arguments: &[Value]) -> Option<Result> {
    let part = |time: DateTime<FixedOffset>| {
        Some(i64::from(match name {
            "getFullYear" => time.year(),
            "getMonth" => i32::try_from(time.month0()).ok()?,
            "getDate" => i32::try_from(time.day()).ok()?,
            "getDayOfMonth" => i32::try_from(time.day0()).ok()?,
            "getDayOfWeek" => i32::try_from(time.weekday().num_days_from_sunday()).ok()?,
            "getDayOfYear" => i32::try_from(time.ordinal0()).ok()?,
            "getHours" => i32::try_from(time.hour()).ok()?,
            "getMinutes" => i32::try_from(time.minute()).ok()?,
            "getSeconds" => i32::try_from(time.second()).ok()?,
            "getMilliseconds" => i32::try_from(time.timestamp_subsec_millis()).ok()?,
            _ => return None,
        }))
    };
    let utc = FixedOffset::east_opt(0)?;
    let number = part(time.with_timezone(&utc))?;
    Some(match arguments {
        [] => Ok(Value::Int(number)),
        [Value::String(zone)] => match offset(zone) {
            Some(zone) => Ok(Value::Int(part(time.with_timezone(&zone))?)),
            None => Err(Fault::Unknown(format!("what time it is in `{zone}`"))),
        },
        _ => no_overload(name),
    })
}

/// A zone that is always as far from UTC.
fn offset(zone: &str) -> Option<FixedOffset> {
    if matches!(zone, "" | "UTC") {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (hours, minutes) = digits.split_once(':')?;
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    FixedOffset::east_opt(sign * seconds)
}

/// `'...'.format([...])`.
fn formatted_with(pattern: &str, values: &[Value]) -> Result {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = match after.strip_prefix('.') {
            Some(after) => {
                let end = after.find(|letter: char| !letter.is_ascii_digit());
                let (digits, after) = after.split_at(end.unwrap_or(after.len()));
                let Ok(precision) = digits.parse::<usize>() else {
                    return error("error while parsing formatting string");
                };
                (precision, after)
            }
            None => (6, after),
        };
        let Some(verb) = after.chars().next() else {
            return error("unexpected end of string");
        };
        rest = &after[verb.len_utf8()..];
        let Some(value) = values.next() else {
            return error("too few arguments to format");
        };
        out.push_str(&formatted(verb, precision, value)?);
    }
    out.push_str(rest);
    Ok(text(&out))
}

fn formatted(verb: char, precision: usize, value: &Value) -> Result<String> {
    Ok(match (verb, value) {
        ('s', value) => shown(value)?,
        ('d', Value::Int(number)) => number.to_string(),
        ('d', Value::UInt(number)) => number.to_string(),
        ('f', Value::Float(number)) => grouped(&format!("{number:.precision$}")),
        ('e', Value::Float(number)) => {
            // What is said of the precision is taken for a width.
            let text = format!("{number:.6e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let text = format!("{digits}×10{}", superscript(exponent));
            format!("{text:>precision$}")
        }
        ('b', Value::Bool(value)) => u8::from(*value).to_string(),
        ('b' | 'o' | 'x' | 'X', Value::Int(number)) => {
            let sign = if *number < 0 { "-" } else { "" };
            format!("{sign}{}", in_base(verb, number.unsigned_abs()))
        }
        ('b' | 'o' | 'x' | 'X', Value::UInt(number)) => in_base(verb, *number),
        ('x' | 'X', Value::String(content)) => in_hexadecimal(verb, content.as_bytes()),
        ('x' | 'X', Value::Bytes(bytes)) => in_hexadecimal(verb, bytes),
        ('d' | 'f' | 'e' | 'b' | 'o' | 'x' | 'X', other) => {
            return error(format!("no %{verb} of {}", type_name(other)));
        }
        _ => return error(format!("unrecognized formatting clause \"{verb}\"")),
    })
}

fn in_base(verb: char, number: u64) -> String {
    match verb {
        'b' => format!("{number:b}"),
        'o' => format!("{number:o}"),
        'x' => format!("{number:x}"),
        _ => format!("{number:X}"),
    }
}

fn in_hexadecimal(verb: char, bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = if verb == 'x' { write!(out, "{byte:02x}") } else { write!(out, "{byte:02X}") };
        out
    })
}

/// With a comma between thousands, as in English.
fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn superscript(exponent: &str) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ("⁻", digits),
        None => ("", exponent),
    };
    let raised = |digit: char| digit.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
    sign.to_owned() + &format!("{digits:0>2}").chars().filter_map(raised).collect::<String>()
}

/// `%s`.
fn shown(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::List(items) => {
            let items: Result<Vec<String>> = items.iter().map(literal).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&Key, &Value)| {
                let key = match key {
                    Key::String(key) => quoted(key),
                    Key::Int(key) => key.to_string(),
                    Key::Uint(key) => key.to_string(),
                    Key::Bool(key) => key.to_string(),
                };
                Ok(format!("{key}:{}", literal(value)?))
            };
            let mut entries = map.map.iter().map(entry).collect::<Result<Vec<String>>>()?;
            entries.sort_unstable();
            format!("{{{}}}", entries.join(", "))
        }
        Value::String(content) => content.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Function(..) => type_of(value),
        other => match function("string", std::slice::from_ref(other)) {
            Some(Ok(Value::String(content))) => content.to_string(),
            _ => return error(format!("no %s of {}", type_name(other))),
        },
    })
}

fn type_of(value: &Value) -> String {
    match value {
        Value::Function(name, _) => name.to_string(),
        other => type_name(other).to_owned(),
    }
}

/// A value in a list or a map that `%s` shows.
fn literal(value: &Value) -> Result<String> {
    Ok(match value {
        Value::String(content) => quoted(content),
        Value::Bytes(_) => format!("b{}", quoted(&shown(value)?)),
        Value::Timestamp(_) => format!("timestamp({})", quoted(&shown(value)?)),
        Value::Duration(_) => format!("duration({})", quoted(&shown(value)?)),
        Value::Float(number) => format!("{number:.6}"),
        other => shown(other)?,
    })
}

/// As `%q` of Go for what people write.
fn quoted(content: &str) -> String {
    let mut out = String::from('"');
    for letter in content.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            letter => out.push(letter),
        }
    }
    out + "\""
}
