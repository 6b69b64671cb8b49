//! A team's own policies: `ValidatingAdmissionPolicy` and its binding, evaluated as the API
//! server would evaluate them for an object that is made. What policies, bindings and webhooks
//! name is looked for, too, and expressions are held against the kinds that they are for.
//!
//! Source: `pkg/admission/plugin/policy` and `.../plugin/webhook/predicates` of
//! `k8s.io/apiserver`. The object is seen with the server's defaults. What only the cluster
//! knows, such as who asks, is reported as not checked.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use super::cel::{self, Budget, Expression, Fault, Value, Variables, shown};
use super::{Author, Cluster, Finding, Map, Member, rules, selector};
use crate::conceal::HIDDEN;
use crate::diagnostic::{Code, Severity};
use crate::source::NodeRef;

mod bound;
mod declared;
mod fit;
mod named;
mod request;
mod resources;
mod seen;
mod served;

use fit::Misfits;
use request::{Request, namespace_of};
use resources::Resources;
use served::Catalogue;

const GROUP: &str = "admissionregistration.k8s.io";

/// Checks what the policies, bindings, webhooks and roles among the objects and those of the
/// cluster name, and evaluates the policies for each of the objects.
pub fn check(members: &[Member<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let extra = extra(cluster);
    let all = [members, &extra];
    if !all.into_iter().flatten().any(|member| named::GROUPS.contains(&member.group)) {
        return;
    }
    let catalogue = Catalogue::of(cluster);
    named::check(all, &catalogue, cluster, out);
    let without_params = bound::check(all, cluster, out);
    let policies = Policy::all(all, cluster);
    let misfits = Misfits::of(&policies, &catalogue, cluster);
    let known = Known { misfits, without_params };
    evaluate_all(all, &policies, cluster, &known, out);
    known.misfits.report(out);
}

/// Evaluates the policies among the objects and those of the cluster for each of the objects,
/// whatever else is wrong with them.
pub fn evaluate(members: &[Member<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let extra = extra(cluster);
    let all = [members, &extra];
    evaluate_all(all, &Policy::all(all, cluster), cluster, &Known::default(), out);
}

fn extra(cluster: &Cluster) -> Vec<Member<'_>> {
    cluster.policies.iter().map(|tree| Member::new(tree.root(), Author::Other, "")).collect()
}

/// What is said of policies and bindings themselves, and not again of each object.
#[derive(Default)]
struct Known<'t> {
    misfits: Misfits<'t>,
    /// The bindings whose parameters are not there.
    without_params: Vec<NodeRef<'t>>,
}

