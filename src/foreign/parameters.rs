//! The parameters of a template: what `NAME.parameters.yaml` declares, and whether a use of the
//! template gives them.

use indexmap::IndexMap;
use regex_lite::{Regex, RegexBuilder};

use super::TemplateUse;
use super::engine;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, nearest};
use crate::source::{Kind, NodeRef, Span};
use crate::spec::map::Entry;
use crate::spec::raw::Raw;
use crate::spec::value::Value;
use crate::spec::{self, ParameterType};

/// The largest program that a pattern may be, in bytes; the longest names of Kubernetes, spelt
/// out, take two thirds of it.
const MAX_PATTERN: usize = 32 << 10;
/// How many bytes one file's values may have that patterns look at: each byte may take as many
/// steps as a pattern has.
const MAX_MATCHED: usize = 64 << 10;

/// What every template sees besides its parameters, with the fields of each.
pub(super) const CONTEXT: [(&str, &[&str]); 3] =
    [("stack", &["name"]), ("namespace", &[]), ("env", &["name", "domain"])];

/// Words that mean something to the template engine.
const RESERVED: [&str; 15] = [
    "and", "dict", "else", "False", "false", "if", "in", "is", "loop", "none", "not", "or",
    "range", "True", "true",
];

/// The parameters that a template takes.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    all: IndexMap<String, Parameter>,
}

#[derive(Debug)]
struct Parameter {
    /// Where its name is declared.
    declared: Span,
    kind: ParameterType,
    default: Option<Raw>,
    /// The values that it may take; any, where there is none.
    allowed: Vec<Raw>,
    pattern: Option<Regex>,
}

impl Parameters {
    /// Reads a declaration; what is wrong in it is reported and left out.
    pub fn declared(spec: spec::TemplateParameters, diagnostics: &mut Diagnostics) -> Self {
        let declared = spec.parameters.unwrap_or_default().entries;
        let mut left = MAX_MATCHED;
        let all = declared.into_iter().filter_map(|(name, entry)| {
            check_name(&name, entry.key, diagnostics);
            let parameter = Parameter::declared(&name, entry, &mut left, diagnostics)?;
            Some((name, parameter))
        });
        Self { all: all.collect() }
    }

    /// The names, in the order declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// Whether there is a parameter of a name.
    pub fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// The values of all parameters: those that a use gives, and the defaults of the others.
    /// `None` after a mistake.
    pub fn values(
        &self,
        usage: &TemplateUse,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<(String, minijinja::Value)>> {
        let mut sound = true;
        let mut left = MAX_MATCHED;
        for (name, argument) in &usage.with {
            let found = match self.all.get(name) {
                None => Some(self.unknown(name, argument.key, &usage.template.v)),
                Some(parameter) => {
                    parameter.check(name, argument.value.root(), argument.key, &mut left)
                }
            };
            sound &= found.is_none();
            diagnostics.extend(found);
        }
        let mut values = Vec::with_capacity(self.all.len());
        for (name, parameter) in &self.all {
            let given = usage.with.get(name).map(|argument| argument.value.root());
            let default = parameter.default.as_ref().map(Raw::root);
            if let Some(node) = given.or(default) {
                values.push((name.clone(), engine::value(node)));
                continue;
            }
            sound = false;
            diagnostics.push(
                Diagnostic::error(
                    Code::MissingParameter,
                    super::place(usage),
                    format!("the template `{}` needs `{name}`", usage.template.v),
                )
                .also(parameter.declared, "declared without a default here")
                .help(format!("write `with: {{ {name}: ... }}`")),
            );
        }
        sound.then_some(values)
    }

    fn unknown(&self, name: &str, at: Span, template: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            Code::UnknownParameter,
            at,
            format!("the template `{template}` has no parameter `{name}`"),
        );
        match nearest(name, self.names()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(at, near),
            None if self.all.is_empty() => diagnostic
                .help(format!("parameters are declared in `templates/{template}.parameters.yaml`")),
            None => {
                let names: Vec<&str> = self.names().collect();
                diagnostic.help(format!("it takes `{}`", names.join("`, `")))
            }
        }
    }
}

