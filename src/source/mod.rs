//! Input text: files, spans, and the tree that every phase works on.

mod files;
#[cfg(test)]
pub(crate) mod listing;
mod origin;
mod parse;
mod scalar;
mod symbol;
mod tree;
pub(crate) mod words;

pub(crate) use files::Made;
pub use files::{FileId, Source, Sources, Span};
pub use origin::{Origin, Rule};
pub use parse::{Dialect, Part, parse, parse_in_full};
pub use scalar::is_text_to_all;
pub(crate) use symbol::Symbol;
pub use tree::{Entries, Items, Kind, NodeRef, Step, Style, Tree, TreeBuilder};
