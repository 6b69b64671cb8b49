//! Projects in memory whose stacks use templates, vendored manifests and patches.

use super::*;
use crate::diagnostic::{Diagnostics, Report, Style, human, short};
use crate::fs::testing::MemoryFs;
use crate::k8s::Identity;
use crate::load::Project;
use crate::plan::{Argument, Patch, TemplateUse, Val, Vendored};
use crate::source::{Dialect, NodeRef, Rule, TreeBuilder, parse};
use crate::spec;
use crate::spec::decode::{Decode, Decoder};

mod hostile;

const STACK: &str = "stacks/shop/stack.yaml";

/// A project whose only stack says `stack`.
struct Case {
    disk: MemoryFs,
    project: Project<'static>,
    stack: spec::Stack,
    domain: Option<&'static str>,
    plain_secrets: Vec<Val<String>>,
}

/// What came out, and what was wrong.
struct Outcome {
    objects: Vec<ForeignObject>,
    diagnostics: Diagnostics,
}

impl Case {
    fn new(stack: &str) -> Self {
        let disk = MemoryFs::default();
        // The double shares its files with its clones.
        let project = Project::new(Box::leak(Box::new(disk.clone())), "");
        let file = project.sources.add(STACK, stack);
        let (trees, mut diagnostics) = parse(&project.sources.get(file), Dialect::Strict);
        let whole = Span { file, start: 0, end: 0 };
        let mut decoder = Decoder::new(project.sources.get(file), whole, &mut diagnostics);
        let stack = spec::Stack::decode(trees[0].root(), &mut decoder).expect("a sound stack");
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let plain_secrets = Vec::new();
        let domain = Some("shop.example.com");
        Self { disk, project, stack, domain, plain_secrets }
    }

    fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.disk.put(path, text);
        self
    }

    /// Allows a Secret with plain values.
    fn plain(mut self, name: &str) -> Self {
        let at = Origin::Derived { rule: Rule::ObjectIdentity, from: None };
        self.plain_secrets.push(Val::new(name.to_owned(), at));
        self
    }

    fn facts(&self) -> Facts<'_> {
        Facts { stack: "shop", namespace: "shop-prod", environment: "prod", domain: self.domain }
    }

    fn templates(&self) -> Outcome {
        let mut diagnostics = Diagnostics::default();
        let templates = Templates::load(&self.project);
        let uses = self.stack.body.templates.as_ref().expect("a use of a template");
        let mut objects = Vec::new();
        for (name, entry) in &uses.entries {
            let (template, with) = (entry.value.template.as_ref(), entry.value.with.as_ref());
            let usage = template_use(name, entry.key, template, with);
            objects.extend(templates.instantiate(
                &usage,
                self.facts(),
                &self.plain_secrets,
                &self.project,
                &mut diagnostics,
            ));
        }
        Outcome { objects, diagnostics }
    }

    /// The texts that the configs' templates make, by key.
    fn texts(&self) -> (Vec<String>, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let templates = Templates::load(&self.project);
        let configs = self.stack.body.configs.as_ref().expect("configs").entries.values();
        let uses =
            configs.flat_map(|config| &config.value.body.templates).flat_map(|all| &all.entries);
        let mut texts = Vec::new();
        for (name, entry) in uses {
            let (template, with) = (entry.value.template.as_ref(), entry.value.with.as_ref());
            let usage = template_use(name, entry.key, template, with);
            texts.extend(templates.text(&usage, self.facts(), &self.project, &mut diagnostics));
        }
        (texts, diagnostics)
    }

    fn manifests(&self) -> Outcome {
        let mut diagnostics = Diagnostics::default();
        let mut objects = Vec::new();
        for entry in self.stack.body.manifests.as_ref().expect("manifests").entries.values() {
            let manifests = Vendored {
                file: written(entry.value.file.as_ref().expect("a file")),
                sha256: entry.value.sha256.as_ref().map(written),
                at: entry.key,
            };
            objects.extend(vendored(
                &manifests,
                "stacks/shop",
                &self.plain_secrets,
                &self.project,
                &mut diagnostics,
            ));
        }
        Outcome { objects, diagnostics }
    }

    /// The objects that the patches are for, by their positions.
    fn patched(&self, objects: &[Identity]) -> (Vec<Option<usize>>, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let objects: Vec<&Identity> = objects.iter().collect();
        let targets = self.stack.body.patches.as_ref().expect("patches").entries.iter().map(
            |(name, entry)| {
                let patch = Patch {
                    target: Val::new(name.clone(), Origin::Written(entry.key)),
                    tree: copied(entry.value.root()),
                };
                target(&patch, &objects, &self.plain_secrets, entry.key, &mut diagnostics)
            },
        );
        (targets.collect(), diagnostics)
    }

    /// Each node with its place: `path = value @ file:line:column text`.
    fn places(&self, object: &ForeignObject) -> Vec<String> {
        let mut places = Vec::new();
        object.tree.root().walk(&mut |_, node| {
            let Some(span) = node.at().span() else { return };
            let source = self.project.sources.get(span.file);
            let (line, column) = source.line_column(span.start);
            let name = source.path.rsplit('/').next().unwrap_or_default();
            let key = node.key().unwrap_or("-");
            let text = source.slice(span).lines().next().unwrap_or_default().to_owned();
            places.push(format!("{key} {name}:{line}:{column} {text}"));
        });
        places
    }

    fn short(&self, outcome: &Outcome) -> String {
        self.shown(&outcome.diagnostics)
    }

    fn shown(&self, diagnostics: &Diagnostics) -> String {
        short(&Report::new(diagnostics, &self.project.sources))
    }

    fn human(&self, outcome: &Outcome) -> String {
        human(&Report::new(&outcome.diagnostics, &self.project.sources), Style::default())
    }
}

