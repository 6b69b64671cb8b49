//! The values that an `enum` of a schema lists.

use std::mem::{Discriminant, discriminant};
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use crate::source::{Kind, NodeRef, Tree};

/// The values that an `enum` lists.
#[derive(Debug, Default)]
pub struct Values {
    all: Vec<Tree>,
    /// Those that are scalars, once somebody has asked for one.
    scalars: OnceLock<IndexSet<Scalar, RandomState>>,
}

/// A scalar as the server compares it.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Scalar {
    /// By the bits of what it amounts to, however it is written.
    Number(u64),
    Other(Discriminant<Kind>, String),
}

impl Scalar {
    fn of(node: NodeRef<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Map | Kind::List => None,
            // Added to 0, the two zeros are one.
            Kind::Int | Kind::Float => Some(Self::Number((number_of(node)? + 0.0).to_bits())),
            kind => Some(Self::Other(discriminant(&kind), node.text().to_owned())),
        }
    }
}

impl Values {
    pub fn new(all: Vec<Tree>) -> Self {
        Self { all, scalars: OnceLock::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The texts of all, for a message.
    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.all.iter().map(|value| value.root().text())
    }

    /// Whether a value is one of them.
    pub fn have(&self, node: NodeRef<'_>) -> bool {
        let all = || self.all.iter().map(Tree::root);
        match Scalar::of(node) {
            Some(scalar) => {
                let scalars = || all().filter_map(Scalar::of).collect();
                self.scalars.get_or_init(scalars).contains(&scalar)
            }
            None => all().any(|value| value.same(node)),
        }
    }
}

/// What a number amounts to.
pub fn number_of(node: NodeRef<'_>) -> Option<f64> {
    node.text().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::tree;

    #[test]
    fn numbers_are_compared_by_what_they_amount_to() {
        let listed = [json!(1), json!("2"), json!(true), json!({ "a": [1] }), json!(null)];
        let values = Values::new(listed.iter().map(tree).collect());
        let has = |value| values.have(tree(&value).root());
        assert!(listed.iter().all(|value| has(value.clone())));
        assert!(has(json!(1.0)));
        let others = [json!("1"), json!(2), json!("true"), json!(false), json!({ "a": [2] })];
        assert!(!others.into_iter().any(has));
    }
}
