//! From documents to objects: lists taken apart, what is no object refused, and Secrets with
//! plain values too.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::k8s::Identity;
use crate::plan::Val;
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};

/// The names of the Secrets that may come with plain values in an environment.
#[derive(Clone, Copy)]
pub(super) struct PlainSecrets<'p>(pub &'p [Val<String>]);

/// Adds the objects of a document. A list (a kind that ends in `List`, with `items`) is not an
/// object of its own: its items are, as for kubectl.
pub(super) fn objects(tree: &Tree, objects: &mut Vec<Tree>, diagnostics: &mut Diagnostics) {
    document(tree.root(), objects, diagnostics);
}

fn document(root: NodeRef<'_>, objects: &mut Vec<Tree>, diagnostics: &mut Diagnostics) {
    let kind = root.get("kind").and_then(NodeRef::as_str);
    let items = root.get("items").filter(|items| items.kind() == Kind::List);
    if let (Some(true), Some(items)) = (kind.map(|kind| kind.ends_with("List")), items) {
        for item in items.items() {
            document(item, objects, diagnostics);
        }
        return;
    }
    match Identity::of(root) {
        Ok(_) => {
            let mut builder = TreeBuilder::default();
            builder.copy(root);
            objects.push(builder.finish());
        }
        Err(error) => {
            // A whole document says less than its first key.
            let inside = root.entries().next().unwrap_or(root);
            let at = if error.at == root.at() { inside.key_at() } else { error.at };
            if let Some(at) = at.span() {
                diagnostics.push(
                    Diagnostic::error(
                        Code::NotAnObject,
                        at,
                        format!("this is no Kubernetes object: it has {error}"),
                    )
                    .help("every object has `apiVersion`, `kind` and `metadata: { name: ... }`"),
                );
            }
        }
    }
}

/// Reports Secrets that hold values for all to read.
pub(super) fn refuse_secrets(
    objects: &[Tree],
    plain: PlainSecrets<'_>,
    diagnostics: &mut Diagnostics,
) {
    for object in objects {
        let Ok(identity) = Identity::of(object.root()) else { continue };
        if identity.group.is_empty() && identity.kind == "Secret" {
            refuse_values(&identity.name, object.root(), plain, diagnostics);
        }
    }
}

/// Reports the values of a Secret, or of a patch for one.
pub(super) fn refuse_values(
    name: &str,
    secret: NodeRef<'_>,
    plain: PlainSecrets<'_>,
    diagnostics: &mut Diagnostics,
) {
    if plain.0.iter().any(|allowed| allowed.v == name) {
        return;
    }
    for field in ["data", "stringData"] {
        let values = secret.get(field).filter(|values| !values.is_empty());
        if let Some(at) = values.and_then(|values| values.key_at().span()) {
            diagnostics.push(
                Diagnostic::error(
                    Code::PlainSecret,
                    at,
                    format!("the Secret `{name}` holds its values for all to read"),
                )
                .help(
                    "declare it under the stack's `secrets`, so that the environment's back-end \
                     keeps the values",
                )
                .help(format!(
                    "an environment for throw-away clusters may allow it: `secrets: {{ plain: [{name}] }}`"
                )),
            );
        }
    }
}
