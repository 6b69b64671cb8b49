//! What a stranger's branch may do to whoever renders or reviews it: nothing. Each command runs on
//! trees in which every file and folder in turn is a link to a canary, names are hostile, and every
//! program on the path is a trap that leaves a trace.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test makes trees and runs programs")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// What must never be shown or written anywhere.
const CANARY: &str = "CANARY-5f1c";

/// Commands that read a project, each as its words.
const ON_PROJECTS: &[&str] = &[
    "check",
    "render --all --check",
    "render dev --with sweep -o elsewhere",
    "diff dev -o markdown",
    "diff --from out:dev --to render:dev -o json",
    "reach dev",
];

/// Commands that read manifests; each is given a file or a folder.
const ON_MANIFESTS: &[&str] =
    &["check --verbose -f", "check -f policies --crds", "reach -f", "diff --to out/dev --from"];

/// Commands that read no input.
const ON_NOTHING: &[&str] = &["explain R081", "schema stack", "help", "--version"];

/// A project that has a file of every kind.
const PROJECT: &[(&str, &str)] = &[
    ("environments/base.yaml", "abstract: true\nkubernetes: \"1.34\"\nrouting: none\n"),
    ("environments/dev.yaml", "extends: base\ndomain: dev.example.com\n"),
    ("environments/prod.yaml", "extends: base\ndomain: example.com\n"),
    (
        "stacks/shop/stack.yaml",
        r#"environments: [dev, prod]
services:
  web:
    image: shop/web:1.0.0
    ports: { http: 8080 }
    health: /health
    mounts:
      /etc/app: { files: conf/ }
      /etc/motd: { files: motd }
      /etc/proxy: { config: proxy }
jobs:
  sweep: { image: "shop/sweep:1.0.0", onDemand: true }
configs:
  proxy: { files: proxy/, templates: { nginx.conf: { with: { workers: 4 } } } }
templates:
  account: { with: { name: robot } }
manifests:
  extras: { file: vendor/extras.yaml, sha256: 97322657248720b255b90f5a8567f3ef6af70b7eae329c84bb94a05b82c0f402 }
"#,
    ),
    ("stacks/shop/prod.yaml", "services: { web: { replicas: 2 } }\n"),
    ("stacks/shop/conf/app.conf", "listen 8080\n"),
    ("stacks/shop/conf/deep/more.conf", "more\n"),
    ("stacks/shop/motd", "welcome\n"),
    ("stacks/shop/proxy/mime.types", "text/html html;\n"),
    (
        "stacks/shop/vendor/extras.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extras }\ndata: { a: b }\n",
    ),
    (
        "stacks/mail/stack.yaml",
        "environments: [dev]\nworkers: { mailer: { image: \"shop/mailer:1.0.0\" } }\n",
    ),
    ("stacks/mail/instances/acme.yaml", "workers: { mailer: { replicas: 2 } }\n"),
    ("stacks/mail/instances/acme/dev.yaml", "workers: { mailer: { replicas: 1 } }\n"),
    ("templates/nginx.conf.j2", "worker_processes {{ workers }};\n"),
    ("templates/nginx.conf.parameters.yaml", "parameters: { workers: integer }\n"),
    (
        "templates/account.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: \"{{ name }}\" }\n",
    ),
    ("templates/account.parameters.yaml", "parameters: { name: string }\n"),
    (
        "crds/widgets.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: widgets.example.com }\nspec:\n  group: example.com\n  scope: Namespaced\n  names: { kind: Widget, plural: widgets }\n  versions:\n    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }\n",
    ),
    (
        "policies/replicas.yaml",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: { name: replicas }\nspec:\n  matchConstraints:\n    resourceRules:\n      - { apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }\n  validations: [{ expression: \"object.spec.replicas < 9\" }]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: { name: replicas }\nspec: { policyName: replicas, validationActions: [Deny] }\n",
    ),
];

/// A tree to run commands on, beside what is none of its business.
struct Stage {
    folder: TempDir,
}

impl Stage {
    /// The sound project, rendered, beside a folder `outside` that holds canaries under the names
    /// of everything in it, and traps for every program.
    fn new() -> Result<Self> {
        let stage = Self { folder: TempDir::new()? };
        for (path, text) in PROJECT {
            write(&stage.project().join(path), text)?;
        }
        stage.traps()?;
        let rendered = stage.run("render --all")?;
        ensure!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
        for path in files(&stage.project())?.into_keys() {
            // As a file of the language, of text, of gen's own or of Kubernetes, it is wrong.
            write(&stage.outside().join(path), format!("{CANARY}: {CANARY}\n"))?;
        }
        Ok(stage)
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    fn trace(&self) -> PathBuf {
        self.folder.path().join("trace")
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("path")
    }

    /// A program for every name that somebody could think of calling.
    fn traps(&self) -> Result<()> {
        let script = format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\n", self.trace().display());
        for name in [
            "sh",
            "bash",
            "env",
            "git",
            "ssh",
            "less",
            "more",
            "cat",
            "vi",
            "helm",
            "kubectl",
            "kustomize",
            "kubeseal",
            "sops",
            "age",
            "docker",
            "python3",
            "node",
            "curl",
            "diff",
            "git-upload-pack",
            "git-remote-ext",
            "git-remote-https",
            "git-credential-trap",
            "gpg",
        ] {
            write(&self.path().join(name), &script)?;
            fs::set_permissions(self.path().join(name), fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    /// Another stage with the same content.
    fn copy(&self) -> Result<Self> {
        let copy = Self { folder: TempDir::new()? };
        for folder in ["project", "outside"] {
            for (path, bytes) in files(&self.folder.path().join(folder))? {
                write(&copy.folder.path().join(folder).join(path), &bytes)?;
            }
        }
        copy.traps()?;
        Ok(copy)
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        command
            .args(words.split(' '))
            .current_dir(self.project())
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", self.folder.path())
            .env("TOKEN", CANARY)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &str) -> Result<Output> {
        self.command(words).output().with_context(|| words.to_owned())
    }

    /// Runs a command and asserts that it showed, wrote, started and broke nothing that it must
    /// not.
    fn harmless(&self, words: &str, outside: &BTreeMap<String, Vec<u8>>) -> Result<Output> {
        let output = self.run(words)?;
        let shown = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        for text in &shown {
            ensure!(!text.contains(CANARY), "`gen {words}` shows it: {text}");
        }
        let code = output.status.code();
        ensure!(matches!(code, Some(0..=3)), "`gen {words}` ends with {code:?}: {}", shown[1]);
        let trace = fs::read_to_string(self.trace()).unwrap_or_default();
        ensure!(trace.is_empty(), "`gen {words}` ran {trace}");
        ensure!(files(&self.outside())? == *outside, "`gen {words}` changed what lies outside");
        for folder in ["out", "elsewhere"] {
            for (path, bytes) in files(&self.project().join(folder))? {
                let text = String::from_utf8_lossy(&bytes);
                ensure!(!text.contains(CANARY), "`gen {words}` wrote it to {folder}/{path}");
            }
        }
        Ok(output)
    }
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(path, content).with_context(|| path.display().to_string())
}

/// The files below a folder with their bytes, by path, without following links.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    folders.retain(|folder| !folder.is_symlink());
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if entry.file_type()?.is_file() {
                let below = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                all.insert(below, fs::read(&path)?);
            }
        }
    }
    Ok(all)
}

/// Each folder that a path lies in, and the path itself.
fn with_folders(path: &str) -> Vec<String> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| path[..end].to_owned()).collect()
}

/// Tries each of many things in a few threads; what went wrong with any of them.
fn each<T: Sync>(all: &[T], test: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let errors: Vec<String> = thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(4).max(1));
        let threads: Vec<_> = parts
            .map(|part| {
                let test = &test;
                scope.spawn(move || {
                    part.iter().filter_map(|one| test(one).err()).collect::<Vec<_>>()
                })
            })
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join().expect("a test does not panic"));
        ended.flatten().map(|error| format!("{error:#}")).collect()
    });
    match errors.as_slice() {
        [] => Ok(()),
        errors => bail!("{}", errors.join("\n")),
    }
}

