//! The template engine, fenced in.
//!
//! A template sees its parameters and plain facts of its stack and environment, nothing else:
//! no files, no variables of the process, no clock, no other template. Its depth, its steps,
//! what it makes and the size of its output are bounded, so that a loop gone wrong is an error
//! and not a machine out of memory: see [`charge`](super::charge) and
//! [`budget`](super::budget).

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use minijinja::filters::tojson;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, escape_formatter};

use super::scan::Piece;
use super::{budget, marks, scan};
use crate::source::{Kind, NodeRef};

/// How many steps of its program a template may take.
const MAX_STEPS: u64 = 1_000_000;
/// How deep loops that call themselves may nest.
const MAX_NESTING: usize = 50;
/// The largest output of a template, in bytes, marks included.
const MAX_OUTPUT: usize = 8 << 20;

/// What every template may call besides its context.
const FUNCTIONS: [&str; 2] = ["dict", "range"];

/// An engine without templates.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    budget::equip(&mut environment);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_recursion_limit(MAX_NESTING);
    // Errors know their place in debug mode only.
    environment.set_debug(true);
    environment.set_formatter(|out, state, value| {
        budget::pay(state, value)?;
        match value.kind() {
            // The engine's own way to print these is Python's; JSON is YAML.
            ValueKind::Bool
            | ValueKind::None
            | ValueKind::Seq
            | ValueKind::Iterable
            | ValueKind::Map => {
                let json = tojson(value, None, no_options())?;
                budget::pay(state, &json)?;
                escape_formatter(out, state, &json)
            }
            _ => escape_formatter(out, state, value),
        }
    });
    // The marked text has lost what `trim_blocks` and `lstrip_blocks` take away. A final line
    // break belongs to a block scalar that the template ends with.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

fn no_options() -> Kwargs {
    std::iter::empty::<(String, Value)>().collect()
}

/// What a template looks up that is neither in its context nor a function of the engine.
pub(super) fn undeclared(
    template: &minijinja::Template<'_, '_>,
    known: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut names: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !FUNCTIONS.contains(&name.as_str()) && !known(name))
        .collect();
    names.sort_unstable();
    names
}

/// The places where a template looks up names, by the first part of each.
pub(super) fn lookups(source: &str) -> BTreeMap<&str, Vec<Range<usize>>> {
    let mut places: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
    for piece in scan::scan(source) {
        let (Piece::Output(tag) | Piece::Block(tag, _)) = piece else { continue };
        for word in scan::names(source, tag) {
            places.entry(&source[word.clone()]).or_default().push(word);
        }
    }
    places
}

/// Where a name, which may have dots, stands whole, if its first part stands at `first`.
pub(super) fn whole(source: &str, name: &str, first: &Range<usize>) -> Option<Range<usize>> {
    let is_whole = source[first.start..].starts_with(name);
    is_whole.then(|| first.start..first.start + name.len())
}

/// A value as templates see it.
pub(super) fn value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::from(()),
        Kind::Bool => Value::from(node.text() == "true"),
        Kind::Int => node.text().parse::<i128>().map_or_else(|_| float(node), Value::from),
        Kind::Float => float(node),
        Kind::Str => Value::from(node.text()),
        Kind::List => node.items().map(value).collect(),
        Kind::Map => Value::from_pairs(
            node.entries().map(|entry| (entry.key().unwrap_or_default(), value(entry))),
        ),
    }
}

fn float(node: NodeRef<'_>) -> Value {
    node.text().parse::<f64>().map_or_else(|_| Value::from(node.text()), Value::from)
}

/// Whether a value holds the character that marks are made with.
pub(super) fn holds_mark(node: NodeRef<'_>) -> bool {
    let mut found = false;
    node.walk(&mut |_, node| {
        let key = node.key().unwrap_or_default();
        found |= node.text().contains(marks::MARK) || key.contains(marks::MARK);
    });
    found
}

/// Why a template gave nothing.
pub(super) enum Failure {
    /// The output outgrew its bound.
    TooLarge,
    /// The engine stopped.
    Stopped(Error),
}

/// Renders a template.
pub(super) fn render(
    template: &minijinja::Template<'_, '_>,
    context: Value,
) -> Result<String, Failure> {
    let mut output = Bounded::default();
    let done = template.render_captured_to(context, &mut output).map(|_| ());
    if output.full {
        return Err(Failure::TooLarge);
    }
    done.map_err(Failure::Stopped)?;
    // The engine writes strings only.
    Ok(String::from_utf8_lossy(&output.bytes).into_owned())
}

/// An output with a largest size.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            self.full = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
