use crate::source::{Dialect, Sources, parse};
use crate::validate::testing::found;
use crate::validate::{Author, Cluster, schema};

const WIDGETS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
    - name: v1beta1
      served: false
      storage: false
      schema: { openAPIV3Schema: { type: object } }
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: { type: integer, minimum: 1, maximum: 10, exclusiveMaximum: true }
                half: { type: number, multipleOf: 0.5 }
                mode: { type: string, enum: [fast, slow], default: fast }
                name: { type: string, pattern: '^[a-z]+$', minLength: 2, maxLength: 5 }
                ip: { type: string, format: ipv4 }
                port: { x-kubernetes-int-or-string: true }
                note: { type: string, nullable: true }
                free: { type: object, x-kubernetes-preserve-unknown-fields: true }
                labels: { type: object, additionalProperties: { type: string }, maxProperties: 2 }
                tags: { type: array, items: { type: string }, x-kubernetes-list-type: set, maxItems: 3 }
                parts:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name, kind]
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: { type: string }
                      kind: { type: string, default: plain }
                template:
                  type: object
                  x-kubernetes-embedded-resource: true
                  x-kubernetes-preserve-unknown-fields: true
                source:
                  type: object
                  properties: { git: { type: string }, url: { type: string } }
                  oneOf: [{ required: [git] }, { required: [url] }]
                low: { type: integer }
                high: { type: integer }
              x-kubernetes-validations:
                - rule: '!has(self.low) || !has(self.high) || self.low <= self.high'
                  messageExpression: '"low " + string(self.low) + " is above high"'
                  fieldPath: .low
                - rule: self.mode == oldSelf.mode
                  message: the mode never changes
                - rule: self.mode != 'slow' || self.size < 5
                  message: slow ones are small
"#;

fn check(object: &str) -> Vec<String> {
    let sources = Sources::default();
    let trees = |name: &str, text: &str| {
        let file = sources.add(name, text);
        let (trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        trees
    };
    let mut out = Vec::new();
    let mut cluster = Cluster::default();
    for tree in trees("crd.yaml", WIDGETS) {
        cluster.custom.read(tree.root());
    }
    assert_eq!(found(&out), Vec::<String>::new());
    for tree in trees("object.yaml", object) {
        schema::check(tree.root(), Author::Other, &cluster, &mut out);
    }
    found(&out)
}

fn of_spec(spec: &str) -> Vec<String> {
    let head = "apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: a }\n";
    check(&format!("{head}spec: {spec}\n"))
}

fn sound(spec: &str) {
    assert_eq!(of_spec(spec), Vec::<String>::new(), "{spec}");
}

fn wrong(spec: &str, finding: &str) {
    assert_eq!(of_spec(spec), [finding], "{spec}");
}

#[test]
fn a_sound_object_has_nothing_to_find() {
    sound("{ size: 3 }");
    sound("{ size: 3.0, half: 2, port: http, ip: 10.0.0.1, note: null, mode: null }");
    sound("{ size: 1, free: { any: { thing: [1] } }, labels: { a: b }, tags: [a, b] }");
    sound("{ size: 1, parts: [{ name: a }, { name: a, kind: other }], source: { git: a } }");
    sound("{ size: 1, template: { apiVersion: v1, kind: Pod, metadata: { name: x }, spec: {} } }");
}

#[test]
fn fields_and_types_are_those_of_the_schema() {
    wrong("{ size: 3, sise: 4 }", "V002 spec.sise: there is no field `sise` [write `size`]");
    wrong("{}", "V003 spec.size: there is no `size` [add `size`]");
    wrong("{ size: null }", "V003 spec.size: there is no `size` [add `size`]");
    wrong(
        "{ size: '3' }",
        "V004 spec.size: expected an integer, found the string \"3\" [write 3, without quotes]",
    );
    wrong("{ size: 1, note: [] }", "V004 spec.note: expected a string, found a list");
    wrong(
        "{ size: 1, port: 1.5 }",
        "V004 spec.port: expected an integer or a string, found the number 1.5",
    );
    wrong("{ size: 1, tags: [a, null] }", "V004 spec.tags[1]: expected a string, found null");
}

#[test]
fn values_keep_to_their_limits() {
    wrong("{ size: 0 }", "V005 spec.size: 0 is less than 1");
    wrong("{ size: 10 }", "V005 spec.size: 10 is not less than 10");
    wrong("{ size: 1, half: 0.7 }", "V005 spec.half: 0.7 is no multiple of 0.5");
    wrong(
        "{ size: 1, mode: fats }",
        "V005 spec.mode: `fats` is none of `fast`, `slow` [write `fast`]",
    );
    wrong("{ size: 1, name: a }", "V005 spec.name: the text has fewer than 2 characters");
    wrong("{ size: 1, name: abcdef }", "V005 spec.name: the text has more than 5 characters");
    wrong("{ size: 1, name: A1 }", "V005 spec.name: `A1` does not match `^[a-z]+$`");
    wrong("{ size: 1, ip: 10.0.0 }", "V005 spec.ip: `10.0.0` is no IPv4 address");
    wrong(
        "{ size: 1, labels: { a: a, b: b, c: c } }",
        "V005 spec.labels: the map has more entries than 2",
    );
    wrong("{ size: 1, tags: [a, b, c, d] }", "V005 spec.tags: the list has more items than 3");
}

#[test]
fn sets_and_maps_hold_an_item_once() {
    wrong(
        "{ size: 1, tags: [a, b, a] }",
        "V006 spec.tags[2]: the list has this item already [delete one of the two]",
    );
    wrong(
        "{ size: 1, parts: [{ name: a }, { name: a, kind: plain }] }",
        "V006 spec.parts[1]: the list has this item already [delete one of the two]",
    );
}

#[test]
fn alternatives_say_what_to_choose_from() {
    wrong("{ size: 1, source: {} }", "V005 spec.source: exactly one of `git`, `url` must be set");
    wrong(
        "{ size: 1, source: { git: a, url: b } }",
        "V005 spec.source: only one of `git`, `url` can be set",
    );
}

#[test]
fn an_object_inside_has_a_kind_and_metadata() {
    let found = of_spec("{ size: 1, template: { kind: Pod, metadata: { nam: x } } }");
    assert_eq!(
        found[0],
        "V003 spec.template.apiVersion: there is no `apiVersion` [add `apiVersion`]"
    );
    assert_eq!(found[1], "V002 spec.template.metadata.nam: there is no field `nam` [write `name`]");
}

#[test]
fn rules_are_run_over_what_the_schema_fills_in() {
    wrong("{ size: 1, low: 3, high: 2 }", "V040 spec.low: low 3 is above high");
    wrong("{ size: 7, mode: slow }", "V040 spec: slow ones are small");
    // A rule is not run on an object that does not fit.
    wrong("{ mode: slow }", "V003 spec.size: there is no `size` [add `size`]");
}

#[test]
fn a_version_that_is_not_served_is_no_kind() {
    assert_eq!(
        check("apiVersion: example.com/v1beta1\nkind: Widget\nmetadata: { name: a }\n"),
        ["V001 apiVersion: `example.com/v1beta1` is not served for `Widget` [the definition \
          serves `example.com/v1`]"]
    );
}
