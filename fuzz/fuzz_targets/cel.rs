//! Any text is an expression of a policy, or none: it is read, and evaluated for an object, within
//! what an expression may take.

#![no_main]

use gen_compiler::source::{Dialect, Kind, Origin, Rule, Sources, Tree, TreeBuilder, parse};
use gen_compiler::validate::{Author, Cluster, Member, admission};
use libfuzzer_sys::fuzz_target;

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

const OBJECTS: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: fuzz }
spec: { policyName: fuzz, validationActions: [Deny] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: fuzz, namespace: fuzz, labels: { app: fuzz, a: 'é' } }
spec:
  replicas: 3
  selector: { matchLabels: { app: fuzz } }
  template:
    metadata: { labels: { app: fuzz } }
    spec:
      containers:
        - { name: a, image: 'a:1', args: [a, 'b c', ''], resources: { limits: { cpu: 500m } } }
        - { name: b, image: 'b:1', ports: [{ containerPort: 80 }, { containerPort: 443 }] }
";

fn scalar(builder: &mut TreeBuilder, key: &str, text: &str) {
    builder.key(key, AT);
    builder.scalar(Kind::Str, text, AT);
}

/// A policy with an expression, whose value may be of any type.
fn policy(expression: &str) -> Tree {
    let mut builder = TreeBuilder::default();
    builder.map(AT);
    scalar(&mut builder, "apiVersion", "admissionregistration.k8s.io/v1");
    scalar(&mut builder, "kind", "ValidatingAdmissionPolicy");
    builder.key("metadata", AT);
    builder.map(AT);
    scalar(&mut builder, "name", "fuzz");
    builder.close();
    builder.key("spec", AT);
    builder.map(AT);
    let variable = [("name", "v"), ("expression", expression)];
    let validation =
        [("expression", "variables.v == 1"), ("messageExpression", "string(variables.v)")];
    for (list, fields) in [("variables", variable), ("validations", validation)] {
        builder.key(list, AT);
        builder.list(AT);
        builder.map(AT);
        for (field, text) in fields {
            scalar(&mut builder, field, text);
        }
        builder.close();
        builder.close();
    }
    builder.close();
    builder.close();
    builder.finish()
}

fuzz_target!(|expression: &str| {
    let sources = Sources::default();
    let (objects, diagnostics) =
        parse(&sources.get(sources.add("fuzz.yaml", OBJECTS)), Dialect::Kubectl);
    assert!(diagnostics.is_empty());
    let policy = policy(expression);
    let trees = objects.iter().chain([&policy]);
    let members: Vec<Member<'_>> =
        trees.map(|tree| Member::new(tree.root(), Author::Other, "")).collect();
    admission::check(&members, &Cluster::default(), &mut Vec::new());
});
