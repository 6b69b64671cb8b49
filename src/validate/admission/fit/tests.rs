//! What the type checker of the API server says of expressions: the answers of `TypeChecker` of
//! `k8s.io/apiserver` 0.36, asked about a policy for Deployments with the types in `schemas/`.

use serde_json::{Value, json};

use crate::source::Tree;
use crate::validate::testing::tree;
use crate::validate::{Author, Cluster, Finding, Member, admission};

/// It warns of these.
const WARNED: [&str; 42] = [
    "object.spec.replica > 1",
    "object.spec.replicas.size() > 1",
    "size(object.spec.replicas) > 1",
    "object.spec.replicas == '1'",
    "object.spec.template.spec.containers.image == 'a'",
    "object.spec.template.spec.containers[0].imag == 'a'",
    "object.spec.template.spec.containers.all(c, c.nam == 'a')",
    "object.spec.template.spec.containers.filter(c, c.name == 'a').exists(c, c.nam == 'a')",
    "object.spec.template.spec.containers.map(c, c.name).exists(n, n > 1)",
    "object.spec.template.spec.containers.all(i, c, c.nam == 'a')",
    "object.spec.template.spec.containers['a'] == null",
    "object.metadata.labels.all(k, k > 1)",
    "object.metadata.labels.team > 1",
    "object['spek'] == null",
    "object.spec.replicas.all(x, true)",
    "object.spec.replicas.startsWith('1')",
    "object.metadata.labels.startsWith('1')",
    "object.kind == 1",
    "object.?spec.?replica.orValue(1) == 1",
    "object.spec.?replicas.orValue('a') == 'b'",
    "object.?spec.template.spec.containers[?0].nam.orValue('a') == 'b'",
    "object.?spec.optMap(s, s.replica).orValue(1) == 1",
    "object.spec.replicas.orValue(1) == 1",
    "has(object.spec.replica)",
    "!has(object.spec.template.spec.hostnetwork) || !object.spec.template.spec.hostnetwork",
    "object.spec.replicas in ['a']",
    "1 in object.metadata.labels",
    "'a' in object.metadata.name",
    "object.spec.template.spec.containers.all(c, c.image)",
    "object.spec.replicas ? true : false",
    "object.spec.paused && object.spec.replicas",
    "!object.spec.replicas",
    "-object.metadata.name == 1",
    "object.metadata.name + object.spec.replicas == 'a'",
    "oldObject.spec.replica == 1",
    "object.metadata.ownerReferences.all(o, o.controler)",
    "object.spec.template.spec.volumes.all(v, !has(v.hostPat))",
    "object.spec.template.spec.containers.sortBy(c, c.name).all(c, c.nam == 'a')",
    "object.spec.replicas.foo == 1",
    "object.spec.template.spec.containers.first().value().nam == 'a'",
    "object.spec.template.spec.containers[0].env.all(e, e.valueFrom.secretKeyRef.nam == 'a')",
    "object.data == {}",
];

/// It says nothing of these.
const SILENT: [&str; 42] = [
    "object.spec.replicas > 1",
    "object.spec.replicas > 1.5",
    "object.spec.template.spec.containers[0].image == 'a'",
    "object.metadata.labels.team == 'a'",
    "object.?spec.?replicas.orValue(1) == 1",
    "has(object.spec.replicas)",
    "object.metadata.namespace == 'a'",
    "object.metadata.__namespace__ == 'a'",
    "object.spec.template.spec.containers.map(c, c.name) == ['a']",
    "object.spec.template.spec.containers.filter(c, true).map(c, c.name).join(', ') == 'a'",
    "object.spec.template.spec.containers.exists_one(c, c.name == 'a')",
    "timestamp(object.metadata.creationTimestamp) > timestamp('2020-01-01T00:00:00Z')",
    "object.spec.strategy.rollingUpdate.maxSurge == 1",
    "object.spec.strategy.rollingUpdate.maxSurge == '25%'",
    "object.spec.strategy.type == 'Recreate'",
    "object.metadata.labels == {}",
    "object.spec.template.spec.containers == []",
    "object.spec.replicas in [1, 2]",
    "'a' in object.metadata.labels",
    "object.metadata.name + string(object.spec.replicas) == 'a'",
    "object.spec.replicas * 2 > 3",
    "object.spec.replicas % 2 == 1",
    "request.userInfo.groups.exists(g, g == 'a')",
    "namespaceObject.metadata.labels['a'] == 'b'",
    "oldObject == null || oldObject.spec.replicas == object.spec.replicas",
    "authorizer.group('').resource('pods').check('get').allowed()",
    "object.metadata.finalizers.exists(f, f.startsWith('a'))",
    "object.metadata.managedFields.all(m, m.fieldsV1 != null)",
    "object.spec.template.spec.tolerations.all(t, t.operator == 'Exists' && t.tolerationSeconds > 3)",
    "object.spec.selector.matchLabels.transformList(k, v, v + k).size() > 0",
    "object.spec.template.spec.containers.map(c, c.ports).flatten().all(p, p.containerPort > 1)",
    "object.metadata.annotations.?a.orValue('') == 'b'",
    "object.metadata.?annotations['a'].orValue('') == 'b'",
    "object.metadata.annotations[?'a'].orValue('') == 'b'",
    "dyn(object.spec).replica == 1",
    "string(object.spec.replicas).size() == 1",
    "type(object.spec.replicas) == int",
    "object.status.replicas > 0",
    "object.apiVersion == 'apps/v1'",
    "object.metadata.name.matches('a') && object.metadata.name.find('a') == 'b'",
    "object.metadata.generation == object.spec.replicas",
    "object.metadata.name < 'b' && object.spec.paused < true",
];

