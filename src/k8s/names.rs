//! The forms of names that Kubernetes accepts.
//!
//! Each is a rule of `k8s.io/apimachinery/pkg/util/validation` or
//! `k8s.io/apimachinery/pkg/api/validation`, named at the form.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

/// A form that a name must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameForm {
    /// A DNS label of RFC 1123: lower-case letters, digits and `-`, a letter or digit at both
    /// ends, at most 63 bytes (`IsDNS1123Label`).
    DnsLabel,
    /// DNS labels with dots between them, at most 253 bytes (`IsDNS1123Subdomain`).
    DnsSubdomain,
    /// A DNS subdomain that may start with `*.` (`IsWildcardDNS1123Subdomain`).
    WildcardSubdomain,
    /// A DNS label of RFC 1035: as [`DnsLabel`](Self::DnsLabel), but it starts with a letter
    /// (`IsDNS1035Label`).
    Dns1035Label,
    /// A name that is a segment of a URL's path: neither `.` nor `..`, no `/` and no `%`
    /// (`IsValidPathSegmentName`).
    PathSegment,
    /// The key of a label or an annotation: letters, digits, `-`, `_` and `.`, a letter or
    /// digit at both ends, at most 63 bytes; before it perhaps a DNS subdomain and `/`
    /// (`IsQualifiedName`).
    QualifiedName,
    /// The value of a label: as the name of a key, or nothing (`IsValidLabelValue`).
    LabelValue,
    /// The name of a port of a container: lower-case letters, digits and `-`, at least one
    /// letter, no `-` at an end or beside another, at most 15 bytes (`IsValidPortName`).
    PortName,
    /// The name of an environment variable: printable ASCII without `=`
    /// (`IsRelaxedEnvVarName`).
    EnvName,
    /// The key of a `ConfigMap` or a Secret: letters, digits, `-`, `_` and `.`, not `..` at the
    /// start, at most 253 bytes (`IsConfigMapKey`).
    ConfigKey,
}

/// Why a name does not have a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// It is empty.
    Empty,
    /// It is longer than so many bytes.
    TooLong(usize),
    /// It has a character that does not belong there, or at an end where it does not.
    Characters(NameForm),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong(most) => write!(f, "must have at most {most} characters"),
            Self::Characters(form) => f.write_str(form.demand()),
        }
    }
}

impl std::error::Error for NameError {}

impl NameForm {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// The first reason why the name does not have this form.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly every form that is asked for is a constant")]
    pub fn check(self, name: &str) -> Result<(), NameError> {
        if self.fits(name) { Ok(()) } else { Err(self.why_not(name)) }
    }

    #[cold]
    fn why_not(self, name: &str) -> NameError {
        if name.is_empty() && self != Self::LabelValue {
            return NameError::Empty;
        }
        if self == Self::QualifiedName
            && let Some((domain, own)) = name.split_once('/')
        {
            let is_one = Self::DnsSubdomain.check(domain).is_ok() && !own.contains('/');
            return if is_one { self.why_not(own) } else { NameError::Characters(self) };
        }
        match self.max_length() {
            Some(most) if name.len() > most => NameError::TooLong(most),
            _ => NameError::Characters(self),
        }
    }

