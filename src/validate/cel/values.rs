//! Values of expressions from trees.

#![expect(clippy::disallowed_types, reason = "the maps of CEL are hash maps; see `keys`")]

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use kube_cel::cel::Value;
use kube_cel::cel::objects::{Key, Map, Opaque, OptionalValue};

use super::times;
use crate::source::{Kind, NodeRef};

/// A value without a schema: maps, lists and scalars as they are.
#[must_use]
pub fn dynamic(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(node.text() == "true"),
        Kind::Int => match node.as_i64() {
            Some(number) => Value::Int(number),
            None => float(node),
        },
        Kind::Float => float(node),
        Kind::Str => text(node.text()),
        Kind::List => Value::List(Arc::new(node.items().map(dynamic).collect())),
        Kind::Map => map(node
            .entries()
            .map(|entry| (entry.key().unwrap_or_default().to_owned(), dynamic(entry)))),
    }
}

/// A string.
#[must_use]
pub fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

/// A map with strings for keys.
#[must_use]
pub fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (Key::String(Arc::new(key)), value));
    Value::Map(Map { map: Arc::new(entries.collect::<HashMap<_, _>>()) })
}

/// A number, whole or not.
#[must_use]
pub fn float(node: NodeRef<'_>) -> Value {
    Value::Float(node.text().parse().unwrap_or(f64::NAN))
}

/// A whole number that was written with a fraction or an exponent.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "an integer of JSON is below 2^53")]
pub fn whole_number(node: NodeRef<'_>) -> Value {
    Value::Int(node.text().parse::<f64>().unwrap_or_default() as i64)
}

/// A map with another value at a path, in maps that are made where there are none.
#[must_use]
pub fn with(value: &Value, path: &[&str], new: Value) -> Value {
    let Some((first, rest)) = path.split_first() else { return new };
    let mut entries = match value {
        Value::Map(map) => HashMap::clone(&map.map),
        _ => HashMap::new(),
    };
    let key = Key::String(Arc::new((*first).to_owned()));
    let inner = with(entries.get(&key).unwrap_or(&Value::Null), rest, new);
    entries.insert(key, inner);
    Value::Map(Map { map: Arc::new(entries) })
}

/// Stands where a value is that gen does not know.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Why it is not known.
    pub reason: String,
    /// Whether something is there for sure.
    pub is_there: bool,
}

impl Opaque for Unknown {
    fn runtime_type_name(&self) -> &'static str {
        "unknown"
    }
}

impl Unknown {
    /// The value if it is unknown.
    #[must_use]
    pub fn of(value: &Value) -> Option<&Self> {
        match value {
            Value::Opaque(value) => value.downcast_ref(),
            _ => None,
        }
    }
}

/// A value that gen does not know, for a reason. If nothing may be there at all, it cannot be
/// said either whether something is.
#[must_use]
pub fn unknown(reason: &str, is_there: bool) -> Value {
    Value::Opaque(Arc::new(Unknown { reason: reason.to_owned(), is_there }))
}

/// The optional that holds a value, or nothing.
#[must_use]
pub fn optional(value: Option<Value>) -> Value {
    Value::Opaque(Arc::new(value.map_or_else(OptionalValue::none, OptionalValue::of)))
}

/// A text of a format, named without hyphens: a time, a duration, bytes, or else a string.
#[must_use]
pub fn formatted(content: &str, format: &str) -> Value {
    let made = match format {
        "date" => times::timestamp(&format!("{content}T00:00:00Z")).ok(),
        "datetime" => times::timestamp(content).ok(),
        "duration" => times::duration(content).ok(),
        "byte" => base64::engine::general_purpose::STANDARD
            .decode(content)
            .ok()
            .map(|bytes| Value::Bytes(Arc::new(bytes))),
        _ => None,
    };
    made.unwrap_or_else(|| text(content))
}

/// The words of the language, which no identifier can be.
pub const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// What no identifier holds, and what stands for it.
const ESCAPES: [(&str, &str); 4] =
    [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

/// The name by which an expression reaches a property: what is no identifier of CEL is
/// escaped. `None` when it cannot be.
///
/// Source: `Escape` of `pkg/cel/escaping.go` of `k8s.io/apiserver`.
#[must_use]
pub fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let escape = ESCAPES.iter().find(|(plain, _)| rest.starts_with(plain));
        rest = &rest[escape.map_or(letter.len_utf8(), |(plain, _)| plain.len())..];
        match escape {
            Some((_, escaped)) => out.push_str(escaped),
            None if letter.is_ascii_alphanumeric() || letter == '_' => out.push(letter),
            None => return None,
        }
    }
    Some(out)
}

/// The property that an expression reaches by a name; `None` when there can be none, since each
/// has but one name.
///
/// Source: `Unescape` of `pkg/cel/escaping.go` of `k8s.io/apiserver`.
#[must_use]
pub fn unescape(name: &str) -> Option<String> {
    let reserved = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(word) = reserved.filter(|word| RESERVED.contains(word)) {
        return Some(word.to_owned());
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let escape = ESCAPES.iter().find(|(_, escaped)| rest.starts_with(escaped));
        let (plain, length) =
            escape.map_or((&rest[..letter.len_utf8()], letter.len_utf8()), |it| (it.0, it.1.len()));
        out.push_str(plain);
        rest = &rest[length..];
    }
    (escape(&out).as_deref() == Some(name)).then_some(out)
}
