//! Where everything that reads a stack reports to.

use std::cell::RefCell;

use crate::diagnostic::{Diagnostic, Diagnostics};

/// The diagnostics of one stack while it is read. Reading goes down many ways at once, all of
/// which may report, so this one is shared.
#[derive(Debug, Default)]
pub(super) struct Log(RefCell<Diagnostics>);

impl Log {
    /// Adds one, unless it was reported before: the same text may be read for two purposes.
    pub fn push(&self, diagnostic: Diagnostic) {
        let mut all = self.0.borrow_mut();
        if !all.iter().any(|known| *known == diagnostic) {
            all.push(diagnostic);
        }
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.borrow().has_errors()
    }

    /// All that was reported.
    pub fn into_diagnostics(self) -> Diagnostics {
        self.0.into_inner()
    }
}
