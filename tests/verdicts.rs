//! Is gen as strict as the API server?
//!
//! `tests/conformance/run record` edits good manifests, one edit at a time, and keeps what a
//! real server says of each. Here gen judges the same objects. `cargo test --test verdicts --
//! --nocapture` lists where the two disagree, the largest groups first.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own files has failed")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "it reads what was recorded and prints what disagrees"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use conformance::{
    Cause, Edit, FOLDER, Groups, dotted, manifests_in, percent, recorded, tree, without_indices,
    without_values,
};
use gen_compiler::diagnostic::{Code, Severity};
use gen_compiler::k8s::Version;
use gen_compiler::k8s::schema::Resource;
use gen_compiler::source::{Dialect, Sources, Tree, parse};
use gen_compiler::validate::{self, Author, Cluster, Finding, Member, admission, security};
use rayon::prelude::*;
use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

mod conformance;

/// How many disagree: exactly so many, so that what gets better is noted, too. `docs/conformance.md`
/// says of each why.
#[derive(Debug, PartialEq)]
struct Allowed {
    /// Objects that the server refuses and gen takes.
    missed: usize,
    /// Objects that the server takes and gen refuses.
    refused: usize,
    /// Objects that both refuse, each for another field.
    elsewhere: usize,
}

#[test]
fn built_in_kinds_of_1_33() {
    judge("core-1.33", "core", &Allowed { missed: 1, refused: 1, elsewhere: 1 });
}

#[test]
fn built_in_kinds_of_1_34() {
    judge("core-1.34", "core", &Allowed { missed: 0, refused: 1, elsewhere: 5 });
}

#[test]
fn built_in_kinds_of_1_35() {
    judge("core-1.35", "core", &Allowed { missed: 0, refused: 0, elsewhere: 0 });
}

#[test]
fn built_in_kinds_of_1_36() {
    judge("core-1.36", "core", &Allowed { missed: 3, refused: 4, elsewhere: 1 });
}

#[test]
fn custom_resources() {
    judge("custom-1.36", "custom", &Allowed { missed: 1, refused: 0, elsewhere: 1 });
}

/// In a long file much comes again. What gen knows of it by then changes nothing that it says: of
/// an object that stands among all others of its manifest, for the third time, it finds what it
/// finds in the object alone.
#[test]
fn among_others_an_object_is_judged_as_it_is_alone() {
    for (name, manifests) in
        [("core-1.33", "core"), ("core-1.36", "core"), ("custom-1.36", "custom")]
    {
        let verdicts: Vec<Verdict> = recorded(name);
        let good = manifests_in(&Path::new(FOLDER).join("manifests").join(manifests));
        let cluster = Cluster { version: version_of(name), ..Cluster::default() };
        let mut of_manifests: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for verdict in &verdicts {
            // The version matters to what is made of a StatefulSet.
            if name == "core-1.33" && good[&verdict.manifest]["kind"] != "StatefulSet" {
                continue;
            }
            let mut object = good[&verdict.manifest].clone();
            verdict.edit.apply(&mut object);
            of_manifests.entry(&verdict.manifest).or_default().push(object);
        }
        let said = |findings: Vec<Finding>| -> Vec<_> {
            let said = |it: Finding| (it.code, it.severity, it.path, it.server_path, it.message);
            findings.into_iter().map(said).collect()
        };
        let find = |text: String| {
            let sources = Sources::default();
            let source = sources.get(sources.add("a.yaml", text));
            let (trees, diagnostics) = parse(&source, Dialect::Kubectl);
            assert!(diagnostics.is_empty(), "{diagnostics:?}");
            let find = |tree: &Tree| {
                let mut findings = Vec::new();
                validate::object(tree.root(), Author::Other, &cluster, &mut findings);
                said(findings)
            };
            trees.iter().map(find).collect::<Vec<_>>()
        };
        let of_manifests: Vec<_> = of_manifests.into_iter().collect();
        of_manifests.par_iter().for_each(|(manifest, objects)| {
            let text = |object| format!("---\n{}", serde_yaml::to_string(object).unwrap());
            let texts: Vec<String> = objects.iter().map(text).collect();
            let among_others = find(texts.iter().map(|text| text.repeat(3)).collect());
            assert_eq!(among_others.len(), 3 * texts.len(), "{manifest}");
            let third = among_others.into_iter().skip(2).step_by(3);
            for (text, among_others) in texts.into_iter().zip(third) {
                assert_eq!(find(text.clone()), [among_others], "{name}: {manifest}: {text}");
            }
        });
    }
}