/// It warns of these as well, which is not said here: the type of the schema is not that which the
/// expression sees, or the value is as good as any other where it runs.
const LENIENT: [&str; 12] = [
    "object.spec.replicas == 1.5",
    "object.spec.replicas == null",
    "object.metadata.name == null",
    "object['spec'] == null",
    "(object.spec.paused ? object.spec : object.spec).replica == 1",
    "size(object.spec) > 1",
    "object.spec.template.spec.containers.all(c, c.resources.limits['cpu'] == '1')",
    "object.spec.template.spec.containers.all(c, quantity(c.resources.limits['cpu']).isLessThan(quantity('1')))",
    "object.metadata == {}",
    "[object.spec.replicas, object.metadata.name].size() == 2",
    "{'a': 1, 'b': 'c'}.size() == 2",
    "object.spec.template.metadata.name.contains(1)",
];

/// A policy for some resources with these in its spec, beside them.
fn policy(resources: &Value, spec: &Value) -> Value {
    let rule = json!({
        "apiGroups": ["", "apps"], "apiVersions": ["v1"], "operations": ["CREATE"],
        "resources": resources,
    });
    let mut policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": { "name": "p" },
        "spec": { "matchConstraints": { "resourceRules": [rule] } },
    });
    for (key, value) in spec.as_object().into_iter().flatten() {
        policy["spec"][key] = value.clone();
    }
    policy
}

/// What is found of a policy's expressions where an object, if any, is at hand.
fn found(policy: &Value, object: Option<&Value>) -> Vec<String> {
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": "b" },
        "spec": { "policyName": "p", "validationActions": ["Deny"] },
    });
    let trees = [Some(policy), Some(&binding), object].map(|object| object.map(tree));
    let member = |tree| Member::new(Tree::root(tree), Author::Other, "");
    let members: Vec<Member<'_>> = trees.iter().flatten().map(member).collect();
    let mut out = Vec::new();
    admission::check(&members, &Cluster::default(), &mut out);
    let line = |finding: &Finding| {
        let severity = finding.severity;
        format!("{} {severity:?} {}: {}", finding.code.id(), finding.path, finding.message)
    };
    out.iter().map(line).collect()
}

fn of(resources: &Value, validations: &[&str]) -> Vec<String> {
    let validations: Vec<Value> =
        validations.iter().map(|text| json!({ "expression": text })).collect();
    found(&policy(resources, &json!({ "validations": validations })), None)
}

const NOTHING: [&str; 0] = [];

#[test]
fn expressions_fit_where_the_server_says_so() {
    let deployments = json!(["deployments"]);
    for expression in WARNED {
        let found = of(&deployments, &[expression]);
        let is_misfit = |line: &String| line.starts_with("V047 Warning");
        assert!(!found.is_empty() && found.iter().all(is_misfit), "{expression}: {found:?}");
    }
    for expression in SILENT.iter().chain(&LENIENT) {
        assert_eq!(of(&deployments, &[expression]), NOTHING, "{expression}");
    }
}

