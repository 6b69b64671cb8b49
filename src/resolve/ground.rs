//! What expressions can say before anything of a stack is known: the environment, the stack's
//! name and its variables.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::evaluate::{Found, Plain};
use super::log::Log;
use super::order::order;
use super::read::{Read, undefined};
use super::{Merged, Surroundings};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::spec::expression::{Expression, Segment, Text};
use crate::spec::map::Entry;
use crate::spec::value::Setting;

/// The roots of the paths that lead to these values.
pub(super) const ROOTS: [&str; 4] = ["env", "stack", "instance", "vars"];

/// The environment's values, and the stack's where there is one, by their paths.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// What did not evaluate has no value, so that each mistake is reported once.
    values: BTreeMap<String, Option<Plain>>,
    /// The environment, and where it is declared, for what it does not say.
    environment: (String, Span),
    /// Whether a stack's values are among these.
    of_stack: bool,
}

/// A variable that is not evaluated yet.
struct Variable<'s> {
    path: String,
    key: Span,
    setting: &'s Setting,
}

impl Ground {
    /// What an environment knows of itself.
    pub fn of_environment(surroundings: &Surroundings, log: &Log) -> Self {
        let mut ground = Self {
            values: BTreeMap::new(),
            environment: (surroundings.name.clone(), surroundings.span),
            of_stack: false,
        };
        ground.set("env.name", &surroundings.name);
        let spec = &surroundings.spec;
        let domain = spec.domain.clone().map(|text| (text.span, Setting::Text(text)));
        let mut variables = variables("env.vars", spec.vars.iter().flat_map(|vars| &vars.entries));
        // The variables may use the domain, or the domain the variables.
        if let Some((key, setting)) = &domain {
            variables.push(Variable { path: "env.domain".to_owned(), key: *key, setting });
        }
        ground.evaluate(&variables, log);
        ground
    }

    /// What a stack knows there.
    pub fn of_stack(mut self, merged: &Merged, log: &Log) -> Self {
        self.of_stack = true;
        self.set("stack.name", &merged.name);
        if let Some(instance) = &merged.instance {
            self.set("instance.name", instance);
        }
        let mut vars: IndexMap<&String, &Entry<Setting>> =
            merged.body.vars.iter().flat_map(|vars| &vars.entries).collect();
        let instance = merged.instance.as_ref().and_then(|name| {
            merged.body.instances.as_ref()?.entries.get(name)?.value.vars.as_ref()
        });
        vars.extend(instance.iter().flat_map(|vars| &vars.entries));
        self.evaluate(&variables("vars", vars), log);
        self
    }

    fn set(&mut self, path: &str, text: &str) {
        self.values.insert(path.to_owned(), Some(Plain::string(text)));
    }

