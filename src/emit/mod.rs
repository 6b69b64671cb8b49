//! From trees to files.

mod yaml;

pub use yaml::{stream, write_document};
