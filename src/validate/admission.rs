//! A team's own policies: `ValidatingAdmissionPolicy` and its binding, evaluated as the API
//! server would evaluate them for an object that is made.
//!
//! Source: `pkg/admission/plugin/policy` and `.../plugin/webhook/predicates` of
//! `k8s.io/apiserver`. The object is seen with the server's defaults. What only the cluster
//! knows, such as who asks, is reported as not checked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::cel::{self, Expression, Fault, Value, Variables};
use super::custom::shown;
use super::{Author, Cluster, Finding, Map, Member, rules, selector};
use crate::diagnostic::{Code, Severity};
use crate::source::NodeRef;

mod request;
mod resources;
mod seen;

use request::{Request, namespace_of};
use resources::Resources;

/// The longest message that an expression may make.
const LONGEST_MESSAGE: usize = 5 * 1024;
const GROUP: &str = "admissionregistration.k8s.io";

/// Evaluates the policies among the objects and those of the cluster for each of the objects.
pub fn check(members: &[Member<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let extra = cluster.policies.iter().map(|tree| Member::new(tree.root(), Author::Other, ""));
    let extra: Vec<Member<'_>> = extra.collect();
    let all = [members, &extra];
    // The server takes none that does not compile.
    let mut policies: Vec<Policy<'_>> =
        all.into_iter().flatten().filter_map(Policy::read).collect();
    policies.retain(|policy| compiles(policy.root, cluster));
    if policies.is_empty() {
        return;
    }
    let mut bindings: BTreeMap<&str, Vec<Binding<'_>>> = BTreeMap::new();
    let mut namespaces: BTreeMap<&str, NodeRef<'_>> = BTreeMap::new();
    for member in all.into_iter().flatten() {
        let root = member.root;
        if is_kind(member, "ValidatingAdmissionPolicyBinding") {
            let of = bindings.entry(text(root, &["spec", "policyName"])).or_default();
            of.push(Binding::read(root));
        } else if request::is_namespace(root) {
            namespaces.entry(member.name).or_insert(root);
        }
    }
    let bound: Vec<(&Policy<'_>, &[Binding<'_>])> = policies
        .iter()
        .filter_map(|policy| Some((policy, bindings.get(policy.name)?.as_slice())))
        .collect();
    // There are many objects, but few kinds, and few of many policies are for one.
    let mut of_kinds: Map<(&str, &str), Vec<_>> = Map::default();
    for member in members.iter().filter(|member| member.group != GROUP) {
        let request = || Request::new(member.root, cluster, &namespaces);
        let kind = (text(member.root, &["apiVersion"]), member.kind);
        let of_kind = of_kinds.entry(kind).or_insert_with(|| {
            let request = request();
            let may_hold = |policy: &Policy<'_>| {
                policy.resources.as_ref().is_none_or(|resources| resources.may_hold(&request))
            };
            bound.iter().filter(|(policy, _)| may_hold(policy)).collect()
        });
        if of_kind.is_empty() {
            continue;
        }
        let request = request();
        for (policy, bindings) in of_kind {
            Run { policy, request: &request, cluster, all }.policy(bindings, out);
        }
    }
}

/// Whether the rules for policies, which report it, find every expression sound.
fn compiles(policy: NodeRef<'_>, cluster: &Cluster) -> bool {
    let mut found = Vec::new();
    rules::check(policy, Author::Other, cluster, &mut found);
    !found.iter().any(|it| it.code == Code::ExpressionOfRule && it.severity == Severity::Error)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the symbols of constant names are constants")]
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

fn is_kind(member: &Member<'_>, kind: &str) -> bool {
    member.kind == kind && member.group == GROUP
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
    /// What it is for, unless it is for all.
    resources: Option<Resources<'t>>,
    ignores_failure: bool,
    has_params: bool,
    conditions: Vec<Stated<'t>>,
    variables: Vec<(&'t str, Stated<'t>)>,
    validations: Vec<Validation<'t>>,
    /// The values of audit annotations.
    annotations: Vec<Stated<'t>>,
}

impl<'t> Policy<'t> {
    fn read(member: &Member<'t>) -> Option<Self> {
        if !is_kind(member, "ValidatingAdmissionPolicy") {
            return None;
        }
        let root = member.root;
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
            name: member.name,
            resources: spec.get("matchConstraints").map(Resources::read),
            ignores_failure: text(spec, &["failurePolicy"]) == "Ignore",
            has_params: spec.get("paramKind").is_some_and(|kind| !kind.is_empty()),
            conditions: items(spec, &["matchConditions"])
                .filter_map(|item| Stated::read(item, "expression"))
                .collect(),
            variables: variables.collect(),
            validations: validations.collect(),
            annotations: items(spec, &["auditAnnotations"])
                .filter_map(|item| Stated::read(item, "valueExpression"))
                .collect(),
        })
    }
}

