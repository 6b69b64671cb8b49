//! CEL, the expression language of the API server's rules and policies.
//!
//! The grammar is that of the `cel` crate, the functions of Kubernetes' own libraries are those
//! of `kube-cel`. What lies between them, operators, selection, optionals and macros, is
//! [`evaluate`]: a walk of the syntax tree with the semantics of cel-go, which also says what
//! it cannot work out instead of guessing.

mod evaluate;
mod functions;
mod names;
mod types;
mod url;
mod values;

#[expect(clippy::disallowed_types, reason = "the map is looked up, never walked")]
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

pub use kube_cel::cel::Value;
use kube_cel::cel::parser::{Expression as Syntax, Parser};

pub use names::unknown_names;
pub use types::{Type, misfits, result_type};
pub use values::{
    RESERVED, Unknown, dynamic, escape, float, formatted, map, optional, text, unknown,
    whole_number, with,
};

/// How many nested brackets an expression may have, as to the server.
const MAX_DEPTH: usize = 90;
/// How long an expression may be; what is longer is not evaluated.
const MAX_BYTES: usize = 64 * 1024;

/// An expression, parsed when it is first asked for.
#[derive(Debug)]
pub struct Expression {
    text: String,
    parsed: OnceLock<Parsed>,
}

/// What a text says, for all expressions of that text.
type Parsed = Arc<Result<Syntax, Fault>>;

/// What each text says that was parsed so far: policies and definitions repeat a few expressions
/// many times, and to parse one takes longer than all else that is done with it.
#[expect(clippy::disallowed_types, reason = "the map is looked up, never walked")]
static PARSED: LazyLock<Mutex<HashMap<String, Parsed>>> = LazyLock::new(Mutex::default);

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What the server would say, too.
    Error(String),
    /// gen cannot work it out; the server may well.
    Unknown(String),
}

/// The variables of an expression.
pub trait Variables {
    /// The value of a variable; `None` when there is no such variable.
    fn get(&self, name: &str) -> Option<Result<Value, Fault>>;

    /// The value of a field of a variable that is worked out field by field; `None` for all
    /// others.
    fn field(&self, _variable: &str, _field: &str) -> Option<Result<Value, Fault>> {
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
        let parsed = self.parsed.get_or_init(|| {
            let known = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
            let found = known().get(&self.text).cloned();
            found.unwrap_or_else(|| {
                let parsed = Arc::new(parse(&self.text));
                Arc::clone(known().entry(self.text.clone()).or_insert(parsed))
            })
        });
        parsed.as_ref().as_ref().map_err(Clone::clone)
    }

    /// The value of the expression.
    ///
    /// # Errors
    ///
    /// When the server would find none either, or gen cannot tell.
    pub fn evaluate(&self, variables: &dyn Variables) -> Result<Value, Fault> {
        evaluate::evaluate(self.syntax()?, variables)
    }
}

fn parse(text: &str) -> Result<Syntax, Fault> {
    let too_large = || Fault::Unknown("the expression is too large".to_owned());
    if text.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(too_large());
        }
    }
    let parser = Parser::new().enable_optional_syntax(true);
    parser.parse(text).map_err(|errors| {
        let message = errors.errors.first().map(|error| {
            // The parser lists what it would have taken; the first words say what is wrong.
            let message = error.msg.split(" expecting ").next().unwrap_or_default();
            format!("{message} at column {}", error.pos.1)
        });
        Fault::Error(message.unwrap_or_else(|| "the expression is no CEL".to_owned()))
    })
}

#[cfg(test)]
mod tests;
