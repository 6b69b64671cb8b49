//! Operators, between values and before them.

use kube_cel::cel::common::ast::operators;

use super::parts::{constant, text_of};
use super::{Checker, has_items};
use crate::validate::cel::syntax::Syntax;
use crate::validate::cel::types::{Constant, Declared, Type};
use crate::validate::cel::{short, signatures};

impl<'e> Checker<'e, '_> {
    pub(super) fn not(&mut self, operand: &'e Syntax) -> Declared {
        let of = self.infer(operand);
        self.wants(&of, "!", |of| of == Type::Bool);
        match of {
            Declared::Constant(Constant::Bool(truth)) => Declared::Constant(Constant::Bool(!truth)),
            _ => Declared::Plain(Type::Bool),
        }
    }

    /// Reports an operator before a value of a type that it does not take.
    pub(super) fn wants(&mut self, of: &Declared, sign: &str, takes: impl Fn(Type) -> bool) {
        if let Some(of) = of.kind().filter(|of| !takes(*of)) {
            self.misfit(format!("`{sign}` does not go with {}", of.name()));
        }
    }

    pub(super) fn conditional(
        &mut self,
        condition: &'e Syntax,
        then: &'e Syntax,
        otherwise: &'e Syntax,
    ) -> Declared {
        let of = self.infer(condition);
        self.wants(&of, "?", |of| of == Type::Bool);
        if let Declared::Constant(Constant::Bool(holds)) = of {
            return self.infer(if holds { then } else { otherwise });
        }
        let (then, otherwise) = (self.infer(then), self.infer(otherwise));
        self.pair(":", &then, &otherwise, then.goes_with(&otherwise));
        then.or(otherwise)
    }

    /// Reports an operator between types that do not go together.
    pub(super) fn pair(&mut self, sign: &str, left: &Declared, right: &Declared, fits: bool) {
        if let (false, Some(left), Some(right)) = (fits, left.kind(), right.kind()) {
            let (left, right) = (left.name(), right.name());
            self.misfit(if left == right {
                format!("`{sign}` does not go between these {left}s")
            } else {
                format!("`{sign}` does not go between {left} and {right}")
            });
        }
    }

    pub(super) fn binary(
        &mut self,
        name: &'e str,
        left: &'e Syntax,
        right: &'e Syntax,
    ) -> Declared {
        let sign = name.trim_matches(['_', '@']);
        if name == operators::OPT_SELECT {
            let of = self.infer(left);
            return match text_of(right) {
                Some(field) => self.optional_field(&of, left, field),
                None => Declared::Any,
            };
        }
        let (of_left, of_right) = (self.infer(left), self.infer(right));
        match name {
            operators::INDEX => self.index(&of_left, left, &of_right, right, false),
            operators::OPT_INDEX => {
                let found = self.index(&of_left, left, &of_right, right, true);
                Declared::optional(found)
            }
            operators::EQUALS | operators::NOT_EQUALS => {
                self.pair(sign, &of_left, &of_right, of_left.goes_with(&of_right));
                let same = equal((&of_left, left), (&of_right, right));
                truth(same.map(|same| same == (name == operators::EQUALS)))
            }
            operators::IN => self.is_in((&of_left, left), (&of_right, right)),
            operators::GREATER
            | operators::GREATER_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS => {
                self.pair(sign, &of_left, &of_right, are_comparable(&of_left, &of_right));
                Declared::Plain(Type::Bool)
            }
            operators::ADD
            | operators::SUBSTRACT
            | operators::MULTIPLY
            | operators::DIVIDE
            | operators::MODULO => self.arithmetic(name, &of_left, &of_right),
            _ => signatures::function(name).unwrap_or_else(|| {
                self.misfit(format!("there is no function `{}`", short(name)));
                Declared::Any
            }),
        }
    }

    /// What one of the operands decides, whatever the others say.
    pub(super) fn logical(
        &mut self,
        sign: &str,
        decides: bool,
        operands: &'e [Syntax],
    ) -> Declared {
        let start = self.misfits.len();
        let (mut all_known, mut before) = (true, None);
        for operand in operands {
            let own = self.misfits.len();
            let of = self.infer(operand);
            if of.truth() == Some(decides) {
                self.misfits.drain(start..own);
                return of;
            }
            all_known &= of.truth().is_some();
            let is_bool = |of: &Declared| of.kind().is_none_or(|of| of == Type::Bool);
            let before = before.replace(of.clone());
            let left = before.as_ref().unwrap_or(&Declared::Plain(Type::Bool));
            if operands.len() > 1 && (before.is_some() || !is_bool(&of)) {
                self.pair(sign, left, &of, is_bool(left) && is_bool(&of));
            }
        }
        truth(all_known.then_some(!decides))
    }

    fn is_in(
        &mut self,
        (of_left, left): (&Declared, &Syntax),
        (of_right, right): (&Declared, &Syntax),
    ) -> Declared {
        let fits = match of_right {
            Declared::List(item) => of_left.goes_with(item),
            Declared::Map(key, _) => of_left.goes_with(key),
            of => of.kind().is_none_or(|of| matches!(of, Type::List | Type::Map)),
        };
        self.pair("in", of_left, of_right, fits);
        let Syntax::List(list) = right else { return Declared::Plain(Type::Bool) };
        let same = |item| equal((of_left, left), (&Declared::Any, item));
        let found: Option<Vec<bool>> = list.iter().map(|item| same(&item.value)).collect();
        truth(found.map(|found| found.contains(&true)))
    }

    fn arithmetic(&mut self, name: &str, left: &Declared, right: &Declared) -> Declared {
        let kinds = (left.kind(), right.kind());
        if let (Some(a), Some(b)) = kinds {
            let fits = [a, b].contains(&Type::Null) || calculates(name, a, b);
            self.pair(name.trim_matches('_'), left, right, fits && are_alike(left, right));
        }
        match (left, right) {
            (Declared::List(_), Declared::List(_)) => left.clone().or(right.clone()),
            _ => match kinds.0.or(kinds.1) {
                // Times and spans make each other; of a list the other items are not known.
                None | Some(Type::Duration | Type::Timestamp) => Declared::Any,
                Some(of) => Declared::Plain(of),
            },
        }
    }

    fn index(
        &mut self,
        of: &Declared,
        operand: &Syntax,
        of_index: &Declared,
        index: &Syntax,
        is_test: bool,
    ) -> Declared {
        let key = of_index.kind();
        let (found, takes) = match of {
            Declared::List(item) => (Declared::clone(item), key.is_none_or(Type::is_number)),
            Declared::Map(key, value) => (Declared::clone(value), key.goes_with(of_index)),
            Declared::Object(_) => match text_of(index) {
                Some(name) => {
                    (self.field(of, operand, name, is_test).unwrap_or(Declared::Any), true)
                }
                None => (Declared::Any, true),
            },
            Declared::Optional(of) => {
                let found = self.index(of, operand, of_index, index, true);
                return Declared::optional(found);
            }
            of => (Declared::Any, of.kind().is_none_or(has_items)),
        };
        self.pair("[]", of, of_index, takes);
        found
    }
}

