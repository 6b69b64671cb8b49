//! Sets of ports.

use std::collections::BTreeSet;
use std::fmt;

use super::ranges::Ranges;

/// The protocols that policies tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The protocol that a manifest names: TCP where it says nothing; `None` for one that
    /// Kubernetes does not know.
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "" | "TCP" => Some(Self::Tcp),
            "UDP" => Some(Self::Udp),
            "SCTP" => Some(Self::Sctp),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
    }
}

/// The first and the last port.
const FIRST: u16 = 1;
const LAST: u16 = u16::MAX;

/// An exact set of ports by protocol. Ports of pods that nobody has seen may be known by their
/// names alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports<'t> {
    numbers: [Ranges<u16>; 3],
    names: BTreeSet<(Protocol, &'t str)>,
}

impl<'t> Ports<'t> {
    /// Every port of every protocol.
    #[must_use]
    pub fn all() -> Self {
        Self { numbers: Protocol::ALL.map(|_| Ranges::of(FIRST, LAST)), names: BTreeSet::new() }
    }

    /// Every port of a protocol.
    pub(super) fn all_of(protocol: Protocol) -> Self {
        Self::range(protocol, FIRST, LAST)
    }

    /// The ports from `first` to `last`; none where `last` is less.
    pub(super) fn range(protocol: Protocol, first: u16, last: u16) -> Self {
        let mut ports = Self::default();
        ports.numbers[protocol as usize] = Ranges::of(first, last);
        ports
    }

    /// The port that the pods call so.
    pub(super) fn name(protocol: Protocol, name: &'t str) -> Self {
        Self { names: BTreeSet::from([(protocol, name)]), ..Self::default() }
    }

    /// Whether there is no port in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.iter().all(Ranges::is_empty) && self.names.is_empty()
    }

    /// Whether a port is in it.
    #[must_use]
    pub fn contains(&self, port: u16, protocol: Protocol) -> bool {
        self.numbers[protocol as usize].contains(port)
    }

    /// The ranges in it with their first and last ports, by protocol.
    pub fn ranges(&self) -> impl Iterator<Item = (Protocol, u16, u16)> + '_ {
        Protocol::ALL.into_iter().flat_map(|protocol| {
            self.numbers[protocol as usize].iter().map(move |(a, b)| (protocol, a, b))
        })
    }

    /// The ports in it that are known by their names alone.
    pub fn names(&self) -> impl Iterator<Item = (Protocol, &'t str)> + '_ {
        self.names.iter().copied()
    }

    /// What is in one or the other.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self { numbers: self.each(other, Ranges::union), names: &self.names | &other.names }
    }

    /// What is in any of some sets.
    pub(super) fn of_all(sets: &[Self]) -> Self {
        let numbers = Protocol::ALL.map(|protocol| {
            Ranges::of_all(sets.iter().flat_map(|set| set.numbers[protocol as usize].iter()))
        });
        Self { numbers, names: sets.iter().flat_map(Self::names).collect() }
    }

    /// What is in both. Which number a name stands for is not known: it is in both where the
    /// other has the name or any number of its protocol.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let may_have = |ports: &Self, (protocol, name): (Protocol, &'t str)| {
            ports.names.contains(&(protocol, name)) || !ports.numbers[protocol as usize].is_empty()
        };
        let both = |ours: &Self, theirs: &Self| -> BTreeSet<_> {
            ours.names().filter(|name| may_have(theirs, *name)).collect()
        };
        Self {
            numbers: self.each(other, Ranges::intersection),
            names: &both(self, other) | &both(other, self),
        }
    }

    /// What is in this one and not in the other. All ports of a protocol have every name.
    pub(super) fn difference(&self, other: &Self) -> Self {
        let has = |(protocol, name)| {
            other.names.contains(&(protocol, name))
                || other.numbers[protocol as usize].covers(FIRST, LAST)
        };
        Self {
            numbers: self.each(other, Ranges::difference),
            names: self.names().filter(|name| !has(*name)).collect(),
        }
    }

    /// Whether all of another are in this one.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        let has = |(protocol, name)| {
            self.names.contains(&(protocol, name))
                || self.numbers[protocol as usize].covers(FIRST, LAST)
        };
        other
            .ranges()
            .all(|(protocol, first, last)| self.numbers[protocol as usize].covers(first, last))
            && other.names().all(has)
    }

    /// Whether any of another is, or may be, in this one.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The pieces into which the edges of some sets cut the ports: each of the sets has all of
    /// a piece or nothing of it.
    pub(super) fn pieces<'p>(sets: impl Iterator<Item = &'p Self> + Clone) -> Vec<Self>
    where
        't: 'p,
    {
        let mut pieces = Vec::new();
        for protocol in Protocol::ALL {
            let ranges = sets.clone().flat_map(|set| set.numbers[protocol as usize].iter());
            // The first port of each piece; behind the last one there is none.
            let firsts: BTreeSet<Option<u16>> =
                ranges.flat_map(|(first, last)| [Some(first), last.checked_add(1)]).collect();
            let firsts: Vec<u16> = firsts.into_iter().flatten().collect();
            for (index, first) in firsts.iter().enumerate() {
                let last = firsts.get(index + 1).map_or(LAST, |next| next - 1);
                pieces.push(Self::range(protocol, *first, last));
            }
        }
        let names: BTreeSet<_> = sets.flat_map(Self::names).collect();
        pieces.extend(names.into_iter().map(|(protocol, name)| Self::name(protocol, name)));
        pieces
    }

    fn each(
        &self,
        other: &Self,
        operation: impl Fn(&Ranges<u16>, &Ranges<u16>) -> Ranges<u16>,
    ) -> [Ranges<u16>; 3] {
        let of = |protocol: Protocol| {
            let at = protocol as usize;
            operation(&self.numbers[at], &other.numbers[at])
        };
        Protocol::ALL.map(of)
    }
}

