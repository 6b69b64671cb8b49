//! What a real API server would say of the objects, found offline and at the user's line.
//!
//! [`schema`] compares each object with the type of its kind; [`rules`] checks what types
//! cannot say; [`references`] looks at all objects of an environment together; [`security`] holds
//! their pods against the standard that their namespaces enforce. What the server takes and is
//! still no good practice is a warning, which an [`Allowance`] lets go.

pub mod admission;
pub mod allowance;
mod cel;
pub mod custom;
pub(crate) mod fields;
mod finding;
mod member;
pub(crate) mod pods;
pub mod practice;
pub mod references;
mod repeated;
pub mod rules;
pub mod schema;
pub mod security;
pub(crate) mod selector;
mod share;
mod sound;
#[cfg(test)]
pub(crate) mod testing;

pub use allowance::Allowance;
pub use custom::CustomKinds;
pub use finding::{Finding, object_name};
pub use member::Member;

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostics, Severity};
use crate::k8s::Version;
use crate::k8s::schema::Resource;
use crate::source::{NodeRef, Tree};

/// A map in which each of thousands of objects looks something up.
pub(crate) type Map<K, V> = IndexMap<K, V, RandomState>;

/// What validation has to know of the cluster that the objects are for.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// Its version of Kubernetes.
    pub version: Version,
    /// The kinds without a schema that are there, each `group/version/Kind`.
    pub kinds: Vec<String>,
    /// The StorageClasses that are there.
    pub storage_classes: Vec<String>,
    /// The PriorityClasses that are there.
    pub priority_classes: Vec<String>,
    /// The ClusterIssuers that are there.
    pub cluster_issuers: Vec<String>,
    /// The Secrets that are there in any namespace, and the keys of each.
    pub secrets: BTreeMap<String, Vec<String>>,
    /// Other objects that are there, each `Kind/namespace/name` or `Kind/name`.
    pub objects: Vec<String>,
    /// The Pod Security Standard that its namespaces enforce, where their labels say nothing.
    pub pod_security: security::Level,
    /// How much of what the cluster is to get is at hand.
    pub extent: Extent,
    /// The kinds that `CustomResourceDefinition`s bring; they go before those that gen knows
    /// by itself.
    pub custom: CustomKinds,
    /// Policies, their bindings and the objects that parametrise them, beside those that are
    /// checked.
    pub policies: Vec<Tree>,
}

/// How much of what a cluster is to get is checked together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// All that an environment renders: what is named and not there is an error.
    #[default]
    Environment,
    /// Some files, perhaps with others to come: what is named and not there is worth a look.
    Files,
}

impl Cluster {
    fn knows_kind(&self, api_version: &str, kind: &str) -> bool {
        let known = |known: &String| {
            known.rsplit_once('/').is_some_and(|(of, name)| of == api_version && name == kind)
        };
        self.kinds.iter().any(known)
    }

    /// Whether the objects of a kind lie in namespaces; `None` for kinds that gen does not know.
    fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        let custom = self.custom.find(api_version, kind).map(|custom| custom.is_namespaced);
        custom.or_else(|| {
            Resource::find(self.version, api_version, kind).map(Resource::is_namespaced)
        })
    }
}

/// Checks all objects of an environment, each for itself and all together. Definitions among
/// them bring their kinds.
#[must_use]
pub fn check(members: &[Member<'_>], cluster: &Cluster) -> Diagnostics {
    let mut findings = Vec::new();
    let mut extended = None;
    for member in members.iter().filter(|member| custom::is_definition(member.root)) {
        let cluster = extended.get_or_insert_with(|| cluster.clone());
        cluster.custom.read(member.root);
    }
    let cluster = extended.as_ref().unwrap_or(cluster);
    for member in members {
        object(member.root, member.author, cluster, &mut findings);
    }
    for policy in &cluster.policies {
        object(policy.root(), Author::Other, cluster, &mut findings);
    }
    references::check(members, cluster, &mut findings);
    security::check(members, cluster, &mut findings);
    admission::check(members, cluster, &mut findings);
    let mut diagnostics = Diagnostics::default();
    for finding in findings {
        diagnostics.push(finding.into_diagnostic());
    }
    diagnostics
}

/// Checks one object for itself: its types, and what the server asks beyond them.
///
/// The rules meet what the schema found wrong, too. Where both say the same of a value, the rule
/// knows more of it; what the schema could not read, no rule speaks of again.
pub fn object(root: NodeRef<'_>, author: Author, cluster: &Cluster, out: &mut Vec<Finding>) {
    let own = out.len();
    schema::check(root, author, cluster, out);
    let typed = out.len();
    rules::check(root, author, cluster, out);
    if typed > own && out.len() > typed {
        let of_rules = out.split_off(typed);
        join(out, own, of_rules);
    }
}

/// Adds what the rules found to what the schema did, from a place on.
fn join(out: &mut Vec<Finding>, own: usize, of_rules: Vec<Finding>) {
    let mut of_schema: Map<String, Vec<usize>> = Map::default();
    for (place, finding) in out.iter().enumerate().skip(own) {
        of_schema.entry(finding.path.clone()).or_default().push(place);
    }
    for finding in of_rules {
        let same = |earlier: &Finding| {
            earlier.code == finding.code
                || earlier.code != Code::RepeatedItem
                || earlier.severity == Severity::Warning
        };
        let mut there = of_schema.get(&finding.path).into_iter().flatten().copied();
        match there.find(|place| same(&out[*place])) {
            Some(place)
                if [out[place].code, Code::MissingObjectField].contains(&finding.code)
                    || out[place].severity == Severity::Warning =>
            {
                out[place] = finding;
            }
            Some(_) => {}
            None => out.push(finding),
        }
    }
}

/// Who wrote an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// gen itself, from a stack: what the server merely warns of is an error.
    Gen,
    /// Somebody else, in a template, a vendored manifest or a file to check.
    Other,
}
