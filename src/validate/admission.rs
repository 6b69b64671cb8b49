//! A team's own policies: `ValidatingAdmissionPolicy` and its binding, evaluated as the API
//! server would evaluate them for an object that is made.
//!
//! Source: `pkg/admission/plugin/policy` and `.../plugin/webhook/predicates` of
//! `k8s.io/apiserver`. The object is seen with the server's defaults. What only the cluster
//! knows, such as who asks, is reported as not checked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::cel::{self, Expression, Fault, Library, Value, Variables};
use super::custom::shown;
use super::{Cluster, Finding, selector};
use crate::diagnostic::Code;
use crate::k8s::defaults;
use crate::k8s::schema::Resource;
use crate::source::{NodeRef, Tree};

const GROUP: &str = "admissionregistration.k8s.io";

/// Evaluates the policies among the objects and those of the cluster for each of the objects.
pub fn check(objects: &[NodeRef<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let extra: Vec<NodeRef<'_>> = cluster.policies.iter().map(Tree::root).collect();
    let all: Vec<NodeRef<'_>> = objects.iter().chain(&extra).copied().collect();
    let policies: Vec<Policy<'_>> = all.iter().filter_map(|root| Policy::read(*root)).collect();
    if policies.is_empty() {
        return;
    }
    let bindings: Vec<NodeRef<'_>> = all
        .iter()
        .copied()
        .filter(|root| is_kind(*root, "ValidatingAdmissionPolicyBinding"))
        .collect();
    let library = Library::default();
    for object in objects {
        if group_version(*object).0 == GROUP {
            continue;
        }
        let request = Request::new(*object, cluster, &all);
        for policy in &policies {
            let run = Run { policy, request: &request, library: &library, all: &all };
            for binding in &bindings {
                if text(*binding, &["spec", "policyName"]) == policy.name {
                    run.binding(*binding, out);
                }
            }
        }
    }
}

fn text<'t>(node: NodeRef<'t>, path: &[&str]) -> &'t str {
    node.at_path(path).map_or("", NodeRef::text)
}

fn items<'t>(node: NodeRef<'t>, path: &[&str]) -> impl Iterator<Item = NodeRef<'t>> + use<'t> {
    node.at_path(path).into_iter().flat_map(NodeRef::items)
}

fn group_version(root: NodeRef<'_>) -> (&str, &str) {
    let api_version = text(root, &["apiVersion"]);
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn is_kind(root: NodeRef<'_>, kind: &str) -> bool {
    text(root, &["kind"]) == kind && group_version(root).0 == GROUP
}

/// An expression, and the field that holds it.
struct Stated<'t> {
    node: NodeRef<'t>,
    expression: Expression,
}

impl<'t> Stated<'t> {
    fn read(holder: NodeRef<'t>, field: &str) -> Option<Self> {
        let node = holder.get(field)?;
        Some(Self { node, expression: Expression::new(node.as_str()?) })
    }
}

struct Validation<'t> {
    must: Stated<'t>,
    message: &'t str,
    message_expression: Option<Stated<'t>>,
}

struct Policy<'t> {
    root: NodeRef<'t>,
    name: &'t str,
    ignores_failure: bool,
    has_params: bool,
    conditions: Vec<Stated<'t>>,
    variables: Vec<(&'t str, Stated<'t>)>,
    validations: Vec<Validation<'t>>,
}

impl<'t> Policy<'t> {
    fn read(root: NodeRef<'t>) -> Option<Self> {
        if !is_kind(root, "ValidatingAdmissionPolicy") {
            return None;
        }
        let spec = root.get("spec")?;
        let variables = items(spec, &["variables"])
            .filter_map(|item| Some((text(item, &["name"]), Stated::read(item, "expression")?)));
        let validations = items(spec, &["validations"]).filter_map(|item| {
            Some(Validation {
                must: Stated::read(item, "expression")?,
                message: text(item, &["message"]).trim(),
                message_expression: Stated::read(item, "messageExpression"),
            })
        });
        Some(Self {
            root,
            name: text(root, &["metadata", "name"]),
            ignores_failure: text(spec, &["failurePolicy"]) == "Ignore",
            has_params: spec.get("paramKind").is_some_and(|kind| !kind.is_empty()),
            conditions: items(spec, &["matchConditions"])
                .filter_map(|item| Stated::read(item, "expression"))
                .collect(),
            variables: variables.collect(),
            validations: validations.collect(),
        })
    }
}

