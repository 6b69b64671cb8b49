//! Sets of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ranges::{Point, Ranges};
use crate::k8s::Cidr;

/// An exact set of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addresses {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl Addresses {
    /// Every address of both versions.
    #[must_use]
    pub fn all() -> Self {
        Self { v4: Ranges::of(0, u32::MAX), v6: Ranges::of(0, u128::MAX) }
    }

    /// The addresses of a block.
    pub(super) fn of(block: Cidr) -> Self {
        let mut all = Self::default();
        match (block.first(), block.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                all.v4 = Ranges::of(first.to_bits(), last.to_bits());
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                all.v6 = Ranges::of(first.to_bits(), last.to_bits());
            }
            _ => {}
        }
        all
    }

    /// Whether there is none in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// How many ranges it has.
    pub(super) fn size(&self) -> usize {
        self.v4.iter().count() + self.v6.iter().count()
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// What is in one or the other.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// What is in any of some sets.
    pub(super) fn of_all<'s>(sets: impl Iterator<Item = &'s Self> + Clone) -> Self {
        let v4 = Ranges::of_all(sets.clone().flat_map(|set| set.v4.iter()));
        Self { v4, v6: Ranges::of_all(sets.flat_map(|set| set.v6.iter())) }
    }

    /// What is in both.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// What is in this one and not in the other.
    pub(super) fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// The set as blocks with others left out of them, as few as possible.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let v4 = |bits| IpAddr::V4(Ipv4Addr::from_bits(bits));
        let v6 = |bits| IpAddr::V6(Ipv6Addr::from_bits(bits));
        Trie::of(&self.v4, 0, u32::MAX).write(&Prefix::of(0, u32::MAX, v4), None, &mut blocks);
        Trie::of(&self.v6, 0, u128::MAX).write(&Prefix::of(0, u128::MAX, v6), None, &mut blocks);
        blocks
    }
}

/// `any address`, or its blocks.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("any address");
        }
        for (index, block) in self.blocks().iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " and " })?;
            block.fmt(f)?;
        }
        Ok(())
    }
}

/// A block of addresses with holes in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The block.
    pub cidr: Cidr,
    /// What is left out of it.
    pub except: Vec<Cidr>,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cidr.fmt(f)?;
        for (index, hole) in self.except.iter().enumerate() {
            f.write_str(if index == 0 { " except " } else { ", " })?;
            hole.fmt(f)?;
        }
        Ok(())
    }
}

/// A set of addresses by the bits of their prefixes.
enum Trie {
    /// All addresses below are in the set, or none is.
    Same(bool),
    /// The two halves, and what can be said of most below: that they are out, or in.
    Split(Box<[Trie; 2]>, [bool; 2]),
}

impl Trie {
    fn of<T: Point>(set: &Ranges<T>, first: T, last: T) -> Self {
        if set.covers(first, last) {
            return Self::Same(true);
        }
        let middle = T::middle(first, last);
        let Some(behind) = middle.behind().filter(|_| set.meets(first, last)) else {
            return Self::Same(false);
        };
        let halves = [Self::of(set, first, middle), Self::of(set, behind, last)];
        let [[a_out, a_in], [b_out, b_in]] = [halves[0].can_be(), halves[1].can_be()];
        let can_be = match [a_out && b_out, a_in && b_in] {
            [false, false] => [a_out || b_out, a_in || b_in],
            both => both,
        };
        Self::Split(Box::new(halves), can_be)
    }

    /// What to say of this prefix, out or in, so that the fewest longer prefixes need say
    /// otherwise (Draves et al., "Constructing Optimal IP Routing Tables", 1999).
    fn can_be(&self) -> [bool; 2] {
        match self {
            Self::Same(is_in) => [!is_in, *is_in],
            Self::Split(_, can_be) => *can_be,
        }
    }