/// `8000/TCP, 53/UDP`; `all ports`; `all UDP`.
impl fmt::Display for Ports<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.holds(&Self::all()) {
            return f.write_str("all ports");
        }
        let mut words = Vec::new();
        for (protocol, first, last) in self.ranges() {
            words.push(match (first, last) {
                (FIRST, LAST) => format!("all {protocol}"),
                _ if first == last => format!("{first}/{protocol}"),
                _ => format!("{first}-{last}/{protocol}"),
            });
        }
        words.extend(self.names().map(|(protocol, name)| format!("{name}/{protocol}")));
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_shown_by_protocol() {
        let tcp = |first, last| Ports::range(Protocol::Tcp, first, last);
        for (ports, shown) in [
            (Ports::default(), ""),
            (Ports::all(), "all ports"),
            (Ports::all_of(Protocol::Udp), "all UDP"),
            (tcp(80, 80).union(&tcp(81, 90)), "80-90/TCP"),
            (tcp(80, 80).union(&Ports::range(Protocol::Udp, 53, 53)), "80/TCP, 53/UDP"),
            (tcp(443, 443).union(&Ports::name(Protocol::Udp, "dns")), "443/TCP, dns/UDP"),
            (Ports::all().difference(&tcp(80, 80)), "1-79/TCP, 81-65535/TCP, all UDP, all SCTP"),
            (tcp(9, 1), ""),
        ] {
            assert_eq!(ports.to_string(), shown);
        }
    }

    #[test]
    fn a_name_may_be_any_number() {
        let web = Ports::name(Protocol::Tcp, "web");
        let number = Ports::range(Protocol::Tcp, 80, 80);
        assert_eq!(web.intersection(&number), web);
        assert_eq!(number.intersection(&web), web);
        assert_eq!(web.intersection(&web), web);
        assert!(web.intersection(&Ports::all_of(Protocol::Udp)).is_empty());
        assert!(web.intersection(&Ports::name(Protocol::Tcp, "metrics")).is_empty());
        assert_eq!(web.difference(&number), web);
        assert!(web.difference(&Ports::all()).is_empty());
    }
}
