//! Policies and bindings name each other, and the parameters: what is not there is not enforced.
//!
//! Source: `CollectParams` of `pkg/admission/plugin/policy/generic` of `k8s.io/apiserver`.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

use super::request::namespace_of;
use super::{GROUP, items, text};
use crate::diagnostic::{Code, nearest};
use crate::source::NodeRef;
use crate::validate::cel::{self, Expression};
use crate::validate::references::missing_help;
use crate::validate::{Cluster, Extent, Finding, Member};

/// The kinds of policies, each with that of its bindings.
const KINDS: [[&str; 2]; 2] = [
    ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
    ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
];

/// Reports policies that nothing binds, and bindings of what is not there; gives the bindings
/// whose parameters are not.
pub(super) fn check<'t>(
    all: [&[Member<'t>]; 2],
    cluster: &Cluster,
    out: &mut Vec<Finding>,
) -> Vec<NodeRef<'t>> {
    let mut without_params = Vec::new();
    let present =
        Present { all, cluster, kinds: OnceCell::new(), comparisons: MOST_COMPARISONS.into() };
    for [of_policies, of_bindings] in KINDS {
        let of_kind = |kind: &'static str| {
            let members = all.into_iter().flatten();
            members.filter(move |member| member.group == GROUP && member.kind == kind)
        };
        let policies: BTreeMap<&str, NodeRef<'t>> =
            of_kind(of_policies).map(|member| (member.name, member.root)).collect();
        let (asks_for_null, meant) = (BTreeMap::new(), BTreeSet::new());
        let kind = of_policies;
        let mut check =
            Check { present: &present, cluster, kind, policies, asks_for_null, meant, out };
        let mut bound = BTreeSet::new();
        for binding in of_kind(of_bindings) {
            bound.insert(text(binding.root, &["spec", "policyName"]));
            without_params.extend(check.binding(binding.root));
        }
        // What is in the binding that the cluster has is not known.
        if present.of_kind("", of_bindings).is_empty() {
            check.unbound(of_bindings, &bound);
        }
    }
    without_params
}

/// How many names are compared with what is not there, in all bindings together.
const MOST_COMPARISONS: usize = 200_000;

/// The names of the objects of a kind, each with its namespace, where it has one.
type Names<'n> = BTreeSet<(&'n str, &'n str)>;

/// What is there: the objects at hand, and those that the cluster has.
struct Present<'c, 't> {
    all: [&'c [Member<'t>]; 2],
    cluster: &'c Cluster,
    /// By version and kind; of what the cluster has, only the kind is known.
    kinds: OnceCell<BTreeMap<(&'c str, &'c str), Names<'c>>>,
    /// How many more names may be compared with what is not there.
    comparisons: Cell<usize>,
}

impl<'c, 't: 'c> Present<'c, 't> {
    fn of_kind<'s>(&'s self, api_version: &'s str, kind: &'s str) -> &'s Names<'s> {
        const NONE: &Names<'static> = &BTreeSet::new();
        let kinds = self.kinds.get_or_init(|| self.index());
        kinds.get(&(api_version, kind)).unwrap_or(NONE)
    }

    fn index(&self) -> BTreeMap<(&'c str, &'c str), Names<'c>> {
        let here = self.all.into_iter().flatten().map(|member| {
            let api_version = text(member.root, &["apiVersion"]);
            ((api_version, member.kind), (member.name, namespace_of(member.root)))
        });
        let there = self.cluster.objects.iter().filter_map(|object| {
            let (kind, rest) = object.split_once('/')?;
            let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
            Some((("", kind), (name, namespace)))
        });
        let mut kinds: BTreeMap<_, Names<'c>> = BTreeMap::new();
        for (kind, object) in here.chain(there) {
            kinds.entry(kind).or_default().insert(object);
        }
        kinds
    }

    /// The name that was probably meant, until so many have been compared.
    fn nearest<'n>(&self, name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let left = self.comparisons.get();
        let known = known.take(left).inspect(|_| self.comparisons.update(|left| left - 1));
        nearest(name, known)
    }
}

struct Check<'c, 't, 'o> {
    present: &'c Present<'c, 't>,
    cluster: &'c Cluster,
    /// The kind of the policies.
    kind: &'static str,
    policies: BTreeMap<&'t str, NodeRef<'t>>,
    /// The policies that ask whether there are parameters, as far as they were read.
    asks_for_null: BTreeMap<&'t str, bool>,
    /// The policies that bindings name with a slip. That is said there.
    meant: BTreeSet<&'t str>,
    out: &'o mut Vec<Finding>,
}

impl<'t> Check<'_, 't, '_> {
    fn unbound(&mut self, kind: &str, bound: &BTreeSet<&str>) {
        let is_bound = |name: &str| bound.contains(name) || self.meant.contains(name);
        for (name, policy) in self.policies.iter().filter(|(name, _)| !is_bound(name)) {
            let node = policy.at_path(&["metadata", "name"]).unwrap_or(*policy);
            let message = format!("no {kind} names the policy, so it is never enforced");
            let finding = Finding::error(Code::NotEnforced, *policy, node, message).warning();
            let add = format!("add a {kind} with `policyName: {name}`");
            self.out.push(finding.help(match self.cluster.extent {
                Extent::Environment => add,
                Extent::Files => format!("{add}, or check its file along with this one"),
            }));
        }
    }