#[test]
fn no_link_shows_or_changes_what_lies_outside() -> Result<()> {
    let stage = Stage::new()?;
    let mut places: Vec<String> =
        files(&stage.project())?.into_keys().flat_map(|path| with_folders(&path)).collect();
    places.sort_unstable();
    places.dedup();
    each(&places, |place| {
        let stage = stage.copy()?;
        let link = stage.project().join(place);
        if link.is_dir() {
            fs::remove_dir_all(&link)?;
        } else {
            fs::remove_file(&link)?;
        }
        symlink(stage.outside().join(place), &link)?;
        let outside = files(&stage.outside())?;
        let top = place.split('/').next().unwrap_or(place);
        for words in ON_PROJECTS {
            stage.harmless(words, &outside).with_context(|| place.clone())?;
        }
        // The folder at the project's root is named itself, and then may be a link.
        if top != place {
            for words in ON_MANIFESTS {
                stage
                    .harmless(&format!("{words} {top}"), &outside)
                    .with_context(|| place.clone())?;
            }
        }
        Ok(())
    })
}

/// What the kernel shows of the process holds its variables.
#[cfg(target_os = "linux")]
#[test]
fn no_link_shows_the_variables_of_the_process() -> Result<()> {
    let stage = Stage::new()?;
    let places: Vec<String> = files(&stage.project())?.into_keys().collect();
    each(&places, |place| {
        let stage = stage.copy()?;
        let link = stage.project().join(place);
        fs::remove_file(&link)?;
        symlink("/proc/self/environ", &link)?;
        let outside = files(&stage.outside())?;
        for words in ["check", "render --all", "diff dev -o markdown", "check --verbose -f ."] {
            stage.harmless(words, &outside).with_context(|| place.clone())?;
        }
        Ok(())
    })
}

