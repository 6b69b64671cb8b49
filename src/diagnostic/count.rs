//! Numbers with what they count.

use std::fmt::Display;

/// `1 error`, `3 errors`: of nouns whose plural ends in `s`.
pub fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {what}{plural}")
}
