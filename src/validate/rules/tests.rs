use serde_json::{Value, json};

use super::*;
use crate::validate::testing::{found, tree};

fn findings(object: &Value) -> Vec<String> {
    let mut out = Vec::new();
    check(tree(object).root(), Author::Gen, &Cluster::default(), &mut out);
    found(&out)
}

fn object(api_version: &str, kind: &str, spec: &Value) -> Value {
    let metadata = json!({ "name": "a", "namespace": "n" });
    json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec })
}

fn of(api_version: &str, kind: &str, spec: &Value) -> Vec<String> {
    findings(&object(api_version, kind, spec))
}

/// A pod with one container and what is added to that and to the pod.
fn pod(container: &Value, spec: &Value) -> Value {
    let mut pod = json!({ "containers": [{ "name": "web", "image": "nginx" }] });
    merge(&mut pod["containers"][0], container);
    merge(&mut pod, spec);
    pod
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

fn of_container(container: &Value) -> Vec<String> {
    of("v1", "Pod", &pod(container, &json!({})))
}

fn of_deployment(spec: &Value) -> Vec<String> {
    let mut deployment = json!({
        "selector": { "matchLabels": { "app": "web" } },
        "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": pod(&json!({}), &json!({})),
        },
    });
    merge(&mut deployment, spec);
    of("apps/v1", "Deployment", &deployment)
}

const NOTHING: [&str; 0] = [];

#[test]
fn names_have_the_form_that_their_kind_asks_for() {
    let named = |api_version: &str, kind: &str, name: &str| {
        let metadata = json!({ "name": name, "namespace": "n" });
        let object = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata });
        findings(&object).iter().filter(|line| line.starts_with("V010")).count()
    };
    for (api_version, kind, good, bad) in [
        ("v1", "ConfigMap", "a.b", "A"),
        ("v1", "Service", "1a", "a.b"),
        ("apps/v1", "StatefulSet", "a", "a.b"),
        ("rbac.authorization.k8s.io/v1", "Role", "system:a", "a/b"),
        ("batch/v1", "CronJob", &"a".repeat(52), &"a".repeat(53)),
        ("batch/v1", "Job", &"a".repeat(63), &"a".repeat(64)),
        ("cert-manager.io/v1", "Certificate", "a.b", "a_b"),
    ] {
        assert_eq!(named(api_version, kind, good), 0, "{kind} {good}");
        assert_eq!(named(api_version, kind, bad), 1, "{kind} {bad}");
    }
}

#[test]
fn a_service_before_1_36_starts_with_a_letter() {
    let object = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "1a", "namespace": "n" },
        "spec": { "ports": [{ "port": 80 }] },
    });
    let of = |version| {
        let cluster = Cluster { version, ..Cluster::default() };
        let mut out = Vec::new();
        check(tree(&object).root(), Author::Gen, &cluster, &mut out);
        out.len()
    };
    let found: Vec<usize> = Version::all().map(of).collect();
    assert_eq!(found, [1, 1, 1, 0]);
}

#[test]
fn metadata_is_checked() {
    let metadata = json!({
        "labels": { "a b": "c", "ok": "no good" },
        "annotations": { "Example.com/a": "free text", "b/c/d": "" },
    });
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata });
    assert_eq!(
        findings(&object),
        [
            "V003 metadata.name: there is no `name` [give the object a name]",
            "V003 metadata.namespace: there is no `namespace` [without one the object lands \
             wherever kubectl happens to point]",
            "V011 metadata.labels[\"a b\"]: the key `a b` must consist of letters, digits, \
             '-', '_' and '.', with a letter or digit at both ends, perhaps after a DNS name \
             and one '/' [write a key such as `example.com/name`]",
            "V011 metadata.labels.ok: the value `no good` of a label must consist of \
             letters, digits, '-', '_' and '.', with a letter or digit at both ends [long or \
             free text belongs in an annotation]",
            "V011 metadata.annotations[\"b/c/d\"]: the key `b/c/d` must consist of letters, \
             digits, '-', '_' and '.', with a letter or digit at both ends, perhaps after a \
             DNS name and one '/' [write a key such as `example.com/name`]",
        ]
    );
    let namespace = json!({ "name": "n", "namespace": "n" });
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": namespace });
    assert_eq!(
        findings(&object),
        ["V018 metadata.namespace: a Namespace has no namespace [delete the field]"]
    );
}

