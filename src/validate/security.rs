//! Pod Security Standards, as the server's own admission enforces them: each function is a check
//! of `k8s.io/pod-security-admission/policy`, with what changed between its versions.

use std::collections::BTreeMap;

use super::fields::{field, items, text};
use super::finding::Finding;
use super::pods::{self, Role};
use super::{Author, Cluster, Extent, Member};
use crate::diagnostic::{Code, Severity};
use crate::source::{Kind, NodeRef};

/// A Pod Security Standard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is allowed.
    #[default]
    Privileged,
    /// Known ways out of a container are closed.
    Baseline,
    /// Hardened pods only.
    Restricted,
}

impl Level {
    /// The words that [`from_word`](Self::from_word) knows, the loosest level first.
    pub const WORDS: [&str; 3] = ["privileged", "baseline", "restricted"];

    /// The level that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// What a namespace enforces, and the minor version of Kubernetes whose checks it means.
#[derive(Debug, Clone, Copy)]
struct Standard {
    level: Level,
    minor: u8,
}

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// What the namespaces of objects enforce: what the labels of the namespace say where it is at
/// hand, and else the cluster's own level.
pub struct Standards<'t> {
    own: Standard,
    labelled: BTreeMap<&'t str, Standard>,
}

impl<'t> Standards<'t> {
    /// Reads the namespaces among the objects.
    #[must_use]
    pub fn of(members: &[Member<'t>], cluster: &Cluster) -> Self {
        let own = Standard { level: cluster.pod_security, minor: cluster.version.minor() };
        let mut labelled = BTreeMap::new();
        for member in members.iter().filter(|member| member.kind == "Namespace") {
            labelled.insert(member.name, by_labels(member.root, own));
        }
        Self { own, labelled }
    }

    /// The level that the namespace of an object enforces.
    #[must_use]
    pub fn level(&self, member: &Member<'_>) -> Level {
        self.standard(member).level
    }

    fn standard(&self, member: &Member<'_>) -> Standard {
        self.labelled.get(member.namespace).copied().unwrap_or(self.own)
    }
}

/// Checks the pods of all objects against what their namespaces enforce.
pub fn check(members: &[Member<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let standards = Standards::of(members, cluster);
    for member in members {
        // The server warns of a template and refuses its pods. In an environment that is an
        // error at once; of a file it is worth a look.
        let strict = member.kind == "Pod" || cluster.extent == Extent::Environment;
        let before = out.len();
        object(member.root, member.pod, standards.standard(member), out);
        if !strict && member.author == Author::Other {
            for finding in &mut out[before..] {
                finding.severity = Severity::Warning;
            }
        }
    }
}

/// Checks the pod that an object is or makes against a level and the version's checks.
pub fn pod(root: NodeRef<'_>, level: Level, minor: u8, out: &mut Vec<Finding>) {
    object(root, pods::pod_template(root), Standard { level, minor }, out);
}

fn by_labels(namespace: NodeRef<'_>, own: Standard) -> Standard {
    let label = |key: &str| namespace.at_path(&["metadata", "labels", key]).map(NodeRef::text);
    let level = label(ENFORCE).and_then(Level::from_word).unwrap_or(own.level);
    let minor = label(ENFORCE_VERSION).and_then(|version| version.strip_prefix("v1."));
    let minor = minor.and_then(|minor| minor.parse().ok()).unwrap_or(own.minor);
    Standard { level, minor: minor.min(own.minor) }
}

fn object<'t>(
    root: NodeRef<'t>,
    template: Option<NodeRef<'t>>,
    standard: Standard,
    out: &mut Vec<Finding>,
) {
    if standard.level == Level::Privileged {
        return;
    }
    let Some(template) = template else { return };
    let Some(spec) = field(template, "spec") else { return };
    let restricted = standard.level == Level::Restricted;
    let windows = field(spec, "os").is_some_and(|os| text(os, "name") == "windows");
    let own_users = spec.get("hostUsers").and_then(NodeRef::as_bool) == Some(false);
    let pod = Pod {
        root,
        template,
        spec,
        standard,
        windows: windows && standard.minor >= 25,
        own_users: own_users && standard.minor >= 35,
    };
    let mut check = Check { pod, out };
    check.host_namespaces();
    check.host_ports();
    check.handlers();
    check.contexts();
    check.sysctls();
    check.app_armor_annotations();
    check.volumes(restricted);
    check.seccomp(restricted);
    check.capabilities(restricted);
    if restricted {
        check.escalation();
        check.non_root();
    }
}

#[derive(Clone, Copy)]
struct Pod<'t> {
    root: NodeRef<'t>,
    template: NodeRef<'t>,
    spec: NodeRef<'t>,
    standard: Standard,
    /// Whether it is for Windows, which has neither capabilities nor seccomp.
    windows: bool,
    /// Whether its users are apart from the host's, so that its root is not the host's.
    own_users: bool,
}