fn written(text: &spec::expression::Text) -> Val<String> {
    match text.segments.as_slice() {
        [spec::expression::Segment::Literal(value)] => {
            Val::new(value.clone(), Origin::Written(text.span))
        }
        _ => panic!("a text without expressions"),
    }
}

fn template_use(
    name: &str,
    at: Span,
    template: Option<&spec::expression::Text>,
    with: Option<&spec::map::Open<spec::raw::Raw>>,
) -> TemplateUse {
    let with = with.into_iter().flat_map(|with| &with.entries).map(|(name, argument)| {
        let value = copied(argument.value.root());
        (name.clone(), Argument { key: argument.key, value })
    });
    let template = template.map(written);
    TemplateUse {
        template: template.unwrap_or_else(|| Val::new(name.to_owned(), Origin::Written(at))),
        with: with.collect(),
        at,
    }
}

fn copied(node: NodeRef<'_>) -> Tree {
    let mut builder = TreeBuilder::default();
    builder.copy(node);
    builder.finish()
}

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ name }} }
";
const ONE_NAME: &str = "parameters: { name: string }\n";

#[test]
fn renders_objects_from_parameters_and_facts() {
    let case = Case::new("templates: { settings: { with: { name: shop-web, tags: [a, b] } } }\n")
        .file("templates/settings.parameters.yaml", "parameters:\n  name: string\n  size: { type: integer, default: 3 }\n  tags: { type: array, default: [] }\n")
        .file("templates/settings.yaml", "\
{# what it is for #}
{% for tag in tags %}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}-{{ tag }}
  namespace: {{ namespace }}
data:
  size: \"{{ size }}\"
  {% if env.name == 'prod' %}
  host: {{ stack.name }}.{{ env.domain }}
  {% endif %}
---
{% endfor %}
");
    let outcome = case.templates();
    assert_eq!(case.short(&outcome), "");
    let objects: Vec<String> =
        outcome.objects.iter().map(|object| format!("{:?}", object.tree)).collect();
    assert_eq!(
        objects,
        ["a", "b"].map(|tag| format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{\"name\": \
             \"shop-web-{tag}\", \"namespace\": \"shop-prod\"}}, \"data\": {{\"size\": \"3\", \
             \"host\": \"shop.shop.example.com\"}}}}"
        ))
    );
    assert!(outcome.objects.iter().all(|object| object.adopt));
    assert_eq!(
        case.places(&outcome.objects[1]),
        [
            "- settings.yaml:3:1 apiVersion: v1",
            "apiVersion settings.yaml:3:13 v1",
            "kind settings.yaml:4:7 ConfigMap",
            "metadata settings.yaml:6:3 name: {{ name }}-{{ tag }}",
            "name settings.yaml:6:9 {{ name }}-{{ tag }}",
            "namespace settings.yaml:7:14 {{ namespace }}",
            "data settings.yaml:9:3 size: \"{{ size }}\"",
            "size settings.yaml:9:9 \"{{ size }}\"",
            "host settings.yaml:11:9 {{ stack.name }}.{{ env.domain }}",
        ]
    );
}