#[test]
fn ports_of_a_container_are_checked() {
    let ports = json!({ "ports": [
        { "name": "http", "containerPort": 80 },
        { "name": "http", "containerPort": 70_000 },
        { "name": "a-name-too-long-for-a-port", "containerPort": 81 },
        { "name": "", "containerPort": 82 },
    ] });
    assert_eq!(
        of_container(&ports),
        [
            "V012 spec.containers[0].ports[1].name: another port is named `http`, too \
             [change one of the two]",
            "V005 spec.containers[0].ports[1].containerPort: 70000 is out of range \
             [write a number from 1 to 65535]",
            "V010 spec.containers[0].ports[2].name: the name `a-name-too-long-for-a-port` \
             must have at most 15 characters",
        ]
    );
}

#[test]
fn environment_variables_have_one_source() {
    let env = json!({ "env": [
        { "name": "A=B" },
        { "name": "C", "value": "", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
        { "name": "D", "value": "x", "valueFrom": { "fieldRef": { "fieldPath": "podIP" } } },
        { "name": "E", "valueFrom": {} },
        { "name": "F", "valueFrom": { "secretKeyRef": { "key": "k" } } },
    ] });
    assert_eq!(
        of_container(&env),
        [
            "V010 spec.containers[0].env[0].name: the name `A=B` must consist of printable \
             ASCII characters without '='",
            "V018 spec.containers[0].env[2].value: a variable has both `value` and \
             `valueFrom` [write one of the two]",
            "V005 spec.containers[0].env[2].valueFrom.fieldRef.fieldPath: no field `podIP` of \
             a pod can be told here [write `status.podIP`]",
            "V018 spec.containers[0].env[3].valueFrom: `valueFrom` needs one of `fieldRef`, \
             `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`, `fileKeyRef` \
             [write exactly one of them]",
            "V003 spec.containers[0].env[4].valueFrom.secretKeyRef.name: there is no `name` \
             [add `name`]",
        ]
    );
}

#[test]
fn mounts_name_volumes_of_the_pod() {
    let container = json!({ "volumeMounts": [
        { "name": "dta", "mountPath": "/a" },
        { "name": "data", "mountPath": "/b", "subPath": "../c" },
    ] });
    let volumes = json!({ "volumes": [
        { "name": "data", "emptyDir": {} },
        { "name": "two", "emptyDir": {}, "hostPath": { "path": "/" } },
    ] });
    assert_eq!(
        of("v1", "Pod", &pod(&container, &volumes)),
        [
            "V018 spec.volumes[1].hostPath: a volume has more than one source \
             [make it two volumes]",
            "V017 spec.containers[0].volumeMounts[0].name: the pod has no volume `dta` \
             [write `data`]",
            "V017 spec.containers[0].volumeMounts[1].subPath: `../c` leads upwards \
             [write the path without `..`]",
        ]
    );
}

#[test]
fn probes_have_one_handler_and_sane_thresholds() {
    let probes = json!({
        "livenessProbe": { "httpGet": { "port": "a_b" }, "successThreshold": 2 },
        "readinessProbe": { "successThreshold": 2, "terminationGracePeriodSeconds": 5 },
        "startupProbe": { "exec": { "command": [] }, "tcpSocket": { "port": 0 } },
    });
    assert_eq!(
        of_container(&probes),
        [
            "V010 spec.containers[0].livenessProbe.httpGet.port: the name `a_b` must consist \
             of lower-case letters, digits and single '-' between them, with at least one \
             letter",
            "V014 spec.containers[0].livenessProbe.successThreshold: the successThreshold of \
             a livenessProbe is 1 [delete it]",
            "V018 spec.containers[0].readinessProbe: a probe needs one of `exec`, \
             `httpGet`, `tcpSocket`, `grpc` [write exactly one of them]",
            "V014 spec.containers[0].readinessProbe.terminationGracePeriodSeconds: a \
             readinessProbe has no terminationGracePeriodSeconds [delete it]",
            "V018 spec.containers[0].startupProbe.tcpSocket: a probe has both `exec` and \
             `tcpSocket` [write exactly one of them]",
            "V003 spec.containers[0].startupProbe.exec.command: `command` is empty \
             [add the command to run]",
            "V005 spec.containers[0].startupProbe.tcpSocket.port: 0 is out of range \
             [write a number from 1 to 65535]",
        ]
    );
}

#[test]
fn only_init_containers_that_keep_running_have_probes() {
    let probe = json!({ "exec": { "command": ["true"] } });
    let spec = json!({ "initContainers": [
        { "name": "one", "image": "a", "startupProbe": probe },
        { "name": "two", "image": "a", "startupProbe": probe, "restartPolicy": "Always" },
        { "name": "web", "image": "a", "lifecycle": { "preStop": probe } },
    ] });
    assert_eq!(
        of("v1", "Pod", &pod(&json!({}), &spec)),
        [
            "V006 spec.initContainers[2].name: another container is named `web`, too \
             [change one of the two]",
            "V014 spec.initContainers[0].startupProbe: an init container has no \
             `startupProbe` [delete it, or make the container a sidecar with \
             `restartPolicy: Always`]",
            "V014 spec.initContainers[2].lifecycle: an init container has no `lifecycle` \
             [delete it, or make the container a sidecar with `restartPolicy: Always`]",
        ]
    );
}

#[test]
fn requests_are_at_most_the_limits() {
    let resources = json!({ "resources": {
        "requests": {
            "cpu": "1000m", "memory": "2Gi", "nvidia.com/gpu": 1, "disk": "1", "example.com/a": "-1",
        },
        "limits": { "cpu": 1, "memory": "1.5Gi", "nvidia.com/gpu": 2 },
    } });
    let at = "spec.containers[0].resources.requests";
    assert_eq!(
        of_container(&resources),
        [
            format!(
                "V013 {at}.disk: a container has no resource `disk` [the resources are \
                 `cpu`, `memory`, `ephemeral-storage`, and those of devices such as \
                 `nvidia.com/gpu`]"
            ),
            format!("V013 {at}[\"example.com/a\"]: -1 is less than 0 [write 0 or more]"),
            format!(
                "V013 {at}.memory: the request of 2Gi memory is above the limit of 1536Mi \
                 [lower the request or raise the limit]"
            ),
            format!(
                "V013 {at}[\"nvidia.com/gpu\"]: the request of 1 nvidia.com/gpu is not the \
                 limit of 2 [this resource is not shared: write the same amount for both]"
            ),
            format!(
                "V013 {at}[\"example.com/a\"]: there is no limit of example.com/a, which \
                 containers do not share [write the same amount under `limits`]"
            ),
        ]
    );
}

#[test]
fn a_deployment_selects_its_own_pods_and_can_roll() {
    assert_eq!(of_deployment(&json!({})), NOTHING);
    assert_eq!(
        of_deployment(&json!({ "selector": { "matchLabels": { "app": "api" } } })),
        ["V016 spec.selector: the selector does not select the pods of the template [let the \
          pods have every label that the selector asks for]"]
    );
    assert_eq!(
        of_deployment(&json!({ "selector": {} })),
        ["V016 spec.selector: the selector selects every pod [add `matchLabels`]"]
    );
    let rolling = |surge: &Value, unavailable: &Value| {
        let update = json!({ "maxSurge": surge, "maxUnavailable": unavailable });
        of_deployment(&json!({ "strategy": { "rollingUpdate": update } }))
    };
    assert_eq!(rolling(&json!(1), &json!(0)), NOTHING);
    assert_eq!(rolling(&json!("25%"), &Value::Null), NOTHING);
    assert_eq!(
        rolling(&json!("0%"), &json!(0)),
        ["V018 spec.strategy.rollingUpdate.maxUnavailable: with maxSurge and maxUnavailable \
          both 0 nothing can roll [let one of the two be 1]"]
    );
    assert_eq!(
        rolling(&json!("one"), &json!("101%")),
        [
            "V005 spec.strategy.rollingUpdate.maxUnavailable: `101%` is no number of pods \
             [write a number such as 1 or a percentage such as 25%]",
            "V005 spec.strategy.rollingUpdate.maxSurge: `one` is no number of pods [write a \
             number such as 1 or a percentage such as 25%]",
        ]
    );
    let recreate = json!({ "strategy": { "type": "Recreate", "rollingUpdate": {} } });
    assert_eq!(
        of_deployment(&recreate),
        ["V018 spec.strategy.rollingUpdate: the strategy Recreate does not roll \
          [delete `rollingUpdate`, or write `type: RollingUpdate`]"]
    );
}

#[test]
fn jobs_end_and_cron_jobs_have_a_schedule() {
    let job = |policy: &str| {
        let spec = pod(&json!({}), &json!({ "restartPolicy": policy }));
        json!({ "template": { "spec": spec } })
    };
    assert_eq!(of("batch/v1", "Job", &job("Never")), NOTHING);
    assert_eq!(
        of("batch/v1", "Job", &job("Always")),
        ["V018 spec.template.spec.restartPolicy: the pods of a Job do not restart always \
          [write `restartPolicy: OnFailure` or `restartPolicy: Never`]"]
    );
    let mut spec = json!({
        "schedule": "0 25 * * *", "timeZone": "Local",
        "jobTemplate": { "spec": job("Never") },
    });
    spec["jobTemplate"]["spec"]["backoffLimit"] = json!(-1);
    assert_eq!(
        of("batch/v1", "CronJob", &spec),
        [
            "V015 spec.schedule: `0 25 * * *` is no schedule: `25` is no hour [write minute, \
             hour, day of the month, month, day of the week, such as `30 4 * * 1-5`]",
            "V015 spec.timeZone: `Local` is no time zone \
             [write a zone such as `Europe/Berlin`]",
            "V005 spec.jobTemplate.spec.backoffLimit: -1 is out of range [write 0 or more]",
        ]
    );
}

#[test]
fn services_have_ports_with_names() {
    assert_eq!(
        of("v1", "Service", &json!({})),
        ["V003 spec.ports: there is no `ports` [add a port; only a headless Service \
          (`clusterIP: None`) has none]"]
    );
    assert_eq!(of("v1", "Service", &json!({ "clusterIP": "None" })), NOTHING);
    let ports = json!({ "ports": [
        { "name": "http", "port": 80, "targetPort": "web" },
        { "name": "http", "port": 0, "targetPort": "Web" },
        { "port": 81, "nodePort": 30_000 },
    ] });
    assert_eq!(
        of("v1", "Service", &ports),
        [
            "V012 spec.ports[1].name: another port is named `http`, too [change one of the two]",
            "V005 spec.ports[1].port: 0 is out of range [write a number from 1 to 65535]",
            "V010 spec.ports[1].targetPort: the name `Web` must consist of lower-case \
             letters, digits and single '-' between them, with at least one letter",
            "V003 spec.ports[2].name: there is no `name` [where a Service has several ports, \
             each has a name]",
            "V012 spec.ports[2].nodePort: a Service of type ClusterIP has no port on the \
             nodes [delete `nodePort`]",
        ]
    );
}

#[test]
fn ingresses_have_hosts_paths_and_backends() {
    let path = |path: &str, port: Value| {
        let service = json!({ "name": "web", "port": port });
        json!({ "path": path, "pathType": "Prefix", "backend": { "service": service } })
    };
    let spec = json!({ "rules": [
        { "host": "10.0.0.1", "http": { "paths": [
            path("/", json!({ "number": 80 })),
            path("a", json!({ "name": "http", "number": 80 })),
            path("/a//b", json!({})),
        ] } },
        { "host": "*.example.com" },
        { "host": "a.*.com" },
    ] });
    let paths = "spec.rules[0].http.paths";
    assert_eq!(
        of("networking.k8s.io/v1", "Ingress", &spec),
        [
            "V010 spec.rules[0].host: `10.0.0.1` is an address, not a DNS name \
             [write a DNS name]"
                .to_owned(),
            format!(
                "V005 {paths}[1].path: the path `a` does not start with `/` \
                 [write an absolute path]"
            ),
            format!(
                "V018 {paths}[1].backend.service.port.number: the port of a backend has both \
                 `name` and `number` [write one of the two]"
            ),
            format!(
                "V005 {paths}[2].path: the path `/a//b` is not in its shortest form \
                 [leave out `//`, `.` and `..`]"
            ),
            format!(
                "V003 {paths}[2].backend.service.port: the port of a backend has neither \
                 `name` nor `number` [write one of the two]"
            ),
            "V010 spec.rules[2].host: the name `a.*.com` must consist of lower-case letters, \
             digits, '-' and '.', with a letter or digit at both ends and beside each dot, \
             perhaps after '*.'"
                .to_owned(),
        ]
    );
}

#[test]
fn network_policies_name_peers_and_ports() {
    let spec = json!({ "podSelector": {}, "egress": [{
        "to": [
            {},
            { "ipBlock": { "cidr": "10.0.0.0" } },
            { "ipBlock": { "cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"] } },
            { "ipBlock": { "cidr": "::/0" }, "podSelector": {} },
        ],
        "ports": [{ "port": 80, "endPort": 79 }, { "endPort": 80 }],
    }] });
    assert_eq!(
        of("networking.k8s.io/v1", "NetworkPolicy", &spec),
        [
            "V012 spec.egress[0].ports[0].endPort: the range of ports ends before it starts \
             [write 80 or more]",
            "V012 spec.egress[0].ports[1].endPort: `endPort` needs a `port` that is a number \
             [write the first port of the range]",
            "V018 spec.egress[0].to[0]: the peer is nobody [write `podSelector`, \
             `namespaceSelector` or `ipBlock`]",
            "V005 spec.egress[0].to[1].ipBlock.cidr: `10.0.0.0` is no block of addresses \
             [write a CIDR such as 10.0.0.0/8]",
            "V005 spec.egress[0].to[2].ipBlock.except[0]: `11.0.0.0/16` is not strictly \
             inside of the block [write a part of 10.0.0.0/8]",
            "V018 spec.egress[0].to[3].ipBlock: a peer is either pods or addresses \
             [make it two peers]",
        ]
    );
}

