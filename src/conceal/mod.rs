//! What must not be shown, in whatever format: one place that decides it for diagnostics and for
//! comparisons.
//!
//! A secret is
//!
//! - in a Secret, all but the keys of maps, `apiVersion`, `kind`, `type`, `immutable` and the known
//!   fields of `metadata`; so too where the kind is a slip of it, and in a stack's patch of one;
//! - in another kind with that word in its name (SealedSecret, SopsSecret, ExternalSecret,
//!   PushSecret), what stands in maps under `data`, `stringData` and `encryptedData`;
//! - under `secrets` of a stack or an environment, what is none of their fields;
//! - anywhere, the annotation `kubectl.kubernetes.io/last-applied-configuration`, a private key in
//!   PEM, the manifest of a Secret inside of a string, and what stands under the name of a password,
//!   a token or a key: of a field, of a variable, or in a line of a text. A switch, a path and an
//!   expression are none.
//!
//! Of a document that cannot be read, the text decides: where it names a kind that carries
//! secrets, no value of it is shown.

mod document;
mod files;
mod names;
mod objects;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use files::Secrets;
pub(crate) use names::{is_secret_variable, is_value_of_secret};
pub(crate) use objects::{each_secret, has_secrets};
pub(crate) use text::is_suspect;
pub(crate) use words::{Words, without};

/// What is shown in the place of a secret, however long it is.
pub(crate) const HIDDEN: &str = "(hidden)";

/// A text of which no tree is at hand, without its secrets.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    without(text, &text::secrets(text))
}

/// A string of an object without what names tell in its lines, and without private keys.
pub(crate) fn shown_string(text: &str) -> Cow<'_, str> {
    without(text, &text::named(text))
}

/// Ranges in order, those that touch made one.
pub(crate) fn joined(ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut ranges: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}
