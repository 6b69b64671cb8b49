//! `gen render`: compiles, validates and writes `out/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::project::{compile_all, environments, file_sets, maker, review_of, sides_of_update};
use super::{Exit, Output, destination};
use crate::compile::{Compiled, Loaded, Request};
use crate::diagnostic::Diagnostics;
use crate::diff::{self, Show};
use crate::emit;
use crate::fs::{self, Disk};
use crate::k8s::Object;
use crate::source::Sources;

/// Compile, validate and write out/ENV, and say what changed
#[derive(Debug, Args)]
#[command(override_usage = "gen render [OPTIONS] <ENV> [STACK]...\n       \
                            gen render [OPTIONS] --all [STACK]...")]
pub(super) struct Render {
    /// The environment (a family stands for its members), then stacks [default: all of them]
    #[arg(value_names = ["ENV", "STACK"], num_args = 1.., required_unless_present = "all")]
    names: Vec<String>,
    /// Render every environment; the names are those of stacks
    #[arg(long)]
    all: bool,
    /// Write one YAML stream in apply order to standard output and touch no file
    #[arg(long, conflicts_with_all = ["output", "check"])]
    stdout: bool,
    /// Write below DIR [default: out, in the project]; - is the same as --stdout
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing, and exit with 1 when what lies there is not what the input renders
    #[arg(long)]
    check: bool,
    /// Render this onDemand job too; may be repeated. One rendered before is removed without it
    #[arg(long, value_name = "JOB")]
    with: Vec<String>,
}

/// Where a render goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination<'a> {
    Stdout,
    Folder(Option<&'a Path>),
}

impl Render {
    pub(super) fn run(&self, root: &Path, output: &mut Output) -> anyhow::Result<Exit> {
        if self.check && self.destination() == Destination::Stdout {
            bail!(
                "`-o -` writes to standard output, where `--check` finds nothing to compare with: leave one of the two out"
            );
        }
        let loaded = Loaded::new(&Disk, root);
        let asked: Vec<String> = self.environment().map(str::to_owned).into_iter().collect();
        let request = Request { stacks: self.stacks(), with: &self.with };
        let (names, mut diagnostics) = environments(&loaded, &asked, request);
        let compiled = compile_all(&loaded, &names, request, &mut diagnostics);
        let sources = &loaded.project.sources;
        let failure = self.failure();
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        let Destination::Folder(folder) = self.destination() else {
            return self.stream(&compiled, &diagnostics, sources, output);
        };
        let target = destination::output(&loaded.project, folder, &names)?;
        let left = if self.all {
            let all: BTreeSet<&str> = loaded.environments.concrete().collect();
            target.left_over(|environment| all.contains(environment))?
        } else {
            Diagnostics::default()
        };
        let result = if self.check {
            check(&target, &compiled, request, sources, &mut diagnostics)
        } else {
            let show = output.show_messages();
            write(&target, &compiled, request, sources, show, &mut diagnostics)
        };
        let left_exit = if self.check && !left.is_empty() { Exit::Differs } else { Exit::Done };
        diagnostics.append(if self.check { left } else { left.into_warnings() });
        let (exit, lines) = match result {
            Ok(done) => done,
            Err(error) => {
                output.diagnostics(&diagnostics, sources, &failure);
                return Err(error.into());
            }
        };
        let failure = if self.check { self.staleness() } else { failure };
        output.diagnostics(&diagnostics, sources, &failure);
        for line in lines {
            output.summary(line.trim_end());
        }
        Ok(if exit == Exit::Done { left_exit } else { exit })
    }

    /// Writes everything to standard output, in apply order.
    fn stream(
        &self,
        compiled: &[Compiled],
        diagnostics: &Diagnostics,
        sources: &Sources,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        if let [_, _, ..] = compiled {
            let names: Vec<&str> = compiled.iter().map(|one| one.environment.as_str()).collect();
            bail!(
                "standard output takes one environment, since each is another cluster: name one of {}",
                names.join(", ")
            );
        }
        output.diagnostics(diagnostics, sources, &self.failure());
        let objects = compiled.iter().flat_map(Compiled::objects);
        output.result(emit::stream(objects.map(Object::root)).as_bytes())?;
        Ok(Exit::Done)
    }

    /// The environment that was asked for; without one, every environment.
    fn environment(&self) -> Option<&str> {
        if self.all { None } else { self.names.first().map(String::as_str) }
    }

    /// The stacks that were asked for; without any, every stack.
    fn stacks(&self) -> &[String] {
        if self.all { &self.names } else { self.names.get(1..).unwrap_or(&[]) }
    }

    fn failure(&self) -> String {
        let verb = if self.check { "check" } else { "render" };
        format!("could not {verb} {}", self.environment().unwrap_or("the environments"))
    }

    /// What is said of errors that a check found in the output, not in the input.
    fn staleness(&self) -> String {
        match self.environment() {
            Some(name) => format!("{name} is not up to date"),
            None => "not all environments are up to date".to_owned(),
        }
    }

    fn destination(&self) -> Destination<'_> {
        match &self.output {
            _ if self.stdout => Destination::Stdout,
            Some(path) if path == Path::new("-") => Destination::Stdout,
            path => Destination::Folder(path.as_deref()),
        }
    }
}

type Written = Result<(Exit, Vec<String>), fs::Error>;

/// Compares with what lies in the folder.
fn check(
    target: &emit::Output<'_>,
    compiled: &[Compiled],
    request: Request<'_>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Written {
    let mut is_stale = false;
    let mut lines = Vec::new();
    for one in compiled {
        let (sets, scope) = file_sets(one, request, sources);
        let update = target.compare(&one.environment, sets, scope, &maker(one))?;
        is_stale |= !update.is_empty() || update.diagnostics.has_errors();
        diagnostics.append(update.stale());
        if update.is_empty() {
            lines.push(format!("{}: up to date", one.environment));
        }
        diagnostics.append(update.diagnostics);
    }
    Ok((if is_stale { Exit::Differs } else { Exit::Done }, lines))
}

/// Writes all environments, or none where something stands in the way of one.
fn write(
    target: &emit::Output<'_>,
    compiled: &[Compiled],
    request: Request<'_>,
    sources: &Sources,
    show: Show,
    diagnostics: &mut Diagnostics,
) -> Written {
    let held = target.hold()?;
    let mut prepared = Vec::new();
    for one in compiled {
        let (sets, scope) = file_sets(one, request, sources);
        let update = held.prepare(&one.environment, sets, scope, &maker(one))?;
        diagnostics.append(update.update().diagnostics.clone());
        prepared.push(update);
    }
    if diagnostics.has_errors() {
        return Ok((Exit::Failed, Vec::new()));
    }
    let mut lines = Vec::new();
    for (update, one) in prepared.iter().zip(compiled) {
        let (old, new) = sides_of_update(update.update(), one);
        let review = review_of(&old, &new, one, sources);
        update.write()?;
        // Of an environment that is new, nobody wants to read that everything is.
        if !old.is_empty() {
            lines.push(diff::plan(&review, show));
        }
        lines.push(update.update().summary().to_string());
    }
    lines.retain(|line| !line.is_empty());
    Ok((Exit::Done, lines))
}
