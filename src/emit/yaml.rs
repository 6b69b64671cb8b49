//! Trees to YAML that no reader can misread.
//!
//! kubectl reads YAML 1.1 as go-yaml v2 does, other tools read YAML 1.2. What is written here
//! means the same to all of them: text that any reader would take for something else is quoted,
//! floats have a point, lines are never wrapped, and nothing depends on a tag or an anchor.
//! The layout is that of `kubectl get -o yaml`: two blanks a level, list items at the indentation
//! of their key.

use crate::source::{Kind, NodeRef, is_text_to_all};

/// Keys longer than this are written in their explicit form: a reader looks for the `:` of the
/// short form within 1,024 characters only.
const LONGEST_SHORT_KEY: usize = 1000;

/// Writes one document; ends with a line end.
pub fn write_document(root: NodeRef<'_>, out: &mut String) {
    match root.kind() {
        Kind::Map if !root.is_empty() => map(root, 0, false, out),
        Kind::List if !root.is_empty() => list(root, 0, false, out),
        _ => {
            inline(root, out);
            out.push('\n');
        }
    }
}

/// Writes documents as one stream, with `---` between them.
#[must_use]
pub fn stream<'t>(documents: impl IntoIterator<Item = NodeRef<'t>>) -> String {
    let mut out = String::new();
    for document in documents {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        write_document(document, &mut out);
    }
    out
}

/// Writes the entries of a map at an indentation; `started` when the first stands behind a dash.
fn map(node: NodeRef<'_>, indent: usize, mut started: bool, out: &mut String) {
    for entry in node.entries() {
        if !std::mem::take(&mut started) {
            pad(indent, out);
        }
        key(entry.key().unwrap_or_default(), indent, out);
        match entry.kind() {
            Kind::Map if !entry.is_empty() => {
                out.push('\n');
                map(entry, indent + 2, false, out);
            }
            Kind::List if !entry.is_empty() => {
                out.push('\n');
                list(entry, indent, false, out);
            }
            _ => {
                out.push(' ');
                leaf(entry, indent, out);
            }
        }
    }
}

/// Writes the items of a list, dashes at an indentation.
fn list(node: NodeRef<'_>, indent: usize, mut started: bool, out: &mut String) {
    for item in node.items() {
        if !std::mem::take(&mut started) {
            pad(indent, out);
        }
        out.push_str("- ");
        match item.kind() {
            Kind::Map if !item.is_empty() => map(item, indent + 2, true, out),
            Kind::List if !item.is_empty() => list(item, indent + 2, true, out),
            _ => leaf(item, indent, out),
        }
    }
}

/// Writes a key with its colon.
fn key(text: &str, indent: usize, out: &mut String) {
    let start = out.len();
    string(text, out);
    if out.len() - start > LONGEST_SHORT_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        pad(indent, out);
    }
    out.push(':');
}

/// Writes a scalar or an empty container, as a block where that is exact, and ends the line.
/// `indent` is that of the key or dash before it.
fn leaf(node: NodeRef<'_>, indent: usize, out: &mut String) {
    match node.as_str() {
        Some(text) if is_exact_as_block(text) => block(text, indent, out),
        _ => {
            inline(node, out);
            out.push('\n');
        }
    }
}

fn inline(node: NodeRef<'_>, out: &mut String) {
    match node.kind() {
        Kind::Null => out.push_str("null"),
        Kind::Bool | Kind::Int => out.push_str(node.text()),
        Kind::Float => float(node.text(), out),
        Kind::Str => string(node.text(), out),
        Kind::List => out.push_str("[]"),
        Kind::Map => out.push_str("{}"),
    }
}

/// Writes a JSON number so that YAML 1.1 sees a float too: an exponent wants a point before it
/// and a sign.
fn float(text: &str, out: &mut String) {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        out.push_str(text);
        return;
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with(['+', '-']) {
        out.push('+');
    }
    out.push_str(exponent);
}

/// Whether a block scalar gives back exactly this text.
fn is_exact_as_block(text: &str) -> bool {
    text.contains('\n')
        && text.chars().all(|character| character == '\n' || character == '\t' || is_visible(character))
        // Readers differ on a block that starts with a tab, or that has no line with text.
        && text.trim_start_matches(['\n', ' ']).starts_with(|first| first != '\t')
}

/// Writes text of several lines as a literal block.
fn block(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    // Blanks at the start would count as indentation unless that is stated.
    if text.starts_with(['\n', ' ']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") {
        out.push('+');
    }
    out.push('\n');
    for line in text.split_terminator('\n') {
        if !line.is_empty() {
            pad(indent + 2, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Writes text on one line, with quotes where it needs them.
fn string(text: &str, out: &mut String) {
    match quotes(text) {
        Quotes::None => out.push_str(text),
        Quotes::Single => {
            out.push('\'');
            for (index, piece) in text.split('\'').enumerate() {
                if index > 0 {
                    out.push_str("''");
                }
                out.push_str(piece);
            }
            out.push('\'');
        }
        Quotes::Double => double_quoted(text, out),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    /// Where nothing needs an escape and double quotes would.
    Single,
    Double,
}

fn quotes(text: &str) -> Quotes {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return Quotes::Double };
    if !text.is_ascii() && !text.chars().all(is_visible) {
        return Quotes::Double;
    }
    let mut escapes = false;
    let mut plain = true;
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => escapes = true,
            b':' => plain &= bytes.get(index + 1).is_some_and(|&next| next != b' '),
            b'#' => plain &= index > 0 && bytes[index - 1] != b' ',
            b' '..=b'~' | 0x80.. => {}
            _ => return Quotes::Double,
        }
    }
    let indicator = match first {
        b'-' => !bytes.get(1).is_some_and(|&next| next == b'-' || next.is_ascii_alphanumeric()),
        b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
        | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' | b' ' => true,
        _ => false,
    };
    plain &= !indicator && last != b' ' && !matches!(text, "=" | "<<");
    // Markers of documents, wherever they may end up.
    plain &= !text.starts_with("---") && !text.starts_with("...");
    plain &= text.is_ascii()
        || !(text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace));
    if plain && is_text_to_all(text) {
        Quotes::None
    } else if escapes {
        Quotes::Single
    } else {
        Quotes::Double
    }
}

/// Whether a character may stand as it is: readers of both versions of YAML take it for itself,
/// and whoever reviews the output sees it.
fn is_visible(character: char) -> bool {
    !matches!(
        character,
        // Control characters and the line ends of YAML 1.1.
        ..' ' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}'
        // Zero width, direction marks and the byte order mark.
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    ) && u32::from(character) & 0xfffe != 0xfffe
}

fn double_quoted(text: &str, out: &mut String) {
    use std::fmt::Write;

    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if is_visible(character) => out.push(character),
            character => {
                let code = u32::from(character);
                // Writing to a string cannot fail.
                let _ = match code {
                    ..0x100 => write!(out, "\\x{code:02x}"),
                    0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

fn pad(indent: usize, out: &mut String) {
    const BLANKS: &str = "                                ";
    let mut rest = indent;
    while rest > 0 {
        let part = rest.min(BLANKS.len());
        out.push_str(&BLANKS[..part]);
        rest -= part;
    }
}

#[cfg(test)]
mod tests;