    /// The greatest length in bytes; of a qualified name, without its prefix.
    #[must_use]
    pub fn max_length(self) -> Option<usize> {
        match self {
            Self::DnsLabel | Self::Dns1035Label | Self::QualifiedName | Self::LabelValue => {
                Some(63)
            }
            Self::DnsSubdomain | Self::WildcardSubdomain | Self::ConfigKey => Some(253),
            Self::PortName => Some(15),
            Self::PathSegment | Self::EnvName => None,
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly every form that is asked for is a constant")]
    fn fits(self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let is_short = || self.max_length().is_none_or(|most| name.len() <= most);
        match self {
            Self::DnsLabel => is_short() && is_dns_label(bytes),
            Self::DnsSubdomain => is_short() && is_dns_subdomain(bytes),
            Self::WildcardSubdomain => {
                is_short() && is_dns_subdomain(bytes.strip_prefix(b"*.").unwrap_or(bytes))
            }
            Self::Dns1035Label => {
                is_short() && is_dns_label(bytes) && bytes[0].is_ascii_lowercase()
            }
            Self::PathSegment => !matches!(name, "" | "." | "..") && !name.contains(['/', '%']),
            Self::QualifiedName => is_qualified_name(name),
            Self::LabelValue => name.is_empty() || (is_short() && is_own_name(bytes)),
            Self::PortName => {
                is_short()
                    && is_dns_label(bytes)
                    && bytes.iter().any(u8::is_ascii_lowercase)
                    && !name.contains("--")
            }
            Self::EnvName => {
                !name.is_empty()
                    && bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'=')
            }
            Self::ConfigKey => {
                is_short()
                    && !matches!(name, "" | ".")
                    && are_of_keys(bytes)
                    && !name.starts_with("..")
            }
        }
    }

    /// What the form asks of the characters, a phrase.
    fn demand(self) -> &'static str {
        match self {
            Self::DnsLabel => {
                "must consist of lower-case letters, digits and '-', \
                 with a letter or digit at both ends"
            }
            Self::DnsSubdomain => {
                "must consist of lower-case letters, digits, '-' and '.', \
                 with a letter or digit at both ends and beside each dot"
            }
            Self::WildcardSubdomain => {
                "must consist of lower-case letters, digits, '-' and '.', \
                 with a letter or digit at both ends and beside each dot, perhaps after '*.'"
            }
            Self::Dns1035Label => {
                "must consist of lower-case letters, digits and '-', \
                 start with a letter and end with a letter or digit"
            }
            Self::PathSegment => "must not be '.' or '..' and not contain '/' or '%'",
            Self::QualifiedName => {
                "must consist of letters, digits, '-', '_' and '.', with a letter or digit at \
                 both ends, perhaps after a DNS name and one '/'"
            }
            Self::LabelValue => {
                "must consist of letters, digits, '-', '_' and '.', \
                 with a letter or digit at both ends"
            }
            Self::PortName => {
                "must consist of lower-case letters, digits and single '-' between them, \
                 with at least one letter"
            }
            Self::EnvName => "must consist of printable ASCII characters without '='",
            Self::ConfigKey => {
                "must consist of letters, digits, '-', '_' and '.', and not start with '..'"
            }
        }
    }
}

/// A name of at most `longest` bytes, at least 16: the name itself, or as much of it as there is
/// room for, `-` and a digest of the whole, so that long names that start alike stay apart.
#[must_use]
pub fn fit(mut name: String, longest: usize) -> String {
    if name.len() > longest {
        let digest = Sha256::digest(&name);
        let digest = digest.iter().take(4).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let mut room = longest - digest.len() - 1;
        while !name.is_char_boundary(room) {
            room -= 1;
        }
        name.truncate(name[..room].trim_end_matches(['-', '.']).len());
        name.push('-');
        name.push_str(&digest);
    }
    name
}

/// What a byte is in a name: one of the bits below.
static CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' => SMALL,
            b'A'..=b'Z' | b'_' => LARGE,
            b'-' => DASH,
            b'.' => DOT,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};
/// A lower-case letter or a digit.
const SMALL: u8 = 1;
/// A capital or an underscore.
const LARGE: u8 = 2;
const DASH: u8 = 4;
const DOT: u8 = 8;
const OTHER: u8 = 16;

/// The classes that bytes have.
fn classes(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |classes, byte| classes | CLASSES[usize::from(*byte)])
}

/// Whether there is a letter or a digit at both ends.
fn has_sound_ends(name: &[u8]) -> bool {
    [name.first(), name.last()].into_iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
}

fn is_dns_label(label: &[u8]) -> bool {
    classes(label) & !(SMALL | DASH) == 0 && has_sound_ends(label)
}

/// Labels with dots between them.
fn is_dns_subdomain(name: &[u8]) -> bool {
    let classes = classes(name);
    classes & !(SMALL | DASH | DOT) == 0
        && has_sound_ends(name)
        && (classes & DOT == 0
            || name.windows(2).all(|pair| !matches!(pair, [b'.', b'.' | b'-'] | [b'-', b'.'])))
}

/// A name of labels and annotations, perhaps after a domain.
fn is_qualified_name(name: &str) -> bool {
    let name = name.as_bytes();
    let (domain, own) = match memchr::memchr(b'/', name) {
        Some(slash) => (Some(&name[..slash]), &name[slash + 1..]),
        None => (None, name),
    };
    domain.is_none_or(|domain| domain.len() <= 253 && is_dns_subdomain(domain))
        && own.len() <= 63
        && is_own_name(own)
}

