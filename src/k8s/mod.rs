//! What gen knows of Kubernetes itself.

pub mod schema;
mod version;

pub use version::{UnsupportedVersion, Version, Versions};
