//! What is known of an expression before it is run: the functions and fields that it names, and
//! the type of its value.
//!
//! The type checker of cel-go knows more. What is said here of an expression it says, too.

use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::Expression;

/// The types that an expression may show by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A whole number that is not negative.
    Uint,
    /// A number.
    Double,
    /// A text.
    String,
    /// Bytes.
    Bytes,
    /// `null`.
    Null,
    /// A list.
    List,
    /// A map.
    Map,
    /// A span of time.
    Duration,
    /// A time.
    Timestamp,
}

impl Type {
    /// What CEL calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Null => "null",
            Self::List => "list",
            Self::Map => "map",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }
}

/// The functions that are called on nothing, those of Kubernetes' libraries and the macros that
/// the parser leaves as calls among them.
const FUNCTIONS: [&str; 24] = [
    "bool",
    "bytes",
    "cidr",
    "double",
    "duration",
    "dyn",
    "has",
    "int",
    "ip",
    "isCIDR",
    "isIP",
    "isQuantity",
    "isSemver",
    "isURL",
    "matches",
    "quantity",
    "semver",
    "sign",
    "size",
    "string",
    "timestamp",
    "type",
    "uint",
    "url",
];

/// The functions that are called on a value, macros among them.
const METHODS: [&str; 101] = [
    "add",
    "all",
    "allowed",
    "asApproximateFloat",
    "asInteger",
    "charAt",
    "check",
    "compareTo",
    "contains",
    "containsCIDR",
    "containsIP",
    "distinct",
    "endsWith",
    "error",
    "errored",
    "exists",
    "existsOne",
    "exists_one",
    "family",
    "fieldSelector",
    "filter",
    "find",
    "findAll",
    "first",
    "flatten",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getEscapedPath",
    "getFullYear",
    "getHost",
    "getHostname",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getPort",
    "getQuery",
    "getScheme",
    "getSeconds",
    "group",
    "hasValue",
    "indexOf",
    "ip",
    "isGlobalUnicast",
    "isGreaterThan",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isSorted",
    "isUnspecified",
    "join",
    "labelSelector",
    "last",
    "lastIndexOf",
    "lowerAscii",
    "major",
    "map",
    "masked",
    "matches",
    "max",
    "min",
    "minor",
    "name",
    "namespace",
    "optFlatMap",
    "optMap",
    "or",
    "orValue",
    "patch",
    "path",
    "prefixLength",
    "reason",
    "replace",
    "resource",
    "reverse",
    "serviceAccount",
    "sign",
    "size",
    "slice",
    "sort",
    "sortBy",
    "split",
    "startsWith",
    "sub",
    "subresource",
    "substring",
    "sum",
    "transformList",
    "transformMap",
    "transformMapEntry",
    "trim",
    "unwrap",
    "unwrapOpt",
    "upperAscii",
    "validate",
    "value",
];

/// The type of the value, where the expression itself shows it.
#[must_use]
pub fn result_type(expression: &Expression) -> Option<Type> {
    expression.syntax().ok().and_then(type_of)
}