/// The part of a qualified name that no domain owns, or the value of a label, of any length.
fn is_own_name(name: &[u8]) -> bool {
    has_sound_ends(name) && are_of_keys(name)
}

/// Whether all stand in keys: those of labels, and those of a `ConfigMap`.
fn are_of_keys(bytes: &[u8]) -> bool {
    classes(bytes) & OTHER == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::NameForm::{
        ConfigKey, Dns1035Label, DnsLabel, DnsSubdomain, EnvName, LabelValue, PathSegment,
        PortName, QualifiedName, WildcardSubdomain,
    };
    use super::*;

    #[test]
    fn each_form_takes_what_the_server_takes() {
        let long = |length: usize| "a".repeat(length);
        let cases: [(NameForm, &[&str], &[&str]); 10] = [
            (DnsLabel, &["a", "web-1", "1web", &long(63)], &["", "-a", "a-", "A", "a.b", "a_b"]),
            (
                DnsSubdomain,
                &["a", "example.com", "1.2", &long(253)],
                &["", ".a", "a.", "a..b", "a-.b", "a.-b", "A.b", "*.a"],
            ),
            (
                WildcardSubdomain,
                &["*.a", "*.example.com", "a"],
                &["*", "*.", "*a", "a.*.b", "*.*.a"],
            ),
            (Dns1035Label, &["a", "web-1"], &["1web", "", "a.b", "Web"]),
            (PathSegment, &["system:node", "a b", "A", "..."], &["", ".", "..", "a/b", "a%b"]),
            (
                QualifiedName,
                &["a", "A_b.c-d", "example.com/a", &format!("{}/{}", long(253), long(63))],
                &["", "/a", "a/", "a/b/c", "-a", "a.", "Example.com/a", "a b"],
            ),
            (LabelValue, &["", "a", "1.2_3-B"], &["-", "a-", "a b", "a/b"]),
            (PortName, &["http", "a", "h2-c", "1a"], &["", "80", "a--b", "-a", "a-", "Http"]),
            (EnvName, &["A", "a-b.c", "1", "with space", "~"], &["", "A=B", "\u{e9}", "a\n"]),
            (ConfigKey, &["a", ".a", "A_b.c", "-"], &["", ".", "..", "..a", "a/b", "a b"]),
        ];
        for (form, good, bad) in cases {
            for name in good {
                assert_eq!(form.check(name), Ok(()), "{form:?} {name:?}");
            }
            for name in bad {
                assert!(form.check(name).is_err(), "{form:?} {name:?}");
            }
            if let Some(most) = form.max_length() {
                assert_eq!(form.check(&long(most)), Ok(()), "{form:?}");
                let one_more = form.check(&long(most + 1));
                assert_eq!(one_more, Err(NameError::TooLong(most)), "{form:?}");
            }
        }
    }

    #[test]
    fn a_name_that_is_too_long_ends_in_a_digest() {
        assert_eq!(fit("wait-for-database".to_owned(), 17), "wait-for-database");
        assert_eq!(fit("wait-for-database".to_owned(), 16), "wait-fo-ba56d9bf");
        assert_eq!(fit("wait---for-database".to_owned(), 16), "wait-cd36faef");
    }

    proptest! {
        #[test]
        fn a_fitted_label_is_a_label(name in "[a-z][-a-z0-9]{0,80}[a-z0-9]", longest in 16..63_usize) {
            let fitted = fit(name, longest);
            prop_assert!(fitted.len() <= longest && DnsLabel.check(&fitted).is_ok(), "{fitted}");
        }

        #[test]
        fn a_stricter_form_fits_the_looser_ones(name in "[-a-z0-9.]{0,12}") {
            let fits = |form: NameForm| form.check(&name).is_ok();
            prop_assert!(!fits(Dns1035Label) || fits(DnsLabel));
            prop_assert!(!fits(DnsLabel) || fits(DnsSubdomain));
            prop_assert!(!fits(DnsSubdomain) || fits(WildcardSubdomain));
            prop_assert!(!fits(DnsLabel) || fits(LabelValue));
            prop_assert!(!fits(PortName) || fits(DnsLabel));
        }
    }
}
