use proptest::prelude::*;
use serde_json::{Value, json};

use super::impact::Class;
use super::*;
use crate::emit::{Digest, File, FileSet, Maker, Output, Scope};
use crate::fs::testing::MemoryFs;
use crate::k8s::Version;
use crate::source::{Dialect, Sources, parse};

fn side<'a>(files: &[(&str, &'a str)]) -> Side<'a> {
    let mut side = Side::default();
    for (path, text) in files {
        side.file(path, text.as_bytes(), None);
    }
    side
}

fn compared<'a>(old: &'a Side<'a>, new: &'a Side<'a>) -> Comparison<'a> {
    Comparison::new(old, new, Version::newest())
}

/// The plan of a change.
fn reviewed(old: &str, new: &str) -> String {
    let (old, new) = (side(&[("a.yaml", old)]), side(&[("a.yaml", new)]));
    let review = Review::new("old".into(), "new".into(), compared(&old, &new), &Sources::default());
    plan(&review, Show::default())
}

fn object(kind: &str, name: &str, rest: &str) -> String {
    let version = if kind == "Deployment" { "apps/v1" } else { "v1" };
    let metadata = format!("metadata:\n  name: {name}\n  namespace: shop\n");
    format!("apiVersion: {version}\nkind: {kind}\n{metadata}{rest}")
}

/// The changes as `sign subject path`.
fn lines(comparison: &Comparison<'_>) -> Vec<String> {
    let line = |change: &ObjectChange| {
        format!("{} {} {}", change.action().sign(), change.subject(), change.path())
    };
    comparison.changes.iter().map(line).collect()
}

#[test]
fn objects_are_paired_by_identity() {
    let (old_web, new_web) = (
        object("Deployment", "web", "spec:\n  replicas: 1\n"),
        object("Deployment", "web", "spec:\n  replicas: 2\n"),
    );
    let (service, gone) = (object("Service", "web", ""), object("Service", "gone", ""));
    let (moved, fresh) = (object("ConfigMap", "moved", ""), object("Service", "fresh", ""));
    let old = side(&[
        ("shop/20-web.yaml", &service),
        ("shop/21-gone.yaml", &gone),
        ("shop/60-web.yaml", &old_web),
        ("shop/70-moved.yaml", &moved),
    ]);
    let new = side(&[
        ("shop/20-web.yaml", &service),
        ("shop/22-fresh.yaml", &fresh),
        ("store/10-moved.yaml", &moved),
        ("store/60-web.yaml", &new_web),
    ]);
    let comparison = compared(&old, &new);
    assert_eq!(
        lines(&comparison),
        [
            "- Service shop/gone shop/21-gone.yaml",
            "+ Service shop/fresh shop/22-fresh.yaml",
            "~ Deployment shop/web store/60-web.yaml",
        ]
    );
    let tally = Tally { created: 1, changed: 1, deleted: 1, unchanged: 2 };
    assert_eq!(comparison.tally(), tally);
    assert_eq!(comparison.changes[2].texts(), (old_web.clone(), new_web.clone()));
}

#[test]
fn a_new_version_of_the_api_is_a_change() {
    let old = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\n\
               metadata: { name: web }\n";
    let new = old.replace("v2beta2", "v2");
    let (old, new) = (side(&[("a.yaml", old)]), side(&[("a.yaml", &new)]));
    let comparison = compared(&old, &new);
    assert_eq!(lines(&comparison), ["~ HorizontalPodAutoscaler web a.yaml"]);
}

