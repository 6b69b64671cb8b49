//! Digests of trees.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

use crate::source::{Kind, NodeRef};

/// Collects content into a digest that depends on values and keys alone, not on origins.
#[derive(Default)]
pub(super) struct ContentDigest(Sha256);

impl ContentDigest {
    /// Adds a whole subtree.
    pub(super) fn add(&mut self, node: NodeRef<'_>) {
        let tag = match node.kind() {
            Kind::Null => b'0',
            Kind::Bool => b'b',
            Kind::Int => b'i',
            Kind::Float => b'f',
            Kind::Str => b's',
            Kind::List => b'l',
            Kind::Map => b'm',
        };
        self.0.update([tag]);
        match node.kind() {
            Kind::Map => {
                for entry in node.entries() {
                    self.text(entry.key().unwrap_or_default());
                    self.add(entry);
                }
                self.0.update([b'.']);
            }
            Kind::List => {
                node.items().for_each(|item| self.add(item));
                self.0.update([b'.']);
            }
            _ => self.text(node.text()),
        }
    }

    /// Adds a text, so that no two sequences of texts are alike.
    pub(super) fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    /// The first `length` hexadecimal digits.
    pub(super) fn hex(self, length: usize) -> String {
        let mut text = String::new();
        for byte in self.0.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(length);
        text
    }
}
