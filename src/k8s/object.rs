//! Kubernetes objects and what tells them apart.

use std::fmt;

use crate::source::{Kind, NodeRef, Origin, Tree};

/// What tells one object of a cluster from all others.
///
/// The version of an API is no part of it: the same object is served in each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The API group, empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace, where one is stated.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl Identity {
    /// Reads the identity of a manifest.
    ///
    /// # Errors
    ///
    /// When a part of it is missing or is not a string.
    pub fn of(root: NodeRef<'_>) -> Result<Self, NotAnObject> {
        let text = |path: &'static str| {
            let mut at = root;
            for key in path.split('.') {
                at = at.get(key).ok_or(NotAnObject { path, at: at.at() })?;
            }
            at.as_str().filter(|text| !text.is_empty()).ok_or(NotAnObject { path, at: at.at() })
        };
        let api_version = text("apiVersion")?;
        let namespace = root.at_path(&["metadata", "namespace"]);
        Ok(Self {
            group: api_version.split_once('/').map_or("", |(group, _)| group).to_owned(),
            kind: text("kind")?.to_owned(),
            namespace: match namespace {
                None => None,
                Some(node) if node.kind() == Kind::Null => None,
                Some(_) => Some(text("metadata.namespace")?.to_owned()),
            },
            name: text("metadata.name")?.to_owned(),
        })
    }

    /// Whether its parts are words, as those of every object of a cluster are. A lost line end or
    /// quote makes more of one, which may be anything.
    #[must_use]
    pub(crate) fn is_of_words(&self) -> bool {
        let Self { group, kind, namespace, name } = self;
        let mut parts = [group, kind, name].into_iter().chain(namespace);
        !parts.any(|part| part.contains(char::is_whitespace))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, .. } = self;
        match namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{name}"),
            None => write!(f, "{kind} {name}"),
        }
    }
}

/// A document that is no Kubernetes object, for want of a field that all objects have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no string at `{path}`")]
pub struct NotAnObject {
    /// The path of the field that is missing or not a string.
    pub path: &'static str,
    /// The value found there, or else the innermost map that should lead there.
    pub at: Origin,
}

/// One Kubernetes object.
#[derive(Debug, Clone)]
pub struct Object {
    identity: Identity,
    tree: Tree,
}

impl Object {
    /// The object that a tree holds.
    ///
    /// # Errors
    ///
    /// When it has no `apiVersion`, no `kind` or no name.
    pub fn new(tree: Tree) -> Result<Self, NotAnObject> {
        Ok(Self { identity: Identity::of(tree.root())?, tree })
    }

    /// What tells it from all others.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its `apiVersion`, group and version.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.root().get("apiVersion").map_or("", NodeRef::text)
    }

    /// The whole manifest.
    #[must_use]
    pub fn root(&self) -> NodeRef<'_> {
        self.tree.root()
    }

    /// Where the object came from as a whole.
    #[must_use]
    pub fn at(&self) -> Origin {
        self.root().at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Rule, TreeBuilder};

    const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

    fn manifest(api_version: &str, kind: &str, metadata: &[(&str, &str)]) -> Tree {
        let mut out = TreeBuilder::default();
        out.map(AT);
        for (key, value) in [("apiVersion", api_version), ("kind", kind)] {
            out.key(key, AT);
            out.scalar(Kind::Str, value, AT);
        }
        out.key("metadata", AT);
        out.map(AT);
        for (key, value) in metadata {
            out.key(key, AT);
            out.scalar(Kind::Str, value, AT);
        }
        out.close();
        out.close();
        out.finish()
    }

    #[test]
    fn reads_and_shows_identities() -> Result<(), NotAnObject> {
        let deployment =
            manifest("apps/v1", "Deployment", &[("name", "api"), ("namespace", "wander")]);
        let deployment = Object::new(deployment)?;
        assert_eq!(deployment.identity().to_string(), "Deployment wander/api");
        assert_eq!(deployment.identity().group, "apps");
        assert_eq!(deployment.api_version(), "apps/v1");

        let namespace = Object::new(manifest("v1", "Namespace", &[("name", "wander")]))?;
        assert_eq!(namespace.identity().to_string(), "Namespace wander");
        assert_eq!(namespace.identity().group, "");
        Ok(())
    }

    #[test]
    fn versions_are_no_part_of_an_identity() -> Result<(), NotAnObject> {
        let old =
            Object::new(manifest("autoscaling/v1", "HorizontalPodAutoscaler", &[("name", "a")]))?;
        let new =
            Object::new(manifest("autoscaling/v2", "HorizontalPodAutoscaler", &[("name", "a")]))?;
        assert_eq!(old.identity(), new.identity());
        Ok(())
    }

    #[test]
    fn says_what_is_missing() {
        let missing = |tree| Object::new(tree).err().map(|error| error.path);
        assert_eq!(missing(manifest("v1", "", &[("name", "a")])), Some("kind"));
        assert_eq!(missing(manifest("v1", "Service", &[])), Some("metadata.name"));
        let nameless = manifest("v1", "Service", &[("name", "a"), ("namespace", "")]);
        assert_eq!(missing(nameless), Some("metadata.namespace"));
    }
}
