//! How much the schema of a custom resource may make of an object.
//!
//! What a schema asks is asked of each item of a list, and each default is filled into each of
//! them: two files of a megabyte could make billions of findings and values. What each takes is
//! counted, so that the same input has the same end on every machine.

use std::cell::Cell;

use crate::source::NodeRef;
use crate::validate::share::Rates;

/// What objects may take, in units of about ten nanoseconds.
const RATES: Rates = Rates { file: 60_000_000, byte: 100, node: 1_000 };

/// What it takes to compare a value with a schema.
pub const VALUE: u64 = 10;
/// What it takes to fill in a value, for the memory that it takes, too.
pub const MADE: u64 = 200;
/// How many bytes of a text are looked at for a unit.
pub const BYTES: u64 = 8;
/// What it takes to look for a field.
pub const FIELD: u64 = 4;
/// What it takes to say that something is wrong.
pub const FINDING: u64 = 300;

/// What the check of an object may still take.
pub struct Budget(Cell<u64>);

impl Budget {
    /// That of an object: the more it says, the more.
    pub fn of(object: NodeRef<'_>) -> Self {
        Self(Cell::new(RATES.share(object)))
    }

    /// Takes something: whether there was as much.
    pub fn spend(&self, units: u64) -> bool {
        let left = self.0.get().saturating_sub(units);
        self.0.set(left);
        left > 0
    }

    /// Whether all is taken.
    pub fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}
