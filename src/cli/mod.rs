//! The command line: a file a command, and the only place that prints, exits or asks where it runs.
//!
//! Standard output carries only what was asked for (YAML, a diff, a schema, a page); all else
//! goes to standard error. [`Exit`] lists the exit codes.

#![allow(
    clippy::disallowed_methods,
    reason = "the edge of the program: it may print, and look where it was started"
)]

mod check;
mod destination;
mod diff;
mod explain;
mod output;
mod pager;
mod panic;
mod project;
mod reach;
mod render;
mod root;
mod schema;
mod sides;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

pub use output::Output;

use crate::diagnostic::{framed, visible};
use crate::source::Sources;

/// Compile a typed description of a stack into validated Kubernetes YAML.
#[derive(Debug, Parser)]
#[command(name = "gen", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Subcommand)]
enum Command {
    Render(render::Render),
    Diff(diff::Diff),
    Check(check::Check),
    Reach(reach::Reach),
    Explain(explain::Explain),
    Schema(schema::Schema),
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Shared {
    /// Work on the project in DIR [default: the nearest folder upwards with stacks/ and environments/]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    verbose: bool,
    /// How errors and warnings are written to standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    message_format: MessageFormat,
}

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// With the lines of the input that they are about
    #[default]
    Human,
    /// One line each, as compilers write them
    Short,
    /// One JSON object a line
    Json,
    /// Workflow commands of GitHub Actions
    Github,
    /// A JUnit document
    Junit,
}

/// How a command ended, as the exit code that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing differs: 0.
    Done,
    /// `diff` found differences, or `--check` found `out/` stale: 1.
    Differs,
    /// The input is wrong, or the command could not do its work: 2.
    Failed,
    /// A gate stopped a change: 3.
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Differs => Self::from(1),
            Exit::Failed => Self::from(2),
            Exit::Stopped => Self::from(3),
        }
    }
}

/// Runs gen with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    panic::install();
    match Cli::try_parse() {
        Ok(cli) => cli.run().into(),
        // Help and the version are errors here too, which go to standard output and exit with 0.
        Err(error) => {
            complain(&error);
            if error.use_stderr() { Exit::Failed.into() } else { Exit::Done.into() }
        }
    }
}

/// Says what is wrong with the arguments. What acts in them is shown, without colours then.
fn complain(error: &clap::Error) {
    let plain = error.render().to_string();
    let safe = visible(&plain);
    let safe = framed(&safe);
    // A closed pipe ends quietly, and there is no other place to complain to.
    let _ =
        if safe == plain { error.print() } else { std::io::stderr().write_all(safe.as_bytes()) };
}

impl Cli {
    fn run(&self) -> Exit {
        let output = &mut Output::new(&self.shared);
        let result = match &self.command {
            Command::Render(render) => {
                self.in_project(output, |root, output| render.run(root, output))
            }
            Command::Diff(diff) if diff.is_of_files() => diff.run_on_files(output),
            Command::Diff(diff) => self.in_project(output, |root, output| diff.run(root, output)),
            Command::Check(check) if check.is_of_manifests() => check.run_on_manifests(output),
            Command::Check(check) => {
                self.in_project(output, |root, output| Ok(check.run(root, output)))
            }
            Command::Reach(reach) if reach.is_of_manifests() => reach.run_on_manifests(output),
            Command::Reach(reach) => {
                self.in_project(output, |root, output| reach.run(root, output))
            }
            Command::Explain(explain) => explain.run(output),
            Command::Schema(schema) => schema.run(output),
        };
        result.unwrap_or_else(|error| {
            output.error(&error);
            Exit::Failed
        })
    }

    /// Runs a command with the root of the project that it works on.
    fn in_project(
        &self,
        output: &mut Output,
        command: impl FnOnce(&Path, &mut Output) -> anyhow::Result<Exit>,
    ) -> anyhow::Result<Exit> {
        let current = std::env::current_dir().context("could not tell the current folder")?;
        match root::find(&current, self.shared.root.as_deref()) {
            Ok(root) => command(&root, output),
            Err(diagnostics) => {
                output.diagnostics(&diagnostics, &Sources::default(), "could not start");
                Ok(Exit::Failed)
            }
        }
    }
}
