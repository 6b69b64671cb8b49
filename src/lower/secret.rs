//! Secrets: the objects from which a back-end makes them in the cluster.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::Owner;
use crate::k8s;
use crate::k8s::Object;
use crate::k8s::custom::{
    ExternalSecret, ExternalSecretData, ExternalSecretRemoteRef, ExternalSecretSpec,
    ExternalSecretTarget, ExternalSecretTemplate, ExternalSecretTemplateMetadata, SealedSecret,
    SealedSecretSpec, SecretStoreRef, SecretTemplateSpec,
};
use crate::k8s::duration::GoDuration;
use crate::plan::{Composed, Map, Piece, Plan, Secret, SecretBackend, SecretKey, Val};
use crate::source::Rule;
use crate::spec::{SealScope, StoreKind};

use super::Built;

/// What stands for a sealed value that nobody has set. It is not base64, so that no controller
/// takes it for a value and every one says where the mistake is.
pub const PLACEHOLDER: &str = "<placeholder: no value has been sealed yet>";

/// What puts the Secret into the cluster, unless somebody does that by hand.
pub(super) fn lower(plan: &Plan, secret: &Secret, objects: &mut Vec<Object>) {
    let Secret { component, labels, annotations, at, .. } = secret;
    let owner = Owner { plan, component: Some(component), labels, annotations, at: *at };
    match secret.backend {
        SecretBackend::Sealed => objects.push(sealed(owner, secret).object()),
        SecretBackend::External => objects.extend(external(owner, secret).map(Built::object)),
        SecretBackend::Existing => {}
    }
}

fn sealed(owner: Owner<'_>, secret: &Secret) -> Built<SealedSecret> {
    let Secret { name, keys, kind, at, .. } = secret;
    let scope = scope(owner);
    let values = keys.iter().map(|SecretKey { name, .. }| {
        (&name.v, Val::new(PLACEHOLDER, name.at.derive(Rule::Placeholder)))
    });
    let mut annotations = owner.annotations();
    annotations.extend(scope.clone());
    k8s!(*at; SealedSecret {
        metadata: owner.metadata_with(name, &Map::new(), &scope),
        spec: k8s!(*at; SealedSecretSpec {
            encrypted_data: values.collect::<BTreeMap<_, _>>(),
            template: k8s!(*at; SecretTemplateSpec {
                metadata: k8s!(*at; ObjectMeta { labels: owner.labels(), annotations }),
                type_: kind,
                data: composed(&secret.composed),
            }),
        }),
    })
}

/// The annotation that tells the controller what the values are bound to, where that is not
/// the default: namespace and name.
fn scope(owner: Owner<'_>) -> Map {
    let Some(sealed) = &owner.plan.place.sealed else { return Map::new() };
    let key = match sealed.scope.v {
        SealScope::Strict => return Map::new(),
        SealScope::NamespaceWide => "sealedsecrets.bitnami.com/namespace-wide",
        SealScope::ClusterWide => "sealedsecrets.bitnami.com/cluster-wide",
    };
    let yes = Val::new("true".to_owned(), sealed.scope.at.derive(Rule::SealScope));
    Map::from([(key.to_owned(), yes)])
}

/// `None` where the place has no store, which resolving does not let pass.
fn external(owner: Owner<'_>, secret: &Secret) -> Option<Built<ExternalSecret>> {
    let Secret { name, keys, kind, at, .. } = secret;
    let store = owner.plan.place.external.as_ref()?;
    let fill = at.derive(Rule::ExternalSecretFields);
    let refresh_interval = store
        .refresh_interval
        .v
        .parse()
        .ok()
        .map(|every: GoDuration| Val::new(every, store.refresh_interval.at));
    // With templates, the Secret has their keys alone, unless they are merged.
    let merge_policy = if secret.composed.is_empty() { "Replace" } else { "Merge" };
    Some(k8s!(*at; ExternalSecret {
        metadata: owner.metadata(name),
        spec: k8s!(*at; ExternalSecretSpec {
            refresh_interval,
            secret_store_ref: k8s!(store.store.at; SecretStoreRef {
                kind: store.kind.map(StoreKind::word), name: &store.store,
            }),
            target: k8s!(*at; ExternalSecretTarget {
                name,
                creation_policy: Val::new("Owner", fill),
                deletion_policy: Val::new("Retain", fill),
                template: k8s!(*at; ExternalSecretTemplate {
                    metadata: k8s!(*at; ExternalSecretTemplateMetadata {
                        labels: owner.labels(), annotations: owner.annotations(),
                    }),
                    type_: kind,
                    engine_version: Val::new("v2", fill),
                    merge_policy: Val::new(merge_policy, fill),
                    data: composed(&secret.composed),
                }),
            }),
            data: keys.iter().map(|key| remote(key, secret.path.as_ref())).collect::<Vec<_>>(),
        }),
    }))
}

/// A value of a store: a property of the entry where the Secret lies, or an entry of its own.
fn remote(key: &SecretKey, path: Option<&Val<String>>) -> Built<ExternalSecretData> {
    let SecretKey { name, remote, .. } = key;
    let fill = name.at.derive(Rule::ExternalSecretFields);
    k8s!(name.at; ExternalSecretData {
        secret_key: name,
        remote_ref: k8s!(remote.at; ExternalSecretRemoteRef {
            key: path.unwrap_or(remote),
            property: path.map(|_| remote),
            conversion_strategy: Val::new("Default", fill),
            decoding_strategy: Val::new("None", fill),
            metadata_policy: Val::new("None", fill),
        }),
    })
}

/// The templates of composed keys.
fn composed(keys: &[Composed]) -> BTreeMap<&str, Val<String>> {
    keys.iter()
        .map(|Composed { name, pieces, at }| {
            (name.as_str(), Val::new(template(pieces), at.derive(Rule::ComposedInCluster)))
        })
        .collect()
}

/// A template in Go's language with sprig's functions, as both back-ends read it. `urlquery`
/// writes a space as `+`, which only a query may hold; a `+` of the value is `%2B` by then.
fn template(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let mut plain = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(text) => plain.push_str(text),
            Piece::Secret { key, url_encode, .. } => {
                push_plain(&mut out, &plain, true);
                plain.clear();
                let is_field = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let value = if is_field { format!(".{key}") } else { format!("index . {key:?}") };
                let encode = if *url_encode { r#" | urlquery | replace "+" "%20""# } else { "" };
                out.extend(["{{ ", &value, encode, " }}"]);
            }
            // Nothing that only the kubelet knows is composed in a Secret.
            Piece::Runtime(_) => {}
        }
    }
    push_plain(&mut out, &plain, false);
    out
}

/// Adds text to a template. Braces that would open an action, by themselves or together with
/// the action that follows, are written by an action that yields them.
fn push_plain(out: &mut String, text: &str, before_action: bool) {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let braces = rest[start..].len() - rest[start..].trim_start_matches('{').len();
        let end = start + braces;
        out.push_str(&rest[..start]);
        let braces = &rest[start..end];
        rest = &rest[end..];
        if braces.len() > 1 || (rest.is_empty() && before_action) {
            out.extend(["{{ \"", braces, "\" }}"]);
        } else {
            out.push_str(braces);
        }
    }
    out.push_str(rest);
}
