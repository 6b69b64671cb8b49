//! What depends on the final content of other objects: which pods must start again when a
//! configuration changes, and the names of Jobs.

mod digest;
mod jobs;
mod restart;

use crate::k8s::{Object, Version};

/// Completes the objects of a stack: each pod template gets the digests of what it reads, then
/// each Job among `built` the digest of its template in its name. `foreign` objects are read,
/// and their pod templates completed where `adopted` says that they are gen's.
#[must_use]
pub fn link(
    mut built: Vec<Object>,
    mut foreign: Vec<Object>,
    adopted: &[bool],
    version: Version,
) -> Vec<Object> {
    let digests = restart::Digests::of(built.iter().chain(&foreign));
    for object in &mut built {
        digests.mark(object, version);
        jobs::name(object, version);
    }
    for (object, adopted) in foreign.iter_mut().zip(adopted) {
        if *adopted {
            digests.mark(object, version);
        }
    }
    built.append(&mut foreign);
    built
}
