//! `gen explain`: the long text of a diagnostic.

use std::fmt::Write;

use anyhow::bail;
use clap::Args;

use super::{Exit, Output};
use crate::diagnostic::Code;

/// Explain a diagnostic: what it means, why it is wrong, what to write
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code of the diagnostic, such as L010 [default: list all of them]
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let Some(asked) = &self.code else {
            output.result(list(Code::ALL).as_bytes())?;
            return Ok(Exit::Done);
        };
        let Some(code) = Code::ALL.iter().find(|code| code.id().eq_ignore_ascii_case(asked)) else {
            bail!("{}", unknown(asked));
        };
        let page = format!("{}: {}\n\n{}", code.id(), code.title(), code.explanation());
        output.result(page.as_bytes())?;
        Ok(Exit::Done)
    }
}

/// A line each, in the order of the codes.
fn list(codes: &[Code]) -> String {
    let mut codes = codes.to_vec();
    codes.sort_by_key(|code| code.id());
    codes.into_iter().fold(String::new(), |mut list, code| {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "{}  {}", code.id(), code.title());
        list
    })
}

/// What to say of a code that there is none of: those that look alike or are about that word,
/// or else all of them.
fn unknown(asked: &str) -> String {
    let word = asked.to_lowercase();
    let alike = |code: &Code| {
        strsim::osa_distance(&code.id().to_lowercase(), &word) == 1
            || (word.len() > 2 && code.title().to_lowercase().contains(&word))
    };
    let near: Vec<_> = Code::ALL.iter().copied().filter(alike).collect();
    let (which, codes) = match near.as_slice() {
        [] => ("the codes are", Code::ALL),
        near => ("near to it are", near),
    };
    format!("no diagnostic has the code `{asked}`; {which}\n{}", list(codes).trim_end())
}
