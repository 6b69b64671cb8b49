//! From a plan to Kubernetes objects.
//!
//! Objects are built from k8s-openapi's types with [`k8s!`](macro@crate::k8s), which sets each field
//! together with its origin, and become trees in which every node knows where it came from.

pub mod built;
pub mod metadata;
mod stamp;
#[cfg(test)]
mod testing;

pub use built::Built;
