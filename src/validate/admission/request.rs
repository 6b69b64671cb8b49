//! The making of an object.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::{seen, text};
use crate::conceal;
use crate::k8s::schema::Resource;
use crate::source::NodeRef;
use crate::validate::Cluster;
use crate::validate::cel::{self, Value};

/// The making of an object, as policies see it.
pub(super) struct Request<'t> {
    pub object: NodeRef<'t>,
    /// Made when a policy is for the object.
    pub value: OnceCell<Value>,
    attributes: OnceCell<Value>,
    has_secrets: OnceCell<bool>,
    /// Empty for objects of the whole cluster.
    pub namespace: &'t str,
    /// The Namespace object, where it is at hand.
    pub namespace_object: Option<NodeRef<'t>>,
    pub is_namespaced: bool,
    pub group: &'t str,
    pub version: &'t str,
    pub kind: &'t str,
    pub name: &'t str,
    pub plural: Option<&'t str>,
    pub cluster: &'t Cluster,
}

impl<'t> Request<'t> {
    /// The request that makes an object; `namespaces` are those at hand, by name.
    pub fn new(
        object: NodeRef<'t>,
        cluster: &'t Cluster,
        namespaces: &BTreeMap<&str, NodeRef<'t>>,
    ) -> Self {
        let (group, version) = super::group_version(object);
        let (api_version, kind) = (text(object, &["apiVersion"]), text(object, &["kind"]));
        let custom = cluster.custom.find(api_version, kind);
        let known = Resource::find(cluster.version, api_version, kind);
        let plural =
            custom.map(|custom| custom.plural.as_str()).or_else(|| known.map(Resource::plural));
        let is_namespaced = cluster.is_namespaced(api_version, kind).unwrap_or(true);
        let namespace = if is_namespaced { namespace_of(object) } else { "" };
        Self {
            object,
            value: OnceCell::new(),
            attributes: OnceCell::new(),
            has_secrets: OnceCell::new(),
            namespace,
            namespace_object: namespaces.get(namespace).copied(),
            is_namespaced,
            group,
            version,
            kind,
            name: text(object, &["metadata", "name"]),
            plural,
            cluster,
        }
    }

    /// Whether the object holds what must not be shown: then nor must what an expression makes of
    /// it.
    pub fn has_secrets(&self) -> bool {
        *self.has_secrets.get_or_init(|| conceal::has_secrets(self.object))
    }

    /// The object as expressions see it.
    pub fn new_value(&self) -> Value {
        seen::new_object(self.object, self.namespace, self.cluster)
    }

    /// The variable `request`, but for what the cluster fills in.
    pub fn attributes(&self) -> &Value {
        self.attributes.get_or_init(|| self.new_attributes())
    }

    fn new_attributes(&self) -> Value {
        let map = |entries: &[(&str, &str)]| {
            cel::map(entries.iter().map(|(key, value)| ((*key).to_owned(), cel::text(value))))
        };
        let kind = map(&[("group", self.group), ("version", self.version), ("kind", self.kind)]);
        let plural = self.plural.unwrap_or_default();
        let resource =
            map(&[("group", self.group), ("version", self.version), ("resource", plural)]);
        let mut entries = vec![
            ("kind", kind.clone()),
            ("requestKind", kind),
            ("resource", resource.clone()),
            ("requestResource", resource),
            ("operation", cel::text("CREATE")),
            ("dryRun", Value::Bool(false)),
        ];
        if !self.name.is_empty() {
            entries.push(("name", cel::text(self.name)));
        }
        let namespace = if is_namespace(self.object) { self.name } else { self.namespace };
        if !namespace.is_empty() {
            entries.push(("namespace", cel::text(namespace)));
        }
        cel::map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)))
    }
}

/// Where an object of a kind with namespaces is made.
pub(super) fn namespace_of(object: NodeRef<'_>) -> &str {
    match text(object, &["metadata", "namespace"]) {
        "" => "default",
        namespace => namespace,
    }
}

/// Whether an object is a Namespace.
pub(super) fn is_namespace(root: NodeRef<'_>) -> bool {
    text(root, &["apiVersion"]) == "v1" && text(root, &["kind"]) == "Namespace"
}
