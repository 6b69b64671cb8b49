//! Places in an object, as a reviewer reads them.

use std::fmt::{self, Write};

use crate::source::NodeRef;

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a field of an object, or to a key of a map.
    Field(String),
    /// Into an item of a list whose items are told apart by some of their fields: these, with
    /// their values.
    Keyed(Vec<(String, String)>),
    /// To an item of a set, which is its value.
    Value(String),
    /// Into an item of a list that has only its order, counted from 0: on the old side and on the
    /// new one, where they have it.
    Index {
        /// Where it stands on the old side.
        old: Option<usize>,
        /// Where it stands on the new side.
        new: Option<usize>,
    },
}

impl Step {
    /// The part of a value on the new side that the step leads to.
    pub(super) fn of<'t>(&self, node: NodeRef<'t>) -> Option<NodeRef<'t>> {
        let has = |item: &NodeRef<'t>, keys: &[(String, String)]| {
            keys.iter().all(|(key, value)| item.get(key).map_or("", NodeRef::text) == value)
        };
        match self {
            Self::Field(name) => node.get(name),
            Self::Keyed(keys) => node.items().find(|item| has(item, keys)),
            Self::Value(value) => node.items().find(|item| item.text() == value),
            Self::Index { new, .. } => node.item((*new)?),
        }
    }
}

/// A place in an object, such as `spec.template.spec.containers[name=web].image`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Whether the path leads through these fields first; items of lists between them are
    /// passed over.
    #[must_use]
    pub fn starts_with(&self, fields: &[&str]) -> bool {
        let mut own = self.fields();
        fields.iter().all(|field| own.next() == Some(field))
    }

    /// The fields and keys that the path leads through.
    #[must_use]
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Its last field or key; empty at the root.
    #[must_use]
    pub fn last_field(&self) -> &str {
        self.fields().next_back().unwrap_or_default()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if is_plain(name) => {
                    if place > 0 {
                        f.write_char('.')?;
                    }
                    f.write_str(name)?;
                }
                Step::Field(name) | Step::Value(name) => write!(f, "[{name:?}]")?,
                Step::Keyed(keys) => {
                    f.write_char('[')?;
                    for (place, (key, value)) in keys.iter().enumerate() {
                        let comma = if place > 0 { "," } else { "" };
                        write!(f, "{comma}{key}={value}")?;
                    }
                    f.write_char(']')?;
                }
                Step::Index { old, new } => {
                    let index = new.or(*old).unwrap_or_default();
                    write!(f, "[{index}]")?;
                }
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_jsonpath() {
        let field = |name: &str| Step::Field(name.to_owned());
        let key = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let path = Path(vec![
            field("spec"),
            field("ports"),
            Step::Keyed(vec![key("port", "80"), key("protocol", "TCP")]),
            field("app.kubernetes.io/name"),
            Step::Index { old: Some(3), new: None },
            Step::Value("a b".to_owned()),
        ]);
        assert_eq!(
            path.to_string(),
            "spec.ports[port=80,protocol=TCP][\"app.kubernetes.io/name\"][3][\"a b\"]"
        );
        assert!(path.starts_with(&["spec", "ports"]));
        assert!(!path.starts_with(&["ports"]));
        assert_eq!(path.last_field(), "app.kubernetes.io/name");
    }
}
