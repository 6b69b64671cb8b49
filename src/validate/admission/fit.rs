//! The expressions of policies, held against the kinds that they are for.
//!
//! Source: `pkg/admission/plugin/policy/validating/typechecking.go` of `k8s.io/apiserver`, which
//! reports the same as warnings in the status of a policy. Unlike it, what a policy asks only
//! objects of another of its kinds is no mistake here.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::served::{Catalogue, Served};
use super::{Policy, Stated, declared, items, text};
use crate::diagnostic::Code;
use crate::source::NodeRef;
use crate::validate::cel::{self, Budget, Checked, Declared, Expression, Growing, Misfit};
use crate::validate::rules::Environment;
use crate::validate::{Cluster, Finding};

/// The most kinds of a policy that are looked at, as by the server.
const MOST_KINDS: usize = 10;

/// The expressions that do not fit a kind that they are for.
#[derive(Default)]
pub(super) struct Misfits<'t> {
    found: Vec<Found<'t>>,
    /// By the name of the policy and the position of the expression.
    faulty: BTreeMap<(&'t str, u32), Vec<Faulty<'t>>>,
    /// The policies whose conditions leave out all that they are for, each with the first of these.
    never: Vec<(NodeRef<'t>, NodeRef<'t>)>,
    /// The policies that take too much.
    unchecked: Vec<NodeRef<'t>>,
}

/// What is wrong with an expression.
struct Found<'t> {
    policy: NodeRef<'t>,
    at: NodeRef<'t>,
    kinds: Vec<&'t str>,
    misfit: Misfit,
    /// Whether an object is refused for it.
    refuses: Cell<bool>,
}

/// An expression that fails for objects of a kind, and what is found of the one at fault.
struct Faulty<'t> {
    at: NodeRef<'t>,
    kind: Served<'t>,
    causes: Range<usize>,
}

impl<'t> Misfits<'t> {
    /// Checks the expressions of policies.
    pub fn of(policies: &[Policy<'t>], catalogue: &Catalogue<'t>, cluster: &Cluster) -> Self {
        let mut all = Self::default();
        for policy in policies {
            all.policy(policy, catalogue, cluster);
        }
        all
    }

    /// Whether it is known why an expression of a policy fails for objects of a kind; `refuses`
    /// tells whether they are refused for it.
    pub fn explain(
        &self,
        (policy, at): (&str, NodeRef<'_>),
        (api_version, kind): (&str, &str),
        refuses: bool,
    ) -> bool {
        let is_it = |faulty: &&Faulty<'_>| {
            faulty.at.is(at) && faulty.kind.api_version == api_version && faulty.kind.kind == kind
        };
        let of_place = self.faulty.get(&(policy, at.index()));
        let Some(faulty) = of_place.and_then(|all| all.iter().find(is_it)) else { return false };
        for found in &self.found[faulty.causes.clone()] {
            if refuses && found.misfit.tested.is_none() && found.kinds.contains(&kind) {
                found.refuses.set(true);
            }
        }
        true
    }

    /// What is to be said of them.
    pub fn report(self, out: &mut Vec<Finding>) {
        for Found { policy, at, mut kinds, misfit, refuses } in self.found {
            kinds.dedup();
            let kinds = kinds.join(", ");
            let message = format!("the expression does not fit {kinds}: {}", misfit.message);
            let mut finding = Finding::error(Code::ExpressionMisfit, policy, at, message);
            finding.help.extend(misfit.help);
            out.push(if refuses.get() { finding } else { finding.warning() });
        }
        for (policy, at) in self.never {
            let message = "this holds for none of the kinds that the policy is for, so it is never \
                           enforced";
            let finding = Finding::error(Code::NotEnforced, policy, at, message.to_owned());
            out.push(finding.warning().help("write a condition that holds for one of them"));
        }
        let message = "the expressions are not held against the kinds that they are for: that \
                       takes too many steps";
        let unchecked = self.unchecked.into_iter().map(|policy| {
            Finding::error(Code::RuleNotChecked, policy, policy, message.to_owned()).warning()
        });
        out.extend(unchecked);
    }

    fn policy(&mut self, policy: &Policy<'t>, catalogue: &Catalogue<'t>, cluster: &Cluster) {
        let (mut kinds, mut all_known) = (BTreeSet::new(), true);
        for rule in items(policy.root, &["spec", "matchConstraints", "resourceRules"]) {
            let (named, all) = catalogue.named_by(rule);
            kinds.extend(named);
            all_known &= all;
        }
        all_known &= kinds.len() <= MOST_KINDS;
        let expressions = expressions(policy);
        let budget = Budget::of(policy.root);
        let mut objects = Vec::new();
        for kind in kinds.into_iter().take(MOST_KINDS) {
            match declared::of_kind(kind.api_version, kind.kind, cluster) {
                Some(object) => objects.push((kind, object)),
                None => all_known = false,
            }
        }
        let passes = |given: &BTreeSet<String>| -> Vec<Pass<'t>> {
            let pass = |(kind, object): &(Served<'t>, Declared)| {
                let environment = environment(policy, *kind, object, given, cluster);
                Pass::of(&expressions, *kind, environment, &budget)
            };
            objects.iter().map(pass).collect()
        };
        let first = passes(&BTreeSet::new());
        let telling = telling(&first, all_known);
        let passes = if telling.is_empty() { first } else { passes(&telling) };
        // What is not known to the end may be wrong.
        if budget.is_empty() {
            self.unchecked.push(policy.root);
            return;
        }
        let mut found = Vec::new();
        for (index, expression) in expressions.iter().enumerate() {
            let before = self.found.len();
            // What no kind fits is said without them.
            if !policy.compiles && !compiles(&expression.stated.expression, &budget) {
                found.push(before..before);
                continue;
            }
            let may_ask = |field: &String| !all_known || telling.contains(field);
            self.expression(policy, expression.stated.node, index, &passes, may_ask);
            found.push(before..self.found.len());
        }
        let mut of_conditions = found.iter().take(policy.conditions.len());
        let is_explained = of_conditions.any(|found| !found.is_empty());
        let left_out_by: Option<Vec<usize>> = passes.iter().map(|pass| pass.left_out_by).collect();
        if let Some(first) = left_out_by.as_ref().and_then(|all| all.first())
            && all_known
            && !is_explained
        {
            self.never.push((policy.root, expressions[*first].stated.node));
        }
        for pass in &passes {
            for (at, cause) in pass.faulty(&expressions) {
                let faulty = Faulty { at, kind: pass.kind, causes: found[cause].clone() };
                self.faulty.entry((policy.name, at.index())).or_default().push(faulty);
            }
        }
    }