/// What a policy is used for.
struct Binding<'t> {
    root: NodeRef<'t>,
    /// What of that which the policy is for, unless it is all.
    resources: Option<Resources<'t>>,
    denies: bool,
    warns: bool,
}

impl<'t> Binding<'t> {
    fn read(root: NodeRef<'t>) -> Self {
        let does = |action: &str| {
            items(root, &["spec", "validationActions"]).any(|item| item.text() == action)
        };
        Self {
            root,
            resources: root.at_path(&["spec", "matchResources"]).map(Resources::read),
            denies: does("Deny"),
            warns: does("Warn"),
        }
    }

    /// Whether anything comes of what its policy finds.
    fn acts(&self) -> bool {
        self.denies || self.warns
    }
}

/// One policy for one request.
struct Run<'r, 't> {
    policy: &'r Policy<'t>,
    request: &'r Request<'t>,
    cluster: &'r Cluster,
    all: [&'r [Member<'t>]; 2],
}

/// How a policy ends that does not let an object pass.
enum Verdict {
    /// It goes by the binding's actions what becomes of the object.
    Denied(String),
    /// The object is refused whatever the actions are.
    Refused(String),
    Unknown(String),
}

impl<'t> Run<'_, 't> {
    fn policy(&self, bindings: &[Binding<'t>], out: &mut Vec<Finding>) {
        match self.is_among(self.policy.resources.as_ref()) {
            Ok(false) => {}
            Ok(true) => bindings.iter().for_each(|binding| self.binding(binding, out)),
            Err(reason) => {
                // It concerns all of them, and is said once.
                if let Some(binding) = bindings.iter().find(|binding| binding.acts()) {
                    let verdict = Verdict::Unknown(reason);
                    out.extend(self.finding(binding, self.policy.root, verdict));
                }
            }
        }
    }

    fn binding(&self, binding: &Binding<'t>, out: &mut Vec<Finding>) {
        let mut report = |at, verdict| out.extend(self.finding(binding, at, verdict));
        let all_params = match self.is_among(binding.resources.as_ref()) {
            Ok(false) => return,
            Err(reason) => return report(self.policy.root, Verdict::Unknown(reason)),
            Ok(true) => match self.params(binding.root) {
                Ok(params) => params,
                Err(Verdict::Refused(_)) if self.policy.ignores_failure => return,
                Err(verdict) => return report(binding.root, verdict),
            },
        };
        for params in all_params {
            for (at, verdict) in self.evaluate(params) {
                report(at, verdict);
            }
        }
    }

    /// Whether the object is among those that a policy or a binding is for.
    fn is_among(&self, resources: Option<&Resources<'t>>) -> Result<bool, String> {
        resources.map_or(Ok(true), |resources| resources.hold(self.request))
    }

    /// What a verdict means for the object, if anything.
    fn finding(&self, binding: &Binding<'t>, at: NodeRef<'t>, verdict: Verdict) -> Option<Finding> {
        let name = self.policy.name;
        let refuses = |message| format!("the policy `{name}` refuses it: {message}");
        let (code, is_error, message) = match verdict {
            Verdict::Refused(message) => (Code::Policy, true, refuses(message)),
            _ if !binding.acts() => return None,
            Verdict::Denied(message) => (Code::Policy, binding.denies, refuses(message)),
            Verdict::Unknown(reason) => {
                let message = format!("the policy `{name}` cannot be checked: {reason}");
                (Code::RuleNotChecked, false, message)
            }
        };
        let root = self.request.object;
        let finding = Finding::error(code, root, root, message).also(at.at(), "the policy");
        Some(if is_error { finding } else { finding.warning() })
    }

    /// The objects that parametrise the policy, or one `None` where it has none.
    fn params(&self, binding: NodeRef<'t>) -> Result<Vec<Option<NodeRef<'t>>>, Verdict> {
        let kind = self.policy.root.at_path(&["spec", "paramKind"]);
        let reference = binding.at_path(&["spec", "paramRef"]);
        let (Some(kind), Some(reference)) = (kind, reference) else { return Ok(vec![None]) };
        let (api_version, kind) = (text(kind, &["apiVersion"]), text(kind, &["kind"]));
        let is_namespaced = self.cluster.is_namespaced(api_version, kind);
        let namespace = match text(reference, &["namespace"]) {
            "" => self.request.namespace,
            namespace => namespace,
        };
        if is_namespaced == Some(true) && namespace.is_empty() {
            let message = format!(
                "its binding names no namespace for the {kind}, and the object has none either"
            );
            return Err(Verdict::Refused(message));
        }
        let is_param = |root: &NodeRef<'t>| {
            let named = text(reference, &["name"]);
            let selected =
                |selector| selector::selects(selector, root.at_path(&["metadata", "labels"]));
            text(*root, &["apiVersion"]) == api_version
                && text(*root, &["kind"]) == kind
                && (is_namespaced != Some(true) || namespace_of(*root) == namespace)
                && if named.is_empty() {
                    reference.get("selector").is_some_and(selected)
                } else {
                    text(*root, &["metadata", "name"]) == named
                }
        };
        let found: Vec<Option<NodeRef<'t>>> = self
            .all
            .into_iter()
            .flatten()
            .map(|member| member.root)
            .filter(is_param)
            .map(Some)
            .collect();
        if found.is_empty() {
            let message = format!("the {kind} that its binding names is not at hand");
            return Err(Verdict::Unknown(message));
        }
        Ok(found)
    }

    fn evaluate(&self, params: Option<NodeRef<'t>>) -> Vec<(NodeRef<'t>, Verdict)> {
        let policy = self.policy;
        let scope =
            |sees_namespace| Scope { run: self, params, sees_namespace, memo: RefCell::default() };
        let conditions = scope(false);
        let (mut unknown, mut failed) = (None, None);
        for condition in &policy.conditions {
            match condition.expression.evaluate(&conditions) {
                Ok(Value::Bool(false)) => return Vec::new(),
                Ok(_) => {}
                Err(Fault::Unknown(reason)) => unknown = Some((condition, Fault::Unknown(reason))),
                Err(error) => failed = Some((condition, error)),
            }
        }
        if failed.is_some() && policy.ignores_failure {
            return Vec::new();
        }
        // One that is not known may be false, which would decide.
        if let Some((condition, fault)) = unknown.or(failed) {
            return self.fault(condition.node, fault).into_iter().collect();
        }
        let scope = scope(true);
        let mut out = Vec::new();
        for validation in &policy.validations {
            let at = validation.must.node;
            match validation.must.expression.evaluate(&scope) {
                Ok(Value::Bool(true)) => {}
                Ok(_) => out.push((at, Verdict::Denied(message(validation, &scope)))),
                Err(fault) => out.extend(self.fault(at, fault)),
            }
        }
        for annotation in &policy.annotations {
            let verdict = match annotation.expression.evaluate(&scope) {
                Ok(Value::String(_) | Value::Null) => continue,
                Ok(_) => Verdict::Refused(format!(
                    "`{}` is neither a string nor null",
                    shown(annotation.expression.text())
                )),
                Err(fault) => match self.fault(annotation.node, fault) {
                    Some((_, Verdict::Denied(message))) => Verdict::Refused(message),
                    Some((_, verdict)) => verdict,
                    None => continue,
                },
            };
            out.push((annotation.node, verdict));
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

    fn params_value(&self, params: NodeRef<'t>) -> Value {
        let (api_version, kind) = (text(params, &["apiVersion"]), text(params, &["kind"]));
        let is_namespaced = self.cluster.is_namespaced(api_version, kind) == Some(true);
        let namespace = if is_namespaced { namespace_of(params) } else { "" };
        seen::stored(params, namespace, self.cluster)
    }
}

fn message(validation: &Validation<'_>, scope: &Scope<'_, '_>) -> String {
    let made = validation.message_expression.as_ref();
    let made = made.and_then(|stated| match stated.expression.evaluate(scope) {
        Ok(Value::String(text)) => Some(text.trim().to_owned()),
        _ => None,
    });
    let is_shown =
        |text: &String| !text.is_empty() && !text.contains('\n') && text.len() <= LONGEST_MESSAGE;
    made.filter(is_shown).unwrap_or_else(|| match validation.message {
        "" => format!("`{}` does not hold", shown(validation.must.expression.text())),
        message => message.to_owned(),
    })
}

/// The variables of a policy's expressions.
struct Scope<'s, 't> {
    run: &'s Run<'s, 't>,
    params: Option<NodeRef<'t>>,
    /// Whether the namespace is shown, as it is not to conditions.
    sees_namespace: bool,
    /// The policy's own variables that were asked for so far.
    memo: RefCell<BTreeMap<String, Result<Value, Fault>>>,
}

impl Variables for Scope<'_, '_> {
    fn get(&self, name: &str) -> Option<Result<Value, Fault>> {
        let request = self.run.request;
        Some(match name {
            "object" => Ok(request.value().clone()),
            "oldObject" => Ok(Value::Null),
            "request" => Ok(request.attributes()),
            "params" if self.run.policy.has_params => {
                Ok(self.params.map_or(Value::Null, |params| self.run.params_value(params)))
            }
            "namespaceObject" if request.namespace.is_empty() || !self.sees_namespace => {
                Ok(Value::Null)
            }
            "namespaceObject" => match request.namespace_object {
                Some(namespace) => Ok(seen::stored(namespace, "", self.run.cluster)),
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
                let value = stated.expression.evaluate(self);
                self.memo.borrow_mut().insert(field.to_owned(), value.clone());
                Some(value)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
