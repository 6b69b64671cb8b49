//! A concrete environment, resolved.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use super::Surroundings;
use super::cidr;
use super::ground::{Ground, Grounded};
use super::interface::{missing, open_entries};
use super::log::Log;
use super::names;
use super::read::Read;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::k8s::{NameForm, Version};
use crate::plan::{
    ClusterIssuer, ControllerPods, Dns, ExternalStore, IssuerKind, Map, Place, PriorityClass,
    Routing, RoutingKind, Scraper, SealedSecrets, StorageClass, TlsSource, Val,
};
use crate::source::{Origin, Rule, Span};
use crate::spec::expression::Text;
use crate::spec::value::List;
use crate::spec::{self, IngressKind, Placeholders, Policy, SealScope, StoreKind};

/// Where ACME certificates come from where nobody says it.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// The environment with every expression evaluated and every default filled in. `None` when
/// it is not sound, which the diagnostics say.
#[must_use]
pub fn place(surroundings: &Surroundings, diagnostics: &mut Diagnostics) -> Option<Arc<Place>> {
    let log = Log::default();
    let ground = Ground::of_environment(surroundings, &log);
    let reader = Reader {
        read: ground.with(&log),
        log: &log,
        spec: &surroundings.spec,
        name: &surroundings.name,
        at: Origin::Written(surroundings.span),
    };
    let place = reader.place(&surroundings.chain);
    let sound = !log.has_errors();
    diagnostics.append(log.into_diagnostics());
    sound.then(|| Arc::new(place))
}

struct Reader<'s> {
    read: Grounded<'s>,
    log: &'s Log,
    spec: &'s spec::Environment,
    name: &'s str,
    /// The environment as a whole.
    at: Origin,
}