/// The making of an object, as policies see it.
struct Request<'t> {
    object: NodeRef<'t>,
    value: Value,
    group: &'t str,
    version: &'t str,
    kind: &'t str,
    name: &'t str,
    namespace: &'t str,
    plural: Option<String>,
    is_namespaced: bool,
    /// The Namespace object, where it is at hand.
    namespace_object: Option<NodeRef<'t>>,
}

impl<'t> Request<'t> {
    fn new(object: NodeRef<'t>, cluster: &Cluster, all: &[NodeRef<'t>]) -> Self {
        let (group, version) = group_version(object);
        let (api_version, kind) = (text(object, &["apiVersion"]), text(object, &["kind"]));
        let custom = cluster.custom.find(api_version, kind);
        let known = Resource::find(cluster.version, api_version, kind);
        let plural = custom
            .map(|custom| custom.plural.clone())
            .or_else(|| known.map(|resource| resource.plural().to_owned()));
        let is_namespaced = custom.map_or_else(
            || known.is_none_or(Resource::is_namespaced),
            |custom| custom.is_namespaced,
        );
        let said = text(object, &["metadata", "namespace"]);
        let namespace = match (is_namespaced, said) {
            (false, _) => "",
            (true, "") => "default",
            (true, said) => said,
        };
        let completed = match custom {
            Some(custom) => Some(custom.complete(object)),
            None => defaults::complete(object),
        };
        let value = cel::dynamic(completed.as_ref().map_or(object, Tree::root));
        let is_namespace = |root: &&NodeRef<'t>| {
            text(**root, &["apiVersion"]) == "v1"
                && text(**root, &["kind"]) == "Namespace"
                && text(**root, &["metadata", "name"]) == namespace
        };
        Self {
            object,
            value,
            group,
            version,
            kind,
            name: text(object, &["metadata", "name"]),
            namespace,
            plural,
            is_namespaced,
            namespace_object: all.iter().find(is_namespace).copied(),
        }
    }

    fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// Whether a policy or binding is for this request; `Err` where it cannot be told.
    fn matches(&self, resources: Option<NodeRef<'_>>) -> Result<bool, String> {
        let Some(resources) = resources else { return Ok(true) };
        if let Some(selector) = resources.get("namespaceSelector").filter(|it| !it.is_empty())
            && !self.namespace_fits(selector)?
        {
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
        let rules = resources.get("resourceRules").filter(|rules| !rules.is_empty());
        if rules.is_none() {
            return Ok(true);
        }
        self.any_rule(resources, "resourceRules")
    }

    fn namespace_fits(&self, selector: NodeRef<'_>) -> Result<bool, String> {
        const NAME: &str = "kubernetes.io/metadata.name";
        if self.namespace.is_empty() && !self.is_namespace() {
            return Ok(true);
        }
        let (object, name) = if self.is_namespace() {
            (Some(self.object), self.name)
        } else {
            (self.namespace_object, self.namespace)
        };
        let wanted = selector.get("matchLabels").into_iter().flat_map(NodeRef::entries);
        let mut keys = wanted
            .filter_map(NodeRef::key)
            .chain(items(selector, &["matchExpressions"]).map(|one| text(one, &["key"])));
        if object.is_none() && keys.any(|key| key != NAME) {
            return Err(format!("the labels of the namespace `{name}` are not at hand"));
        }
        // The server gives every namespace its name as a label.
        let mut labels = crate::source::TreeBuilder::default();
        labels.map(selector.at());
        labels.key(NAME, selector.at());
        labels.scalar(crate::source::Kind::Str, name, selector.at());
        let own = object.and_then(|object| object.at_path(&["metadata", "labels"]));
        for label in own.into_iter().flat_map(NodeRef::entries) {
            if label.key() != Some(NAME) {
                labels.copy_entry(label);
            }
        }
        labels.close();
        Ok(selector::selects(selector, Some(labels.finish().root())))
    }

    fn any_rule(&self, resources: NodeRef<'_>, field: &str) -> Result<bool, String> {
        let exact = text(resources, &["matchPolicy"]) == "Exact";
        let mut unknown = None;
        for rule in items(resources, &[field]) {
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
            items(rule, &[field]).any(|item| item.text() == "*" || item.text() == wanted)
        };
        let is_scoped = match text(rule, &["scope"]) {
            "Namespaced" => self.is_namespaced,
            "Cluster" => !self.is_namespaced,
            _ => true,
        };
        let mut names = items(rule, &["resourceNames"]).peekable();
        let is_named = names.peek().is_none() || names.any(|name| name.text() == self.name);
        if !is_scoped || !is_named || !any("operations", "CREATE") {
            return Ok(false);
        }
        let is_whole = |resource: &str| !resource.contains('/') || resource == "*/*";
        let plain = items(rule, &["resources"]).map(NodeRef::text).filter(|it| is_whole(it));
        let resources: Vec<&str> = plain.collect();
        let is_wild = resources.iter().any(|resource| resource.starts_with('*'));
        let is_resource = match &self.plural {
            _ if is_wild => true,
            Some(plural) => resources.contains(&plural.as_str()),
            None if any("apiGroups", self.group) && !resources.is_empty() => {
                return Err(format!("the plural of `{}` is not known", self.kind));
            }
            None => false,
        };
        if !is_resource {
            return Ok(false);
        }
        if any("apiGroups", self.group) && any("apiVersions", self.version) {
            return Ok(true);
        }
        // The same kind in another version would be converted before the policy sees it.
        if any("apiGroups", self.group) && !exact && !is_wild {
            return Err("it asks for another version of the kind".to_owned());
        }
        Ok(false)
    }

    fn attributes(&self) -> Value {
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
        let namespace = if self.is_namespace() { self.name } else { self.namespace };
        if !namespace.is_empty() {
            entries.push(("namespace", cel::text(namespace)));
        }
        cel::map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)))
    }
}

