//! Whether a value is what its schema wants.
//!
//! Source: `pkg/validation/validate` of `k8s.io/kube-openapi`, which the API server runs over a
//! custom resource after it has filled in the defaults; then `pkg/apiserver/schema/listtype`
//! and `.../objectmeta` of `k8s.io/apiextensions-apiserver`. Before all of it the server looks
//! for fields that no schema names: `.../pruning`.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::iter;

use super::budget::{self, Budget};
use super::format;
use super::pattern::Pattern;
use super::schema::{Additional, JsonType, ListType, Schema, SchemaRef};
use super::values::number_of;
use crate::diagnostic::Code;
use crate::k8s::Version;
use crate::source::{Kind, NodeRef};
use crate::validate::Finding;
use crate::validate::cel::{self, Fault, shown};
use crate::validate::repeated::{Value, repeated};
use crate::validate::schema as static_schema;

/// Something wrong with a value.
#[derive(Debug)]
pub struct Problem {
    /// What is wrong.
    pub finding: Finding,
    /// Whether the server gives up on the rules of the schema because of it.
    pub stops_rules: bool,
}

/// Compares a completed object with its schema, as long as the budget lasts; patterns take from
/// that of its expressions. Metadata is not looked at.
#[must_use]
pub fn check(
    root: NodeRef<'_>,
    schema: &Schema,
    version: Version,
    budget: &Budget,
    expressions: &cel::Budget,
) -> Vec<Problem> {
    let walk = Walk { root, version, budget, expressions, unchecked: OnceCell::new() };
    let mut problems = Vec::new();
    walk.unknown_in_root(schema, &mut problems);
    problems.append(&mut walk.value(root, schema).problems);
    walk.lists(root, schema, &mut problems);
    walk.embedded(root, schema, &mut problems);
    problems.extend(walk.unchecked());
    problems
}

/// Compares a default with the schema in which it stands; the server prunes none.
#[must_use]
pub fn check_default<'t>(
    root: NodeRef<'t>,
    default: NodeRef<'t>,
    schema: &Schema,
    version: Version,
    expressions: &cel::Budget,
) -> Vec<Finding> {
    let budget = &Budget::of(default);
    let walk = Walk { root, version, budget, expressions, unchecked: OnceCell::new() };
    let mut problems = Vec::new();
    walk.unknown(default, Some(schema), &mut problems);
    for problem in &mut problems {
        problem.finding.name_for_server(root, default, "");
    }
    problems.append(&mut walk.value(default, schema).problems);
    problems.extend(walk.unchecked());
    problems.into_iter().map(|problem| problem.finding).collect()
}

/// What came of a comparison, and how many parts of a schema had something to say of it: of
/// alternatives that all fail, the one with most to say is the one that was meant.
#[derive(Default)]
struct Outcome {
    problems: Vec<Problem>,
    compared: usize,
}

impl Outcome {
    fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.compared += other.compared;
    }
}

struct Walk<'t, 'b> {
    root: NodeRef<'t>,
    version: Version,
    budget: &'b Budget,
    expressions: &'b cel::Budget,
    /// What is said of the first text whose pattern takes too long to look for.
    unchecked: OnceCell<Finding>,
}

