//! Two versions of an object as YAML in which only what differs in meaning differs.

use super::meaning;
use super::object::{Object, written};
use super::pairing::{self, Pair, is_default, is_nothing};
use crate::emit::write_document;
use crate::k8s::Version;
use crate::k8s::schema::Type;
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};
use crate::validate::pods;

/// The YAML of an object, without what the API server fills in.
#[must_use]
pub fn alone(object: &Object) -> String {
    text(&object.manifest())
}

/// The YAML of both versions of an object. What means the same is written in both as in the new
/// version, and where order means nothing both have the order of the new one. What the server
/// fills in is not written.
#[must_use]
pub fn beside(old: &Object, new: &Object, version: Version) -> (String, String) {
    let of = new.type_in(version).or_else(|| old.type_in(version));
    let template = pods::pod_template(new.root());
    let side = |side| {
        let mut out = TreeBuilder::default();
        Writer { side, template, out: &mut out }.both(old.root(), new.root(), of, false);
        text(&out.finish())
    };
    (side(Which::Old), side(Which::New))
}

fn text(tree: &Tree) -> String {
    let mut text = String::new();
    write_document(tree.root(), &mut text);
    text
}

/// Which version is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Old,
    New,
}

struct Writer<'t, 'o> {
    side: Which,
    template: Option<NodeRef<'t>>,
    out: &'o mut TreeBuilder,
}

impl<'t> Writer<'t, '_> {
    /// Writes what both versions have.
    fn both(&mut self, old: NodeRef<'t>, new: NodeRef<'t>, of: Option<Type>, in_pod: bool) {
        // Most of an object is the same, of which no pairs need be made.
        if old.same(new) {
            return written(new, self.out);
        }
        let in_pod = in_pod || self.template.is_some_and(|template| template.is(new));
        let own = match self.side {
            Which::Old => old,
            Which::New => new,
        };
        match (old.kind(), new.kind()) {
            (Kind::Map, Kind::Map) => {
                self.out.map(own.at());
                for pair in pairing::entries(old, new, of).all {
                    if let Some(value) = self.chosen(&pair) {
                        self.out.key(value.key().unwrap_or_default(), value.key_at());
                        self.pair(&pair, value, in_pod);
                    }
                }
                self.out.close();
            }
            (Kind::List, Kind::List) => {
                let mut pairs = pairing::items(old, new, of);
                if pairs.reordered && in_pod && self.side == Which::Old {
                    let place = |pair: &Pair<'_>| pair.old.map(NodeRef::index);
                    pairs.all.sort_by_key(place);
                }
                self.out.list(own.at());
                for pair in pairs.all {
                    if let Some(value) = self.chosen(&pair) {
                        self.pair(&pair, value, in_pod);
                    }
                }
                self.out.close();
            }
            _ if meaning::equal(old, new, of) => written(new, self.out),
            _ => written(own, self.out),
        }
    }

    /// The value of a pair that stands for this version, if it is written here.
    fn chosen(&self, pair: &Pair<'t>) -> Option<NodeRef<'t>> {
        let of_side = match self.side {
            Which::Old => pair.old,
            Which::New => pair.new,
        };
        match (pair.old, pair.new) {
            (Some(old), Some(new)) if old.same(new) || meaning::equal(old, new, pair.of) => {
                (!is_default(new)).then_some(new)
            }
            (Some(_), Some(_)) => of_side.filter(|value| !is_default(*value)),
            _ => of_side.filter(|value| !is_nothing(*value, pair.of)),
        }
    }

    fn pair(&mut self, pair: &Pair<'t>, chosen: NodeRef<'t>, in_pod: bool) {
        match (pair.old, pair.new) {
            (Some(old), Some(new)) => self.both(old, new, pair.of, in_pod),
            _ => written(chosen, self.out),
        }
    }
}
