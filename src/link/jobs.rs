//! The names of Jobs.

use super::digest::ContentDigest;
use crate::k8s::graft;
use crate::k8s::schema::Resource;
use crate::k8s::{Object, Version};
use crate::source::{Kind, Rule, TreeBuilder};

/// Hexadecimal digits of the digest in a name.
const DIGITS: usize = 8;

/// The longest name that the pods of a Job can carry in a label.
const LONGEST: usize = 63;

/// Puts a digest of its spec at the end of a Job's name, because the server refuses to change
/// a Job's template: a changed Job is another one, and runs again.
pub(super) fn name(object: &mut Object, version: Version) {
    let root = object.root();
    let (true, Some(spec), Some(name)) =
        (object.identity().kind == "Job", root.get("spec"), root.at_path(&["metadata", "name"]))
    else {
        return;
    };
    let mut digest = ContentDigest::default();
    digest.add(spec);
    let mut stem = name.text();
    if stem.len() > LONGEST - DIGITS - 1 {
        stem = &stem[..LONGEST - DIGITS - 1];
    }
    let text = format!("{}-{}", stem.trim_end_matches('-'), digest.hex(DIGITS));
    let at = name.at().derive(Rule::JobName);
    let mut patch = TreeBuilder::default();
    patch.map(at);
    patch.key("metadata", at);
    patch.map(at);
    patch.key("name", at);
    patch.scalar(Kind::Str, &text, at);
    patch.close();
    patch.close();
    let of = Resource::find(version, object.api_version(), "Job").map(Resource::root);
    let tree = graft::patch(root, patch.finish().root(), of);
    *object = Object::new(tree).expect("a patched name leaves an object");
}
