//! What depends on the final content of other objects: which pods must start again when a
//! configuration changes, and the names of Jobs.

mod digest;
mod jobs;
mod restart;

use crate::k8s::{Object, Version};

/// Completes the objects of a stack: each pod template gets the digests of what it reads, then
/// each Job among `built` the digest of its spec in its name. `foreign` objects are read, and
/// the pod templates of those completed that are gen's.
#[must_use]
pub fn link(mut built: Vec<Object>, foreign: Vec<(Object, bool)>, version: Version) -> Vec<Object> {
    let digests =
        restart::Digests::of(built.iter().chain(foreign.iter().map(|(object, _)| object)));
    for object in &mut built {
        digests.mark(object, version);
        jobs::name(object, version);
    }
    built.extend(foreign.into_iter().map(|(mut object, is_ours)| {
        if is_ours {
            digests.mark(&mut object, version);
        }
        object
    }));
    built
}
