//! The name that was probably meant.

use std::borrow::Cow;

/// The length of the longest name that is compared with others, in bytes: that of Kubernetes' own.
const LONGEST: usize = 253;

/// With how many others a name is compared. Where there are more, programs have made them, and
/// they are near to each other.
pub const MOST_COMPARED: usize = 500;

/// How many letters names must share at least to begin alike.
const BEGINNING: usize = 4;

/// The name among `known` that is nearest to `name`, where one is near enough to be a slip, or
/// else the one that says more or less of the same (`health` of `healthcheck`). Of very many
/// names the first are looked at.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = Name::of(name);
    let limit = (name.length / 3).max(1);
    let mut best: Option<((bool, usize), &str)> = None;
    for candidate in known.into_iter().take(MOST_COMPARED).filter(|known| known.len() <= LONGEST) {
        let known = Name::of(candidate);
        // Only what is nearer than the best so far is of interest.
        let (most, may_begin) = match best {
            Some(((false, edits), _)) => (edits, false),
            _ => (limit + 1, true),
        };
        let begins = may_begin && name.begins_like(&known);
        if name.least_edits(&known) >= most && !begins {
            continue;
        }
        let edits = strsim::osa_distance(&name.lower, &known.lower);
        let rank = (edits > limit, edits);
        if (edits <= limit || begins) && best.is_none_or(|(best, _)| rank < best) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A name, and what tells most others from it at once.
struct Name<'n> {
    lower: Cow<'n, str>,
    /// How many characters it has.
    length: usize,
    /// Which characters it has, a bit for several.
    letters: u64,
}

impl<'n> Name<'n> {
    fn of(name: &'n str) -> Self {
        let is_lower = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let lower = if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) };
        let (mut length, mut letters) = (0, 0);
        for character in lower.chars() {
            length += 1;
            letters |= 1 << (u32::from(character) % u64::BITS);
        }
        Self { lower, length, letters }
    }

    /// How many edits lead from one to the other at least: one adds or takes one character, or
    /// puts one in the place of another.
    fn least_edits(&self, other: &Self) -> usize {
        let only = |of: u64, other: u64| (of & !other).count_ones() as usize;
        let (ours, theirs) = (only(self.letters, other.letters), only(other.letters, self.letters));
        self.length.abs_diff(other.length).max(ours).max(theirs)
    }

    /// Whether one is the start of the other.
    fn begins_like(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.lower.as_ref(), other.lower.as_ref());
        ours.len().min(theirs.len()) >= BEGINNING
            && (theirs.starts_with(ours) || ours.starts_with(theirs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same without any short cut.
    fn plain<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
        let name = name.to_lowercase();
        let limit = (name.chars().count() / 3).max(1);
        let ranked = known.iter().filter_map(|candidate| {
            let known = candidate.to_lowercase();
            let begins = name.len().min(known.len()) >= BEGINNING
                && (known.starts_with(&name) || name.starts_with(&known));
            let edits = strsim::osa_distance(&name, &known);
            (edits <= limit || begins).then_some(((edits > limit, edits), *candidate))
        });
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, candidate)| candidate)
    }

    proptest! {
        #[test]
        fn short_cuts_change_nothing(name in "[abAB\u{e9}\u{c9}]{0,9}", known in prop::collection::vec("[abcAB\u{e9}]{0,12}", 0..9)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            prop_assert_eq!(nearest(&name, known.iter().copied()), plain(&name, &known));
        }
    }

    #[test]
    fn very_long_and_very_many_names_are_left_alone() {
        let long = "a".repeat(LONGEST);
        assert_eq!(nearest(&long, [long.as_str()]), Some(long.as_str()));
        let longer = format!("{long}a");
        assert_eq!(nearest(&longer, [long.as_str()]), None);
        assert_eq!(nearest(&long, [longer.as_str()]), None);
        let many = std::iter::repeat_n("other", MOST_COMPARED).chain(["name"]);
        assert_eq!(nearest("name", many.clone().skip(1)), Some("name"));
        assert_eq!(nearest("name", many), None);
    }
}
