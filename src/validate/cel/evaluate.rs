//! The meaning of a syntax tree.
//!
//! As in cel-go: maps and lists may hold anything, numbers compare across their types, values
//! of different types are never equal, an operator without an overload for its operands is an
//! error, `&&` and `||` are decided by either side, and an optional passes its absence on.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, SelectExpr, operators,
};
use kube_cel::cel::objects::{Key, OptionalValue};
use kube_cel::cel::{Context, ExecutionError, Value};

use super::{Fault, Unknown, Variables, functions, optional, text};
use crate::validate::custom::Pattern;

/// How many steps an expression may take; the server stops at a cost of its own before.
const MAX_STEPS: u64 = 5_000_000;

pub(super) type Result<T = Value> = std::result::Result<T, Fault>;

/// The value of an expression.
pub fn evaluate(expression: &IdedExpr, variables: &dyn Variables) -> Result {
    let machine = Machine { variables, library: &LIBRARY, steps: Cell::new(0) };
    machine.value(expression, None)
}

/// The functions of Kubernetes' libraries, which few expressions call.
static LIBRARY: LazyLock<Context<'static>> = LazyLock::new(|| Context::default().with_all());

struct Machine<'m> {
    variables: &'m dyn Variables,
    library: &'m LazyLock<Context<'static>>,
    steps: Cell<u64>,
}

/// The variables that macros bind, innermost first.
struct Scope<'s> {
    name: &'s str,
    value: Result,
    outer: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    fn find(scope: Option<&'s Self>, name: &str) -> Option<&'s Self> {
        let mut next = scope;
        while let Some(scope) = next {
            if scope.name == name {
                return Some(scope);
            }
            next = scope.outer;
        }
        None
    }
}

pub(super) fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(Fault::Error(message.into()))
}

pub(super) fn no_overload<T>(of: &str) -> Result<T> {
    error(format!("no such overload: {of}"))
}

fn as_optional(value: &Value) -> Option<&OptionalValue> {
    value.try_into().ok()
}

