//! Functions that are called on a value, and macros.

use super::parts::shown;
use super::{Checker, has_items, items};
use crate::validate::cel::syntax::{Call, Syntax};
use crate::validate::cel::types::{Declared, Type};
use crate::validate::cel::{short, signatures};

impl<'e> Checker<'e, '_> {
    pub(super) fn method(&mut self, target: &'e Syntax, call: &'e Call) -> Declared {
        let (name, args) = (&*call.function, &call.arguments[..]);
        // What stands before the dot may be the name of a library.
        if let Some(library) = target.name().filter(|name| self.variable(name).is_none())
            && (call.bound() == 0 || library == "cel")
        {
            return self.of_library(library, name, args);
        }
        let of = self.infer(target);
        let Some((.., gives)) = signatures::method(name) else {
            self.misfit(format!("there is no function `{}`", short(name)));
            self.all(args);
            return Declared::Any;
        };
        if call.bound() > 0 {
            return self.macro_call(&of, target, call);
        }
        let arguments = self.all(args);
        if !self.receives(name, &of) {
            return Declared::Any;
        }
        match (name, &of, arguments.into_iter().next()) {
            ("orValue", Declared::Optional(value), Some(other)) => {
                self.pair("orValue", value, &other, value.goes_with(&other));
                Declared::clone(value).or(other)
            }
            ("or", Declared::Optional(_), Some(other)) => of.or(other),
            ("value", Declared::Optional(value), None) => Declared::clone(value),
            _ => gives.of(&of),
        }
    }

    /// Whether a function is for such a value; reports that it is not.
    pub(super) fn receives(&mut self, name: &str, of: &Declared) -> bool {
        let types = signatures::method(name).map_or(&[][..], |(_, types, _)| types);
        let is_wrong = |of: &Type| !types.is_empty() && !types.contains(of) && *of != Type::Null;
        let wrong = of.kind().filter(is_wrong);
        if let Some(of) = wrong {
            self.misfit(format!("there is no function `{name}` of {}", of.name()));
        }
        wrong.is_none()
    }

    fn of_library(&mut self, library: &str, name: &str, args: &'e [Syntax]) -> Declared {
        if let ("cel", "bind", [variable, value, body]) = (library, name, args) {
            let value = self.infer(value);
            return self.with(&[(variable, value)], body);
        }
        let arguments = self.all(args);
        match (library, name, arguments.into_iter().next()) {
            ("optional", "of" | "ofNonZeroValue", Some(value)) => Declared::optional(value),
            ("optional", "none", None) => Declared::optional(Declared::Nothing),
            _ => Declared::Any,
        }
    }

    /// What an expression gives where macros bind variables for it.
    fn with(&mut self, variables: &[(&'e Syntax, Declared)], body: &'e Syntax) -> Declared {
        let before = self.bound.len();
        let named = variables.iter().filter_map(|(name, of)| Some((name.name()?, of.clone())));
        self.bound.extend(named);
        let found = self.infer(body);
        self.bound.truncate(before);
        found.widened()
    }

    fn macro_call(&mut self, of: &Declared, target: &Syntax, call: &'e Call) -> Declared {
        let name = &*call.function;
        let (names, bodies) = call.arguments.split_at(call.bound());
        let variables: Vec<(&'e Syntax, Declared)> =
            names.iter().zip(self.bound_by(of, target, call)).collect();
        let found: Vec<Declared> = bodies.iter().map(|body| self.with(&variables, body)).collect();
        let (last, filters) = match (name, &found[..]) {
            ("all" | "exists" | "existsOne" | "exists_one" | "filter", _) | (_, []) => {
                (None, &found[..])
            }
            (_, [filters @ .., last]) => (Some(last.clone()), filters),
        };
        for filter in filters {
            self.wants(filter, name, |of| of == Type::Bool);
        }
        match (name, last) {
            ("all" | "exists" | "existsOne" | "exists_one", _) => Declared::Plain(Type::Bool),
            ("filter", _) => Declared::list(variables[0].1.clone()),
            ("map" | "transformList", Some(item)) => Declared::list(item),
            ("transformMap", Some(value)) => Declared::map_from(variables[0].1.clone(), value),
            ("optMap", Some(value)) => Declared::optional(value),
            ("optFlatMap" | "transformMapEntry", Some(value)) => value,
            _ => of.clone(),
        }
    }

    /// What the names of a macro stand for.
    fn bound_by(&mut self, of: &Declared, target: &Syntax, call: &Call) -> Vec<Declared> {
        if call.function.starts_with("opt") {
            return match of {
                Declared::Optional(value) => vec![Declared::clone(value)],
                of => {
                    self.receives(&call.function, of);
                    vec![Declared::Any]
                }
            };
        }
        if let Some(kind) = of.kind().filter(|kind| !has_items(*kind)) {
            let what = shown(target).map(|text| format!("`{text}` is ")).unwrap_or_default();
            self.misfit(format!("{what}{} where a list or a map is due", kind.name()));
        }
        let (key, item) = items(of);
        match (call.bound(), of.kind()) {
            (1, Some(Type::List) | None) => vec![item],
            (1, _) => vec![key],
            _ => vec![key, item],
        }
    }
}
