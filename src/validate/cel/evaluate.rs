//! The meaning of a syntax tree.
//!
//! As in cel-go: maps and lists may hold anything, numbers compare across their types, values
//! of different types are never equal, an operator without an overload for its operands is an
//! error, `&&` and `||` are decided by either side, and an optional passes its absence on.
//!
//! Everything is paid for from a [`Budget`] before it is done.

use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::common::ast::operators;
use kube_cel::cel::objects::{AsKeyRef, Key, KeyRef, OptionalValue};

use super::budget::Budget;
use super::operators::{
    arithmetic, at, compare, equal, key_of, plain, relation, size, type_name, type_named,
    value_of_key,
};
use super::syntax::{Call, Entry, Item, Syntax};
use super::{Fault, Unknown, Variables, functions, library, optional, short, text};

pub(super) type Result<T = Value> = std::result::Result<T, Fault>;

/// The value of an expression.
pub fn evaluate(expression: &Syntax, variables: &dyn Variables, budget: &Budget) -> Result {
    Machine { variables, budget }.value(expression, None)
}

pub(super) struct Machine<'m> {
    pub variables: &'m dyn Variables,
    pub budget: &'m Budget,
}

/// The variables that macros bind, innermost first.
pub(super) struct Scope<'s> {
    pub name: &'s str,
    pub value: Result,
    pub outer: Option<&'s Scope<'s>>,
}

pub(super) fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(Fault::Error(message.into()))
}

pub(super) fn no_overload<T>(of: &str) -> Result<T> {
    error(format!("no such overload: {of}"))
}

/// The value that an optional may hold; `None` for what is no optional.
pub(super) fn as_optional(value: &Value) -> Option<&OptionalValue> {
    value.try_into().ok()
}