impl Machine<'_> {
    fn value(&self, expression: &IdedExpr, scope: Option<&Scope<'_>>) -> Result {
        let value = self.value_or_unknown(expression, scope)?;
        match Unknown::of(&value) {
            Some(unknown) => Err(Fault::Unknown(match text_of(expression) {
                Some(path) => format!("`{path}`: {}", unknown.reason),
                None => unknown.reason.clone(),
            })),
            None => Ok(value),
        }
    }

    fn value_or_unknown(&self, expression: &IdedExpr, scope: Option<&Scope<'_>>) -> Result {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err(Fault::Unknown("it takes too many steps".to_owned()));
        }
        match &expression.expr {
            Expr::Literal(literal) => {
                literal.to_val().as_ref().try_into().map_err(|error| fault(&error))
            }
            Expr::Ident(name) => self.variable(name, scope),
            Expr::Select(select) => self.select(select, scope),
            Expr::Call(call) => self.call(call, scope),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, scope),
            Expr::List(list) => {
                let mut items = Vec::with_capacity(list.elements.len());
                for (index, element) in list.elements.iter().enumerate() {
                    let value = self.value(element, scope)?;
                    if list.optional_indices.contains(&index) {
                        let Some(value) = as_optional(&value) else {
                            return no_overload("?[]");
                        };
                        items.extend(value.value().cloned());
                    } else {
                        items.push(value);
                    }
                }
                Ok(Value::List(Arc::new(items)))
            }
            Expr::Map(literal) => {
                let mut entries = Vec::with_capacity(literal.entries.len());
                for entry in &literal.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(Fault::Unknown("messages are not evaluated".to_owned()));
                    };
                    let key = key_of(&self.value(&entry.key, scope)?)?;
                    let value = self.value(&entry.value, scope)?;
                    let value = if entry.optional {
                        as_optional(&value).and_then(|value| value.value().cloned())
                    } else {
                        Some(value)
                    };
                    entries.extend(value.map(|value| (key, value)));
                }
                Ok(Value::Map(entries.into_iter().collect::<Vec<_>>().into_map()))
            }
            Expr::Struct(of) => Err(Fault::Unknown(format!(
                "messages such as `{}` are not evaluated",
                of.type_name
            ))),
            Expr::Unspecified => error("the expression is empty"),
        }
    }

    fn variable(&self, name: &str, scope: Option<&Scope<'_>>) -> Result {
        if let Some(found) = Scope::find(scope, name) {
            return found.value.clone();
        }
        if let Some(value) = self.variables.get(name) {
            return value;
        }
        match name {
            "int" | "uint" | "double" | "bool" | "string" | "bytes" | "list" | "map" | "type"
            | "null_type" => Ok(type_named(name)),
            _ => error(format!("undeclared reference to '{name}'")),
        }
    }

    fn select(&self, select: &SelectExpr, scope: Option<&Scope<'_>>) -> Result {
        if let Expr::Ident(name) = &select.operand.expr
            && Scope::find(scope, name).is_none()
            && let Some(value) = self.variables.field(name, &select.field)
        {
            return if select.test { Ok(Value::Bool(value.is_ok())) } else { value };
        }
        // A name with dots may stand for a type or a constant of a library.
        if let Some(name) = dotted(select)
            && name == "google.protobuf.Timestamp"
        {
            return Ok(type_named(&name));
        }
        let operand = self.value(&select.operand, scope)?;
        let key = Key::String(Arc::new(select.field.clone()));
        if let Some(chain) = as_optional(&operand) {
            let found = chain.value().map_or(Ok(None), |value| lookup(value, &key))?;
            return Ok(if select.test { Value::Bool(found.is_some()) } else { optional(found) });
        }
        let Value::Map(_) = &operand else {
            return no_overload(&format!("{}.{}", type_name(&operand), select.field));
        };
        match lookup(&operand, &key)? {
            found if select.test => Ok(Value::Bool(found.is_some())),
            Some(value) => Ok(value),
            None => error(format!("no such key: {}", select.field)),
        }
    }

    fn comprehension(&self, of: &ComprehensionExpr, scope: Option<&Scope<'_>>) -> Result {
        let range = items(&self.value(&of.iter_range, scope)?)?;
        let mut accumulated = self.value(&of.accu_init, scope);
        for (_, item) in range {
            let outer = Scope { name: &of.accu_var, value: accumulated, outer: scope };
            let inner = Scope { name: &of.iter_var, value: Ok(item), outer: Some(&outer) };
            if self.value(&of.loop_cond, Some(&inner))? != Value::Bool(true) {
                accumulated = outer.value;
                break;
            }
            accumulated = self.value(&of.loop_step, Some(&inner));
        }
        let outer = Scope { name: &of.accu_var, value: accumulated, outer: scope };
        self.value(&of.result, Some(&outer))
    }

    fn bool(&self, expression: &IdedExpr, scope: Option<&Scope<'_>>) -> Result<bool> {
        match self.value(expression, scope)? {
            Value::Bool(value) => Ok(value),
            other => no_overload(type_name(&other)),
        }
    }

    fn call(&self, call: &CallExpr, scope: Option<&Scope<'_>>) -> Result {
        match (call.func_name.as_str(), &call.args[..]) {
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let branch = if self.bool(condition, scope)? { yes } else { no };
                return self.value(branch, scope);
            }
            (operators::LOGICAL_OR, [left, right]) => return self.either(true, left, right, scope),
            (operators::LOGICAL_AND, [left, right]) => {
                return self.either(false, left, right, scope);
            }
            (operators::NOT_STRICTLY_FALSE, [value]) => {
                let value = self.value(value, scope);
                return Ok(Value::Bool(value != Ok(Value::Bool(false))));
            }
            (operators::OPT_SELECT, [operand, field]) => {
                return self.optional_select(operand, field, scope);
            }
            _ => {}
        }
        if let Some(target) = &call.target
            && let Some(result) = self.macro_call(target, &call.func_name, &call.args, scope)
        {
            return result;
        }
        let arguments: Vec<Value> =
            call.args.iter().map(|argument| self.value(argument, scope)).collect::<Result<_>>()?;
        match &call.target {
            None => self.function(&call.func_name, &arguments),
            Some(target) => {
                // `math.greatest(1, 2)` is a function, unless there is a variable `math`.
                if let Some(prefix) = name_of(target)
                    && Scope::find(scope, prefix).is_none()
                    && self.variables.get(prefix).is_none()
                {
                    return self.qualified(prefix, &call.func_name, &arguments);
                }
                self.method(&self.value(target, scope)?, &call.func_name, &arguments)
            }
        }
    }

    /// `||` where `decisive` is true, `&&` where it is false: either side decides, even if the
    /// other has no value.
    fn either(
        &self,
        decisive: bool,
        left: &IdedExpr,
        right: &IdedExpr,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let left = self.bool(left, scope);
        if left == Ok(decisive) {
            return Ok(Value::Bool(decisive));
        }
        let right = self.bool(right, scope);
        if right == Ok(decisive) {
            return Ok(Value::Bool(decisive));
        }
        match (left, right) {
            // What gen does not know may decide.
            (Err(Fault::Unknown(reason)), _) | (_, Err(Fault::Unknown(reason))) => {
                Err(Fault::Unknown(reason))
            }
            (left, right) => {
                left?;
                right?;
                Ok(Value::Bool(!decisive))
            }
        }
    }

    fn optional_select(
        &self,
        operand: &IdedExpr,
        field: &IdedExpr,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let Value::String(name) = self.value(field, scope)? else { return no_overload("_?._") };
        if let Some(variable) = name_of(operand)
            && Scope::find(scope, variable).is_none()
            && let Some(value) = self.variables.field(variable, &name)
        {
            return value.map(|value| optional(Some(value)));
        }
        optional_index(&self.value(operand, scope)?, &Value::String(name))
    }

    /// The macros that the parser leaves as calls. `None` when it is none of them.
    fn macro_call(
        &self,
        target: &IdedExpr,
        name: &str,
        arguments: &[IdedExpr],
        scope: Option<&Scope<'_>>,
    ) -> Option<Result> {
        if name == "bind" && name_of(target) == Some("cel") {
            let [variable, value, body] = arguments else { return None };
            let inner =
                Scope { name: name_of(variable)?, value: self.value(value, scope), outer: scope };
            return Some(self.value(body, Some(&inner)));
        }
        match (name, arguments) {
            ("optMap" | "optFlatMap", [variable, body]) => {
                let variable = name_of(variable)?;
                Some(self.value(target, scope).and_then(|value| {
                    let Some(chain) = as_optional(&value) else { return no_overload(name) };
                    let Some(value) = chain.value() else { return Ok(optional(None)) };
                    let value = Ok(value.clone());
                    let inner = Scope { name: variable, value, outer: scope };
                    let result = self.value(body, Some(&inner))?;
                    Ok(if name == "optMap" { optional(Some(result)) } else { result })
                }))
            }
            ("sortBy", [variable, body]) => {
                let variable = name_of(variable)?;
                Some(self.sort_by(target, variable, body, scope))
            }
            (
                "all" | "exists" | "existsOne" | "exists_one" | "transformList" | "transformMap"
                | "transformMapEntry",
                [key, value, rest @ ..],
            ) if matches!(rest.len(), 1 | 2) => {
                let names = [name_of(key)?, name_of(value)?];
                Some(self.over_entries(target, name, names, rest, scope))
            }
            _ => None,
        }
    }

    fn sort_by(
        &self,
        target: &IdedExpr,
        variable: &str,
        body: &IdedExpr,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let Value::List(list) = self.value(target, scope)? else { return no_overload("sortBy") };
        let mut keyed = Vec::with_capacity(list.len());
        for item in list.iter() {
            let inner = Scope { name: variable, value: Ok(item.clone()), outer: scope };
            keyed.push((self.value(body, Some(&inner))?, item.clone()));
        }
        let mut wrong = None;
        keyed.sort_by(|(a, _), (b, _)| {
            compare(a, b).unwrap_or_else(|error| {
                wrong = Some(error);
                Ordering::Equal
            })
        });
        match wrong {
            Some(error) => Err(error),
            None => Ok(Value::List(Arc::new(keyed.into_iter().map(|(_, item)| item).collect()))),
        }
    }

    /// The macros with two variables: index and item of a list, key and value of a map.
    fn over_entries(
        &self,
        target: &IdedExpr,
        name: &str,
        [key_name, value_name]: [&str; 2],
        rest: &[IdedExpr],
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let range = self.value(target, scope)?;
        let entries = entries(&range)?;
        let mut held = 0_usize;
        let mut failed = None;
        let mut list = Vec::new();
        let mut made = Vec::new();
        for (key, value) in entries {
            let outer = Scope { name: key_name, value: Ok(key.clone()), outer: scope };
            let inner = Scope { name: value_name, value: Ok(value), outer: Some(&outer) };
            let inner = Some(&inner);
            match (name, rest) {
                ("all" | "exists" | "existsOne" | "exists_one", [predicate]) => {
                    match (self.bool(predicate, inner), name) {
                        (Ok(false), "all") => return Ok(Value::Bool(false)),
                        (Ok(true), "exists") => return Ok(Value::Bool(true)),
                        (Ok(value), _) => held += usize::from(value),
                        (Err(error), "all" | "exists") => failed = Some(error),
                        (Err(error), _) => return Err(error),
                    }
                }
                (_, [filter, _]) if !self.bool(filter, inner)? => {}
                ("transformList", [.., step]) => list.push(self.value(step, inner)?),
                ("transformMap", [.., step]) => {
                    made.push((key_of(&key)?, self.value(step, inner)?));
                }
                ("transformMapEntry", [.., step]) => match self.value(step, inner)? {
                    Value::Map(map) => {
                        let entry = |(key, value): (&Key, &Value)| (key.clone(), value.clone());
                        made.extend(map.map.iter().map(entry));
                    }
                    other => return no_overload(type_name(&other)),
                },
                _ => return no_overload(name),
            }
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        Ok(match name {
            "all" => Value::Bool(true),
            "exists" => Value::Bool(false),
            "existsOne" | "exists_one" => Value::Bool(held == 1),
            "transformList" => Value::List(Arc::new(list)),
            _ => Value::Map(made.into_map()),
        })
    }

    /// A function without a receiver.
    fn function(&self, name: &str, arguments: &[Value]) -> Result {
        match (name, arguments) {
            (operators::EQUALS, [a, b]) => Ok(Value::Bool(equal(a, b))),
            (operators::NOT_EQUALS, [a, b]) => Ok(Value::Bool(!equal(a, b))),
            (operators::LESS, [a, b]) => Ok(Value::Bool(compare(a, b)? == Ordering::Less)),
            (operators::LESS_EQUALS, [a, b]) => {
                Ok(Value::Bool(compare(a, b)? != Ordering::Greater))
            }
            (operators::GREATER, [a, b]) => Ok(Value::Bool(compare(a, b)? == Ordering::Greater)),
            (operators::GREATER_EQUALS, [a, b]) => {
                Ok(Value::Bool(compare(a, b)? != Ordering::Less))
            }
            (operators::LOGICAL_NOT, [Value::Bool(value)]) => Ok(Value::Bool(!value)),
            (operators::NEGATE, [Value::Int(number)]) => {
                number.checked_neg().map_or_else(|| error("integer overflow"), |it| Ok(it.into()))
            }
            (operators::NEGATE, [Value::Float(number)]) => Ok(Value::Float(-number)),
            (operators::IN, [item, Value::List(list)]) => {
                Ok(Value::Bool(list.iter().any(|other| equal(item, other))))
            }
            (operators::IN, [key, value @ Value::Map(_)]) => {
                Ok(Value::Bool(lookup(value, &key_of(key)?)?.is_some()))
            }
            (operators::INDEX, [operand, index]) => {
                if as_optional(operand).is_some() {
                    return optional_index(operand, index);
                }
                match operand {
                    Value::Map(_) => match lookup(operand, &key_of(index)?)? {
                        Some(value) => Ok(value),
                        None => error(format!("no such key: {}", plain(index))),
                    },
                    Value::List(items) => match at(items, index)? {
                        Some(value) => Ok(value),
                        None => error(format!("index out of bounds: {}", plain(index))),
                    },
                    _ => no_overload(&format!("{}[{}]", type_name(operand), type_name(index))),
                }
            }
            (operators::OPT_INDEX, [operand, index]) => optional_index(operand, index),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO,
                [a, b],
            ) => arithmetic(name, a, b),
            ("dyn", [value]) => Ok(value.clone()),
            ("type", [value]) => Ok(type_named(type_name(value))),
            ("size", [value]) => size(value),
            ("bool", [Value::Bool(value)]) => Ok(Value::Bool(*value)),
            ("bool", [Value::String(value)]) => match value.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
                other => error(format!("type conversion error from '{other}' to 'bool'")),
            },
            ("string", [Value::String(value)]) => Ok(Value::String(Arc::clone(value))),
            ("string", [Value::Int(_) | Value::UInt(_) | Value::Bool(_)]) => {
                Ok(text(&plain(&arguments[0])))
            }
            _ if name.starts_with(['_', '-', '!', '@']) => {
                let types: Vec<&str> = arguments.iter().map(type_name).collect();
                no_overload(&format!("{name} applied to ({})", types.join(", ")))
            }
            ("semver", [Value::String(version), ..]) => {
                // Where a version was built makes no difference.
                let mut arguments = arguments.to_vec();
                let valid = self.delegate(Receiver::None, name, &arguments)?;
                let Some((version, _)) = version.split_once('+') else { return Ok(valid) };
                arguments[0] = text(version);
                self.delegate(Receiver::None, name, &arguments)
            }
            _ => match functions::function(name, arguments) {
                Some(result) => result,
                None => self.delegate(Receiver::None, name, arguments),
            },
        }
    }

    /// A function of a library, such as `sets.contains`.
    fn qualified(&self, prefix: &str, name: &str, arguments: &[Value]) -> Result {
        match (prefix, name, arguments) {
            ("optional", "none", []) => Ok(optional(None)),
            ("optional", "of", [value]) => Ok(optional(Some(value.clone()))),
            ("optional", "ofNonZeroValue", [value]) => {
                Ok(optional((!value.is_zero()).then(|| value.clone())))
            }
            ("format", "named", [Value::String(name)]) => {
                Ok(optional(self.qualified(prefix, name, &[]).ok()))
            }
            ("format", _, []) => match functions::format_named(name) {
                Some(format) => Ok(format),
                None => self.delegate(Receiver::Library(prefix), name, arguments),
            },
            _ => self.delegate(Receiver::Library(prefix), name, arguments),
        }
    }

    /// A function of a value.
    fn method(&self, target: &Value, name: &str, arguments: &[Value]) -> Result {
        if let Some(chain) = as_optional(target) {
            match (name, arguments) {
                ("hasValue", []) => return Ok(Value::Bool(chain.value().is_some())),
                ("value", []) => {
                    let none = || error("optional.none() dereference");
                    return chain.value().cloned().map_or_else(none, Ok);
                }
                ("orValue", [other]) => return Ok(chain.value().unwrap_or(other).clone()),
                ("or", [other]) if as_optional(other).is_some() => {
                    return Ok(if chain.value().is_some() { target } else { other }.clone());
                }
                _ => return no_overload(name),
            }
        }
        match (target, name, arguments) {
            (_, "size", []) => size(target),
            (Value::String(text), "contains", [Value::String(part)]) => {
                Ok(Value::Bool(text.contains(part.as_str())))
            }
            (Value::String(text), "startsWith", [Value::String(part)]) => {
                Ok(Value::Bool(text.starts_with(part.as_str())))
            }
            (Value::String(text), "endsWith", [Value::String(part)]) => {
                Ok(Value::Bool(text.ends_with(part.as_str())))
            }
            (Value::String(text), "matches", [Value::String(pattern)]) => {
                match Pattern::new(pattern).is_match(text) {
                    Some(found) => Ok(Value::Bool(found)),
                    None => Err(Fault::Unknown(format!("the pattern `{pattern}`"))),
                }
            }
            (_, "contains" | "startsWith" | "endsWith" | "matches", _) => no_overload(name),
            (_, "isInteger" | "asInteger", []) if type_name(target).ends_with("Quantity") => {
                self.whole_quantity(target, name)
            }
            _ => match functions::method(target, name, arguments) {
                Some(result) => result,
                None => self.delegate(Receiver::Value(target), name, arguments),
            },
        }
    }

    /// A quantity as an integer, if it fits 64 bits.
    fn whole_quantity(&self, quantity: &Value, name: &str) -> Result {
        for (limit, beyond) in
            [("9223372036854775807", "isGreaterThan"), ("-9223372036854775808", "isLessThan")]
        {
            let limit = self.delegate(Receiver::None, "quantity", &[text(limit)])?;
            if self.delegate(Receiver::Value(quantity), beyond, &[limit])? == Value::Bool(true) {
                return match name {
                    "isInteger" => Ok(Value::Bool(false)),
                    _ => error("cannot convert value to integer"),
                };
            }
        }
        self.delegate(Receiver::Value(quantity), name, &[])
    }

    /// Calls a function of the libraries on values that are known.
    fn delegate(&self, receiver: Receiver<'_>, name: &str, arguments: &[Value]) -> Result {
        let mut context = self.library.new_inner_scope();
        let mut bind = |name: String, value: &Value| {
            context.add_variable_from_value(name.as_str(), value.clone());
            identifier(&name)
        };
        let target = match receiver {
            Receiver::None => None,
            Receiver::Library(library) => Some(Box::new(identifier(library))),
            Receiver::Value(value) => Some(Box::new(bind("@target".to_owned(), value))),
        };
        let args = arguments.iter().enumerate();
        let args = args.map(|(index, argument)| bind(format!("@{index}"), argument)).collect();
        let call = CallExpr { func_name: name.to_owned(), target, args };
        let call = IdedExpr { id: 0, expr: Expr::Call(call) };
        Value::resolve(&call, &context).map_err(|error| fault(&error))
    }
}

