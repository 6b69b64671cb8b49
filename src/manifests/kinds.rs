//! Kinds of objects by name, as options of the command line name them.

use std::str::FromStr;

use crate::source::NodeRef;

/// A set of kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds(Vec<Named>);

/// What is no name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a kind such as `Deployment`, `v1/Secret` or `example.com/v1/Widget`")]
pub struct NotAKind;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    /// `None` for every one that has the kind.
    api_version: Option<String>,
    kind: String,
}

impl FromStr for Kinds {
    type Err = NotAKind;

    /// Reads names with commas between them: `Widget` is that kind of any group and version,
    /// `example.com/v1/Widget` that of one alone.
    fn from_str(text: &str) -> Result<Self, NotAKind> {
        text.split(',').map(Named::read).collect::<Result<_, _>>().map(Self)
    }
}

impl FromIterator<Self> for Kinds {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        Self(sets.into_iter().flat_map(|set| set.0).collect())
    }
}

impl Named {
    fn read(text: &str) -> Result<Self, NotAKind> {
        let text = text.trim();
        let (api_version, kind) = match text.rsplit_once('/') {
            Some((api_version, kind)) => (Some(api_version.to_owned()), kind),
            None => (None, text),
        };
        let parts = api_version.iter().flat_map(|version| version.split('/'));
        let whole = parts.clone().count() <= 2 && parts.chain([kind]).all(|part| !part.is_empty());
        whole.then(|| Self { api_version, kind: kind.to_owned() }).ok_or(NotAKind)
    }
}

impl Kinds {
    /// Whether an object is of one of these kinds.
    #[must_use]
    pub fn contain(&self, root: NodeRef<'_>) -> bool {
        self.kind_of(root).is_some()
    }

    /// The `kind` of an object that is of one of these kinds.
    #[must_use]
    pub fn kind_of<'t>(&self, root: NodeRef<'t>) -> Option<NodeRef<'t>> {
        if self.0.is_empty() {
            return None;
        }
        let kind = root.get("kind")?;
        let api_version = root.get("apiVersion").map_or("", NodeRef::text);
        let is_it = |named: &Named| {
            named.kind == kind.text()
                && named.api_version.as_deref().is_none_or(|version| version == api_version)
        };
        self.0.iter().any(is_it).then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::tree;

    #[test]
    fn a_kind_is_named_alone_or_with_its_version() -> Result<(), NotAKind> {
        let secret = tree(&json!({ "apiVersion": "v1", "kind": "Secret" }));
        let widget = tree(&json!({ "apiVersion": "example.com/v1", "kind": "Widget" }));
        for (kinds, of_secret, of_widget) in [
            ("Secret", true, false),
            ("v1/Secret,Widget", true, true),
            ("v2/Secret, example.com/v1/Widget", false, true),
            ("example.com/v2/Widget", false, false),
        ] {
            let kinds: Kinds = kinds.parse()?;
            let found = (kinds.contain(secret.root()), kinds.contain(widget.root()));
            assert_eq!(found, (of_secret, of_widget), "{kinds:?}");
        }
        assert!(!Kinds::default().contain(secret.root()));
        Ok(())
    }

    #[test]
    fn what_is_no_kind_is_refused() {
        for text in ["", "Secret,", "/Secret", "v1/", "a/b/c/D", "a//D"] {
            assert_eq!(text.parse::<Kinds>(), Err(NotAKind), "{text}");
        }
    }
}
