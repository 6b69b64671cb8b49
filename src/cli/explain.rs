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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_codes() {
        let list = list(Code::ALL);
        let lines: Vec<_> = list.lines().collect();
        assert_eq!(lines.len(), Code::ALL.len());
        assert_eq!(lines[0], "D001  nothing in common");
        assert!(lines.is_sorted());
    }

    #[test]
    fn of_a_code_like_no_other_all_are_listed() {
        let all = list(Code::ALL);
        let expected = format!("no diagnostic has the code `zz`; the codes are\n{all}");
        assert_eq!(unknown("zz"), expected.trim_end());
    }

    #[test]
    fn codes_are_unique_and_pages_begin_with_a_sentence() {
        let ids: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for code in Code::ALL {
            let page = code.explanation();
            assert!(page.starts_with(|first: char| !first.is_whitespace()), "{}", code.id());
            assert!(page.ends_with('\n') && !page.contains("\n\n\n"), "{}", code.id());
            assert_eq!(code.title(), code.title().trim_end_matches('.'), "{}", code.id());
        }
    }
}