/// One policy for one request.
struct Run<'r, 't> {
    policy: &'r Policy<'t>,
    request: &'r Request<'t>,
    library: &'r Library,
    all: &'r [NodeRef<'t>],
}

/// How a policy ends that does not let an object pass.
enum Verdict {
    Denied(String),
    Unknown(String),
}

impl<'t> Run<'_, 't> {
    fn binding(&self, binding: NodeRef<'t>, out: &mut Vec<Finding>) {
        let constraints = self.policy.root.at_path(&["spec", "matchConstraints"]);
        let matched = self.request.matches(constraints).and_then(|matched| {
            let own = binding.at_path(&["spec", "matchResources"]);
            Ok(matched && self.request.matches(own)?)
        });
        let actions: Vec<&str> =
            items(binding, &["spec", "validationActions"]).map(NodeRef::text).collect();
        let (denies, warns) = (actions.contains(&"Deny"), actions.contains(&"Warn"));
        if !denies && !warns {
            return;
        }
        let report = |at: NodeRef<'t>, verdict: Verdict| {
            let root = self.request.object;
            let name = self.policy.name;
            let finding = match verdict {
                Verdict::Denied(message) => {
                    let message = format!("the policy `{name}` refuses it: {message}");
                    let finding = Finding::error(Code::Policy, root, root, message);
                    if denies { finding } else { finding.warning() }
                }
                Verdict::Unknown(reason) => {
                    let message = format!("the policy `{name}` cannot be checked: {reason}");
                    Finding::error(Code::RuleNotChecked, root, root, message).warning()
                }
            };
            finding.also(at.at(), "the policy")
        };
        let params = match matched {
            Ok(false) => return,
            Err(reason) => return out.push(report(self.policy.root, Verdict::Unknown(reason))),
            Ok(true) => match self.params(binding) {
                Ok(params) => params,
                Err(reason) => return out.push(report(binding, Verdict::Unknown(reason))),
            },
        };
        for params in params {
            for (at, verdict) in self.evaluate(params) {
                out.push(report(at, verdict));
            }
        }
    }

    /// The objects that parametrise the policy, or one `None` where it has none.
    fn params(&self, binding: NodeRef<'t>) -> Result<Vec<Option<NodeRef<'t>>>, String> {
        let kind = self.policy.root.at_path(&["spec", "paramKind"]);
        let reference = binding.at_path(&["spec", "paramRef"]);
        let (Some(kind), Some(reference)) = (kind, reference) else { return Ok(vec![None]) };
        let namespace = match text(reference, &["namespace"]) {
            "" => self.request.namespace,
            namespace => namespace,
        };
        let is_param = |root: &NodeRef<'t>| {
            let own = text(*root, &["metadata", "namespace"]);
            let named = text(reference, &["name"]);
            let selected =
                |selector| selector::selects(selector, root.at_path(&["metadata", "labels"]));
            text(*root, &["apiVersion"]) == text(kind, &["apiVersion"])
                && text(*root, &["kind"]) == text(kind, &["kind"])
                && (own.is_empty() || own == namespace)
                && if named.is_empty() {
                    reference.get("selector").is_some_and(selected)
                } else {
                    text(*root, &["metadata", "name"]) == named
                }
        };
        let found: Vec<Option<NodeRef<'t>>> =
            self.all.iter().copied().filter(is_param).map(Some).collect();
        if found.is_empty() {
            let kind = text(kind, &["kind"]);
            return Err(format!("the {kind} that its binding names is not at hand"));
        }
        Ok(found)
    }

    fn evaluate(&self, params: Option<NodeRef<'t>>) -> Vec<(NodeRef<'t>, Verdict)> {
        let scope = Scope { run: self, params, memo: RefCell::default() };
        let policy = self.policy;
        let mut failed = None;
        for condition in &policy.conditions {
            match condition.expression.evaluate(&scope, self.library) {
                Ok(Value::Bool(false)) => return Vec::new(),
                Ok(_) => {}
                // That one does not hold would decide, so what is unknown comes last.
                Err(fault) => failed = failed.or(Some((condition.node, fault))),
            }
        }
        if let Some((at, fault)) = failed {
            return self.fault(at, fault).into_iter().collect();
        }
        let mut out = Vec::new();
        for validation in &policy.validations {
            let at = validation.must.node;
            match validation.must.expression.evaluate(&scope, self.library) {
                Ok(Value::Bool(true)) => {}
                Ok(_) => out.push((at, Verdict::Denied(self.message(validation, &scope)))),
                Err(fault) => out.extend(self.fault(at, fault)),
            }
        }
        out
    }

    fn fault(&self, at: NodeRef<'t>, fault: Fault) -> Option<(NodeRef<'t>, Verdict)> {
        match fault {
            Fault::Unknown(reason) => Some((at, Verdict::Unknown(reason))),
            Fault::Error(_) if self.policy.ignores_failure => None,
            Fault::Error(error) => {
                let message = format!("{error} in `{}`", shown(at.text()));
                Some((at, Verdict::Denied(message)))
            }
        }
    }

    fn message(&self, validation: &Validation<'t>, scope: &Scope<'_, 't>) -> String {
        let made = validation.message_expression.as_ref();
        let made = made.and_then(|stated| match stated.expression.evaluate(scope, self.library) {
            Ok(Value::String(text)) => Some(text.trim().to_owned()),
            _ => None,
        });
        let made = made.filter(|text| !text.is_empty() && !text.contains('\n'));
        made.unwrap_or_else(|| match validation.message {
            "" => format!("`{}` does not hold", shown(validation.must.expression.text())),
            message => message.to_owned(),
        })
    }
}