/// Names that leave their frame in a terminal, a shell, Markdown, HTML, XML or a workflow's log.
const HOSTILE_NAMES: &[&str] = &[
    "\n::error::hostile",
    " ::add-mask::hostile",
    "##[add-mask]hostile",
    "a\r::warning::hostile",
    "\u{1b}]0;hostile\u{7}\u{1b}[31m",
    "\u{202e}hostile",
    "`hostile` | <img src=x> @hostile #1 [x](http://x)",
    "]]><hostile/>",
    "-rf",
    "--config=hostile",
    "$(touch hostile)",
    "; touch hostile",
    "..",
    "...",
    "CON",
    "a'b\"c\\d",
];

/// Where a name of a stranger's can stand: `*` in a path.
const NAMED_PLACES: &[&str] = &[
    "environments/*.yaml",
    "stacks/*/stack.yaml",
    "stacks/shop/*.yaml",
    "stacks/shop/conf/*",
    "stacks/shop/conf/*/file",
    "stacks/mail/instances/*.yaml",
    "stacks/mail/instances/*/dev.yaml",
    "templates/*.yaml",
    "templates/*.parameters.yaml",
    "templates/*.j2",
    "crds/*.yaml",
    "policies/*.yaml",
    "out/*/shop/.gen-index",
    "out/dev/*/.gen-index",
    "out/dev/shop/*.yaml",
    "out/.gen-work/*",
];

#[test]
fn no_name_leaves_its_frame() -> Result<()> {
    let stage = Stage::new()?;
    let outside = files(&stage.outside())?;
    let places: Vec<(&str, &str)> = HOSTILE_NAMES
        .iter()
        .flat_map(|name| NAMED_PLACES.iter().map(move |place| (*name, *place)))
        .filter(|(name, place)| *name != ".." || place.contains("*."))
        .collect();
    each(&places, |(name, place)| {
        let stage = stage.copy()?;
        let path = stage.project().join(place.replace('*', name));
        // A map that is wrong as anything: messages name the file.
        write(&path, "hostile: [1, 2\n")?;
        for words in ["render --all", "diff dev", "check --verbose -f ."] {
            let at = || format!("{name:?} in {place}");
            framed(&stage.harmless(words, &outside).with_context(at)?).with_context(at)?;
        }
        Ok(())
    })
}

/// Asserts that no text for people acts on a terminal or on the runner of a workflow.
fn framed(output: &Output) -> Result<()> {
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        for line in text.split('\n') {
            let is_acting = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            ensure!(!line.contains(is_acting), "{line:?}");
            // The runner of GitHub takes `::NAME ...::` for a command behind blanks, and the older
            // `##[NAME ...]` anywhere in a line.
            let name = line.trim_start().strip_prefix("::");
            ensure!(name.is_none_or(|name| name.starts_with(':')), "{line:?}");
            ensure!(!line.contains("##["), "{line:?}");
        }
    }
    Ok(())
}

#[test]
fn what_reads_no_input_runs_nothing() -> Result<()> {
    let stage = Stage::new()?;
    let outside = files(&stage.outside())?;
    each(ON_NOTHING, |words| stage.harmless(words, &outside).map(drop))
}

#[test]
fn every_command_is_tried() -> Result<()> {
    let help = Stage::new()?.run("help")?;
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let commands = help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next());
    let names: Vec<&str> = commands
        .context("the help lists the commands")?
        .lines()
        .filter_map(|line| {
            line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty())
        })
        .collect();
    ensure!(names.len() > 5, "{names:?}");
    for name in names {
        let tried = [ON_PROJECTS, ON_MANIFESTS, ON_NOTHING].concat();
        ensure!(tried.iter().any(|words| words.split(' ').next() == Some(name)), "{name} is not");
    }
    Ok(())
}

/// Repositories whose configuration or content would run a program.
mod repositories {
    use super::*;

    /// The real git on the path, beside the traps.
    fn with_git(stage: &Stage) -> Result<()> {
        let path = std::env::var_os("PATH").context("there is a path")?;
        let real = std::env::split_paths(&path).map(|folder| folder.join("git"));
        let real = real.into_iter().find(|git| git.is_file()).context("git is installed")?;
        let link = stage.path().join("git");
        fs::remove_file(&link)?;
        Ok(symlink(real, link)?)
    }

