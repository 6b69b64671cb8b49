//! What belongs to no single stack: what the environment itself declares, and namespaces that
//! several stacks share.

use std::collections::BTreeMap;

use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;

use super::{metadata, namespace};
use crate::k8s;
use crate::k8s::Object;
use crate::k8s::custom::{
    AcmeHttp01, AcmeHttp01GatewayHttpRoute, AcmeHttp01Ingress, AcmeIssuer, AcmeSolver, CaIssuer,
    ClusterIssuer, IssuerSpec, ParentReference, SecretKeySelector, SelfSignedIssuer,
};
use crate::plan::{self, IssuerKind, Place, RoutingKind, Val};
use crate::source::{Origin, Rule};
use crate::spec::{ReclaimPolicy, VolumeBindingMode};

/// The objects of an environment's own folder. `namespaces` are those of its stacks, one for
/// each stack.
pub(super) fn lower<'n>(
    place: &Place,
    namespaces: impl Iterator<Item = &'n Val<String>>,
) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut used: BTreeMap<&str, Vec<&Val<String>>> = BTreeMap::new();
    for namespace in namespaces {
        used.entry(&namespace.v).or_default().push(namespace);
    }
    for users in used.values().filter(|users| users.len() > 1) {
        namespace::shared(place, users[0], &mut objects);
    }
    for (name, class) in &place.storage_classes {
        objects.push(storage_class(place, name, class));
    }
    for (name, class) in &place.priority_classes {
        let at = class.at;
        let object = k8s!(at; PriorityClass {
            metadata: metadata::of_place(place, &Val::new(name.clone(), at), at),
            value: class.value,
            global_default: class.global_default,
            description: &class.description,
        });
        objects.push(object.object());
    }
    for (name, issuer) in &place.cluster_issuers {
        objects.push(cluster_issuer(place, name, issuer));
    }
    objects
}

fn storage_class(place: &Place, name: &str, class: &plan::StorageClass) -> Object {
    let at = class.at;
    let class = k8s!(at; StorageClass {
        metadata: metadata::of_place(place, &Val::new(name.to_owned(), at), at),
        provisioner: &class.provisioner,
        parameters: &class.parameters,
        reclaim_policy: class.reclaim_policy.map(|policy| policy.map(ReclaimPolicy::word)),
        volume_binding_mode: class.volume_binding_mode.map(|mode| mode.map(VolumeBindingMode::word)),
        allow_volume_expansion: class.allow_volume_expansion,
    });
    class.object()
}

fn cluster_issuer(place: &Place, name: &str, issuer: &plan::ClusterIssuer) -> Object {
    let at = issuer.at;
    let spec = match &issuer.kind {
        IssuerKind::SelfSigned => {
            k8s!(at; IssuerSpec { self_signed: k8s!(at; SelfSignedIssuer {}) })
        }
        IssuerKind::Ca(secret) => {
            k8s!(at; IssuerSpec { ca: k8s!(at; CaIssuer { secret_name: secret }) })
        }
        IssuerKind::Acme { server, email, account_key_secret } => k8s!(at; IssuerSpec {
            acme: k8s!(at; AcmeIssuer {
                server,
                email,
                private_key_secret_ref: k8s!(at; SecretKeySelector { name: account_key_secret }),
                solvers: vec![k8s!(at; AcmeSolver { http01: solver(place, at) })],
            }),
        }),
    };
    let issuer = k8s!(at; ClusterIssuer {
        metadata: metadata::of_place(place, &Val::new(name.to_owned(), at), at),
        spec,
    });
    issuer.object()
}

/// HTTP-01 challenges come in the way all traffic does.
fn solver(place: &Place, at: Origin) -> super::Built<AcmeHttp01> {
    let at = at.derive(Rule::AcmeSolver);
    match place.routing.as_ref().map(|routing| &routing.kind) {
        Some(RoutingKind::Gateway { name, namespace, http_listener, .. }) => {
            let parent = k8s!(at; ParentReference { name, namespace, section_name: http_listener });
            let route = k8s!(at; AcmeHttp01GatewayHttpRoute { parent_refs: vec![parent] });
            k8s!(at; AcmeHttp01 { gateway_http_route: route })
        }
        Some(RoutingKind::Ingress { class, .. }) => k8s!(at; AcmeHttp01 {
            ingress: k8s!(at; AcmeHttp01Ingress { ingress_class_name: class }),
        }),
        None => k8s!(at; AcmeHttp01 { ingress: k8s!(at; AcmeHttp01Ingress {}) }),
    }
}
