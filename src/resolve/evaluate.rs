//! Strings with expressions in them: from their text to pieces, each of one stage.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::log::Log;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Piece;
use crate::source::{Kind, Span};
use crate::spec::expression::{Expression, Filter, Segment, Text};

/// The greatest length of a string in bytes. Objects of Kubernetes are smaller; a few variables
/// that each hold the last one twice are not.
const LONGEST: usize = 1 << 20;

/// A scalar that is known when compiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    /// Its type.
    pub kind: Kind,
    /// Its text in the form that [`Kind`] states.
    pub text: String,
}

impl Plain {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self { kind: Kind::Str, text: text.into() }
    }

    /// A port.
    pub fn number(number: u16) -> Self {
        Self { kind: Kind::Int, text: number.to_string() }
    }
}

/// What the path of an expression leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A scalar that is known when compiling.
    Plain(Plain),
    /// A string that the cluster completes.
    Staged {
        /// Its parts.
        pieces: Vec<Piece>,
        /// Under which key a Secret's own template keeps it, where it is composed.
        key: Option<&'static str>,
    },
}

/// A string with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluated {
    /// Its parts; those that are plain are never empty and never stand beside each other.
    pub pieces: Vec<Piece>,
    /// The type of the one expression that it consists of; of every other string `Str`.
    pub kind: Kind,
    /// Under which key a Secret's own template keeps it, where an expression says so.
    pub key: Option<&'static str>,
    /// The first expression that is not plain, as written.
    pub staged: Option<(String, Span)>,
    /// Where the string stands.
    pub span: Span,
}

impl Evaluated {
    /// The value, when all of it is known when compiling.
    pub fn plain(&self) -> Option<Plain> {
        match self.pieces.as_slice() {
            [] => Some(Plain { kind: self.kind, text: String::new() }),
            [Piece::Plain(text)] => Some(Plain { kind: self.kind, text: text.clone() }),
            _ => None,
        }
    }

    /// The first expression that is not plain, as written, and where it stands.
    pub fn staged_at(&self) -> (String, Span) {
        self.staged.clone().unwrap_or_else(|| (String::new(), self.span))
    }

    /// Whether a part of it is secret.
    pub fn has_secret(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Secret { .. }))
    }

    /// Whether a part of it is known to the kubelet alone.
    pub fn has_runtime(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Runtime(_)))
    }
}

/// Evaluates a string. `look_up` says what a path leads to, and reports when it leads nowhere;
/// then there is no value.
pub(super) fn evaluate(
    text: &Text,
    log: &Log,
    look_up: &mut dyn FnMut(&Expression) -> Option<Found>,
) -> Option<Evaluated> {
    let mut value =
        Evaluated { pieces: Vec::new(), kind: Kind::Str, key: None, staged: None, span: text.span };
    let mut length = 0;
    let mut sound = true;
    for segment in &text.segments {
        let pieces = match segment {
            Segment::Literal(literal) => vec![Piece::Plain(literal.clone())],
            Segment::Expression(expression) => {
                let found =
                    look_up(expression).and_then(|found| filter(found, expression, text.span, log));
                match found {
                    None => {
                        sound = false;
                        continue;
                    }
                    Some(Found::Plain(plain)) => {
                        if text.segments.len() == 1 {
                            value.kind = plain.kind;
                        }
                        vec![Piece::Plain(plain.text)]
                    }
                    Some(Found::Staged { pieces, key }) => {
                        if text.segments.len() == 1 {
                            value.key = key;
                        }
                        let path = || (expression.path_text(), expression.span);
                        value.staged.get_or_insert_with(path);
                        pieces
                    }
                }
            }
        };
        for piece in pieces {
            if let Piece::Plain(text) = &piece {
                length += text.len();
            }
            if length > LONGEST {
                log.push(too_long(value.span));
                return None;
            }
            value.append(piece);
        }
    }
    if length > 0 && !log.admits(length, || too_much(value.span)) {
        return None;
    }
    warn_unencoded(&value, log);
    sound.then_some(value)
}

fn too_long(at: Span) -> Diagnostic {
    let message = "this string is longer than 1 MiB with its expressions evaluated";
    Diagnostic::error(Code::TooLong, at, message)
        .help("use fewer variables that hold other variables, and fewer filters")
}

fn too_much(at: Span) -> Diagnostic {
    let message = "with this string, the strings of the stack are longer than 64 MiB in all";
    Diagnostic::error(Code::TooLong, at, message)
        .help("use long variables in fewer places: in a file of a config, for example")
}

impl Evaluated {
    fn append(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Plain(text)) if text.is_empty() => {}
            (Some(Piece::Plain(last)), Piece::Plain(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }
}

/// Warns of a secret in a URL whose odd characters would end the part of the URL it stands in.
fn warn_unencoded(value: &Evaluated, log: &Log) {
    let mut in_url = false;
    for piece in &value.pieces {
        match piece {
            Piece::Plain(text) => {
                let (starts, rest) = match text.rsplit_once("://") {
                    Some((_, rest)) => (true, rest),
                    None => (in_url, text.as_str()),
                };
                let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>');
                in_url = starts && !rest.contains(ends);
            }
            Piece::Secret { url_encode: false, key, .. } if in_url => {
                let (_, span) = value.staged_at();
                log.push(
                    Diagnostic::warning(
                        Code::UnencodedSecret,
                        span,
                        format!("the secret `{key}` stands in a URL without percent-encoding"),
                    )
                    .help("write `| urlencode` after its path: `${{ path | urlencode }}`"),
                );
            }
            Piece::Secret { .. } | Piece::Runtime(_) => {}
        }
    }
}

fn filter(found: Found, expression: &Expression, whole: Span, log: &Log) -> Option<Found> {
    expression.filters.iter().try_fold(found, |found, &(filter, span)| match found {
        Found::Plain(plain) if plain.text.len() > LONGEST => {
            log.push(too_long(whole));
            None
        }
        Found::Plain(plain) => Some(Found::Plain(Plain::string(apply(filter, &plain.text)))),
        Found::Staged { mut pieces, .. } => match pieces.as_mut_slice() {
            [Piece::Secret { url_encode, .. }] if filter == Filter::UrlEncode && !*url_encode => {
                *url_encode = true;
                Some(Found::Staged { pieces, key: None })
            }
            _ => {
                let path = expression.path_text();
                let word = filter.word();
                log.push(
                    Diagnostic::error(
                        Code::FilterOnStaged,
                        span,
                        format!("`{path}` is known in the cluster alone and cannot pass `{word}`"),
                    )
                    .help(if filter == Filter::UrlEncode {
                        "a whole secret can pass `urlencode`, once; a derived URL is encoded already"
                    } else {
                        "of the filters, a secret can pass `urlencode` alone"
                    }),
                );
                None
            }
        },
    })
}

fn apply(filter: Filter, text: &str) -> String {
    match filter {
        Filter::UrlEncode => url_encode(text),
        Filter::Lower => text.to_lowercase(),
        Filter::Upper => text.to_uppercase(),
        Filter::Base64 => STANDARD.encode(text),
        Filter::Json => serde_json::Value::from(text).to_string(),
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
pub(super) fn url_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}
