//! The order in which objects are applied, and the file names that state it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Identity;

/// The step at which a kind is applied, by API group and kind.
///
/// A kind stands before the kinds that refer to it, so that one pass over an empty cluster
/// finds all that it needs. The steps are part of file names: changing one renames files.
const STEPS: &[(u8, &str, &[&str])] = &[
    // what the whole cluster shares
    (0, "", &["Namespace"]),
    (1, "apiextensions.k8s.io", &["CustomResourceDefinition"]),
    (2, "scheduling.k8s.io", &["PriorityClass"]),
    (2, "node.k8s.io", &["RuntimeClass"]),
    (2, "flowcontrol.apiserver.k8s.io", &["PriorityLevelConfiguration"]),
    (3, "flowcontrol.apiserver.k8s.io", &["FlowSchema"]),
    (4, "storage.k8s.io", &["CSIDriver"]),
    (5, "storage.k8s.io", &["StorageClass", "VolumeAttributesClass"]),
    (5, "snapshot.storage.k8s.io", &["VolumeSnapshotClass"]),
    (5, "resource.k8s.io", &["DeviceClass"]),
    (6, "networking.k8s.io", &["IngressClass", "ServiceCIDR"]),
    (6, "gateway.networking.k8s.io", &["GatewayClass"]),
    // what a namespace allows
    (10, "", &["ResourceQuota"]),
    (11, "", &["LimitRange"]),
    (12, "", &["ServiceAccount"]),
    // secrets, and what makes them
    (20, "", &["Secret"]),
    (20, "bitnami.com", &["SealedSecret"]),
    (21, "external-secrets.io", &["ClusterSecretStore", "SecretStore"]),
    (22, "external-secrets.io", &["ClusterExternalSecret", "ExternalSecret"]),
    (23, "cert-manager.io", &["ClusterIssuer", "Issuer"]),
    (24, "cert-manager.io", &["Certificate"]),
    (25, "", &["ConfigMap"]),
    // storage
    (30, "", &["PersistentVolume"]),
    (31, "", &["PersistentVolumeClaim"]),
    (32, "resource.k8s.io", &["ResourceClaimTemplate"]),
    (33, "resource.k8s.io", &["ResourceClaim"]),
    // rights
    (35, "rbac.authorization.k8s.io", &["ClusterRole", "Role"]),
    (36, "rbac.authorization.k8s.io", &["ClusterRoleBinding", "RoleBinding"]),
    // the network, before anything uses it
    (40, "", &["Service"]),
    (41, "", &["Endpoints"]),
    (41, "discovery.k8s.io", &["EndpointSlice"]),
    (45, "networking.k8s.io", &["NetworkPolicy"]),
    (45, "cilium.io", &["CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy"]),
    // workloads
    (50, "apps", &["DaemonSet"]),
    (51, "apps", &["StatefulSet"]),
    (52, "apps", &["Deployment"]),
    (53, "apps", &["ReplicaSet"]),
    (53, "", &["Pod", "PodTemplate", "ReplicationController"]),
    // what watches over workloads
    (60, "autoscaling", &["HorizontalPodAutoscaler"]),
    (60, "autoscaling.k8s.io", &["VerticalPodAutoscaler"]),
    (60, "keda.sh", &["ScaledObject"]),
    (61, "policy", &["PodDisruptionBudget"]),
    // work with an end
    (65, "batch", &["Job"]),
    (66, "batch", &["CronJob"]),
    // routing
    (70, "gateway.networking.k8s.io", &["Gateway"]),
    (71, "gateway.networking.k8s.io", &["BackendTLSPolicy", "ReferenceGrant"]),
    (71, "traefik.io", &["Middleware", "TLSOption"]),
    (
        72,
        "gateway.networking.k8s.io",
        &["GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"],
    ),
    (72, "networking.k8s.io", &["Ingress"]),
    (72, "traefik.io", &["IngressRoute", "IngressRouteTCP", "IngressRouteUDP"]),
    // observing
    (80, "monitoring.coreos.com", &["PodMonitor", "PrometheusRule", "ServiceMonitor"]),
    // 90 is for kinds that are not listed
    // what can refuse or change other objects, and calls a service to do so
    (95, "apiregistration.k8s.io", &["APIService"]),
    (96, "admissionregistration.k8s.io", &["MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"]),
    (
        97,
        "admissionregistration.k8s.io",
        &["MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicyBinding"],
    ),
    (
        98,
        "admissionregistration.k8s.io",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
];

const UNLISTED: u8 = 90;

/// The longest file name that every file system takes.
const LONGEST: usize = 255;

const EXTENSION: &str = ".yaml";

fn listed(group: &str, kind: &str) -> Option<u8> {
    STEPS
        .iter()
        .find(|(_, of_group, kinds)| *of_group == group && kinds.contains(&kind))
        .map(|(step, ..)| *step)
}

/// The step at which objects of a kind are applied, below 100. Kinds that are not listed come
/// after all that they may refer to, and before what may refuse them.
#[must_use]
pub fn step(group: &str, kind: &str) -> u8 {
    listed(group, kind).unwrap_or(UNLISTED)
}

/// The file of an object in a folder whose objects live in the namespace `home`:
/// `NN-kind-name.yaml`. The files of a folder in the order of their names are in apply order.
///
/// The name depends on nothing but the object, so that a new object renames no other's file,
/// and no two objects of a folder have the same: `@namespace` follows in another namespace than
/// `home`, `+group` for kinds that are not listed; bytes that are not safe in file names
/// everywhere (names of RBAC objects may hold any) are percent-encoded, and what is too long ends
/// in `~` and a digest.
#[must_use]
pub fn file_name(identity: &Identity, home: Option<&str>) -> String {
    let Identity { group, kind, namespace, name } = identity;
    let listed = listed(group, kind);
    let mut file = format!("{:02}-", listed.unwrap_or(UNLISTED));
    push_encoded(&mut file, &kind.to_ascii_lowercase());
    file.push('-');
    push_encoded(&mut file, name);
    if let Some(namespace) = namespace.as_deref().filter(|namespace| home != Some(namespace)) {
        file.push('@');
        push_encoded(&mut file, namespace);
    }
    if listed.is_none() {
        file.push('+');
        push_encoded(&mut file, group);
    }
    if file.len() + EXTENSION.len() > LONGEST {
        let digest: String =
            Sha256::digest(&file).iter().take(8).fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        file.truncate(LONGEST - EXTENSION.len() - digest.len() - 1);
        file.push('~');
        file.push_str(&digest);
    }
    file.push_str(EXTENSION);
    file
}

/// Percent-encodes all but lower-case letters, digits, `-` and `.`; upper-case ones too, since
/// some file systems take `A` and `a` for the same.
fn push_encoded(file: &mut String, text: &str) {
    for byte in text.bytes() {
        if matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.') {
            file.push(char::from(byte));
        } else {
            let _ = write!(file, "%{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn identity(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Identity {
        Identity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    #[test]
    fn listed_kinds_differ_in_lower_case_and_steps_ascend() {
        let mut kinds = BTreeSet::new();
        for (step, _, listed) in STEPS {
            assert_ne!(*step, UNLISTED);
            for kind in *listed {
                assert!(kinds.insert(kind.to_ascii_lowercase()), "{kind} is listed twice");
            }
        }
        assert!(STEPS.is_sorted_by_key(|(step, ..)| *step));
    }

    #[test]
    fn kinds_stand_before_those_that_refer_to_them() {
        const RBAC: &str = "rbac.authorization.k8s.io";
        const GATEWAY: &str = "gateway.networking.k8s.io";
        const CERT: &str = "cert-manager.io";
        const EXTERNAL: &str = "external-secrets.io";
        for ((group, kind), (by_group, by)) in [
            (("", "Namespace"), ("", "ServiceAccount")),
            (("apiextensions.k8s.io", "CustomResourceDefinition"), (CERT, "ClusterIssuer")),
            (("scheduling.k8s.io", "PriorityClass"), ("", "ResourceQuota")),
            (("scheduling.k8s.io", "PriorityClass"), ("apps", "Deployment")),
            (("storage.k8s.io", "StorageClass"), ("", "PersistentVolume")),
            (("", "PersistentVolume"), ("", "PersistentVolumeClaim")),
            (("", "PersistentVolumeClaim"), ("apps", "Deployment")),
            (("", "ServiceAccount"), (EXTERNAL, "SecretStore")),
            (("", "Secret"), (EXTERNAL, "SecretStore")),
            ((EXTERNAL, "SecretStore"), (EXTERNAL, "ExternalSecret")),
            ((EXTERNAL, "ExternalSecret"), ("apps", "StatefulSet")),
            (("bitnami.com", "SealedSecret"), ("apps", "StatefulSet")),
            ((CERT, "ClusterIssuer"), (CERT, "Certificate")),
            ((CERT, "Certificate"), (GATEWAY, "Gateway")),
            ((CERT, "ClusterIssuer"), ("networking.k8s.io", "Ingress")),
            (("", "ConfigMap"), ("apps", "Deployment")),
            ((RBAC, "Role"), (RBAC, "RoleBinding")),
            ((RBAC, "ClusterRole"), (RBAC, "ClusterRoleBinding")),
            (("", "ServiceAccount"), (RBAC, "RoleBinding")),
            (("", "Service"), ("apps", "StatefulSet")),
            (("networking.k8s.io", "NetworkPolicy"), ("apps", "DaemonSet")),
            (("apps", "Deployment"), ("autoscaling", "HorizontalPodAutoscaler")),
            (("policy", "PodDisruptionBudget"), ("batch", "Job")),
            (("", "Service"), ("networking.k8s.io", "Ingress")),
            (("networking.k8s.io", "IngressClass"), ("networking.k8s.io", "Ingress")),
            ((GATEWAY, "GatewayClass"), (GATEWAY, "Gateway")),
            ((GATEWAY, "Gateway"), (GATEWAY, "HTTPRoute")),
            (("", "Service"), ("monitoring.coreos.com", "ServiceMonitor")),
            (
                ("example.org", "Widget"),
                ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ),
        ] {
            assert!(step(group, kind) < step(by_group, by), "{kind} before {by}");
        }
    }

    #[test]
    fn file_names_are_safe_and_short_enough() {
        let file = |identity: &Identity| file_name(identity, Some("wander"));
        let api = identity("apps", "Deployment", Some("wander"), "api");
        assert_eq!(file(&api), "52-deployment-api.yaml");
        assert_eq!(file_name(&api, None), "52-deployment-api@wander.yaml");
        assert_eq!(file(&identity("", "Namespace", None, "wander")), "00-namespace-wander.yaml");

        let rbac = "rbac.authorization.k8s.io";
        let role = identity(rbac, "ClusterRole", None, "system:Node");
        assert_eq!(file(&role), "35-clusterrole-system%3a%4eode.yaml");

        let cluster = identity("postgresql.cnpg.io", "Cluster", Some("wander"), "db");
        assert_eq!(file(&cluster), "90-cluster-db+postgresql.cnpg.io.yaml");

        let long = identity("", "ConfigMap", Some("wander"), &"a".repeat(253));
        let longer = identity("", "ConfigMap", Some("wander"), &"a".repeat(252));
        assert_eq!(file(&long).len(), LONGEST);
        assert_ne!(file(&long), file(&longer));
        assert!(file(&long).ends_with("~7103a5d94c7e65d7.yaml"));
    }

    fn identities() -> impl Strategy<Value = Identity> {
        let group = prop_oneof![Just(""), Just("apps"), Just("a.io"), Just("b-a.io")];
        let kind =
            prop_oneof![Just("Deployment"), Just("Service"), Just("Cluster"), Just("RoleBinding")];
        let namespace = prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))];
        (group, kind, namespace, "[abA:@+%~. -]{1,3}")
            .prop_map(|(group, kind, namespace, name)| identity(group, kind, namespace, &name))
    }

    proptest! {
        #[test]
        fn no_two_objects_share_a_file(a in identities(), b in identities()) {
            // Nothing is known of scopes here: without a namespace it is the home's.
            let whole = |mut identity: Identity| {
                identity.namespace.get_or_insert_with(|| "a".to_owned());
                identity
            };
            let same_file = file_name(&a, Some("a")).eq_ignore_ascii_case(&file_name(&b, Some("a")));
            prop_assert_eq!(same_file, whole(a) == whole(b));
        }
    }
}
