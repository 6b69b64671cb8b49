//! Objects from templates are the stack's: they get its labels, and its namespace where they
//! live in one.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::Owner;
use crate::k8s;
use crate::k8s::graft::{self, Under};
use crate::k8s::schema::Resource;
use crate::plan::Plan;
use crate::source::{NodeRef, Origin, Tree};

/// An object of a template with what it does not say itself: the stack's labels, annotations
/// and namespace. `at` is where the stack uses the template; `is_namespaced` is known of kinds
/// that a definition of the project brings.
#[must_use]
pub fn adopt(plan: &Plan, object: NodeRef<'_>, at: Origin, is_namespaced: Option<bool>) -> Tree {
    let text = |key| object.get(key).map_or("", NodeRef::text);
    let resource = Resource::find(plan.place.kubernetes.v, text("apiVersion"), text("kind"));
    let owner = Owner { at, ..Owner::stack(plan) };
    let is_namespaced =
        is_namespaced.unwrap_or_else(|| resource.is_none_or(Resource::is_namespaced));
    let metadata = k8s!(at; ObjectMeta {
        namespace: is_namespaced.then(|| owner.namespace()),
        labels: owner.labels(),
        annotations: owner.annotations(),
    });
    let base = graft::under(&[Under::Field("metadata")], metadata.tree().root());
    graft::patch(base.root(), object, resource.map(Resource::root))
}