#[test]
fn a_text_comes_out_as_it_is() {
    let case = Case::new(
        "\
configs:
  proxy:
    templates:
      nginx.conf: { with: { workers: 4, hosts: [a, \"<b>&\"] } }
      other.conf: { template: nginx.conf, with: { workers: 1 } }
",
    )
    .file(
        "templates/nginx.conf.parameters.yaml",
        "parameters:\n  workers: integer\n  hosts: { type: array, default: [] }\n",
    )
    .file(
        "templates/nginx.conf.j2",
        "\
{# of the proxy #}
worker_processes {{ workers }};
{% for host in hosts %}
server_name {{ host }}.{{ env.domain }};
{% endfor %}
  key:\tnot: [yaml
",
    );
    let (texts, diagnostics) = case.texts();
    assert_eq!(case.shown(&diagnostics), "");
    assert_eq!(
        texts,
        [
            "worker_processes 4;\nserver_name a.shop.example.com;\nserver_name <b>&.shop.example.com;\n  key:\tnot: [yaml\n",
            "worker_processes 1;\n  key:\tnot: [yaml\n",
        ]
    );
}

#[test]
fn templates_of_objects_and_of_texts_are_told_apart() {
    let case = Case::new(
        "\
configs:
  proxy:
    templates:
      settings: {}
      both: { with: { name: x } }
      nginx.cnf: {}
      broken: {}
templates: { nginx.conf: {}, both: { with: { name: z } } }
",
    )
    .file("templates/settings.yaml", CONFIG)
    .file("templates/both.yaml", CONFIG)
    .file("templates/both.j2", "name = {{ name }}")
    .file("templates/both.parameters.yaml", ONE_NAME)
    .file("templates/nginx.conf.j2", "a;\n")
    .file("templates/broken.j2", "a;\n{{ b }}\n");
    let (texts, diagnostics) = case.texts();
    assert_eq!(texts, ["name = x"]);
    assert_eq!(
        case.shown(&diagnostics),
        "\
stacks/shop/stack.yaml:4:7: error[R060]: there is no template of a text `settings`
stacks/shop/stack.yaml:6:7: error[R060]: there is no template of a text `nginx.cnf`
templates/broken.j2:2:4: error[L061]: `b` is no parameter of this template
"
    );
    let helps: Vec<&str> =
        diagnostics.iter().flat_map(|one| &one.help).map(String::as_str).collect();
    assert_eq!(
        helps,
        [
            "`templates/settings.yaml` is used under the stack's `templates`",
            "did you mean `nginx.conf`?",
            "declare it in `templates/broken.parameters.yaml`: `parameters: { b: string }`",
        ]
    );
    let outcome = case.templates();
    assert_eq!(outcome.objects.len(), 1);
    assert_eq!(
        case.short(&outcome),
        "stacks/shop/stack.yaml:8:14: error[R060]: there is no template `nginx.conf`\n"
    );
}

#[test]
fn values_are_printed_as_yaml_reads_them() {
    let case = Case::new(
        "\
templates:
  settings:
    with:
      wanted: false
      list: [a, 1, true, 'it''s']
      map: { b: 1.5, a: { c: x } }
      large: 1234567890123456789
      text: 'true'
",
    )
    .file(
        "templates/settings.parameters.yaml",
        "\
parameters: { wanted: boolean, list: array, map: object, large: integer, text: string }
",
    )
    .file(
        "templates/settings.yaml",
        "\
apiVersion: v1
kind: X
metadata: { name: x }
a: {{ wanted }}
b: {{ list }}
c: {{ map }}
d: {{ large }}
e: {{ text | tojson }}
f: {% for key, value in map | items %}{{ key }}{% endfor %}

",
    );
    let outcome = case.templates();
    assert_eq!(case.short(&outcome), "");
    let entries = outcome.objects[0].tree.root().entries().skip(3);
    let values: Vec<String> = entries.map(|entry| format!("{entry:?}")).collect();
    assert_eq!(
        values,
        [
            "false",
            r#"["a", 1, true, "it's"]"#,
            r#"{"b": 1.5, "a": {"c": "x"}}"#,
            "1234567890123456789",
            r#""true""#,
            r#""ba""#,
        ]
    );
}

#[test]
fn a_template_may_make_nothing() {
    let case = Case::new("templates: { settings: { with: { wanted: false } } }\n")
        .file("templates/settings.parameters.yaml", "parameters: { wanted: boolean }\n")
        .file(
            "templates/settings.yaml",
            "{% if wanted %}\nkind: ConfigMap\n{% endif %}\n# nothing\n",
        );
    let outcome = case.templates();
    assert_eq!(case.short(&outcome), "");
    assert_eq!(outcome.objects.len(), 0);
}

#[test]
fn keeps_the_line_break_that_a_block_scalar_ends_with() {
    let case = Case::new("templates: { settings: {} }\n").file(
        "templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata:\n  key: |\n    text\n",
    );
    let outcome = case.templates();
    assert_eq!(case.short(&outcome), "");
    let value = outcome.objects[0].tree.root().at_path(&["data", "key"]).and_then(NodeRef::as_str);
    assert_eq!(value, Some("text\n"));
}

#[test]
fn checks_what_a_use_gives() {
    let case = Case::new(
        "\
templates:
  first:
    template: settings
    with:
      nmae: web
      replicas: \"3\"
      level: hihg
      host: Shop
      ratio: 1
  second: { template: setings, with: {} }
  third: { template: other }
  settings: { with: { name: 7 } }
",
    )
    .file(
        "templates/settings.parameters.yaml",
        "\
parameters:
  name: { type: string, description: Whose it is }
  replicas: { type: integer, default: 1 }
  level: { type: string, enum: [low, high], default: low }
  host: { type: string, pattern: '^[a-z.]+$', default: a.b }
  ratio: { type: number, default: 0.5 }
",
    )
    .file(
        "templates/settings.yaml",
        "{# {{ nothing }} #}{{ name }}{{ replicas }}{{ level }}{{ host }}{{ ratio }}",
    );
    let outcome = case.templates();
    assert_eq!(outcome.objects.len(), 0);
    assert_eq!(
        case.short(&outcome),
        "\
stacks/shop/stack.yaml:3:15: error[R062]: the template `settings` needs `name`
stacks/shop/stack.yaml:5:7: error[R061]: the template `settings` has no parameter `nmae`
stacks/shop/stack.yaml:6:17: error[R063]: `replicas` is an integer, not a string
stacks/shop/stack.yaml:7:14: error[R063]: `level` cannot be `hihg`
stacks/shop/stack.yaml:8:13: error[R063]: `Shop` does not match the pattern of `host`
stacks/shop/stack.yaml:10:23: error[R060]: there is no template `setings`
stacks/shop/stack.yaml:11:22: error[R060]: there is no template `other`
stacks/shop/stack.yaml:12:29: error[R063]: `name` is a string, not a number
"
    );
    let help: Vec<&str> = outcome
        .diagnostics
        .iter()
        .flat_map(|diagnostic| diagnostic.help.iter().map(String::as_str))
        .collect();
    assert_eq!(
        help,
        [
            "did you mean `name`?",
            "write an integer",
            "did you mean `high`?",
            "the pattern is `^[a-z.]+$`",
            "write `with: { name: ... }`",
            "did you mean `settings`?",
            "templates are files: `templates/other.yaml`",
            "quote it: `\"7\"`",
        ]
    );
}

#[test]
fn a_template_without_declarations_takes_no_parameters() {
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/settings.yaml", "kind: {{ name }}\n");
    let outcome = case.templates();
    assert_eq!(
        case.short(&outcome),
        "\
stacks/shop/stack.yaml:1:34: error[R061]: the template `settings` has no parameter `name`
templates/settings.yaml:1:10: error[L061]: `name` is no parameter of this template
"
    );
}

#[test]
fn finds_names_that_nothing_declares() {
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file(
            "templates/settings.yaml",
            "\
a: {{ 'nmae' }}
{% for item in [1, 2] if item != loops %}
b: {{ item }}{{ loop.index }}{{ name.nmae | default(nmae) }}
{% endfor %}
{% set own = namespace %}
c: {{ own }}{{ env.dmain }}{{ namespace() }}{{ range(3) }}
",
        );
    let outcome = case.templates();
    assert_eq!(
        case.short(&outcome),
        "\
templates/settings.yaml:2:34: error[L061]: `loops` is no parameter of this template
templates/settings.yaml:3:53: error[L061]: `nmae` is no parameter of this template
templates/settings.yaml:6:16: error[L061]: `env` has no `dmain`
"
    );
}

#[test]
fn refuses_declarations_that_cannot_be() {
    let case = Case::new("templates: { settings: {} }\n")
        .file(
            "templates/settings.parameters.yaml",
            "\
parameters:
  max-size: integer
  env: string
  in: string
  untyped: { default: 3 }
  text: { type: string, default: 3, pattern: '(' }
  count: { type: integer, enum: [1, many], default: 2, pattern: x }
  computed: { type: string, default: '${{ env.name }}' }
  odd: text
  colour: { typ: string }
",
        )
        .file("templates/settings.yaml", "")
        .file("templates/setings.parameters.yaml", ONE_NAME);
    let outcome = case.templates();
    assert_eq!(
        case.short(&outcome),
        "\
templates/setings.parameters.yaml: error[L060]: parameters are declared for `setings`, which is no template
templates/settings.parameters.yaml:2:3: error[L062]: a template cannot look `max-size` up
templates/settings.parameters.yaml:3:3: error[L062]: every template has a `env` that is no parameter
templates/settings.parameters.yaml:4:3: error[L062]: `in` means something in templates
templates/settings.parameters.yaml:5:3: error[L062]: the parameter `untyped` has no type
templates/settings.parameters.yaml:6:34: error[L062]: `text` is a string, not a number
templates/settings.parameters.yaml:6:46: error[L062]: this is no regular expression: found open group without closing ')'
templates/settings.parameters.yaml:7:37: error[L062]: `count` is an integer, not a string
templates/settings.parameters.yaml:7:53: error[L062]: `count` cannot be `2`
templates/settings.parameters.yaml:7:65: error[L062]: a pattern is for strings, and `count` is an integer
templates/settings.parameters.yaml:8:38: error[L062]: a declaration holds no expressions
templates/settings.parameters.yaml:9:8: error[L011]: `text` is not one of `string`, `integer`, `number`, `boolean`, `array`, `object`
templates/settings.parameters.yaml:10:13: error[L010]: there is no field `typ` here
"
    );
}

#[test]
fn shows_syntax_errors_in_the_template() {
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file(
            "templates/settings.yaml",
            "kind: ConfigMap\n{% if name %}\nname: {{ name | uper }}\n{% endfi %}\n",
        );
    let outcome = case.templates();
    assert_eq!(
        case.short(&outcome),
        "templates/settings.yaml:4:4: error[L060]: syntax error: unknown statement endfi\n"
    );
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file("templates/settings.yaml", "kind: ConfigMap\nname: {{ name | uper }}\n");
    let outcome = case.templates();
    assert_eq!(
        case.short(&outcome),
        "templates/settings.yaml:2:17: error[R064]: unknown filter: filter uper is unknown\n"
    );
}

#[test]
fn reaches_nothing_outside_of_the_template() {
    for tag in
        ["include 'other.yaml'", "import 'other.yaml' as o", "extends 'other.yaml'", "macro x()"]
    {
        let case = Case::new("templates: { settings: {} }\n")
            .file("templates/other.yaml", "")
            .file("templates/settings.yaml", format!("{{% {tag} %}}\n"));
        let word = tag.split(' ').next().unwrap_or_default();
        assert_eq!(
            case.short(&case.templates()),
            format!(
                "templates/settings.yaml:1:4: error[L060]: syntax error: unknown statement {word}\n"
            )
        );
    }
    let case = Case::new("templates: { settings: {} }\n")
        .file("templates/settings.yaml", "a: {{ debug() }}\n");
    assert_eq!(
        case.short(&case.templates()),
        "templates/settings.yaml:1:7: error[L061]: `debug` is no parameter of this template\n"
    );
}

#[test]
fn what_has_no_value_is_an_error() {
    let mut case = Case::new("templates: { settings: { with: { labels: { a: b } } } }\n")
        .file("templates/settings.parameters.yaml", "parameters: { labels: object }\n")
        .file("templates/settings.yaml", "a: {{ env.domain }}\n");
    case.domain = None;
    assert_eq!(
        case.human(&case.templates()),
        "\
error[R064]: `env.domain` has no value here
 --> templates/settings.yaml:1:7
  |
1 | a: {{ env.domain }}
  |       ^^^^^^^^^^
  |
 ::: stacks/shop/stack.yaml:1:14
  |
1 | templates: { settings: { with: { labels: { a: b } } } }
  |              -------- the template is used here
  |
  = help: the environment states no `domain`

"
    );
    let case = case.file(
        "templates/settings.yaml",
        "\
a: {{ labels.a }}
b: {% if labels.b is defined %}{{ labels.b }}{% endif %}

c: {{ labels.c }}
",
    );
    assert_eq!(
        case.short(&case.templates()),
        "templates/settings.yaml:4:7: error[R064]: `labels.c` has no value here\n"
    );
}

#[test]
fn a_template_comes_to_an_end() {
    let template = |text: &str| {
        let case = Case::new("templates: { settings: {} }\n").file("templates/settings.yaml", text);
        case.short(&case.templates())
    };
    let long = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    assert_eq!(
        template(long),
        "templates/settings.yaml:1:39: error[R064]: the template does not come to an end\n"
    );
    let large = "{% for a in range(9) %}{{ 'xxxxxxxxxx' * 200000 }}{% endfor %}";
    assert_eq!(
        template(large),
        "templates/settings.yaml:1:1: error[R064]: the template's output is too large\n"
    );
    let string =
        "\n{% set a %}{{ 'xxxxxxxxxx' * 100000 }}{{ 'xxxxxxxxxx' * 200000 }}{% endset %}{{ a }}";
    assert_eq!(
        template(string),
        "templates/settings.yaml:2:81: error[R064]: the template makes a string of more than \
         2097152 bytes\n"
    );
}

#[test]
fn bad_yaml_is_shown_in_the_template_with_what_it_rendered_to() {
    let case = Case::new("templates: { settings: { with: { name: 'a: b' } } }\n")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file("templates/settings.yaml", "kind: ConfigMap\nmetadata:\n  name: {{ name }}\n");
    assert_eq!(
        case.human(&case.templates()),
        "\
error[L001]: a key cannot stand here
 --> templates/settings.yaml:3:9
  |
3 |   name: {{ name }}
  |         ^^^^^^^^^^ rendered as `name: a: b`
  |
 ::: stacks/shop/stack.yaml:1:14
  |
1 | templates: { settings: { with: { name: 'a: b' } } }
  |              -------- the template is used here
  |
  = help: indent the keys of one map alike, and quote text that contains `: `

"
    );
}

#[test]
fn duplicate_keys_of_a_loop_are_shown_in_the_template() {
    let case = Case::new("templates: { settings: {} }\n").file(
        "templates/settings.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n{% for key in ['name', 'name'] %}\n  {{ key }}: a\n{% endfor %}\n",
    );
    assert_eq!(
        case.human(&case.templates()),
        "\
error[L007]: the key `name` stands twice in this map
 --> templates/settings.yaml:5:3
  |
5 |   {{ key }}: a
  |   ^^^^^^^^^
  |   |
  |   again here, rendered as `name: a`
  |   first here
  |
 ::: stacks/shop/stack.yaml:1:14
  |
1 | templates: { settings: {} }
  |              -------- the template is used here
  |
  = help: keep one of them

"
    );
}

#[test]
fn what_is_no_object_is_refused() {
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file(
            "templates/settings.yaml",
            "\
# nothing but a comment
---
apiVersion: v1
kind: ConfigMap
metadata:
  namee: {{ name }}
---
kind: {{ name }}
---
- a
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: {{ name }} } }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: 7 } }
",
        );
    let outcome = case.templates();
    assert_eq!(outcome.objects.len(), 1);
    assert_eq!(
        case.short(&outcome),
        "\
templates/settings.yaml:6:3: error[R065]: this is no Kubernetes object: it has no string at `metadata.name`
templates/settings.yaml:8:1: error[R065]: this is no Kubernetes object: it has no string at `apiVersion`
templates/settings.yaml:10:1: error[L020]: the document is a list, not a map
templates/settings.yaml:16:58: error[R065]: this is no Kubernetes object: it has no string at `metadata.name`
"
    );
}

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: hunter2 }
";