/// What a namespace of each level says of Pods.
#[test]
fn pod_security() {
    let verdicts: Vec<Verdict> = recorded("pod-security-1.36");
    let good = manifests_in(&Path::new(FOLDER).join("manifests/pod-security"));
    let cluster = Cluster::default();
    let mut disagreements = Vec::new();
    for verdict in &verdicts {
        let mut object = good[&verdict.manifest].clone();
        verdict.edit.apply(&mut object);
        let mut found = errors(&object, &cluster);
        let level = security::Level::from_word(&verdict.level).unwrap();
        let tree = tree(&object);
        security::pod(tree.root(), level, cluster.version.minor(), &mut found);
        if found.is_empty() != (verdict.code < 300) {
            let said: String = verdict.message.chars().take(300).collect();
            let found: Vec<&String> = found.iter().map(|finding| &finding.path).collect();
            let edit = verdict.edit.text();
            disagreements.push(format!(
                "{} {}: {edit} => {} {said} | gen: {found:?}",
                verdict.manifest, verdict.level, verdict.code
            ));
        }
    }
    assert!(
        disagreements.is_empty(),
        "{} of {}: {disagreements:#?}",
        disagreements.len(),
        verdicts.len()
    );
}

/// What ValidatingAdmissionPolicies say of objects that the server takes otherwise.
#[test]
fn policies() {
    let verdicts: Vec<Verdict> = recorded("policies-1.36");
    let manifests = Path::new(FOLDER).join("manifests");
    let good = manifests_in(&manifests.join("core"));
    let mut disagreements = Vec::new();
    let (mut decided, mut undecided) = (0, 0);
    for file in verdicts.chunk_by(|a, b| a.policy == b.policy) {
        let name = &file[0].policy;
        let text = fs::read_to_string(manifests.join(format!("policies/{name}.yaml"))).unwrap();
        let mut policies = documents(&text);
        for policy in &policies {
            let mut found = Vec::new();
            validate::object(policy.root(), Author::Other, &Cluster::default(), &mut found);
            found.retain(|finding| finding.severity == Severity::Error);
            assert!(found.is_empty(), "{name} is good, but gen finds {found:?}");
        }
        policies.extend(manifests_in(&manifests.join("cluster")).values().map(tree));
        let cluster = Cluster { policies, ..Cluster::default() };
        for verdict in file {
            let mut object = good[&verdict.manifest].clone();
            verdict.edit.apply(&mut object);
            let own = OwnWords::of(&in_a_namespace(object), &cluster);
            if own.undecided {
                undecided += 1;
                continue;
            }
            decided += 1;
            let server = ServerWords::of(verdict);
            if !server.agree_with(&own) {
                disagreements.push(format!(
                    "{name}: {} {}\n  denials: {:?}, gen: {:?}\n  warnings: {:?}, gen: {:?}",
                    verdict.manifest,
                    verdict.edit.text(),
                    server.denial,
                    own.denials.first(),
                    server.warnings.difference(&own.warnings).collect::<Vec<_>>(),
                    own.warnings.difference(&server.warnings).collect::<Vec<_>>(),
                ));
            }
        }
    }
    println!("policies: {decided} verdicts, {undecided} that need the cluster");
    assert!(disagreements.is_empty(), "{}:\n{}", disagreements.len(), disagreements.join("\n"));
    assert!(decided > 10 * undecided, "{decided} and {undecided}");
}

fn documents(text: &str) -> Vec<Tree> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| tree(&Value::deserialize(document).unwrap()))
        .collect()
}

/// An object that names no namespace was asked about in `shop`.
fn in_a_namespace(mut object: Value) -> Value {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let of = Resource::find(Version::default(), text("apiVersion"), text("kind"));
    let is_named = object["metadata"].get("namespace").is_some_and(|name| name != "");
    if of.is_some_and(Resource::is_namespaced) && !is_named {
        object["metadata"]["namespace"] = "shop".into();
    }
    object
}

/// What gen says of an object under policies, in the order of their validations.
#[derive(Debug)]
struct OwnWords {
    denials: Vec<String>,
    warnings: BTreeSet<String>,
    undecided: bool,
}

