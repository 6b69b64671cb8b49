//! From a plan to Kubernetes objects.
//!
//! Objects are built from k8s-openapi's types with [`k8s!`](macro@crate::k8s), which sets each field
//! together with its origin, and become trees in which every node knows where it came from.

pub mod built;
mod environment;
pub mod metadata;
mod namespace;
mod network;
mod route;
mod stamp;
#[cfg(test)]
mod testing;

pub use built::Built;

use crate::diagnostic::Diagnostics;
use crate::k8s::Object;
use crate::plan::{Place, Plan, Val};

/// All objects that a stack's plan asks for, but those from templates and from elsewhere.
/// What the plan's `extra` fields contradict is reported.
#[must_use]
pub fn lower(plan: &Plan, diagnostics: &mut Diagnostics) -> Vec<Object> {
    let _ = diagnostics;
    let mut objects = Vec::new();
    namespace::lower(plan, &mut objects);
    for program in &plan.programs {
        network::lower(plan, program, &mut objects);
    }
    route::lower(plan, &mut objects);
    objects
}

/// The objects that belong to no single stack. `namespaces` are those of the environment's
/// stacks, one for each stack.
#[must_use]
pub fn environment<'n>(
    place: &Place,
    namespaces: impl Iterator<Item = &'n Val<String>>,
) -> Vec<Object> {
    environment::lower(place, namespaces)
}
