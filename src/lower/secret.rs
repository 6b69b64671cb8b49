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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::testing::{lowered, map, object, place, plan, text, val};
    use super::*;
    use crate::plan::{ExternalStore, SealedSecrets};
    use crate::source::listing::at;

    fn secret(backend: SecretBackend) -> Secret {
        let key = |name: &str, number| SecretKey {
            name: text(name, number),
            remote: text(&name.to_uppercase(), number + 1),
            generate: None,
        };
        Secret {
            component: "database".to_owned(),
            name: text("database", 30),
            backend,
            path: None,
            keys: vec![key("password", 40), key("api.key", 42)],
            composed: vec![Composed {
                name: "url".to_owned(),
                pieces: vec![
                    Piece::Plain("postgres://u:".to_owned()),
                    secret_piece("password", true),
                    Piece::Plain("@h/db?k=".to_owned()),
                    secret_piece("api.key", false),
                ],
                at: at(50),
            }],
            kind: Some(text("example.com/kind", 31)),
            rotate: None,
            labels: map([("tier", "data", 32)]),
            annotations: map([("note", "n", 33)]),
            at: at(30),
        }
    }

    fn secret_piece(key: &str, url_encode: bool) -> Piece {
        Piece::Secret { secret: "database".to_owned(), key: key.to_owned(), url_encode }
    }

    fn with(secret: Secret, scope: SealScope) -> Plan {
        let mut place = place();
        place.sealed = Some(SealedSecrets { certificate: None, scope: val(scope, 8) });
        place.external = Some(ExternalStore {
            store: text("vault", 5),
            kind: val(StoreKind::ClusterSecretStore, 6),
            refresh_interval: text("1h0m0s", 7),
        });
        let mut plan = plan();
        plan.owns_namespace = false;
        plan.place = Arc::new(place);
        plan.secrets.push(secret);
        plan
    }

    #[test]
    fn a_sealed_secret_has_a_placeholder_for_each_key_and_a_template_for_each_composed_one() {
        let plan = with(secret(SecretBackend::Sealed), SealScope::NamespaceWide);
        assert_eq!(object(&plan, "SealedSecret/database"), "\
apiVersion: bitnami.com/v1alpha1 @object-identity:30
kind: SealedSecret @object-identity:30
metadata:
  name: database
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: database @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: data @32
  annotations:
    note: n @33
    sealedsecrets.bitnami.com/namespace-wide: true @seal-scope:8
spec:
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @recommended-labels:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: database @recommended-labels:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        tier: data @32
      annotations:
        note: n @33
        sealedsecrets.bitnami.com/namespace-wide: true @seal-scope:8
    type: example.com/kind @31
    data:
      url: postgres://u:{{ .password | urlquery | replace \"+\" \"%20\" }}@h/db?k={{ index . \"api.key\" }} @composed-in-cluster:50
  encryptedData:
    api.key: <placeholder: no value has been sealed yet> @placeholder:42
    password: <placeholder: no value has been sealed yet> @placeholder:40
");
    }

    #[test]
    fn the_default_scope_needs_no_annotation() {
        let plan = with(secret(SecretBackend::Sealed), SealScope::Strict);
        assert!(!object(&plan, "SealedSecret/database").contains("sealedsecrets.bitnami.com/"));
    }

    #[test]
    fn an_external_secret_reads_each_key_and_merges_what_it_composes() {
        let plan = with(secret(SecretBackend::External), SealScope::Strict);
        assert_eq!(object(&plan, "ExternalSecret/database"), "\
apiVersion: external-secrets.io/v1 @object-identity:30
kind: ExternalSecret @object-identity:30
metadata:
  name: database
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: database @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: data @32
  annotations:
    note: n @33
spec:
  refreshInterval: 1h0m0s @7
  secretStoreRef: @5
    kind: ClusterSecretStore @6
    name: vault
  target:
    name: database
    template:
      metadata:
        labels:
          app.kubernetes.io/instance: shop-acme @recommended-labels:10
          app.kubernetes.io/managed-by: gen @recommended-labels:30
          app.kubernetes.io/name: database @recommended-labels:30
          app.kubernetes.io/part-of: shop @recommended-labels:10
          tier: data @32
        annotations:
          note: n @33
      type: example.com/kind @31
      data:
        url: postgres://u:{{ .password | urlquery | replace \"+\" \"%20\" }}@h/db?k={{ index . \"api.key\" }} @composed-in-cluster:50
      engineVersion: v2 @external-secret-fields:30
      mergePolicy: Merge @external-secret-fields:30
    creationPolicy: Owner @external-secret-fields:30
    deletionPolicy: Retain @external-secret-fields:30
  data:
    - @40
      secretKey: password
      remoteRef: @41
        key: PASSWORD
        conversionStrategy: Default @external-secret-fields:40
        decodingStrategy: None @external-secret-fields:40
        metadataPolicy: None @external-secret-fields:40
    - @42
      secretKey: api.key
      remoteRef: @43
        key: API.KEY
        conversionStrategy: Default @external-secret-fields:42
        decodingStrategy: None @external-secret-fields:42
        metadataPolicy: None @external-secret-fields:42
");
    }

    #[test]
    fn an_external_secret_with_a_path_reads_properties_of_it() {
        let mut secret = secret(SecretBackend::External);
        secret.path = Some(text("shop/database", 34));
        secret.composed.clear();
        let object = object(&with(secret, SealScope::Strict), "ExternalSecret/database");
        assert!(object.contains("mergePolicy: Replace"), "{object}");
        assert_eq!(
            object[object.find("data:\n    - ").unwrap_or(0)..],
            *"\
data:
    - @40
      secretKey: password
      remoteRef: @41
        key: shop/database @34
        property: PASSWORD
        conversionStrategy: Default @external-secret-fields:40
        decodingStrategy: None @external-secret-fields:40
        metadataPolicy: None @external-secret-fields:40
    - @42
      secretKey: api.key
      remoteRef: @43
        key: shop/database @34
        property: API.KEY
        conversionStrategy: Default @external-secret-fields:42
        decodingStrategy: None @external-secret-fields:42
        metadataPolicy: None @external-secret-fields:42
"
        );
    }

    #[test]
    fn a_secret_that_exists_is_not_rendered() {
        let plan = with(secret(SecretBackend::Existing), SealScope::Strict);
        assert!(lowered(&plan).is_empty());
    }

    #[test]
    fn a_placeholder_is_not_base64() {
        assert!(PLACEHOLDER.contains(['<', ' ']));
    }

    #[test]
    fn plain_text_comes_out_of_a_template_as_it_is() {
        let plain = |text: &str| Piece::Plain(text.to_owned());
        for (pieces, expected) in [
            (vec![plain("{ \"a\": \"}}\" }")], "{ \"a\": \"}}\" }"),
            (vec![plain("{{ .x }}{")], "{{ \"{{\" }} .x }}{"),
            (vec![plain("{"), plain("{")], "{{ \"{{\" }}"),
            (vec![plain("{"), secret_piece("k", false), plain("}")], "{{ \"{\" }}{{ .k }}}"),
        ] {
            assert_eq!(template(&pieces), expected);
        }
    }

    /// What Go's template engine makes of the templates that gen writes, `<KEY>` for a value.
    fn executed(mut template: &str) -> Option<String> {
        let mut out = String::new();
        while let Some((text, rest)) = template.split_once("{{") {
            let (action, rest) = rest.split_once(" }}")?;
            let action = action.strip_prefix(' ')?;
            out.push_str(text);
            match action.strip_prefix('"') {
                Some(literal) => out.push_str(literal.strip_suffix('"')?),
                None => out.extend(["<", action.strip_prefix('.')?, ">"]),
            }
            template = rest;
        }
        Some(out + template)
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let piece = prop_oneof![
            "[{} a]{0,4}".prop_map(Piece::Plain),
            "[a-z]{1,3}".prop_map(|key| secret_piece(&key, false)),
        ];
        prop::collection::vec(piece, 0..6)
    }

    proptest! {
        #[test]
        fn every_piece_comes_out_in_its_place(pieces in pieces()) {
            let expected: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(text) => text.clone(),
                    Piece::Secret { key, .. } => format!("<{key}>"),
                    Piece::Runtime(_) => String::new(),
                })
                .collect();
            prop_assert_eq!(executed(&template(&pieces)), Some(expected));
        }
    }
}
