//! The formats of strings that the API server checks in custom resources.
//!
//! Source: `supportedVersionedFormats` of `k8s.io/apiextensions-apiserver` names them,
//! `pkg/validation/strfmt` of `k8s.io/kube-openapi` checks them. Other formats are ignored.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use crate::k8s::{Feature, Version};
use crate::validate::schema::is_time;

/// Whether a fixed pattern, compiled once, is found in a text.
macro_rules! found {
    ($pattern:expr, $text:expr) => {{
        static PATTERN: LazyLock<Option<regex::Regex>> =
            LazyLock::new(|| regex::Regex::new($pattern).ok());
        PATTERN.as_ref().is_some_and(|pattern| pattern.is_match($text))
    }};
}

/// Whether a text has a format, named without hyphens; `None` for formats that a version of
/// the server does not know.
#[must_use]
pub fn fits(format: &str, text: &str, version: Version) -> Option<bool> {
    Some(match format {
        "uri" => is_uri(text),
        "email" => is_email(text),
        "hostname" => is_hostname(text),
        "ipv4" => ipv4(text).is_some(),
        "ipv6" => text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "mac" => is_mac(text),
        "uuid" => {
            found!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text)
        }
        "uuid3" => {
            found!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text)
        }
        "uuid4" => found!(
            "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$",
            text
        ),
        "uuid5" => found!(
            "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$",
            text
        ),
        "isbn" => is_isbn10(text) || is_isbn13(text),
        "isbn10" => is_isbn10(text),
        "isbn13" => is_isbn13(text),
        "creditcard" => is_credit_card(text),
        "ssn" => found!("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$", text),
        "hexcolor" => found!("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", text),
        "rgbcolor" => found!(
            r"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*(,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*){2}\)$",
            text
        ),
        "bsonobjectid" => text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "byte" => found!(
            "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$",
            text
        ),
        "password" => true,
        "date" => is_date(text),
        "datetime" => is_datetime(text),
        "duration" => is_duration(text),
        "k8sshortname" if version.has(Feature::FormatsOfNames) => is_dns(text, 63, false),
        "k8slongname" if version.has(Feature::FormatsOfNames) => is_dns(text, 253, true),
        _ => return None,
    })
}

/// What to call a text of a format.
#[must_use]
pub fn name(format: &str) -> &str {
    match format {
        "uri" => "URI",
        "email" => "e-mail address",
        "hostname" => "host name",
        "ipv4" => "IPv4 address",
        "ipv6" => "IPv6 address",
        "cidr" => "CIDR",
        "mac" => "MAC address",
        "byte" => "base64",
        "date" => "date such as 2026-01-31",
        "datetime" => "time such as 2026-01-31T12:00:00Z",
        "duration" => "duration such as 1h30m",
        "k8sshortname" => "DNS label",
        "k8slongname" => "DNS subdomain",
        other => other,
    }
}

/// `url.ParseRequestURI` of Go: an absolute path, or something after a scheme.
fn is_uri(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    let escapes = text.match_indices('%').all(|(at, _)| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if text.is_empty() || !printable {
        return false;
    }
    if text.starts_with('/') || text == "*" {
        return escapes;
    }
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let authority =
        rest.strip_prefix("//").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    is_scheme && escapes && authority.is_none_or(is_authority)
}

/// A host with an optional user before it and an optional port after it.
fn is_authority(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split_once(']').is_some_and(|(_, after)| {
            after.is_empty() || after.strip_prefix(':').is_some_and(is_port)
        });
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    is_port(port) && !name.contains(['<', '>', '"', '{', '}', '|', '\\', '^', '`'])
}

/// `mail.ParseAddress` of Go, with or without a name before the address.
fn is_email(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let address = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        let is_letter = |letter: char| {
            letter.is_ascii_alphanumeric()
                || !letter.is_ascii()
                || "!#$%&'*+-/=?^_`{|}~".contains(letter)
        };
        !atom.is_empty() && atom.chars().all(is_letter)
    };
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let is_literal = domain.starts_with('[') && domain.ends_with(']');
    (is_quoted || local.split('.').all(is_atom)) && (is_literal || domain.split('.').all(is_atom))
}

fn is_hostname(text: &str) -> bool {
    text.len() <= 255
        && text.split('.').all(|label| label.len() <= 63)
        && found!(
            r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([-a-zA-Z0-9\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
            text
        )
}

/// The address in a text; zeros may lead each of its numbers, as they may in the server's own
/// parser.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 3 && part.trim_start_matches('0').len() > 3 {
            return None;
        }
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = if ipv4(address).is_some() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    bits.bytes().all(|byte| byte.is_ascii_digit())
        && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

/// `net.ParseMAC` of Go: 6, 8 or 20 bytes in hexadecimal, by colons, hyphens or dots.
fn is_mac(text: &str) -> bool {
    let grouped = |separator: char, digits: usize, counts: [usize; 3]| {
        let groups: Vec<&str> = text.split(separator).collect();
        let is_group = |group: &&str| {
            group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        counts.contains(&groups.len()) && groups.iter().all(is_group)
    };
    grouped(':', 2, [6, 8, 20]) || grouped('-', 2, [6, 8, 20]) || grouped('.', 4, [3, 4, 10])
}

fn digits_of(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !b" -".contains(byte)).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = digits_of(text);
    let value = |(index, byte): (usize, &u8)| match byte {
        b'0'..=b'9' => Some(usize::from(byte - b'0')),
        b'X' if index == 9 => Some(10),
        _ => None,
    };
    let values: Option<Vec<usize>> = digits.iter().enumerate().map(value).collect();
    values.is_some_and(|values| {
        let sum: usize = values.iter().enumerate().map(|(index, value)| (index + 1) * value).sum();
        values.len() == 10 && sum.is_multiple_of(11)
    })
}

fn is_isbn13(text: &str) -> bool {
    let digits = digits_of(text);
    let sum: usize = digits
        .iter()
        .enumerate()
        .map(|(index, byte)| {
            usize::from(byte.wrapping_sub(b'0')) * if index % 2 == 0 { 1 } else { 3 }
        })
        .sum();
    digits.len() == 13 && digits.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10)
}

fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
        && found!(
            "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$",
            &digits
        )
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && is_time(&format!("{text}T00:00:00Z"))
}

/// `strfmt.IsDateTime`.
fn is_datetime(text: &str) -> bool {
    let text = text.to_lowercase();
    let Some((day, time)) = text.split_once('t') else { return false };
    let time = time.split('t').next().unwrap_or_default();
    is_date(day)
        && found!(
            "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$",
            time
        )
}

/// `strfmt.ParseDuration`: Go's own durations, or any number with a word for a unit somewhere.
fn is_duration(text: &str) -> bool {
    is_go_duration(text)
        || found!(
            r"(?i)[0-9]+\s*(ns|us|µs|ms|s|m|h|hr|d|w|wk|(nano|micro|milli|sec|min|hour|day|week)[A-Za-zµ]*)([^A-Za-zµ]|$)",
            text
        )
}

/// `time.ParseDuration` of Go.
pub(super) fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let Some(at) = number else { return false };
        let (number, after) = rest.split_at(at);
        let is_number = number.matches('.').count() <= 1
            && number.contains(|letter: char| letter.is_ascii_digit());
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        if !is_number || !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        rest = after;
    }
    true
}

fn is_dns(text: &str, most: usize, dotted: bool) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= most && if dotted { text.split('.').all(is_label) } else { is_label(text) }
}
