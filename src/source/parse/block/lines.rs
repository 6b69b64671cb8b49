//! Lines that were read before.
//!
//! Manifests say the same again and again: most lines of many of them, without their indentation,
//! stood there before. What such a line says is looked up here.

use crate::source::words::{bytes_before, lanes_that_are};
use crate::source::{Kind, Style, Symbol};

/// How many words of eight bytes the longest line has that is kept.
const WORDS: usize = 5;
/// How many sets of two lines there are: manifests of all kinds have some thousand lines.
const SET_BITS: u32 = 11;
/// In so few bytes, few lines come again.
const SHORT: usize = 16 << 10;

/// What a line says, from its first character that is no space to its end. Places are counted in
/// bytes from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Where an item starts, behind its dash; 0 where there is no dash.
    pub item: u8,
    /// The key, from there on.
    pub key: Option<LineKey>,
    pub value: Option<LineValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineKey {
    pub symbol: Symbol,
    pub end: u8,
    pub is_quoted: bool,
}

/// A scalar that stands in the line as it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineValue {
    pub kind: Kind,
    pub style: Style,
    pub start: u8,
    pub end: u8,
}

impl Line {
    pub const EMPTY: Self = Self { item: 0, key: None, value: None };
}

/// The text of a short line, which is followed by zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    words: [u64; WORDS],
    /// In bytes.
    pub length: usize,
}

impl Words {
    /// Those of the first line of a text that has no zeros; `None` of a long line, and close to
    /// the end of the text.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let mut words = [0; WORDS];
        let (all, _) = text.first_chunk::<{ WORDS * 8 }>()?.as_chunks();
        for (index, (kept, word)) in words.iter_mut().zip(all).enumerate() {
            let word = u64::from_le_bytes(*word);
            let ends = lanes_that_are(word, b'\n');
            if ends != 0 {
                let bytes = bytes_before(ends);
                *kept = word & ((1 << (bytes * 8)) - 1);
                return Some(Self { words, length: index * 8 + bytes });
            }
            *kept = word;
        }
        None
    }

    /// Whether they are those of the same line. To compare the arrays as such would be to wait
    /// until what was just put together is written to memory, to be read from there as a whole.
    #[inline]
    fn are(&self, others: &[u64; WORDS]) -> bool {
        self.words.iter().zip(others).fold(0, |bits, (word, other)| bits | (word ^ other)) == 0
    }

    /// The set in which the line is kept.
    #[inline]
    fn set(&self) -> usize {
        // Odd numbers of which nothing is known; the products do not wait for each other.
        const FACTORS: [u64; WORDS] = [
            0x9e37_79b9_7f4a_7c15,
            0xc2b2_ae3d_27d4_eb4f,
            0x1656_67b1_9e37_79f9,
            0xd6e8_feb8_6659_fd93,
            0xff51_afd7_ed55_8ccd,
        ];
        let products =
            self.words.iter().zip(FACTORS).map(|(word, factor)| word.wrapping_mul(factor));
        let mixed = products.fold(0, |mixed, product| mixed ^ product);
        ((mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[0]) >> (u64::BITS - SET_BITS)) as usize
    }
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    words: [u64; WORDS],
    line: Line,
}

/// Lines that were read before, of any file, as many as there is room for.
#[derive(Default)]
pub(super) struct Lines {
    /// Each line has two places in one of the sets.
    sets: Vec<[Kept; 2]>,
    /// How many bytes of text there were.
    seen: usize,
}

impl Lines {
    /// Prepares for a text of so many bytes. From the first few no line is kept.
    pub fn expect(&mut self, bytes: usize) {
        self.seen = self.seen.saturating_add(bytes);
        if self.sets.is_empty() && self.seen > SHORT {
            // No line consists of zeros.
            self.sets = vec![[Kept { words: [0; WORDS], line: Line::EMPTY }; 2]; 1 << SET_BITS];
        }
    }

    /// Those of the first line of a text, as [`Words::of`] has them; `None` also where no line is
    /// kept.
    #[inline]
    pub fn words(&self, text: &[u8]) -> Option<Words> {
        if self.sets.is_empty() { None } else { Words::of(text) }
    }

    /// What a line says, if that is known.
    #[inline]
    pub fn find(&self, words: &Words) -> Option<Line> {
        let set = self.sets.get(words.set())?;
        set.iter().find(|kept| words.are(&kept.words)).map(|kept| kept.line)
    }

    /// Keeps what a line says, in the place of the one that was kept before the last.
    pub fn keep(&mut self, words: &Words, line: Line) {
        if let Some(set) = self.sets.get_mut(words.set()) {
            *set = [Kept { words: words.words, line }, set[0]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Words> {
        // Whoever reads a line may look at what follows it.
        Words::of(format!("{text}\n{}", "x".repeat(WORDS * 8)).as_bytes())
    }

    #[test]
    fn lines_that_differ_have_different_words() {
        let text = "0123456789012345678901234567890123456789";
        for length in 0..text.len() {
            let line = words(&text[..length]);
            assert_eq!(line.map(|line| line.length), Some(length));
            assert!((0..length).all(|shorter| words(&text[..shorter]) != line));
        }
        assert_eq!(words(text), None);
        assert_eq!(Words::of(b"short\n"), None);
    }

    #[test]
    fn a_line_is_kept_until_two_others_take_its_place() {
        let line = |item| Line { item, ..Line::EMPTY };
        let mut lines = Lines::default();
        let all: Vec<Words> = (0..9000).filter_map(|n| words(&format!("name: {n}"))).collect();
        lines.keep(&all[0], line(1));
        assert_eq!(lines.find(&all[0]), None);
        lines.expect(SHORT + 1);
        let mut sets = vec![Vec::new(); lines.sets.len()];
        for words in &all {
            sets[words.set()].push(*words);
        }
        let most = sets.iter().map(Vec::len).max();
        assert!(most < Some(24), "lines spread over the sets: {most:?}");
        let full = sets.iter().find_map(|set| set.first_chunk::<3>());
        let Some(&[first, second, third]) = full else { panic!("{most:?}") };
        for (item, words) in (1..).zip([first, second, third]) {
            assert_eq!(lines.find(&words), None);
            lines.keep(&words, line(item));
            assert_eq!(lines.find(&words), Some(line(item)));
        }
        assert_eq!(
            [first, second, third].map(|words| lines.find(&words)),
            [None, Some(line(2)), Some(line(3))]
        );
    }
}