    /// Checks what a binding names; gives it back if its parameters are not there.
    fn binding(&mut self, root: NodeRef<'t>) -> Option<NodeRef<'t>> {
        let spec = root.get("spec")?;
        let node = spec.get("policyName").filter(|name| !name.text().is_empty())?;
        let Some(policy) = self.policies.get(node.text()).copied() else {
            let existing = self.present.of_kind("", self.kind);
            if !existing.contains(&(node.text(), "")) {
                let known = self.policies.keys().copied();
                let known = known.chain(existing.iter().map(|(name, _)| *name));
                let near = self.present.nearest(node.text(), known);
                let meant = near.and_then(|near| self.policies.get_key_value(near));
                self.meant.extend(meant.map(|(name, _)| *name));
                let finding = self.missing(root, node, self.kind, "", near);
                self.out.push(finding);
            }
            return None;
        };
        let param_kind = policy.at_path(&["spec", "paramKind"]).filter(|kind| !kind.is_empty());
        match (param_kind, spec.get("paramRef").filter(|param| !param.is_empty())) {
            (None, None) => None,
            (None, Some(param)) => {
                let message = "the policy has no `paramKind`, so the parameters are ignored";
                let finding =
                    Finding::error_at_key(Code::NotEnforced, root, param, message.to_owned())
                        .warning()
                        .also(policy.at(), "the policy")
                        .help("delete `paramRef`, or say in the policy of which kind they are");
                self.out.push(finding);
                None
            }
            (Some(_), None) => {
                self.no_params(root, spec, policy);
                None
            }
            (Some(kind), Some(param)) => self.params(root, kind, param),
        }
    }

    /// Reports a binding without the parameters that its policy is written for.
    fn no_params(&mut self, root: NodeRef<'t>, spec: NodeRef<'t>, policy: NodeRef<'t>) {
        let asks = || expressions(policy).any(|it| cel::compares_with_null(&it, "params"));
        let name = text(policy, &["metadata", "name"]);
        if *self.asks_for_null.entry(name).or_insert_with(asks) {
            return;
        }
        let message = "the policy has parameters, and its binding names none: `params` is null";
        let finding = Finding::error_at_key(Code::NotEnforced, root, spec, message.to_owned())
            .warning()
            .also(policy.at(), "the policy")
            .help("add `paramRef`, or let the policy see to it that `params != null`");
        self.out.push(finding);
    }

    fn params(
        &mut self,
        root: NodeRef<'t>,
        kind: NodeRef<'t>,
        param: NodeRef<'t>,
    ) -> Option<NodeRef<'t>> {
        let (api_version, kind) = (text(kind, &["apiVersion"]), text(kind, &["kind"]));
        let is_namespaced = self.cluster.is_namespaced(api_version, kind)?;
        let namespace = param.get("namespace").filter(|node| !node.text().is_empty());
        if let Some(namespace) = namespace.filter(|_| !is_namespaced) {
            let message = format!("a {kind} has no namespace");
            let finding = Finding::error(Code::Contradiction, root, namespace, message);
            self.out.push(finding.help("delete the field"));
            return None;
        }
        let name = param.get("name").filter(|node| !node.text().is_empty())?;
        let namespace = namespace.map_or("", NodeRef::text);
        // Of what the cluster has, the namespace may not be said.
        let is_in = |of: &str| namespace.is_empty() || of.is_empty() || of == namespace;
        let of_name = (name.text(), "")..;
        let is_there = |names: &Names<'_>| {
            let named = names.range(of_name.clone()).take_while(|(known, _)| *known == name.text());
            named.copied().any(|(_, of)| is_in(of))
        };
        let known = [self.present.of_kind(api_version, kind), self.present.of_kind("", kind)];
        if known.into_iter().any(is_there) {
            return None;
        }
        let names = known.into_iter().flatten().filter(|(_, of)| is_in(of));
        let near = self.present.nearest(name.text(), names.map(|(name, _)| *name));
        let finding = self.missing(root, name, kind, namespace, near);
        self.out.push(finding);
        Some(root)
    }

    /// A name that nothing has.
    fn missing(
        &self,
        root: NodeRef<'t>,
        node: NodeRef<'t>,
        kind: &str,
        namespace: &str,
        near: Option<&str>,
    ) -> Finding {
        let there = match namespace {
            "" => String::new(),
            namespace => format!(" in the namespace `{namespace}`"),
        };
        let message = format!("there is no {kind} `{}`{there}", node.text());
        let finding = Finding::error(Code::DanglingReference, root, node, message);
        let finding = match near {
            Some(near) => finding.help(format!("write `{near}`")).replace(near),
            None => finding.help(missing_help(kind, self.cluster.extent)),
        };
        match self.cluster.extent {
            Extent::Environment => finding,
            Extent::Files => finding.warning(),
        }
    }
}

/// All expressions of a policy.
fn expressions(policy: NodeRef<'_>) -> impl Iterator<Item = Expression> {
    let lists = ["auditAnnotations", "matchConditions", "mutations", "validations", "variables"];
    let items = lists.into_iter().flat_map(move |list| items(policy, &["spec", list]));
    let holders = items.flat_map(|item| {
        [Some(item), item.get("applyConfiguration"), item.get("jsonPatch")].into_iter().flatten()
    });
    let fields = |holder: NodeRef<'_>| {
        let fields = ["expression", "messageExpression", "valueExpression"];
        fields.map(|field| holder.get(field).and_then(NodeRef::as_str).map(Expression::new))
    };
    holders.flat_map(fields).flatten()
}
