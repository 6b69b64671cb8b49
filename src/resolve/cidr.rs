//! Blocks of addresses, as stacks and environments write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::log::Log;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::Cidr;
use crate::plan::Val;

/// Link-local addresses: among them the one by which clouds hand out credentials (RFC 3927).
pub(super) const LINK_LOCAL: Cidr = Cidr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16);
/// Link-local addresses of version 6 (RFC 4291).
pub(super) const LINK_LOCAL_6: Cidr =
    Cidr::new(IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10);

/// The block that a text names; reports one that is none.
pub(super) fn check(text: &Val<String>, log: &Log) -> Option<Cidr> {
    let block = text.v.parse::<Cidr>().ok();
    let network = block.map(Cidr::network);
    if block.is_some() && network == block {
        return block;
    }
    if let Some(span) = text.at.span() {
        let error = |message| Diagnostic::error(Code::MalformedValue, span, message);
        log.push(match network {
            None => error(format!("`{}` is not a CIDR block", text.v))
                .help("write addresses as in `10.0.0.0/8`; one address is `192.0.2.7/32`"),
            Some(network) => error(format!("`{}` names an address inside of its block", text.v))
                .help(format!("write `{network}`")),
        });
    }
    None
}
