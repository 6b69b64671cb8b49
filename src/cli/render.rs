//! `gen render`: compiles, validates and writes `out/`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::{Exit, Output};

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
    /// Write below DIR; - is the same as --stdout
    #[arg(short, long, value_name = "DIR", default_value = "out")]
    output: PathBuf,
    /// Write nothing, and exit with 1 when what lies there is not what the input renders
    #[arg(long)]
    check: bool,
}

/// Where a render goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination<'a> {
    Stdout,
    Folder(&'a Path),
}

impl Render {
    pub(super) fn run(&self, _root: &Path, _output: &mut Output) -> anyhow::Result<Exit> {
        let _ = (self.destination(), self.environment(), self.stacks(), self.check);
        bail!("this build cannot render yet")
    }

    /// The environment that was asked for; without one, every environment.
    fn environment(&self) -> Option<&str> {
        if self.all { None } else { self.names.first().map(String::as_str) }
    }

    /// The stacks that were asked for; without any, every stack.
    fn stacks(&self) -> &[String] {
        if self.all { &self.names } else { self.names.get(1..).unwrap_or(&[]) }
    }

    fn destination(&self) -> Destination<'_> {
        if self.stdout || self.output == Path::new("-") {
            Destination::Stdout
        } else {
            Destination::Folder(&self.output)
        }
    }
}
