//! Addresses and blocks of them: `IsValidIP`, `IsValidCIDR` and their legacy forms of
//! `k8s.io/apimachinery/pkg/util/validation`.

use std::net::IpAddr;

use super::Report;
use crate::diagnostic::Code;
use crate::source::{Kind, NodeRef};

/// From this version on the server is strict with addresses in old kinds, too.
const STRICT_SINCE: u8 = 36;

impl<'t> Report<'t, '_> {
    /// Reads an address of a kind that was there before the server was strict.
    pub fn address(&mut self, node: NodeRef<'t>) -> Option<IpAddr> {
        let strict = self.version.minor() >= STRICT_SINCE;
        self.read_address(node, strict)
    }

    /// Reads an address of a kind with which the server was strict from the start.
    pub fn strict_address(&mut self, node: NodeRef<'t>) -> Option<IpAddr> {
        let address = self.read_address(node, true)?;
        if !is_mapped(address) && node.text() != address.to_string() {
            let message = format!("`{}` is not how the address is written", node.text());
            let help = format!("write `{address}`");
            self.error(Code::ValueNotAllowed, node, message, help);
        }
        Some(address)
    }

    fn read_address(&mut self, node: NodeRef<'t>, strict: bool) -> Option<IpAddr> {
        let text = address_text(node)?;
        let Some(address) = address(text, strict) else {
            let message = format!("`{text}` is no IP address");
            let help = "write an address such as 10.9.8.7 or 2001:db8::1";
            self.error(Code::ValueNotAllowed, node, message, help);
            return None;
        };
        if strict && is_mapped(address) {
            let message = format!("`{text}` is an IPv4 address in the form of an IPv6 address");
            self.error(Code::ValueNotAllowed, node, message, "write the IPv4 address");
        }
        Some(address)
    }

    /// Reads a block of addresses of a kind that was there before the server was strict.
    pub fn block(&mut self, node: NodeRef<'t>) -> Option<Cidr> {
        let strict = self.version.minor() >= STRICT_SINCE;
        self.read_block(node, strict)
    }

    /// Reads a block of addresses of a kind with which the server was strict from the start.
    pub fn strict_block(&mut self, node: NodeRef<'t>) -> Option<Cidr> {
        self.read_block(node, true)
    }

    /// Reads a block around which the server takes spaces.
    pub fn spaced_block(&mut self, node: NodeRef<'t>) -> Option<Cidr> {
        let strict = self.version.minor() >= STRICT_SINCE;
        match Cidr::of(node.text().trim(), strict) {
            Some(block) if node.text().trim() != node.text() => Some(block),
            _ => self.read_block(node, strict),
        }
    }

    fn read_block(&mut self, node: NodeRef<'t>, strict: bool) -> Option<Cidr> {
        let text = address_text(node)?;
        let Some(block) = Cidr::of(text, strict) else {
            let message = format!("`{text}` is no block of addresses");
            self.error(Code::ValueNotAllowed, node, message, "write a CIDR such as 10.0.0.0/8");
            return None;
        };
        if strict && block.bits != block.network() {
            let message = format!("`{text}` says more of the address than its prefix holds");
            let help = format!("write {}", block.of_network());
            self.error(Code::ValueNotAllowed, node, message, help);
        }
        Some(block)
    }
}

/// The text of an item; the server reads null as an empty one.
fn address_text(node: NodeRef<'_>) -> Option<&str> {
    matches!(node.kind(), Kind::Str | Kind::Null).then(|| node.text())
}

/// Reads an address; where that is not strict, with zeros before its numbers.
fn address(text: &str, strict: bool) -> Option<IpAddr> {
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

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// A block of addresses as 128 bits and the length of its prefix; IPv4 and IPv6 never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    bits: u128,
    prefix: u32,
    width: u32,
}

impl Cidr {
    fn of(text: &str, strict: bool) -> Option<Self> {
        let (text, prefix) = text.split_once('/')?;
        let (bits, width) = match address(text, strict)? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = !strict || prefix == "0" || !prefix.starts_with('0');
        let prefix = (digits && canonical).then(|| prefix.parse().ok()).flatten()?;
        (prefix <= width).then_some(Self { bits, prefix, width })
    }

    /// Whether it is of IPv4.
    pub fn is_v4(self) -> bool {
        self.width == 32
    }

    fn network(self) -> u128 {
        let shift = self.width - self.prefix;
        self.bits.checked_shr(shift).and_then(|bits| bits.checked_shl(shift)).unwrap_or(0)
    }

    fn of_network(self) -> String {
        let network = self.network();
        let address = match u32::try_from(network) {
            Ok(network) if self.is_v4() => IpAddr::V4(network.into()),
            _ => IpAddr::V6(network.into()),
        };
        format!("{address}/{}", self.prefix)
    }

    /// Whether another block lies strictly inside of this one.
    pub fn holds(self, inner: Self) -> bool {
        self.width == inner.width
            && self.prefix < inner.prefix
            && Self { bits: inner.bits, ..self }.network() == self.network()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_is_strictly_inside() {
        let holds = |outer, inner| Some(Cidr::of(outer, true)?.holds(Cidr::of(inner, true)?));
        assert_eq!(holds("10.0.0.0/8", "10.1.0.0/16"), Some(true));
        assert_eq!(holds("0.0.0.0/0", "10.0.0.0/8"), Some(true));
        assert_eq!(holds("::/0", "fd00::/8"), Some(true));
        assert_eq!(holds("10.0.0.0/8", "11.0.0.0/16"), Some(false));
        assert_eq!(holds("10.0.0.0/8", "10.0.0.0/8"), Some(false));
        assert_eq!(holds("::/0", "10.0.0.0/8"), Some(false));
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "a/8"] {
            assert_eq!(Cidr::of(bad, true), None, "{bad}");
            assert_eq!(Cidr::of(bad, false), None, "{bad}");
        }
        assert_eq!(
            Cidr::of("10.1.2.3/8", true).map(Cidr::of_network).as_deref(),
            Some("10.0.0.0/8")
        );
        assert_eq!(Cidr::of("fd00::1/8", true).map(Cidr::of_network).as_deref(), Some("fd00::/8"));
    }

    #[test]
    fn zeros_before_a_number_are_read_where_it_is_not_strict() {
        assert_eq!(address("010.0.0.1", true), None);
        assert_eq!(address("010.0.0.1", false), "10.0.0.1".parse().ok());
        assert_eq!(address("10.0.0.256", false), None);
        assert_eq!(address("10..0.1", false), None);
        assert_eq!(Cidr::of("10.0.0.0/08", true), None);
        assert_eq!(Cidr::of("10.0.0.0/08", false), Cidr::of("10.0.0.0/8", true));
    }
}
