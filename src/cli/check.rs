//! `gen check`: everything that `gen render` does but write.

use std::path::Path;

use clap::Args;

use super::project::{compile_all, environments};
use super::{Exit, Output};
use crate::compile::{Loaded, Request};
use crate::fs::Disk;

/// Compile and validate without writing anything
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The environments; a family stands for its members [default: all of them]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
}

impl Check {
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
                "{}: {objects} object{} in {folders} folder{}, all sound",
                environment.environment,
                if objects == 1 { "" } else { "s" },
                if folders == 1 { "" } else { "s" },
            ));
        }
        Exit::Done
    }
}