#[test]
fn config_maps_and_secrets_have_good_keys() {
    let with = |kind: &str, fields: &Value| {
        let mut object = object("v1", kind, &Value::Null);
        merge(&mut object, fields);
        findings(&object)
    };
    let config = json!({ "data": { "a/b": "", "c": "" }, "binaryData": { "c": "" } });
    assert_eq!(
        with("ConfigMap", &config),
        [
            "V010 data[\"a/b\"]: the key `a/b` must consist of letters, digits, '-', '_' and \
             '.', and not start with '..'",
            "V006 binaryData.c: the key is in `data`, too [change one of the two]",
        ]
    );
    let large = json!({ "data": { "a": "x".repeat(1024 * 1024 + 1) } });
    assert_eq!(
        with("ConfigMap", &large),
        ["V005 : the values have 1048577 bytes, more than 1048576 \
          [put large files into an image or a volume]"]
    );
    let tls = json!({ "type": "kubernetes.io/tls", "stringData": { "tls.crt": "" } });
    assert_eq!(
        with("Secret", &tls),
        ["V003 stringData: a Secret of type `kubernetes.io/tls` has a key `tls.key` \
          [add the key, or leave out the type]"]
    );
}

#[test]
fn claims_say_how_much_and_for_whom() {
    let claim = |spec: &Value| of("v1", "PersistentVolumeClaim", spec);
    let with = |modes: &[&str], storage: &str| {
        let resources = json!({ "requests": { "storage": storage } });
        claim(&json!({ "accessModes": modes, "resources": resources }))
    };
    assert_eq!(with(&["ReadWriteOnce"], "1Gi"), NOTHING);
    assert_eq!(
        claim(&json!({})),
        [
            "V003 spec.accessModes: there is no `accessModes` [say how it is mounted, such as \
             `[ReadWriteOnce]`]",
            "V003 spec: a claim says how much it needs \
             [add `resources: { requests: { storage: ... } }`]",
        ]
    );
    assert_eq!(
        with(&["ReadWriteOncePod", "ReadWriteSome", "ReadOnlyMany"], "0"),
        [
            "V005 spec.accessModes[1]: `ReadWriteSome` is none of `ReadWriteOnce`, \
             `ReadOnlyMany`, `ReadWriteMany`, `ReadWriteOncePod` [write `ReadWriteOnce`]",
            "V018 spec.accessModes[0]: `ReadWriteOncePod` stands alone \
             [delete the other modes]",
            "V013 spec.resources.requests.storage: a volume of 0 holds nothing \
             [write an amount such as 1Gi]",
        ]
    );
}

