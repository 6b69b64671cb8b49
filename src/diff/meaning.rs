//! Whether two values mean the same to the API server.
//!
//! Source: `Semantic` of `k8s.io/apimachinery/pkg/api/equality`, by which the server and its
//! controllers compare: quantities by amount, lists in order, and a list or map without entries
//! as one that is not there. Which other values are as good as absent follows from the Go types
//! of `k8s.io/api`: a field that is no pointer cannot tell its zero from absence.

use crate::k8s::Quantity;
use crate::k8s::schema::{Shape, Type};
use crate::source::{Kind, NodeRef};

/// Fields of built-in kinds whose zero (`""`, `0`, `false`) is as good as absent.
const ZERO_IS_ABSENT: &[&str] = &[
    "addressType",
    "allocationMode",
    "chapAuthDiscovery",
    "chapAuthSession",
    "claimName",
    "clusterIP",
    "concurrencyPolicy",
    "containerName",
    "containerPort",
    "datasetName",
    "datasetUUID",
    "deviceClassName",
    "directory",
    "dnsPolicy",
    "effect",
    "externalID",
    "externalName",
    "externalTrafficPolicy",
    "failureThreshold",
    "fieldPath",
    "gateway",
    "generateName",
    "generation",
    "globalDefault",
    "group",
    "handler",
    "healthCheckNodePort",
    "host",
    "hostIP",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "hostname",
    "image",
    "imagePullPolicy",
    "initialDelaySeconds",
    "iscsiInterface",
    "key",
    "keyring",
    "kind",
    "level",
    "loadBalancerIP",
    "medium",
    "message",
    "minReadySeconds",
    "mountPath",
    "name",
    "namespace",
    "nodeName",
    "nodePort",
    "operator",
    "path",
    "paused",
    "pdID",
    "pdName",
    "periodSeconds",
    "persistentVolumeReclaimPolicy",
    "podManagementPolicy",
    "pool",
    "prefix",
    "priorityClassName",
    "protectionDomain",
    "provisioner",
    "publishNotReadyAddresses",
    "pullPolicy",
    "readOnly",
    "reference",
    "registry",
    "repository",
    "request",
    "resource",
    "resourceVersion",
    "revision",
    "role",
    "schedulerName",
    "scheme",
    "secretName",
    "serviceAccount",
    "serviceAccountName",
    "serviceName",
    "sessionAffinity",
    "sslEnabled",
    "stdin",
    "stdinOnce",
    "storageMode",
    "storagePolicyID",
    "storagePolicyName",
    "storagePool",
    "subPath",
    "subPathExpr",
    "subdomain",
    "successThreshold",
    "tenant",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "timeoutSeconds",
    "tty",
    "uid",
    "user",
    "value",
    "volume",
    "volumeName",
    "volumeNamespace",
    "weight",
    "whenDeleted",
    "whenScaled",
    "workingDir",
];

/// Fields of built-in kinds that hold a structure which is always there, be it empty.
const ALWAYS_THERE: &[&str] = &[
    "conditions",
    "deprecatedSource",
    "devices",
    "jobTemplate",
    "limitResponse",
    "loadBalancer",
    "metadata",
    "podAffinityTerm",
    "preference",
    "resources",
    "spec",
    "status",
    "strategy",
    "template",
    "updateStrategy",
];

/// Whether two values of a type mean the same; without a type, whether they are the same but for
/// nulls, which mean absence. What the server fills in has to be there already: see
/// [`defaults::complete`](crate::k8s::defaults::complete).
#[must_use]
pub fn equal(old: NodeRef<'_>, new: NodeRef<'_>, of: Option<Type>) -> bool {
    match (old.kind(), new.kind()) {
        (Kind::Null, _) => return is_absent(new, of),
        (_, Kind::Null) => return is_absent(old, of),
        (Kind::Map, Kind::Map) => {
            let twins = |a: NodeRef<'_>, b: NodeRef<'_>, entry: NodeRef<'_>| {
                let key = entry.key().unwrap_or_default();
                let inner = inner(of, key);
                // Go reads a null among strings as an empty one.
                let of_strings = matches!(of.map(Type::shape), Some(Shape::Map(of)) if matches!(of.shape(), Shape::Str));
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) if of_strings => a.text() == b.text(),
                    (Some(_), None) | (None, Some(_)) if of_strings => false,
                    (Some(a), Some(b)) => equal(a, b, inner),
                    (Some(one), None) | (None, Some(one)) => {
                        is_absent(one, if is_pointer(of, key) { None } else { inner })
                    }
                    (None, None) => true,
                }
            };
            return old.entries().all(|entry| twins(old, new, entry))
                && new.entries().all(|entry| {
                    old.get(entry.key().unwrap_or_default()).is_some() || twins(old, new, entry)
                });
        }
        (Kind::List, Kind::List) => {
            let item = of.and_then(Type::item);
            return old.items().count() == new.items().count()
                && old.items().zip(new.items()).all(|(old, new)| equal(old, new, item));
        }
        _ => {}
    }
    match of.map(Type::shape) {
        Some(Shape::Quantity) => match (quantity(old), quantity(new)) {
            (Some(old), Some(new)) => old == new,
            _ => old.same(new),
        },
        Some(Shape::Bytes) => {
            let unfolded = |node: NodeRef<'_>| node.text().replace(['\r', '\n'], "");
            old.kind() == new.kind() && unfolded(old) == unfolded(new)
        }
        _ => old.same(new),
    }
}

