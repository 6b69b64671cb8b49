//! `gen diff`: what a fresh render would change.

use std::path::Path;

use clap::Args;

use super::project::{compile_all, environments, file_sets, maker};
use super::{Exit, Output};
use crate::compile::{Loaded, Request};
use crate::fs::Disk;
use crate::{diff, emit};

/// Show what a fresh render would change in out/ENV; exits with 1 when it would change anything
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The environment; a family stands for its members
    #[arg(value_name = "ENV")]
    environment: String,
    /// Only these stacks [default: all of them]
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Render this onDemand job too; may be repeated. One rendered before is removed without it
    #[arg(long, value_name = "JOB")]
    with: Vec<String>,
    /// Exit with 0 whether there are differences or not
    #[arg(long)]
    exit_zero: bool,
}

impl Diff {
    pub(super) fn run(&self, root: &Path, output: &mut Output) -> anyhow::Result<Exit> {
        let loaded = Loaded::new(&Disk, root);
        let asked = std::slice::from_ref(&self.environment);
        let request = Request { stacks: &self.stacks, with: &self.with };
        let (names, mut diagnostics) = environments(&loaded, asked, request);
        let compiled = compile_all(&loaded, &names, request, &mut diagnostics);
        let sources = &loaded.project.sources;
        let failure = format!("could not compare {}", self.environment);
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        let target = emit::Output::new(&Disk, root.join("out"), "out");
        let mut text = String::new();
        for one in &compiled {
            let (sets, scope) = file_sets(one, request, sources);
            let update = target.compare(&one.environment, sets, scope, &maker(one))?;
            let differences = diff::text(&diff::of_update(&update), output.result_has_color());
            if compiled.len() > 1 && !differences.is_empty() {
                text.extend(["# ", &one.environment, "\n"]);
            }
            text += &differences;
            // A file in the way stops a render, not a look at what would change.
            diagnostics.append(update.diagnostics.into_warnings());
        }
        output.diagnostics(&diagnostics, sources, &failure);
        output.result(text.as_bytes())?;
        let differs = !text.is_empty() && !self.exit_zero;
        Ok(if differs { Exit::Differs } else { Exit::Done })
    }
}
