//! IP addresses and blocks of them, as the API server reads them: `ParseIPSloppy` and
//! `ParseCIDRSloppy` of `k8s.io/utils/net`, and the strict forms of
//! `k8s.io/apimachinery/pkg/util/validation`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Reads an address. Where that is not strict, the numbers of IPv4 may have zeros before them.
#[must_use]
pub fn parse_address(text: &str, strict: bool) -> Option<IpAddr> {
    if strict || text.contains(':') {
        return text.parse().ok();
    }
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u8>().map(|number| number.to_string()).ok()).flatten()
    };
    let parts: Vec<String> = text.split('.').map(part).collect::<Option<_>>()?;
    parts.join(".").parse().ok()
}

/// A block of addresses in CIDR notation; blocks of IPv4 and of IPv6 never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The block of an address and the length of its prefix, of which there are at most as many
    /// bits as the address has.
    #[must_use]
    pub const fn new(address: IpAddr, prefix: u8) -> Self {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix: if prefix > bits { bits } else { prefix } }
    }

    /// Reads a block. Where that is not strict, numbers may have zeros before them.
    #[must_use]
    pub fn parse(text: &str, strict: bool) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address = parse_address(address, strict)?;
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = !strict || prefix == "0" || !prefix.starts_with('0');
        let prefix: u8 = (digits && canonical).then(|| prefix.parse().ok()).flatten()?;
        let block = Self { address, prefix };
        (u32::from(prefix) <= block.width()).then_some(block)
    }

    /// Whether it is of IPv4.
    #[must_use]
    pub fn is_v4(self) -> bool {
        self.address.is_ipv4()
    }

    /// The block as it should be written: with its first address.
    #[must_use]
    pub fn network(self) -> Self {
        Self { address: self.first(), ..self }
    }

    /// The first address of the block.
    #[must_use]
    pub fn first(self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !self.host_v4()).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !self.host_v6()).into(),
        }
    }

    /// The last address of the block.
    #[must_use]
    pub fn last(self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() | self.host_v4()).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() | self.host_v6()).into(),
        }
    }

    /// Whether another block lies strictly inside of this one.
    #[must_use]
    pub fn holds(self, inner: Self) -> bool {
        self.is_v4() == inner.is_v4()
            && self.prefix < inner.prefix
            && Self { address: inner.address, ..self }.first() == self.first()
    }

    fn width(self) -> u32 {
        if self.is_v4() { 32 } else { 128 }
    }

    /// The bits that the prefix leaves open.
    fn host_v4(self) -> u32 {
        u32::MAX.checked_shr(self.prefix.into()).unwrap_or(0)
    }

    fn host_v6(self) -> u128 {
        u128::MAX.checked_shr(self.prefix.into()).unwrap_or(0)
    }
}

/// The text is no block of addresses, strictly read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a CIDR block")]
pub struct NotACidr;

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        Self::parse(text, true).ok_or(NotACidr)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_is_strictly_inside() {
        let block = |text: &str| text.parse::<Cidr>();
        let holds = |outer, inner| Ok::<_, NotACidr>(block(outer)?.holds(block(inner)?));
        assert_eq!(holds("0.0.0.0/0", "10.0.0.0/8"), Ok(true));
        assert_eq!(holds("10.0.0.0/8", "10.244.0.0/16"), Ok(true));
        assert_eq!(holds("10.0.0.0/8", "10.0.0.0/8"), Ok(false));
        assert_eq!(holds("10.0.0.0/8", "11.0.0.0/16"), Ok(false));
        assert_eq!(holds("10.0.0.0/16", "10.1.0.0/24"), Ok(false));
        assert_eq!(holds("0.0.0.0/0", "fd00::/8"), Ok(false));
        assert_eq!(holds("::/0", "10.0.0.0/8"), Ok(false));
        assert_eq!(holds("::/0", "fe80::/10"), Ok(true));
    }

    #[test]
    fn blocks_go_from_their_first_to_their_last_address() {
        let edges = |text: &str| {
            let block = text.parse::<Cidr>()?;
            Ok::<_, NotACidr>([block.first().to_string(), block.last().to_string()])
        };
        for (text, [first, last]) in [
            ("10.1.2.3/8", ["10.0.0.0", "10.255.255.255"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"]),
            ("192.0.2.7/32", ["192.0.2.7", "192.0.2.7"]),
            ("fd00::1/8", ["fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ] {
            assert_eq!(edges(text), Ok([first.to_owned(), last.to_owned()]), "{text}");
        }
        let network = "10.1.2.3/8".parse().map(|block: Cidr| block.network().to_string());
        assert_eq!(network.as_deref(), Ok("10.0.0.0/8"));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/256",
            "x/8",
            "::/129",
        ] {
            assert_eq!(Cidr::parse(text, true), None, "{text}");
            assert_eq!(Cidr::parse(text, false), None, "{text}");
        }
    }

    #[test]
    fn zeros_before_a_number_are_read_where_it_is_not_strict() {
        assert_eq!(parse_address("010.0.0.1", true), None);
        assert_eq!(parse_address("010.0.0.1", false), "10.0.0.1".parse().ok());
        assert_eq!(parse_address("10.0.0.256", false), None);
        assert_eq!(parse_address("10..0.1", false), None);
        assert_eq!(Cidr::parse("10.0.0.0/08", true), None);
        assert_eq!(Cidr::parse("10.0.0.0/08", false), Cidr::parse("10.0.0.0/8", true));
    }
}