const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl<'t> Walk<'t, '_> {
    fn finding(&self, code: Code, node: NodeRef<'t>, message: String) -> Finding {
        self.budget.spend(budget::FINDING);
        Finding::error(code, self.root, node, message)
    }

    /// A value that is of the right type and still not allowed. The rules are run all the same.
    fn not_allowed(&self, node: NodeRef<'t>, message: String) -> Problem {
        Problem { finding: self.finding(Code::ValueNotAllowed, node, message), stops_rules: false }
    }

    fn unknown_in_root(&self, schema: &Schema, out: &mut Vec<Problem>) {
        for entry in self.root.entries() {
            let key = entry.key().unwrap_or_default();
            if !META.contains(&key) {
                self.unknown_entry(entry, schema, out);
            }
        }
    }

    fn unknown_entry(&self, entry: NodeRef<'t>, schema: &Schema, out: &mut Vec<Problem>) {
        let key = entry.key().unwrap_or_default();
        if let Some(of) = schema.child(key) {
            self.unknown(entry, Some(of), out);
        } else if schema.preserve_unknown {
        } else if matches!(schema.additional, Additional::Unsaid) {
            self.budget.spend(budget::FINDING);
            let finding = static_schema::unknown_field(self.root, entry, schema.names());
            out.push(Problem { finding, stops_rules: false });
        } else {
            self.unknown(entry, None, out);
        }
    }

    /// Looks for fields that the server would prune; without a schema it prunes every field.
    fn unknown(&self, node: NodeRef<'t>, schema: Option<&Schema>, out: &mut Vec<Problem>) {
        // That a map stands where none belongs is reported as such.
        let holds_fields = |schema: &Schema| matches!(schema.of, None | Some(JsonType::Object));
        match schema {
            Some(schema) if node.kind() == Kind::Map && !holds_fields(schema) => {}
            Some(schema) => {
                for entry in node.entries() {
                    let key = entry.key().unwrap_or_default();
                    if !(schema.embedded && META.contains(&key)) {
                        self.unknown_entry(entry, schema, out);
                    }
                }
                let of = schema.items.as_deref();
                // What is kept as it is is kept in its items, too.
                if of.is_some() || !schema.preserve_unknown {
                    node.items().for_each(|item| self.unknown(item, of, out));
                }
            }
            None => {
                for entry in node.entries() {
                    let finding = static_schema::unknown_field(self.root, entry, iter::empty());
                    out.push(Problem { finding, stops_rules: false });
                }
                node.items().for_each(|item| self.unknown(item, None, out));
            }
        }
    }

    fn value(&self, node: NodeRef<'t>, schema: &Schema) -> Outcome {
        let mut out = Outcome::default();
        if !self.budget.spend(budget::VALUE + node.text().len() as u64 / budget::BYTES) {
            return out;
        }
        if schema.of.is_some() || schema.int_or_string {
            out.compared += 1;
            if let Some(finding) = self.wrong_type(node, schema) {
                out.problems.push(Problem { finding, stops_rules: true });
            }
        }
        if node.kind() == Kind::Null {
            self.one_of_values(node, schema, &mut out);
            return out;
        }
        self.alternatives(node, schema, &mut out);
        match node.kind() {
            Kind::Str => self.text(node, schema, &mut out),
            Kind::Int | Kind::Float => self.number(node, schema, &mut out),
            Kind::List => self.list(node, schema, &mut out),
            _ => {}
        }
        self.one_of_values(node, schema, &mut out);
        if node.kind() == Kind::Map {
            self.map(node, schema, &mut out);
        }
        out
    }

    fn wrong_type(&self, node: NodeRef<'t>, schema: &Schema) -> Option<Finding> {
        let wrong = |wanted| {
            self.budget.spend(budget::FINDING);
            let finding = static_schema::wrong_type(self.root, node, wanted);
            // The server prunes what is in a map before it looks at types.
            Some(match node.entries().next() {
                Some(pruned) => finding.as_server(self.root, pruned, ""),
                None => finding,
            })
        };
        if node.kind() == Kind::Null && schema.nullable {
            return None;
        }
        let Some(of) = schema.of else {
            let good = node.kind() == Kind::Str || is_integer(node);
            return if good { None } else { wrong("an integer or a string") };
        };
        let good = match of {
            JsonType::Object => node.kind() == Kind::Map,
            JsonType::Array => node.kind() == Kind::List,
            JsonType::String => node.kind() == Kind::Str,
            JsonType::Integer => is_integer(node),
            JsonType::Number => matches!(node.kind(), Kind::Int | Kind::Float),
            JsonType::Boolean => node.kind() == Kind::Bool,
        };
        if good { None } else { wrong(of.wanted()) }
    }

    fn alternatives(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        out.compared += 1;
        for (all, exactly) in [(&schema.any_of, false), (&schema.one_of, true)] {
            if all.is_empty() {
                continue;
            }
            let outcomes: Vec<Outcome> = all.iter().map(|one| self.value(node, one)).collect();
            if self.budget.is_empty() {
                // What was not looked at cannot be told from what fits.
                return;
            }
            let fitting = outcomes.iter().filter(|outcome| outcome.is_good()).count();
            let best = outcomes.into_iter().reduce(|best, next| {
                let better = next.is_good() && !best.is_good()
                    || next.is_good() == best.is_good() && next.compared > best.compared;
                if better { next } else { best }
            });
            match (fitting, best) {
                (1.., best) if !exactly || fitting == 1 => {
                    out.compared += best.map_or(0, |best| best.compared);
                }
                (0, best) => {
                    let mut problem = self.not_allowed(node, none_fits(all, exactly));
                    // The best of the alternatives says what it lacks; a bare list of fields
                    // to choose from says it all.
                    if let Some(best) = best.filter(|_| wanted_fields(all).is_none()) {
                        let wrong = best.problems.iter().map(|problem| &problem.finding);
                        for finding in wrong.take(3) {
                            let text = match finding.path.as_str() {
                                "" => finding.message.clone(),
                                path => format!("{path}: {}", finding.message),
                            };
                            problem.finding = problem.finding.help(text);
                        }
                        let first = best.problems.first();
                        problem.finding.server_path = first.map(|it| it.finding.path.clone());
                        problem.stops_rules = best.problems.iter().any(|found| found.stops_rules);
                    }
                    out.problems.push(problem);
                }
                _ => out.problems.push(self.not_allowed(node, several_fit(all, fitting))),
            }
        }
        for one in &schema.all_of {
            out.merge(self.value(node, one));
        }
        if let Some(not) = &schema.not
            && self.value(node, not).is_good()
            && !self.budget.is_empty()
        {
            let message = match &not.required[..] {
                [name] if not.properties.is_empty() => format!("`{name}` cannot be set here"),
                [] => "the schema rules this value out".to_owned(),
                names => format!("`{}` exclude each other", names.join("`, `")),
            };
            out.problems.push(self.not_allowed(node, message));
        }
    }

    fn text(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        let limits = &schema.limits;
        let text = node.text();
        let length = text.chars().count();
        out.compared += 1;
        let demand = if let Some(most) = limits.max_length.filter(|most| length > *most) {
            Some((format!("the text has more than {most} characters"), true))
        } else if let Some(least) = limits.min_length.filter(|least| length < *least) {
            let message = match least {
                1 => "the text is empty".to_owned(),
                _ => format!("the text has fewer than {least} characters"),
            };
            Some((message, false))
        } else {
            let pattern = limits.pattern.as_ref();
            let pattern = pattern.filter(|pattern| self.is_at_odds(node, pattern));
            pattern.map(|pattern| (format!("`{text}` does not match `{}`", pattern.text()), false))
        };
        if let Some((message, stops_rules)) = demand {
            out.problems.push(Problem { stops_rules, ..self.not_allowed(node, message) });
        }
        let is_text = matches!(schema.of, None | Some(JsonType::String));
        if let Some(fits) = format::fits(&schema.format, text, self.version).filter(|_| is_text) {
            out.compared += 1;
            if !fits {
                let message = format!("`{text}` is no {}", format::name(&schema.format));
                out.problems.push(Problem { stops_rules: true, ..self.not_allowed(node, message) });
            }
        }
    }

    /// Whether a text does not match a pattern, for all that is known.
    fn is_at_odds(&self, node: NodeRef<'t>, pattern: &Pattern) -> bool {
        let reason = match self.pay(pattern, node.text()) {
            Ok(()) => return pattern.is_match(node.text()) == Some(false),
            Err(reason) => reason,
        };
        self.unchecked.get_or_init(|| {
            let message =
                format!("the pattern `{}` cannot be checked: {reason}", shown(pattern.text()));
            self.finding(Code::RuleNotChecked, node, message).warning()
        });
        false
    }

    /// Takes what it costs to look for a pattern in a text.
    fn pay(&self, pattern: &Pattern, text: &str) -> Result<(), String> {
        if pattern.is_too_large() {
            return Err("it is too large".to_owned());
        }
        let to_compile = if pattern.is_large() { pattern.cost_to_compile() } else { 0 };
        self.expressions.spend(pattern.cost(text) + to_compile).map_err(Fault::into_reason)
    }

    fn unchecked(self) -> Option<Problem> {
        let finding = self.unchecked.into_inner()?;
        Some(Problem { finding, stops_rules: false })
    }

    fn number(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        out.compared += 1;
        let limits = &schema.limits;
        let text = node.text();
        let Ok(number) = text.parse::<f64>() else { return };
        let mut demands = Vec::new();
        if schema.of == Some(JsonType::Integer) && schema.format == "int32" {
            let fits = node.as_i64().is_none_or(|number| i32::try_from(number).is_ok());
            if !fits {
                demands.push(format!("{text} is not between {} and {}", i32::MIN, i32::MAX));
            }
        }
        if let Some(of) = limits.multiple_of
            && (number / of).fract() != 0.0
        {
            demands.push(format!("{text} is no multiple of {of}"));
        }
        match limits.maximum {
            Some(most) if limits.exclusive_maximum && number >= most => {
                demands.push(format!("{text} is not less than {most}"));
            }
            Some(most) if number > most => demands.push(format!("{text} is more than {most}")),
            _ => {}
        }
        match limits.minimum {
            Some(least) if limits.exclusive_minimum && number <= least => {
                demands.push(format!("{text} is not more than {least}"));
            }
            Some(least) if number < least => demands.push(format!("{text} is less than {least}")),
            _ => {}
        }
        out.problems.extend(demands.into_iter().map(|message| self.not_allowed(node, message)));
    }

    fn list(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        out.compared += 1;
        let limits = &schema.limits;
        if let Some(items) = &schema.items {
            for item in node.items() {
                out.merge(self.value(item, items));
            }
        }
        let count = node.items().count();
        if let Some(least) = limits.min_items.filter(|least| count < *least) {
            let message = format!("the list has fewer items than {least}");
            out.problems.push(self.not_allowed(node, message));
        }
        if let Some(most) = limits.max_items.filter(|most| count > *most) {
            let message = format!("the list has more items than {most}");
            out.problems.push(Problem { stops_rules: true, ..self.not_allowed(node, message) });
        }
        if limits.unique_items {
            let twins = repeated(&node.items(), |item| Some(Value(item)));
            if let Some((first, again)) = twins.into_iter().next() {
                out.problems.push(self.repeated(first, again));
            }
        }
    }

    fn one_of_values(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        if schema.values.is_empty() {
            return;
        }
        out.compared += 1;
        if schema.values.have(node) && node.kind() != Kind::Null {
            return;
        }
        let finding = static_schema::none_of(self.root, node, schema.values.texts());
        out.problems.push(Problem { finding, stops_rules: true });
    }

    fn map(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Outcome) {
        out.compared += 1;
        let limits = &schema.limits;
        let count = node.entries().count();
        if let Some(least) = limits.min_properties.filter(|least| count < *least) {
            let message = format!("the map has fewer entries than {least}");
            out.problems.push(self.not_allowed(node, message));
        }
        if let Some(most) = limits.max_properties.filter(|most| count > *most) {
            let message = format!("the map has more entries than {most}");
            out.problems.push(Problem { stops_rules: true, ..self.not_allowed(node, message) });
        }
        for entry in node.entries() {
            let key = entry.key().unwrap_or_default();
            match (schema.child(key), &schema.additional) {
                (Some(of), _) => out.merge(self.value(entry, of)),
                (None, Additional::Nothing) => {
                    self.budget.spend(budget::FINDING);
                    let finding = static_schema::unknown_field(self.root, entry, schema.names());
                    out.problems.push(Problem { finding, stops_rules: false });
                }
                (None, _) => {}
            }
        }
        self.budget.spend(budget::FIELD * schema.required.len() as u64);
        for name in &schema.required {
            if !self.budget.is_empty() && node.get(name).is_none() {
                self.budget.spend(budget::FINDING);
                let finding = missing(self.root, node, name);
                out.problems.push(Problem { finding, stops_rules: true });
            }
        }
    }

    fn repeated(&self, first: NodeRef<'t>, again: NodeRef<'t>) -> Problem {
        let message = "the list has this item already".to_owned();
        let finding = self.finding(Code::RepeatedItem, again, message);
        let finding = finding.also(first.at(), "first here").help("delete one of the two");
        Problem { finding, stops_rules: false }
    }

    /// Looks for items that a set or a map of the schema cannot hold twice.
    fn lists(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Vec<Problem>) {
        for entry in node.entries() {
            if let Some(of) = schema.child(entry.key().unwrap_or_default()) {
                self.lists(entry, of, out);
            }
        }
        if node.kind() != Kind::List {
            return;
        }
        let is_map = matches!(schema.list, ListType::Map(_));
        let foreign = |item: &NodeRef<'t>| !matches!(item.kind(), Kind::Map | Kind::Null);
        if is_map && node.items().any(|item| foreign(&item)) {
            // Its type is reported where the schema gives it one, as it must.
            return;
        }
        let mut twins = match &schema.list {
            ListType::Atomic => Vec::new(),
            ListType::Set => repeated(&node.items(), |item| Some(Value(item))),
            ListType::Map(keys) => repeated(&node.items(), |item| {
                let enough = self.budget.spend(budget::FIELD * keys.len() as u64);
                let values = || keys.iter().map(|key| item.get(key).map(Value)).collect::<Vec<_>>();
                enough.then(values)
            }),
        };
        // The server names the second of several alone.
        let mut named = BTreeSet::new();
        twins.retain(|(first, _)| named.insert(first.index()));
        out.extend(twins.into_iter().map(|(first, again)| self.repeated(first, again)));
        if let Some(items) = &schema.items {
            node.items().for_each(|item| self.lists(item, items, out));
        }
    }

    /// Checks the objects inside of the object.
    fn embedded(&self, node: NodeRef<'t>, schema: &Schema, out: &mut Vec<Problem>) {
        if schema.embedded && node.kind() == Kind::Map {
            for name in ["apiVersion", "kind"] {
                match node.get(name) {
                    None => {
                        let finding = missing(self.root, node, name);
                        out.push(Problem { finding, stops_rules: true });
                    }
                    Some(value) if value.kind() != Kind::Str => {
                        let finding = static_schema::wrong_type(self.root, value, "a string");
                        out.push(Problem { finding, stops_rules: false });
                    }
                    Some(value) if value.text().is_empty() => {
                        out.push(self.not_allowed(value, format!("`{name}` is empty")));
                    }
                    Some(value)
                        if name == "apiVersion" && value.text().matches('/').count() > 1 =>
                    {
                        let message = format!("`{}` is no `GROUP/VERSION`", value.text());
                        out.push(self.not_allowed(value, message));
                    }
                    Some(_) => {}
                }
            }
            if let Some(metadata) = node.get("metadata") {
                let mut found = Vec::new();
                static_schema::metadata(self.root, metadata, self.version, &mut found);
                let problems = found.into_iter();
                out.extend(problems.map(|finding| Problem { finding, stops_rules: false }));
            }
        }
        for entry in node.entries() {
            if let Some(of) = schema.child(entry.key().unwrap_or_default()) {
                self.embedded(entry, of, out);
            }
        }
        if let Some(items) = &schema.items {
            node.items().for_each(|item| self.embedded(item, items, out));
        }
    }
}

