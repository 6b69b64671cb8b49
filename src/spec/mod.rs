//! The language: one type for each thing that a file can say.
//!
//! A file is read into these types as it stands, with every field optional, because every
//! file may be a layer over another. The doc comments are the language's reference; the
//! JSON Schemas that editors use are made from the same declarations.

pub mod decode;
pub mod expression;
pub mod map;
pub mod merge;
pub mod raw;
pub mod schema;
pub mod value;

mod config;
mod environment;
mod external;
mod macros;
mod postgres;
mod redis;
mod route;
mod secret;
mod stack;
mod storage;
mod template;
mod workload;

pub use config::*;
pub use environment::*;
pub use external::*;
pub use postgres::*;
pub use redis::*;
pub use route::*;
pub use secret::*;
pub use stack::*;
pub use storage::*;
pub use template::*;
pub use workload::*;
