//! What the type checker says of an expression before it is run: functions that are not there,
//! fields that a value has not, and operators between types that do not go together.
//!
//! The type checker of cel-go knows more. What is said here of an expression it says, too.

mod calls;
mod operations;
mod parts;

use std::collections::BTreeSet;

use kube_cel::cel::common::ast::operators;

use super::signatures;
use super::syntax::{Call, Entry, Item, Syntax};
use super::types::{Constant, Declared, Fields, Type};
use super::{Budget, Expression, MAX_DEPTH, short, unescape};
use crate::diagnostic::MOST_COMPARED;
pub use parts::{compares_with_null, fields_of, is_false, sees_identity_alone};
use parts::{shown, type_of};

/// How much is said of one expression: what has more is none that somebody is about to mend.
const MOST_MISFITS: usize = 100;
/// What it takes to look at a part of an expression.
const OF_STEP: u64 = 8;
/// What it takes to keep what does not fit.
const OF_MISFIT: u64 = 64;

/// The variables of an expression, and what is known of each.
pub type Variables<'v> = [(&'v str, Declared)];

/// What is known of an expression before it is run.
#[derive(Debug, Default)]
pub struct Checked {
    /// Its value.
    pub of: Declared,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
    /// The fields whose presence it tests and that may be there.
    pub present: BTreeSet<String>,
}

/// Something in an expression that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misfit {
    /// What.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The field, where the expression merely asks whether it is there: it runs, and never is.
    pub tested: Option<String>,
}

/// Checks an expression with what is known of its variables, and with the fields that are there
/// wherever they may be. What these and the [constants](Constant) among the variables leave no way
/// to is not looked at. Where the budget ends, so does the check: nothing more is known.
#[must_use]
pub fn check(
    expression: &Expression,
    variables: &Variables<'_>,
    given: &BTreeSet<String>,
    budget: &Budget,
) -> Checked {
    let mut checker = Checker {
        variables,
        given,
        budget,
        depth: 0,
        bound: Vec::new(),
        misfits: Vec::new(),
        present: BTreeSet::new(),
    };
    let of = expression.syntax().map_or(Declared::Any, |syntax| checker.infer(syntax));
    let Checker { mut misfits, present, .. } = checker;
    misfits.sort();
    misfits.dedup();
    Checked { of, misfits, present }
}

struct Checker<'e, 'v> {
    variables: &'v Variables<'v>,
    /// The fields that are there.
    given: &'v BTreeSet<String>,
    budget: &'v Budget,
    /// How many parts of the expression lie around the one at hand.
    depth: usize,
    /// What macros bind, innermost last.
    bound: Vec<(&'e str, Declared)>,
    misfits: Vec<Misfit>,
    present: BTreeSet<String>,
}

impl<'e> Checker<'e, '_> {
    /// What is known of an expression: nothing, where it lies too deep, or the budget ends.
    fn infer(&mut self, expression: &'e Syntax) -> Declared {
        if self.depth == MAX_DEPTH as usize || !self.pays(OF_STEP) {
            return Declared::Any;
        }
        self.depth += 1;
        let of = self.part_of(expression);
        self.depth -= 1;
        of
    }

    fn pays(&self, units: u64) -> bool {
        !self.budget.is_empty() && self.budget.spend(units).is_ok()
    }

