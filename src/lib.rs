//! gen compiles a typed description of a stack into validated Kubernetes YAML.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make their own files"))]

pub mod cli;
pub mod compile;
pub mod diagnostic;
pub mod emit;
pub mod fs;
pub mod k8s;
pub mod link;
pub mod load;
pub mod lower;
pub mod plan;
pub mod resolve;
pub mod source;
pub mod spec;
pub mod validate;
