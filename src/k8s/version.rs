//! The versions of Kubernetes that gen writes for.

use std::fmt;
use std::str::FromStr;

use super::schema::MINORS;

/// A minor version of Kubernetes of which gen knows every type, such as 1.34.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The index in [`MINORS`], which is also the bit in a set of versions.
    index: u8,
}

impl Version {
    /// Every supported version, the oldest first.
    #[must_use]
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        // There are at most eight: a set of versions is a byte.
        #[expect(clippy::cast_possible_truncation, reason = "at most eight")]
        (0..MINORS.len()).map(|index| Self { index: index as u8 })
    }

    /// The newest supported version.
    ///
    /// # Panics
    ///
    /// Never: at least one version is compiled in.
    #[must_use]
    pub fn newest() -> Self {
        Self::all().next_back().expect("a version is compiled in")
    }

    /// The number after the `1.`.
    #[must_use]
    pub fn minor(self) -> u8 {
        MINORS[usize::from(self.index)]
    }

    pub(in crate::k8s) fn bit(self) -> u8 {
        1 << self.index
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::newest()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor())
    }
}

/// A text that names no supported version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no supported version of Kubernetes; supported are {supported}")]
pub struct UnsupportedVersion {
    /// The supported ones, for a person to read.
    pub supported: String,
}

impl FromStr for Version {
    type Err = UnsupportedVersion;

    /// Reads `1.34`. A patch level is refused, because it would promise more than is checked.
    fn from_str(text: &str) -> Result<Self, UnsupportedVersion> {
        Self::all().find(|version| version.to_string() == text).ok_or_else(|| {
            let all: Vec<String> = Self::all().map(|version| version.to_string()).collect();
            UnsupportedVersion { supported: all.join(", ") }
        })
    }
}

/// A set of supported versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Versions(u8);

impl Versions {
    pub(in crate::k8s) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether the set holds a version.
    #[must_use]
    pub fn contains(self, version: Version) -> bool {
        self.0 & version.bit() != 0
    }

    /// Whether the set holds no version.
    #[must_use]
    pub fn is_empty(self) -> bool {
        Version::all().all(|version| !self.contains(version))
    }
}

/// `since 1.35`, `until 1.34`, or the versions one by one.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<Version> = Version::all().filter(|version| self.contains(*version)).collect();
        let unbroken = held.windows(2).all(|pair| pair[0].index + 1 == pair[1].index);
        match (held.first(), held.last()) {
            (Some(first), Some(last)) if unbroken && *last == Version::newest() => {
                write!(f, "since {first}")
            }
            (Some(first), Some(last)) if unbroken && first.index == 0 => write!(f, "until {last}"),
            _ => {
                let all: Vec<String> = held.iter().map(Version::to_string).collect();
                write!(f, "only in {}", all.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_reads_back_from_its_text() {
        for version in Version::all() {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!(Version::default(), Version::newest());
    }

    #[test]
    fn an_unsupported_version_names_the_supported_ones() {
        for text in ["1.32", "1.34.2", "v1.34", "2.34", "", "1.034"] {
            let error = text.parse::<Version>().map_err(|error| error.to_string());
            let wanted = "no supported version of Kubernetes; supported are 1.33, 1.34, 1.35, 1.36";
            assert_eq!(error, Err(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn sets_of_versions_read_as_a_person_would_say_them() {
        assert_eq!(Versions::from_bits(0b1100).to_string(), "since 1.35");
        assert_eq!(Versions::from_bits(0b0011).to_string(), "until 1.34");
        assert_eq!(Versions::from_bits(0b0110).to_string(), "only in 1.34, 1.35");
        assert_eq!(Versions::from_bits(0b1001).to_string(), "only in 1.33, 1.36");
        assert!(Versions::from_bits(0).is_empty());
    }
}
