//! How much it may take to work out who reaches whom.
//!
//! What policies say of each other's pods can be as much as the square of what they are, and so can
//! what there is to say about them. What it takes is counted, so that the same input has the same
//! end on every machine.

use std::cell::Cell;

/// How many steps it may take, of some tens of nanoseconds each.
const STEPS: usize = 20_000_000;
/// How many steps an edge or a way in is, for the memory that it takes, too.
pub(super) const EDGE: usize = 200;
/// How many steps a rule is that lets a group of pods in.
pub(super) const RULE: usize = 20;

/// What may still be taken.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(STEPS))
    }
}

impl Budget {
    /// Takes some steps: whether there were as many. Without them what is worked out does not
    /// matter, as long as it is over soon.
    pub fn spend(&self, steps: usize) -> bool {
        let left = self.0.get().saturating_sub(steps);
        self.0.set(left);
        left > 0
    }

    /// Whether all is taken.
    pub fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}
