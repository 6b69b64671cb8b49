//! The real stacks in all of their environments: what must hold of everything that gen renders.

#![allow(clippy::disallowed_methods, reason = "a test reads the project from the disk")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gen_compiler::compile::{Compiled, Loaded, Request};
use gen_compiler::diagnostic::{self, Report, Style};
use gen_compiler::emit::file_set;
use gen_compiler::fs::{self, Access, Disk, Entry, EntryKind, FileSystem, Lock};
use gen_compiler::k8s::apply_order;
use gen_compiler::source::{NodeRef, Origin};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compiles an environment that must be sound.
fn compile(loaded: &Loaded<'_>, environment: &str) -> Compiled {
    let compiled = loaded.compile(environment, Request::default());
    let report = Report::new(&compiled.diagnostics, &loaded.project.sources);
    let text = diagnostic::human(&report, Style::default());
    assert!(!compiled.diagnostics.has_errors(), "{environment} is not sound:\n{text}");
    compiled
}

/// The files of all environments by path, as they would lie below `out/`.
fn render(fs: &dyn FileSystem) -> BTreeMap<String, String> {
    let loaded = Loaded::new(fs, root());
    let mut files = BTreeMap::new();
    for environment in loaded.environments.concrete() {
        let compiled = compile(&loaded, environment);
        for folder in &compiled.folders {
            let objects = folder.files.iter().map(|(name, object)| (name.as_str(), object));
            for (name, file) in file_set(&folder.name, objects, &loaded.project.sources).files {
                let text = String::from_utf8(file.bytes).expect("YAML is UTF-8");
                let path = format!("{environment}/{}/{name}", folder.name);
                files.insert(path, format!("{}\n{text}", file.input));
            }
        }
    }
    files
}

#[test]
fn each_stack_runs_where_its_sheet_says() {
    let loaded = Loaded::new(&Disk, root());
    let mut pairs = Vec::new();
    for environment in loaded.environments.concrete() {
        for folder in &compile(&loaded, environment).folders {
            if !folder.name.starts_with('_') {
                pairs.push(format!("{} {environment}", folder.name));
            }
        }
    }
    pairs.sort();
    assert_eq!(
        pairs,
        [
            "discbaboons dev",
            "discbaboons prod",
            "hackystack basic",
            "hackystack intermediate",
            "learnflow aks",
            "learnflow eks",
            "learnflow gke",
            "learnflow minikube",
            "wander dev",
            "wander prod",
            "wander staging",
        ]
    );
}

#[test]
fn wander_fits_on_two_pages() {
    let entries = std::fs::read_dir(root().join("stacks/wander")).expect("the folder is there");
    let files = entries.map(|entry| entry.expect("it can be read").path());
    let lines: usize =
        files.map(|file| std::fs::read_to_string(file).expect("text").lines().count()).sum();
    assert!(lines <= 120, "its stack and overlays have {lines} lines");
}

#[test]
fn every_field_leads_to_a_line_or_to_a_named_default() {
    let loaded = Loaded::new(&Disk, root());
    let mut nodes = 0;
    for environment in loaded.environments.concrete() {
        for object in compile(&loaded, environment).objects() {
            object.root().walk(&mut |path, node| {
                nodes += 1;
                let at = format!("{environment}: {} {path:?}", object.identity());
                for origin in [node.at(), node.key_at()] {
                    let Some(span) = origin.span() else {
                        let Origin::Derived { rule, .. } = origin else {
                            panic!("{at}: no place and no rule")
                        };
                        assert!(!rule.doc().trim().is_empty(), "{at}: a rule that says nothing");
                        continue;
                    };
                    let source = loaded.project.sources.get(span.file);
                    let on_disk = std::fs::read_to_string(root().join(&source.path));
                    let on_disk =
                        on_disk.unwrap_or_else(|error| panic!("{at}: {}: {error}", source.path));
                    assert!(span.start <= span.end, "{at}: an inverted span");
                    assert!(
                        span.end as usize <= on_disk.len(),
                        "{at}: past the end of {}",
                        source.path
                    );
                    let (line, _) = source.line_column(span.start);
                    assert!(line <= on_disk.lines().count().max(1), "{at}: no line {line}");
                }
            });
        }
    }
    assert!(nodes > 1000, "only {nodes} fields were looked at");
}

/// The objects that an object refers to and that must be there before it, as kind and name.
fn references(root: NodeRef<'_>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut add = |kind, node: Option<NodeRef<'_>>| {
        if let Some(name) = node.and_then(NodeRef::as_str) {
            found.push((kind, name.to_owned()));
        }
    };
    root.walk(&mut |path, node| {
        let last = path.last().map(|step| format!("{step:?}")).unwrap_or_default();
        let is = |key: &str| last == format!("Key({key:?})");
        for (field, kind) in [
            ("configMapKeyRef", "ConfigMap"),
            ("configMapRef", "ConfigMap"),
            ("configMap", "ConfigMap"),
            ("secretKeyRef", "Secret"),
            ("secretRef", "Secret"),
            ("scaleTargetRef", "Deployment"),
        ] {
            if is(field) {
                add(kind, node.get("name"));
            }
        }
        if is("roleRef") {
            let kind = node.get("kind").map_or("", NodeRef::text);
            add(if kind == "ClusterRole" { "ClusterRole" } else { "Role" }, node.get("name"));
        }
        if is("issuerRef") {
            let kind = node.get("kind").map_or("", NodeRef::text);
            add(if kind == "Issuer" { "Issuer" } else { "ClusterIssuer" }, node.get("name"));
        }
        if is("secret") {
            add("Secret", node.get("secretName"));
        }
        if is("persistentVolumeClaim") {
            add("PersistentVolumeClaim", node.get("claimName"));
        }
        if is("backend") {
            add("Service", node.at_path(&["service", "name"]));
        }
        if is("serviceAccountName") {
            add("ServiceAccount", Some(node));
        }
        if is("storageClassName") {
            add("StorageClass", Some(node));
        }
    });
    if let Some(namespace) = root.at_path(&["metadata", "namespace"]) {
        found.push(("Namespace", namespace.text().to_owned()));
    }
    found
}

