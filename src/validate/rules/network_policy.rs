//! Network policies: `k8s.io/kubernetes/pkg/apis/networking/validation`.

use std::net::IpAddr;

use super::{Report, field, items, metadata};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    metadata::selector(field(spec, "podSelector"), report);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(spec, rules) {
            for port in items(rule, "ports") {
                check_port(port, report);
            }
            for peer in items(rule, peers) {
                check_peer(peer, report);
            }
        }
    }
}

fn check_port<'t>(port: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let number = field(port, "port");
    match number {
        Some(number) if number.kind() == Kind::Int => report.range(Some(number), 1, 65_535),
        number => report.name(NameForm::PortName, number),
    }
    let Some(end) = field(port, "endPort") else { return };
    report.range(Some(end), 1, 65_535);
    match number.and_then(NodeRef::as_i64) {
        None => {
            let message = "`endPort` needs a `port` that is a number";
            report.error(Code::Ports, end, message, "write the first port of the range");
        }
        Some(start) if end.as_i64().is_some_and(|end| end < start) => {
            let message = "the range of ports ends before it starts";
            report.error(Code::Ports, end, message, format!("write {start} or more"));
        }
        Some(_) => {}
    }
}

fn check_peer<'t>(peer: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let selectors = [field(peer, "podSelector"), field(peer, "namespaceSelector")];
    for selector in selectors {
        metadata::selector(selector, report);
    }
    let selects = selectors.iter().any(Option::is_some);
    match field(peer, "ipBlock") {
        None if !selects => {
            let message = "the peer is nobody";
            let help = "write `podSelector`, `namespaceSelector` or `ipBlock`";
            report.error(Code::Contradiction, peer, message, help);
        }
        Some(block) if selects => {
            let message = "a peer is either pods or addresses";
            report.error(Code::Contradiction, block, message, "make it two peers");
        }
        Some(block) => check_block(block, report),
        None => {}
    }
}

fn check_block<'t>(block: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(node) = field(block, "cidr") else { return };
    let cidr = Cidr::of(node.text());
    if cidr.is_none() {
        let message = format!("`{}` is no block of addresses", node.text());
        report.error(Code::ValueNotAllowed, node, message, "write a CIDR such as 10.0.0.0/8");
    }
    for except in items(block, "except") {
        let inner = Cidr::of(except.text());
        if let (Some(cidr), Some(inner)) = (cidr, inner) {
            if !cidr.holds(inner) {
                let message = format!("`{}` is not strictly inside of the block", except.text());
                report.error(Code::ValueNotAllowed, except, message, "delete it");
            }
        } else if inner.is_none() {
            let message = format!("`{}` is no block of addresses", except.text());
            report.error(Code::ValueNotAllowed, except, message, "write a CIDR");
        }
    }
}

/// A block of addresses as 128 bits and the length of its prefix; IPv4 and IPv6 never meet.
#[derive(Debug, Clone, Copy)]
struct Cidr {
    bits: u128,
    prefix: u32,
    width: u32,
}

impl Cidr {
    fn of(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = digits.then(|| prefix.parse().ok()).flatten()?;
        (prefix <= width).then_some(Self { bits, prefix, width })
    }

    /// Whether another block lies strictly inside of this one.
    fn holds(self, inner: Self) -> bool {
        let shift = self.width - self.prefix;
        let network = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
        self.width == inner.width
            && self.prefix < inner.prefix
            && network(self.bits) == network(inner.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_is_strictly_inside() {
        let holds = |outer, inner| Some(Cidr::of(outer)?.holds(Cidr::of(inner)?));
        assert_eq!(holds("10.0.0.0/8", "10.1.0.0/16"), Some(true));
        assert_eq!(holds("0.0.0.0/0", "10.0.0.0/8"), Some(true));
        assert_eq!(holds("::/0", "fd00::/8"), Some(true));
        assert_eq!(holds("10.0.0.0/8", "11.0.0.0/16"), Some(false));
        assert_eq!(holds("10.0.0.0/8", "10.0.0.0/8"), Some(false));
        assert_eq!(holds("::/0", "10.0.0.0/8"), Some(false));
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "a/8"] {
            assert!(Cidr::of(bad).is_none(), "{bad}");
        }
    }
}
