//! Security contexts, and what the operating system and the host's namespaces allow:
//! `validatePodSpecSecurityContext`, `ValidateSecurityContext`,
//! `validateWindowsSecurityContextOptions`, `validateWindowsHostProcessPod`, `validateHostUsers`,
//! `validateLinux` and `validateWindows` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::pod::Pod;
use super::{Report, field, fields, flag, items, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef};
use crate::validate::pods;

/// The greatest id of a user or a group, `math.MaxInt32`.
const MOST_ID: i64 = i32::MAX as i64;

pub fn of_pod<'t>(context: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for entry in fields(context) {
        match entry.key().unwrap_or_default() {
            "fsGroup" | "runAsGroup" | "runAsUser" => report.range(Some(entry), 0, MOST_ID),
            "supplementalGroups" => {
                for group in entry.items() {
                    report.range(Some(group), 0, MOST_ID);
                }
            }
            "fsGroupChangePolicy" => report.set_word(Some(entry), &["Always", "OnRootMismatch"]),
            "supplementalGroupsPolicy" => report.set_word(Some(entry), &["Merge", "Strict"]),
            "seLinuxChangePolicy" => report.set_word(Some(entry), &["Recursive"]),
            "sysctls" => sysctls(entry, pod, report),
            _ => shared(entry, report),
        }
    }
}

pub fn of_container<'t>(context: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for entry in fields(context) {
        match entry.key().unwrap_or_default() {
            "runAsGroup" | "runAsUser" => report.range(Some(entry), 0, MOST_ID),
            "procMount" => {
                report.set_word(Some(entry), &["Default", "Unmasked"]);
                if entry.text() == "Unmasked" && !pod.own_users() {
                    let message = "an unmasked /proc is for pods with users of their own";
                    let help = "write `procMount: Default`, or `hostUsers: false` at the pod";
                    report.error(Code::Contradiction, entry, message, help);
                }
            }
            _ => shared(entry, report),
        }
    }
    let Some(escalation) = field(context, "allowPrivilegeEscalation") else { return };
    if escalation.as_bool() != Some(false) {
        return;
    }
    if let Some(privileged) = field(context, "privileged")
        && flag(context, "privileged")
    {
        let message = "a privileged container can always gain privileges";
        let finding = report.at(Code::Contradiction, escalation, message);
        let finding = finding.also(privileged.at(), "privileged here");
        let finding = finding.as_server(report.root, context, "");
        report.push(finding.help("delete `privileged`, or allow the escalation"));
    }
    let added = context.at_path(&["capabilities", "add"]).into_iter().flat_map(NodeRef::items);
    for capability in added.filter(|capability| capability.text() == "CAP_SYS_ADMIN") {
        let message = "with CAP_SYS_ADMIN a container can gain privileges";
        let finding = report.at(Code::Contradiction, capability, message);
        let finding = finding.as_server(report.root, context, "");
        report.push(finding.help("delete it, or allow the escalation"));
    }
}

/// What pods and containers both have.
fn shared<'t>(entry: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match entry.key().unwrap_or_default() {
        "seccompProfile" | "appArmorProfile" => profile(entry, report),
        "windowsOptions" => windows_options(entry, report),
        _ => {}
    }
}

/// `validateSeccompProfileField` and `ValidateAppArmorProfileField`.
fn profile<'t>(profile: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if report.required(profile, "type").is_none() {
        return;
    }
    let seccomp = profile.key() == Some("seccompProfile");
    report.word(field(profile, "type"), &["Localhost", "RuntimeDefault", "Unconfined"]);
    match (text(profile, "type"), field(profile, "localhostProfile")) {
        ("Localhost", None) => {
            report.missing(profile, "localhostProfile", "name the profile on the node");
        }
        ("Localhost", Some(path)) if seccomp => report.descending(path),
        ("Localhost", Some(name)) => {
            if name.text().is_empty() {
                report.missing(profile, "localhostProfile", "name the profile on the node");
            } else if name.text().trim() != name.text() {
                let message = "there is white space around the name of the profile";
                report.error(Code::ValueNotAllowed, name, message, "delete it");
            } else if name.text().len() > 4095 {
                let message = "the name of the profile is longer than any path";
                report.error(Code::ValueNotAllowed, name, message, "write a shorter one");
            }
        }
        (kind, Some(path)) if seccomp || matches!(kind, "RuntimeDefault" | "Unconfined") => {
            let message = format!("a profile of the type {kind} is not on the node");
            let help = "delete `localhostProfile`, or write `type: Localhost`";
            report.error(Code::Contradiction, path, message, help);
        }
        _ => {}
    }
}