impl Machine<'_> {
    pub fn value(&self, expression: &Syntax, scope: Option<&Scope<'_>>) -> Result {
        let value = self.budget.inside(|| self.value_or_unknown(expression, scope))?;
        match Unknown::of(&value) {
            Some(unknown) => Err(Fault::Unknown(match expression.path() {
                Some(path) => format!("`{}`: {}", short(&path), unknown.reason),
                None => unknown.reason.clone(),
            })),
            None => Ok(value),
        }
    }

    fn value_or_unknown(&self, expression: &Syntax, scope: Option<&Scope<'_>>) -> Result {
        match expression {
            Syntax::Literal(value) => Ok(value.clone()),
            Syntax::Name(name) => self.variable(name, scope),
            Syntax::Select { operand, field, test } => self.select(operand, field, *test, scope),
            Syntax::Call(call) => self.call(call, scope),
            Syntax::List(items) => self.list(items, scope),
            Syntax::Map(entries) => self.map(entries, scope),
            Syntax::Message { name, .. } => {
                Err(Fault::Unknown(format!("messages such as `{}` are not evaluated", short(name))))
            }
        }
    }

    /// What a macro bound to a name, if one did.
    fn find<'s>(
        &self,
        mut scope: Option<&'s Scope<'s>>,
        name: &str,
    ) -> Result<Option<&'s Scope<'s>>> {
        while let Some(inner) = scope {
            self.budget.spend(1 + name.len() as u64 / 64)?;
            if inner.name == name {
                break;
            }
            scope = inner.outer;
        }
        Ok(scope)
    }

    fn variable(&self, name: &str, scope: Option<&Scope<'_>>) -> Result {
        if let Some(found) = self.find(scope, name)? {
            return found.value.clone();
        }
        if let Some(value) = self.variables.get(name, self.budget) {
            return value;
        }
        match name {
            "int" | "uint" | "double" | "bool" | "string" | "bytes" | "list" | "map" | "type"
            | "null_type" => Ok(type_named(name)),
            _ => error(format!("undeclared reference to '{}'", short(name))),
        }
    }

    /// A field of a variable that is worked out field by field.
    fn field_of_variable(
        &self,
        operand: &Syntax,
        field: &str,
        scope: Option<&Scope<'_>>,
    ) -> Result<Option<Result>> {
        let Some(name) = operand.name() else { return Ok(None) };
        let is_bound = self.find(scope, name)?.is_some();
        Ok(if is_bound { None } else { self.variables.field(name, field, self.budget) })
    }

    fn select(
        &self,
        operand: &Syntax,
        field: &str,
        test: bool,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        if let Some(value) = self.field_of_variable(operand, field, scope)? {
            return if test { Ok(Value::Bool(value.is_ok())) } else { value };
        }
        // A name with dots may stand for a type.
        if field == "Timestamp" && is_path(operand, ["google", "protobuf"]) {
            return Ok(type_named("google.protobuf.Timestamp"));
        }
        let operand = self.value(operand, scope)?;
        let key = KeyRef::String(field);
        if let Some(chain) = as_optional(&operand) {
            let found = chain.value().map_or(Ok(None), |value| self.lookup(value, key))?;
            return Ok(if test { Value::Bool(found.is_some()) } else { optional(found) });
        }
        let Value::Map(_) = &operand else {
            return no_overload(&format!("{}.{}", type_name(&operand), short(field)));
        };
        match self.lookup(&operand, key)? {
            found if test => Ok(Value::Bool(found.is_some())),
            Some(value) => Ok(value),
            None => error(format!("no such key: {}", short(field))),
        }
    }

    fn list(&self, list: &[Item], scope: Option<&Scope<'_>>) -> Result {
        self.budget.items(list.len())?;
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            let value = self.value(&item.value, scope)?;
            if item.optional {
                let Some(value) = as_optional(&value) else { return no_overload("?[]") };
                items.extend(value.value().cloned());
            } else {
                items.push(value);
            }
        }
        self.budget.made(Value::List(Arc::new(items)))
    }

    fn map(&self, map: &[Entry], scope: Option<&Scope<'_>>) -> Result {
        self.budget.items(3 * map.len())?;
        let mut entries = Vec::with_capacity(map.len());
        for entry in map {
            let key = self.key(&self.value(&entry.key, scope)?)?;
            let value = self.value(&entry.value, scope)?;
            let value = if entry.optional {
                as_optional(&value).and_then(|value| value.value().cloned())
            } else {
                Some(value)
            };
            entries.extend(value.map(|value| (key, value)));
        }
        self.map_of(entries)
    }

    /// The map of such entries, which are paid for.
    pub fn map_of(&self, entries: Vec<(Key, Value)>) -> Result {
        let map = Arc::new(entries.into_iter().collect());
        self.budget.made(Value::Map(kube_cel::cel::objects::Map { map }))
    }

    /// The key of a map that a value is.
    pub fn key(&self, value: &Value) -> Result<Key> {
        if let Value::String(text) = value {
            self.budget.bytes(text.len())?;
        }
        key_of(value)
    }

    fn lookup(&self, map: &Value, key: KeyRef<'_>) -> Result<Option<Value>> {
        if let KeyRef::String(text) = key {
            self.budget.bytes(text.len())?;
        }
        let found = match map {
            Value::Map(map) => map.map.get(&key as &dyn AsKeyRef),
            _ => None,
        };
        match found.and_then(Unknown::of).filter(|unknown| !unknown.is_there) {
            Some(unknown) => {
                let key = plain(&value_of_key(key));
                Err(Fault::Unknown(format!("`{}`: {}", short(&key), unknown.reason)))
            }
            None => Ok(found.cloned()),
        }
    }

    pub fn bool(&self, expression: &Syntax, scope: Option<&Scope<'_>>) -> Result<bool> {
        match self.value(expression, scope)? {
            Value::Bool(value) => Ok(value),
            other => no_overload(type_name(&other)),
        }
    }

    fn call(&self, call: &Call, scope: Option<&Scope<'_>>) -> Result {
        match (&*call.function, &call.arguments[..]) {
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let branch = if self.bool(condition, scope)? { yes } else { no };
                return self.value(branch, scope);
            }
            (operators::LOGICAL_OR, operands) => return self.any(true, operands, scope),
            (operators::LOGICAL_AND, operands) => return self.any(false, operands, scope),
            (operators::OPT_SELECT, [operand, Syntax::Literal(Value::String(field))]) => {
                return self.optional_select(operand, field, scope);
            }
            _ => {}
        }
        if call.bound() > 0 {
            return self.macro_call(call, scope);
        }
        let arguments: Vec<Value> =
            call.arguments.iter().map(|it| self.value(it, scope)).collect::<Result<_>>()?;
        let Some(target) = &call.target else { return self.function(&call.function, &arguments) };
        // `math.greatest(1, 2)` is a function, unless there is a variable `math`.
        if let Some(prefix) = target.name()
            && self.find(scope, prefix)?.is_none()
            && self.variables.get(prefix, self.budget).is_none()
        {
            return self.qualified(prefix, &call.function, &arguments);
        }
        self.method(&self.value(target, scope)?, &call.function, &arguments)
    }

    /// `||` where `decisive` is true, `&&` where it is false: any operand decides, even if others
    /// have no value.
    fn any(&self, decisive: bool, operands: &[Syntax], scope: Option<&Scope<'_>>) -> Result {
        let mut undecided = Undecided::default();
        for operand in operands {
            match self.bool(operand, scope) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(fault) => undecided.add(fault),
            }
        }
        undecided.or(Value::Bool(!decisive))
    }

    fn optional_select(&self, operand: &Syntax, field: &str, scope: Option<&Scope<'_>>) -> Result {
        if let Some(value) = self.field_of_variable(operand, field, scope)? {
            return self.budget.made(optional(Some(value?)));
        }
        self.optional_index(&self.value(operand, scope)?, &text(field))
    }

    fn index(&self, operand: &Value, index: &Value) -> Result {
        if as_optional(operand).is_some() {
            return self.optional_index(operand, index);
        }
        match operand {
            Value::Map(_) => match self.lookup(operand, self.key(index)?.as_keyref())? {
                Some(value) => Ok(value),
                None => error(format!("no such key: {}", short(&plain(index)))),
            },
            Value::List(items) => match at(items, index)? {
                Some(value) => Ok(value),
                None => error(format!("index out of bounds: {}", plain(index))),
            },
            _ => no_overload(&format!("{}[{}]", type_name(operand), type_name(index))),
        }
    }

    fn optional_index(&self, operand: &Value, index: &Value) -> Result {
        let operand = match as_optional(operand) {
            Some(chain) => match chain.value() {
                Some(value) => value,
                None => return Ok(optional(None)),
            },
            None => operand,
        };
        match operand {
            Value::Map(_) => Ok(optional(self.lookup(operand, self.key(index)?.as_keyref())?)),
            Value::List(items) => Ok(optional(at(items, index)?)),
            _ => no_overload(&format!("{}[?{}]", type_name(operand), type_name(index))),
        }
    }

    /// Whether a list has an item, or a map a key.
    fn is_in(&self, item: &Value, all: &Value) -> Result {
        match all {
            Value::List(items) => {
                for other in items.iter() {
                    if equal(item, other, self.budget)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::Map(_) => {
                Ok(Value::Bool(self.lookup(all, self.key(item)?.as_keyref())?.is_some()))
            }
            other => no_overload(&format!("@in {}", type_name(other))),
        }
    }

    /// A function without a receiver.
    fn function(&self, name: &str, arguments: &[Value]) -> Result {
        match (name, arguments) {
            (operators::EQUALS, [a, b]) => Ok(Value::Bool(equal(a, b, self.budget)?)),
            (operators::NOT_EQUALS, [a, b]) => Ok(Value::Bool(!equal(a, b, self.budget)?)),
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [a, b],
            ) => Ok(Value::Bool(relation(name, compare(a, b, self.budget)?))),
            (operators::LOGICAL_NOT, [Value::Bool(value)]) => Ok(Value::Bool(!value)),
            (operators::NEGATE, [Value::Int(number)]) => {
                number.checked_neg().map_or_else(|| error("integer overflow"), |it| Ok(it.into()))
            }
            (operators::NEGATE, [Value::Float(number)]) => Ok(Value::Float(-number)),
            (operators::IN, [item, all]) => self.is_in(item, all),
            (operators::INDEX, [operand, index]) => self.index(operand, index),
            (operators::OPT_INDEX, [operand, index]) => self.optional_index(operand, index),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO,
                [a, b],
            ) => arithmetic(name, a, b, self.budget),
            ("dyn", [value]) => Ok(value.clone()),
            ("type", [value]) => Ok(type_named(type_name(value))),
            ("size", [value]) => size(value, self.budget),
            _ if name.starts_with(['_', '-', '!', '@']) => {
                let types: Vec<&str> = arguments.iter().map(type_name).collect();
                no_overload(&format!("{name} applied to ({})", types.join(", ")))
            }
            _ => match functions::function(name, arguments, self.budget) {
                Some(result) => result,
                None => library::function(name, arguments, self.budget),
            },
        }
    }

    /// A function of a library, such as `sets.contains`.
    fn qualified(&self, prefix: &str, name: &str, arguments: &[Value]) -> Result {
        match (prefix, name, arguments) {
            ("optional", "none", []) => Ok(optional(None)),
            ("optional", "of", [value]) => self.budget.made(optional(Some(value.clone()))),
            ("optional", "ofNonZeroValue", [value]) => {
                self.budget.made(optional((!value.is_zero()).then(|| value.clone())))
            }
            ("format", "named", [Value::String(name)]) => {
                Ok(optional(self.qualified(prefix, name, &[]).ok()))
            }
            _ => match functions::qualified(prefix, name, arguments, self.budget) {
                Some(result) => result,
                None => library::qualified(prefix, name, arguments, self.budget),
            },
        }
    }

    /// A function of a value.
    fn method(&self, target: &Value, name: &str, arguments: &[Value]) -> Result {
        if let Some(chain) = as_optional(target) {
            return match (name, arguments) {
                ("hasValue", []) => Ok(Value::Bool(chain.value().is_some())),
                ("value", []) => {
                    let none = || error("optional.none() dereference");
                    chain.value().cloned().map_or_else(none, Ok)
                }
                ("orValue", [other]) => Ok(chain.value().unwrap_or(other).clone()),
                ("or", [other]) if as_optional(other).is_some() => {
                    Ok(if chain.value().is_some() { target } else { other }.clone())
                }
                _ => no_overload(short(name).as_ref()),
            };
        }
        if (name, arguments.len()) == ("size", 0) {
            return size(target, self.budget);
        }
        match functions::method(target, name, arguments, self.budget) {
            Some(result) => result,
            None => library::method(target, name, arguments, self.budget),
        }
    }
}

/// What is left when nothing has decided: what gen does not know may decide, before an error.
#[derive(Default)]
pub(super) struct Undecided(Option<Fault>);

impl Undecided {
    pub fn add(&mut self, fault: Fault) {
        let is_known = matches!(self.0, Some(Fault::Unknown(_)));
        let decides = self.0.is_none() || matches!(fault, Fault::Unknown(_));
        if decides && !is_known {
            self.0 = Some(fault);
        }
    }

    pub fn or(self, value: Value) -> Result {
        self.0.map_or(Ok(value), Err)
    }
}

/// Whether an expression is a name of two parts.
fn is_path(expression: &Syntax, [first, second]: [&str; 2]) -> bool {
    matches!(expression, Syntax::Select { operand, field, .. }
        if field == second && operand.name() == Some(first))
}