    fn part_of(&mut self, expression: &'e Syntax) -> Declared {
        match expression {
            Syntax::Literal(value) => type_of(value).map_or(Declared::Any, Declared::Plain),
            Syntax::Name(name) => self.variable(name).unwrap_or(Declared::Any),
            Syntax::Select { operand, field, test: false } => self.select(operand, field),
            Syntax::Select { operand, field, test: true } => self.is_there(operand, field),
            Syntax::Call(call) => self.call(call),
            Syntax::List(items) => self.list(items),
            Syntax::Map(entries) => self.entries(entries),
            Syntax::Message { values, .. } => {
                self.all(values);
                Declared::Any
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Declared> {
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == name);
        let known = bound.or_else(|| self.variables.iter().find(|(known, _)| *known == name));
        known.map(|(_, of)| of.clone())
    }

    fn misfit(&mut self, message: String) {
        self.keep(Misfit { message, help: None, tested: None });
    }

    fn keep(&mut self, misfit: Misfit) {
        if self.keeps(misfit.tested.is_some()) && self.pays(OF_MISFIT) {
            self.misfits.push(misfit);
        }
    }

    /// Whether one more misfit is kept. Of those that merely ask all are, as they tell kinds apart.
    fn keeps(&self, is_test: bool) -> bool {
        is_test || self.misfits.len() < MOST_MISFITS
    }

    /// What is known of each of some expressions.
    fn all(&mut self, expressions: &'e [Syntax]) -> Vec<Declared> {
        expressions.iter().map(|one| self.infer(one)).collect()
    }

    fn list(&mut self, items: &'e [Item]) -> Declared {
        let mut of = Declared::Nothing;
        for item in items {
            of = of.or(self.part(&item.value, item.optional));
        }
        Declared::list(of)
    }

    fn entries(&mut self, entries: &'e [Entry]) -> Declared {
        let (mut key, mut value) = (Declared::Nothing, Declared::Nothing);
        for entry in entries {
            key = key.or(self.infer(&entry.key));
            value = value.or(self.part(&entry.value, entry.optional));
        }
        Declared::map_from(key, value)
    }

    /// A part of a list or a map, which is left out where it is optional and not there.
    fn part(&mut self, value: &'e Syntax, optional: bool) -> Declared {
        match self.infer(value) {
            Declared::Optional(of) if optional => Declared::clone(&of),
            of => of,
        }
    }

    fn select(&mut self, operand: &'e Syntax, field: &str) -> Declared {
        match self.infer(operand) {
            Declared::Optional(of) => self.optional_field(&of, operand, field),
            of => self.field(&of, operand, field, false).unwrap_or(Declared::Any),
        }
    }

    /// Whether a field is there: never where the kind has none, which is known of a kind only.
    fn is_there(&mut self, operand: &'e Syntax, field: &str) -> Declared {
        let of = self.infer(operand);
        let known = match self.field(&of, operand, field, true) {
            Some(_) => self.given.contains(&tested(operand, field)).then_some(true),
            None => self.knows_kind().then_some(false),
        };
        known.map_or(Declared::Plain(Type::Bool), |is| Declared::Constant(Constant::Bool(is)))
    }

    /// The field of something that may not be there.
    fn optional_field(&mut self, of: &Declared, operand: &Syntax, name: &str) -> Declared {
        Declared::optional(self.field(of, operand, name, true).unwrap_or(Declared::Any))
    }

    /// Whether it is known for which kind of object the expression is checked.
    fn knows_kind(&self) -> bool {
        matches!(self.variable("object"), Some(Declared::Object(_)))
    }

    /// The field of a value; `None` where it has none of that name.
    fn field(
        &mut self,
        of: &Declared,
        operand: &Syntax,
        name: &str,
        is_test: bool,
    ) -> Option<Declared> {
        let tested = is_test.then(|| tested(operand, name));
        let known = match of {
            Declared::Any | Declared::Nothing | Declared::Plain(Type::Null | Type::Map) => {
                Some(Declared::Any)
            }
            Declared::Map(_, value) => Some(Declared::clone(value)),
            Declared::Object(fields) => field_of(&**fields, name),
            Declared::Optional(of) => return Some(self.optional_field(of, operand, name)),
            Declared::Plain(_) | Declared::Constant(_) | Declared::List(_) => None,
        };
        if known.is_some() {
            self.present.extend(tested);
            return known;
        }
        if self.keeps(is_test) {
            self.lacks(of, operand, name, tested);
        }
        None
    }

    /// Keeps that a value has no field of a name.
    fn lacks(&mut self, of: &Declared, operand: &Syntax, name: &str, tested: Option<String>) {
        let what = shown(operand).map_or_else(
            || format!("what stands before `.{}`", short(name)),
            |text| format!("`{text}`"),
        );
        let (message, help) = match of {
            Declared::Object(fields) => {
                let near = self.nearest(&**fields, name).map(|near| format!("write `{near}`"));
                (format!("{what} has no field `{}`", short(name)), near)
            }
            of => {
                let of = of.kind().map_or("dyn", Type::name);
                (format!("{what} ({of}) has no field `{}`", short(name)), None)
            }
        };
        self.keep(Misfit { message, help, tested });
    }

    /// The field that was probably meant, where there is enough left to look for it.
    fn nearest(&self, fields: &dyn Fields, name: &str) -> Option<String> {
        // Two names are compared letter by letter.
        let of_name = OF_STEP + (name.len() * name.len() / 8) as u64;
        let units = of_name.saturating_mul(fields.count().min(MOST_COMPARED) as u64);
        self.budget.affords(units).then(|| fields.nearest(name)).flatten()
    }

    fn call(&mut self, call: &'e Call) -> Declared {
        let name = &*call.function;
        match (call.target.as_deref(), &call.arguments[..]) {
            (Some(target), _) => self.method(target, call),
            (None, [operand]) if name == operators::LOGICAL_NOT => self.not(operand),
            (None, [operand]) if name == operators::NEGATE => {
                let of = self.infer(operand);
                self.wants(&of, "-", |of| matches!(of, Type::Int | Type::Double));
                of
            }
            (None, [condition, then, otherwise]) if name == operators::CONDITIONAL => {
                self.conditional(condition, then, otherwise)
            }
            (None, operands) if name == operators::LOGICAL_AND => {
                self.logical("&&", false, operands)
            }
            (None, operands) if name == operators::LOGICAL_OR => self.logical("||", true, operands),
            (None, [left, right]) => self.binary(name, left, right),
            (None, args) => self.function(name, args),
        }
    }

    fn function(&mut self, name: &str, args: &'e [Syntax]) -> Declared {
        let arguments = self.all(args);
        let Some(of) = signatures::function(name) else {
            self.misfit(format!("there is no function `{}`", short(name)));
            return Declared::Any;
        };
        if let ("size", [argument]) = (name, &arguments[..]) {
            self.receives(name, argument);
        }
        of
    }
}

/// A field of whose presence an expression asks, as it names it.
fn tested(operand: &Syntax, name: &str) -> String {
    format!("{}.{name}", shown(operand).unwrap_or_default())
}

/// A field by its own name, or by the one that it has in expressions, as one with a dash in it.
fn field_of(fields: &dyn Fields, name: &str) -> Option<Declared> {
    fields.field(name).or_else(|| fields.field(&unescape(name)?))
}

/// The keys and the items of what a macro goes through.
fn items(of: &Declared) -> (Declared, Declared) {
    match of {
        Declared::List(item) => (Declared::Plain(Type::Int), Declared::clone(item)),
        Declared::Map(key, value) => (Declared::clone(key), Declared::clone(value)),
        _ => (Declared::Any, Declared::Any),
    }
}

fn has_items(of: Type) -> bool {
    matches!(of, Type::List | Type::Map | Type::Null)
}

#[cfg(test)]
mod tests;