#[test]
fn secrets_with_plain_values_are_refused_unless_allowed() {
    let case = Case::new("templates: { token: {} }\n").file("templates/token.yaml", SECRET);
    assert_eq!(
        case.short(&case.templates()),
        "templates/token.yaml:4:1: error[R066]: the Secret `token` holds its values for all to read\n"
    );
    let case = case.plain("token");
    assert_eq!(case.short(&case.templates()), "");
    let empty = Case::new("templates: { token: {} }\n")
        .file("templates/token.yaml", SECRET.replace("{ token: hunter2 }", "{}"));
    assert_eq!(empty.short(&empty.templates()), "");
}

#[test]
fn templates_that_cannot_be_read_are_reported() {
    let case =
        Case::new("templates: { settings: {} }\n").file("templates/settings.yaml", b"a: \xff\n");
    assert_eq!(
        case.short(&case.templates()),
        "templates/settings.yaml:1:4: error[L002]: the file is not UTF-8: the byte 0xFF is no part of a character\n"
    );
    let case = case.file("templates/settings.yaml", "a: \u{fdd0}\n");
    assert_eq!(
        case.short(&case.templates()),
        "templates/settings.yaml:1:4: error[L060]: the template holds the noncharacter U+FDD0\n"
    );
    case.disk.refuse("templates");
    assert_eq!(
        case.short(&case.templates()),
        "templates: error[L040]: this cannot be read: permission denied\n"
    );
}