#[test]
fn budgets_and_autoscalers_do_not_contradict_themselves() {
    let budget = json!({ "minAvailable": 1, "maxUnavailable": "101%" });
    assert_eq!(
        of("policy/v1", "PodDisruptionBudget", &budget),
        [
            "V018 spec.maxUnavailable: a budget has both `minAvailable` and \
             `maxUnavailable` [write one of the two]",
            "V005 spec.maxUnavailable: `101%` is no number of pods [write a number such as 1 \
             or a percentage such as 25%]",
        ]
    );
    let scaler = json!({
        "minReplicas": 3, "maxReplicas": 2,
        "metrics": [
            { "type": "Resource", "pods": {} },
            { "type": "Resource", "resource": { "name": "cpu", "target": {} } },
        ],
    });
    assert_eq!(
        of("autoscaling/v2", "HorizontalPodAutoscaler", &scaler),
        [
            "V018 spec.maxReplicas: the maximum of 2 is below the minimum [write 3 or more]",
            "V003 spec.metrics[0].resource: there is no `resource` [a metric of the type \
             Resource is described there]",
            "V018 spec.metrics[0].pods: a metric of this type has only `resource` \
             [delete it, or change the type]",
            "V003 spec.metrics[1].resource.target.type: there is no `type` [write \
             `AverageValue` or `Utilization` or `Value`]",
            "V003 spec.metrics[1].resource.target.averageUtilization: there is no \
             `averageUtilization` [add `averageUtilization` or `averageValue`]",
        ]
    );
}