impl Reader<'_> {
    fn place(&self, chain: &[String]) -> Place {
        let spec = self.spec;
        let (sealed, external, existing_secrets, placeholders) = self.secrets();
        let existing = spec.existing.as_ref();
        let labels = self.read.map(spec.labels.as_ref(), "a label");
        names::check_labels(&labels, self.log);
        let annotations = self.read.map(spec.annotations.as_ref(), "an annotation");
        names::check_annotations(&annotations, self.log);
        let domain = self.read.option(spec.domain.as_ref(), "a domain");
        if let Some(domain) = &domain {
            names::check(NameForm::DnsSubdomain, &domain.v, domain.at, "a domain", self.log);
        }
        for block in self.list(spec.cluster_cidrs.as_ref(), "a block of addresses") {
            cidr::check(&block, self.log);
        }
        Place {
            name: self.name.to_owned(),
            chain: chain.to_vec(),
            at: self.at,
            kubernetes: self.kubernetes(),
            domain,
            policy: self.or(
                self.read.value(spec.policy.as_ref(), "a policy"),
                Policy::Restricted,
                Rule::DefaultPolicy,
            ),
            arch: self.arch(),
            dns: self.dns(),
            api_server: self.api_server(),
            scraper: self.scraper(),
            routing: self.routing(),
            sealed,
            external,
            existing_secrets,
            placeholders,
            plain_secrets: self
                .list(spec.secrets.as_ref().and_then(|secrets| secrets.plain.as_ref()), "a name"),
            labels,
            annotations,
            cluster_issuers: self.cluster_issuers(),
            storage_classes: self.storage_classes(),
            priority_classes: self.priority_classes(),
            known_storage_classes: self.known_storage_classes(),
            known_priority_classes: self
                .list(existing.and_then(|known| known.priority_classes.as_ref()), "a name"),
            known_cluster_issuers: self
                .list(existing.and_then(|known| known.cluster_issuers.as_ref()), "a name"),
            known_kinds: self.list(existing.and_then(|known| known.kinds.as_ref()), "a kind"),
            known_objects: self.list(existing.and_then(|known| known.objects.as_ref()), "a name"),
            allowed_changes: self.read.allowed_changes(spec.allow_changes.as_ref()),
        }
    }

    fn arch(&self) -> Vec<Val<String>> {
        let arch = self.list(self.spec.arch.as_ref(), "an architecture");
        for arch in &arch {
            names::check_arch(arch, self.log);
        }
        arch
    }

    /// The storage classes that exist there: those that stacks can ask for are among them.
    fn known_storage_classes(&self) -> Vec<Val<String>> {
        let existing = self.spec.existing.as_ref();
        let listed = existing.and_then(|known| known.storage_classes.as_ref());
        let mut known = self.list(listed, "a name");
        known.extend(self.read.map(self.spec.storage.as_ref(), "a storage class").into_values());
        known
    }

    /// What is said, or a default that a rule gives.
    fn or<T>(&self, said: Option<Val<T>>, default: T, rule: Rule) -> Val<T> {
        said.unwrap_or_else(|| Val::new(default, self.at.derive(rule)))
    }

    fn text_or(&self, text: Option<&Text>, default: &str, rule: Rule) -> Val<String> {
        self.or(self.read.option(text, "a value of the environment"), default.to_owned(), rule)
    }

    fn list(&self, list: Option<&List<Text>>, place: &str) -> Vec<Val<String>> {
        self.read.list(list, place).unwrap_or_default()
    }

    /// A text that must be there; empty after an error.
    fn required(
        &self,
        text: Option<&Text>,
        span: Option<Span>,
        what: &str,
        field: &str,
    ) -> Val<String> {
        if text.is_none()
            && let Some(span) = span.or(self.at.span())
        {
            self.log.push(missing(span, what, field));
        }
        self.read
            .option(text, "a value of the environment")
            .unwrap_or_else(|| Val::new(String::new(), self.at))
    }

    fn kubernetes(&self) -> Val<Version> {
        let Some(said) = self.read.option(self.spec.kubernetes.as_ref(), "a version") else {
            return Val::new(Version::newest(), self.at.derive(Rule::NewestKubernetes));
        };
        let version = Version::from_str(&said.v).unwrap_or_else(|error| {
            if let Some(span) = said.at.span() {
                self.log.push(
                    Diagnostic::error(
                        Code::MalformedValue,
                        span,
                        format!("`{}` is no version of Kubernetes that gen knows", said.v),
                    )
                    .help(format!("the versions are {}, in quotes", error.supported)),
                );
            }
            Version::newest()
        });
        Val::new(version, said.at)
    }

    fn dns(&self) -> Dns {
        let dns = self.spec.dns.as_ref();
        let mut labels = self.read.map(dns.and_then(|dns| dns.labels.as_ref()), "a label");
        let cidrs = self.cidrs(dns.and_then(|dns| dns.cidrs.as_ref()));
        if dns.is_none_or(|dns| dns.labels.is_none()) {
            let label = Val::new("kube-dns".to_owned(), self.at.derive(Rule::ClusterDns));
            labels.insert("k8s-app".to_owned(), label);
        }
        let namespace = dns.and_then(|dns| dns.namespace.as_ref());
        Dns { namespace: self.text_or(namespace, "kube-system", Rule::ClusterDns), labels, cidrs }
    }

    fn cidrs(&self, list: Option<&List<Text>>) -> Vec<Val<String>> {
        let blocks = self.list(list, "an address");
        for block in &blocks {
            cidr::check(block, self.log);
        }
        blocks
    }

    fn api_server(&self) -> (Vec<Val<String>>, Vec<Val<u16>>) {
        let server = self.spec.api_server.as_ref();
        let cidrs = self.cidrs(server.and_then(|server| server.cidrs.as_ref()));
        let Some(ports) = server.and_then(|server| server.ports.as_ref()) else {
            let at = self.at.derive(Rule::ApiServerPorts);
            return (cidrs, vec![Val::new(443, at), Val::new(6443, at)]);
        };
        let ports = ports.items.iter().filter_map(|port| self.read.value(Some(port), "a port"));
        (cidrs, ports.collect())
    }

    fn scraper(&self) -> Option<Scraper> {
        let metrics = self.spec.metrics.as_ref()?;
        let namespace =
            self.required(metrics.namespace.as_ref(), metrics.span, "`metrics`", "namespace");
        Some(Scraper {
            pods: ControllerPods {
                namespace,
                labels: self.read.map(metrics.labels.as_ref(), "a label"),
            },
            monitors: self
                .read
                .value(metrics.monitors.as_ref(), "a switch")
                .is_some_and(|yes| yes.v),
        })
    }

    fn pods(
        &self,
        pods: Option<&spec::ControllerPods>,
        span: Option<Span>,
        what: &str,
    ) -> ControllerPods {
        if pods.is_none()
            && let Some(span) = span.or(self.at.span())
        {
            self.log.push(
                Diagnostic::error(Code::MissingField, span, format!("{what} has no `controller`"))
                    .help("write where its pods run, `controller: { namespace: ... }`: network policies must let them in"),
            );
            return ControllerPods {
                namespace: Val::new(String::new(), self.at),
                labels: Map::new(),
            };
        }
        let namespace = pods.and_then(|pods| pods.namespace.as_ref());
        let span = pods.and_then(|pods| pods.span).or(span);
        ControllerPods {
            namespace: self.required(namespace, span, "`controller`", "namespace"),
            labels: self.read.map(pods.and_then(|pods| pods.labels.as_ref()), "a label"),
        }
    }

    fn routing(&self) -> Option<Routing> {
        let spec::Routing::Through(routing) = self.spec.routing.as_ref()? else { return None };
        let span = routing.span.or(self.at.span());
        let (kind, controller) = match (&routing.ingress, &routing.gateway) {
            (Some(ingress), None) => self.ingress(ingress),
            (None, Some(gateway)) => self.gateway(gateway),
            (ingress, gateway) => {
                let both = ingress.is_some() && gateway.is_some();
                if let Some(span) = span {
                    let message = if both {
                        "routing goes through `ingress` or through `gateway`, not both"
                    } else {
                        "routing names neither `ingress` nor `gateway`"
                    };
                    self.log.push(
                        Diagnostic::error(Code::Conflicting, span, message)
                            .help("write one of the two, or `routing: none`"),
                    );
                }
                return None;
            }
        };
        Some(Routing {
            kind,
            controller,
            tls: routing.tls.as_ref().and_then(|tls| self.tls(tls)),
            https_only: self.read.value(routing.https_only.as_ref(), "a switch"),
        })
    }

    fn ingress(&self, ingress: &spec::IngressController) -> (RoutingKind, ControllerPods) {
        let class = self.required(ingress.class.as_ref(), ingress.span, "`ingress`", "class");
        let kind = self.read.value(ingress.kind.as_ref(), "a kind").map_or_else(
            || match class.v.as_str() {
                class if class.contains("nginx") => IngressKind::Nginx,
                class if class.contains("traefik") => IngressKind::Traefik,
                _ => IngressKind::Other,
            },
            |kind| kind.v,
        );
        let controller = self.pods(ingress.controller.as_ref(), ingress.span, "`ingress`");
        (RoutingKind::Ingress { class, kind }, controller)
    }

    fn gateway(&self, gateway: &spec::Gateway) -> (RoutingKind, ControllerPods) {
        let listener = |text: Option<&Text>| self.read.option(text, "the name of a listener");
        let kind = RoutingKind::Gateway {
            name: self.required(gateway.name.as_ref(), gateway.span, "`gateway`", "name"),
            namespace: self.required(
                gateway.namespace.as_ref(),
                gateway.span,
                "`gateway`",
                "namespace",
            ),
            https_listener: listener(gateway.https_listener.as_ref()),
            http_listener: listener(gateway.http_listener.as_ref()),
        };
        (kind, self.pods(gateway.controller.as_ref(), gateway.span, "`gateway`"))
    }

    fn tls(&self, tls: &spec::RoutingTls) -> Option<TlsSource> {
        let self_signed = self.read.value(tls.self_signed.as_ref(), "a switch").filter(|yes| yes.v);
        match (&tls.cluster_issuer, self_signed) {
            (Some(issuer), None) => self.read.text(issuer, "a name").map(TlsSource::ClusterIssuer),
            (None, Some(yes)) => Some(TlsSource::SelfSigned(yes.at)),
            (Some(issuer), Some(yes)) => {
                let diagnostic = Diagnostic::error(
                    Code::Conflicting,
                    issuer.span,
                    "certificates come from `clusterIssuer` or are `selfSigned`, not both",
                )
                .help("remove one of the two");
                self.log.push(match yes.at.span() {
                    Some(span) => diagnostic.also(span, "the other one"),
                    None => diagnostic,
                });
                None
            }
            (None, None) => {
                if let Some(span) = tls.span {
                    self.log.push(missing(span, "`tls`", "clusterIssuer"));
                }
                None
            }
        }
    }

    #[expect(clippy::type_complexity, reason = "the four parts of one block")]
    fn secrets(
        &self,
    ) -> (
        Option<SealedSecrets>,
        Option<ExternalStore>,
        BTreeMap<String, Vec<Val<String>>>,
        Val<Placeholders>,
    ) {
        let secrets = self.spec.secrets.as_ref();
        let sealed =
            secrets.and_then(|secrets| secrets.sealed.as_ref()).map(|sealed| SealedSecrets {
                certificate: self.read.option(sealed.certificate.as_ref(), "a file"),
                scope: self.or(
                    self.read.value(sealed.scope.as_ref(), "a scope"),
                    SealScope::Strict,
                    Rule::StrictScope,
                ),
            });
        let external = secrets.and_then(|secrets| secrets.external.as_ref()).map(|external| {
            let interval =
                self.text_or(external.refresh_interval.as_ref(), "1h0m0s", Rule::RefreshInterval);
            check_go_duration(&interval, self.log);
            ExternalStore {
                store: self.required(external.store.as_ref(), external.span, "`external`", "store"),
                kind: self.or(
                    self.read.value(external.kind.as_ref(), "a kind"),
                    StoreKind::ClusterSecretStore,
                    Rule::ClusterStore,
                ),
                refresh_interval: interval,
            }
        });
        let existing = open_entries(secrets.and_then(|secrets| secrets.existing.as_ref()))
            .map(|(name, entry)| (name.clone(), self.list(Some(&entry.value), "a key")))
            .collect();
        let placeholders =
            self.read.value(secrets.and_then(|secrets| secrets.placeholders.as_ref()), "a word");
        (
            sealed,
            external,
            existing,
            self.or(placeholders, Placeholders::Refused, Rule::NoPlaceholders),
        )
    }

    fn cluster_issuers(&self) -> BTreeMap<String, ClusterIssuer> {
        let mut issuers = BTreeMap::new();
        for (name, entry) in open_entries(self.spec.cluster_issuers.as_ref()) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::DnsSubdomain, name, at, "the name of an issuer", self.log);
            let issuer = &entry.value;
            let self_signed =
                self.read.value(issuer.self_signed.as_ref(), "a switch").is_some_and(|yes| yes.v);
            let kind = match (&issuer.acme, self_signed, &issuer.ca) {
                (Some(acme), false, None) => {
                    let account = format!("{name}-account-key");
                    Some(IssuerKind::Acme {
                        server: self.text_or(acme.server.as_ref(), LETS_ENCRYPT, Rule::LetsEncrypt),
                        email: self.read.option(acme.email.as_ref(), "an address"),
                        account_key_secret: self.text_or(
                            acme.account_key_secret.as_ref(),
                            &account,
                            Rule::AccountKey,
                        ),
                    })
                }
                (None, true, None) => Some(IssuerKind::SelfSigned),
                (None, false, Some(ca)) => self.read.text(ca, "a name").map(IssuerKind::Ca),
                _ => {
                    self.log.push(
                        Diagnostic::error(
                            Code::Conflicting,
                            entry.key,
                            format!("the issuer `{name}` must be exactly one of `acme`, `selfSigned` and `ca`"),
                        )
                        .help("write one of the three"),
                    );
                    None
                }
            };
            if let Some(kind) = kind {
                issuers.insert(name.clone(), ClusterIssuer { kind, at });
            }
        }
        issuers
    }

    fn storage_classes(&self) -> BTreeMap<String, StorageClass> {
        let class = |(name, entry): (&String, &spec::map::Entry<spec::StorageClass>)| {
            let (at, class) = (Origin::Written(entry.key), &entry.value);
            names::check(NameForm::DnsSubdomain, name, at, "the name of a storage class", self.log);
            let what = format!("the storage class `{name}`");
            let class = StorageClass {
                provisioner: self.required(
                    class.provisioner.as_ref(),
                    Some(entry.key),
                    &what,
                    "provisioner",
                ),
                parameters: self.read.map(class.parameters.as_ref(), "a parameter"),
                reclaim_policy: self.read.value(class.reclaim_policy.as_ref(), "a policy"),
                volume_binding_mode: self.read.value(class.volume_binding_mode.as_ref(), "a mode"),
                allow_volume_expansion: self
                    .read
                    .value(class.allow_volume_expansion.as_ref(), "a switch"),
                at,
            };
            (name.clone(), class)
        };
        open_entries(self.spec.storage_classes.as_ref()).map(class).collect()
    }

    fn priority_classes(&self) -> BTreeMap<String, PriorityClass> {
        let mut classes = BTreeMap::new();
        for (name, entry) in open_entries(self.spec.priority_classes.as_ref()) {
            let (at, class) = (Origin::Written(entry.key), &entry.value);
            names::check(
                NameForm::DnsSubdomain,
                name,
                at,
                "the name of a priority class",
                self.log,
            );
            let Some(value) = self.read.value(class.value.as_ref(), "a number") else {
                if class.value.is_none() {
                    self.log.push(missing(
                        entry.key,
                        &format!("the priority class `{name}`"),
                        "value",
                    ));
                }
                continue;
            };
            let class = PriorityClass {
                value,
                global_default: self.read.value(class.global_default.as_ref(), "a switch"),
                description: self.read.option(class.description.as_ref(), "a description"),
                at,
            };
            classes.insert(name.clone(), class);
        }
        classes
    }
}

/// Reports a duration that Go would print otherwise: the operator writes it back as Go does,
/// and every comparison would find a difference.
fn check_go_duration(duration: &Val<String>, log: &Log) {
    let printed = go_duration(&duration.v);
    if let (Some(span), false) = (duration.at.span(), printed.as_deref() == Some(&duration.v)) {
        let diagnostic = Diagnostic::error(
            Code::MalformedValue,
            span,
            format!("`{}` is not a duration as Go prints it", duration.v),
        );
        log.push(match printed {
            Some(printed) => diagnostic.help(format!("write `{printed}`")),
            None => diagnostic.help("write hours, minutes and seconds, such as `1h0m0s`"),
        });
    }
}

/// A duration of whole seconds as Go's `time.Duration` prints it; `None` for what is none.
fn go_duration(text: &str) -> Option<String> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes().get(digits)? {
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(match (hours, minutes) {
        _ if text.is_empty() => return None,
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    })
}