/// What a function of the libraries is called on.
#[derive(Clone, Copy)]
enum Receiver<'r> {
    None,
    Library(&'r str),
    Value(&'r Value),
}

fn identifier(name: &str) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(name.to_owned()) }
}

/// What an error of the libraries means.
fn fault(error: &ExecutionError) -> Fault {
    match error {
        ExecutionError::UndeclaredReference(name) => {
            Fault::Unknown(format!("the function `{name}`"))
        }
        ExecutionError::FunctionError { message, .. } => Fault::Error(message.clone()),
        ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::InvalidArgumentCount { .. }
        | ExecutionError::MissingArgumentOrTarget
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::NoSuchOverload => Fault::Error("no such overload".to_owned()),
        other => Fault::Error(other.to_string()),
    }
}

fn name_of(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

/// The whole of a name with dots.
fn dotted(select: &SelectExpr) -> Option<String> {
    Some(format!("{}.{}", text_of(&select.operand)?, select.field))
}

/// The text of an expression that is a name, with or without dots.
fn text_of(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => dotted(select),
        _ => None,
    }
}

fn type_named(name: &str) -> Value {
    Value::Function(Arc::new(name.to_owned()), None)
}

/// The name of the type of a value.
pub fn type_name(value: &Value) -> &str {
    match value {
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Function(..) => "type",
        Value::Int(_) => "int",
        Value::UInt(_) => "uint",
        Value::Float(_) => "double",
        Value::String(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Bool(_) => "bool",
        Value::Duration(_) => "google.protobuf.Duration",
        Value::Timestamp(_) => "google.protobuf.Timestamp",
        Value::Opaque(value) => value.runtime_type_name(),
        Value::Null => "null_type",
    }
}

/// A scalar as `string()` writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        other => type_name(other).to_owned(),
    }
}

