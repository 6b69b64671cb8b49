use crate::source::{Dialect, Sources, Tree, parse};
use crate::validate::testing::found;
use crate::validate::{Author, Cluster, Member, admission};

fn trees(text: &str) -> Vec<Tree> {
    let sources = Sources::default();
    let file = sources.add("a.yaml", text);
    let (trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    trees
}

/// A policy for Deployments with this in its spec, and its binding with this in its own.
fn policy(spec: &str, binding: &str) -> String {
    format!(
        r"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{ name: p }}
spec:
  matchConstraints:
    resourceRules:
      - {{ apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }}
{spec}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{ name: b }}
spec: {{ policyName: p, validationActions: [Deny]{binding} }}
"
    )
}

const WEB: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { team: a } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1' }] }
";

fn judge(policies: &str, object: &str) -> Vec<String> {
    let cluster = Cluster { policies: trees(policies), ..Cluster::default() };
    let objects = trees(object);
    let member = |tree| Member::new(Tree::root(tree), Author::Other, "");
    let members: Vec<Member<'_>> = objects.iter().map(member).collect();
    let mut out = Vec::new();
    admission::evaluate(&members, &cluster, &mut out);
    found(&out)
}

fn passes(spec: &str, binding: &str) {
    assert_eq!(judge(&policy(spec, binding), WEB), Vec::<String>::new(), "{spec} {binding}");
}

fn refuses(spec: &str, binding: &str, message: &str) {
    let wanted = format!("V044 : the policy `p` refuses it: {message}");
    assert_eq!(judge(&policy(spec, binding), WEB), [wanted], "{spec} {binding}");
}

fn unknown(spec: &str, binding: &str, reason: &str) {
    let wanted = format!("V041 : the policy `p` cannot be checked: {reason}");
    assert_eq!(judge(&policy(spec, binding), WEB), [wanted], "{spec} {binding}");
}

#[test]
fn the_object_has_what_the_server_fills_in() {
    passes("  validations: [{ expression: object.spec.replicas == 1 }]", "");
    passes(
        "  validations: [{ expression: 'object.spec.template.spec.containers.all(c, c.imagePullPolicy == \"IfNotPresent\")' }]",
        "",
    );
    refuses(
        "  validations: [{ expression: object.spec.replicas > 1, message: ' two at least ' }]",
        "",
        "two at least",
    );
    refuses(
        "  validations: [{ expression: object.spec.replicas > 1, messageExpression: '\"has \" + string(object.spec.replicas)' }]",
        "",
        "has 1",
    );
    refuses(
        "  validations: [{ expression: object.spec.replicas > 1 }]",
        "",
        "`object.spec.replicas > 1` does not hold",
    );
}

#[test]
fn variables_are_worked_out_where_they_are_asked_for() {
    let variables = "  variables:\n    - { name: count, expression: object.spec.replicas }\n    - { name: bad, expression: object.spec.nothing }\n    - { name: twice, expression: variables.count * 2 }\n";
    passes(&format!("{variables}  validations: [{{ expression: variables.twice == 2 }}]"), "");
    refuses(
        &format!("{variables}  validations: [{{ expression: variables.bad == 2 }}]"),
        "",
        "no such key: nothing in `variables.bad == 2`",
    );
}

#[test]
fn conditions_and_constraints_choose_the_objects() {
    let never = "  validations: [{ expression: 'false', message: never }]";
    refuses(never, "", "never");
    passes(
        &format!(
            "  matchConditions: [{{ name: c, expression: request.namespace != 'shop' }}]\n{never}"
        ),
        "",
    );
    passes(never, ", matchResources: { objectSelector: { matchLabels: { team: b } } }");
    refuses(never, ", matchResources: { objectSelector: { matchLabels: { team: a } } }", "never");
    passes(
        never,
        ", matchResources: { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: x } } }",
    );
    unknown(
        never,
        ", matchResources: { namespaceSelector: { matchLabels: { env: prod } } }",
        "the labels of the namespace `shop` are not at hand",
    );
    passes(
        never,
        ", matchResources: { excludeResourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }",
    );
}

