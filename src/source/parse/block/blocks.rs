//! Blocks that were read before.
//!
//! Where a file has many manifests, whole blocks of them say the same: probes, security contexts,
//! resources. What such a block says is looked up here by its key, its column and its text.

use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Weak};

use crate::source::tree::Subtree;
use crate::source::{Source, Symbol, words};

/// How many sets of two blocks there are.
const SET_BITS: u32 = 11;
/// By how many bytes from its start on a block is looked up.
const BYTES: usize = 64;
/// In files below so many bytes, few blocks come again. For tests only the empty one is.
const SHORT: usize = if cfg!(test) { 1 } else { 64 << 10 };

/// By what a block is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Print(u64);

/// A block that was read.
#[derive(Clone)]
pub(super) struct Block {
    print: Print,
    /// Where it stands in the file, to the end of its last line.
    start: u32,
    end: u32,
    pub column: usize,
    /// How many maps and lists it lies in: where there are more it might be too deep.
    pub depth: usize,
    /// What it says, once it stood there twice.
    pub says: Option<Subtree>,
}

impl Block {
    /// A block that starts there.
    pub fn new(print: Print, start: u32, column: usize, depth: usize) -> Self {
        Self { print, start, end: start, column, depth, says: None }
    }

    fn text<'t>(&self, file: &'t str) -> &'t [u8] {
        &file.as_bytes()[self.start as usize..self.end as usize]
    }

    /// Where a text ends in a file that it starts with the lines of the block.
    pub fn end_in(&self, file: &str, text: Range<usize>) -> Option<usize> {
        let own = self.text(file);
        let end = text.start + own.len();
        file.as_bytes()[text].starts_with(own).then_some(end)
    }
}

/// Blocks of one file that were read before, as many as there is room for.
#[derive(Default)]
pub(super) struct Blocks {
    file: Weak<Source>,
    /// Each block has two places in one of the sets. Empty for a short file.
    sets: Vec<[Option<Block>; 2]>,
}

impl Blocks {
    /// Prepares for a file, and forgets all others.
    pub fn prepare(&mut self, file: &Arc<Source>) {
        if !ptr::eq(self.file.as_ptr(), Arc::as_ptr(file)) {
            let sets = if file.text.len() < SHORT { 0 } else { 1 << SET_BITS };
            *self = Self { file: Arc::downgrade(file), sets: vec![[const { None }; 2]; sets] };
        }
    }

    /// That of the block at the start of a text, in a column below a key; `None` where no block is
    /// kept.
    #[inline]
    pub fn print(&self, key: Symbol, column: usize, text: &[u8]) -> Option<Print> {
        if self.sets.is_empty() {
            return None;
        }
        let (of_start, _) = text.first_chunk::<BYTES>()?.as_chunks();
        let place = u64::from(key.number()) << 32 | column as u64;
        Some(Print(words::print(place, of_start.iter())))
    }

    /// The block that was read before and may be the same.
    #[inline]
    pub fn find(&self, print: Print) -> Option<&Block> {
        self.sets.get(print.set())?.iter().flatten().find(|block| block.print == print)
    }

    /// Those of which it is known what they say.
    #[cfg(test)]
    pub fn known(&self) -> impl Iterator<Item = &Block> {
        self.sets.iter().flatten().flatten().filter(|block| block.says.is_some())
    }

    /// Keeps a block that ends there, in the place of the one that was kept before the last.
    /// What it `says` is asked when it is read for the second time.
    pub fn keep(
        &mut self,
        file: &str,
        mut block: Block,
        end: u32,
        says: impl FnOnce() -> Option<Subtree>,
    ) {
        block.end = end;
        // Without a line end the same might be the start of a longer line.
        let is_whole = block.text(file).ends_with(b"\n");
        let Some(set) = self.sets.get_mut(block.print.set()).filter(|_| is_whole) else { return };
        let known = set.iter_mut().flatten().find(|known| known.print == block.print);
        match known {
            Some(known) if known.says.is_some() && known.text(file) == block.text(file) => {}
            Some(known) => {
                let is_again = known.column == block.column && known.text(file) == block.text(file);
                block.says = if is_again { says() } else { None };
                *known = block;
            }
            None => {
                let [first, _] = set;
                *set = [Some(block), first.take()];
            }
        }
    }
}

impl Print {
    fn set(self) -> usize {
        (self.0 >> (u64::BITS - SET_BITS)) as usize
    }
}