#[test]
fn a_stream_and_a_list_hold_many_objects() {
    let (one, two) = (object("Service", "one", ""), object("Service", "two", ""));
    let stream = format!("{one}---\n{two}");
    let item = |text: &str| {
        text.lines().enumerate().fold(String::new(), |list, (line, text)| {
            list + if line == 0 { "- " } else { "  " } + text + "\n"
        })
    };
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", item(&one), item(&two));
    let new = side(&[("1.yaml", &one), ("2.yaml", &two)]);
    for text in [stream, list] {
        let old = side(&[("-", &text)]);
        let comparison = compared(&old, &new);
        assert_eq!((lines(&comparison), comparison.unchanged), (Vec::new(), 2), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_compared_as_a_file() {
    let web = object("Service", "web", "");
    let (old, new) =
        (side(&[("shop/60-web.yaml", "kind: [\n")]), side(&[("shop/60-web.yaml", &web)]));
    let comparison = compared(&old, &new);
    assert_eq!(
        lines(&comparison),
        ["+ Service shop/web shop/60-web.yaml", "- shop/60-web.yaml shop/60-web.yaml"]
    );
    assert_eq!(comparison.changes[1].texts(), ("kind: [\n".into(), String::new()));
}

#[test]
fn an_edited_file_is_compared_like_any_other() -> Result<(), crate::fs::Error> {
    let fs = MemoryFs::default();
    let edited = object("Deployment", "web", "spec:\n  paused: true\n");
    let rendered = object("Deployment", "web", "");
    let file = |text: &str| File { bytes: text.into(), input: Digest::of(b"") };
    let set = |text: &str| FileSet {
        folder: "shop".into(),
        files: [("60-deployment-web.yaml".to_owned(), file(text))].into(),
    };
    let maker = Maker { generator: "0.1.0".into(), schema: "1.34".into() };
    let output = Output::new(&fs, "out", "out");
    let held = output.hold()?;
    held.prepare("prod", vec![set(&rendered)], Scope::Environment, &maker)?.write()?;
    drop(held);
    fs.put("out/prod/shop/60-deployment-web.yaml", &edited);
    let update = output.compare("prod", vec![set(&rendered)], Scope::Environment, &maker)?;
    assert!(update.diagnostics.has_errors());
    let (old, new) = sides_of(&update, &maker, |_, _| None);
    let comparison = compared(&old, &new);
    assert_eq!(lines(&comparison), ["~ Deployment shop/web shop/60-deployment-web.yaml"]);
    assert_eq!(comparison.changes[0].by(), [ChangedBy::Hand]);
    Ok(())
}

/// Objects and files that hold a secret in every way.
fn secrets(values: [&str; 4]) -> [String; 4] {
    let [in_secret, in_list, in_named_list, in_broken] = values;
    let secret = format!("stringData:\n  kept: hunter1\n  password: {in_secret}\n");
    let item = |value: &str| format!("items:\n- {{ kind: Secret, data: {{ a: {value} }} }}\n");
    [
        object("Secret", "keys", &secret),
        format!("apiVersion: v1\nkind: List\n{}", item(in_list)),
        object("SecretList", "keys", &item(in_named_list)),
        format!("kind: Secret\nstringData: [\n  {in_broken}\n"),
    ]
}

#[test]
fn secrets_stay_secret() {
    let old = secrets(["hunter2", "hunter3", "hunter4", "hunter5"]);
    let new = secrets(["hunter6", "hunter7", "hunter8", "hunter9"]);
    let paths = ["1.yaml", "2.yaml", "3.yaml", "4.yaml"];
    let side_of = |texts: &[String]| {
        let mut side = Side::default();
        for (path, text) in paths.iter().zip(texts) {
            // The test outlives no text.
            side.file(path, Box::leak(text.clone().into_boxed_str()).as_bytes(), None);
        }
        side
    };
    let (old, new, none) = (side_of(&old), side_of(&new), Side::default());
    for (old, new) in [(&old, &new), (&old, &none), (&none, &new)] {
        let comparison = compared(old, new);
        assert_eq!(comparison.changes.len(), 4);
        let review = Review::new("old".into(), "new".into(), comparison, &Sources::default());
        let show = Show { spelling: true, ..Show::default() };
        let all = [text(&review, show), json(&[review])].concat();
        assert!(!all.contains("hunter"), "{all}");
    }
}

#[test]
fn what_means_the_same_is_no_difference() {
    let old = object(
        "Service",
        "web",
        "spec: { ports: [{ port: 80 }, { port: 81 }], selector: { app: web }, type: ClusterIP }\n",
    );
    let new = object(
        "Service",
        "web",
        "spec:\n  selector:\n    app: web\n  ports:\n  - { port: 81, protocol: TCP }\n  - port: 80\n",
    );
    let (old, new) = (side(&[("a.yaml", &old)]), side(&[("a.yaml", &new)]));
    let comparison = compared(&old, &new);
    assert_eq!(lines(&comparison), Vec::<String>::new());
    assert_eq!(comparison.respelled.len(), 1);
    let review = Review::new("old".into(), "new".into(), comparison, &Sources::default());
    assert_eq!(text(&review, Show::default()), "");
    let shown = text(&review, Show { spelling: true, ..Show::default() });
    assert!(shown.starts_with("= Service shop/web\n"), "{shown}");
}

#[test]
fn a_likely_rename_is_one_change() {
    let data = "data: { a: one, b: two, c: three }\n";
    let (old, new) =
        (object("ConfigMap", "settings", data), object("ConfigMap", "web-settings", data));
    assert_eq!(
        reviewed(&old, &new),
        "> ConfigMap shop/web-settings (was settings)\n\
         0 to create, 1 to change, 0 to delete, 0 unchanged\n"
    );
}

/// A Deployment and a Service with much that can be changed.
fn base() -> [Value; 2] {
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "shop", "labels": { "app": "web" } },
        "spec": {
            "replicas": 2,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1 } },
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "web:1",
                            "args": ["--a", "--b", "--c"],
                            "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
                            "ports": [{ "containerPort": 80, "protocol": "TCP" }],
                            "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
                        },
                        { "name": "proxy", "image": "proxy:1" },
                    ],
                    "tolerations": [
                        { "key": "a", "operator": "Exists" },
                        { "key": "b", "operator": "Exists" },
                    ],
                    "volumes": [{ "name": "tmp", "emptyDir": {} }],
                },
            },
        },
    });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": {
            "ports": [{ "name": "a", "port": 80 }, { "name": "b", "port": 81 }],
            "selector": { "app": "web" },
            "externalIPs": ["192.0.2.1", "192.0.2.2"],
        },
    });
    [deployment, service]
}

