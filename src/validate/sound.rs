//! Parts of manifests that were found sound before.
//!
//! Where a file has many manifests, whole parts of them say the same: probes, security contexts,
//! volumes. What has the same text in the same column is the same, and as long as nothing was
//! found in it, it needs no second look.

use std::cell::Cell;
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Weak};

use super::Author;
use crate::k8s::schema::Type;
use crate::source::{NodeRef, Source, words};

/// How many sets of two parts there are.
const SET_BITS: u32 = 10;
/// In files below so many bytes, few parts come again. For tests only the empty one is.
const SHORT: usize = if cfg!(test) { 1 } else { 64 << 10 };
/// By how many words of eight bytes a part is looked up, at its start and at its end.
const WORDS: usize = 4;

thread_local! {
    static SOUND: Cell<Sound> = Cell::default();
}

/// A map or a list of a file, as a value of a type, or as what the rules of a kind look at: then
/// the type is that of the kind.
#[derive(Clone, Copy)]
pub(super) struct Part {
    print: u64,
    of: Type,
    start: u32,
    end: u32,
    column: u32,
}

/// Parts of one file in which nothing was found, as many as there is room for.
#[derive(Default)]
pub(super) struct Sound {
    file: Weak<Source>,
    author: Option<Author>,
    /// Each part has two places in one of the sets. Empty where none is kept.
    sets: Vec<[Option<Part>; 2]>,
}

impl Sound {
    /// What is known of the file of an object, as far as it comes from that author.
    pub fn of(root: NodeRef<'_>, author: Author) -> Self {
        let Some((file, _)) = root.written() else { return Self::default() };
        let known = SOUND.take();
        if ptr::eq(known.file.as_ptr(), Arc::as_ptr(file)) && known.author == Some(author) {
            return known;
        }
        let sets = if file.text.len() < SHORT { 0 } else { 1 << SET_BITS };
        Self { file: Arc::downgrade(file), author: Some(author), sets: vec![[None; 2]; sets] }
    }

    /// Leaves what is known to the next object.
    pub fn leave(self) {
        if self.author.is_some() {
            SOUND.set(self);
        }
    }

    /// The part that a map or a list is, if it stands in the file elsewhere, too.
    #[inline]
    pub fn part(&self, node: NodeRef<'_>, of: Type) -> Option<Part> {
        if node.is_again() { self.known_part(node, of) } else { None }
    }

    fn known_part(&self, node: NodeRef<'_>, of: Type) -> Option<Part> {
        if self.sets.is_empty() {
            return None;
        }
        let (file, Range { start, end }) = node.written()?;
        let print = print(of, &file.text.as_bytes()[start as usize..end as usize])?;
        let column = start - u32::try_from(file.line_start(start as usize)).ok()?;
        Some(Part { print, of, start, end, column })
    }

    /// Whether nothing was found in the same part elsewhere in the file of that node.
    pub fn has(&self, part: &Part, node: NodeRef<'_>) -> bool {
        let Some((file, _)) = node.written() else { return false };
        let text = |part: &Part| &file.text.as_bytes()[part.start as usize..part.end as usize];
        self.sets[part.set()].iter().flatten().any(|known| {
            known.print == part.print
                && known.of == part.of
                && known.column == part.column
                && text(known) == text(part)
        })
    }

    /// Keeps a part in which nothing was found, in the place of the one that was kept before the
    /// last.
    pub fn keep(&mut self, part: Part) {
        let set = &mut self.sets[part.set()];
        *set = [Some(part), set[0]];
    }
}

impl Part {
    fn set(&self) -> usize {
        (self.print >> (u64::BITS - SET_BITS)) as usize
    }
}

/// A number that parts seldom share; `None` for a very short one.
fn print(of: Type, text: &[u8]) -> Option<u64> {
    let last = u64::from_le_bytes(*text.last_chunk()?);
    let (all, _) = text.as_chunks();
    let (start, end) = all.split_at(all.len().min(WORDS));
    let end = &end[end.len().saturating_sub(WORDS)..];
    let seed = last ^ text.len() as u64 ^ u64::from(of.number()) << 48;
    Some(words::print(seed, start.iter().chain(end)))
}
