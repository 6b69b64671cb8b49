//! Does gen know which updates the API server refuses, and which replace pods?
//!
//! `tests/conformance/run record` applies good manifests, then mutants of them as dry runs, and
//! keeps what a real server says. Here gen says what it makes of the same updates. `cargo test
//! --test updates -- --nocapture` lists where the two disagree, the largest groups first.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own files has failed")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "it reads what was recorded and prints what disagrees"
)]

mod conformance;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use conformance::{
    Cause, Edit, FOLDER, Groups, dotted, manifests_in, percent, recorded, tree, without_indices,
    without_values,
};
use gen_compiler::diff::immutable::refusals;
use gen_compiler::diff::meaning;
use gen_compiler::diff::update::Update;
use gen_compiler::k8s::schema::{Resource, Type};
use gen_compiler::k8s::{Version, defaults};
use gen_compiler::source::NodeRef;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

/// How many updates gen and the server disagree on: exactly so many, so that what gets better is
/// noted, too. `docs/conformance.md` says of each why.
#[derive(Debug, PartialEq)]
struct Allowed {
    /// Updates that the server refuses and gen takes.
    missed: usize,
    /// Updates that the server takes and gen refuses.
    refused: usize,
    /// Updates that both refuse, each for another field.
    elsewhere: usize,
    /// Updates of a pod template of which gen says wrongly whether the pods are replaced.
    pods: usize,
}

#[test]
fn built_in_kinds_of_1_33() {
    judge("updates-1.33", "core", &Allowed { missed: 3, refused: 3, elsewhere: 0, pods: 0 });
}

#[test]
fn built_in_kinds_of_1_34() {
    judge("updates-1.34", "core", &Allowed { missed: 3, refused: 2, elsewhere: 0, pods: 0 });
}

#[test]
fn built_in_kinds_of_1_35() {
    judge("updates-1.35", "core", &Allowed { missed: 3, refused: 6, elsewhere: 0, pods: 0 });
}

#[test]
fn built_in_kinds_of_1_36() {
    judge("updates-1.36", "core", &Allowed { missed: 15, refused: 1, elsewhere: 0, pods: 0 });
}

#[test]
fn pod_templates_of_1_36() {
    judge("templates-1.36", "core", &Allowed { missed: 0, refused: 0, elsewhere: 0, pods: 0 });
}

#[test]
fn custom_resources() {
    judge(
        "custom-updates-1.36",
        "custom",
        &Allowed { missed: 0, refused: 0, elsewhere: 0, pods: 0 },
    );
}

/// What only the cluster knows, what admission plugins add, and what the documentation of
/// `defaults::complete` leaves out for another reason, by kind.
const NOT_COMPLETED: &[(&str, &str)] = &[
    ("", "metadata.finalizers"),
    ("DaemonSet", "metadata.annotations"),
    ("EndpointSlice", "endpoints[0].deprecatedTopology"),
    ("Job", "metadata.labels"),
    ("Job", "spec.selector"),
    ("Job", "spec.template.metadata"),
    ("Namespace", "metadata.labels"),
    ("Node", "spec.taints"),
    ("Pod", "spec.preemptionPolicy"),
    ("Pod", "spec.priority"),
    ("Pod", "spec.resources"),
    ("Pod", "spec.tolerations"),
    ("ReplicationController", "metadata.labels"),
    ("Service", "spec.clusterIP"),
    ("Service", "spec.ipFamilies"),
    ("Service", "spec.ipFamilyPolicy"),
];