#[test]
fn roles_allow_something_and_bindings_bind_it() {
    let with = |kind: &str, fields: &Value| {
        let metadata = json!({ "name": "a", "namespace": "n" });
        let mut object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata,
        });
        merge(&mut object, fields);
        findings(&object)
    };
    let rules = json!({ "rules": [
        { "apiGroups": [""], "resources": ["pods"] },
        { "nonResourceURLs": ["/a"], "verbs": ["get"] },
        { "resources": ["pods"], "verbs": ["get"] },
    ] });
    assert_eq!(
        with("Role", &rules),
        [
            "V003 rules[0].verbs: there is no `verbs` [say what the rule allows, such as \
             `get`]",
            "V018 rules[1].nonResourceURLs: only a ClusterRole has rules for URLs \
             [delete `nonResourceURLs`]",
            "V003 rules[2].apiGroups: there is no `apiGroups` [add `apiGroups`; the core \
             group is \"\"]",
        ]
    );
    let binding = json!({
        "roleRef": { "kind": "Rolle", "name": "a" },
        "subjects": [{ "kind": "ServiceAccount", "name": "a" }, { "kind": "Robot" }],
    });
    assert_eq!(
        with("RoleBinding", &binding),
        [
            "V005 roleRef.kind: `Rolle` is none of `Role`, `ClusterRole` [write `Role`]",
            "V003 subjects[1].name: there is no `name` [add `name`]",
            "V005 subjects[1].kind: `Robot` is none of `ServiceAccount`, `User`, `Group` \
             [write `ServiceAccount` or `User` or `Group`]",
        ]
    );
}