#[test]
fn only_the_templates_that_are_used_stop_a_stack() {
    let case = Case::new("templates: { settings: { with: { name: x } } }\n")
        .file("templates/broken.yaml", "{% if %}")
        .file("templates/settings.parameters.yaml", ONE_NAME)
        .file("templates/settings.yaml", CONFIG);
    assert_eq!(case.short(&case.templates()), "");
    let mut all = Diagnostics::default();
    Templates::load(&case.project).check(&mut all);
    assert_eq!(
        case.shown(&all),
        "templates/broken.yaml:1:7: error[L060]: syntax error: unexpected end of block\n"
    );
}

const VENDORED: &str = "\
apiVersion: v1
kind: ServiceAccount
metadata: { name: metrics, labels: { a: yes } }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: { name: metrics }
";
const VENDORED_DIGEST: &str = "ec7ac3d3afcfcea8a7000be1911be6174fadc6b58fe9bbfd87f6105a42a3ba78";

#[test]
fn vendored_manifests_are_included_as_they_are() {
    let case = Case::new(&format!(
        "manifests:\n  metrics: {{ file: vendor/metrics.yaml, sha256: {VENDORED_DIGEST} }}\n"
    ))
    .file("stacks/shop/vendor/metrics.yaml", VENDORED);
    let outcome = case.manifests();
    assert_eq!(case.short(&outcome), "");
    assert!(outcome.objects.iter().all(|object| !object.adopt));
    assert_eq!(
        case.places(&outcome.objects[1]),
        [
            "- metrics.yaml:8:5 apiVersion: v1",
            "apiVersion metrics.yaml:8:17 v1",
            "kind metrics.yaml:9:11 Service",
            "metadata metrics.yaml:10:15 { name: metrics }",
            "name metrics.yaml:10:23 metrics",
        ]
    );
}