fn missing(root: NodeRef<'_>, node: NodeRef<'_>, name: &str) -> Finding {
    Finding::missing(root, node, name).help(format!("add `{name}`"))
}

/// Whether JSON and Go take it for an integer: `1.0` is one, and beyond 2^53 only what fits 64
/// bits.
fn is_integer(node: NodeRef<'_>) -> bool {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    match node.kind() {
        Kind::Int if node.as_i64().is_some() => true,
        Kind::Int | Kind::Float => {
            number_of(node).is_some_and(|number| number.fract() == 0.0 && number.abs() <= EXACT)
        }
        _ => false,
    }
}

/// The fields that alternatives ask for, where that is all they ask.
fn wanted_fields(all: &[SchemaRef]) -> Option<Vec<String>> {
    let field = |one: &SchemaRef| match &one.required[..] {
        [name] if one.properties.is_empty() && one.not.is_none() => Some(name.clone()),
        _ => None,
    };
    all.iter().map(field).collect()
}

fn none_fits(all: &[SchemaRef], exactly: bool) -> String {
    match wanted_fields(all) {
        Some(names) => {
            let many = if exactly { "exactly one" } else { "at least one" };
            format!("{many} of `{}` must be set", names.join("`, `"))
        }
        None => format!("the value fits none of its {} forms", all.len()),
    }
}

fn several_fit(all: &[SchemaRef], fitting: usize) -> String {
    match wanted_fields(all) {
        Some(names) => format!("only one of `{}` can be set", names.join("`, `")),
        None => format!("the value fits {fitting} of forms that exclude each other"),
    }
}