#[test]
fn services_say_only_what_their_type_has() {
    let spec = json!({
        "type": "ClusterIP",
        "clusterIPs": ["10.0.0.1"],
        "loadBalancerClass": "example.com/lb",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "externalTrafficPolicy": "Local",
        "healthCheckNodePort": 30_000,
        "externalIPs": ["127.0.0.1", "1.2.3"],
        "ports": [{ "port": 53 }],
    });
    assert_eq!(
        of("v1", "Service", &spec),
        [
            "V018 spec.clusterIPs: `clusterIPs` goes with `clusterIP`, and there is none \
             [add `clusterIP: 10.0.0.1`]",
            "V018 spec.loadBalancerClass: only a Service of type LoadBalancer has \
             `loadBalancerClass` [delete it, or write `type: LoadBalancer`]",
            "V018 spec.loadBalancerSourceRanges: only a Service of type LoadBalancer has \
             `loadBalancerSourceRanges` [delete it, or write `type: LoadBalancer`]",
            "V005 spec.externalIPs[0]: 127.0.0.1 is no address that others can reach [write \
             a routable address]",
            "V005 spec.externalIPs[1]: `1.2.3` is no IP address [write an address such as \
             10.9.8.7 or 2001:db8::1]",
            "V018 spec.healthCheckNodePort: only a LoadBalancer with `externalTrafficPolicy: \
             Local` is asked for its health [delete `healthCheckNodePort`]",
        ]
    );
}

