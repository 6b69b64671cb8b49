//! Keys as numbers, so that to look for one is to compare numbers.

#[rustfmt::skip]
mod names;

use names::NAMES;

/// A key of a map as a number: of the names of Kubernetes' fields each has its own, which tells it
/// from all other texts; of other texts most have different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol(u16);

/// Where a symbol is that of a text which is no name.
const HASHED: u16 = 1 << 15;
const PLACE_BITS: u32 = 11;
/// How many places each of the two tables has.
const PLACES: usize = 1 << PLACE_BITS;
/// Where no name stands.
const FREE: u16 = u16::MAX;

/// The numbers of all names. Each name has a place in either table, and stands in one of them, so
/// that a text is compared with two names at most. Names that do so are moved to their other place
/// by those that come later (cuckoo hashing).
///
/// A constant, and no static: the compiler then looks up the names in the program's own text.
const NUMBERS: &[[u16; PLACES]; 2] = &{
    let mut tables = [[FREE; PLACES]; 2];
    let mut name = 0;
    while name < NAMES.len() {
        #[expect(clippy::cast_possible_truncation, reason = "names have fewer than 15 bits")]
        let mut number = name as u16;
        let mut table = 0;
        let mut moves = 0;
        while number != FREE {
            assert!(moves < NAMES.len(), "the hash must tell the names apart");
            let place = places(Print::of(NAMES[number as usize]).hash())[table];
            let before = tables[table][place];
            tables[table][place] = number;
            number = before;
            table = 1 - table;
            moves += 1;
        }
        name += 1;
    }
    assert!(NAMES.len() < HASHED as usize);
    tables
};

/// What tells texts apart faster than to compare them does.
#[derive(Clone, Copy)]
struct Print {
    length: usize,
    /// The first eight bytes and the last eight. Of shorter texts they hold all bytes, too.
    first: u64,
    last: u64,
}

/// The longest text of which the print says all.
const PRINTED: usize = 16;

/// Those of all names.
const PRINTS: &[Print; NAMES.len()] = &{
    let mut prints = [Print::of(""); NAMES.len()];
    let mut name = 0;
    while name < NAMES.len() {
        prints[name] = Print::of(NAMES[name]);
        name += 1;
    }
    prints
};

impl Symbol {
    /// No key. No text has it.
    pub(crate) const NONE: Self = Self(u16::MAX);

    /// The symbol of a text.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "that of a constant is worked out when compiling")]
    #[must_use]
    pub fn of(text: &str) -> Self {
        let print = Print::of(text);
        let hash = print.hash();
        let [first, second] = places(hash);
        let [first, second] = [NUMBERS[0][first], NUMBERS[1][second]];
        if first != FREE && print.is_of(first as usize, text) {
            return Self(first);
        }
        if second != FREE && print.is_of(second as usize, text) {
            return Self(second);
        }
        #[expect(clippy::cast_possible_truncation, reason = "some bits of the hash")]
        let bits = hash as u16;
        // One bit is lost, so that none is `NONE`.
        Self(HASHED | (bits & !HASHED & !1))
    }

    /// Whether no other text has the symbol.
    #[inline]
    #[must_use]
    pub fn is_name(self) -> bool {
        self.0 & HASHED == 0
    }

    /// The text, if it is a name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// The symbol of the name with that number, in the order of the alphabet.
    pub(crate) const fn of_name(number: u16) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> u16 {
        self.0
    }
}

impl Print {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for `Symbol::of`")]
    const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let (first, last) = match length {
            8.. => (word(bytes, 0), word(bytes, length - 8)),
            4.. => (half_word(bytes, 0), half_word(bytes, length - 4)),
            1.. => {
                let [first, middle, last] = [bytes[0], bytes[length / 2], bytes[length - 1]];
                (u64::from_le_bytes([first, middle, last, 0, 0, 0, 0, 0]), 0)
            }
            0 => (0, 0),
        };
        Self { length, first, last }
    }

    /// A number that texts seldom share.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for `Symbol::of`")]
    const fn hash(self) -> u64 {
        let mixed = (self.first ^ (self.length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (mixed ^ (mixed >> 32) ^ self.last).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 29)
    }

    /// Whether the text of which it is the print is the name of that number.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for `Symbol::of`")]
    fn is_of(self, number: usize, text: &str) -> bool {
        let name = PRINTS[number];
        name.first == self.first
            && name.last == self.last
            && name.length == self.length
            && (self.length <= PRINTED || NAMES[number] == text)
    }
}

#[inline]
const fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.split_at(at).1.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => 0,
    }
}

#[inline]
const fn half_word(bytes: &[u8], at: usize) -> u64 {
    match bytes.split_at(at).1.first_chunk() {
        Some(half) => u32::from_le_bytes(*half) as u64,
        None => 0,
    }
}

/// Where a text with that hash may stand in each table.
#[inline(always)]
#[expect(clippy::inline_always, reason = "for `Symbol::of`")]
const fn places(hash: u64) -> [usize; 2] {
    [(hash >> (u64::BITS - PLACE_BITS)) as usize, (hash >> 16) as usize % PLACES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::is_text_to_all;

    #[test]
    fn every_name_has_its_number_and_no_other_text_has_one() {
        assert!(NAMES.is_sorted_by(|a, b| a < b));
        for (number, name) in NAMES.iter().enumerate() {
            let symbol = Symbol::of(name);
            assert_eq!(usize::from(symbol.number()), number, "{name}");
            assert_eq!(symbol.name(), Some(*name));
            assert!(symbol.is_name());
            assert!(!Symbol::of(&format!("{name}?")).is_name(), "{name}?");
        }
        assert!(!Symbol::of("").is_name());
        assert_eq!([Symbol::of("").name(), Symbol::NONE.name()], [None, None]);
    }

    #[test]
    fn names_are_text_to_every_reader() {
        for name in NAMES {
            assert!(is_text_to_all(name), "{name}");
        }
    }
}
