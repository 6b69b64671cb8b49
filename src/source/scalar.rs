//! What a plain scalar means, to gen's own files and to kubectl.
//!
//! YAML's versions and readers disagree about text without quotes: `yes`, `0777`, `1_000` and
//! `12:30` are text to one and something else to another. gen's own files may say only what all
//! readers agree on ([`strict`]); manifests from elsewhere mean what kubectl takes them for
//! ([`kubectl`]); and what gen writes without quotes is text to every reader
//! ([`is_text_to_all`]).

use std::borrow::Cow;

use super::Kind;

/// A resolved plain scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar<'t> {
    /// What it is; where there is an objection, the most likely meaning.
    pub kind: Kind,
    /// The text in the form that [`Kind`] states.
    pub text: Cow<'t, str>,
    /// Why it cannot stand as it is.
    pub objection: Option<Objection>,
}

/// Why a scalar cannot stand as it is, and what to write instead.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Objection {
    pub message: String,
    pub help: String,
    /// The replacement, where the meaning leaves only one.
    pub replacement: Option<String>,
}

impl<'t> Scalar<'t> {
    pub(super) fn text(text: impl Into<Cow<'t, str>>) -> Self {
        Self { kind: Kind::Str, text: text.into(), objection: None }
    }

    fn new(kind: Kind, text: impl Into<Cow<'t, str>>) -> Self {
        Self { kind, text: text.into(), objection: None }
    }

    fn but(mut self, message: String, help: String) -> Self {
        self.objection = Some(Objection { message, help, replacement: None });
        self
    }

    fn replace_by(mut self, replacement: String) -> Self {
        if let Some(objection) = &mut self.objection {
            objection.replacement = Some(replacement);
        }
        self
    }
}

/// What any reader of YAML 1.1 or 1.2 takes a plain scalar for, other than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Null,
    Bool(bool),
    Integer,
    Float,
    NotFinite,
    Base60,
    Date,
    Text,
}

/// Whether no reader takes the plain scalar for anything but text.
#[must_use]
pub fn is_text_to_all(text: &str) -> bool {
    shape(text) == Shape::Text
}

/// A plain scalar in a file of gen's own language.
pub(super) fn strict(text: &str) -> Scalar<'_> {
    let quoted = || format!("\"{text}\"");
    match shape(text) {
        Shape::Text => Scalar::text(text),
        Shape::Null => Scalar::new(Kind::Null, ""),
        Shape::Bool(value) => {
            let word = if value { "true" } else { "false" };
            let scalar = Scalar::new(Kind::Bool, word);
            if text == word {
                scalar
            } else {
                scalar.but(
                    format!("`{text}` is a boolean to some YAML readers and text to others"),
                    format!("write `{word}`, or `{}` for the text", quoted()),
                )
            }
        }
        Shape::Integer if is_decimal(text) => match text.parse::<i64>() {
            Ok(0) => Scalar::new(Kind::Int, "0"),
            Ok(_) => Scalar::new(Kind::Int, text),
            Err(_) => Scalar::text(text)
                .but(
                    format!("`{text}` does not fit 64 bits, so readers round it"),
                    format!("write `{}` for the text", quoted()),
                )
                .replace_by(quoted()),
        },
        Shape::Float if is_fraction(text) => Scalar::new(Kind::Float, text),
        Shape::Integer | Shape::Float => {
            let number = kubectl(text);
            let help = if number.kind == Kind::Str {
                format!("write `{}` for the text", quoted())
            } else {
                format!("write `{}`, or `{}` for the text", number.text, quoted())
            };
            let number = Scalar { objection: None, ..number };
            number.but(format!("YAML readers disagree about `{text}` as a number"), help)
        }
        Shape::NotFinite => Scalar::text(text)
            .but(
                format!("`{text}` is a number that Kubernetes cannot hold"),
                format!("write a number, or `{}` for the text", quoted()),
            )
            .replace_by(quoted()),
        Shape::Base60 => Scalar::text(text)
            .but(
                format!("`{text}` is a number in base 60 to some YAML readers and text to others"),
                format!("write `{}`", quoted()),
            )
            .replace_by(quoted()),
        Shape::Date => Scalar::text(text)
            .but(
                format!("`{text}` is a date to some YAML readers and text to others"),
                format!("write `{}`", quoted()),
            )
            .replace_by(quoted()),
    }
}