/// The variables of a policy's expressions.
struct Scope<'s, 't> {
    run: &'s Run<'s, 't>,
    params: Option<NodeRef<'t>>,
    /// The policy's own variables that were asked for so far.
    memo: RefCell<BTreeMap<String, Result<Value, Fault>>>,
}

impl Variables for Scope<'_, '_> {
    fn get(&self, name: &str) -> Option<Result<Value, Fault>> {
        let request = self.run.request;
        Some(match name {
            "object" => Ok(request.value.clone()),
            "oldObject" => Ok(Value::Null),
            "request" => Ok(request.attributes()),
            "params" if self.run.policy.has_params => {
                Ok(self.params.map_or(Value::Null, |params| {
                    let completed = defaults::complete(params);
                    cel::dynamic(completed.as_ref().map_or(params, Tree::root))
                }))
            }
            "namespaceObject" if request.namespace.is_empty() => Ok(Value::Null),
            "namespaceObject" => match request.namespace_object {
                Some(namespace) => Ok(cel::dynamic(namespace)),
                None => Err(Fault::Unknown(format!(
                    "the namespace `{}` is not at hand",
                    request.namespace
                ))),
            },
            "variables" => Ok(cel::map([])),
            "authorizer" => {
                Err(Fault::Unknown("what the asker may do is the cluster's to know".to_owned()))
            }
            _ => return None,
        })
    }

    fn field(&self, variable: &str, field: &str) -> Option<Result<Value, Fault>> {
        match (variable, field) {
            ("request", "userInfo" | "uid" | "options") => {
                Some(Err(Fault::Unknown(format!("`request.{field}` is the cluster's to know"))))
            }
            ("variables", _) => {
                if let Some(known) = self.memo.borrow().get(field) {
                    return Some(known.clone());
                }
                let variables = &self.run.policy.variables;
                let found = variables.iter().find(|(name, _)| *name == field);
                let Some((_, stated)) = found else {
                    return Some(Err(Fault::Error(format!("undefined field '{field}'"))));
                };
                // A variable sees those before it; one that leads back to itself has no value.
                let circle = Err(Fault::Error(format!("the variable `{field}` needs itself")));
                self.memo.borrow_mut().insert(field.to_owned(), circle);
                let value = stated.expression.evaluate(self, self.run.library);
                self.memo.borrow_mut().insert(field.to_owned(), value.clone());
                Some(value)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