impl OwnWords {
    fn of(object: &Value, cluster: &Cluster) -> Self {
        let tree = tree(object);
        let mut findings = Vec::new();
        let member = Member::new(tree.root(), Author::Other, "");
        admission::evaluate(&[member], cluster, &mut findings);
        let words = |finding: &Finding| {
            let (_, message) = finding.message.split_once(" refuses it: ").unwrap();
            let failed = Regex::new("^.* in `([^`]*)`$").unwrap();
            let untrue = Regex::new("^`([^`]*)` does not hold$").unwrap();
            if message.starts_with("its binding names no namespace") {
                return "the binding".to_owned();
            }
            let message = failed.replace(message, "error in $1").into_owned();
            untrue.replace(&message, "untrue $1").into_owned()
        };
        let of = |severity| {
            findings
                .iter()
                .filter(move |it| it.code == Code::Policy && it.severity == severity)
                .map(words)
        };
        Self {
            denials: of(Severity::Error).collect(),
            warnings: of(Severity::Warning).collect(),
            undecided: findings.iter().any(|finding| finding.code == Code::RuleNotChecked),
        }
    }
}

/// What the server says: the first denial, and all warnings.
#[derive(Debug)]
struct ServerWords {
    denial: Option<String>,
    warnings: BTreeSet<String>,
}

impl ServerWords {
    fn of(verdict: &Verdict) -> Self {
        let about = r"(?s)^(Validation failed for )?ValidatingAdmissionPolicy '[^']*' with binding '[^']*'( denied request)?: ";
        let about = Regex::new(about).unwrap();
        let failed = Regex::new("(?s)^expression '(.*)' resulted in error: .*$").unwrap();
        let untrue = Regex::new("(?s)^failed expression: (.*)$").unwrap();
        let words = |text: &str| {
            assert!(about.is_match(text), "{text}");
            let text = about.replace(text, "").into_owned();
            if text.starts_with("failed to configure binding: ") {
                return "the binding".to_owned();
            }
            // As gen shows expressions.
            let shown = |of: &str, found: &regex_lite::Captures<'_>| {
                let line: String = found[1].split_whitespace().collect::<Vec<_>>().join(" ");
                match line.chars().count() {
                    0..=80 => format!("{of} {line}"),
                    _ => format!("{of} {}...", line.chars().take(77).collect::<String>()),
                }
            };
            let text = failed
                .replace(&text, |found: &regex_lite::Captures<'_>| shown("error in", found))
                .into_owned();
            untrue
                .replace(&text, |found: &regex_lite::Captures<'_>| shown("untrue", found))
                .into_owned()
        };
        Self {
            denial: verdict.causes.first().map(|(_, _, message)| words(message)),
            warnings: verdict.warnings.iter().map(|text| words(text)).collect(),
        }
    }

    fn agree_with(&self, own: &OwnWords) -> bool {
        self.denial.as_ref() == own.denials.first() && self.warnings == own.warnings
    }
}

#[derive(Deserialize)]
struct Verdict {
    manifest: String,
    edit: Edit,
    code: u16,
    /// What the namespace enforces.
    #[serde(default)]
    level: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    causes: Vec<Cause>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    policy: String,
}

/// How gen and the server agree on one object.
enum Agreement {
    BothTake,
    BothRefuse { paths: Paths },
    Missed { group: String },
    Refused { group: String },
}

enum Paths {
    /// They name a field in common.
    Same,
    /// They name none in common.
    Elsewhere { group: String },
    /// The server names none.
    None,
}

fn judge(name: &str, manifests: &str, allowed: &Allowed) {
    let verdicts: Vec<Verdict> = recorded(name);
    let good = manifests_in(&Path::new(FOLDER).join("manifests").join(manifests));
    let cluster = Cluster { version: version_of(name), ..Cluster::default() };

    let asked: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.manifest.as_str()).collect();
    for manifest in asked {
        let object = &good[manifest];
        let found = errors(object, &cluster);
        assert!(found.is_empty(), "{manifest} is good, but gen finds {found:?}");
    }

    let agreements: Vec<Agreement> = verdicts
        .par_iter()
        .map(|verdict| {
            let mut object = good[&verdict.manifest].clone();
            verdict.edit.apply(&mut object);
            compare(verdict, &object, &errors(&object, &cluster))
        })
        .collect();