#[test]
fn every_object_stands_before_those_that_refer_to_it() {
    /// The kinds by which a reference to a kind may be met.
    fn makers(kind: &str) -> &[&str] {
        match kind {
            "Secret" => &["SealedSecret", "ExternalSecret", "Certificate"],
            "Deployment" => &["Deployment", "StatefulSet"],
            "Namespace" => &["Namespace"],
            "ConfigMap" => &["ConfigMap"],
            "Role" => &["Role"],
            "ClusterRole" => &["ClusterRole"],
            "Issuer" => &["Issuer"],
            "ClusterIssuer" => &["ClusterIssuer"],
            "PersistentVolumeClaim" => &["PersistentVolumeClaim"],
            "Service" => &["Service"],
            "ServiceAccount" => &["ServiceAccount"],
            "StorageClass" => &["StorageClass"],
            other => panic!("who makes a {other}?"),
        }
    }
    let loaded = Loaded::new(&Disk, root());
    let mut checked = 0;
    for environment in loaded.environments.concrete() {
        let compiled = compile(&loaded, environment);
        let objects: Vec<_> = compiled.objects().collect();
        for (position, object) in objects.iter().enumerate() {
            for (kind, name) in references(object.root()) {
                let made = objects.iter().position(|other| {
                    let identity = other.identity();
                    let here = identity.namespace.is_none()
                        || identity.namespace == object.identity().namespace;
                    here && identity.name == name && makers(kind).contains(&identity.kind.as_str())
                });
                if let Some(made) = made {
                    checked += 1;
                    assert!(
                        made < position,
                        "{environment}: {} comes before {kind} {name}",
                        object.identity()
                    );
                }
            }
        }
    }
    assert!(checked > 100, "only {checked} references were looked at");
}

#[test]
fn files_are_sorted_by_apply_order() {
    let loaded = Loaded::new(&Disk, root());
    for environment in loaded.environments.concrete() {
        for folder in compile(&loaded, environment).folders {
            let steps: Vec<u8> = folder
                .files
                .iter()
                .map(|(_, object)| {
                    let identity = object.identity();
                    apply_order::step(&identity.group, &identity.kind)
                })
                .collect();
            assert!(steps.is_sorted(), "{environment}/{}: {steps:?}", folder.name);
        }
    }
}

/// The disk, with every folder listed backwards.
struct Backwards;

impl FileSystem for Backwards {
    fn read(&self, path: &Path) -> Result<Vec<u8>, fs::Error> {
        Disk.read(path)
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, fs::Error> {
        let mut entries = Disk.list(folder)?;
        entries.reverse();
        Ok(entries)
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, fs::Error> {
        Disk.kind(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, fs::Error> {
        Disk.canonical(path)
    }

    fn create_dir_all(&self, folder: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", folder.display())
    }

    fn write_new(&self, path: &Path, _: &[u8]) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", path.display())
    }

    fn link(&self, file: &Path, _: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", file.display())
    }

    fn rename(&self, from: &Path, _: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", from.display())
    }

    fn exchange(&self, one: &Path, _: &Path) -> Result<bool, fs::Error> {
        unreachable!("compiling writes nothing, and not {}", one.display())
    }

    fn remove_file(&self, path: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", path.display())
    }

    fn remove_dir(&self, folder: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", folder.display())
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), fs::Error> {
        unreachable!("compiling writes nothing, and not {}", folder.display())
    }

    fn lock(&self, folder: &Path, _: Access) -> Result<Lock, fs::Error> {
        unreachable!("compiling writes nothing, and not {}", folder.display())
    }
}

#[test]
fn the_order_of_folders_and_the_number_of_threads_change_nothing() {
    let expected = render(&Disk);
    assert_eq!(render(&Backwards), expected);
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        assert_eq!(pool.install(|| render(&Disk)), expected, "with {threads} threads");
    }
}

#[test]
fn a_render_is_the_same_in_every_locale() {
    let run = |locale: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
            .args(["--root", env!("CARGO_MANIFEST_DIR"), "render", "prod", "--stdout"])
            .env("LC_ALL", locale)
            .env("TZ", "Pacific/Auckland")
            .output()
            .expect("gen runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    assert_eq!(run("C"), run("tr_TR.UTF-8"));
}

#[test]
fn out_is_what_the_input_renders() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(["--root", env!("CARGO_MANIFEST_DIR"), "render", "--all", "--check"])
        .output()
        .expect("gen runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