/// A plain scalar as kubectl reads it: the resolver of go-yaml v2, then the numbers of JSON.
///
/// Source: `goyaml.v2/resolve.go` and `yaml.go` of sigs.k8s.io/yaml.
pub(super) fn kubectl(text: &str) -> Scalar<'_> {
    // Nearly all numbers are written as they are kept.
    if is_decimal(text) && text.parse::<i64>().is_ok_and(|number| number != 0) {
        return Scalar::new(Kind::Int, text);
    }
    match go(text) {
        Go::Null => Scalar::new(Kind::Null, ""),
        Go::Bool(value) => Scalar::new(Kind::Bool, if value { "true" } else { "false" }),
        Go::Int(value) => Scalar::new(Kind::Int, value.to_string()),
        Go::Uint(value) => number(f64_of(value)),
        Go::Float(value) => number(value),
        Go::NotFinite => Scalar::text(text).but(
            format!("`{text}` is a number that JSON, and so Kubernetes, cannot hold"),
            format!("write a number, or `\"{text}\"` for the text"),
        ),
        Go::Text => Scalar::text(text),
    }
}

/// A plain scalar as the key of a map, as kubectl reads it; `None` where kubectl refuses it.
pub(super) fn kubectl_key(text: &str) -> Option<Cow<'_, str>> {
    Some(match go(text) {
        Go::Null | Go::Uint(_) => return None,
        Go::Bool(value) => Cow::from(if value { "true" } else { "false" }),
        Go::Int(value) => Cow::from(value.to_string()),
        Go::Float(value) => Cow::from(go_shortest_32(value)),
        Go::NotFinite => Cow::from(match text.as_bytes() {
            [b'-', ..] => "-.inf",
            [.., b'f' | b'F'] => ".inf",
            _ => ".nan",
        }),
        Go::Text => Cow::from(text),
    })
}

/// A scalar with one of YAML's own tags, as kubectl reads it: `suffix` is what follows `!!`.
pub(super) fn kubectl_tagged<'t>(text: &'t str, suffix: &str) -> Scalar<'t> {
    let resolved = kubectl(text);
    let fits = match suffix {
        "int" => matches!(go(text), Go::Int(_) | Go::Uint(_)),
        "float" => matches!(resolved.kind, Kind::Int | Kind::Float),
        "bool" => resolved.kind == Kind::Bool,
        "null" => resolved.kind == Kind::Null,
        "binary" => {
            return Scalar::text(text).but(
                "binary data has no place in a manifest".to_owned(),
                "write the base64 text without the tag, where Kubernetes expects base64".to_owned(),
            );
        }
        _ => return Scalar::text(text),
    };
    if fits {
        resolved
    } else {
        Scalar::text(text).but(
            format!("`{text}` is no !!{suffix}"),
            "leave the tag out, or mend the value".into(),
        )
    }
}

/// A float as kubectl holds it: an integer where its JSON form is one that fits 64 bits.
fn number(value: f64) -> Scalar<'static> {
    match value.to_string().parse::<i64>() {
        Ok(integer) => Scalar::new(Kind::Int, integer.to_string()),
        Err(_) => Scalar::new(Kind::Float, format!("{value:?}")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "kubectl loses the same digits")]
fn f64_of(value: u64) -> f64 {
    value as f64
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Go {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the largest `i64`.
    Uint(u64),
    Float(f64),
    NotFinite,
    Text,
}

fn go(text: &str) -> Go {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Go::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Go::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Go::Bool(false);
        }
        _ if is_not_finite(text) => return Go::NotFinite,
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' if underscores_separate_digits(text) => {
            finite(&text.replace('_', "")).map_or(Go::Text, Go::Float)
        }
        // Such as a quantity with its suffix.
        b'0'..=b'9' | b'+' | b'-' if !text.bytes().all(is_of_numbers) => Go::Text,
        b'0'..=b'9' | b'+' | b'-' => {
            let plain = if text.as_bytes().contains(&b'_') {
                Cow::Owned(text.replace('_', ""))
            } else {
                Cow::Borrowed(text)
            };
            if let Some(value) = go_integer(&plain) {
                return value;
            }
            if let Some(value) = finite(&plain) {
                return Go::Float(value);
            }
            // go-yaml tries the digits after `0b` once more, now with a sign of their own.
            let signed = plain.strip_prefix("0b").filter(|rest| rest.starts_with(['+', '-']));
            signed.and_then(|rest| i64::from_str_radix(rest, 2).ok()).map_or(Go::Text, Go::Int)
        }
        _ => Go::Text,
    }
}