/// Whether an operator calculates with two types: the overloads of `common/stdlib` of `cel-go`.
fn calculates(name: &str, left: Type, right: Type) -> bool {
    use Type::{Bytes, Double, Duration, Int, List, String, Timestamp, Uint};
    let is_sum = match (left, right) {
        (Timestamp, Duration) => true,
        (Duration, Timestamp) => name == operators::ADD,
        (Timestamp, Timestamp) => name == operators::SUBSTRACT,
        _ => left == right && (left.is_number() || left == Duration),
    };
    match name {
        operators::ADD => is_sum || left == right && matches!(left, String | Bytes | List),
        operators::SUBSTRACT => is_sum,
        operators::MODULO => left == right && matches!(left, Int | Uint),
        _ => left == right && matches!(left, Int | Uint | Double),
    }
}

/// Whether two lists may hold items of one type; all else is alike.
fn are_alike(left: &Declared, right: &Declared) -> bool {
    !matches!((left, right), (Declared::List(_), Declared::List(_))) || left.goes_with(right)
}

fn are_comparable(left: &Declared, right: &Declared) -> bool {
    match (left.kind(), right.kind()) {
        (Some(left), Some(right)) => left == right || (left.is_number() && right.is_number()),
        _ => true,
    }
}

/// Whether two values are the same, where one is known for the kind of object at hand and the
/// other stands there.
fn equal(
    (of_left, left): (&Declared, &Syntax),
    (of_right, right): (&Declared, &Syntax),
) -> Option<bool> {
    match (of_left, of_right) {
        (Declared::Constant(a), Declared::Constant(b)) => Some(a == b),
        (Declared::Constant(known), _) => constant(right).map(|written| *known == written),
        (_, Declared::Constant(known)) => constant(left).map(|written| *known == written),
        _ => None,
    }
}

fn truth(known: Option<bool>) -> Declared {
    known.map_or(Declared::Plain(Type::Bool), |truth| Declared::Constant(Constant::Bool(truth)))
}