/// Every good manifest is completed as the server completes it.
#[test]
fn what_the_server_fills_in() {
    let completed: Vec<Completed> = recorded("completed-1.36");
    let good = manifests_in(&Path::new(FOLDER).join("manifests/core"));
    let mut found = Vec::new();
    for Completed { manifest, object } in &completed {
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let kind = text("kind");
        let of = Resource::find(Version::newest(), text("apiVersion"), kind).map(Resource::root);
        let Some(own) = defaults::complete(tree(&good[manifest]).root()) else { continue };
        let mut paths = Vec::new();
        differences(own.root(), tree(object).root(), of, "", &mut paths);
        paths.retain(|path| {
            !NOT_COMPLETED
                .iter()
                .any(|(of, start)| [kind, ""].contains(of) && path.starts_with(start))
        });
        found.extend(paths.into_iter().map(|path| format!("{manifest}: {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A manifest, and what the server makes of it.
#[derive(Deserialize)]
struct Completed {
    manifest: String,
    object: Value,
}

/// The paths at which two values do not mean the same.
fn differences(
    own: NodeRef<'_>,
    server: NodeRef<'_>,
    of: Option<Type>,
    path: &str,
    out: &mut Vec<String>,
) {
    if meaning::equal(own, server, of) {
        return;
    }
    let before = out.len();
    let keys: BTreeSet<&str> =
        own.entries().chain(server.entries()).filter_map(NodeRef::key).collect();
    for key in keys {
        let inner = of.and_then(|of| of.at_path(&[key]));
        let path = format!("{path}.{key}").trim_start_matches('.').to_owned();
        match (own.get(key), server.get(key)) {
            (Some(own), Some(server)) => differences(own, server, inner, &path, out),
            (Some(one), None) | (None, Some(one)) if !meaning::is_absent(one, inner) => {
                out.push(path);
            }
            _ => {}
        }
    }
    if own.items().count() == server.items().count() {
        for (index, (own, server)) in own.items().zip(server.items()).enumerate() {
            differences(own, server, of.and_then(Type::item), &format!("{path}[{index}]"), out);
        }
    }
    if out.len() == before {
        out.push(path.to_owned());
    }
}

/// An update of a manifest, and what the server says of it.
#[derive(Deserialize)]
struct Asked {
    manifest: String,
    edit: Edit,
    code: u16,
    #[serde(default)]
    message: String,
    #[serde(default)]
    causes: Vec<Cause>,
    /// Whether the pods of a workload are `kept` or `replaced`.
    #[serde(default)]
    pods: String,
}

impl Asked {
    fn is_taken(&self) -> bool {
        self.code < 300
    }

    fn said(&self) -> String {
        match self.causes.first() {
            Some((field, _, message)) => {
                format!("{} {}: {}", self.code, without_indices(field), without_values(message))
            }
            None => format!("{} {}", self.code, without_values(&self.message)),
        }
    }
}

/// What gen says of an update.
struct Own {
    /// The fields that it names, as it does and as the server does, and why.
    refused: Vec<(String, String, String)>,
    replaces_pods: bool,
}

#[derive(Default)]
struct Tally {
    taken: usize,
    refused_by_server: usize,
    templates: usize,
    missed: Groups,
    refused: Groups,
    elsewhere: Groups,
    pods: Groups,
}

fn judge(name: &str, manifests: &str, allowed: &Allowed) {
    let asked: Vec<Asked> = recorded(name);
    let good = manifests_in(&Path::new(FOLDER).join("manifests").join(manifests));
    let minor: u8 = name.rsplit('.').next().unwrap().parse().unwrap();
    let version = Version::all().find(|version| version.minor() == minor).unwrap();
    let own: Vec<Own> = asked
        .par_iter()
        .map(|asked| {
            let mut object = good[&asked.manifest].clone();
            let old = tree(&object);
            asked.edit.apply(&mut object);
            let new = tree(&object);
            let update = Update::of(old.root(), new.root(), version);
            let refused = refusals(&update, new.root()).into_iter();
            Own {
                refused: refused
                    .map(|it| (it.path, dotted(&it.server_path), it.reason.into_owned()))
                    .collect(),
                replaces_pods: update.replaces_pods(),
            }
        })
        .collect();
    let mut tally = Tally::default();
    for (asked, own) in asked.iter().zip(&own) {
        tally.add(good[&asked.manifest]["kind"].as_str().unwrap(), asked, own);
    }
    println!("{name}: {}", tally.text());
    if std::env::var_os("GEN_VERDICTS").is_none() {
        let found = Allowed {
            missed: tally.missed.count,
            refused: tally.refused.count,
            elsewhere: tally.elsewhere.count,
            pods: tally.pods.count,
        };
        assert_eq!(found, *allowed);
    }
}

impl Tally {
    fn add(&mut self, kind: &str, asked: &Asked, own: &Own) {
        let example = || {
            let causes: Vec<String> = asked
                .causes
                .iter()
                .map(|(field, _, message)| format!("{field}: {message}"))
                .collect();
            let said: String =
                [asked.message.as_str(), &causes.join("; ")].concat().chars().take(300).collect();
            format!("{}: {} => {} {said}", asked.manifest, asked.edit.text(), asked.code)
        };
        if asked.is_taken() {
            self.taken += 1;
        } else {
            self.refused_by_server += 1;
        }
        match (asked.is_taken(), own.refused.first()) {
            (true, None) => {}
            (true, Some((path, _, reason))) => {
                let group = format!("{kind} {}: {}", without_indices(path), without_values(reason));
                self.refused.add(group, example());
            }
            (false, None) => self.missed.add(format!("{kind} {}", asked.said()), example()),
            (false, Some((path, ..))) => {
                let named: BTreeSet<String> =
                    asked.causes.iter().map(|(field, ..)| dotted(field)).collect();
                let is_same = own.refused.iter().any(|(path, server, _)| {
                    named.contains(&dotted(path)) || named.contains(server)
                });
                if !is_same && !named.is_empty() {
                    let group = format!("{kind} {} | gen: {}", asked.said(), without_indices(path));
                    self.elsewhere.add(group, example());
                }
            }
        }
        if !asked.pods.is_empty() {
            self.templates += 1;
            if own.replaces_pods != (asked.pods == "replaced") {
                let path: Vec<String> = asked.edit.path.iter().map(ToString::to_string).collect();
                let group = format!("{kind} {} {}", asked.pods, without_indices(&path.join(".")));
                self.pods.add(group, example());
            }
        }
    }

    fn text(&self) -> String {
        let asked = self.taken + self.refused_by_server;
        let mut out = format!(
            "the server refuses {} of {asked} updates ({:.2} %), gen misses {}; of what it takes, gen refuses {}; \
             of {} templates gen is wrong on {}\n",
            self.refused_by_server,
            percent(self.refused_by_server, asked),
            self.missed.count,
            self.refused.count,
            self.templates,
            self.pods.count,
        );
        for (title, groups) in [
            ("MISSED", &self.missed),
            ("REFUSED, but the server takes it", &self.refused),
            ("ELSEWHERE: refused for another field", &self.elsewhere),
            ("PODS: kept or replaced, says the server, gen says the opposite", &self.pods),
        ] {
            let _ = writeln!(out, "\n{title}: {}", groups.count);
            groups.text(&mut out);
        }
        out
    }
}