/// Whether a byte stands in numbers of any base, with fractions and exponents or without.
fn is_of_numbers(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
        || matches!(byte, b'x' | b'X' | b'o' | b'O' | b'+' | b'-' | b'.' | b'_')
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0, without underscores.
fn go_integer(text: &str) -> Option<Go> {
    let (sign, digits) = match text.as_bytes()[0] {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    if let Ok(value) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        return Some(Go::Int(value));
    }
    (sign.is_empty()).then(|| u64::from_str_radix(digits, radix).ok().map(Go::Uint)).flatten()
}

/// A decimal float as go-yaml accepts it; `None` also where it is too large to hold.
fn finite(text: &str) -> Option<f64> {
    is_float(text).then(|| text.parse::<f64>().ok()).flatten().filter(|value| value.is_finite())
}

fn underscores_separate_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |index: Option<usize>| {
        index.and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit)
    };
    (0..bytes.len())
        .filter(|&index| bytes[index] == b'_')
        .all(|index| digit(index.checked_sub(1)) && digit(Some(index + 1)))
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with go-yaml's names of infinity.
fn go_shortest_32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "kubectl loses the same digits")]
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let shortest = format!("{value:e}");
    // Between two equally near ones Go takes the even digits, as only exact formatting does here.
    let decimals = shortest.bytes().take_while(|&byte| byte != b'e').filter(u8::is_ascii_digit);
    let even = format!("{value:.*e}", decimals.count() - 1);
    let scientific = if even.parse() == Ok(value) { even } else { shortest };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        scientific.parse::<f64>().unwrap_or_default().to_string()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

fn shape(text: &str) -> Shape {
    let Some(first) = text.bytes().next() else { return Shape::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => number_shape(text),
        // All words below are shorter.
        _ if text.len() > "false".len() => Shape::Text,
        b'~' if text.len() == 1 => Shape::Null,
        b'n' | b'N' if is_any(text, &["null"]) => Shape::Null,
        b'y' | b'Y' | b't' | b'T' | b'o' | b'O' if is_any(text, &["y", "yes", "true", "on"]) => {
            Shape::Bool(true)
        }
        b'n' | b'N' | b'f' | b'F' | b'o' | b'O' if is_any(text, &["n", "no", "false", "off"]) => {
            Shape::Bool(false)
        }
        _ => Shape::Text,
    }
}