fn evaluate_all<'t>(
    all: [&[Member<'t>]; 2],
    policies: &[Policy<'t>],
    cluster: &'t Cluster,
    known: &Known<'t>,
    out: &mut Vec<Finding>,
) {
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
        .filter(|policy| policy.compiles)
        .filter_map(|policy| Some((policy, bindings.get(policy.name)?.as_slice())))
        .collect();
    // There are many objects, but few kinds, and few of many policies are for one.
    let mut of_kinds: Map<(&str, &str), Vec<_>> = Map::default();
    let [members, _] = all;
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
        let budget = Budget::of(member.root);
        for (policy, bindings) in of_kind {
            let run = Run { policy, request: &request, cluster, all, known, budget: &budget };
            run.policy(bindings, out);
            // That has been said of this policy.
            if budget.is_empty() {
                break;
            }
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
    /// Whether the server would take it.
    compiles: bool,
    /// What it is for, unless it is for all.
    resources: Option<Resources<'t>>,
    /// What it takes to find that out.
    cost: u64,
    ignores_failure: bool,
    has_params: bool,
    conditions: Vec<Stated<'t>>,
    variables: Vec<(&'t str, Stated<'t>)>,
    validations: Vec<Validation<'t>>,
    /// The values of audit annotations.
    annotations: Vec<Stated<'t>>,
}

impl<'t> Policy<'t> {
    fn all(all: [&[Member<'t>]; 2], cluster: &Cluster) -> Vec<Self> {
        let policy = |member| Self::read(member, cluster);
        all.into_iter().flatten().filter_map(policy).collect()
    }

    fn read(member: &Member<'t>, cluster: &Cluster) -> Option<Self> {
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
            compiles: compiles(root, cluster),
            resources: spec.get("matchConstraints").map(Resources::read),
            cost: cost(spec.get("matchConstraints")),
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

/// What it takes to compare an object with what a policy is for.
fn cost(resources: Option<NodeRef<'_>>) -> u64 {
    1 + resources.map_or(0, NodeRef::size) as u64 / 4
}

/// What a policy is used for.
struct Binding<'t> {
    root: NodeRef<'t>,
    /// What of that which the policy is for, unless it is all.
    resources: Option<Resources<'t>>,
    /// What it takes to find that out.
    cost: u64,
    denies: bool,
    warns: bool,
}

impl<'t> Binding<'t> {
    fn read(root: NodeRef<'t>) -> Self {
        let does = |action: &str| {
            items(root, &["spec", "validationActions"]).any(|item| item.text() == action)
        };
        let resources = root.at_path(&["spec", "matchResources"]);
        Self {
            root,
            resources: resources.map(Resources::read),
            cost: cost(resources),
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
    known: &'r Known<'t>,
    budget: &'r Budget,
}

/// How a policy ends that does not let an object pass.
enum Verdict {
    /// It goes by the binding's actions what becomes of the object.
    Denied(String),
    /// The same, of an expression that has no value.
    Failed(String),
    /// The object is refused whatever the actions are.
    Refused(String),
    Unknown(String),
}

impl<'t> Run<'_, 't> {
    fn policy(&self, bindings: &[Binding<'t>], out: &mut Vec<Finding>) {
        match self.is_among(self.policy.resources.as_ref(), self.policy.cost) {
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
        let all_params = match self.is_among(binding.resources.as_ref(), binding.cost) {
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
            if self.budget.is_empty() {
                break;
            }
        }
    }

    /// Whether the object is among those that a policy or a binding is for.
    fn is_among(&self, resources: Option<&Resources<'t>>, cost: u64) -> Result<bool, String> {
        self.pay(cost)?;
        resources.map_or(Ok(true), |resources| resources.hold(self.request))
    }

    /// Takes what something costs that is no expression.
    fn pay(&self, units: u64) -> Result<(), String> {
        self.budget.spend(units).map_err(Fault::into_reason)
    }

    /// What a verdict means for the object, if anything.
    fn finding(&self, binding: &Binding<'t>, at: NodeRef<'t>, verdict: Verdict) -> Option<Finding> {
        let name = self.policy.name;
        let refuses = |message| format!("the policy `{name}` refuses it: {message}");
        if self.is_known(binding, at, &verdict) {
            return None;
        }
        let (code, is_error, message) = match verdict {
            Verdict::Refused(message) => (Code::Policy, true, refuses(message)),
            _ if !binding.acts() => return None,
            Verdict::Denied(message) | Verdict::Failed(message) => {
                (Code::Policy, binding.denies, refuses(message))
            }
            Verdict::Unknown(reason) => {
                let rest = if self.budget.is_empty() { " and those after it" } else { "" };
                let message = format!("the policy `{name}`{rest} cannot be checked: {reason}");
                (Code::RuleNotChecked, false, message)
            }
        };
        let root = self.request.object;
        // The policy after this one finds out when nothing is left.
        let _ = self.budget.finding(&message);
        let finding = Finding::error(code, root, root, message).also(at.at(), "the policy");
        Some(if is_error { finding } else { finding.warning() })
    }

    /// Whether what a verdict comes from is said of the policy or the binding itself.
    fn is_known(&self, binding: &Binding<'t>, at: NodeRef<'t>, verdict: &Verdict) -> bool {
        let refuses = match verdict {
            Verdict::Failed(_) => binding.denies,
            Verdict::Refused(_) => true,
            Verdict::Unknown(_) if at.is(binding.root) && !self.budget.is_empty() => {
                return self.known.without_params.iter().any(|root| root.is(at));
            }
            Verdict::Denied(_) | Verdict::Unknown(_) => return false,
        };
        let object = self.request.object;
        let api_version = text(object, &["apiVersion"]);
        let of = (api_version, self.request.kind);
        self.known.misfits.explain((self.policy.name, at), of, refuses)
    }

    /// The objects that parametrise the policy, or one `None` where it has none.
    fn params(&self, binding: NodeRef<'t>) -> Result<Vec<Option<NodeRef<'t>>>, Verdict> {
        let kind = self.policy.root.at_path(&["spec", "paramKind"]);
        let reference = binding.at_path(&["spec", "paramRef"]);
        let (Some(kind), Some(reference)) = (kind, reference) else { return Ok(vec![None]) };
        let members: usize = self.all.iter().map(|members| members.len()).sum();
        self.pay(members as u64).map_err(Verdict::Unknown)?;
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
        let scope = |sees_namespace| Scope {
            run: self,
            params,
            sees_namespace,
            params_value: OnceCell::new(),
            namespace_value: OnceCell::new(),
            memo: RefCell::default(),
        };
        let conditions = scope(false);
        let (mut unknown, mut failed) = (None, None);
        for condition in &policy.conditions {
            match condition.expression.evaluate(&conditions, self.budget) {
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
            match validation.must.expression.evaluate(&scope, self.budget) {
                Ok(Value::Bool(true)) => {}
                Ok(_) => out.push((at, Verdict::Denied(message(validation, &scope)))),
                Err(fault) => out.extend(self.fault(at, fault)),
            }
            if self.budget.is_empty() {
                return out;
            }
        }
        for annotation in &policy.annotations {
            let verdict = match annotation.expression.evaluate(&scope, self.budget) {
                Ok(Value::String(_) | Value::Null) => continue,
                Ok(_) => Verdict::Refused(format!(
                    "`{}` is neither a string nor null",
                    shown(annotation.expression.text())
                )),
                Err(fault) => match self.fault(annotation.node, fault) {
                    Some((_, Verdict::Failed(message))) => Verdict::Refused(message),
                    Some((_, verdict)) => verdict,
                    None => continue,
                },
            };
            out.push((annotation.node, verdict));
            if self.budget.is_empty() {
                break;
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
                Some((at, Verdict::Failed(message)))
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
    let made = validation.message_expression.as_ref().and_then(|stated| {
        let expression = &stated.expression;
        let message = cel::message(expression, scope, scope.run.budget)?;
        let may_show = cel::sees_identity_alone(expression) || !scope.run.request.has_secrets();
        Some(if may_show { message } else { HIDDEN.to_owned() })
    });
    match (made, validation.message) {
        (Some(message), _) => message,
        (None, "") => format!("`{}` does not hold", shown(validation.must.expression.text())),
        (None, message) => message.to_owned(),
    }
}

/// The variables of a policy's expressions.
struct Scope<'s, 't> {
    run: &'s Run<'s, 't>,
    params: Option<NodeRef<'t>>,
    /// Whether the namespace is shown, as it is not to conditions.
    sees_namespace: bool,
    params_value: OnceCell<Value>,
    namespace_value: OnceCell<Value>,
    /// The policy's own variables that were asked for so far.
    memo: RefCell<BTreeMap<String, Result<Value, Fault>>>,
}

impl Scope<'_, '_> {
    /// A value that is made of an object, once.
    fn once(
        cell: &OnceCell<Value>,
        object: NodeRef<'_>,
        budget: &Budget,
        make: impl FnOnce() -> Value,
    ) -> Result<Value, Fault> {
        if cell.get().is_none() {
            budget.spend(8 * object.size() as u64)?;
        }
        Ok(cell.get_or_init(make).clone())
    }
}

impl Variables for Scope<'_, '_> {
    fn get(&self, name: &str, budget: &Budget) -> Option<Result<Value, Fault>> {
        let request = self.run.request;
        Some(match name {
            "object" => Self::once(&request.value, request.object, budget, || request.new_value()),
            "oldObject" => Ok(Value::Null),
            "request" => Ok(request.attributes().clone()),
            "params" if self.run.policy.has_params => {
                self.params.map_or(Ok(Value::Null), |params| {
                    let make = || self.run.params_value(params);
                    Self::once(&self.params_value, params, budget, make)
                })
            }
            "namespaceObject" if request.namespace.is_empty() || !self.sees_namespace => {
                Ok(Value::Null)
            }
            "namespaceObject" => match request.namespace_object {
                Some(namespace) => {
                    let make = || seen::stored(namespace, "", self.run.cluster);
                    Self::once(&self.namespace_value, namespace, budget, make)
                }
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

    fn field(&self, variable: &str, field: &str, budget: &Budget) -> Option<Result<Value, Fault>> {
        match (variable, field) {
            ("request", "userInfo" | "uid" | "options") => {
                Some(Err(Fault::Unknown(format!("`request.{field}` is the cluster's to know"))))
            }
            ("variables", _) => {
                if let Some(known) = self.memo.borrow().get(field) {
                    return Some(known.clone());
                }
                let variables = &self.run.policy.variables;
                if let Err(fault) = budget.spend(variables.len() as u64 / 4) {
                    return Some(Err(fault));
                }
                let found = variables.iter().find(|(name, _)| *name == field);
                let Some((_, stated)) = found else {
                    return Some(Err(Fault::Error(format!("undefined field '{field}'"))));
                };
                // A variable sees those before it; one that leads back to itself has no value.
                let circle = Err(Fault::Error(format!("the variable `{field}` needs itself")));
                self.memo.borrow_mut().insert(field.to_owned(), circle);
                let value = stated.expression.evaluate(self, budget);
                self.memo.borrow_mut().insert(field.to_owned(), value.clone());
                Some(value)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
