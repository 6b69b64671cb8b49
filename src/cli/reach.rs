//! `gen reach`: who reaches whom.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{ArgAction, Args, ValueEnum};
use regex_lite::Regex;

use super::project::{compile_all, environments, inputs};
use super::{Exit, Output};
use crate::compile::{Compiled, Loaded, Request};
use crate::connectivity::{self, Relation, Workload};
use crate::diagnostic::{
    Code, Diagnostic, Diagnostics, Place, Severity, Signs, counted, nearest, without_commands,
};
use crate::fs::Disk;
use crate::k8s::Object;
use crate::manifests;
use crate::source::{NodeRef, Sources};

/// List who reaches whom on which port, in an environment or in manifests from anywhere
#[derive(Debug, Args)]
#[command(override_usage = "gen reach [OPTIONS] <ENV> [STACK]...\n       \
                            gen reach [OPTIONS] -f <FILE|DIR|->...")]
pub(super) struct Reach {
    /// The environment, then stacks [default: all of them]
    #[arg(
        value_names = ["ENV", "STACK"], num_args = 1..,
        required_unless_present = "filename", conflicts_with = "filename"
    )]
    names: Vec<String>,
    /// Read these manifests, YAML or JSON, instead of a project: a file, a folder with all below
    /// it, or `-` for standard input; can be repeated
    #[arg(short, long, value_name = "FILE|DIR|-", action = ArgAction::Append)]
    filename: Vec<PathBuf>,
    /// Leave out files whose paths match this regular expression; can be repeated
    #[arg(long, value_name = "REGEX", requires = "filename")]
    ignore_filename_pattern: Vec<Regex>,
    /// Only what this workload reaches, such as `shop/web`
    #[arg(long, value_name = "WORKLOAD")]
    from: Option<String>,
    /// Only what reaches this workload
    #[arg(long, value_name = "WORKLOAD")]
    to: Option<String>,
    /// Render this onDemand job too; may be repeated
    #[arg(long, value_name = "JOB", conflicts_with = "filename")]
    with: Vec<String>,
    /// How it is written
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

/// How a relation is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each edge
    #[default]
    Text,
    /// One JSON object
    Json,
}

const FAILURE: &str = "could not tell who reaches whom";

impl Reach {
    /// Whether it is about manifests, for which no project is needed.
    pub(super) fn is_of_manifests(&self) -> bool {
        !self.filename.is_empty()
    }

    /// Lists who reaches whom in an environment of a project.
    pub(super) fn run(&self, root: &Path, output: &mut Output) -> anyhow::Result<Exit> {
        let loaded = Loaded::new(&Disk, root);
        let (asked, stacks) = self.names.split_at(1);
        let request = Request { stacks, with: &self.with };
        let (names, mut diagnostics) = environments(&loaded, asked, request);
        if let [_, _, ..] = names[..] {
            bail!("each environment is another cluster: name one of {}", names.join(", "));
        }
        let compiled = compile_all(&loaded, &names, request, &mut diagnostics);
        let sources = &loaded.project.sources;
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, FAILURE);
            return Ok(Exit::Failed);
        }
        let objects = compiled.iter().flat_map(Compiled::objects).map(Object::root);
        self.list(objects, diagnostics, sources, output)
    }

    /// Lists who reaches whom in manifests.
    pub(super) fn run_on_manifests(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let sources = Sources::default();
        let inputs = inputs(&self.filename)?;
        let ignore = &self.ignore_filename_pattern;
        let (trees, diagnostics) = manifests::read(&Disk, inputs, ignore, &sources);
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, &sources, FAILURE);
            return Ok(Exit::Failed);
        }
        self.list(manifests::objects_of(&trees), diagnostics, &sources, output)
    }

    fn list<'t>(
        &self,
        objects: impl IntoIterator<Item = NodeRef<'t>>,
        mut diagnostics: Diagnostics,
        sources: &Sources,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        let relation = connectivity::relation(objects);
        let has_pods = relation.workloads().next().is_some();
        if !has_pods {
            let message = "none of the objects makes pods";
            diagnostics.push(nowhere(Code::NoPods, message).help(
                "the objects that a relation needs are those that make pods, and their NetworkPolicies, Namespaces and Services",
            ));
        }
        if has_pods && !relation.is_whole() {
            let message = "there is too much to say about who reaches whom";
            let help = "ask about fewer objects, such as those of one namespace";
            diagnostics.push(nowhere(Code::TooManyEdges, message).help(help));
        }
        let [from, to] = [&self.from, &self.to].map(|name| {
            let name = name.as_deref().filter(|_| has_pods)?;
            find(name, &relation).map_err(|diagnostic| diagnostics.push(*diagnostic)).ok()
        });
        output.diagnostics(&diagnostics, sources, FAILURE);
        if diagnostics.has_errors() {
            return Ok(Exit::Failed);
        }
        let mut listing = relation.listing();
        if let Some(from) = from {
            listing = listing.from(&from);
        }
        if let Some(to) = to {
            listing = listing.to(&to);
        }
        match self.output {
            Format::Text => output.text(&connectivity::text(&listing))?,
            Format::Json => {
                let text = format!("{:#}\n", listing.json());
                output.result(without_commands(&text, Signs::JSON).as_bytes())?;
            }
        }
        output.summary(format_args!(
            "{}: {}, {} from outside",
            counted(relation.workloads().count(), "workload"),
            counted(listing.edges.len(), "edge"),
            counted(listing.ways_in.len(), "way"),
        ));
        Ok(Exit::Done)
    }
}

/// The workloads with a name, which may go without its namespace.
fn find<'t>(name: &str, relation: &Relation<'t>) -> Result<Vec<Workload<'t>>, Box<Diagnostic>> {
    let is_named = |one: &Workload<'_>| one.name == name || one.to_string() == name;
    let found: Vec<Workload<'t>> = relation.workloads().filter(is_named).collect();
    let all: Vec<String> = relation.workloads().map(|one| one.to_string()).collect();
    let names = || all.iter().map(String::as_str);
    let several = found.iter().any(|one| one.namespace != found[0].namespace);
    if several {
        let names: Vec<String> = found.iter().map(ToString::to_string).collect();
        let message = format!("`{name}` may be more than one workload");
        let help = format!("write one of `{}`", names.join("`, `"));
        return Err(nowhere(Code::UnknownWorkload, message).help(help).into());
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let message = format!("there is no workload `{name}`");
    let bare = relation.workloads().map(|one| one.name).collect::<Vec<_>>();
    let near = nearest(name, names()).or_else(|| nearest(name, bare));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is `{}`", all.join("`, `")),
    };
    Err(nowhere(Code::UnknownWorkload, message).help(help).into())
}

fn nowhere(code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, Place::Nowhere, message)
}
