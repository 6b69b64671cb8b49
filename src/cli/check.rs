//! `gen check`: everything that `gen render` does but write, or manifests from anywhere.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Args};
use regex_lite::Regex;

use super::project::{compile_all, environments, inputs};
use super::{Exit, Output};
use crate::compile::{Loaded, Request};
use crate::diagnostic::counted;
use crate::fs::Disk;
use crate::k8s::Version;
use crate::manifests::{self, Checked, Kinds, Verdict};
use crate::source::Sources;
use crate::validate::security::Level;
use crate::validate::{Cluster, Extent};

/// Compile and validate without writing anything, or check manifests from anywhere
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The environments; a family stands for its members [default: all of them]
    #[arg(value_name = "ENV", conflicts_with = "filename")]
    environments: Vec<String>,
    #[command(flatten)]
    manifests: Manifests,
}

/// The options of a check of manifests.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manifests from anywhere")]
struct Manifests {
    /// Check these manifests, YAML or JSON, instead of a project: a file, a folder with all below
    /// it, or `-` for standard input; can be repeated
    #[arg(short, long, value_name = "FILE|DIR|-", action = ArgAction::Append)]
    filename: Vec<PathBuf>,
    /// The version of Kubernetes that they are for, such as 1.34 [default: the newest]
    #[arg(long, value_name = "VERSION", requires = "filename", value_parser = version)]
    kubernetes_version: Option<Version>,
    /// Take these for the CustomResourceDefinitions of the cluster, beside those among the
    /// manifests: a file, or a folder with all below it; can be repeated
    #[arg(long, value_name = "FILE|DIR", requires = "filename")]
    crds: Vec<PathBuf>,
    /// The Pod Security Standard that namespaces enforce whose labels do not say it
    #[arg(
        long, value_name = "LEVEL", requires = "filename",
        value_parser = PossibleValuesParser::new(Level::WORDS).try_map(|word| Level::from_word(&word).ok_or("no level"))
    )]
    pod_security: Option<Level>,
    /// Leave out files whose paths match this regular expression; can be repeated
    #[arg(long, value_name = "REGEX", requires = "filename")]
    ignore_filename_pattern: Vec<Regex>,
    /// Do not check objects of these kinds, such as `Secret,example.com/v1/Widget`
    #[arg(long, value_name = "KINDS", requires = "filename")]
    skip: Vec<Kinds>,
    /// Refuse objects of these kinds
    #[arg(long, value_name = "KINDS", requires = "filename")]
    reject: Vec<Kinds>,
    /// Let objects of these kinds pass where their kind has no schema
    #[arg(long, value_name = "KINDS", requires = "filename")]
    allow_missing_schema: Vec<Kinds>,
    /// End with how many objects are sound, wrong, skipped or could not be checked, in every
    /// format but junit
    #[arg(long, requires = "filename")]
    summary: bool,
}

impl Check {
    /// Whether it is about manifests, for which no project is needed.
    pub(super) fn is_of_manifests(&self) -> bool {
        !self.manifests.filename.is_empty()
    }

    /// Checks environments of a project.
    pub(super) fn run(&self, root: &Path, output: &mut Output) -> Exit {
        let loaded = Loaded::new(&Disk, root);
        let (names, mut diagnostics) =
            environments(&loaded, &self.environments, Request::default());
        let compiled = compile_all(&loaded, &names, Request::default(), &mut diagnostics);
        if self.environments.is_empty() {
            // Stacks that run nowhere are nobody else's to check.
            diagnostics.append(loaded.all_diagnostics(Request::default()));
        }
        output.diagnostics(&diagnostics, &loaded.project.sources, "the input is not sound");
        if diagnostics.has_errors() {
            return Exit::Failed;
        }
        for environment in &compiled {
            let (objects, folders) = (environment.objects().count(), environment.folders.len());
            output.summary(format_args!(
                "{}: {} in {}, all sound",
                environment.environment,
                counted(objects, "object"),
                counted(folders, "folder"),
            ));
        }
        Exit::Done
    }

    /// Checks manifests.
    pub(super) fn run_on_manifests(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let options = &self.manifests;
        let sources = Sources::default();
        let kinds = |all: &[Kinds]| all.iter().cloned().collect();
        let request = manifests::Request {
            inputs: inputs(&options.filename)?,
            definitions: options.crds.clone(),
            ignore: options.ignore_filename_pattern.clone(),
            skip: kinds(&options.skip),
            reject: kinds(&options.reject),
            allow_missing_schema: kinds(&options.allow_missing_schema),
            cluster: Cluster {
                version: options.kubernetes_version.unwrap_or_default(),
                pod_security: options.pod_security.unwrap_or_default(),
                extent: Extent::Files,
                ..Cluster::default()
            },
        };
        let checked = manifests::check(&Disk, request, &sources);
        output.diagnostics(&checked.diagnostics, &sources, "the manifests are not sound");
        for object in &checked.objects {
            output.detail(format_args!("{}: {}: {}", object.file, object.name, object.verdict));
        }
        output.count(&summary(&checked), &counts(&checked), options.summary);
        Ok(if checked.diagnostics.has_errors() { Exit::Failed } else { Exit::Done })
    }
}

/// Reads a version of Kubernetes as other programs write it, too: with a `v`, with a patch
/// level, which changes no schema.
fn version(text: &str) -> Result<Version, String> {
    let number = text.strip_prefix('v').unwrap_or(text);
    let minor = match number.split('.').collect::<Vec<_>>()[..] {
        [major, minor, patch] if !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{major}.{minor}")
        }
        _ => number.to_owned(),
    };
    minor.parse::<Version>().map_err(|error| error.to_string())
}

/// For people.
fn summary(checked: &Checked) -> String {
    let objects = checked.objects.len();
    let whole = format!("{} in {}", counted(objects, "object"), counted(checked.files, "file"));
    let mut rest = String::new();
    if checked.unchecked_rules > 0 {
        let rules = counted(checked.unchecked_rules, "rule");
        rest = format!("; {rules} could not be checked");
    }
    if checked.unread > 0 {
        rest = format!("{rest}; {} could not be read in full", counted(checked.unread, "file"));
    }
    let of = |verdict| checked.count(verdict);
    if of(Verdict::Sound) == objects && objects > 0 {
        return format!("{whole}, all sound{rest}");
    }
    let all = [Verdict::Sound, Verdict::Wrong, Verdict::Unchecked, Verdict::Skipped];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|verdict| of(*verdict) > 0)
        .map(|verdict| format!("{} {verdict}", of(verdict)))
        .collect();
    match parts.as_slice() {
        [] => format!("{whole}{rest}"),
        parts => format!("{whole}: {}{rest}", parts.join(", ")),
    }
}

/// For programs.
fn counts(checked: &Checked) -> serde_json::Value {
    serde_json::json!({
        "summary": {
            "files": checked.files,
            "objects": checked.objects.len(),
            "sound": checked.count(Verdict::Sound),
            "wrong": checked.count(Verdict::Wrong),
            "unchecked": checked.count(Verdict::Unchecked),
            "skipped": checked.count(Verdict::Skipped),
            "uncheckedRules": checked.unchecked_rules,
            "unreadFiles": checked.unread,
        }
    })
}