trait IntoMap {
    fn into_map(self) -> kube_cel::cel::objects::Map;
}

impl IntoMap for Vec<(Key, Value)> {
    fn into_map(self) -> kube_cel::cel::objects::Map {
        kube_cel::cel::objects::Map { map: Arc::new(self.into_iter().collect()) }
    }
}

/// The key of a map that a value is; whole numbers are one key, whatever their type.
fn key_of(value: &Value) -> Result<Key> {
    match value {
        Value::String(text) => Ok(Key::String(Arc::clone(text))),
        Value::Int(number) => Ok(Key::Int(*number)),
        Value::UInt(number) => match i64::try_from(*number) {
            Ok(number) => Ok(Key::Int(number)),
            Err(_) => Ok(Key::Uint(*number)),
        },
        Value::Bool(value) => Ok(Key::Bool(*value)),
        Value::Float(number) if whole(*number).is_some() => {
            Ok(Key::Int(whole(*number).unwrap_or_default()))
        }
        other => error(format!("unsupported key type: {}", type_name(other))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i64)
}

fn lookup(map: &Value, key: &Key) -> Result<Option<Value>> {
    let found = match map {
        Value::Map(map) => map.map.get(key),
        _ => None,
    };
    match found.and_then(Unknown::of).filter(|unknown| !unknown.is_there) {
        Some(unknown) => {
            Err(Fault::Unknown(format!("`{}`: {}", plain(&key_value(key)), unknown.reason)))
        }
        None => Ok(found.cloned()),
    }
}

/// The item of a list at an index; `None` past its ends.
fn at(items: &[Value], index: &Value) -> Result<Option<Value>> {
    let index = match index {
        Value::Int(index) => *index,
        Value::UInt(index) => i64::try_from(*index).unwrap_or(i64::MAX),
        Value::Float(number) => match whole(*number) {
            Some(index) => index,
            None => return error(format!("unsupported index value: {number}")),
        },
        other => return no_overload(&format!("list[{}]", type_name(other))),
    };
    Ok(usize::try_from(index).ok().and_then(|index| items.get(index)).cloned())
}

fn optional_index(operand: &Value, index: &Value) -> Result {
    let operand = match as_optional(operand) {
        Some(chain) => match chain.value() {
            Some(value) => value,
            None => return Ok(optional(None)),
        },
        None => operand,
    };
    match operand {
        Value::Map(_) => Ok(optional(lookup(operand, &key_of(index)?)?)),
        Value::List(items) => Ok(optional(at(items, index)?)),
        _ => no_overload(&format!("{}[?{}]", type_name(operand), type_name(index))),
    }
}

/// Keys and values in an order that is always the same.
fn entries(value: &Value) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::List(list) => {
            let index = |index: usize| Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
            let entry = |(at, item): (usize, &Value)| (index(at), item.clone());
            Ok(list.iter().enumerate().map(entry).collect())
        }
        Value::Map(map) => {
            let mut entries: Vec<(&Key, &Value)> = map.map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entry = |(key, value): (&Key, &Value)| (key_value(key), value.clone());
            Ok(entries.into_iter().map(entry).collect())
        }
        other => no_overload(type_name(other)),
    }
}