    fn git(stage: &Stage, folder: &Path, arguments: &[&str]) -> Result<()> {
        let path = std::env::var_os("PATH").context("there is a path")?;
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", path)
            .env("HOME", stage.folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {arguments:?}: {said}");
        Ok(())
    }

    /// What a hostile configuration sets, with a trap in the place of each program.
    fn hostile_configuration(stage: &Stage) -> String {
        let trap = stage.path().join("sh").display().to_string();
        let core = ["fsmonitor", "pager", "sshCommand", "editor", "askPass", "gitProxy"]
            .map(|name| format!("\t{name} = {trap}\n"))
            .concat();
        let aliases = ["rev-parse", "ls-tree", "cat-file", "config", "fetch"]
            .map(|name| format!("\t{name} = !{trap}\n"))
            .concat();
        format!(
            "[core]\n{core}\thooksPath = hooks\n\tattributesFile = attributes\n[alias]\n{aliases}\
             [diff]\n\texternal = {trap}\n[diff \"trap\"]\n\ttextconv = {trap}\n\
             [filter \"trap\"]\n\tsmudge = {trap}\n\tclean = {trap}\n\tprocess = {trap}\n\
             [credential]\n\thelper = {trap}\n[gpg]\n\tprogram = {trap}\n\
             [remote \"origin\"]\n\turl = ext::{trap}\n\tpromisor = true\n\
             \tpartialclonefilter = blob:none\n\tuploadpack = {trap}\n\
             [protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n"
        )
    }

    /// A committed repository, with `files` beside the project in the commit.
    fn repository(files: &[(String, String)]) -> Result<Stage> {
        let stage = Stage::new()?;
        let project = stage.project();
        for (path, text) in files {
            write(&project.join(path), text)?;
        }
        git(&stage, &project, &["init", "--quiet", "--initial-branch", "main"])?;
        git(&stage, &project, &["add", "--all"])?;
        git(&stage, &project, &["commit", "--quiet", "--message", "First"])?;
        with_git(&stage)?;
        Ok(stage)
    }

    const REVISIONS: &[&str] =
        &["main", "origin/main", "none", "--upload-pack=sh", "main:stacks", ":out"];

    fn compare_with_revisions(stage: &Stage) -> Result<()> {
        let outside = files(&stage.outside())?;
        for revision in REVISIONS {
            stage.harmless(&format!("diff dev --from git:{revision}"), &outside)?;
            stage
                .harmless(&format!("diff --from git:{revision} --to out:dev -o json"), &outside)?;
        }
        Ok(())
    }

    #[test]
    fn a_clone_that_includes_the_tree_in_its_configuration_runs_nothing() -> Result<()> {
        let stage = repository(&[
            ("attributes".into(), "* filter=trap diff=trap\n".into()),
            (".gitattributes".into(), "* filter=trap diff=trap\n".into()),
        ])?;
        write(&stage.project().join("gitconfig"), hostile_configuration(&stage))?;
        for hook in ["post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"] {
            fs::create_dir_all(stage.project().join("hooks"))?;
            fs::copy(stage.path().join("sh"), stage.project().join("hooks").join(hook))?;
        }
        let configuration = stage.project().join(".git/config");
        let own = fs::read_to_string(&configuration)?;
        fs::write(&configuration, format!("{own}[include]\n\tpath = ../gitconfig\n"))?;
        compare_with_revisions(&stage)?;
        let same = stage.run("diff dev --from git:main")?;
        ensure!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
        // A part of the objects is gone, as in a partial clone.
        let objects = stage.project().join(".git/objects");
        for (path, _) in files(&objects)?.iter().filter(|(path, _)| path.len() == 41).step_by(2) {
            fs::remove_file(objects.join(path))?;
        }
        compare_with_revisions(&stage)
    }

    #[test]
    fn a_repository_inside_of_the_tree_counts_for_nothing() -> Result<()> {
        let stage = Stage::new()?;
        let inner = stage.project();
        let configuration = hostile_configuration(&stage);
        let bare = [
            ("HEAD", "ref: refs/heads/main\n"),
            ("config", configuration.as_str()),
            ("objects/info/keep", ""),
            ("refs/remotes/origin/main", "1111111111111111111111111111111111111111\n"),
        ];
        for (path, text) in bare {
            write(&inner.join(path), text)?;
        }
        with_git(&stage)?;
        let none = stage.run("diff dev --from git:origin/main")?;
        let said = String::from_utf8_lossy(&none.stderr).into_owned();
        ensure!(said == "error: the project is in no git repository\n", "{said}");
        // The same in a real repository, above the project.
        let above = stage.folder.path();
        git(&stage, above, &["init", "--quiet", "--initial-branch", "main"])?;
        git(&stage, above, &["add", "project"])?;
        git(&stage, above, &["commit", "--quiet", "--message", "First"])?;
        compare_with_revisions(&stage)?;
        let same = stage.run("diff dev --from git:main")?;
        ensure!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
        Ok(())
    }
}
