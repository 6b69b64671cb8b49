//! CEL, the expression language of the API server's rules and policies.
//!
//! [`parser`] reads the grammar of cel-go, and [`evaluate`] is a walk of the syntax tree with the
//! semantics of cel-go, which also says what it cannot work out instead of guessing. The functions
//! of Kubernetes' own libraries are here where they make lists and texts, and for the rest those
//! of `kube-cel`. Expressions are input, like all else: [`Budget`] bounds what they may take.

mod budget;
mod check;
mod evaluate;
mod format;
mod functions;
mod lexer;
mod library;
mod lists;
mod literals;
mod macros;
mod names;
mod operators;
mod parser;
mod quantity;
mod signatures;
mod strings;
mod syntax;
mod times;
mod types;
mod url;
mod values;

use std::borrow::Cow;
use std::sync::OnceLock;

pub use kube_cel::cel::Value;

pub use budget::Budget;
use budget::MAX_DEPTH;
pub use check::{
    Checked, Misfit, check, compares_with_null, fields_of, is_false, sees_identity_alone,
};
use evaluate::as_optional;
pub use names::unknown_names;
use syntax::Syntax;
pub use types::{Declared, Fields, Growing, Type};
pub use values::{
    RESERVED, Unknown, dynamic, escape, float, formatted, map, optional, text, unescape, unknown,
    whole_number, with,
};

/// An expression, parsed when it is first asked for.
#[derive(Debug)]
pub struct Expression {
    text: String,
    parsed: OnceLock<Result<Syntax, Fault>>,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What the server would say, too.
    Error(String),
    /// gen cannot work it out; the server may well.
    Unknown(String),
}

impl Fault {
    /// What is said of it.
    #[must_use]
    pub fn into_reason(self) -> String {
        match self {
            Self::Error(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// The variables of an expression. What they make, they take from the budget.
pub trait Variables {
    /// The value of a variable; `None` when there is no such variable.
    fn get(&self, name: &str, budget: &Budget) -> Option<Result<Value, Fault>>;

    /// The value of a field of a variable that is worked out field by field; `None` for all
    /// others.
    fn field(
        &self,
        _variable: &str,
        _field: &str,
        _budget: &Budget,
    ) -> Option<Result<Value, Fault>> {
        None
    }
}

impl Expression {
    /// An expression as it stands in a rule.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), parsed: OnceLock::new() }
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The syntax tree.
    ///
    /// # Errors
    ///
    /// When the text is no CEL, or too large to be sure.
    pub fn syntax(&self) -> Result<&Syntax, Fault> {
        self.parsed.get_or_init(|| parser::parse(&self.text)).as_ref().map_err(Clone::clone)
    }

    /// The value of the expression.
    ///
    /// # Errors
    ///
    /// When the server would find none either, or gen cannot tell.
    pub fn evaluate(&self, variables: &dyn Variables, budget: &Budget) -> Result<Value, Fault> {
        evaluate::evaluate(self.syntax()?, variables, budget)
    }
}

/// The longest message that an expression may make: `MaxEvaluatedMessageExpressionSizeBytes` of
/// `pkg/apis/cel` of `k8s.io/apiserver`.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// The message that an expression makes, if the server would show it.
#[must_use]
pub fn message(
    expression: &Expression,
    variables: &dyn Variables,
    budget: &Budget,
) -> Option<String> {
    let Ok(Value::String(text)) = expression.evaluate(variables, budget) else { return None };
    let text = text.trim();
    let is_shown = !text.is_empty() && !text.contains('\n') && text.len() <= LONGEST_MESSAGE;
    is_shown.then(|| text.to_owned())
}

/// How many characters of a text a message shows.
const MOST_SHOWN: usize = 80;

/// A text on one line, cut where it is long.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut line = String::new();
    let mut is_apart = false;
    // One letter more than is shown tells that there are more.
    for letter in text.trim_start().chars() {
        if letter.is_whitespace() {
            is_apart = true;
            continue;
        }
        if is_apart {
            line.push(' ');
        }
        is_apart = false;
        line.push(letter);
        if line.chars().nth(MOST_SHOWN).is_some() {
            break;
        }
    }
    short(&line).into_owned()
}

/// A text, cut where it is long.
fn short(text: &str) -> Cow<'_, str> {
    cut(text, MOST_SHOWN)
}

/// A text, cut where it has more than so many characters.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(most - 3).collect::<String>() + "...")
}

#[cfg(test)]
#[cfg(test)]
mod tests;
