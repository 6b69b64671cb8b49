//! `gen schema`: the language as JSON Schema, for editors.

use clap::{Args, ValueEnum};
use schemars::schema_for;

use super::{Exit, Output};
use crate::spec;

/// Print the JSON Schema of a kind of file, for editors
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The kind of file
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
}

/// A kind of file of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// stacks/NAME/stack.yaml
    Stack,
    /// stacks/NAME/ENV.yaml
    Overlay,
    /// environments/ENV.yaml
    Environment,
}

impl Schema {
    pub(super) fn run(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let schema = match self.kind {
            Kind::Stack => schema_for!(spec::Stack),
            Kind::Overlay => schema_for!(spec::Overlay),
            Kind::Environment => schema_for!(spec::Environment),
        };
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        output.result(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
