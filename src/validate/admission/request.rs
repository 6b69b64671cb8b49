//! The making of an object, and whether policies and bindings are for it.

use std::collections::BTreeMap;

use super::{seen, text};
use crate::k8s::schema::Resource;
use crate::source::NodeRef;
use crate::validate::cel::{self, Value};
use crate::validate::{Cluster, selector};

/// The making of an object, as policies see it.
pub(super) struct Request<'t> {
    pub object: NodeRef<'t>,
    pub value: Value,
    /// Empty for objects of the whole cluster.
    pub namespace: &'t str,
    /// The Namespace object, where it is at hand.
    pub namespace_object: Option<NodeRef<'t>>,
    pub is_namespaced: bool,
    group: &'t str,
    version: &'t str,
    kind: &'t str,
    name: &'t str,
    plural: Option<String>,
    cluster: &'t Cluster,
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
        let plural = custom
            .map(|custom| custom.plural.clone())
            .or_else(|| known.map(|resource| resource.plural().to_owned()));
        let is_namespaced = cluster.is_namespaced(api_version, kind).unwrap_or(true);
        let namespace = if is_namespaced { namespace_of(object) } else { "" };
        Self {
            object,
            value: seen::new_object(object, namespace, cluster),
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

    /// Whether a policy or binding is for this request; `Err` where it cannot be told.
    pub fn matches(&self, resources: Option<NodeRef<'_>>) -> Result<bool, String> {
        let Some(resources) = resources else { return Ok(true) };
        let in_namespace = match resources.get("namespaceSelector").filter(|it| !it.is_empty()) {
            Some(selector) => self.namespace_fits(selector),
            None => Ok(true),
        };
        if in_namespace == Ok(false) {
            return Ok(false);
        }
        if let Some(selector) = resources.get("objectSelector").filter(|it| !it.is_empty())
            && !selector::selects(selector, self.object.at_path(&["metadata", "labels"]))
        {
            return Ok(false);
        }
        if self.any_rule(resources, "excludeResourceRules")? {
            return Ok(false);
        }
        let is_restricted = resources.get("resourceRules").is_some_and(|rules| !rules.is_empty());
        if is_restricted && !self.any_rule(resources, "resourceRules")? {
            return Ok(false);
        }
        in_namespace
    }

    fn namespace_fits(&self, selector: NodeRef<'_>) -> Result<bool, String> {
        let is_namespace = is_namespace(self.object);
        if self.namespace.is_empty() && !is_namespace {
            return Ok(true);
        }
        let (object, name) = if is_namespace {
            (Some(self.object), self.name)
        } else {
            (self.namespace_object, self.namespace)
        };
        let wanted = selector.get("matchLabels").into_iter().flat_map(NodeRef::entries);
        let expressions = super::items(selector, &["matchExpressions"]);
        let mut keys =
            wanted.filter_map(NodeRef::key).chain(expressions.map(|one| text(one, &["key"])));
        if object.is_none() && keys.any(|key| key != seen::NAME_OF_NAMESPACE) {
            return Err(format!("the labels of the namespace `{name}` are not at hand"));
        }
        let labels = seen::labels_of_namespace(object, name, selector.at());
        Ok(selector::selects(selector, Some(labels.root())))
    }

    fn any_rule(&self, resources: NodeRef<'_>, field: &str) -> Result<bool, String> {
        let exact = text(resources, &["matchPolicy"]) == "Exact";
        let mut unknown = None;
        for rule in super::items(resources, &[field]) {
            match self.rule(rule, exact) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(reason) => unknown = Some(reason),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    fn rule(&self, rule: NodeRef<'_>, exact: bool) -> Result<bool, String> {
        let any = |field: &str, wanted: &str| {
            super::items(rule, &[field]).any(|item| item.text() == "*" || item.text() == wanted)
        };
        let is_scoped = match text(rule, &["scope"]) {
            "Namespaced" => self.is_namespaced,
            "Cluster" => !self.is_namespaced,
            _ => true,
        };
        let mut names = super::items(rule, &["resourceNames"]).peekable();
        let is_named = names.peek().is_none() || names.any(|name| name.text() == self.name);
        let (in_group, in_version) =
            (any("apiGroups", self.group), any("apiVersions", self.version));
        if !is_scoped || !is_named || !in_group || !any("operations", "CREATE") {
            return Ok(false);
        }
        let mut resources = super::items(rule, &["resources"]).filter_map(|resource| {
            let (resource, part) = resource.text().split_once('/').unwrap_or((resource.text(), ""));
            matches!(part, "" | "*").then_some(resource)
        });
        let is_resource = match &self.plural {
            Some(plural) => resources.any(|resource| resource == "*" || resource == plural),
            None => match resources.next() {
                Some("*") => true,
                Some(_) => return Err(format!("the plural of `{}` is not known", self.kind)),
                None => false,
            },
        };
        if !is_resource || in_version {
            return Ok(is_resource);
        }
        // The server would convert the object for the policy.
        let is_served = |version: &str| {
            let api_version = match self.group {
                "" => version.to_owned(),
                group => format!("{group}/{version}"),
            };
            Resource::find(self.cluster.version, &api_version, self.kind).is_some()
                || self.cluster.custom.find(&api_version, self.kind).is_some()
        };
        match super::items(rule, &["apiVersions"]).find(|it| is_served(it.text())) {
            Some(version) if !exact => {
                Err(format!("it is for `{}` as `{}`", self.kind, version.text()))
            }
            _ => Ok(false),
        }
    }

    /// The variable `request`, but for what the cluster fills in.
    pub fn attributes(&self) -> Value {
        let map = |entries: &[(&str, &str)]| {
            cel::map(entries.iter().map(|(key, value)| ((*key).to_owned(), cel::text(value))))
        };
        let kind = map(&[("group", self.group), ("version", self.version), ("kind", self.kind)]);
        let plural = self.plural.as_deref().unwrap_or_default();
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