/// `validateSysctls`.
fn sysctls<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for sysctl in list.items() {
        let Some(name) = report.required(sysctl, "name") else { continue };
        if !is_sysctl(name.text()) {
            let message = format!("`{}` is no name of a sysctl", name.text());
            let help = "write a name such as `net.core.somaxconn`";
            report.error(Code::ValueNotAllowed, name, message, help);
        }
        let of = |namespace: &[&str]| {
            let dotted = name.text().replace('/', ".");
            namespace.iter().any(|prefix| dotted.starts_with(prefix))
        };
        let ipc = of(&["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."]);
        for (set, reaches) in [("hostNetwork", of(&["net."])), ("hostIPC", ipc)] {
            if reaches && flag(pod.spec, set) {
                let message = format!("with `{set}` the sysctl would be the host's own");
                let help = format!("delete it, or `{set}`");
                report.error(Code::Contradiction, name, message, help);
            }
        }
    }
    for (first, again) in repeated(&list.items(), |sysctl| field(sysctl, "name").map(NodeRef::text))
    {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("the sysctl `{}` is set already", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

/// `IsValidSysctlName`.
fn is_sysctl(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let segment = |segment: &str| {
        let bytes = segment.as_bytes();
        bytes.first().is_some_and(|byte| inner(*byte))
            && bytes.last().is_some_and(|byte| inner(*byte))
            && bytes.iter().all(|byte| inner(*byte) || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split(['.', '/']).all(segment)
}

fn windows_options<'t>(options: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.set_name(NameForm::DnsSubdomain, field(options, "gmsaCredentialSpecName"));
    if let Some(spec) = field(options, "gmsaCredentialSpec")
        && !(1..=64 * 1024).contains(&spec.text().len())
    {
        let message = format!("the credential spec has {} bytes", spec.text().len());
        report.error(Code::ValueNotAllowed, spec, message, "write at least 1 and at most 65536");
    }
    if let Some(name) = field(options, "runAsUserName")
        && let Err(reason) = check_user_name(name.text())
    {
        let message = format!("`{}` is no name of a Windows user: {reason}", name.text());
        let help = "write a name such as `ContainerUser` or `domain\\user`";
        report.error(Code::ValueNotAllowed, name, message, help);
    }
}

/// Checks the name of a Windows user, perhaps after its domain.
fn check_user_name(name: &str) -> Result<(), &'static str> {
    let (domain, user) = match name.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    if name.is_empty() || user.is_empty() {
        return Err("it is empty");
    }
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("it has control characters");
    }
    if user.contains('\\') {
        return Err("it has more than one backslash");
    }
    if domain.is_some_and(|domain| domain.len() >= 256) {
        return Err("the domain has more than 255 characters");
    }
    if domain.is_some_and(|domain| !is_net_bios(domain) && !is_dns(domain)) {
        return Err("the domain is neither of NetBIOS nor of DNS");
    }
    if user.len() > 104 {
        return Err("the user has more than 104 characters");
    }
    if user.chars().all(|letter| matches!(letter, '.' | ' ')) {
        return Err("the user has nothing but dots and spaces");
    }
    if user.contains(['"', '/', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        return Err("the user has characters that Windows does not allow");
    }
    Ok(())
}

fn is_net_bios(domain: &str) -> bool {
    let refused = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];
    (1..=15).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(refused)
}

fn is_dns(domain: &str) -> bool {
    domain.split('.').all(|label| NameForm::DnsLabel.check(&label.to_ascii_lowercase()).is_ok())
}

/// What the pod shares with its host, and what its operating system has.
pub fn hosts<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    host_processes(pod, report);
    if flag(pod.spec, "hostPID") && flag(pod.spec, "shareProcessNamespace") {
        let node = field(pod.spec, "shareProcessNamespace").unwrap_or(pod.spec);
        let message = "with `hostPID` the containers share the host's processes";
        let finding = report.at(Code::Contradiction, node, message);
        let context = ".securityContext.shareProcessNamespace";
        let finding = finding.as_server(report.root, pod.spec, context);
        report.push(finding.help("delete one of the two"));
    }
    if pod.own_users() {
        own_users(pod, report);
    }
    match pod.os() {
        "linux" => {
            for holder in contexts(pod) {
                let message = "a Linux pod has no options of Windows";
                report.forbidden(holder, "windowsOptions", message, "delete `windowsOptions`");
            }
        }
        "windows" => of_linux(pod, report),
        _ => {}
    }
}

