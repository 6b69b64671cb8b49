//! Addresses and blocks of them: `IsValidIP`, `IsValidCIDR` and their legacy forms of
//! `k8s.io/apimachinery/pkg/util/validation`.

use std::net::IpAddr;

use super::Report;
use crate::diagnostic::Code;
use crate::k8s::{Cidr, Feature, parse_address};
use crate::source::{Kind, NodeRef};

impl<'t> Report<'t, '_> {
    /// Reads an address of a kind that was there before the server was strict.
    pub fn address(&mut self, node: NodeRef<'t>) -> Option<IpAddr> {
        let strict = self.version.has(Feature::StrictIPCIDRValidation);
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
        let Some(address) = parse_address(text, strict) else {
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
        let strict = self.version.has(Feature::StrictIPCIDRValidation);
        self.read_block(node, strict)
    }

    /// Reads a block of addresses of a kind with which the server was strict from the start.
    pub fn strict_block(&mut self, node: NodeRef<'t>) -> Option<Cidr> {
        self.read_block(node, true)
    }

    /// Reads a block around which the server takes spaces.
    pub fn spaced_block(&mut self, node: NodeRef<'t>) -> Option<Cidr> {
        let strict = self.version.has(Feature::StrictIPCIDRValidation);
        match Cidr::parse(node.text().trim(), strict) {
            Some(block) if node.text().trim() != node.text() => Some(block),
            _ => self.read_block(node, strict),
        }
    }

    fn read_block(&mut self, node: NodeRef<'t>, strict: bool) -> Option<Cidr> {
        let text = address_text(node)?;
        let Some(block) = Cidr::parse(text, strict) else {
            let message = format!("`{text}` is no block of addresses");
            self.error(Code::ValueNotAllowed, node, message, "write a CIDR such as 10.0.0.0/8");
            return None;
        };
        if strict && block != block.network() {
            let message = format!("`{text}` says more of the address than its prefix holds");
            let help = format!("write {}", block.network());
            self.error(Code::ValueNotAllowed, node, message, help);
        }
        Some(block)
    }
}

/// The text of an item; the server reads null as an empty one.
fn address_text(node: NodeRef<'_>) -> Option<&str> {
    matches!(node.kind(), Kind::Str | Kind::Null).then(|| node.text())
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}
