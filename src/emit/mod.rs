//! From trees to text, and from text to the disk.
//!
//! A render makes [`FileSet`]s. [`Output`] compares them with what is on the disk, which gives
//! an [`Update`]: what would change, and what stands in the way. [`Held`] can then write it, so
//! that a render that fails or is killed leaves the previous output whole. gen replaces and
//! removes only files that its [`Index`] lists, with the digest that it lists.

mod fileset;
mod index;
mod objects;
mod output;
mod swap;
#[cfg(test)]
mod tests;
mod update;
mod yaml;

pub use fileset::{Digest, File, FileSet, NotADigest};
pub use index::{Index, IndexError, Maker, Record};
pub use objects::file_set;
pub use output::{Held, Output, Prepared};
pub use update::{FileUpdate, FolderUpdate, Scope, Summary, Update};
pub use yaml::{stream, write_document};