/// One edit of the value that `choice` leads to: gone, another, repeated, or in another order.
fn mutate(value: &mut Value, choice: &mut impl Iterator<Item = usize>) {
    let (Some(step), Some(what)) = (choice.next(), choice.next()) else { return };
    match value {
        Value::Object(map) if !map.is_empty() => {
            let key = map.keys().nth(step % map.len()).cloned().unwrap_or_default();
            if ["apiVersion", "kind", "metadata", "name"].contains(&key.as_str()) {
                return;
            }
            match what % 6 {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert(format!("x{step}"), json!("new"))),
                _ => mutate(&mut map[&key], choice),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let place = step % list.len();
            match what % 6 {
                0 => drop(list.remove(place)),
                1 => list.reverse(),
                2 => list.insert(place, list[list.len() - 1 - place].clone()),
                _ => mutate(&mut list[place], choice),
            }
        }
        Value::String(text) => match what % 3 {
            0 => text.push('x'),
            1 => *text = "1000m".into(),
            _ => *text = "1".into(),
        },
        Value::Number(_) => *value = json!(step % 5),
        other => *other = json!({}),
    }
}

fn read(value: &Value) -> Object {
    let tree = crate::validate::testing::tree(value);
    Object::read(tree.root(), "a.yaml").expect("the identity is never changed")
}

