//! Blocks of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::log::Log;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Val;

/// Link-local addresses: among them the one by which clouds hand out credentials (RFC 3927).
pub(super) const LINK_LOCAL: Cidr =
    Cidr { address: IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), prefix: 16 };
/// Link-local addresses of version 6 (RFC 4291).
pub(super) const LINK_LOCAL_6: Cidr =
    Cidr { address: IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), prefix: 10 };

/// A block of addresses in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The block that a text names; reports one that is none.
    pub fn check(text: &Val<String>, log: &Log) -> Option<Self> {
        let cidr = text.v.parse::<Self>().ok();
        let network = cidr.map(Self::network);
        if cidr.is_some() && network == cidr {
            return cidr;
        }
        if let Some(span) = text.at.span() {
            let error = |message| Diagnostic::error(Code::MalformedValue, span, message);
            log.push(match network {
                None => error(format!("`{}` is not a CIDR block", text.v))
                    .help("write addresses as in `10.0.0.0/8`; one address is `192.0.2.7/32`"),
                Some(network) => {
                    error(format!("`{}` names an address inside of its block", text.v))
                        .help(format!("write `{network}`"))
                }
            });
        }
        None
    }

    /// Whether all addresses of another block are in this one, which is larger.
    pub fn holds(self, other: Self) -> bool {
        let length = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
        length(self.address) == length(other.address)
            && self.prefix < other.prefix
            && Self { prefix: self.prefix, ..other }.network().address == self.network().address
    }

    /// The block with its first address.
    fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self { address, ..self }
    }
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').ok_or(())?;
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let decimal = prefix.bytes().all(|byte| byte.is_ascii_digit())
            && (prefix == "0" || !prefix.starts_with('0'));
        let prefix: u8 = prefix.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if !decimal || prefix > most {
            return Err(());
        }
        Ok(Self { address, prefix })
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
    fn a_block_holds_smaller_blocks_of_its_own_version() {
        let block = |text: &str| text.parse::<Cidr>();
        let holds = |outer, inner| Ok::<_, ()>(block(outer)?.holds(block(inner)?));
        assert_eq!(holds("0.0.0.0/0", "10.0.0.0/8"), Ok(true));
        assert_eq!(holds("10.0.0.0/8", "10.244.0.0/16"), Ok(true));
        assert_eq!(holds("10.0.0.0/8", "10.0.0.0/8"), Ok(false));
        assert_eq!(holds("10.0.0.0/16", "10.1.0.0/24"), Ok(false));
        assert_eq!(holds("0.0.0.0/0", "fd00::/8"), Ok(false));
        assert_eq!(holds("::/0", "fe80::/10"), Ok(true));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in
            ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/08", "x/8", "::/129", "10.0.0.0/+8"]
        {
            assert_eq!(text.parse::<Cidr>(), Err(()), "{text}");
        }
    }
}
