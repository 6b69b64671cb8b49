//! Addresses as Go's `net/url` reads them, which is not as browsers do.
//!
//! Source: `ParseRequestURI` of `net/url`; `pkg/cel/library/urls.go` of `k8s.io/apiserver`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv6Addr;
use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::objects::Opaque;

use super::budget::Budget;
use super::evaluate::Result;
use super::{map, text};

/// A URL, or an absolute path.
#[derive(Debug, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Opaque for Url {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.URL"
    }
}

impl Url {
    /// An address, if it is one. Without a scheme it is an absolute path.
    pub fn parse(address: &str) -> Option<Self> {
        if address.is_empty() || address.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        let (scheme, rest) = split_scheme(address)?;
        // What is asked of a server has no fragment: `#` belongs to the path.
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !rest.starts_with('/') {
            // Such as `mailto:someone`, which has neither a host nor a path.
            return (!scheme.is_empty() && !rest.is_empty()).then(|| Self {
                scheme,
                host: String::new(),
                path: String::new(),
                query: query.to_owned(),
            });
        }
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) if !scheme.is_empty() || !rest.starts_with('/') => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (host_of(authority)?, path)
            }
            _ => (String::new(), rest),
        };
        Some(Self { scheme, host, path: escaped(path)?, query: query.to_owned() })
    }

    /// What a function of the library says of it.
    pub fn part(&self, function: &str, budget: &Budget) -> Option<Result> {
        // Each letter of a query may be a parameter of its own.
        let length = self.host.len() + self.path.len() + 8 * self.query.len();
        if let Err(fault) = budget.spend(length as u64) {
            return Some(Err(fault));
        }
        Some(Ok(match function {
            "getScheme" => text(&self.scheme),
            "getHost" => text(&self.host),
            "getHostname" => text(self.host_and_port().0),
            "getPort" => text(self.host_and_port().1),
            "getEscapedPath" => text(&self.path),
            "getQuery" => {
                let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
                for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    if let (false, Some(key), Some(value)) =
                        (pair.contains(';'), unescaped(key), unescaped(value))
                    {
                        all.entry(key).or_default().push(text(&value));
                    }
                }
                map(all.into_iter().map(|(key, values)| (key, Value::List(Arc::new(values)))))
            }
            _ => return None,
        }))
    }

    fn host_and_port(&self) -> (&str, &str) {
        let end = self.host.find(']').map_or(0, |end| end + 1);
        let (host, port) = match self.host[end..].rfind(':') {
            Some(at) => (&self.host[..end + at], &self.host[end + at + 1..]),
            None => (self.host.as_str(), ""),
        };
        (host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host), port)
    }
}

/// The scheme in lower case, empty if there is none, and what follows it.
fn split_scheme(address: &str) -> Option<(String, &str)> {
    for (index, letter) in address.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return None,
            ':' => return Some((address[..index].to_ascii_lowercase(), &address[index + 1..])),
            _ => break,
        }
    }
    Some((String::new(), address))
}

/// The host and the port, without who asks.
fn host_of(authority: &str) -> Option<String> {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let fits = |letter: char| {
                letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter)
            };
            user.chars().all(fits).then_some(host)?
        }
        None => authority,
    };
    let port = if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.rsplit_once(']')?;
        let address = address.split_once("%25").map_or(address, |(address, _)| address);
        address.parse::<Ipv6Addr>().ok()?;
        port
    } else {
        let port = host.rfind(':').map_or("", |at| &host[at..]);
        let name = &host[..host.len() - port.len()];
        let fits = |letter: char| {
            letter.is_ascii_alphanumeric()
                || "-._~!$&'()*+,;=]<>\"%".contains(letter)
                || !letter.is_ascii()
        };
        if !name.chars().all(fits) {
            return None;
        }
        port
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    is_port.then(|| host.to_owned())
}

/// A path with what cannot stand in one escaped; `None` if it is escaped badly already.
fn escaped(path: &str) -> Option<String> {
    unescaped(&path.replace('+', "%2B"))?;
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/[]%".contains(&byte);
    Some(path.bytes().fold(String::new(), |mut out, byte| {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    }))
}

/// What a part of a query says.
fn unescaped(part: &str) -> Option<String> {
    let mut bytes = part.bytes();
    let mut out = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}
