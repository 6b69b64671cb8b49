//! Showing objects that hold secrets without the secrets.

use std::collections::BTreeSet;

use crate::conceal::{HIDDEN, each_secret, has_secrets, shown_string};
use crate::k8s::Identity;
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};

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

const PLAIN: Words = Words { hidden: HIDDEN, changed: "(changed)" };
const SEALED: Words = Words { hidden: "(sealed)", changed: "(resealed)" };

/// Whether objects of that kind are there to hold secrets, in plain or sealed. Sealed ones say
/// nothing to anybody either, and look new each time.
pub(super) fn is_secret(identity: &Identity) -> bool {
    matches!(
        (identity.group.as_str(), identity.kind.as_str()),
        ("", "Secret") | ("bitnami.com", "SealedSecret")
    )
}

/// An object with its secrets hidden, `None` where it has none. Those that another version of it,
/// `old`, has otherwise or not at all are marked.
pub(super) fn conceal(root: NodeRef<'_>, old: Option<NodeRef<'_>>) -> Option<Tree> {
    if !has_secrets(root) {
        return None;
    }
    let mut secrets = BTreeSet::new();
    each_secret(root, &mut |secret| {
        secrets.insert(secret.index());
    });
    let is_sealed = root.get("kind").and_then(NodeRef::as_str) == Some("SealedSecret");
    let words = if is_sealed { SEALED } else { PLAIN };
    let mut out = TreeBuilder::default();
    Copy { secrets, words, out: &mut out }.node(root, old);
    Some(out.finish())
}

/// A copy of an object.
struct Copy<'o> {
    /// The values that are secrets, by their places in the tree.
    secrets: BTreeSet<u32>,
    words: Words,
    out: &'o mut TreeBuilder,
}

impl Copy<'_> {
    /// Copies a node; `old` is the one at the same place on the old side.
    fn node(&mut self, node: NodeRef<'_>, old: Option<NodeRef<'_>>) {
        match node.kind() {
            _ if self.secrets.contains(&node.index()) => {
                let is_other = old.is_some_and(|old| !old.same(node));
                let shown = if is_other { self.words.changed } else { self.words.hidden };
                self.out.scalar(Kind::Str, shown, node.at());
            }
            Kind::Map => {
                self.out.map(node.at());
                for entry in node.entries() {
                    let key = entry.key().unwrap_or_default();
                    self.out.key(key, entry.key_at());
                    self.node(entry, old.and_then(|old| old.get(key)));
                }
                self.out.close();
            }
            Kind::List => {
                self.out.list(node.at());
                for (place, item) in node.items().enumerate() {
                    self.node(item, old.and_then(|old| twin(old, item, place)));
                }
                self.out.close();
            }
            kind => {
                let shown = shown_string(node.text());
                self.out.styled_scalar(kind, node.style(), &shown, node.at());
            }
        }
    }
}

/// The item of an old list that an item was: the one of the same name, or else of the same place.
fn twin<'o>(old: NodeRef<'o>, item: NodeRef<'_>, place: usize) -> Option<NodeRef<'o>> {
    match item.get("name") {
        Some(name) => old.items().find(|old| old.get("name").is_some_and(|old| old.same(name))),
        None => old.items().nth(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::write_document;
    use crate::source::{Dialect, Sources, parse};

    fn shown(root: NodeRef<'_>, old: Option<NodeRef<'_>>) -> String {
        let mut text = String::new();
        write_document(conceal(root, old).as_ref().map_or(root, Tree::root), &mut text);
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
