//! Showing objects that hold secrets without the secrets.

use crate::k8s::Identity;
use crate::source::{Kind, NodeRef, Step, Tree, TreeBuilder};

/// What is shown of a text that may hold secrets, and is no object by itself.
pub(super) const UNREADABLE: &str = "(not shown: not a single object, and it may hold secrets)\n";

/// The same, of the other side of a comparison, where that holds something else.
pub(super) const UNREADABLE_TOO: &str =
    "(not shown: not a single object, and it may hold secrets; it changed)\n";

/// What is shown of the values of an object.
#[derive(Clone, Copy)]
struct Words {
    /// Of every value.
    hidden: &'static str,
    /// Of a value that is another one on the old side.
    changed: &'static str,
}

const PLAIN: Words = Words { hidden: "(hidden)", changed: "(changed)" };
const SEALED: Words = Words { hidden: "(sealed)", changed: "(resealed)" };

/// The annotation in which kubectl keeps a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether objects of that kind are there to hold secrets, in plain or sealed. Sealed ones say
/// nothing to anybody either, and look new each time.
pub(super) fn is_secret(identity: &Identity) -> bool {
    matches!(
        (identity.group.as_str(), identity.kind.as_str()),
        ("", "Secret") | ("bitnami.com", "SealedSecret")
    )
}

/// Whether a text that cannot be read may be a secret.
pub(super) fn is_suspect(text: &str) -> bool {
    text.to_lowercase().contains("secret")
}

/// An object with its secrets hidden. Those that another version of it, `old`, has otherwise or
/// not at all are marked.
pub(super) fn conceal(root: NodeRef<'_>, old: Option<NodeRef<'_>>) -> Tree {
    let is_sealed = root.get("kind").and_then(NodeRef::as_str) == Some("SealedSecret");
    let words = if is_sealed { SEALED } else { PLAIN };
    let mut out = TreeBuilder::default();
    copy(root, old, words, &mut Vec::new(), &mut out);
    out.finish()
}

/// Copies a node; `old` is the one at the same place on the old side.
fn copy<'t>(
    node: NodeRef<'t>,
    old: Option<NodeRef<'_>>,
    words: Words,
    path: &mut Vec<Step<'t>>,
    out: &mut TreeBuilder,
) {
    let holds_values = holds_values(path);
    match node.kind() {
        Kind::Map => {
            out.map(node.at());
            for entry in node.entries() {
                let key = entry.key().unwrap_or_default();
                let old = old.and_then(|old| old.get(key));
                out.key(key, entry.key_at());
                path.push(Step::Key(key));
                if holds_values || is_value(path) {
                    hide(entry, old, words, out);
                } else {
                    copy(entry, old, words, path, out);
                }
                path.pop();
            }
            out.close();
        }
        _ if holds_values => hide(node, old, words, out),
        // No list holds a secret outside of the places above.
        _ => out.copy(node),
    }
}

fn hide(node: NodeRef<'_>, old: Option<NodeRef<'_>>, words: Words, out: &mut TreeBuilder) {
    let shown = match old {
        Some(old) if !old.same(node) => words.changed,
        _ => words.hidden,
    };
    out.scalar(Kind::Str, shown, node.at());
}

/// Whether every value of the map at a path is a secret.
fn holds_values(path: &[Step<'_>]) -> bool {
    use Step::Key;
    matches!(
        path,
        [Key("data" | "stringData")]
            | [Key("spec"), Key("encryptedData" | "data")]
            | [Key("spec"), Key("template"), Key("data")]
    )
}

/// Whether the value at a path is a secret by itself.
fn is_value(path: &[Step<'_>]) -> bool {
    matches!(path, [.., Step::Key("annotations"), Step::Key(LAST_APPLIED)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::write_document;
    use crate::source::{Dialect, Sources, parse};

    fn shown(root: NodeRef<'_>, old: Option<NodeRef<'_>>) -> String {
        let mut text = String::new();
        write_document(conceal(root, old).root(), &mut text);
        text
    }

    fn tree(text: &str) -> Tree {
        let sources = Sources::default();
        let file = sources.add("test.yaml", text);
        let (mut trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        trees.remove(0)
    }

    #[test]
    fn only_the_names_of_keys_show() {
        let old = tree(
            "kind: SealedSecret\n\
             spec:\n\
             \x20 encryptedData: { gone: AgA1, kept: AgA2, resealed: AgA3 }\n\
             \x20 template: { type: Opaque, data: { url: 'postgres://u:p@h' } }\n",
        );
        let new = tree(
            "kind: SealedSecret\n\
             spec:\n\
             \x20 encryptedData: { added: AgA4, kept: AgA2, resealed: AgA5 }\n\
             \x20 template: { type: Opaque, data: { url: 'postgres://u:p@h' } }\n",
        );
        assert_eq!(
            (shown(old.root(), None), shown(new.root(), Some(old.root()))),
            (
                "kind: SealedSecret\n\
                 spec:\n\
                 \x20 encryptedData:\n\
                 \x20   gone: (sealed)\n\
                 \x20   kept: (sealed)\n\
                 \x20   resealed: (sealed)\n\
                 \x20 template:\n\
                 \x20   type: Opaque\n\
                 \x20   data:\n\
                 \x20     url: (sealed)\n"
                    .to_owned(),
                "kind: SealedSecret\n\
                 spec:\n\
                 \x20 encryptedData:\n\
                 \x20   added: (sealed)\n\
                 \x20   kept: (sealed)\n\
                 \x20   resealed: (resealed)\n\
                 \x20 template:\n\
                 \x20   type: Opaque\n\
                 \x20   data:\n\
                 \x20     url: (sealed)\n"
                    .to_owned(),
            )
        );
    }

    #[test]
    fn wrong_shapes_hide_as_well() {
        let secret = tree(
            "kind: Secret\n\
             metadata:\n\
             \x20 annotations:\n\
             \x20   kubectl.kubernetes.io/last-applied-configuration: '{\"data\": \"c2VjcmV0\"}'\n\
             data: [hunter2]\n\
             stringData:\n\
             \x20 deep: { deeper: [hunter2] }\n",
        );
        assert_eq!(
            shown(secret.root(), None),
            "kind: Secret\n\
             metadata:\n\
             \x20 annotations:\n\
             \x20   kubectl.kubernetes.io/last-applied-configuration: (hidden)\n\
             data: (hidden)\n\
             stringData:\n\
             \x20 deep: (hidden)\n"
        );
    }
}
