//! What literals mean.
//!
//! Source: `parser/unescape.go` and `VisitInt` and so on of `parser/parser.go` of `cel-go`.

use std::sync::Arc;

use kube_cel::cel::Value;

use super::lexer::{Kind, Token, escape};

/// The value of a word with a sign before it, which only a number has; `None` for what is no
/// literal.
pub fn literal(token: Token<'_>, sign: &str) -> Option<Result<Value, &'static str>> {
    let text = token.text;
    Some(match (token.kind, text) {
        (Kind::Int, _) => int(text, sign),
        (Kind::Uint, _) => uint(&text[..text.len() - 1]),
        (Kind::Double, _) => double(&format!("{sign}{text}")),
        (Kind::String, _) => unquoted(text, false)
            .map(|bytes| Value::String(Arc::new(String::from_utf8_lossy(&bytes).into_owned()))),
        (Kind::Bytes, _) => unquoted(text, true).map(|bytes| Value::Bytes(Arc::new(bytes))),
        (Kind::Sign, "true") => Ok(Value::Bool(true)),
        (Kind::Sign, "false") => Ok(Value::Bool(false)),
        (Kind::Sign, "null") => Ok(Value::Null),
        _ => return None,
    })
}

fn int(text: &str, sign: &str) -> Result<Value, &'static str> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(&format!("{sign}{digits}"), 16),
        None => format!("{sign}{text}").parse(),
    };
    number.map(Value::Int).map_err(|_| "invalid int literal")
}

fn uint(digits: &str) -> Result<Value, &'static str> {
    let number = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.map(Value::UInt).map_err(|_| "invalid uint literal")
}

fn double(text: &str) -> Result<Value, &'static str> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Value::Float).ok_or("invalid double literal")
}

/// What quotes hold.
fn unquoted(text: &str, is_bytes: bool) -> Result<Vec<u8>, &'static str> {
    let text = if is_bytes { &text[1..] } else { text };
    let (is_raw, text) = match text.strip_prefix(['r', 'R']) {
        Some(text) => (true, text),
        None => (false, text),
    };
    let is_long = text.len() >= 6 && (text.starts_with("'''") || text.starts_with("\"\"\""));
    let quotes = if is_long { 3 } else { 1 };
    let content = &text[quotes..text.len() - quotes];
    let content = content.replace("\r\n", "\n").replace('\r', "\n");
    if is_raw { Ok(content.into_bytes()) } else { unescaped(&content, is_bytes) }
}

fn unescaped(content: &str, is_bytes: bool) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((before, escaped)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let length = escape(escaped).ok_or("unable to unescape string")?;
        let (escape, after) = escaped.split_at(length);
        push(&mut out, escape, is_bytes)?;
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Writes what follows a backslash.
fn push(out: &mut Vec<u8>, escape: &str, is_bytes: bool) -> Result<(), &'static str> {
    let code = match escape.as_bytes()[0] {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => 10,
        b'r' => 13,
        b't' => 9,
        b'v' => 11,
        b'u' | b'U' if is_bytes => return Err("unable to unescape string"),
        b'x' | b'X' | b'u' | b'U' => u32::from_str_radix(&escape[1..], 16).unwrap_or(u32::MAX),
        b'0'..=b'3' => u32::from_str_radix(escape, 8).unwrap_or(u32::MAX),
        itself => u32::from(itself),
    };
    if is_bytes {
        out.extend(u8::try_from(code));
        return Ok(());
    }
    let letter = char::from_u32(code).ok_or("invalid unicode code point")?;
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_mean_what_they_mean_to_the_server() {
        let of = |text: &str| unquoted(text, false).map(|bytes| String::from_utf8(bytes).ok());
        let is = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(of(r#"'\"\'\\\n\x41\101\u00e9\U0001F600'"#), is("\"'\\\nAAé😀"));
        assert_eq!(of(r"r'\n'"), is("\\n"));
        assert_eq!(of("'''a\r\nb'''"), is("a\nb"));
        assert_eq!(of(r"'\ud800'"), Err("invalid unicode code point"));
        assert_eq!(unquoted(r"b'\xff\377é'", true), Ok(vec![255, 255, 0xc3, 0xa9]));
        assert_eq!(unquoted(r"b'\u0041'", true), Err("unable to unescape string"));
    }
}
