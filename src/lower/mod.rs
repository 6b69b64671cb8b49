//! From a plan to Kubernetes objects.
//!
//! Objects are built from k8s-openapi's types with [`k8s!`](macro@crate::k8s), which sets each field
//! together with its origin, and become trees in which every node knows where it came from. What
//! a stack says in Kubernetes' own shape joins these trees in `joining`.

mod account;
mod adopt;
mod autoscaler;
mod backup;
mod budget;
pub mod built;
mod claim;
mod config;
mod container;
mod controller;
mod environment;
mod joining;
pub mod metadata;
mod monitor;
mod mount;
mod namespace;
mod network;
mod official;
mod pod;
mod postgres;
mod probe;
mod program;
mod redis;
mod route;
mod secret;
mod security;
mod service;
mod spread;
mod stamp;
mod task;
#[cfg(test)]
mod testing;
mod wait;

pub use adopt::adopt;
pub use built::Built;
pub use secret::PLACEHOLDER;

use crate::diagnostic::Diagnostics;
use crate::k8s::Object;
use crate::plan::{Place, Plan, Val};

/// All objects that a stack's plan asks for, but those from templates and from elsewhere.
/// What the plan's `extra` fields contradict is reported.
#[must_use]
pub fn lower(plan: &Plan, diagnostics: &mut Diagnostics) -> Vec<Object> {
    let mut objects = Vec::new();
    namespace::lower(plan, &mut objects);
    for program in &plan.programs {
        program::lower(plan, program, &mut objects, diagnostics);
        network::lower(plan, program, &mut objects);
    }
    for database in &plan.postgres {
        postgres::lower(plan, database, &mut objects, diagnostics);
    }
    for cache in &plan.redis {
        redis::lower(plan, cache, &mut objects, diagnostics);
    }
    for volume in &plan.volumes {
        claim::lower(plan, volume, &mut objects, diagnostics);
    }
    for config in &plan.configs {
        config::lower(plan, config, &mut objects);
    }
    for secret in &plan.secrets {
        secret::lower(plan, secret, &mut objects);
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
