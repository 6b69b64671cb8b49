//! Policies and bindings name each other, and the parameters: what is not there is not enforced.
//!
//! Source: `CollectParams` of `pkg/admission/plugin/policy/generic` of `k8s.io/apiserver`.

use std::collections::BTreeMap;

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
    for [of_policies, of_bindings] in KINDS {
        let of_kind = |kind: &'static str| {
            let members = all.into_iter().flatten();
            members.filter(move |member| member.group == GROUP && member.kind == kind)
        };
        let policies: BTreeMap<&str, NodeRef<'t>> =
            of_kind(of_policies).map(|member| (member.name, member.root)).collect();
        let mut check = Check { all, cluster, kind: of_policies, policies, out };
        let mut bound = Vec::new();
        for binding in of_kind(of_bindings) {
            bound.push(text(binding.root, &["spec", "policyName"]));
            without_params.extend(check.binding(binding.root));
        }
        // What is in the binding that the cluster has is not known.
        if existing(cluster, of_bindings).next().is_none() {
            check.unbound(of_bindings, &bound);
        }
    }
    without_params
}

/// The names of the objects of a kind without namespaces that the cluster has.
fn existing<'c>(cluster: &'c Cluster, kind: &'c str) -> impl Iterator<Item = &'c str> {
    let named = move |object: &'c String| object.strip_prefix(kind)?.strip_prefix('/');
    cluster.objects.iter().filter_map(named)
}

struct Check<'c, 't, 'o> {
    all: [&'c [Member<'t>]; 2],
    cluster: &'c Cluster,
    /// The kind of the policies.
    kind: &'static str,
    policies: BTreeMap<&'t str, NodeRef<'t>>,
    out: &'o mut Vec<Finding>,
}

impl<'t> Check<'_, 't, '_> {
    fn unbound(&mut self, kind: &str, bound: &[&str]) {
        for (name, policy) in self.policies.iter().filter(|(name, _)| !bound.contains(name)) {
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
            let known = || self.policies.keys().copied().chain(existing(self.cluster, self.kind));
            if !known().any(|name| name == node.text()) {
                let near = nearest(node.text(), known());
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
        if expressions(policy).any(|it| cel::compares_with_null(&it, "params")) {
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
        let is_param = |root: &NodeRef<'t>| {
            text(*root, &["apiVersion"]) == api_version
                && text(*root, &["kind"]) == kind
                && (namespace.is_empty() || namespace_of(*root) == namespace)
        };
        let members = self.all.into_iter().flatten().map(|member| member.root);
        let here = members.filter(is_param).map(|root| text(root, &["metadata", "name"]));
        let there =
            existing(self.cluster, kind).filter_map(|object| match object.split_once('/') {
                Some((of, name)) => (of == namespace || namespace.is_empty()).then_some(name),
                None => Some(object),
            });
        let known: Vec<&str> = here.chain(there).collect();
        if known.contains(&name.text()) {
            return None;
        }
        let near = nearest(name.text(), known);
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
