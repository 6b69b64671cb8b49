//! What the expressions of one object may take.
//!
//! It counts what is made and looked at: a step of the evaluation is one unit, and so are eight
//! bytes and a third of an item. Before anything is made, it is paid for. So the time and the
//! memory of a file have a bound, whatever its expressions say, and the same file always gets
//! the same answer.

use std::cell::Cell;

use kube_cel::cel::Value;
use kube_cel::cel::objects::Key;

use super::{Fault, Unknown, as_optional};
use crate::source::NodeRef;
use crate::validate::share::Rates;

/// What one expression may take. The server stops at a cost of 1,000,000, of which each step has
/// one or more: `PerCallLimit` of `pkg/apis/cel` of `k8s.io/apiserver`.
const MOST_OF_ONE: u64 = 2_000_000;
/// What the expressions of objects may take.
const RATES: Rates = Rates { file: 30_000_000, byte: 24, node: 2_000 };
/// How many units an item of a list or a map is, for what it takes of memory.
const OF_ITEM: u64 = 3;
/// How many units a byte is that is copied for a function of others, and what that makes of it.
const OF_COPIED: u64 = 4;
/// What part there is beside for what may be left out.
const OF_SPARE: u64 = 4;
/// How many bytes are a unit.
const BYTES: usize = 8;
/// What it takes to report something, beside a unit for each byte of the message.
const OF_FINDING: u64 = 500;
/// How deeply parts of expressions may be evaluated inside of each other, so that the stack of a
/// thread is enough.
pub(super) const MAX_DEPTH: u32 = 250;
/// How deeply lists and maps that are made may nest.
const MAX_NESTING: u32 = 150;

/// What the expressions of one object may still take.
#[derive(Debug)]
pub struct Budget {
    left: Cell<u64>,
    /// What the expression may still take that is evaluated.
    of_one: Cell<u64>,
    /// What there is beside for what may be left out, so that nothing else ends for it.
    spare: Cell<u64>,
    depth: Cell<u32>,
}

impl Budget {
    /// What the expressions of an object may take.
    #[must_use]
    pub fn of(object: NodeRef<'_>) -> Self {
        Self::units(RATES.share(object))
    }

    /// So many units.
    #[must_use]
    pub fn units(units: u64) -> Self {
        let (left, of_one) = (Cell::new(units), Cell::new(units.min(MOST_OF_ONE)));
        Self { left, of_one, spare: Cell::new(units / OF_SPARE), depth: Cell::new(0) }
    }

    /// Whether all is taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left.get() == 0
    }

    /// What is left.
    #[cfg(test)]
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Takes what something costs.
    ///
    /// # Errors
    ///
    /// When there is not as much left. Then an expression has nothing left at all.
    pub fn spend(&self, units: u64) -> Result<(), Fault> {
        let left = self.left.get();
        let most = if self.depth.get() == 0 { left } else { self.of_one.get() };
        // Where there is too little, nothing is made, but to find that out is a step, too.
        let taken = units.min(most).max(1).min(left);
        self.left.set(left - taken);
        self.of_one.set(most.saturating_sub(taken));
        if units <= most && units <= left {
            return Ok(());
        }
        Err(Fault::Unknown(if self.is_empty() {
            "the expressions for this object take too many steps".to_owned()
        } else {
            "it takes too many steps".to_owned()
        }))
    }

    /// Takes what something costs that may be left out, if there is as much to spare.
    pub(super) fn affords(&self, units: u64) -> bool {
        let left = self.spare.get().checked_sub(units);
        self.spare.set(left.unwrap_or(self.spare.get()));
        left.is_some()
    }

    /// Takes what it costs to report something.
    pub fn finding(&self, message: &str) -> Result<(), Fault> {
        self.spend(OF_FINDING + message.len() as u64)
    }

    /// Takes what it costs to make or to look at bytes.
    pub(super) fn bytes(&self, bytes: usize) -> Result<(), Fault> {
        self.spend((bytes / BYTES) as u64)
    }

    /// Takes what it costs to make items.
    pub(super) fn items(&self, items: usize) -> Result<(), Fault> {
        self.spend(OF_ITEM.saturating_mul(items as u64))
    }

    /// Evaluates something inside of what is evaluated.
    pub(super) fn inside<T>(
        &self,
        evaluate: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let depth = self.depth.get();
        if depth == 0 {
            self.of_one.set(self.left.get().min(MOST_OF_ONE));
        } else if depth == MAX_DEPTH {
            return Err(Fault::Unknown("it is nested too deeply".to_owned()));
        }
        self.depth.set(depth + 1);
        let result = self.spend(1).and_then(|()| evaluate());
        self.depth.set(depth);
        result
    }

    /// Lets a value pass that was put together of others, unless it nests too deeply.
    pub(super) fn made(&self, value: Value) -> Result<Value, Fault> {
        self.nested(&value, 0)?;
        Ok(value)
    }

    fn nested(&self, value: &Value, depth: u32) -> Result<(), Fault> {
        if depth == MAX_NESTING {
            return Err(Fault::Unknown("its lists and maps are nested too deeply".to_owned()));
        }
        let inner = |value: &Value| match value {
            Value::List(_) | Value::Map(_) | Value::Opaque(_) => self.nested(value, depth + 1),
            _ => Ok(()),
        };
        match value {
            Value::List(items) => {
                self.spend(1 + items.len() as u64 / 4)?;
                items.iter().try_for_each(inner)
            }
            Value::Map(map) => {
                self.spend(1 + map.map.len() as u64 / 2)?;
                map.map.values().try_for_each(inner)
            }
            other => as_optional(other).and_then(|chain| chain.value()).map_or(Ok(()), inner),
        }
    }

    /// Takes what it costs to copy a value with all that is in it, which has to be data: no type
    /// and nothing that is unknown.
    pub(super) fn copy(&self, value: &Value) -> Result<(), Fault> {
        self.items(1)?;
        match value {
            Value::String(text) => self.spend(OF_COPIED * text.len() as u64),
            Value::Bytes(bytes) => self.spend(OF_COPIED * bytes.len() as u64),
            Value::List(items) => items.iter().try_for_each(|item| self.copy(item)),
            Value::Map(map) => map.map.iter().try_for_each(|(key, value)| {
                self.key(key)?;
                self.copy(value)
            }),
            Value::Function(..) => Err(Fault::Error("no such overload".to_owned())),
            other => match (Unknown::of(other), as_optional(other).and_then(|it| it.value())) {
                (Some(unknown), _) => Err(Fault::Unknown(unknown.reason.clone())),
                (None, Some(inner)) => self.copy(inner),
                (None, None) => Ok(()),
            },
        }
    }

    fn key(&self, key: &Key) -> Result<(), Fault> {
        match key {
            Key::String(text) => self.spend(OF_COPIED * text.len() as u64),
            _ => Ok(()),
        }
    }
}
