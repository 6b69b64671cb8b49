//! Macros: calls whose first arguments are names.

use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::objects::Key;

use super::evaluate::{Machine, Result, Scope, Undecided, as_optional, no_overload};
use super::operators::type_name;
use super::operators::{entries, sort};
use super::optional;
use super::syntax::{Call, Syntax};

impl Machine<'_> {
    /// A call that binds names.
    pub(super) fn macro_call(&self, call: &Call, scope: Option<&Scope<'_>>) -> Result {
        let (names, rest) = call.arguments.split_at(call.bound());
        let names: Vec<&str> = names.iter().filter_map(Syntax::name).collect();
        let name = &*call.function;
        let Some(target) = &call.target else { return no_overload(name) };
        match (name, &names[..], rest) {
            ("bind", &[name], [value, body]) => {
                let inner = Scope { name, value: self.value(value, scope), outer: scope };
                self.value(body, Some(&inner))
            }
            ("optMap" | "optFlatMap", &[variable], [body]) => {
                self.over_optional(target, name, variable, body, scope)
            }
            ("sortBy", &[variable], [body]) => self.sort_by(target, variable, body, scope),
            _ => self.over_entries(target, name, &names, rest, scope),
        }
    }

    fn over_optional(
        &self,
        target: &Syntax,
        name: &str,
        variable: &str,
        body: &Syntax,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let value = self.value(target, scope)?;
        let Some(chain) = as_optional(&value) else { return no_overload(name) };
        let Some(value) = chain.value() else { return Ok(optional(None)) };
        let inner = Scope { name: variable, value: Ok(value.clone()), outer: scope };
        let result = self.value(body, Some(&inner))?;
        if name == "optMap" { self.budget.made(optional(Some(result))) } else { Ok(result) }
    }

    fn sort_by(
        &self,
        target: &Syntax,
        variable: &str,
        body: &Syntax,
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let Value::List(list) = self.value(target, scope)? else { return no_overload("sortBy") };
        self.budget.items(2 * list.len())?;
        let mut keyed = Vec::with_capacity(list.len());
        for item in list.iter() {
            let inner = Scope { name: variable, value: Ok(item.clone()), outer: scope };
            keyed.push((self.value(body, Some(&inner))?, item.clone()));
        }
        sort(&mut keyed, |(key, _)| key, self.budget)?;
        Ok(Value::List(Arc::new(keyed.into_iter().map(|(_, item)| item).collect())))
    }

    /// The macros that run over items of a list or keys of a map; with two names over indices and
    /// items, or keys and values.
    fn over_entries(
        &self,
        target: &Syntax,
        name: &str,
        names: &[&str],
        rest: &[Syntax],
        scope: Option<&Scope<'_>>,
    ) -> Result {
        let range = self.value(target, scope)?;
        let is_map = matches!(range, Value::Map(_));
        let mut fold = Fold::default();
        for (key, value) in entries(&range, self.budget)? {
            let first = match names {
                [_] if !is_map => value.clone(),
                _ => key.clone(),
            };
            let outer = Scope { name: names[0], value: Ok(first), outer: scope };
            let inner =
                names.get(1).map(|name| Scope { name, value: Ok(value), outer: Some(&outer) });
            let scope = Some(inner.as_ref().unwrap_or(&outer));
            if let Some(decided) = self.step(name, rest, &key, scope, &mut fold)? {
                return Ok(decided);
            }
        }
        self.folded(name, fold)
    }

    /// One item or entry; the result of the macro, where it is decided by now.
    fn step(
        &self,
        name: &str,
        rest: &[Syntax],
        key: &Value,
        scope: Option<&Scope<'_>>,
        fold: &mut Fold,
    ) -> Result<Option<Value>> {
        match (name, rest) {
            ("all" | "exists" | "existsOne" | "exists_one", [predicate]) => {
                match (self.bool(predicate, scope), name) {
                    (Ok(false), "all") => return Ok(Some(Value::Bool(false))),
                    (Ok(true), "exists") => return Ok(Some(Value::Bool(true))),
                    (Ok(value), _) => fold.held += usize::from(value),
                    (Err(fault), "all" | "exists") => fold.undecided.add(fault),
                    (Err(fault), _) => return Err(fault),
                }
            }
            (_, [filter, _]) if !self.bool(filter, scope)? => {}
            ("filter", [predicate]) => {
                if self.bool(predicate, scope)? {
                    self.budget.items(1)?;
                    fold.list.push(match scope {
                        Some(scope) => scope.value.clone()?,
                        None => Value::Null,
                    });
                }
            }
            ("map" | "transformList", [.., step]) => {
                self.budget.items(1)?;
                fold.list.push(self.value(step, scope)?);
            }
            ("transformMap", [.., step]) => {
                self.budget.items(3)?;
                fold.map.push((self.key(key)?, self.value(step, scope)?));
            }
            ("transformMapEntry", [.., step]) => match self.value(step, scope)? {
                Value::Map(map) => {
                    self.budget.items(3 * map.map.len())?;
                    let entries = map.map.iter();
                    fold.map.extend(entries.map(|(key, value)| (key.clone(), value.clone())));
                }
                other => return no_overload(type_name(&other)),
            },
            _ => return no_overload(name),
        }
        Ok(None)
    }

    fn folded(&self, name: &str, fold: Fold) -> Result {
        match name {
            "all" => fold.undecided.or(Value::Bool(true)),
            "exists" => fold.undecided.or(Value::Bool(false)),
            "existsOne" | "exists_one" => Ok(Value::Bool(fold.held == 1)),
            "filter" | "map" | "transformList" => {
                self.budget.made(Value::List(Arc::new(fold.list)))
            }
            _ => self.map_of(fold.map),
        }
    }
}

/// What a macro has found and made so far.
#[derive(Default)]
struct Fold {
    held: usize,
    undecided: Undecided,
    list: Vec<Value>,
    map: Vec<(Key, Value)>,
}
