//! Who changed an object: its author, another gen, another schema, or somebody's editor.

use std::fmt;

use crate::emit::{Digest, Maker};

/// What is known of how a rendered file came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Whether the file is not what gen wrote.
    pub is_edited: bool,
    /// The digest of the resolved input that made it.
    pub input: Digest,
    /// The gen and the schema that made it.
    pub maker: Maker,
}

/// Who or what changed an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangedBy {
    /// The input says something else.
    Input,
    /// Another version of gen renders the input otherwise: the old one and the new one.
    Generator(String, String),
    /// It is made for another version of Kubernetes: the old one and the new one.
    Schema(String, String),
    /// Somebody edited or removed the rendered file.
    Hand,
}

impl ChangedBy {
    /// Its name in machine formats.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Generator(..) => "gen",
            Self::Schema(..) => "schema",
            Self::Hand => "hand",
        }
    }

    /// Who changed an object whose two files came to be like that, where both sides know. A file
    /// that only the new side has is the author's, unless the old side knows that it was there.
    pub(super) fn of(
        old: Option<&Provenance>,
        new: Option<&Provenance>,
        was_removed: bool,
    ) -> Vec<Self> {
        let mut by = Vec::new();
        if was_removed || old.is_some_and(|old| old.is_edited) {
            by.push(Self::Hand);
        }
        match (old, new) {
            (Some(old), Some(new)) => {
                if old.input != new.input {
                    by.push(Self::Input);
                }
                let (before, after) = (&old.maker, &new.maker);
                if before.generator != after.generator {
                    let (before, after) = (before.generator.clone(), after.generator.clone());
                    by.push(Self::Generator(before, after));
                }
                if before.schema != after.schema {
                    by.push(Self::Schema(before.schema.clone(), after.schema.clone()));
                }
                if by.is_empty() {
                    // The same input and the same version: gen itself was changed.
                    let version = after.generator.clone();
                    by.push(Self::Generator(version.clone(), version));
                }
            }
            (None, Some(_)) if !was_removed => by.push(Self::Input),
            (Some(_), None) => by.push(Self::Input),
            _ => {}
        }
        by.sort();
        by
    }
}

impl fmt::Display for ChangedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("input"),
            Self::Generator(old, new) if old == new => f.write_str("another build of gen"),
            Self::Generator(old, new) => write!(f, "gen {old} to {new}"),
            Self::Schema(old, new) => write!(f, "Kubernetes {old} to {new}"),
            Self::Hand => f.write_str("edited by hand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(input: &str, generator: &str, schema: &str) -> Provenance {
        Provenance {
            is_edited: false,
            input: Digest::of(input.as_bytes()),
            maker: Maker { generator: generator.into(), schema: schema.into() },
        }
    }

    #[test]
    fn each_cause_is_named() {
        let old = made("a", "0.1.0", "1.34");
        let edited = Provenance { is_edited: true, ..old.clone() };
        let of = |old: Option<&Provenance>, new: Option<&Provenance>, was_removed| {
            let by = ChangedBy::of(old, new, was_removed);
            by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let new = |input, generator, schema| made(input, generator, schema);
        assert_eq!(of(Some(&old), Some(&new("b", "0.1.0", "1.34")), false), "input");
        assert_eq!(of(Some(&old), Some(&new("a", "0.2.0", "1.34")), false), "gen 0.1.0 to 0.2.0");
        assert_eq!(
            of(Some(&old), Some(&new("b", "0.1.0", "1.35")), false),
            "input, Kubernetes 1.34 to 1.35"
        );
        assert_eq!(of(Some(&old), Some(&old), false), "another build of gen");
        assert_eq!(of(Some(&edited), Some(&old), false), "edited by hand");
        assert_eq!(
            of(Some(&edited), Some(&new("b", "0.1.0", "1.34")), false),
            "input, edited by hand"
        );
        assert_eq!(of(None, Some(&old), false), "input");
        assert_eq!(of(None, Some(&old), true), "edited by hand");
        assert_eq!(of(Some(&old), None, false), "input");
        assert_eq!(of(None, None, false), "");
    }
}
