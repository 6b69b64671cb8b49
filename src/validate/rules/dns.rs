//! Names and addresses inside of a pod: `validatePodDNSConfig`, `ValidateHostAliases` and
//! `validatePodHostName` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use std::net::IpAddr;

use super::pod::Pod;
use super::{Report, field, flag, items, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Version};
use crate::source::{Kind, NodeRef};

pub fn check<'t>(entry: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    match entry.key().unwrap_or_default() {
        "dnsConfig" => config(entry, report),
        "dnsPolicy" if entry.text() == "None" => match field(pod.spec, "dnsConfig") {
            None => report.missing(pod.spec, "dnsConfig", "`dnsPolicy: None` uses nothing else"),
            Some(config) if items(config, "nameservers").next().is_none() => {
                report.missing(config, "nameservers", "`dnsPolicy: None` needs at least one");
            }
            Some(_) => {}
        },
        "hostAliases" => {
            for alias in entry.items() {
                match field(alias, "ip") {
                    Some(address) => ip(address, report),
                    None => report.missing(alias, "ip", "add the address"),
                }
                for name in items(alias, "hostnames") {
                    report.set_name(NameForm::DnsSubdomain, Some(name));
                }
            }
        }
        "hostnameOverride" if pod.version.has(Feature::HostnameOverride) => {
            host_name(entry, pod, report);
        }
        _ => {}
    }
}

fn config<'t>(config: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(servers) = field(config, "nameservers") {
        report.at_most(servers, 3);
        for server in servers.items() {
            ip(server, report);
        }
    }
    if let Some(searches) = field(config, "searches") {
        report.at_most(searches, 32);
        let texts = searches.items().map(NodeRef::text);
        let characters = texts.map(|text| text.len() + 1).sum::<usize>();
        if characters > 2049 {
            let message = format!("the search list has {} characters", characters - 1);
            report.error(Code::ValueNotAllowed, searches, message, "write at most 2048");
        }
        for search in searches.items() {
            if let Err(error) = check_search(search.text()) {
                let message = format!("the domain `{}` {error}", search.text());
                report.error(Code::NameNotAllowed, search, message, "write a domain of DNS");
            }
        }
    }
    for option in items(config, "options") {
        if text(option, "name").is_empty() {
            let found = report.findings.len();
            report.missing(option, "name", "add `name`");
            report.as_server(found, option);
        }
    }
}

/// A domain may end in a dot and have underscores inside.
fn check_search(search: &str) -> Result<(), crate::k8s::NameError> {
    if search == "." {
        return Ok(());
    }
    let domain = search.strip_suffix('.').unwrap_or(search);
    let mut bytes = domain.as_bytes().iter().peekable();
    let ends_in = |byte: Option<&u8>| byte == Some(&b'_');
    if ends_in(bytes.peek().copied()) || ends_in(domain.as_bytes().last()) {
        return NameForm::DnsSubdomain.check(domain);
    }
    NameForm::DnsSubdomain.check(&domain.replace('_', "a"))
}

fn host_name<'t>(name: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for other in ["setHostnameAsFQDN", "hostNetwork"] {
        if flag(pod.spec, other) {
            let message = format!("with `{other}` the pod has another host name");
            report.error(Code::Contradiction, name, message, format!("delete it, or `{other}`"));
        }
    }
    if name.text().len() > 64 {
        let message = "a host name has at most 64 characters";
        report.error(Code::NameNotAllowed, name, message, "write a shorter one");
    }
    report.set_name(NameForm::DnsSubdomain, Some(name));
}

/// Checks an address: `IsValidIPForLegacyField`.
pub fn ip<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let address = node.text();
    if matches!(node.kind(), Kind::Str | Kind::Null) && !is_ip(address, report.version) {
        let message = format!("`{address}` is no IP address");
        let help = "write an address such as 10.9.8.7 or 2001:db8::1";
        report.error(Code::ValueNotAllowed, node, message, help);
    }
}

/// Whether a text is an IP address. Before the server was strict, the parts of an IPv4 address may have zeros in
/// front, and an IPv6 address may hold an IPv4 one.
pub fn is_ip(address: &str, version: Version) -> bool {
    let strict = version.has(Feature::StrictIPCIDRValidation);
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) => !strict || six.to_ipv4_mapped().is_none(),
        Ok(IpAddr::V4(_)) => true,
        Err(_) if strict => false,
        Err(_) => {
            let parts: Vec<&str> = address.split('.').collect();
            let number = |part: &&str| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_digit())
                    && part.trim_start_matches('0').len() <= 3
                    && part.parse::<u32>().is_ok_and(|number| number < 256)
            };
            parts.len() == 4 && parts.iter().all(number)
        }
    }
}
