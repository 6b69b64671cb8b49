//! Namespaces, what they enforce, and their default deny.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::Owner;
use super::{Built, metadata, network};
use crate::k8s;
use crate::k8s::Object;
use crate::plan::{Map, Place, Plan, Route, Val};
use crate::source::{Origin, Rule};

/// Namespaces that every cluster has; gen does not render them.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces>
const INITIAL: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The namespace of a stack that alone uses it.
pub(super) fn lower(plan: &Plan, objects: &mut Vec<Object>) {
    if !plan.owns_namespace {
        return;
    }
    let owner = Owner::stack(plan);
    let labels = pod_security(&plan.place);
    objects.extend(namespace(&plan.namespace, |name, at| {
        let owner = Owner { at, ..owner };
        owner.cluster_metadata_with(name, &labels)
    }));
    objects.push(network::default_deny(plan.namespace.at, |name| owner.metadata(name)));
    if plan.routes.iter().any(Route::serves_tls) {
        objects.extend(network::acme_solver(&plan.place, |name| owner.metadata(name)));
    }
}

/// A namespace that several stacks use.
pub(super) fn shared(place: &Place, namespace_name: &Val<String>, objects: &mut Vec<Object>) {
    let labels = pod_security(place);
    objects.extend(namespace(namespace_name, |name, at| {
        metadata::of_place_with(place, name, None, &labels, at)
    }));
    let metadata = |name: &Val<String>| {
        metadata::of_place_with(place, name, Some(namespace_name), &Map::new(), namespace_name.at)
    };
    objects.push(network::default_deny(namespace_name.at, metadata));
    // Which of its stacks has a route is theirs to know; without one there is no such pod.
    objects.extend(network::acme_solver(place, metadata));
}

fn namespace(
    name: &Val<String>,
    metadata: impl FnOnce(&Val<String>, Origin) -> Built<ObjectMeta>,
) -> Option<Object> {
    let at = name.at.derive(Rule::NamespaceOwner);
    let built = !INITIAL.contains(&name.v.as_str());
    built.then(|| k8s!(at; Namespace { metadata: metadata(name, at) }).object())
}

/// The labels by which Pod Security admission enforces the environment's standard.
/// <https://kubernetes.io/docs/concepts/security/pod-security-admission/>
fn pod_security(place: &Place) -> Map {
    let at = place.policy.at.derive(Rule::PodSecurity);
    let level = Val::new(place.policy.v.word().to_owned(), at);
    let version = Val::new(format!("v{}", place.kubernetes.v), at);
    let modes = ["enforce", "audit", "warn"].into_iter();
    modes
        .flat_map(|mode| {
            let label = format!("pod-security.kubernetes.io/{mode}");
            [(format!("{label}-version"), version.clone()), (label, level.clone())]
        })
        .collect()
}
