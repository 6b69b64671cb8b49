//! Where everything that reads a stack reports to.

use std::cell::{Cell, RefCell};

use indexmap::IndexSet;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

/// How many bytes the strings of a stack may have in all, with their expressions evaluated.
const MOST_TEXT: usize = 64 << 20;

/// The diagnostics of one stack while it is read. Reading goes down many ways at once, all of
/// which may report, so this one is shared.
#[derive(Debug, Default)]
pub(super) struct Log {
    all: RefCell<IndexSet<Diagnostic>>,
    /// How many bytes of strings were evaluated.
    text: Cell<usize>,
}

impl Log {
    /// Adds one, unless it was reported before: the same text may be read for two purposes.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.all.borrow_mut().insert(diagnostic);
    }

    /// Counts the bytes of a string; whether there may be as many. The first string that is too
    /// much is reported.
    pub fn admits(&self, bytes: usize, too_much: impl FnOnce() -> Diagnostic) -> bool {
        let before = self.text.get();
        let after = before.saturating_add(bytes);
        self.text.set(after);
        if before <= MOST_TEXT && after > MOST_TEXT {
            self.push(too_much());
        }
        after <= MOST_TEXT
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.all.borrow().iter().any(|known| known.severity == Severity::Error)
    }

    /// All that was reported.
    pub fn into_diagnostics(self) -> Diagnostics {
        let mut all = Diagnostics::default();
        all.extend(self.all.into_inner());
        all
    }
}