    let mut tally = Tally::default();
    for (verdict, agreement) in verdicts.iter().zip(agreements) {
        tally.add(verdict, agreement);
    }
    println!("{name}: {}", tally.text());
    if std::env::var_os("GEN_VERDICTS").is_none() {
        let found = Allowed {
            missed: tally.missed.count,
            refused: tally.refused.count,
            elsewhere: tally.elsewhere.count,
        };
        assert_eq!(found, *allowed);
    }
}

/// The version of Kubernetes that something was recorded on.
fn version_of(name: &str) -> Version {
    let minor: u8 = name.rsplit('.').next().unwrap().parse().unwrap();
    Version::all().find(|version| version.minor() == minor).unwrap()
}

fn errors(object: &Value, cluster: &Cluster) -> Vec<Finding> {
    let tree = tree(object);
    let mut findings = Vec::new();
    validate::object(tree.root(), Author::Other, cluster, &mut findings);
    findings.retain(|finding| finding.severity == Severity::Error);
    findings
}

fn compare(verdict: &Verdict, object: &Value, found: &[Finding]) -> Agreement {
    let kind = object["kind"].as_str().unwrap();
    let taken = verdict.code < 300;
    match (taken, found.first()) {
        (true, None) => Agreement::BothTake,
        (true, Some(first)) => {
            let group = format!(
                "{kind} {} {}: {}",
                first.code.id(),
                without_indices(&first.path),
                without_values(&first.message)
            );
            Agreement::Refused { group }
        }
        (false, None) => Agreement::Missed { group: format!("{kind} {}", server_group(verdict)) },
        (false, Some(first)) => {
            let paths = same_path(verdict, found).map_or(Paths::None, |same| {
                if same {
                    return Paths::Same;
                }
                let named = without_indices(&own_path(first));
                let group = format!("{kind} {} | gen: {named}", server_group(verdict));
                Paths::Elsewhere { group }
            });
            Agreement::BothRefuse { paths }
        }
    }
}

fn server_group(verdict: &Verdict) -> String {
    match verdict.causes.first() {
        Some((field, _, message)) => {
            format!("{} {}: {}", verdict.code, without_indices(field), without_values(message))
        }
        None => format!("{} {}", verdict.code, without_values(&verdict.message)),
    }
}

/// Whether gen names a field that the server names, if it names one.
///
/// A message about decoding leaves out indices and the keys of free maps. Of a map that is
/// missing as a whole the server names a field that it wants inside of it, gen the map.
fn same_path(verdict: &Verdict, found: &[Finding]) -> Option<bool> {
    let own: Vec<String> = found.iter().flat_map(own_paths).collect();
    let causes = verdict.causes.iter().map(|(field, ..)| dotted(field));
    let named: Vec<String> = causes.filter(|field| !field.is_empty() && field != "<nil>").collect();
    if !named.is_empty() {
        let missing: Vec<String> = found
            .iter()
            .filter(|finding| finding.code == Code::MissingObjectField)
            .map(|finding| format!("{}.", dotted(&finding.path)))
            .collect();
        return Some(named.iter().any(|field| {
            own.iter().any(|path| names(path, field))
                || missing.iter().any(|above| field.starts_with(above))
        }));
    }
    let decoding = decoding_paths(&verdict.message);
    if decoding.is_empty() {
        return None;
    }
    let properties = Regex::new(r"\.properties\.[^.]+").unwrap();
    let without_keys = |path: &String| properties.replace_all(path, ".properties").into_owned();
    let keyless: Vec<String> = own.iter().map(without_keys).collect();
    let own: Vec<String> = own.iter().chain(&keyless).map(|path| stripped(path)).collect();
    let entry_of = |path: &str, field: &str| {
        path.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'))
    };
    let mut decoding = decoding.iter().map(|field| stripped(field));
    Some(decoding.any(|field| own.iter().any(|path| *path == field || entry_of(path, &field))))
}

/// Whether a path of gen's is that of the server. Where the server names a list of plain values
/// or a map with free keys, gen may name the very item or entry.
fn names(path: &str, field: &str) -> bool {
    let Some(rest) = path.strip_prefix(field) else { return false };
    let free = ["labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData"];
    let is_item = |rest: &str| rest.starts_with('[') && rest.ends_with(']') && !rest.contains('.');
    let is_entry = free.iter().any(|name| field.ends_with(name)) && rest.starts_with('.');
    rest.is_empty() || is_item(rest) || is_entry
}