/// Whether the text is one of the words in one of the cases that YAML knows: all lower, all
/// upper, or capitalised.
fn is_any(text: &str, words: &[&str]) -> bool {
    let rest = &text.as_bytes()[1..];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
        && (rest.iter().all(u8::is_ascii_lowercase)
            || text.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn number_shape(text: &str) -> Shape {
    // As nearly all numbers are.
    if is_decimal(text) {
        return Shape::Integer;
    }
    if is_not_finite(text) {
        return Shape::NotFinite;
    }
    if is_date(text) {
        return Shape::Date;
    }
    let possible = |byte: u8| byte.is_ascii_hexdigit() || b"+-._:xXoO".contains(&byte);
    if !text.bytes().all(possible) {
        return Shape::Text;
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let all = |digits: &str, valid: fn(&u8) -> bool| {
        let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        !digits.is_empty() && digits.bytes().all(|digit| valid(&digit))
    };
    let integer = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => all(&unsigned[2..], u8::is_ascii_hexdigit),
        [b'0', b'o' | b'O', ..] => all(&unsigned[2..], |digit| (b'0'..=b'7').contains(digit)),
        [b'0', b'b' | b'B', ..] => all(&unsigned[2..], |digit| (b'0'..=b'1').contains(digit)),
        [b'0'..=b'9', ..] => all(unsigned, u8::is_ascii_digit),
        _ => false,
    };
    if integer {
        Shape::Integer
    } else if is_float(&plain) {
        Shape::Float
    } else if is_base_60(unsigned) {
        Shape::Base60
    } else {
        Shape::Text
    }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// `-?(0|[1-9][0-9]*)`
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// A decimal with digits on both sides of one point.
fn is_fraction(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| {
        is_decimal(whole)
            && !fraction.is_empty()
            && fraction.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = split_digits(rest);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    rest.is_empty()
        || rest.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let (digits, rest) =
                split_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
            !digits.is_empty() && rest.is_empty()
        })
}

/// `[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?`
fn is_base_60(text: &str) -> bool {
    let (first, mut rest) = split_digits(text);
    if first.is_empty() || !rest.starts_with(':') {
        return false;
    }
    while let Some(after) = rest.strip_prefix(':') {
        let (digits, after) = split_digits(after);
        match digits.as_bytes() {
            [_] | [b'0'..=b'5', _] => rest = after,
            _ => return false,
        }
    }
    rest.is_empty() || rest.strip_prefix('.').is_some_and(|rest| split_digits(rest).1.is_empty())
}

/// A date, alone or followed by a time of day.
fn is_date(text: &str) -> bool {
    let (year, rest) = split_digits(text);
    let Some((month, rest)) = rest.strip_prefix('-').map(split_digits) else { return false };
    let Some((day, rest)) = rest.strip_prefix('-').map(split_digits) else { return false };
    year.len() == 4
        && (1..=2).contains(&month.len())
        && (1..=2).contains(&day.len())
        && (rest.is_empty()
            || rest
                .trim_start_matches(['T', 't', ' ', '\t'])
                .strip_prefix(|first: char| first.is_ascii_digit())
                .is_some_and(|_| rest.starts_with(['T', 't', ' ', '\t'])))
}

/// The digits that a text starts with, and what follows them.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number_like() -> impl Strategy<Value = String> {
        prop_oneof![
            "[-+]?[0-9._][0-9._+:eExXobBO-]{0,9}",
            "[-+]?0[xXoObB]?[-+]?[0-9a-fA-F_]{1,18}",
            "[-+]?[0-9_]{1,22}(\\.[0-9_]{0,20})?([eE][-+]?[0-9_]{1,3})?",
            "\\.[0-9_]{1,4}([eE][-+]?[0-9_]{1,3})?",
            "[-+.~yYnNoOtTfFeEsSuUlLrRiIaA]{1,5}",
        ]
    }

    proptest! {
        #[test]
        fn what_is_text_to_all_is_text_to_kubectl(text in number_like()) {
            if is_text_to_all(&text) {
                prop_assert_eq!(kubectl(&text), Scalar::text(&*text));
                prop_assert_eq!(kubectl_key(&text), Some(Cow::from(&*text)));
            }
        }

        #[test]
        fn what_strict_accepts_means_the_same_to_kubectl(text in number_like()) {
            let strict = strict(&text);
            let kubectl = kubectl(&text);
            if strict.objection.is_some() {
                prop_assert!(!is_text_to_all(&text));
            } else if strict.kind == Kind::Float {
                prop_assert_eq!(strict.text.parse::<f64>(), kubectl.text.parse::<f64>());
            } else {
                prop_assert_eq!(strict, kubectl);
            }
        }

        #[test]
        fn plain_decimals_are_accepted(integer: i64, fraction in "(0|[1-9][0-9]{0,5})\\.[0-9]{1,5}") {
            let text = integer.to_string();
            prop_assert_eq!(strict(&text), Scalar::new(Kind::Int, text.clone()));
            prop_assert_eq!(strict(&fraction), Scalar::new(Kind::Float, fraction.clone()));
        }
    }

    #[test]
    fn kubectl_numbers() {
        for (text, kind, expected) in [
            ("9223372036854775807", Kind::Int, "9223372036854775807"),
            ("9223372036854775808", Kind::Float, "9.223372036854776e18"),
            ("-9223372036854775808", Kind::Int, "-9223372036854775808"),
            ("18446744073709551616", Kind::Float, "1.8446744073709552e19"),
            ("0xFFFFFFFFFFFFFFFF", Kind::Float, "1.8446744073709552e19"),
            ("0xFFFFFFFFFFFFFFFFF", Kind::Str, "0xFFFFFFFFFFFFFFFFF"),
            ("-0x10", Kind::Int, "-16"),
            ("0b-11", Kind::Int, "-3"),
            ("0o8", Kind::Str, "0o8"),
            ("08", Kind::Int, "8"),
            ("0_7", Kind::Int, "7"),
            ("4.6e18", Kind::Int, "4600000000000000000"),
            ("1e19", Kind::Float, "1e19"),
            ("0.1", Kind::Float, "0.1"),
            (".5_0", Kind::Float, "0.5"),
            ("._5", Kind::Str, "._5"),
            ("1e", Kind::Str, "1e"),
            ("1e400", Kind::Str, "1e400"),
            ("12:30", Kind::Str, "12:30"),
        ] {
            assert_eq!(kubectl(text), Scalar::new(kind, expected), "{text}");
        }
    }

    #[test]
    fn kubectl_float_keys() {
        for (text, expected) in [
            ("1.5", "1.5"),
            ("100000.0", "100000"),
            ("1e6", "1e+06"),
            ("123456789.5", "1.2345679e+08"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("-1173281.25", "-1.1732812e+06"),
            ("1e300", ".inf"),
            ("-0.0", "-0"),
        ] {
            assert_eq!(kubectl_key(text).as_deref(), Some(expected), "{text}");
        }
    }
}