/// What a macro with one variable runs over: items of a list, keys of a map.
fn items(value: &Value) -> Result<Vec<(Value, Value)>> {
    let entries = entries(value)?;
    if matches!(value, Value::Map(_)) {
        return Ok(entries.into_iter().map(|(key, _)| (key.clone(), key)).collect());
    }
    Ok(entries)
}

fn key_value(key: &Key) -> Value {
    match key {
        Key::Int(number) => Value::Int(*number),
        Key::Uint(number) => Value::UInt(*number),
        Key::Bool(value) => Value::Bool(*value),
        Key::String(text) => Value::String(Arc::clone(text)),
    }
}

fn size(value: &Value) -> Result {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.map.len(),
        other => return no_overload(&format!("size({})", type_name(other))),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn number(value: &Value) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "as CEL compares across types")]
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether two values are equal; those of different types are not, but for numbers.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::UInt(a), Value::UInt(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.map.len() == b.map.len()
                && a.map
                    .iter()
                    .all(|(key, value)| b.map.get(key).is_some_and(|other| equal(value, other)))
        }
        (Value::Opaque(_), Value::Opaque(_)) => match (as_optional(a), as_optional(b)) {
            (Some(a), Some(b)) => match (a.value(), b.value()) {
                (Some(a), Some(b)) => equal(a, b),
                (None, None) => true,
                _ => false,
            },
            _ => a == b,
        },
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b) == Some(Ordering::Equal),
            (None, None) => type_name(a) == type_name(b) && a == b,
            _ => false,
        },
    }
}