#[test]
fn a_digest_pins_vendored_manifests() {
    let case = Case::new("manifests:\n  metrics: vendor/metrics.yaml\n")
        .file("stacks/shop/vendor/metrics.yaml", VENDORED);
    let outcome = case.manifests();
    assert_eq!(outcome.objects.len(), 0);
    assert_eq!(
        case.human(&outcome),
        format!(
            "\
error[R067]: no digest pins `vendor/metrics.yaml`
 --> stacks/shop/stack.yaml:2:12
  |
2 |   metrics: vendor/metrics.yaml
  |            ^^^^^^^^^^^^^^^^^^^
  |
  = help: when you have read it, write `sha256: {VENDORED_DIGEST}`

"
        )
    );
    let stated = "0".repeat(64).replacen('0', "a", 1);
    let case = Case::new(&format!(
        "manifests:\n  metrics: {{ file: vendor/metrics.yaml, sha256: {stated} }}\n"
    ))
    .file("stacks/shop/vendor/metrics.yaml", VENDORED);
    let outcome = case.manifests();
    assert_eq!(outcome.objects.len(), 0);
    let diagnostics: Vec<_> = outcome.diagnostics.iter().collect();
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code.id(), "R068");
    assert_eq!(
        diagnostics[0].label.as_deref(),
        Some(format!("the digest is `{VENDORED_DIGEST}`").as_str())
    );
    assert_eq!(
        diagnostics[0].suggestion.as_ref().map(|suggestion| suggestion.text.as_str()),
        Some(VENDORED_DIGEST)
    );
}