#[test]
fn what_one_of_several_kinds_has_may_be_asked_for() {
    let kinds = json!(["pods", "deployments"]);
    // Whether a field is there that but one of them has tells them apart.
    let pod = "(has(object.spec.template) ? object.spec.template.spec : object.spec)";
    let all = json!(["pods", "replicasets", "deployments"]);
    assert_eq!(of(&all, &[&format!("{pod}.hostPID || {pod}.containers.size() > 1")]), NOTHING);
    let guarded = [
        "has(object.spec.template) ? object.spec.template.spec.hostPID : object.spec.hostPID",
        "object.kind != 'Pod' || object.spec.nodeName == 'a'",
        "request.resource.resource == 'pods' || object.spec.replicas > 1",
        "object.spec.?replicas.orValue(1) > 0",
    ];
    assert_eq!(of(&kinds, &guarded), NOTHING);
    // What neither has is asked for in vain.
    let path = "spec.validations[0].expression";
    let asks = "!has(object.spec.hostpid) || !object.spec.hostpid";
    assert_eq!(
        of(&kinds, &[asks]),
        [format!(
            "V047 Warning {path}: the expression does not fit Pod, Deployment: `object.spec` has \
             no field `hostpid`"
        )]
    );
    // Of others that are not known, nobody can say so.
    assert_eq!(of(&json!(["pods", "deployments", "pods/exec"]), &[asks]), NOTHING);
    assert_eq!(of(&json!(["*"]), &["object.spec.hostpid"]), NOTHING);
    // What no guard stands before fails for one of them.
    assert_eq!(
        of(&kinds, &["object.spec.replicas > 1"]),
        [format!(
            "V047 Warning {path}: the expression does not fit Pod: `object.spec` has no field \
             `replicas`"
        )]
    );
}

#[test]
fn what_is_wrong_with_a_variable_is_said_of_the_variable() {
    let spec = json!({
        "variables": [
            { "name": "replicas", "expression": "object.spec.replica" },
            { "name": "twice", "expression": "variables.replicas * 2" },
        ],
        "validations": [{ "expression": "variables.twice > 2" }],
    });
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "replicas": 2 },
    });
    let said = |severity: &str| {
        format!(
            "V047 {severity} spec.variables[0].expression: the expression does not fit Deployment: \
             `object.spec` has no field `replica`"
        )
    };
    let mut policy = policy(&json!(["deployments"]), &spec);
    assert_eq!(found(&policy, None), [said("Warning")]);
    // It stands for all objects that are refused for it.
    assert_eq!(found(&policy, Some(&deployment)), [said("Error")]);
    policy["spec"]["failurePolicy"] = json!("Ignore");
    assert_eq!(found(&policy, Some(&deployment)), [said("Warning")]);
    // What is wrong with an object itself is still said of it.
    policy["spec"]["validations"] = json!([{ "expression": "object.spec.replicas > 2" }]);
    let refused =
        "V044 Error : the policy `p` refuses it: `object.spec.replicas > 2` does not hold";
    assert_eq!(found(&policy, Some(&deployment)), [refused.to_owned(), said("Warning")]);
}

#[test]
fn conditions_leave_out_kinds_and_messages_are_for_what_fails() {
    let kinds = json!(["pods", "deployments"]);
    let spec = json!({
        "matchConditions": [{ "name": "c", "expression": "object.kind == 'Deployment'" }],
        "validations": [{ "expression": "object.spec.replicas > 1" }],
    });
    assert_eq!(found(&policy(&kinds, &spec), None), NOTHING);
    let spec = json!({
        "validations": [{
            "expression": "object.kind == 'Pod' || object.spec.replicas > 1",
            "messageExpression": "'has ' + string(object.spec.replicas)",
        }],
    });
    assert_eq!(found(&policy(&kinds, &spec), None), NOTHING);
}

#[test]
fn parameters_have_a_type_too() {
    let spec = json!({
        "paramKind": { "apiVersion": "v1", "kind": "ConfigMap" },
        "validations": [
            { "expression": "params == null || object.spec.replicas > int(params.data.most)" },
            { "expression": "params == null || object.spec.replicas > params.data.most" },
        ],
    });
    assert_eq!(
        found(&policy(&json!(["deployments"]), &spec), None),
        [
            "V047 Warning spec.validations[1].expression: the expression does not fit Deployment: `>` \
          does not go between int and string"
        ]
    );
}

#[test]
fn what_does_not_compile_hides_nothing_else() {
    let found = of(
        &json!(["deployments"]),
        &[
            "objct.spec.replicas > 1",
            "object.spec.replica > 1",
            "'a' > 1 || object.spec.replica > 1",
        ],
    );
    assert_eq!(
        found,
        ["V047 Warning spec.validations[1].expression: the expression does not fit Deployment: \
          `object.spec` has no field `replica`"]
    );
}

#[test]
fn what_takes_too_much_is_not_checked_and_that_is_said_once() {
    let kinds = json!(["pods", "deployments", "replicasets", "daemonsets", "statefulsets"]);
    let sums = ["object.metadata.generation"; 120].join(" + ");
    let many = vec![format!("{sums} > object.spec.replica"); 60];
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let said = "V041 Warning : the expressions are not held against the kinds that they are for: \
                that takes too many steps";
    assert_eq!(of(&kinds, &many), [said]);
}