/// The security contexts of a pod and of its containers.
fn contexts(pod: Pod<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    let containers = pods::containers(pod.spec).map(|(_, container)| container);
    let holders = std::iter::once(pod.spec).chain(containers);
    holders.filter_map(|holder| field(holder, "securityContext"))
}

fn own_users<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for (name, server) in
        [("hostNetwork", ".hostNetwork"), ("hostPID", ".HostPID"), ("hostIPC", ".HostIPC")]
    {
        if let Some(node) = field(pod.spec, name)
            && flag(pod.spec, name)
        {
            let message = "a pod with users of its own shares nothing with the host";
            let finding = report.at(Code::Contradiction, node, message);
            let finding = finding.as_server(report.root, pod.spec, server);
            report.push(finding.help(format!("delete `{name}`, or `hostUsers`")));
        }
    }
    if !pod.version.has(Feature::NoDevicesWithOwnUsers) {
        return;
    }
    for (_, container) in pods::containers(pod.spec) {
        if items(container, "volumeDevices").next().is_some() {
            let message = "a pod with users of its own has no block devices";
            report.forbidden(container, "volumeDevices", message, "mount the volumes");
        }
    }
}

/// Reports what a Windows pod does not have.
fn of_linux<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    const OF_PODS: [&str; 11] = [
        "appArmorProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "runAsGroup",
        "runAsUser",
        "seLinuxChangePolicy",
        "seLinuxOptions",
        "seccompProfile",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "sysctls",
    ];
    const OF_CONTAINERS: [&str; 10] = [
        "allowPrivilegeEscalation",
        "appArmorProfile",
        "capabilities",
        "privileged",
        "procMount",
        "readOnlyRootFilesystem",
        "runAsGroup",
        "runAsUser",
        "seLinuxOptions",
        "seccompProfile",
    ];
    let message = "a Windows pod has nothing of the kind";
    for name in ["hostUsers", "shareProcessNamespace"] {
        report.forbidden(pod.spec, name, message, format!("delete `{name}`"));
    }
    for name in ["hostPID", "hostIPC"] {
        if flag(pod.spec, name) {
            report.forbidden(pod.spec, name, message, format!("delete `{name}`"));
        }
    }
    if let Some(context) = field(pod.spec, "securityContext") {
        for name in OF_PODS {
            let empty =
                field(context, name).is_some_and(|node| name == "sysctls" && node.is_empty());
            if !empty {
                report.forbidden(context, name, message, format!("delete `{name}`"));
            }
        }
    }
    for (_, container) in pods::containers(pod.spec) {
        let Some(context) = field(container, "securityContext") else { continue };
        for name in OF_CONTAINERS {
            report.forbidden(context, name, message, format!("delete `{name}`"));
        }
    }
}

/// `validateWindowsHostProcessPod`.
fn host_processes<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let process = |holder: NodeRef<'t>| {
        let node = holder.at_path(&["securityContext", "windowsOptions", "hostProcess"]);
        node.filter(|node| node.kind() == Kind::Bool)
    };
    let of_pod = process(pod.spec);
    let (mut all, mut hosted) = (0, 0);
    let mut at = of_pod;
    for (_, container) in pods::containers(pod.spec) {
        let own = process(container);
        if let (Some(of_pod), Some(own)) = (of_pod, own)
            && of_pod.text() != own.text()
        {
            let message = format!("the pod says `hostProcess: {}`", of_pod.text());
            let finding = report.at(Code::Contradiction, own, message);
            report.push(finding.also(of_pod.at(), "the pod").help("write it once, at the pod"));
        }
        all += 1;
        hosted += usize::from(own.or(of_pod).and_then(NodeRef::as_bool) == Some(true));
        at = at.or(own);
    }
    let Some(at) = at.filter(|_| hosted > 0) else { return };
    if hosted != all {
        let message = "some containers run on the host, and others do not";
        let finding = report.at(Code::Contradiction, at, message);
        let finding = finding.as_server(report.root, pod.spec, "");
        report.push(finding.help("write `hostProcess: true` at the pod, for all"));
    }
    if !pod.host_network() {
        let message = "containers that run on the host are in its network";
        let finding = report.at(Code::Contradiction, at, message);
        let finding = finding.as_server(report.root, pod.spec, ".hostNetwork");
        report.push(finding.help("write `hostNetwork: true` at the pod"));
    }
}