#[test]
fn limits_grow_from_min_to_max() {
    let limits = json!({ "limits": [
        { "type": "Container", "min": { "cpu": "2" }, "max": { "cpu": "1", "cup": "1" } },
        { "type": "Pod", "default": { "cpu": "1" } },
        { "type": "PersistentVolumeClaim" },
    ] });
    assert_eq!(
        of("v1", "LimitRange", &limits),
        [
            "V013 spec.limits[0].max.cup: Container has no resource `cup` [write `cpu`, \
             `memory` or another resource by its full name]",
            "V013 spec.limits[0].min.cpu: the min cpu of 2 is above the max of 1 [lower the \
             one or raise the other]",
            "V018 spec.limits[1].default: a limit of Pods has no `default` [write it for \
             `type: Container`]",
            "V003 spec.limits[2]: a limit of claims has a `min` or a `max` of `storage` [add \
             `max: { storage: ... }`]",
        ]
    );
}

#[test]
fn quotas_count_what_the_server_knows() {
    let quota = json!({
        "hard": { "podss": 1, "services": "0.5", "requests.storage": "1Gi" },
        "scopes": ["BestEffort"],
    });
    assert_eq!(
        of("v1", "ResourceQuota", &quota),
        [
            "V013 spec.hard.podss: a quota has no resource `podss` [write `pods`]",
            "V013 spec.hard.services: 0.5 is no number of objects [write a whole number]",
            "V018 spec.scopes[0]: the scope `BestEffort` does not go with `services` [make \
             it two quotas]",
        ]
    );
}

#[test]
fn volumes_of_a_cluster_have_one_source_and_a_size() {
    let spec = json!({
        "capacity": { "storage": "0" },
        "accessModes": ["ReadWriteOnce"],
        "local": { "path": "/mnt" },
        "csi": { "driver": "a_b", "volumeHandle": "v" },
    });
    assert_eq!(
        of("v1", "PersistentVolume", &spec)[1..],
        [
            "V013 spec.capacity.storage: a volume of 0 holds nothing [write an amount such \
             as 1Gi]",
            "V018 spec.csi: a volume has more than one source [make it two volumes]",
            "V003 spec.nodeAffinity: there is no `nodeAffinity` [say on which node the disk \
             is]",
        ]
    );
}

#[test]
fn webhooks_say_where_they_are_and_what_they_see() {
    let hook = json!({
        "name": "check",
        "sideEffects": "Some",
        "admissionReviewVersions": ["v2"],
        "clientConfig": { "url": "http://example.com" },
        "rules": [{ "operations": ["*", "CREATE"], "apiGroups": [""], "apiVersions": ["v1"] }],
    });
    let object = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "a" },
        "webhooks": [hook],
    });
    assert_eq!(
        findings(&object),
        [
            "V010 webhooks[0].name: the name `check` has less than three parts [write one \
             such as `check.shop.example.com`]",
            "V018 webhooks[0].rules[0].operations: `*` stands for everything [write it alone]",
            "V003 webhooks[0].rules[0].resources: there is no `resources` [say which, such \
             as `pods`]",
            "V005 webhooks[0].sideEffects: `Some` is none of `None`, `NoneOnDryRun` [write \
             `None` or `NoneOnDryRun`]",
            "V005 webhooks[0].clientConfig.url: the URL does not start with `https://` \
             [write `https://HOST/PATH`]",
            "V005 webhooks[0].admissionReviewVersions: the server speaks `v1` and `v1beta1` \
             [add `v1`]",
        ]
    );
}
