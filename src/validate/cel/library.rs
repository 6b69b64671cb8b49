//! Functions of the libraries of others, called on values that are known.
//!
//! They take values by copies, and write errors with all that they were given: what they are
//! given is paid for, byte by byte.

use std::sync::LazyLock;

use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{CallExpr, Expr, IdedExpr};
use kube_cel::cel::{Context, ExecutionError, Value};

use super::budget::Budget;
use super::evaluate::{Result, no_overload};
use super::{Fault, cut, short, signatures};

/// How much of an error is shown.
const LONGEST_ERROR: usize = 200;

/// What is called on nothing. All others are gen's own: those of the libraries may panic, or take
/// more than they are given.
const FUNCTIONS: [&str; 9] =
    ["bytes", "cidr", "double", "ip", "isCIDR", "isIP", "isSemver", "semver", "string"];
/// What is called on an address, a network, a version, a format or a span of time.
const METHODS: [&str; 22] = [
    "compareTo",
    "containsCIDR",
    "containsIP",
    "family",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getSeconds",
    "ip",
    "isGlobalUnicast",
    "isGreaterThan",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isUnspecified",
    "major",
    "masked",
    "minor",
    "patch",
    "prefixLength",
    "validate",
];
const LIBRARIES: [&str; 5] = ["base64", "format", "ip", "jsonpatch", "math"];

/// The functions of Kubernetes' libraries, which few expressions call.
static LIBRARY: LazyLock<Context<'static>> = LazyLock::new(|| Context::default().with_all());

/// What a function is called on.
#[derive(Clone, Copy)]
enum Receiver<'r> {
    None,
    Library(&'r str),
    Value(&'r Value),
}

/// A function without a receiver.
pub fn function(name: &str, arguments: &[Value], budget: &Budget) -> Result {
    if FUNCTIONS.contains(&name) {
        return call(Receiver::None, name, arguments, budget);
    }
    lacking(name, signatures::function(name).is_some())
}

/// A function of a library, such as `math.abs`.
pub fn qualified(library: &str, name: &str, arguments: &[Value], budget: &Budget) -> Result {
    if LIBRARIES.contains(&library) {
        return call(Receiver::Library(library), name, arguments, budget);
    }
    lacking(name, false)
}

/// A function of a value.
pub fn method(target: &Value, name: &str, arguments: &[Value], budget: &Budget) -> Result {
    if METHODS.contains(&name) {
        return call(Receiver::Value(target), name, arguments, budget);
    }
    lacking(name, signatures::method(name).is_some())
}

/// What is said of a function that has no such arguments, or that gen does not know at all.
fn lacking(name: &str, is_known: bool) -> Result {
    if is_known {
        no_overload(name)
    } else {
        Err(Fault::Unknown(format!("the function `{}`", short(name))))
    }
}

fn call(receiver: Receiver<'_>, name: &str, arguments: &[Value], budget: &Budget) -> Result {
    budget.bytes(name.len())?;
    let mut context = LIBRARY.new_inner_scope();
    let mut bind = |name: String, value: &Value| {
        budget.copy(value)?;
        context.add_variable_from_value(name.as_str(), value.clone());
        Ok(identifier(&name))
    };
    let target = match receiver {
        Receiver::None => None,
        Receiver::Library(library) => Some(Box::new(identifier(library))),
        Receiver::Value(value) => Some(Box::new(bind("@target".to_owned(), value)?)),
    };
    let args = arguments.iter().enumerate();
    let args = args.map(|(index, argument)| bind(format!("@{index}"), argument));
    let args = args.collect::<Result<Vec<IdedExpr>>>()?;
    let call = CallExpr { func_name: name.to_owned(), target, args };
    let call = IdedExpr { id: 0, expr: Expr::Call(call) };
    Value::resolve(&call, &context).map_err(|error| fault(&error))
}

fn identifier(name: &str) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(name.to_owned()) }
}

/// What an error of the libraries means.
fn fault(error: &ExecutionError) -> Fault {
    match error {
        ExecutionError::UndeclaredReference(name) => {
            Fault::Unknown(format!("the function `{}`", short(name)))
        }
        ExecutionError::FunctionError { message, .. } => {
            Fault::Error(cut(message, LONGEST_ERROR).into_owned())
        }
        ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::InvalidArgumentCount { .. }
        | ExecutionError::MissingArgumentOrTarget
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::NoSuchOverload => Fault::Error("no such overload".to_owned()),
        other => Fault::Error(cut(&other.to_string(), LONGEST_ERROR).into_owned()),
    }
}
