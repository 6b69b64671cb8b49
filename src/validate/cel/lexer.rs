//! The words of an expression.
//!
//! Source: the lexer rules of `parser/gen/CEL.g4` of `cel-go`.

/// A word, and the byte at which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    pub start: usize,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An operator, a bracket, or a word of the language: `in`, `true`, `false`, `null`.
    Sign,
    Name,
    /// A name in backquotes, which the server does not take.
    QuotedName,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    End,
}

/// No word starts at this byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoToken(pub usize);

/// The words of a text, with [`Kind::End`] as the last.
pub fn tokens(text: &str) -> Result<Vec<Token<'_>>, NoToken> {
    let mut tokens = Vec::new();
    let mut start = 0;
    loop {
        start += blank(&text[start..]);
        let rest = &text[start..];
        if rest.is_empty() {
            tokens.push(Token { kind: Kind::End, text: "<EOF>", start });
            return Ok(tokens);
        }
        let (kind, length) = token(rest).ok_or(NoToken(start))?;
        tokens.push(Token { kind, text: &rest[..length], start });
        start += length;
    }
}

/// The length of blanks and comments at the start of a text.
fn blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']);
        match rest.strip_prefix("//") {
            Some(comment) => rest = &comment[comment.find('\n').unwrap_or(comment.len())..],
            None => return text.len() - rest.len(),
        }
    }
}

/// The longest word at the start of a text, which is not empty.
fn token(text: &str) -> Option<(Kind, usize)> {
    if let Some(found) = string(text).or_else(|| number(text)) {
        return Some(found);
    }
    let name = name(text);
    if name > 0 {
        let is_word = matches!(&text[..name], "in" | "true" | "false" | "null");
        return Some((if is_word { Kind::Sign } else { Kind::Name }, name));
    }
    let signs = ["==", "!=", "<=", ">=", "&&", "||"];
    if signs.iter().any(|sign| text.starts_with(sign)) {
        return Some((Kind::Sign, 2));
    }
    if text.starts_with(|first| "<>[]{}().,-!?:+*/%".contains(first)) {
        return Some((Kind::Sign, 1));
    }
    quoted_name(text).map(|length| (Kind::QuotedName, length))
}

fn name(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        run(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
    } else {
        0
    }
}

fn quoted_name(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('`')?;
    let length = run(rest, |byte| byte.is_ascii_alphanumeric() || b"_.-/ ".contains(&byte));
    (length > 0 && rest[length..].starts_with('`')).then_some(length + 2)
}

/// How many bytes at the start of a text are such.
fn run(text: &str, is_such: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is_such(byte)).unwrap_or(text.len())
}

fn digits(text: &str) -> usize {
    run(text, |byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Option<(Kind, usize)> {
    let whole = digits(text);
    let fraction = match text[whole..].strip_prefix('.').map(digits) {
        Some(places) if places > 0 => places + 1,
        _ => 0,
    };
    if whole + fraction == 0 {
        return None;
    }
    let decimal = whole + fraction;
    let length = decimal + exponent(&text[decimal..]);
    if length > whole {
        return Some((Kind::Double, length));
    }
    let hexadecimal =
        text.strip_prefix("0x").map_or(0, |text| run(text, |b| b.is_ascii_hexdigit()));
    let length = if hexadecimal > 0 { hexadecimal + 2 } else { whole };
    Some(if text[length..].starts_with(['u', 'U']) {
        (Kind::Uint, length + 1)
    } else {
        (Kind::Int, length)
    })
}

fn exponent(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['e', 'E']) else { return 0 };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    match digits(unsigned) {
        0 => 0,
        places => text.len() - unsigned.len() + places,
    }
}

fn string(text: &str) -> Option<(Kind, usize)> {
    let (kind, rest) = match text.strip_prefix(['b', 'B']) {
        Some(rest) => (Kind::Bytes, rest),
        None => (Kind::String, text),
    };
    let (is_raw, rest) = match rest.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let length = ["\"\"\"", "'''", "\"", "'"].iter().find_map(|quotes| {
        let content = rest.strip_prefix(quotes)?;
        Some(closed(content, quotes, is_raw)? + 2 * quotes.len())
    });
    length.map(|length| (kind, text.len() - rest.len() + length))
}

/// The length of what stands before the quotes that end a string.
fn closed(content: &str, quotes: &str, is_raw: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &content[at..];
        if rest.starts_with(quotes) {
            return Some(at);
        }
        match rest.chars().next()? {
            '\\' if !is_raw => at += escape(&rest[1..])? + 1,
            '\n' | '\r' if quotes.len() == 1 => return None,
            letter => at += letter.len_utf8(),
        }
    }
}

/// The length of what follows a backslash that stands for something.
pub fn escape(text: &str) -> Option<usize> {
    let hexadecimal = |length: usize| {
        let digits = text.as_bytes().get(1..=length)?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(length + 1)
    };
    match *text.as_bytes().first()? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`' => {
            Some(1)
        }
        b'x' | b'X' => hexadecimal(2),
        b'u' => hexadecimal(4),
        b'U' => hexadecimal(8),
        b'0'..=b'3' => {
            let digits = text.as_bytes().get(1..3)?;
            digits.iter().all(|digit| (b'0'..=b'7').contains(digit)).then_some(3)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        let tokens = tokens(text).unwrap_or_default();
        tokens.iter().map(|token| token.text).collect()
    }

    #[test]
    fn the_longest_word_is_taken() {
        assert_eq!(of("a.b>=1.5e3u"), ["a", ".", "b", ">=", "1.5e3", "u", "<EOF>"]);
        assert_eq!(of("1.e 0x1Fu 0x .5"), ["1", ".", "e", "0x1Fu", "0", "x", ".5", "<EOF>"]);
        assert_eq!(of("in inn // in\n b'a'"), ["in", "inn", "b'a'", "<EOF>"]);
        assert_eq!(
            of(r#"'''a'b''' "" r'\' br"""\""" "#),
            ["'''a'b'''", "\"\"", "r'\\'", "br\"\"\"\\\"\"\"", "<EOF>"]
        );
        assert_eq!(tokens("a # b"), Err(NoToken(2)));
        assert_eq!(tokens(r"'\q'"), Err(NoToken(0)));
        assert_eq!(tokens("'a\n'"), Err(NoToken(0)));
        assert_eq!(tokens("a &b"), Err(NoToken(2)));
    }
}