struct Check<'t, 'o> {
    pod: Pod<'t>,
    out: &'o mut Vec<Finding>,
}

impl<'t> Check<'t, '_> {
    fn error(&mut self, node: NodeRef<'t>, what: &str, help: impl Into<String>) {
        let message =
            format!("{what}, which the {} standard forbids", self.pod.standard.level.word());
        let finding = Finding::error(Code::PodSecurity, self.pod.root, node, message);
        self.out.push(finding.help(help));
    }

    /// Reports that a field below a map is missing, at the deepest map that is there.
    fn missing(&mut self, holder: NodeRef<'t>, path: &[&str], what: &str, help: &str) {
        let (mut holder, mut path) = (holder, path);
        while let [first, rest @ ..] = path
            && !rest.is_empty()
            && let Some(next) = field(holder, first)
        {
            (holder, path) = (next, rest);
        }
        let Some((first, rest)) = path.split_first() else { return };
        let mut finding = Finding::missing(self.pod.root, holder, first);
        for name in rest {
            finding.path = format!("{}.{name}", finding.path);
        }
        finding.code = Code::PodSecurity;
        let level = self.pod.standard.level.word();
        finding.message = format!("{what}, which the {level} standard forbids");
        self.out.push(finding.help(help));
    }

    fn containers(&self) -> impl Iterator<Item = (Role, NodeRef<'t>)> + use<'t> {
        pods::containers(self.pod.spec)
    }

    /// The pod and its containers.
    fn holders(&self) -> impl Iterator<Item = NodeRef<'t>> + use<'t> {
        let containers = self.containers().map(|(_, container)| container);
        std::iter::once(self.pod.spec).chain(containers)
    }

    /// `check_hostNamespaces.go`.
    fn host_namespaces(&mut self) {
        for (name, what) in [
            ("hostNetwork", "the pod is in the host's network"),
            ("hostPID", "the pod sees the host's processes"),
            ("hostIPC", "the pod shares memory with the host's processes"),
        ] {
            if let Some(node) = field(self.pod.spec, name)
                && node.as_bool() == Some(true)
            {
                self.error(node, what, format!("delete `{name}`"));
            }
        }
    }

    /// `check_hostPorts.go`.
    fn host_ports(&mut self) {
        for (_, container) in self.containers() {
            for port in items(container, "ports") {
                if let Some(node) = field(port, "hostPort")
                    && node.as_i64().is_some_and(|port| port != 0)
                {
                    let help = "delete `hostPort`, and let a Service lead to the pod";
                    self.error(node, "the container takes a port of the host", help);
                }
            }
        }
    }

    /// `check_hostProbesAndhostLifecycle.go`, since 1.34.
    fn handlers(&mut self) {
        if self.pod.standard.minor < 34 {
            return;
        }
        for (_, container) in self.containers() {
            let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
            let probes = probes.into_iter().filter_map(|name| field(container, name));
            let hooks = ["postStart", "preStop"].into_iter();
            let hooks = hooks.filter_map(|name| container.at_path(&["lifecycle", name]));
            let handlers: Vec<NodeRef<'t>> = probes.chain(hooks).collect();
            for handler in handlers {
                for kind in ["httpGet", "tcpSocket"] {
                    if let Some(host) = handler.at_path(&[kind, "host"])
                        && !host.text().is_empty()
                    {
                        let what = "the kubelet would call another host than the pod";
                        self.error(host, what, "delete `host`; a header can name a virtual host");
                    }
                }
            }
        }
    }

    /// What a security context must not say: `check_privileged.go`, `check_procMount_*.go`,
    /// `check_seLinuxOptions.go`, `check_appArmorProfile.go`, `check_windowsHostProcess.go`.
    fn contexts(&mut self) {
        let restricted = self.pod.standard.level == Level::Restricted;
        for holder in self.holders() {
            let Some(context) = field(holder, "securityContext") else { continue };
            let of_pod = holder.at_path(&["containers"]).is_some();
            if let Some(node) = field(context, "privileged")
                && node.as_bool() == Some(true)
                && !of_pod
            {
                let help = "delete it, and add the capabilities that the program needs";
                self.error(node, "the container has all rights of the host", help);
            }
            if let Some(node) = field(context, "procMount")
                && node.text() != "Default"
                && (restricted || !self.pod.own_users)
                && !of_pod
            {
                self.error(node, "/proc is not masked", "delete `procMount`");
            }
            if let Some(node) = context.at_path(&["windowsOptions", "hostProcess"])
                && node.as_bool() == Some(true)
            {
                self.error(node, "the containers run on the host", "delete `hostProcess`");
            }
            if let Some(options) = field(context, "seLinuxOptions") {
                self.se_linux(options);
            }
            if let Some(profile) = field(context, "appArmorProfile")
                && !matches!(text(profile, "type"), "RuntimeDefault" | "Localhost")
            {
                let node = field(profile, "type").unwrap_or(profile);
                let help = "write `type: RuntimeDefault`";
                self.error(node, "AppArmor does not confine the container", help);
            }
        }
    }

    fn se_linux(&mut self, options: NodeRef<'t>) {
        let engine = self.pod.standard.minor >= 31;
        let known = match text(options, "type") {
            "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
            "container_engine_t" => engine,
            _ => false,
        };
        if let Some(node) = field(options, "type").filter(|_| !known) {
            let help = "delete it, or write `container_t`";
            self.error(node, "the type of SELinux is none of containers", help);
        }
        for name in ["user", "role"] {
            if let Some(node) = field(options, name)
                && !node.text().is_empty()
            {
                let what = format!("the {name} of SELinux is set");
                self.error(node, &what, format!("delete `{name}`"));
            }
        }
    }

    /// `check_sysctls.go`.
    fn sysctls(&mut self) {
        const SAFE: [(u8, &str); 12] = [
            (0, "kernel.shm_rmid_forced"),
            (0, "net.ipv4.ip_local_port_range"),
            (0, "net.ipv4.ip_unprivileged_port_start"),
            (0, "net.ipv4.ping_group_range"),
            (0, "net.ipv4.tcp_syncookies"),
            (27, "net.ipv4.ip_local_reserved_ports"),
            (29, "net.ipv4.tcp_fin_timeout"),
            (29, "net.ipv4.tcp_keepalive_intvl"),
            (29, "net.ipv4.tcp_keepalive_probes"),
            (29, "net.ipv4.tcp_keepalive_time"),
            (32, "net.ipv4.tcp_rmem"),
            (32, "net.ipv4.tcp_wmem"),
        ];
        let minor = self.pod.standard.minor;
        let list = self.pod.spec.at_path(&["securityContext", "sysctls"]);
        for sysctl in list.into_iter().flat_map(NodeRef::items) {
            let name = text(sysctl, "name");
            if !SAFE.iter().any(|(since, safe)| *since <= minor && *safe == name) {
                let node = field(sysctl, "name").unwrap_or(sysctl);
                let safe: Vec<&str> = SAFE
                    .iter()
                    .filter(|(since, _)| *since <= minor)
                    .map(|(_, safe)| *safe)
                    .collect();
                let what = format!("the sysctl `{name}` is not safe for other pods of the node");
                self.error(node, &what, format!("delete it; safe are `{}`", safe.join("`, `")));
            }
        }
    }

    /// The annotations of `check_appArmorProfile.go`.
    fn app_armor_annotations(&mut self) {
        let annotations = self.pod.template.at_path(&["metadata", "annotations"]);
        for annotation in annotations.into_iter().flat_map(NodeRef::entries) {
            let key = annotation.key().unwrap_or_default();
            let value = annotation.text();
            if key.starts_with("container.apparmor.security.beta.kubernetes.io/")
                && !matches!(value, "" | "runtime/default")
                && !value.starts_with("localhost/")
            {
                let help = "delete the annotation";
                self.error(annotation, "AppArmor does not confine the container", help);
            }
        }
    }

    /// `check_hostPathVolumes.go` and `check_restrictedVolumes.go`.
    fn volumes(&mut self, restricted: bool) {
        const ALLOWED: [&str; 9] = [
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "image",
            "persistentVolumeClaim",
            "projected",
            "secret",
        ];
        for volume in items(self.pod.spec, "volumes") {
            let source =
                |entry: &NodeRef<'t>| entry.key() != Some("name") && entry.kind() != Kind::Null;
            let allowed =
                |entry: NodeRef<'t>| entry.key().is_some_and(|key| ALLOWED.contains(&key));
            if let Some(path) = field(volume, "hostPath")
                && !(restricted && volume.entries().filter(source).any(allowed))
            {
                let help = "mount a claim, or an `emptyDir` for what need not last";
                self.error(path, "the volume is a folder of the host", help);
            } else if restricted
                && !volume.entries().filter(source).any(allowed)
                && let Some(entry) = volume.entries().find(source)
            {
                let what = format!("a pod mounts `{}` itself", entry.key().unwrap_or_default());
                let help = "mount it through a PersistentVolume and its claim";
                self.error(entry, &what, help);
            }
        }
    }

    /// `check_seccompProfile_baseline.go` and `check_seccompProfile_restricted.go`.
    fn seccomp(&mut self, restricted: bool) {
        let profile = |holder: NodeRef<'t>| holder.at_path(&["securityContext", "seccompProfile"]);
        let profile = |holder| profile(holder).filter(|profile| profile.kind() != Kind::Null);
        let good =
            |profile: NodeRef<'t>| matches!(text(profile, "type"), "RuntimeDefault" | "Localhost");
        if restricted && self.pod.windows {
            return;
        }
        for holder in self.holders() {
            if let Some(profile) = profile(holder).filter(|profile| !good(*profile)) {
                let node = field(profile, "type").unwrap_or(profile);
                let help = "write `type: RuntimeDefault`";
                self.error(node, "seccomp does not confine the container", help);
            }
        }
        if restricted && profile(self.pod.spec).is_none() {
            let path = ["securityContext", "seccompProfile"];
            let help = "add `seccompProfile: { type: RuntimeDefault }`";
            self.unset(&path, "seccomp does not confine the containers", help, |container| {
                profile(container).is_some()
            });
        }
    }

    /// Reports what neither the pod nor some of its containers say: at the pod where none of
    /// them does, and else at those that do not.
    fn unset(&mut self, path: &[&str], what: &str, help: &str, set: impl Fn(NodeRef<'t>) -> bool) {
        let silent = |container: &NodeRef<'t>| !set(*container);
        let all: Vec<NodeRef<'t>> = self.containers().map(|(_, container)| container).collect();
        let missing: Vec<NodeRef<'t>> = all.iter().copied().filter(silent).collect();
        if missing.len() == all.len() {
            if !all.is_empty() {
                self.missing(self.pod.spec, path, what, help);
            }
            return;
        }
        for container in missing {
            self.missing(container, path, what, help);
        }
    }

    /// `check_capabilities_baseline.go` and `check_capabilities_restricted.go`.
    fn capabilities(&mut self, restricted: bool) {
        const DEFAULT: [&str; 13] = [
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT",
        ];
        if restricted && self.pod.windows {
            return;
        }
        let allowed = if restricted { &["NET_BIND_SERVICE"][..] } else { &DEFAULT[..] };
        for (_, container) in self.containers() {
            let capabilities = container.at_path(&["securityContext", "capabilities"]);
            let list = |name| capabilities.into_iter().flat_map(move |of| items(of, name));
            for added in list("add").filter(|added| !allowed.contains(&added.text())) {
                let what = format!("the container adds the capability `{}`", added.text());
                let help = format!("delete it; allowed are `{}`", allowed.join("`, `"));
                self.error(added, &what, help);
            }
            if restricted && !list("drop").any(|dropped| dropped.text() == "ALL") {
                let path = ["securityContext", "capabilities", "drop"];
                let what = "the container keeps capabilities";
                let help = "write `capabilities: { drop: [ALL] }`";
                match capabilities.and_then(|capabilities| field(capabilities, "drop")) {
                    Some(drop) => self.error(drop, what, help),
                    None => self.missing(container, &path, what, help),
                }
            }
        }
    }

    /// `check_allowPrivilegeEscalation.go`.
    fn escalation(&mut self) {
        if self.pod.windows {
            return;
        }
        for (_, container) in self.containers() {
            let path = ["securityContext", "allowPrivilegeEscalation"];
            let node = container.at_path(&path).filter(|node| node.kind() != Kind::Null);
            let what = "the program may gain rights";
            match node {
                None => {
                    let help = "add `allowPrivilegeEscalation: false`";
                    self.missing(container, &path, what, help);
                }
                Some(node) if node.as_bool() != Some(false) => {
                    self.error(node, what, "write `false`");
                }
                Some(_) => {}
            }
        }
    }

    /// `check_runAsNonRoot.go` and `check_runAsUser.go`.
    fn non_root(&mut self) {
        if self.pod.own_users {
            return;
        }
        let path = ["securityContext", "runAsNonRoot"];
        let said =
            |holder: NodeRef<'t>| holder.at_path(&path).filter(|node| node.kind() != Kind::Null);
        for holder in self.holders() {
            if let Some(node) = said(holder).filter(|node| node.as_bool() == Some(false)) {
                self.error(node, "the program may run as root", "write `runAsNonRoot: true`");
            }
            if let Some(user) = holder.at_path(&["securityContext", "runAsUser"])
                && user.as_i64() == Some(0)
            {
                let help =
                    "write the number of another user, which the image must be able to run as";
                self.error(user, "the program runs as root", help);
            }
        }
        if said(self.pod.spec).and_then(NodeRef::as_bool) != Some(true) {
            let what = "the program may run as root";
            let help = "add `runAsNonRoot: true`";
            self.unset(&path, what, help, |container| said(container).is_some());
        }
    }
}
