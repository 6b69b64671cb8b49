//! Exact sets of numbers, as ranges.

/// A number of which ranges are made: a port or an address.
pub trait Point: Copy + Ord {
    /// The number before, unless this is the first.
    fn before(self) -> Option<Self>;
    /// The number behind, unless this is the last.
    fn behind(self) -> Option<Self>;
    /// The number in the middle of two, the lower one of two such numbers.
    fn middle(first: Self, last: Self) -> Self;
}

macro_rules! points {
    ($($number:ty),+) => {
        $(impl Point for $number {
            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn behind(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn middle(first: Self, last: Self) -> Self {
                first + last.saturating_sub(first) / 2
            }
        })+
    };
}

points!(u16, u32, u128);

/// A set of numbers. Equal sets are equal values: the ranges are sorted, and neither overlap nor
/// touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ranges<T>(Vec<(T, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Point> Ranges<T> {
    /// The numbers from `first` to `last`; none where `last` is less.
    pub fn of(first: T, last: T) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// First and last number of each range, in order.
    pub fn iter(&self) -> impl Iterator<Item = (T, T)> + '_ {
        self.0.iter().copied()
    }

    pub fn contains(&self, point: T) -> bool {
        self.covers(point, point)
    }

    /// The first range that does not end before a number.
    fn reaching(&self, point: T) -> Option<(T, T)> {
        let Self(ranges) = self;
        ranges.get(ranges.partition_point(|(_, last)| *last < point)).copied()
    }

    /// Whether all numbers from `first` to `last` are in the set.
    pub fn covers(&self, first: T, last: T) -> bool {
        self.reaching(first).is_some_and(|(from, to)| from <= first && last <= to)
    }

    /// Whether any number from `first` to `last` is in the set.
    pub fn meets(&self, first: T, last: T) -> bool {
        self.reaching(first).is_some_and(|(from, _)| from <= last)
    }

    pub fn union(&self, other: &Self) -> Self {
        Self::of_all(self.iter().chain(other.iter()))
    }

    /// The numbers of all ranges, which may stand in any order and overlap.
    pub fn of_all(ranges: impl Iterator<Item = (T, T)>) -> Self {
        let mut all: Vec<(T, T)> = ranges.collect();
        all.sort_unstable();
        let mut out: Vec<(T, T)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match out.last_mut() {
                Some((_, end)) if end.behind().is_none_or(|behind| first <= behind) => {
                    *end = last.max(*end);
                }
                _ => out.push((first, last)),
            }
        }
        Self(out)
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        while let (Some(&(a, b)), Some(&(c, d))) = (ours.peek(), theirs.peek()) {
            let (first, last) = (a.max(c), b.min(d));
            if first <= last {
                out.push((first, last));
            }
            if b < d {
                ours.next()
            } else {
                theirs.next()
            };
        }
        Self(out)
    }

    /// What is in this set and not in the other.
    pub fn difference(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        for (first, last) in self.iter() {
            let mut rest = Some(first);
            let reaching = other.0.partition_point(|(_, end)| *end < first);
            for (hole, end) in &other.0[reaching..] {
                let Some(from) = rest.filter(|from| *from <= last && *hole <= last) else { break };
                if let Some(before) = hole.before().filter(|before| from <= *before) {
                    out.push((from, before));
                }
                rest = end.behind();
            }
            if let Some(from) = rest.filter(|from| *from <= last) {
                out.push((from, last));
            }
        }
        Self(out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A set of the last numbers below 65,536, where the ends of the type are.
    fn set() -> impl Strategy<Value = (Ranges<u16>, BTreeSet<u16>)> {
        proptest::collection::vec((65_500..=u16::MAX, 0_u16..8), 0..5).prop_map(|pieces| {
            let mut ranges = Ranges::default();
            let mut points = BTreeSet::new();
            for (first, more) in pieces {
                let last = first.saturating_add(more);
                ranges = ranges.union(&Ranges::of(first, last));
                points.extend(first..=last);
            }
            (ranges, points)
        })
    }

    fn points(ranges: &Ranges<u16>) -> BTreeSet<u16> {
        ranges.iter().flat_map(|(first, last)| first..=last).collect()
    }

    proptest! {
        #[test]
        fn sets_of_ranges_are_sets_of_their_numbers((a, x) in set(), (b, y) in set()) {
            prop_assert_eq!(&points(&a), &x);
            prop_assert_eq!(points(&a.union(&b)), &x | &y);
            prop_assert_eq!(points(&a.intersection(&b)), &x & &y);
            prop_assert_eq!(points(&a.difference(&b)), &x - &y);
            prop_assert_eq!(a == b, x == y);
            for point in 65_490..=u16::MAX {
                prop_assert_eq!(a.contains(point), x.contains(&point));
            }
            let whole = a.intersection(&b).union(&a.difference(&b));
            prop_assert_eq!(whole, a);
        }
    }
}
