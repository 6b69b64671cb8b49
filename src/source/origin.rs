//! Where a value came from.

use super::Span;

/// Where a value came from: an input wrote it, or gen worked it out.
///
/// Every node of every rendered object has one; that is what lets an error about an
/// object point at the line that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An input wrote it at this place.
    Written(Span),
    /// A named rule of gen made it, because of what an input says at `from`;
    /// without `from` it is a default that no input caused.
    Derived {
        /// The rule or default.
        rule: Rule,
        /// The input that the rule applied to.
        from: Option<Span>,
    },
}

impl Origin {
    /// The place in an input to show for this value, if any input caused it.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        match self {
            Self::Written(span) => Some(span),
            Self::Derived { from, .. } => from,
        }
    }

    /// A value that `rule` makes from what this origin stands for.
    #[must_use]
    pub fn derive(self, rule: Rule) -> Self {
        Self::Derived { rule, from: self.span() }
    }
}

/// Declares [`Rule`] with its names and meanings in one place.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)+) => {
        /// A default or derivation of gen's own, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[doc = $doc])+ $name,)+ }

        impl Rule {
            /// Every rule, in the order declared.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable name, in kebab case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// What it does and why, for the reference.
            #[must_use]
            pub fn doc(self) -> String {
                let doc = match self { $(Self::$name => [$($doc),+].as_slice()),+ };
                // A doc comment's lines start with the space that follows its slashes.
                doc.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).fold(
                    String::new(),
                    |page, line| page + line + "\n",
                )
            }
        }
    };
}

rules! {
    /// The kind and version of an object follow from the component that it serves.
    ObjectIdentity = "object-identity",
    /// The recommended `app.kubernetes.io/*` labels.
    RecommendedLabels = "recommended-labels",
    /// An object lives in the namespace of its stack.
    StackNamespace = "stack-namespace",
    /// Objects find their pods by `app.kubernetes.io/name` and `/instance` alone. The other
    /// recommended labels change in the life of a component, and a selector cannot.
    StableSelector = "stable-selector",
    /// A Job's name ends in a digest of its spec: the server refuses to change a Job's
    /// template, so a changed Job is another Job, which runs again.
    JobName = "job-name",
    /// A pod template carries digests of the ConfigMaps and Secrets that its pods read, so
    /// that a change of their content starts the pods again.
    RestartOnChange = "restart-on-change",
    /// Everything that no component declares is denied: each namespace has a NetworkPolicy that
    /// selects every pod and allows nothing.
    DefaultDeny = "default-deny",
    /// A component's NetworkPolicy allows the ways that needs, routes and consents declare.
    DeclaredNetwork = "declared-network",
    /// A component that calls anything may ask the cluster's DNS, without which a name leads
    /// nowhere.
    DnsEgress = "dns-egress",
    /// A namespace enforces the environment's Pod Security Standard, in the environment's
    /// version, and warns and audits by the same.
    PodSecurity = "pod-security",
    /// A namespace belongs to the stack that alone uses it, or to the environment where
    /// several do.
    NamespaceOwner = "namespace-owner",
    /// ACME's HTTP-01 challenges are answered through the environment's own routing.
    AcmeSolver = "acme-solver",
    /// A route with TLS has a cert-manager Certificate for its host, from the environment's
    /// issuer.
    Certificate = "certificate",
    /// Where the environment has certificates sign themselves, each stack that serves TLS gets
    /// an Issuer for that.
    SelfSignedIssuer = "self-signed-issuer",
    /// HSTS tells browsers for a year to use HTTPS only, for sub-domains too. ingress-nginx
    /// takes the header from a ConfigMap, and must list it in `global-allowed-response-headers`.
    Hsts = "hsts",
    /// The pods that answer ACME's HTTP-01 challenges are cert-manager's, come and go in the
    /// namespace of the route, and are reached by the same controller as the route; the default
    /// deny would keep it from them, and no certificate would ever come.
    AcmeSolverIngress = "acme-solver-ingress",
}
