//! `gen check`: everything that `gen render` does but write.

use std::path::Path;

use anyhow::bail;
use clap::Args;

use super::{Exit, Output};

/// Compile and validate without writing anything
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The environments; a family stands for its members [default: all of them]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
}

impl Check {
    pub(super) fn run(&self, _root: &Path, _output: &mut Output) -> anyhow::Result<Exit> {
        let _ = &self.environments;
        bail!("this build cannot check yet")
    }
}