#[test]
fn the_digest_of_a_folder_is_that_of_its_listing() {
    let case = Case::new("manifests:\n  crds: { file: vendor/crds/, sha256: 8130ab6e44f2ea3ee43a88d8dec9ec47fbc3273151398a621615b207ed2acba1 }\n")
        .file("stacks/shop/vendor/crds/b/a.yaml", VENDORED)
        .file("stacks/shop/vendor/crds/README.md", "read me\n")
        .file("stacks/shop/vendor/crds/a.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"x\"}}");
    let outcome = case.manifests();
    assert_eq!(case.short(&outcome), "");
    let kinds: Vec<Option<&str>> = outcome
        .objects
        .iter()
        .map(|object| object.tree.root().get("kind").and_then(NodeRef::as_str))
        .collect();
    assert_eq!(kinds, [Some("Pod"), Some("ServiceAccount"), Some("Service")]);
}

#[test]
fn vendored_manifests_lie_beside_the_stack() {
    let case = Case::new(
        "\
manifests:
  out: ../../other.yaml
  absolute: /etc/passwd
  none: vendor/none.yaml
  empty: vendor/empty
",
    )
    .file("stacks/shop/vendor/empty/README.md", "nothing\n");
    let outcome = case.manifests();
    assert_eq!(
        case.short(&outcome),
        "\
stacks/shop/stack.yaml:2:8: error[R081]: `../../other.yaml` does not lie in the stack's folder
stacks/shop/stack.yaml:3:13: error[R081]: `/etc/passwd` does not lie in the stack's folder
stacks/shop/stack.yaml:4:9: error[R082]: there is no `stacks/shop/vendor/none.yaml`
stacks/shop/stack.yaml:5:10: error[R082]: no file of `stacks/shop/vendor/empty` ends in `.yaml`, `.yml` or `.json`
"
    );
}

