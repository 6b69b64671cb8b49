//! The leaves of a plan.

use crate::source::Origin;

/// A value and where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Val<T> {
    /// The value.
    pub v: T,
    /// Where it came from.
    pub at: Origin,
}

impl<T> Val<T> {
    /// A value that came from `at`.
    #[must_use]
    pub const fn new(v: T, at: Origin) -> Self {
        Self { v, at }
    }

    /// Another value that came from the same place.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Val<U> {
        Val { v: f(self.v), at: self.at }
    }

    /// The value borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> Val<&T> {
        Val { v: &self.v, at: self.at }
    }
}
