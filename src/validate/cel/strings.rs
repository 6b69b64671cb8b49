//! Functions of strings.
//!
//! Source: `ext/strings.go` of `cel-go`; `pkg/cel/library/regex.go` of `k8s.io/apiserver`.

use std::sync::Arc;

use kube_cel::cel::Value;

use super::budget::Budget;
use super::evaluate::{Result, error, no_overload};
use super::format::format;
use super::operators::length;
use super::{Fault, short, text};
use crate::validate::custom::Pattern;

/// A function of a string; `None` where it has none of that name.
pub fn method(content: &str, name: &str, arguments: &[Value], budget: &Budget) -> Option<Result> {
    if let Err(fault) = budget.bytes(content.len()) {
        return Some(Err(fault));
    }
    Some(match (name, arguments) {
        ("contains", [Value::String(part)]) => Ok(Value::Bool(content.contains(part.as_str()))),
        ("startsWith", [Value::String(part)]) => {
            Ok(Value::Bool(content.starts_with(part.as_str())))
        }
        ("endsWith", [Value::String(part)]) => Ok(Value::Bool(content.ends_with(part.as_str()))),
        ("matches", [Value::String(pattern)]) => matches(content, pattern, budget),
        ("find", [Value::String(pattern)]) => find(content, pattern, budget),
        ("findAll", [Value::String(pattern)]) => find_all(content, pattern, -1, budget),
        ("findAll", [Value::String(pattern), Value::Int(most)]) => {
            find_all(content, pattern, *most, budget)
        }
        ("contains" | "startsWith" | "endsWith" | "matches" | "find" | "findAll", _) => {
            no_overload(name)
        }
        ("charAt", [Value::Int(index)]) => char_at(content, *index),
        ("indexOf", [Value::String(part)]) => index_of(content, part, 0, budget),
        ("indexOf", [Value::String(part), Value::Int(from)]) => {
            index_of(content, part, *from, budget)
        }
        ("lastIndexOf", [Value::String(part)]) => last_index_of(content, part, None, budget),
        ("lastIndexOf", [Value::String(part), Value::Int(from)]) => {
            last_index_of(content, part, Some(*from), budget)
        }
        ("lowerAscii", []) => Ok(text(&content.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(text(&content.to_ascii_uppercase())),
        ("trim", []) => Ok(text(content.trim())),
        ("reverse", []) => Ok(text(&content.chars().rev().collect::<String>())),
        ("replace", [Value::String(old), Value::String(new)]) => {
            replace(content, old, new, -1, budget)
        }
        ("replace", [Value::String(old), Value::String(new), Value::Int(most)]) => {
            replace(content, old, new, *most, budget)
        }
        ("split", [Value::String(at)]) => split(content, at, -1, budget),
        ("split", [Value::String(at), Value::Int(most)]) => split(content, at, *most, budget),
        ("substring", [Value::Int(start)]) => substring(content, *start, None),
        ("substring", [Value::Int(start), Value::Int(end)]) => {
            substring(content, *start, Some(*end))
        }
        ("format", [Value::List(values)]) => format(content, values, budget),
        _ => return None,
    })
}

/// `strings.quote(TEXT)`.
pub fn quote(content: &str, budget: &Budget) -> Result {
    budget.bytes(2 * content.len())?;
    let mut out = String::with_capacity(content.len() + 2);
    out.push('"');
    for letter in content.chars() {
        match letter {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            letter => out.push(letter),
        }
    }
    out.push('"');
    Ok(text(&out))
}

/// A pattern, compiled; its size is paid for.
fn compiled(pattern: &str, budget: &Budget) -> Result<Pattern> {
    budget.bytes(pattern.len())?;
    let compiled = Pattern::new(pattern);
    if compiled.is_too_large() {
        return Err(Fault::Unknown(format!("the pattern `{}` is too large", short(pattern))));
    }
    budget.spend(compiled.cost_to_compile())?;
    if compiled.is_sound() {
        Ok(compiled)
    } else {
        Err(Fault::Unknown(format!("the pattern `{}`", short(pattern))))
    }
}

fn matches(content: &str, pattern: &str, budget: &Budget) -> Result {
    let pattern = compiled(pattern, budget)?;
    budget.spend(pattern.cost(content))?;
    Ok(Value::Bool(pattern.is_match(content) == Some(true)))
}

fn find(content: &str, pattern: &str, budget: &Budget) -> Result {
    let pattern = compiled(pattern, budget)?;
    budget.spend(pattern.cost(content))?;
    Ok(text(pattern.find_at(content, 0).map_or("", |found| &content[found])))
}

/// As `FindAllString` of Go: an empty match right behind another is none. Below zero is all.
fn find_all(content: &str, pattern: &str, most: i64, budget: &Budget) -> Result {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let pattern = compiled(pattern, budget)?;
    let mut all = Vec::new();
    let (mut start, mut end) = (0, None);
    while start <= content.len() && all.len() < most {
        budget.spend(pattern.cost(&content[start..]))?;
        let Some(found) = pattern.find_at(content, start) else { break };
        let step = content[found.end..].chars().next().map_or(1, char::len_utf8);
        start = if found.is_empty() { found.end + step } else { found.end };
        if !found.is_empty() || end != Some(found.end) {
            budget.items(2)?;
            all.push(text(&content[found.clone()]));
        }
        end = Some(found.end);
    }
    Ok(Value::List(Arc::new(all)))
}

fn out_of_range<T>(index: i64) -> Result<T> {
    error(format!("index out of range: {index}"))
}

/// The byte at which a letter stands, or the end of the text.
fn byte_of(content: &str, letter: i64) -> Result<usize> {
    let ends = content.char_indices().map(|(at, _)| at).chain([content.len()]);
    let at = usize::try_from(letter).ok().and_then(|letter| ends.clone().nth(letter));
    at.map_or_else(|| out_of_range(letter), Ok)
}

fn char_at(content: &str, index: i64) -> Result {
    let at = byte_of(content, index)?;
    Ok(content[at..]
        .chars()
        .next()
        .map_or_else(|| text(""), |it| text(it.encode_utf8(&mut [0; 4]))))
}

fn substring(content: &str, start: i64, end: Option<i64>) -> Result {
    if end.is_some_and(|end| start > end) {
        return error(format!(
            "invalid substring range. start: {start}, end: {}",
            end.unwrap_or_default()
        ));
    }
    let from = byte_of(content, start)?;
    let to = end.map_or(Ok(content.len()), |end| byte_of(content, end))?;
    Ok(text(&content[from..to]))
}

/// How many letters stand before a byte.
fn letters_before(content: &str, at: usize) -> Value {
    length(content[..at].chars().count())
}

fn index_of(content: &str, part: &str, from: i64, budget: &Budget) -> Result {
    if part.is_empty() {
        return Ok(Value::Int(from));
    } else if from < 0 {
        return out_of_range(from);
    }
    budget.bytes(part.len())?;
    let Ok(start) = byte_of(content, from) else { return Ok(Value::Int(-1)) };
    let found = content[start..].find(part);
    Ok(found.map_or(Value::Int(-1), |at| letters_before(content, start + at)))
}

fn last_index_of(content: &str, part: &str, from: Option<i64>, budget: &Budget) -> Result {
    let last = i64::try_from(content.chars().count()).unwrap_or(i64::MAX) - 1;
    if part.is_empty() {
        return Ok(Value::Int(from.unwrap_or(last + 1)));
    }
    budget.bytes(part.len())?;
    let from = match from {
        None if content.len() < part.len() => return Ok(Value::Int(-1)),
        None => last,
        Some(from) if from < 0 => return out_of_range(from),
        Some(from) if from > last => return Ok(Value::Int(-1)),
        Some(from) => from,
    };
    // It may begin at that letter, and end behind it.
    let end = (byte_of(content, from)? + part.len()).min(content.len());
    let end = (end..=content.len()).find(|end| content.is_char_boundary(*end));
    let found = content[..end.unwrap_or(content.len())].rfind(part);
    Ok(found.map_or(Value::Int(-1), |at| letters_before(content, at)))
}

fn replace(content: &str, old: &str, new: &str, most: i64, budget: &Budget) -> Result {
    budget.bytes(old.len())?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found = content.matches(old).take(most).count();
    budget.bytes(content.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(text(&content.replacen(old, new, most)))
}

/// As `strings.SplitN` of Go; below zero is all.
fn split(content: &str, at: &str, most: i64, budget: &Budget) -> Result {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Value::List(Arc::default()));
    }
    budget.bytes(at.len())?;
    let found = if at.is_empty() { content.len() } else { content.matches(at).count() };
    // Each is a string of its own.
    budget.items(2 * found.saturating_add(1).min(most))?;
    let parts: Vec<Value> = if at.is_empty() {
        letters(content, most).into_iter().map(text).collect()
    } else {
        content.splitn(most, at).map(text).collect()
    };
    Ok(Value::List(Arc::new(parts)))
}

/// Each letter, and in the last place all that are left.
fn letters(content: &str, most: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = content;
    while let Some(letter) = rest.chars().next() {
        let end = if out.len() + 1 == most { rest.len() } else { letter.len_utf8() };
        let (first, after) = rest.split_at(end);
        out.push(first);
        rest = after;
    }
    out
}