/// The paths in a message about decoding, without the Go types that are embedded in others.
fn decoding_paths(message: &str) -> Vec<String> {
    let pattern =
        r#"unknown field "([^"]*)"|Go struct field \w+\.(\S+) of type|"(\S+?)": Internal"#;
    let pattern = Regex::new(pattern).unwrap();
    let embedded = Regex::new(r"(?:\.[A-Z]\w*)+\.").unwrap();
    let path = |found: regex_lite::Captures<'_>| {
        let path = (1..=3).find_map(|group| found.get(group))?;
        let path = embedded.replace_all(path.as_str(), ".").into_owned();
        // Of a custom resource the server decodes the metadata alone.
        let is_inside = found[0].starts_with("Go struct field ObjectMeta.");
        let is_whole = path.split('.').any(|step| step == "metadata");
        Some(if is_inside && !is_whole { format!("metadata.{path}") } else { path })
    };
    pattern.captures_iter(message).filter_map(path).collect()
}

fn own_path(finding: &Finding) -> String {
    own_paths(finding).pop().unwrap_or_default()
}

/// The paths that a finding names: that of the value, that by which the server names it, and
/// those of fields that exclude each other.
fn own_paths(finding: &Finding) -> Vec<String> {
    let at = dotted(&finding.path);
    let mut paths = vec![at.clone(), dotted(finding.server_path())];
    if matches!(finding.code, Code::MissingObjectField | Code::Contradiction) {
        for name in finding.message.split('`').skip(1).step_by(2) {
            paths.push(format!("{at}.{name}").trim_start_matches('.').to_owned());
        }
    }
    paths
}

fn stripped(path: &str) -> String {
    Regex::new(r"\[\d+\]").unwrap().replace_all(path, "").into_owned()
}

#[derive(Default)]
struct Tally {
    taken: usize,
    refused_by_server: usize,
    named: [usize; 2],
    nameless: usize,
    missed: Groups,
    refused: Groups,
    elsewhere: Groups,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict, agreement: Agreement) {
        let example = || {
            let causes: Vec<String> = verdict
                .causes
                .iter()
                .map(|(field, _, message)| format!("{field}: {message}"))
                .collect();
            let said = [verdict.message.as_str(), &causes.join("; ")].concat();
            let said: String = said.chars().take(300).collect();
            format!("{}: {} => {} {said}", verdict.manifest, verdict.edit.text(), verdict.code)
        };
        if verdict.code < 300 {
            self.taken += 1;
        } else {
            self.refused_by_server += 1;
        }
        match agreement {
            Agreement::BothTake => {}
            Agreement::Missed { group } => self.missed.add(group, example()),
            Agreement::Refused { group } => self.refused.add(group, example()),
            Agreement::BothRefuse { paths: Paths::None } => self.nameless += 1,
            Agreement::BothRefuse { paths } => {
                let decoding = usize::from(verdict.causes.is_empty());
                self.named[decoding] += 1;
                if let Paths::Elsewhere { group } = paths {
                    self.elsewhere.add(group, example());
                }
            }
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let share = |part: usize, whole: usize| {
            format!("{part} of {whole} ({:.2} %)", percent(part, whole))
        };
        let both = self.refused_by_server - self.missed.count;
        let named: usize = self.named.iter().sum();
        let _ = writeln!(
            out,
            "the server refuses {}",
            share(self.refused_by_server, self.refused_by_server + self.taken)
        );
        let _ = writeln!(out, "  of these gen refuses {}", share(both, self.refused_by_server));
        let _ = writeln!(
            out,
            "  where it names a field, gen names the same in {}; it names none in {}",
            share(named - self.elsewhere.count, named),
            self.nameless
        );
        let _ = writeln!(
            out,
            "  of what the server takes, gen refuses {}",
            share(self.refused.count, self.taken)
        );
        for (title, groups) in [
            ("MISSED", &self.missed),
            ("REFUSED, but the server takes it", &self.refused),
            ("ELSEWHERE: refused for another field", &self.elsewhere),
        ] {
            let _ = writeln!(out, "\n{title}: {}", groups.count);
            groups.text(&mut out);
        }
        out
    }
}