    /// Writes the blocks below a prefix; `within` is the block that it would belong to.
    fn write<T: Point>(&self, prefix: &Prefix<T>, within: Option<usize>, blocks: &mut Vec<Block>) {
        let mut within = within;
        if !self.can_be()[usize::from(within.is_some())] {
            let cidr = prefix.cidr();
            if let Some(index) = within.take() {
                blocks[index].except.push(cidr);
            } else {
                within = Some(blocks.len());
                blocks.push(Block { cidr, except: Vec::new() });
            }
        }
        if let Self::Split(halves, _) = self {
            for (half, prefix) in halves.iter().zip(prefix.halves()) {
                half.write(&prefix, within, blocks);
            }
        }
    }
}

/// The addresses that share their first bits.
struct Prefix<T> {
    first: T,
    last: T,
    length: u8,
    address: fn(T) -> IpAddr,
}

impl<T: Point> Prefix<T> {
    fn of(first: T, last: T, address: fn(T) -> IpAddr) -> Self {
        Self { first, last, length: 0, address }
    }

    fn cidr(&self) -> Cidr {
        Cidr::new((self.address)(self.first), self.length)
    }

    fn halves(&self) -> impl Iterator<Item = Self> + use<T> {
        let middle = T::middle(self.first, self.last);
        let second = middle.behind().map(|behind| (behind, self.last));
        let (length, address) = (self.length + 1, self.address);
        [Some((self.first, middle)), second].into_iter().flatten().map(move |(first, last)| Self {
            first,
            last,
            length,
            address,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(blocks: &[&str], holes: &[&str]) -> Addresses {
        let all = |texts: &[&str]| {
            let blocks = texts.iter().filter_map(|text| text.parse().ok());
            blocks.map(Addresses::of).fold(Addresses::default(), |all, one| all.union(&one))
        };
        all(blocks).difference(&all(holes))
    }

    #[test]
    fn sets_are_shown_as_few_blocks() {
        for (blocks, holes, shown) in [
            (&[][..], &[][..], ""),
            (&["0.0.0.0/0", "::/0"], &[], "any address"),
            (&["0.0.0.0/0"], &[], "0.0.0.0/0"),
            (&["10.0.0.0/9", "10.128.0.0/9"], &[], "10.0.0.0/8"),
            (&["192.0.2.7/32"], &[], "192.0.2.7/32"),
            (
                &["0.0.0.0/0"],
                &["10.0.0.0/8", "192.168.0.0/16"],
                "0.0.0.0/0 except 10.0.0.0/8, 192.168.0.0/16",
            ),
            (&["::/0"], &["fd00::/8"], "::/0 except fd00::/8"),
            (&["10.0.0.0/8", "fd00::/8"], &[], "10.0.0.0/8 and fd00::/8"),
        ] {
            assert_eq!(set(blocks, holes).to_string(), shown);
        }
        let hole = set(&["0.0.0.0/0"], &["10.244.0.0/16", "10.245.0.0/16"]);
        assert_eq!(
            hole.union(&set(&["10.245.0.1/32"], &[])).to_string(),
            "0.0.0.0/0 except 10.244.0.0/15 and 10.245.0.1/32"
        );
    }

    proptest! {
        #[test]
        fn the_blocks_hold_the_set(
            blocks in proptest::collection::vec((any::<u32>(), 0_u8..=32, any::<bool>()), 0..6),
            six in proptest::collection::vec((any::<u128>(), 0_u8..=128, any::<bool>()), 0..4),
        ) {
            let v4 = blocks.into_iter().map(|(a, n, is_in)| (IpAddr::V4(a.into()), n, is_in));
            let v6 = six.into_iter().map(|(a, n, is_in)| (IpAddr::V6(a.into()), n, is_in));
            let mut set = Addresses::default();
            for (address, length, is_in) in v4.chain(v6) {
                let block = Addresses::of(Cidr::new(address, length));
                set = if is_in { set.union(&block) } else { set.difference(&block) };
            }
            let mut again = Addresses::default();
            for block in set.blocks() {
                let holes = block.except.iter().map(|hole| Addresses::of(*hole));
                let whole = Addresses::of(block.cidr);
                let part = holes.fold(whole, |all, hole| all.difference(&hole));
                prop_assert!(again.intersection(&part).is_empty());
                again = again.union(&part);
            }
            prop_assert_eq!(again, set);
        }
    }
}
