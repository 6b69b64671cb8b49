//! Which objects a policy or a binding is for.

use super::request::{Request, is_namespace};
use super::{items, seen, text};
use crate::k8s::schema::Resource;
use crate::source::NodeRef;
use crate::validate::selector;

/// The objects that a policy or a binding is for: `MatchResources`, read once for all objects.
pub(super) struct Resources<'t> {
    namespaces: Option<NodeRef<'t>>,
    objects: Option<NodeRef<'t>>,
    excluded: Vec<Rule<'t>>,
    rules: Vec<Rule<'t>>,
    /// Whether it is for those of its rules alone.
    is_restricted: bool,
    is_exact: bool,
}

/// A `NamedRuleWithOperations`.
struct Rule<'t> {
    scope: &'t str,
    names: Vec<&'t str>,
    groups: Vec<&'t str>,
    versions: Vec<&'t str>,
    operations: Vec<&'t str>,
    /// The plurals, without those for parts of objects alone.
    plurals: Vec<&'t str>,
}

impl<'t> Resources<'t> {
    pub fn read(node: NodeRef<'t>) -> Self {
        let asks = |field: &str| node.get(field).filter(|asked| !asked.is_empty());
        let rules = |field: &str| items(node, &[field]).map(Rule::read).collect();
        Self {
            namespaces: asks("namespaceSelector"),
            objects: asks("objectSelector"),
            excluded: rules("excludeResourceRules"),
            rules: rules("resourceRules"),
            is_restricted: asks("resourceRules").is_some(),
            is_exact: text(node, &["matchPolicy"]) == "Exact",
        }
    }

    /// Whether any object of the kind of a request may be among them.
    pub fn may_hold(&self, request: &Request<'_>) -> bool {
        !self.is_restricted
            || self.rules.iter().any(|rule| rule.holds_kind(request, self.is_exact) != Ok(false))
    }

    /// Whether the object of a request is among them; `Err` where it cannot be told.
    pub fn hold(&self, request: &Request<'_>) -> Result<bool, String> {
        // Labels are looked at only where the kind does not decide.
        let is_excluded = self.any(&self.excluded, request);
        let is_included =
            if self.is_restricted { self.any(&self.rules, request) } else { Ok(true) };
        if matches!((&is_excluded, &is_included), (Ok(true), _) | (Ok(false), Ok(false))) {
            return Ok(false);
        }
        let in_namespace = match self.namespaces {
            Some(selector) => namespace_fits(selector, request),
            None => Ok(true),
        };
        if in_namespace == Ok(false) {
            return Ok(false);
        }
        if let Some(selector) = self.objects
            && !selector::selects(selector, request.object.at_path(&["metadata", "labels"]))
        {
            return Ok(false);
        }
        is_excluded?;
        is_included?;
        in_namespace
    }

    fn any(&self, rules: &[Rule<'_>], request: &Request<'_>) -> Result<bool, String> {
        let mut unknown = None;
        for rule in rules {
            match rule.holds(request, self.is_exact) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(reason) => unknown = Some(reason),
            }
        }
        unknown.map_or(Ok(false), Err)
    }
}

fn namespace_fits(selector: NodeRef<'_>, request: &Request<'_>) -> Result<bool, String> {
    let is_namespace = is_namespace(request.object);
    if request.namespace.is_empty() && !is_namespace {
        return Ok(true);
    }
    let (object, name) = if is_namespace {
        (Some(request.object), request.name)
    } else {
        (request.namespace_object, request.namespace)
    };
    let wanted = selector.get("matchLabels").into_iter().flat_map(NodeRef::entries);
    let expressions = items(selector, &["matchExpressions"]);
    let mut keys =
        wanted.filter_map(NodeRef::key).chain(expressions.map(|one| text(one, &["key"])));
    if object.is_none() && keys.any(|key| key != seen::NAME_OF_NAMESPACE) {
        return Err(format!("the labels of the namespace `{name}` are not at hand"));
    }
    let labels = seen::labels_of_namespace(object, name, selector.at());
    Ok(selector::selects(selector, Some(labels.root())))
}

impl<'t> Rule<'t> {
    fn read(node: NodeRef<'t>) -> Self {
        let list = |field: &str| items(node, &[field]).map(NodeRef::text).collect();
        let plural = |resource: NodeRef<'t>| {
            let (plural, part) = resource.text().split_once('/').unwrap_or((resource.text(), ""));
            matches!(part, "" | "*").then_some(plural)
        };
        Self {
            scope: text(node, &["scope"]),
            names: list("resourceNames"),
            groups: list("apiGroups"),
            versions: list("apiVersions"),
            operations: list("operations"),
            plurals: items(node, &["resources"]).filter_map(plural).collect(),
        }
    }

    fn holds(&self, request: &Request<'_>, is_exact: bool) -> Result<bool, String> {
        let is_named = self.names.is_empty() || self.names.contains(&request.name);
        if is_named { self.holds_kind(request, is_exact) } else { Ok(false) }
    }

    /// Whether it holds for the kind of a request's object, whatever the object is called.
    fn holds_kind(&self, request: &Request<'_>, is_exact: bool) -> Result<bool, String> {
        let any = |list: &[&str], wanted: &str| {
            list.iter().any(|listed| *listed == "*" || *listed == wanted)
        };
        let is_scoped = match self.scope {
            "Namespaced" => request.is_namespaced,
            "Cluster" => !request.is_namespaced,
            _ => true,
        };
        if !is_scoped || !any(&self.groups, request.group) || !any(&self.operations, "CREATE") {
            return Ok(false);
        }
        let is_plural = match (request.plural, self.plurals.first()) {
            (Some(plural), _) => any(&self.plurals, plural),
            (None, Some(&"*")) => true,
            (None, Some(_)) => {
                return Err(format!("the plural of `{}` is not known", request.kind));
            }
            (None, None) => false,
        };
        if !is_plural || any(&self.versions, request.version) {
            return Ok(is_plural);
        }
        // The server would convert the object for the policy.
        let is_served = |version: &str| {
            let api_version = match request.group {
                "" => version.to_owned(),
                group => format!("{group}/{version}"),
            };
            Resource::find(request.cluster.version, &api_version, request.kind).is_some()
                || request.cluster.custom.find(&api_version, request.kind).is_some()
        };
        match self.versions.iter().find(|version| is_served(version)) {
            Some(version) if !is_exact => {
                Err(format!("it is for `{}` as `{version}`", request.kind))
            }
            _ => Ok(false),
        }
    }
}