fn type_of(expression: &IdedExpr) -> Option<Type> {
    match &expression.expr {
        Expr::Literal(literal) => Some(match literal {
            LiteralValue::Boolean(_) => Type::Bool,
            LiteralValue::Int(_) => Type::Int,
            LiteralValue::UInt(_) => Type::Uint,
            LiteralValue::Double(_) => Type::Double,
            LiteralValue::String(_) => Type::String,
            LiteralValue::Bytes(_) => Type::Bytes,
            LiteralValue::Null => Type::Null,
        }),
        Expr::List(_) => Some(Type::List),
        Expr::Map(_) => Some(Type::Map),
        Expr::Select(select) if select.test => Some(Type::Bool),
        Expr::Call(call) => {
            let argument = |index: usize| call.args.get(index).and_then(type_of);
            match call.func_name.as_str() {
                operators::LOGICAL_AND
                | operators::LOGICAL_OR
                | operators::LOGICAL_NOT
                | operators::EQUALS
                | operators::NOT_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::IN
                | "startsWith"
                | "endsWith"
                | "contains"
                | "matches" => Some(Type::Bool),
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO => {
                    let known = argument(0).or(argument(1))?;
                    // Times and spans make each other.
                    let fixed = !matches!(known, Type::Duration | Type::Timestamp);
                    fixed.then_some(known)
                }
                operators::NEGATE => argument(0),
                operators::CONDITIONAL => argument(1).filter(|of| argument(2) == Some(*of)),
                "size" => Some(Type::Int),
                _ if call.target.is_some() => None,
                "bool" => Some(Type::Bool),
                "int" => Some(Type::Int),
                "uint" => Some(Type::Uint),
                "double" => Some(Type::Double),
                "string" => Some(Type::String),
                "bytes" => Some(Type::Bytes),
                "duration" => Some(Type::Duration),
                "timestamp" => Some(Type::Timestamp),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What of an expression the type checker refuses, as far as it is plain: functions that are not
/// there, fields that a variable of a known type has not, and operators between types that do
/// not go together. `fields` are the variables with the names of their fields.
#[must_use]
pub fn misfits(expression: &Expression, fields: &[(&str, &[&str])]) -> Vec<String> {
    let mut out = Vec::new();
    if let Ok(syntax) = expression.syntax() {
        visit(syntax, &mut |expression| out.extend(misfit(expression, fields)));
    }
    out.sort();
    out.dedup();
    out
}

fn misfit(expression: &IdedExpr, fields: &[(&str, &[&str])]) -> Option<String> {
    match &expression.expr {
        Expr::Select(select) => {
            let variable = path_of(&select.operand)?;
            let (_, known) = fields.iter().find(|(name, _)| *name == variable)?;
            let is_known = known.contains(&select.field.as_str());
            (!is_known).then(|| format!("`{variable}` has no field `{}`", select.field))
        }
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic());
            let known = match call.target.as_deref() {
                None => FUNCTIONS.contains(&name),
                // What stands before the dot may be the name of a library.
                Some(IdedExpr { expr: Expr::Ident(_), .. }) => true,
                Some(_) => METHODS.contains(&name),
            };
            if is_name && !known {
                return Some(format!("there is no function `{name}`"));
            }
            let (left, right) = match &call.args[..] {
                [left, right] => (type_of(left)?, type_of(right)?),
                _ => return None,
            };
            let numbers = left.is_number() && right.is_number();
            let fits = match name {
                operators::LOGICAL_AND | operators::LOGICAL_OR => {
                    left == Type::Bool && right == Type::Bool
                }
                operators::GREATER
                | operators::GREATER_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS => left == right || numbers,
                operators::ADD => left == right || [left, right].contains(&Type::Duration),
                operators::MULTIPLY | operators::DIVIDE => left == right && numbers,
                _ => true,
            };
            let sign = name.trim_matches('_');
            let (left, right) = (left.name(), right.name());
            (!fits).then(|| format!("`{sign}` does not go between {left} and {right}"))
        }
        _ => None,
    }
}

/// A variable, or a field of it, with the dots between.
fn path_of(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", path_of(&select.operand)?, select.field)),
        _ => None,
    }
}

/// Shows each part of an expression to `see`.
fn visit<'e>(expression: &'e IdedExpr, see: &mut dyn FnMut(&'e IdedExpr)) {
    see(expression);
    let mut inner: Vec<&'e IdedExpr> = Vec::new();
    match &expression.expr {
        Expr::Select(select) => inner.push(&select.operand),
        Expr::Call(call) => {
            inner.extend(call.target.as_deref());
            inner.extend(&call.args);
        }
        Expr::Comprehension(of) => {
            inner.extend([&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result]);
        }
        Expr::List(list) => inner.extend(&list.elements),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    inner.extend([&entry.key, &entry.value]);
                }
            }
        }
        _ => {}
    }
    for expression in inner {
        visit(expression, see);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Type> {
        result_type(&Expression::new(text))
    }

    #[test]
    fn an_expression_shows_the_type_of_its_value() {
        assert_eq!(of("1 + 2"), Some(Type::Int));
        assert_eq!(of("'at most ' + string(variables.most)"), Some(Type::String));
        assert_eq!(of("object.spec.replicas <= 5"), Some(Type::Bool));
        assert_eq!(of("has(object.spec) ? 'a' : 'b'"), Some(Type::String));
        assert_eq!(of("object.spec.paused"), None);
        assert_eq!(of("object.items.map(i, i.name)"), None);
        assert_eq!(of("authorizer.path('/a').check('get').allowed()"), None);
    }

    #[test]
    fn what_cannot_go_together_is_said() {
        let of = |text: &str| misfits(&Expression::new(text), &[("device", &["driver"])]);
        assert_eq!(of("device.driver == 'a' && size(object.list) > 1"), Vec::<String>::new());
        assert_eq!(of("device.diver == 'a'"), ["`device` has no field `diver`"]);
        assert_eq!(of("ha(object.a)"), ["there is no function `ha`"]);
        assert_eq!(of("object.a.tartsWith('b')"), ["there is no function `tartsWith`"]);
        assert_eq!(
            of("'a' > 1 || 1"),
            ["`>` does not go between string and int", "`||` does not go between bool and int",]
        );
        assert_eq!(of("1.5 < 2 && timestamp('a') + duration('1h') > timestamp('b')"), [""; 0]);
    }
}