    /// Keeps what is wrong with an expression, of all kinds together, but for fields that it may
    /// ask for.
    fn expression(
        &mut self,
        policy: &Policy<'t>,
        at: NodeRef<'t>,
        index: usize,
        passes: &[Pass<'t>],
        may_ask: impl Fn(&String) -> bool,
    ) {
        // One may know better what was meant than another.
        let mut all: BTreeMap<_, (Option<&String>, Vec<&'t str>)> = BTreeMap::new();
        for pass in passes {
            for Misfit { message, help, tested } in &pass.checked[index].misfits {
                let (known, kinds) = all.entry((message, tested)).or_default();
                *known = known.or(help.as_ref());
                kinds.push(pass.kind.kind);
            }
        }
        for ((message, tested), (help, kinds)) in all {
            if !tested.as_ref().is_some_and(&may_ask) {
                let misfit = Misfit {
                    message: message.clone(),
                    help: help.cloned(),
                    tested: tested.clone(),
                };
                let refuses = Cell::new(false);
                self.found.push(Found { policy: policy.root, at, kinds, misfit, refuses });
            }
        }
    }
}

/// The fields by which a policy tells its kinds apart: those that it asks for, and that some of
/// them have. Where not all are known, another may lack what these have.
fn telling(passes: &[Pass<'_>], all_known: bool) -> BTreeSet<String> {
    let checked = || passes.iter().flat_map(|pass| &pass.checked);
    let misfits = checked().flat_map(|checked| &checked.misfits);
    let absent: BTreeSet<&String> = misfits.filter_map(|misfit| misfit.tested.as_ref()).collect();
    let present = checked().flat_map(|checked| &checked.present);
    present.filter(|field| !all_known || absent.contains(field)).cloned().collect()
}

/// An expression of a policy.
struct Part<'p, 't> {
    stated: &'p Stated<'t>,
    role: Role<'t>,
}

/// What an expression is for.
enum Role<'t> {
    Condition,
    /// The value of the variable of that name.
    Variable(&'t str),
    /// The message of the validation before it.
    Message,
    Other,
}

/// All expressions of a policy, in the order in which they see each other.
fn expressions<'p, 't>(policy: &'p Policy<'t>) -> Vec<Part<'p, 't>> {
    let part = |role: fn() -> Role<'t>| move |stated| Part { stated, role: role() };
    let conditions = policy.conditions.iter().map(part(|| Role::Condition));
    let variables = policy.variables.iter();
    let variables = variables.map(|(name, stated)| Part { stated, role: Role::Variable(name) });
    let validations = policy.validations.iter().flat_map(|validation| {
        let message = validation.message_expression.iter().map(part(|| Role::Message));
        std::iter::once(&validation.must).map(part(|| Role::Other)).chain(message)
    });
    let annotations = policy.annotations.iter().map(part(|| Role::Other));
    conditions.chain(variables).chain(validations).chain(annotations).collect()
}

/// The expressions of a policy, checked for one kind.
struct Pass<'t> {
    kind: Served<'t>,
    /// Nothing is known of those after a condition that leaves out the kind.
    checked: Vec<Checked>,
    left_out_by: Option<usize>,
}

impl<'t> Pass<'t> {
    /// Checks all expressions, or until a condition leaves out the kind.
    fn of(
        expressions: &[Part<'_, 't>],
        kind: Served<'t>,
        environment: Environment<'_>,
        budget: &Budget,
    ) -> Self {
        let variables = Growing::default();
        let environment = environment.with("variables", variables.declared());
        let (mut checked, mut left_out_by): (Vec<Checked>, _) = (Vec::new(), None);
        for (index, Part { stated, role }) in expressions.iter().enumerate() {
            let decided = checked.last().and_then(|last| last.of.truth());
            let mut found = match role {
                // Nobody asks for the message of what always holds.
                Role::Message if decided == Some(true) => Checked::default(),
                _ => environment.check(&stated.expression, budget),
            };
            match role {
                Role::Condition
                    if found.of.truth() == Some(false) || cel::is_false(&stated.expression) =>
                {
                    left_out_by = Some(index);
                }
                Role::Variable(name) => variables.add(name, std::mem::take(&mut found.of)),
                _ => {}
            }
            checked.push(found);
            if left_out_by.is_some() {
                checked.resize_with(expressions.len(), Checked::default);
                break;
            }
        }
        Self { kind, checked, left_out_by }
    }

    /// The expressions that fail, and for each which is at fault: itself, or that of a variable
    /// that it needs.
    fn faulty(&self, expressions: &[Part<'_, 't>]) -> Vec<(NodeRef<'t>, usize)> {
        let mut of_variables: BTreeMap<&str, usize> = BTreeMap::new();
        let mut faulty = Vec::new();
        for (index, part) in expressions.iter().enumerate() {
            let is_own = self.checked[index].misfits.iter().any(|misfit| misfit.tested.is_none());
            let cause = if is_own {
                Some(index)
            } else if of_variables.is_empty() {
                None
            } else {
                let needs = cel::fields_of(&part.stated.expression, "variables");
                needs.into_iter().find_map(|name| of_variables.get(name).copied())
            };
            let Some(cause) = cause else { continue };
            faulty.push((part.stated.node, cause));
            if let Role::Variable(name) = part.role {
                of_variables.insert(name, cause);
            }
        }
        faulty
    }
}

/// What the expressions of a policy know of a request about an object of a kind.
fn environment(
    policy: &Policy<'_>,
    kind: Served<'_>,
    object: &Declared,
    given: &BTreeSet<String>,
    cluster: &Cluster,
) -> Environment<'static> {
    let names = [kind.group, kind.version, kind.kind, kind.plural];
    let environment = Environment::of_request().for_kind(names, object.clone());
    let environment = environment.given(given.clone());
    if policy.has_params {
        environment.with("params", params(policy.root, cluster))
    } else {
        environment
    }
}

/// Whether an expression is sound where nothing is known of the object.
fn compiles(expression: &Expression, budget: &Budget) -> bool {
    let environment = Environment::of_request().with("params", Declared::Any);
    environment.with("variables", Declared::Any).compiles(expression, budget)
}

/// What is known of a policy's parameters.
fn params(policy: NodeRef<'_>, cluster: &Cluster) -> Declared {
    let of = |field| text(policy, &["spec", "paramKind", field]);
    declared::of_kind(of("apiVersion"), of("kind"), cluster).unwrap_or(Declared::Any)
}

#[cfg(test)]
mod tests;
