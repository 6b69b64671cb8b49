//! The order in which people expect to read the fields of Kubernetes objects.

use std::sync::LazyLock;

use indexmap::IndexMap;

/// Field names in reading order. One list serves every type, since names that meet in one type
/// nowhere want two orders. What is not in it comes after, in the order of the alphabet.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    // every object, and references to objects
    "apiVersion", "apiGroup", "group", "kind", "metadata", "secretKey", "name", "generateName", "namespace",
    "sectionName", "labels", "annotations", "type", "immutable", "spec",
    // what a thing is about or for
    "scaleTargetRef", "parentRefs", "gatewayClassName", "ingressClassName", "hostnames", "host", "hostname",
    "issuerRef", "secretName", "commonName", "dnsNames", "refreshInterval", "secretStoreRef", "target",
    "acme", "server", "email", "privateKeySecretRef", "provisioner",
    // workloads
    "schedule", "timeZone", "suspend", "concurrencyPolicy", "startingDeadlineSeconds",
    "successfulJobsHistoryLimit", "failedJobsHistoryLimit",
    "parallelism", "completions", "completionMode", "backoffLimit", "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
    "minReplicas", "maxReplicas", "minAvailable", "maxUnavailable", "maxSurge", "unhealthyPodEvictionPolicy",
    "serviceName", "replicas", "revisionHistoryLimit", "minReadySeconds", "progressDeadlineSeconds",
    "podManagementPolicy",
    // services and selectors
    "clusterIP", "loadBalancerClass", "loadBalancerSourceRanges", "externalTrafficPolicy", "publishNotReadyAddresses",
    "podSelector", "namespaceSelector", "ipBlock", "cidr", "except", "selector",
    "matchLabels", "matchExpressions", "policyTypes", "from", "to", "ingress", "egress",
    "strategy", "updateStrategy", "rollingUpdate", "jobTemplate", "template", "volumeClaimTemplates",
    "persistentVolumeClaimRetentionPolicy",
    // pods
    "restartPolicy", "terminationGracePeriodSeconds", "serviceAccountName", "automountServiceAccountToken",
    "enableServiceLinks",
    "imagePullSecrets", "priorityClassName", "hostNetwork", "dnsPolicy", "nodeSelector", "tolerations",
    // containers
    "image", "imagePullPolicy", "command", "args", "workingDir",
    "key", "path", "pathType", "port", "containerPort", "targetPort", "number", "scheme", "protocol", "appProtocol",
    "nodePort", "hostPort", "endPort", "ports",
    "envFrom", "env", "prefix", "property", "operator", "value", "values", "effect", "valueFrom",
    "configMapRef", "secretRef", "configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "optional",
    // claims
    "accessModes", "storageClassName", "volumeMode", "volumeName",
    // roles
    "roleRef", "subjects", "apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs",
    "requests", "limits",
    "mountPath", "subPath", "readOnly", "volumeMounts", "volumeDevices",
    "exec", "httpGet", "tcpSocket", "grpc", "httpHeaders",
    "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold",
    "startupProbe", "readinessProbe", "livenessProbe", "lifecycle", "postStart", "preStop",
    "runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "fsGroupChangePolicy", "supplementalGroups",
    "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities", "seccompProfile",
    "add", "drop",
    "securityContext",
    "maxSkew", "topologyKey", "whenUnsatisfiable", "labelSelector", "topologySpreadConstraints", "affinity",
    "initContainers", "containers", "volumes",
    // volumes of pods
    "defaultMode", "mode", "items", "medium", "sizeLimit",
    // routing
    "tls", "hosts", "defaultBackend", "rules", "listeners", "matches", "filters", "backendRefs", "weight",
    "timeouts", "http", "paths", "backend", "service",
    // autoscaling
    "metrics", "resource", "averageUtilization", "averageValue", "behavior", "scaleUp", "scaleDown",
    // content last: it is long
    "encryptedData", "data", "remoteRef", "binaryData", "stringData", "status",
];

static RANKS: LazyLock<IndexMap<&str, usize>> =
    LazyLock::new(|| FIELDS.iter().enumerate().rev().map(|(rank, field)| (*field, rank)).collect());

/// The place of a field among its siblings; equal for fields that stand in the alphabet's order.
#[must_use]
pub fn rank(field: &str) -> usize {
    RANKS.get(field).copied().unwrap_or(FIELDS.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sorted<'f>(fields: &[&'f str]) -> Vec<&'f str> {
        let mut fields = fields.to_vec();
        fields.sort_by_key(|field| (rank(field), *field));
        fields
    }

    #[test]
    fn each_field_is_listed_once() {
        let distinct: BTreeSet<_> = FIELDS.iter().collect();
        assert_eq!(distinct.len(), FIELDS.len());
    }

    #[test]
    fn fields_stand_as_people_write_them() {
        for expected in [
            &["apiVersion", "kind", "metadata", "spec", "status"][..],
            &["apiVersion", "kind", "metadata", "type", "data"],
            &["apiVersion", "kind", "name"],
            &["name", "namespace", "labels", "annotations"],
            &[
                "name",
                "image",
                "command",
                "args",
                "ports",
                "envFrom",
                "env",
                "resources",
                "volumeMounts",
                "readinessProbe",
                "securityContext",
            ],
            &["replicas", "selector", "strategy", "template"],
            &["serviceName", "replicas", "selector", "template", "volumeClaimTemplates"],
            &["serviceAccountName", "securityContext", "initContainers", "containers", "volumes"],
            &["type", "clusterIP", "selector", "ports"],
            &["name", "port", "targetPort", "protocol"],
            &["name", "containerPort", "protocol"],
            &["podSelector", "policyTypes", "ingress", "egress"],
            &["path", "pathType", "backend"],
            &["key", "path", "mode"],
            &["name", "key", "optional"],
            &["parentRefs", "hostnames", "rules"],
            &["type", "status"],
            &["unheardOf", "unknown"],
        ] {
            let mut reversed = expected.to_vec();
            reversed.reverse();
            assert_eq!(sorted(&reversed), expected);
        }
    }
}
