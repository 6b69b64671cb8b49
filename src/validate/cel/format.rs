//! `'...'.format([...])`.
//!
//! Source: `ext/formatting.go` of `cel-go`.

use std::fmt::Write as _;

use kube_cel::cel::Value;
use kube_cel::cel::objects::Key;

use super::budget::Budget;
use super::evaluate::{Result, error};
use super::operators::type_name;
use super::{Fault, functions, text};

/// How many digits gen writes behind a point.
const MOST_DIGITS: usize = 1_000;

/// A text with values in the place of its clauses.
pub fn format(pattern: &str, values: &[Value], budget: &Budget) -> Result {
    budget.bytes(pattern.len())?;
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
                (precision(digits)?, after)
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
        out.push_str(&formatted(verb, precision, value, budget)?);
    }
    out.push_str(rest);
    Ok(text(&out))
}

fn precision(digits: &str) -> Result<usize> {
    match digits.parse::<usize>() {
        Ok(precision) if precision <= MOST_DIGITS => Ok(precision),
        Ok(_) => Err(Fault::Unknown(format!("more than {MOST_DIGITS} digits"))),
        Err(_) => error("error while parsing formatting string"),
    }
}

fn formatted(verb: char, precision: usize, value: &Value, budget: &Budget) -> Result<String> {
    budget.bytes(precision)?;
    Ok(match (verb, value) {
        ('s', value) => shown(value, budget)?,
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
        ('x' | 'X', Value::String(content)) => in_hexadecimal(verb, content.as_bytes(), budget)?,
        ('x' | 'X', Value::Bytes(bytes)) => in_hexadecimal(verb, bytes, budget)?,
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

fn in_hexadecimal(verb: char, bytes: &[u8], budget: &Budget) -> Result<String> {
    budget.spend(bytes.len() as u64)?;
    Ok(bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = if verb == 'x' { write!(out, "{byte:02x}") } else { write!(out, "{byte:02X}") };
        out
    }))
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
fn shown(value: &Value, budget: &Budget) -> Result<String> {
    let mut out = String::new();
    match value {
        Value::String(content) => {
            budget.bytes(content.len())?;
            out.push_str(content);
        }
        other => write_shown(&mut out, other, budget)?,
    }
    Ok(out)
}

/// Writes what is no string as `%s` shows it.
fn write_shown(out: &mut String, value: &Value, budget: &Budget) -> Result<()> {
    budget.items(1)?;
    match value {
        Value::Null => out.push_str("null"),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_literal(out, item, budget)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            let entry = |(key, value): (&Key, &Value)| {
                let mut out = String::new();
                write_key(&mut out, key, budget)?;
                out.push(':');
                write_literal(&mut out, value, budget)?;
                // It is sorted, and written once more.
                budget.bytes(out.len())?;
                Ok(out)
            };
            let mut entries = map.map.iter().map(entry).collect::<Result<Vec<String>>>()?;
            entries.sort_unstable();
            out.push('{');
            out.push_str(&entries.join(", "));
            out.push('}');
        }
        Value::Bool(value) => write_plain(out, value),
        Value::Int(number) => write_plain(out, number),
        Value::UInt(number) => write_plain(out, number),
        Value::Function(name, _) => out.push_str(name),
        other => match functions::function("string", std::slice::from_ref(other), budget) {
            Some(Ok(Value::String(content))) => out.push_str(&content),
            _ => return error(format!("no %s of {}", type_name(other))),
        },
    }
    Ok(())
}

fn write_plain(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

fn write_key(out: &mut String, key: &Key, budget: &Budget) -> Result<()> {
    match key {
        Key::String(key) => write_quoted(out, key, budget)?,
        Key::Int(key) => write_plain(out, key),
        Key::Uint(key) => write_plain(out, key),
        Key::Bool(key) => write_plain(out, key),
    }
    Ok(())
}

/// Writes a value in a list or a map that `%s` shows.
fn write_literal(out: &mut String, value: &Value, budget: &Budget) -> Result<()> {
    let function = match value {
        Value::String(content) => return write_quoted(out, content, budget),
        Value::Float(number) => {
            budget.items(20)?;
            let _ = write!(out, "{number:.6}");
            return Ok(());
        }
        Value::Bytes(_) => "b",
        Value::Timestamp(_) => "timestamp",
        Value::Duration(_) => "duration",
        other => return write_shown(out, other, budget),
    };
    let content = shown(value, budget)?;
    let (open, close) = if function == "b" { ("", "") } else { ("(", ")") };
    out.push_str(function);
    out.push_str(open);
    write_quoted(out, &content, budget)?;
    out.push_str(close);
    Ok(())
}

/// As `%q` of Go for what people write.
fn write_quoted(out: &mut String, content: &str, budget: &Budget) -> Result<()> {
    budget.bytes(2 * content.len())?;
    out.push('"');
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
    out.push('"');
    Ok(())
}