#[test]
fn a_policy_that_fails_goes_by_its_failure_policy() {
    let fails = "  validations: [{ expression: object.spec.nothing == 1 }]";
    refuses(fails, "", "no such key: nothing in `object.spec.nothing == 1`");
    passes(&format!("  failurePolicy: Ignore\n{fails}"), "");
}

#[test]
fn what_only_the_cluster_knows_is_not_checked() {
    unknown(
        "  validations: [{ expression: request.userInfo.username == 'me' }]",
        "",
        "`request.userInfo` is the cluster's to know",
    );
    unknown(
        "  validations: [{ expression: 'authorizer.group(\"\").resource(\"pods\").check(\"get\").allowed()' }]",
        "",
        "what the asker may do is the cluster's to know",
    );
    // What is known may decide all the same.
    passes("  validations: [{ expression: 'true || request.userInfo.username == \"me\"' }]", "");
}

#[test]
fn parameters_are_found_among_the_objects() {
    let spec = "  paramKind: { apiVersion: v1, kind: ConfigMap }\n  validations: [{ expression: 'object.spec.replicas >= int(params.data.least)', message: too few }]";
    let binding =
        ", paramRef: { name: limits, namespace: policies, parameterNotFoundAction: Deny }";
    unknown(spec, binding, "the ConfigMap that its binding names is not at hand");
    let limits = |least: u8| {
        format!(
            "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: limits, namespace: policies }}\ndata: {{ least: '{least}' }}\n",
            policy(spec, binding)
        )
    };
    assert_eq!(judge(&limits(1), WEB), Vec::<String>::new());
    assert_eq!(judge(&limits(2), WEB), ["V044 : the policy `p` refuses it: too few"]);
}

#[test]
fn what_concerns_all_bindings_of_a_policy_is_said_once() {
    let never = "  validations: [{ expression: 'false', message: never }]";
    let selector = "  matchConstraints:\n    namespaceSelector: { matchLabels: { env: prod } }\n";
    let two = |spec: &str, actions: &str| {
        let text = policy(spec, "").replace("  matchConstraints:\n", selector);
        let (_, binding) = text.rsplit_once("---\n").unwrap_or_default();
        let again = binding.replace("name: b ", "name: c ");
        format!("{text}---\n{again}").replace("[Deny]", actions)
    };
    let unknown = "V041 : the policy `p` cannot be checked: the labels of the namespace `shop` are not at hand";
    assert_eq!(judge(&two(never, "[Deny]"), WEB), [unknown]);
    assert_eq!(judge(&two(never, "[Audit]"), WEB), Vec::<String>::new());
    // What a binding finds is its own.
    let whole = two(never, "[Deny]").replace("env: prod", "kubernetes.io/metadata.name: shop");
    assert_eq!(judge(&whole, WEB), ["V044 : the policy `p` refuses it: never"; 2]);
}

#[test]
fn a_policy_for_named_objects_is_for_those_alone() {
    let never = "  validations: [{ expression: 'false', message: never }]";
    for (name, passes) in [("web", false), ("other", true)] {
        let named = policy(never, "")
            .replace("{ apiGroups", &format!("{{ resourceNames: [{name}], apiGroups"));
        assert_eq!(judge(&named, WEB).is_empty(), passes, "{name}");
        // Nor is what is left out by its name, while others of the kind are not.
        let excluded = format!(
            "excludeResourceRules: [{{ resourceNames: [{name}], apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }}]"
        );
        let excluded = policy(never, "")
            .replace("    resourceRules:", &format!("    {excluded}\n    resourceRules:"));
        assert_eq!(judge(&excluded, WEB).is_empty(), !passes, "{name}");
    }
}
