//! From one stack's merged layers to its [`Plan`](crate::plan::Plan): expressions evaluated, needs turned into
//! ways, defaults filled in, and everything that contradicts itself reported.
//!
//! First every stack of an environment gives its [`Interface`], from its own words alone;
//! then each is planned on its own with the interfaces of the others, so that stacks can be
//! planned in any order and one stack never reads the inside of another.

mod allowances;
mod cidr;
mod config;
mod container;
mod database;
mod declaration;
mod evaluate;
mod files;
mod flows;
mod foreign;
mod ground;
mod image;
mod interface;
mod layers;
mod log;
mod names;
mod needs;
mod order;
mod place;
mod plan;
mod planner;
mod program;
mod read;
mod resources;
mod routes;
mod scope;
mod secrets;
mod stage;
mod storage;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub use interface::{Component, ComponentKind, Interface, interface};
pub use layers::{Layers, check_consents, check_listed};
pub use place::place;
pub use plan::plan;
pub use routes::check_routes;

use crate::fs::FileSystem;
use crate::plan::Place;
use crate::source::Span;
use crate::spec;

/// One stack, or one instance of it, in one environment, with all of its layers merged:
/// defaults applied to each component, `add:` and `remove:` done.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The stack's name, its folder's.
    pub stack: String,
    /// The instance, of a stack that has several.
    pub instance: Option<String>,
    /// The stack's name; of an instance `STACK-INSTANCE`.
    pub name: String,
    /// The stack's folder below the project's root, such as `stacks/wander`.
    pub folder: String,
    /// The whole of `stack.yaml`, for what no single line says.
    pub span: Span,
    /// What the layers say together.
    pub body: spec::StackBody,
}

/// A concrete environment with its chain of families merged.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Its name.
    pub name: String,
    /// The names of its families and its own, from the root down.
    pub chain: Vec<String>,
    /// The whole of its file, for what no single line says.
    pub span: Span,
    /// What the chain says together.
    pub spec: spec::Environment,
}

/// What a stack is planned in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The environment as its files say it.
    pub surroundings: &'a Surroundings,
    /// The environment resolved, by [`place`].
    pub place: &'a Arc<Place>,
    /// Every stack of the environment by its name (`STACK` or `STACK-INSTANCE`), the one
    /// that is planned included.
    pub neighbours: &'a BTreeMap<String, Interface>,
    /// The disk, for the files that the stack mounts.
    pub fs: &'a dyn FileSystem,
    /// The project's root on that disk.
    pub root: &'a Path,
    /// The names of the `onDemand` jobs that are asked for.
    pub on_demand: &'a [String],
}
