//! Parts of manifests that were found sound before.
//!
//! Where a file has many manifests, whole parts of them say the same: probes, security contexts,
//! volumes. What has the same text in the same column is the same, and as long as nothing was
//! found in it, it needs no second look.

use std::cell::RefCell;
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Weak};

use super::Author;
use crate::k8s::schema::Type;
use crate::source::{NodeRef, Source, words};

/// How many sets of two parts there are.
const SET_BITS: u32 = 10;
/// By how many words of eight bytes a part is looked up, at its start and at its end.
const WORDS: usize = 4;

thread_local! {
    static SOUND: RefCell<Sound> = RefCell::default();
}

/// Runs a check that looks at a node and at what that is said to be `of`, and at nothing else, and
/// that says whether it found nothing. Where the same stands in the file elsewhere and nothing was
/// found in it, there is nothing to run.
pub(super) fn once(node: NodeRef<'_>, of: Type, author: Author, check: impl FnOnce() -> bool) {
    let part = if node.is_again() { Part::new(node, of) } else { None };
    let Some((file, part)) = part else {
        check();
        return;
    };
    let is_known = SOUND.with_borrow_mut(|sound| sound.of(file, author).has(&part, file));
    if !is_known && check() {
        SOUND.with_borrow_mut(|sound| sound.of(file, author).keep(part));
    }
}

/// Parts of one file, by one author, in which nothing was found, as many as there is room for.
#[derive(Default)]
struct Sound {
    file: Weak<Source>,
    author: Option<Author>,
    /// Each part has two places in one of the sets.
    sets: Vec<[Option<Part>; 2]>,
}

/// A map or a list of a file, as a value of a type, or as what the rules of a kind look at: then
/// the type is that of the kind.
#[derive(Clone, Copy)]
struct Part {
    print: u64,
    of: Type,
    start: u32,
    end: u32,
    column: u32,
}

impl Sound {
    /// What is known of a file, as far as it comes from that author; all else is forgotten.
    fn of(&mut self, file: &Arc<Source>, author: Author) -> &mut Self {
        if !ptr::eq(self.file.as_ptr(), Arc::as_ptr(file)) || self.author != Some(author) {
            let (file, author) = (Arc::downgrade(file), Some(author));
            *self = Self { file, author, sets: vec![[None; 2]; 1 << SET_BITS] };
        }
        self
    }

    /// Whether nothing was found in the same part elsewhere in the file.
    fn has(&self, part: &Part, file: &Source) -> bool {
        self.sets[part.set()].iter().flatten().any(|known| {
            known.print == part.print
                && known.of == part.of
                && known.column == part.column
                && known.text(file) == part.text(file)
        })
    }

    /// Keeps a part in which nothing was found, in the place of the one that was kept before the
    /// last.
    fn keep(&mut self, part: Part) {
        let set = &mut self.sets[part.set()];
        *set = [Some(part), set[0]];
    }
}

impl Part {
    /// The part that a node is, and its file; `None` for a very short one.
    fn new(node: NodeRef<'_>, of: Type) -> Option<(&Arc<Source>, Self)> {
        let (file, Range { start, end }) = node.written()?;
        let column = start - u32::try_from(file.line_start(start as usize)).ok()?;
        let mut part = Self { print: 0, of, start, end, column };
        part.print = print(of, part.text(file))?;
        Some((file, part))
    }

    fn text<'f>(&self, file: &'f Source) -> &'f [u8] {
        &file.text.as_bytes()[self.start as usize..self.end as usize]
    }

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