fn reparsed(yaml: &str) -> Object {
    let sources = Sources::default();
    let file = sources.add("a.yaml", yaml);
    let (trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
    assert!(!diagnostics.has_errors(), "{yaml}{diagnostics:?}");
    Object::read(trees[0].root(), "a.yaml").expect("the identity is written")
}

fn differing(old: &Object, new: &Object) -> Vec<String> {
    let of = new.type_in(Version::newest());
    let found = fields(old.root(), new.root(), of);
    found.iter().map(|change| change.path.to_string()).collect()
}

/// Lines of which manifests are made, sound ones and others.
const LINES: [&str; 24] = [
    "---",
    "apiVersion: v1",
    "apiVersion: apps/v1",
    "kind: Service",
    "kind: Secret",
    "kind: List",
    "kind: Deployment",
    "metadata: { name: a, uid: b }",
    "metadata: { name: c, namespace: d }",
    "metadata: [",
    "spec: { replicas: 1, template: { spec: { containers: [{ name: a }] } } }",
    "spec: { replicas: x, template: [] }",
    "spec: { type: LoadBalancer, ports: [{ port: 80 }, { port: 80 }] }",
    "spec: null",
    "data: { a: b }",
    "data: [a, b]",
    "stringData: { a: ```` }",
    "items: [{ kind: Service, apiVersion: v1, metadata: { name: a } }, 1]",
    "items: null",
    "status: {}",
    "# comment",
    "",
    "\tx: \u{1b}[2J",
    "%YAML 1.2",
];

proptest! {
    #[test]
    fn any_two_texts_are_compared(
        old in prop::collection::vec(prop::sample::select(&LINES[..]), 0..12),
        new in prop::collection::vec(prop::sample::select(&LINES[..]), 0..12),
    ) {
        let texts = [old.join("\n"), new.join("\n")];
        let [old, new] = [&texts[0], &texts[1]].map(|text| side(&[("a.yaml", text)]));
        prop_assert!(compared(&old, &old).is_empty());
        for (old, new) in [(&old, &new), (&new, &old)] {
            let review = Review::new(
                String::new(),
                String::new(),
                compared(old, new),
                &Sources::default(),
            );
            let shown = text(&review, Show { spelling: true, ..Show::default() });
            let escape = '\u{1b}';
            prop_assert!(!shown.contains(escape));
            prop_assert_eq!(shown.is_empty() , review.comparison.is_empty() && review.comparison.respelled.is_empty());
            let reviews = [review];
            prop_assert!(serde_json::from_str::<Value>(&json(&reviews)).is_ok());
            prop_assert_eq!(markdown(&reviews).matches("\n`````").count() % 2, 0);
            let _ = github(&reviews);
        }
    }

    /// The two texts that a unified diff compares mean the two objects, and they are equal
    /// exactly where no field differs; so the diff leads from the one object to the other.
    #[test]
    fn the_texts_lead_from_the_old_object_to_the_new(
        which in 0..2_usize,
        edits in prop::collection::vec(prop::collection::vec(0..60_usize, 2..14), 0..4),
    ) {
        let old_value = base()[which].clone();
        let mut new_value = old_value.clone();
        for edit in edits {
            mutate(&mut new_value, &mut edit.into_iter());
        }
        for (old, new) in [(&old_value, &new_value), (&new_value, &old_value)] {
            let (old, new) = (read(old), read(new));
            let found = differing(&old, &new);
            let (old_text, new_text) = align::beside(&old, &new, Version::newest());
            prop_assert_eq!(found.is_empty(), old_text == new_text, "{:?}\n{}\n{}", found, old_text, new_text);
            prop_assert_eq!(differing(&reparsed(&old_text), &old), Vec::<String>::new());
            prop_assert_eq!(differing(&reparsed(&new_text), &new), Vec::<String>::new());
            if meaning::equal(old.root(), new.root(), new.type_in(Version::newest())) {
                prop_assert_eq!(found, Vec::<String>::new());
            }
        }
    }
}

/// Objects that refer to each other, each before and after a change; the last ones do not change.
fn system() -> Vec<[String; 2]> {
    let both = |version: &str, kind: &str, name: &str, rest: [String; 2]| {
        rest.map(|rest| {
            format!(
                "apiVersion: {version}\nkind: {kind}\n\
                 metadata: {{ name: {name}, namespace: shop, labels: {{ team: sales }} }}\n{rest}\n"
            )
        })
    };
    let same = |rest: &str| [rest.to_owned(), rest.to_owned()];
    let pods = |labels: &str, container: &str| {
        ["a:1", "a:2"].map(|image| {
            format!(
                "spec: {{ replicas: 2, selector: {{ matchLabels: {labels} }},\n\
                 \x20 template: {{ metadata: {{ labels: {labels} }}, spec: {{ containers: [\n\
                 \x20   {{ name: main, image: \"{image}\", {container} }}] }} }} }}"
            )
        })
    };
    let service = |rest: &str, ports: [&str; 2]| {
        ports.map(|ports| format!("spec: {{ {rest} ports: [{{ {ports} }}] }}"))
    };
    let front = "env: [{ name: A, valueFrom: { configMapKeyRef: { name: settings, key: a } } }], \
                 ports: [{ name: http, containerPort: 8080 }]";
    let rear = "envFrom: [{ secretRef: { name: token } }], \
                ports: [{ name: http, containerPort: 9000 }, { name: more, containerPort: 9001 }]";
    let web = ["name: metrics, port: 80, targetPort: http", "name: a, port: 81, targetPort: more"];
    let api = ["port: 80, nodePort: 30000, targetPort: more", "port: 80, nodePort: 30000"];
    vec![
        both("apps/v1", "Deployment", "front", pods("{ app: one }", front)),
        both("apps/v1", "Deployment", "rear", pods("{ app: two, tier: back }", rear)),
        both("apps/v1", "StatefulSet", "store", pods("{ app: three }", "args: [one]"))
            .map(|text| text.replace("replicas: 2", "replicas: 2, serviceName: web")),
        both("v1", "Service", "web", service("selector: { app: one },", web)),
        both(
            "v1",
            "Service",
            "api",
            service("type: NodePort, selector: { tier: back, app: two },", api),
        ),
        both("v1", "ConfigMap", "settings", ["data: { a: x }".into(), "data: { b: x }".into()]),
        both("v1", "Secret", "token", ["data: { a: eA== }".into(), "data: { a: eQ== }".into()]),
        both(
            "networking.k8s.io/v1",
            "Ingress",
            "public",
            same(
                "spec: { rules: [{ host: a.example, http: { paths: [\n\
                 \x20 { path: /, backend: { service: { name: web, port: { name: metrics } } } },\n\
                 \x20 { path: /api, backend: { service: { name: api, port: { number: 80 } } } }] } }] }",
            ),
        ),
        both("v1", "Service", "other", same("spec: { ports: [{ name: metrics, port: 80 }] }")),
        both(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "guard",
            same(
                "spec: { podSelector: { matchLabels: { tier: back } }, ingress: [{\n\
                 \x20 ports: [{ port: 9001 }], from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }",
            ),
        ),
        both(
            "monitoring.coreos.com/v1",
            "ServiceMonitor",
            "watch",
            same(
                "spec: { selector: { matchLabels: { team: sales } }, endpoints: [{ port: metrics }] }",
            ),
        ),
        both("apps/v1", "Deployment", "owner", pods("{ app: four }", "args: [one]")),
        both(
            "apps/v1",
            "ReplicaSet",
            "older",
            same("spec: { template: { metadata: { labels: { app: two, tier: back } } } }"),
        )
        .map(|text| {
            let owner = "[{ kind: Deployment, name: owner, controller: true }]";
            text.replace("labels: { team", &format!("ownerReferences: {owner}, labels: {{ team"))
        }),
    ]
}

proptest! {
    /// With a backslash in its text, each object is read, whether a change can concern it or not.
    #[test]
    fn what_no_change_concerns_is_not_missed(picks in prop::collection::vec(0..3_usize, 13)) {
        let chosen = |new: usize, comment: &str| {
            let objects = system().into_iter().zip(&picks).filter(|(_, pick)| **pick > 0);
            let texts = objects.map(|(both, pick)| both[new * (pick - 1)].clone() + comment);
            texts.collect::<Vec<_>>().join("---\n")
        };
        let plan = |comment: &str| reviewed(&chosen(0, comment), &chosen(1, comment));
        prop_assert_eq!(plan(""), plan("# \\\n"));
    }
}

#[test]
fn classes_have_names() {
    for class in Class::ALL {
        assert_eq!(Class::from_name(class.name()), Some(class));
    }
    assert_eq!(Class::from_name("nothing"), None);
}

#[test]
fn a_comment_is_never_too_long() {
    let big = |word: &str| {
        let line = format!("  key: \"{}\"\n", word.repeat(900));
        (0..100)
            .map(|name| {
                object("ConfigMap", &format!("a{name}"), &format!("data:\n{line}")) + "---\n"
            })
            .collect::<String>()
    };
    let (old, new) = (big("a"), big("b"));
    let (old, new) = (side(&[("a.yaml", &old)]), side(&[("a.yaml", &new)]));
    let review = Review::new("a".into(), "b".into(), compared(&old, &new), &Sources::default());
    let comment = markdown(&[review]);
    assert!(comment.chars().count() <= 65_536);
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    assert_eq!(comment.matches("```").count() % 2, 0);
    assert_eq!(comment.matches("<details>").count(), 30);
    assert!(
        comment.ends_with("\n**70 of 201 parts did not fit here:** run `gen diff` to see them.\n"),
        "{}",
        &comment[comment.len() - 200..]
    );
}