#[test]
fn a_patch_names_one_object() {
    let identity = |group: &str, kind: &str, name: &str| Identity {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: None,
        name: name.to_owned(),
    };
    let in_namespace = |namespace: &str| Identity {
        namespace: Some(namespace.to_owned()),
        ..identity("", "ConfigMap", "settings")
    };
    let objects = [
        identity("apps", "Deployment", "web"),
        identity("networking.k8s.io", "Ingress", "web"),
        identity("extensions", "Ingress", "web"),
        identity("", "Secret", "token"),
        in_namespace("a"),
        in_namespace("b"),
        identity("", "Event", "start"),
        identity("events.k8s.io", "Event", "start"),
    ];
    let case = Case::new(
        "\
patches:
  Deployment/web: { spec: { paused: true } }
  Ingress/web: {}
  Ingress.extensions/web: {}
  Deployment/wbe: {}
  deployment/web: {}
  Service/web: {}
  Deployment/database: {}
  Job/migrate: {}
  web: {}
  Secret/token: { stringData: { a: b }, data: { c: d } }
  ConfigMap/settings: {}
  Event./start: {}
",
    );
    let (targets, diagnostics) = case.patched(&objects);
    assert_eq!(
        targets,
        [Some(0), None, Some(2), None, None, None, None, None, None, Some(3), None, Some(6)]
    );
    assert_eq!(
        case.shown(&diagnostics),
        "\
stacks/shop/stack.yaml:3:3: error[R080]: `Ingress/web` names 2 objects
stacks/shop/stack.yaml:5:3: error[R069]: there is no object `Deployment/wbe` to patch
stacks/shop/stack.yaml:6:3: error[R069]: there is no object `deployment/web` to patch
stacks/shop/stack.yaml:7:3: error[R069]: there is no object `Service/web` to patch
stacks/shop/stack.yaml:8:3: error[R069]: there is no object `Deployment/database` to patch
stacks/shop/stack.yaml:9:3: error[R069]: there is no object `Job/migrate` to patch
stacks/shop/stack.yaml:10:3: error[R069]: `web` names no object
stacks/shop/stack.yaml:11:19: error[R066]: the Secret `token` holds its values for all to read
stacks/shop/stack.yaml:11:41: error[R066]: the Secret `token` holds its values for all to read
stacks/shop/stack.yaml:12:3: error[R080]: `ConfigMap/settings` names 2 objects
"
    );
    let help: Vec<&str> =
        diagnostics.iter().map(|diagnostic| diagnostic.help[0].as_str()).take(7).collect();
    assert_eq!(
        help,
        [
            "write `Ingress.networking.k8s.io/web` or `Ingress.extensions/web`",
            "did you mean `Deployment/web`?",
            "did you mean `Deployment/web`?",
            "of that name there is `Deployment/web`, `Ingress/web`, `Ingress/web`",
            "of that kind there is `Deployment/web`",
            "a patch names an object that is rendered: `Kind/name`",
            "write `Kind/name`, such as `Deployment/web`",
        ]
    );
}

#[test]
fn the_templates_of_this_project_are_sound() {
    let project = Project::new(&crate::fs::Disk, env!("CARGO_MANIFEST_DIR"));
    let mut diagnostics = Diagnostics::default();
    Templates::load(&project).check(&mut diagnostics);
    assert_eq!(short(&Report::new(&diagnostics, &project.sources)), "");
}
