//! `gen schema`: the language as JSON Schema, for editors.

use clap::{Args, ValueEnum};

use super::{Exit, Output};
use crate::spec::schema::{FileKind, schema};

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
    /// templates/NAME.parameters.yaml
    Template,
}

impl Schema {
    pub(super) fn run(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let kind = match self.kind {
            Kind::Stack => FileKind::Stack,
            Kind::Overlay => FileKind::Overlay,
            Kind::Environment => FileKind::Environment,
            Kind::Template => FileKind::Template,
        };
        let text = serde_json::to_string_pretty(&schema(kind))? + "\n";
        output.result(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