/// Whether a value of a type means the same as if nothing were written. Of a field, its key
/// tells what a zero means.
#[must_use]
pub fn is_absent(node: NodeRef<'_>, of: Option<Type>) -> bool {
    let Some(of) = of else { return node.kind() == Kind::Null };
    let is_one_of = |names: &[&str]| node.key().is_some_and(|key| names.contains(&key));
    match node.kind() {
        Kind::Null => true,
        Kind::List => node.is_empty() && !matches!(of.shape(), Shape::Any),
        Kind::Map => match of.shape() {
            Shape::Map(_) => node.is_empty(),
            Shape::Object(_) => {
                is_one_of(ALWAYS_THERE)
                    && node.entries().all(|entry| {
                        is_absent(entry, inner(Some(of), entry.key().unwrap_or_default()))
                    })
            }
            _ => false,
        },
        Kind::Bool | Kind::Int | Kind::Float | Kind::Str => {
            let is_zero = matches!(
                (of.shape(), node.kind(), node.text()),
                (Shape::Bool, Kind::Bool, "false")
                    | (Shape::Int32 | Shape::Int64 | Shape::Number, Kind::Int, "0")
                    | (Shape::Str | Shape::Enum(_), Kind::Str, "")
            );
            is_zero && is_one_of(ZERO_IS_ABSENT)
        }
    }
}

/// Whether a field that elsewhere is always there is a pointer in this type: the resources of a
/// whole pod.
fn is_pointer(of: Option<Type>, key: &str) -> bool {
    key == "resources" && of.is_some_and(|of| of.at_path(&["containers"]).is_some())
}

/// The type of what stands under a key of a map.
fn inner(of: Option<Type>, key: &str) -> Option<Type> {
    match of?.shape() {
        Shape::Object(object) => object.field(key).map(|field| field.of),
        Shape::Map(value) => Some(value),
        _ => None,
    }
}

fn quantity(node: NodeRef<'_>) -> Option<Quantity> {
    matches!(node.kind(), Kind::Int | Kind::Float | Kind::Str)
        .then(|| Quantity::of_server(node.text()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::k8s::Version;
    use crate::k8s::schema::Resource;
    use crate::validate::testing::tree;

    fn container() -> Option<Type> {
        let pod = Resource::find(Version::newest(), "v1", "Pod");
        pod.and_then(|pod| pod.root().at_path(&["spec", "containers"])).and_then(Type::item)
    }

    fn mean_the_same(old: &Value, new: &Value) -> bool {
        equal(tree(old).root(), tree(new).root(), container())
    }

    #[test]
    fn quantities_are_compared_by_amount() {
        let limit = |text: Value| json!({ "resources": { "limits": { "cpu": text } } });
        assert!(mean_the_same(&limit(json!("1000m")), &limit(json!(1))));
        assert!(mean_the_same(&limit(json!("1Gi")), &limit(json!("1024Mi"))));
        assert!(!mean_the_same(&limit(json!("1G")), &limit(json!("1Gi"))));
        let env = |text: &str| json!({ "env": [{ "name": "CPU", "value": text }] });
        assert!(!mean_the_same(&env("1000m"), &env("1")));
    }

    #[test]
    fn what_go_cannot_tell_from_absence_is_absent() {
        for nothing in [
            json!({ "tty": false }),
            json!({ "args": [] }),
            json!({ "args": null }),
            json!({ "resources": {} }),
            json!({ "resources": { "limits": {} } }),
            json!({ "workingDir": "" }),
        ] {
            assert!(mean_the_same(&nothing, &json!({})), "{nothing}");
        }
        for something in [
            json!({ "tty": true }),
            json!({ "securityContext": {} }),
            json!({ "securityContext": { "privileged": false } }),
            json!({ "args": [""] }),
            json!({ "resources": { "limits": { "cpu": 0 } } }),
        ] {
            assert!(!mean_the_same(&something, &json!({})), "{something}");
        }
    }

    #[test]
    fn order_counts_in_lists_and_not_in_maps() {
        let args = |args: [&str; 2]| json!({ "args": args });
        assert!(!mean_the_same(&args(["a", "b"]), &args(["b", "a"])));
        assert!(mean_the_same(
            &json!({ "name": "a", "image": "b" }),
            &json!({ "image": "b", "name": "a" })
        ));
    }

    #[test]
    fn without_a_type_only_nulls_are_absent() {
        let without = |old: &Value, new: &Value| equal(tree(old).root(), tree(new).root(), None);
        assert!(without(&json!({ "a": null }), &json!({})));
        assert!(!without(&json!({ "args": [] }), &json!({})));
        assert!(!without(&json!({ "name": "" }), &json!({})));
    }

    fn any_container() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(json!("")),
            Just(json!(0)),
            Just(json!(1)),
            Just(json!("1")),
            Just(json!("1000m")),
            Just(json!(false)),
            Just(json!(true)),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop::sample::select(vec![
                "name",
                "tty",
                "uid",
                "args",
                "env",
                "value",
                "resources",
                "limits",
                "cpu",
                "ports",
                "securityContext",
                "privileged",
                "spec",
            ]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4).prop_map(|entries| {
                    Value::Object(
                        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_means_what_it_means(value in any_container()) {
            prop_assert!(mean_the_same(&value, &value));
            let tree = tree(&value);
            prop_assert!(equal(tree.root(), tree.root(), None));
        }

        #[test]
        fn two_values_mean_the_same_whichever_comes_first(a in any_container(), b in any_container()) {
            prop_assert_eq!(mean_the_same(&a, &b), mean_the_same(&b, &a));
            let (a, b) = (tree(&a), tree(&b));
            prop_assert_eq!(equal(a.root(), b.root(), None), equal(b.root(), a.root(), None));
        }

        #[test]
        fn what_is_absent_is_like_null(value in any_container()) {
            let with = json!({ "resources": value });
            prop_assert_eq!(mean_the_same(&with, &json!({})), mean_the_same(&with, &json!({ "resources": null })));
        }
    }
}