impl Parameter {
    fn declared(
        name: &str,
        Entry { key, value: spec }: Entry<spec::Parameter>,
        left: &mut usize,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        // A type that could not be read is reported.
        let is_inside = |found: &Diagnostic| match (&found.place, spec.span) {
            (Place::Span(at), Some(whole)) => {
                at.file == whole.file && (whole.start..whole.end).contains(&at.start)
            }
            _ => false,
        };
        let is_unread = spec.r#type.is_none() && diagnostics.iter().any(is_inside);
        let mut wrong = |at: Span, message: String, help: &str| {
            diagnostics.push(Diagnostic::error(Code::BadParameter, at, message).help(help));
        };
        let kind = match spec.r#type {
            Some(Value::Literal { value, .. }) => value,
            Some(Value::Expression(text)) => {
                wrong(text.span, "a declaration holds no expressions".to_owned(), "write a type");
                return None;
            }
            None if is_unread => return None,
            None => {
                let message = format!("the parameter `{name}` has no type");
                wrong(key, message, "write `type: string`, or another type");
                return None;
            }
        };
        let mut parameter =
            Self { declared: key, kind, default: None, allowed: Vec::new(), pattern: None };
        if let Some(text) = spec.pattern {
            if kind == ParameterType::String {
                match text.literal().map(compiled) {
                    Some(Ok(pattern)) => parameter.pattern = Some(pattern),
                    Some(Err(error)) => {
                        let message = format!("this is no regular expression: {error}");
                        wrong(text.span, message, "write one as Rust's `regex` reads them");
                    }
                    None => {
                        let message = "a declaration holds no expressions".to_owned();
                        wrong(text.span, message, "write a regular expression");
                    }
                }
            } else {
                let message = format!("a pattern is for strings, and `{name}` is {}", noun(kind));
                wrong(text.span, message, "leave the pattern out");
            }
        }
        let allowed = spec.r#enum.map(|list| list.items).unwrap_or_default();
        let values = allowed.iter().chain(&spec.default);
        for text in values.flat_map(Raw::texts) {
            wrong(text.span, "a declaration holds no expressions".to_owned(), "write the value");
        }
        for value in &allowed {
            diagnostics.extend(parameter.check(name, value.root(), key, left));
        }
        parameter.allowed = allowed;
        if let Some(value) = spec.default {
            diagnostics.extend(parameter.check(name, value.root(), key, left));
            parameter.default = Some(value);
        }
        Some(parameter)
    }

    /// What is wrong with a value for this parameter. `left` says how many bytes patterns may
    /// still look at.
    fn check(
        &self,
        name: &str,
        value: NodeRef<'_>,
        key: Span,
        left: &mut usize,
    ) -> Option<Diagnostic> {
        let at = value.at().span().unwrap_or(key);
        // A declaration checks its own defaults and enumerated values.
        let own = at.file == self.declared.file;
        let wrong = |message: String| {
            if own {
                return Diagnostic::error(Code::BadParameter, at, message);
            }
            Diagnostic::error(Code::WrongParameter, at, message)
                .also(self.declared, "declared here")
        };
        if !is_of(value.kind(), self.kind) {
            let found = found(value.kind());
            let diagnostic = wrong(format!("`{name}` is {}, not {found}", noun(self.kind)));
            let scalar = matches!(value.kind(), Kind::Bool | Kind::Int | Kind::Float);
            return Some(if scalar && self.kind == ParameterType::String {
                diagnostic.help(format!("quote it: `\"{}\"`", value.text()))
            } else {
                diagnostic.help(format!("write {}", noun(self.kind)))
            });
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|one| one.root().same(value)) {
            let words: Vec<String> = self.allowed.iter().map(|one| shown(one.root())).collect();
            let diagnostic = wrong(format!("`{name}` cannot be `{}`", shown(value)));
            let texts = self.allowed.iter().filter_map(|one| one.root().as_str());
            return Some(match value.as_str().and_then(|text| nearest(text, texts)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(at, near),
                None => diagnostic.help(format!("it is one of `{}`", words.join("`, `"))),
            });
        }
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str()) {
            let Some(rest) = left.checked_sub(text.len()) else {
                let message = format!("`{name}` is too long to be held against its pattern");
                return Some(wrong(message).help(format!(
                    "values with patterns have at most {MAX_MATCHED} bytes together: leave the pattern out"
                )));
            };
            *left = rest;
            if !pattern.is_match(text) {
                return Some(
                    wrong(format!("`{text}` does not match the pattern of `{name}`"))
                        .help(format!("the pattern is `{pattern}`")),
                );
            }
        }
        if engine::holds_mark(value) {
            return Some(
                wrong(format!("`{name}` holds the noncharacter U+FDD0"))
                    .help("take it out: Unicode has no meaning for it"),
            );
        }
        None
    }
}

fn compiled(pattern: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build()
}

/// Checks that a template can look a name up.
fn check_name(name: &str, at: Span, diagnostics: &mut Diagnostics) {
    let mut characters = name.chars();
    let is_name =
        characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && characters.all(|next| next.is_ascii_alphanumeric() || next == '_');
    let wrong = |message: String| Diagnostic::error(Code::BadParameter, at, message);
    if !is_name {
        let mut mended: String = name
            .chars()
            .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
            .collect();
        if !mended.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            mended.insert(0, '_');
        }
        diagnostics.push(
            wrong(format!("a template cannot look `{name}` up"))
                .help(format!("names are letters, digits and `_`: write `{mended}`"))
                .suggest(at, mended),
        );
    } else if CONTEXT.iter().any(|(known, _)| *known == name) {
        diagnostics.push(
            wrong(format!("every template has a `{name}` that is no parameter"))
                .help("choose another name"),
        );
    } else if RESERVED.contains(&name) {
        diagnostics.push(
            wrong(format!("`{name}` means something in templates")).help("choose another name"),
        );
    }
}

fn is_of(kind: Kind, r#type: ParameterType) -> bool {
    match r#type {
        ParameterType::String => kind == Kind::Str,
        ParameterType::Integer => kind == Kind::Int,
        ParameterType::Number => matches!(kind, Kind::Int | Kind::Float),
        ParameterType::Boolean => kind == Kind::Bool,
        ParameterType::Array => kind == Kind::List,
        ParameterType::Object => kind == Kind::Map,
    }
}

fn noun(r#type: ParameterType) -> &'static str {
    match r#type {
        ParameterType::String => "a string",
        ParameterType::Integer => "an integer",
        ParameterType::Number => "a number",
        ParameterType::Boolean => "`true` or `false`",
        ParameterType::Array => "a list",
        ParameterType::Object => "a map",
    }
}

/// A value for a message.
fn shown(value: NodeRef<'_>) -> String {
    value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned)
}

fn found(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "nothing",
        Kind::Bool => "a boolean",
        Kind::Int | Kind::Float => "a number",
        Kind::Str => "a string",
        Kind::List => "a list",
        Kind::Map => "a map",
    }
}