    /// Evaluates variables, each after those that it uses.
    fn evaluate(&mut self, variables: &[Variable<'_>], log: &Log) {
        let numbers: BTreeMap<&str, usize> = variables
            .iter()
            .enumerate()
            .map(|(at, variable)| (variable.path.as_str(), at))
            .collect();
        let uses: Vec<Vec<usize>> = variables
            .iter()
            .map(|variable| {
                expressions(variable.setting)
                    .filter_map(|expression| numbers.get(joined(expression).as_str()).copied())
                    .collect()
            })
            .collect();
        let order = order(&uses);
        for circle in &order.circles {
            let members: Vec<&Variable<'_>> = circle.iter().map(|&at| &variables[at]).collect();
            report_circle(&members, log);
        }
        for variable in variables {
            self.values.insert(variable.path.clone(), None);
        }
        for &at in &order.sorted {
            let variable = &variables[at];
            let value = match variable.setting {
                Setting::Plain { kind, text, .. } => {
                    Some(Plain { kind: *kind, text: text.clone() })
                }
                Setting::Text(text) => self.with(log).plain(text, "a variable"),
            };
            self.values.insert(variable.path.clone(), value);
        }
    }

    /// Whether a path is for [`look_up`](Self::look_up) to follow.
    pub fn knows(&self, expression: &Expression) -> bool {
        ROOTS.contains(&expression.path[0].name.as_str())
            || self.values.contains_key(&joined(expression))
    }

    /// The same with a string more, for the few places that know one.
    pub fn and(mut self, path: &str, text: &str) -> Self {
        self.set(path, text);
        self
    }

    /// This, reporting to `log`.
    pub fn with<'g>(&'g self, log: &'g Log) -> Grounded<'g> {
        Grounded { ground: self, log }
    }

    /// What a path that starts with one of [`ROOTS`] leads to.
    pub fn look_up(&self, expression: &Expression, log: &Log) -> Option<Found> {
        let path = joined(expression);
        if let Some(value) = self.values.get(&path) {
            return value.clone().map(Found::Plain);
        }
        let names: Vec<&str> = expression.path.iter().map(|name| name.name.as_str()).collect();
        let last = &expression.path[names.len() - 1];
        let (environment, span) = &self.environment;
        let below = |prefix: &str| -> Vec<&str> {
            self.values.keys().filter_map(|known| known.strip_prefix(prefix)).collect()
        };
        let diagnostic = match names.as_slice() {
            ["env", "domain"] => Diagnostic::error(
                Code::UndefinedName,
                expression.span,
                format!("the environment `{environment}` has no domain"),
            )
            .also(*span, "declared here")
            .help("write `domain: example.com` in the environment"),
            ["env", "vars", _] => undefined(
                last,
                &format!("a variable of the environment `{environment}`"),
                below("env.vars."),
            )
            .also(*span, "the environment is declared here"),
            ["env", "vars"] => whole(expression, "env.vars"),
            ["env", ..] => undefined(
                expression.path.get(1).unwrap_or(last),
                "a value of the environment",
                vec!["name", "domain", "vars"],
            ),
            ["stack" | "instance" | "vars", ..] if !self.of_stack => Diagnostic::error(
                Code::NotKnownHere,
                expression.span,
                format!(
                    "`{}` is not known here: an environment is one for all of its stacks",
                    expression.path_text()
                ),
            )
            .help("here, use `env.name`, `env.domain` and `env.vars`"),
            ["vars", _] => undefined(last, "a variable of the stack", below("vars.")),
            ["vars"] => whole(expression, "vars"),
            ["stack", ..] => undefined(
                expression.path.get(1).unwrap_or(last),
                "a value of the stack",
                vec!["name"],
            ),
            ["instance", "name"] => Diagnostic::error(
                Code::NotKnownHere,
                expression.span,
                "this stack has no instances",
            )
            .help("use `stack.name`, or declare `instances:`"),
            ["instance", ..] => undefined(
                expression.path.get(1).unwrap_or(last),
                "a value of an instance",
                vec!["name"],
            ),
            _ => undefined(last, "a value", Vec::new()),
        };
        log.push(diagnostic);
        None
    }
}

fn whole(expression: &Expression, path: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UndefinedName,
        expression.span,
        format!("`{path}` is a map, not a value"),
    )
    .help(format!("name one of its values: `{path}.NAME`"))
}

fn report_circle(members: &[&Variable<'_>], log: &Log) {
    let Some(first) = members.first() else { return };
    let mut path: Vec<String> = members.iter().map(|member| format!("`{}`", member.path)).collect();
    path.push(format!("`{}`", first.path));
    let mut diagnostic = Diagnostic::error(
        Code::VariableCircle,
        first.key,
        format!("these variables are made of each other: {}", path.join(" of ")),
    )
    .help("give one of them a value of its own");
    for member in &members[1..] {
        diagnostic = diagnostic.also(member.key, format!("`{}` is declared here", member.path));
    }
    log.push(diagnostic);
}

fn variables<'s>(
    prefix: &str,
    entries: impl IntoIterator<Item = (&'s String, &'s Entry<Setting>)>,
) -> Vec<Variable<'s>> {
    let variable = |(name, entry): (&String, &'s Entry<Setting>)| Variable {
        path: format!("{prefix}.{name}"),
        key: entry.key,
        setting: &entry.value,
    };
    entries.into_iter().map(variable).collect()
}

fn expressions(setting: &Setting) -> impl Iterator<Item = &Expression> {
    let text: Option<&Text> = match setting {
        Setting::Text(text) => Some(text),
        Setting::Plain { .. } => None,
    };
    text.into_iter().flat_map(|text| &text.segments).filter_map(|segment| match segment {
        Segment::Expression(expression) => Some(expression),
        Segment::Literal(_) => None,
    })
}

fn joined(expression: &Expression) -> String {
    let names: Vec<&str> = expression.path.iter().map(|name| name.name.as_str()).collect();
    names.join(".")
}

/// A [`Ground`] to evaluate with, for what must be known before the stack's components are.
#[derive(Clone, Copy)]
pub(super) struct Grounded<'g> {
    ground: &'g Ground,
    log: &'g Log,
}

impl Read for Grounded<'_> {
    fn log(&self) -> &Log {
        self.log
    }

    fn look_up(&self, expression: &Expression) -> Option<Found> {
        if self.ground.knows(expression) {
            return self.ground.look_up(expression, self.log);
        }
        let known: &[&str] = if self.ground.of_stack { &ROOTS } else { &ROOTS[..1] };
        let path = expression.path_text();
        self.log.push(
            Diagnostic::error(
                Code::NotKnownHere,
                expression.span,
                format!("`{path}` is not known here"),
            )
            .help(format!(
                "names, ports and the like are read first and can be made of `{}` alone",
                known.join("`, `")
            )),
        );
        None
    }
}