fn compare(a: &Value, b: &Value) -> Result<Ordering> {
    let ordering = match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => None,
        },
    };
    let Some(ordering) = ordering else {
        return no_overload(&format!("{} compared with {}", type_name(a), type_name(b)));
    };
    Ok(ordering)
}

fn arithmetic(name: &str, a: &Value, b: &Value) -> Result {
    let int = |result: Option<i64>| match result {
        Some(number) => Ok(Value::Int(number)),
        None => error("integer overflow"),
    };
    let uint = |result: Option<u64>| match result {
        Some(number) => Ok(Value::UInt(number)),
        None => error("unsigned integer overflow"),
    };
    match (name, a, b) {
        (operators::DIVIDE, Value::Int(_), Value::Int(0))
        | (operators::DIVIDE, Value::UInt(_), Value::UInt(0)) => error("division by zero"),
        (operators::MODULO, Value::Int(_), Value::Int(0))
        | (operators::MODULO, Value::UInt(_), Value::UInt(0)) => error("modulus by zero"),
        (operators::ADD, Value::Int(a), Value::Int(b)) => int(a.checked_add(*b)),
        (operators::SUBSTRACT, Value::Int(a), Value::Int(b)) => int(a.checked_sub(*b)),
        (operators::MULTIPLY, Value::Int(a), Value::Int(b)) => int(a.checked_mul(*b)),
        (operators::DIVIDE, Value::Int(a), Value::Int(b)) => int(a.checked_div(*b)),
        (operators::MODULO, Value::Int(a), Value::Int(b)) => int(a.checked_rem(*b)),
        (operators::ADD, Value::UInt(a), Value::UInt(b)) => uint(a.checked_add(*b)),
        (operators::SUBSTRACT, Value::UInt(a), Value::UInt(b)) => uint(a.checked_sub(*b)),
        (operators::MULTIPLY, Value::UInt(a), Value::UInt(b)) => uint(a.checked_mul(*b)),
        (operators::DIVIDE, Value::UInt(a), Value::UInt(b)) => uint(a.checked_div(*b)),
        (operators::MODULO, Value::UInt(a), Value::UInt(b)) => uint(a.checked_rem(*b)),
        (operators::ADD, Value::Float(a), Value::Float(b)) => Ok(Value::Float(a + b)),
        (operators::SUBSTRACT, Value::Float(a), Value::Float(b)) => Ok(Value::Float(a - b)),
        (operators::MULTIPLY, Value::Float(a), Value::Float(b)) => Ok(Value::Float(a * b)),
        (operators::DIVIDE, Value::Float(a), Value::Float(b)) => Ok(Value::Float(a / b)),
        (operators::ADD, Value::String(a), Value::String(b)) => Ok(text(&format!("{a}{b}"))),
        (operators::ADD, Value::Bytes(a), Value::Bytes(b)) => {
            Ok(Value::Bytes(Arc::new(a.iter().chain(b.iter()).copied().collect())))
        }
        (operators::ADD, Value::List(a), Value::List(b)) => {
            Ok(Value::List(Arc::new(a.iter().chain(b.iter()).cloned().collect())))
        }
        (operators::ADD, Value::Duration(a), Value::Duration(b)) => match a.checked_add(b) {
            Some(sum) => Ok(Value::Duration(sum)),
            None => error("duration overflow"),
        },
        (operators::SUBSTRACT, Value::Duration(a), Value::Duration(b)) => match a.checked_sub(b) {
            Some(difference) => Ok(Value::Duration(difference)),
            None => error("duration overflow"),
        },
        (operators::ADD, Value::Timestamp(time), Value::Duration(by))
        | (operators::ADD, Value::Duration(by), Value::Timestamp(time)) => {
            match time.checked_add_signed(*by) {
                Some(time) => Ok(Value::Timestamp(time)),
                None => error("timestamp overflow"),
            }
        }
        (operators::SUBSTRACT, Value::Timestamp(time), Value::Duration(by)) => {
            match time.checked_sub_signed(*by) {
                Some(time) => Ok(Value::Timestamp(time)),
                None => error("timestamp overflow"),
            }
        }
        (operators::SUBSTRACT, Value::Timestamp(a), Value::Timestamp(b)) => {
            Ok(Value::Duration(a.signed_duration_since(*b)))
        }
        _ => no_overload(&format!("{} {name} {}", type_name(a), type_name(b))),
    }
}
