//! The resources that the server offers, by the names under which rules speak of them.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

use super::items;
use crate::diagnostic::nearest;
use crate::k8s::Version;
use crate::k8s::schema::Resource;
use crate::source::NodeRef;
use crate::validate::Cluster;

/// A kind that the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Served<'c> {
    pub group: &'c str,
    pub version: &'c str,
    pub kind: &'c str,
    pub plural: &'c str,
    pub api_version: &'c str,
}

/// What a rule speaks of.
pub(super) struct Scope<'t> {
    pub groups: BTreeSet<&'t str>,
    pub versions: BTreeSet<&'t str>,
}

/// What a name that no kind has may have been meant to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant<'c> {
    /// Another name of the same group.
    Name(&'c str),
    /// The name is right, and the version is not.
    Version(&'c str),
    /// A resource of another group.
    Group(Served<'c>),
}

/// All kinds that the server offers, as far as they are known.
pub(super) struct Catalogue<'c> {
    all: BTreeSet<Served<'c>>,
    /// By plural and by kind, in small letters.
    by_name: BTreeMap<String, Vec<Served<'c>>>,
    /// Groups and plurals that may be there beside them.
    possible: OnceCell<BTreeSet<(&'c str, String)>>,
    /// How many more names may be compared with what is not there.
    comparisons: Cell<usize>,
    /// How many more names may be looked for in a group.
    lookups: Cell<usize>,
    cluster: &'c Cluster,
}

/// How many names are compared with what is not there, in all rules together.
const MOST_COMPARISONS: usize = 200_000;
/// How many names are looked for in groups, each in each, in all rules together.
const MOST_LOOKUPS: usize = 2_000_000;

/// A group that was once there, and is still named beside those that came after it.
const FORMER_GROUP: &str = "extensions";

/// Resources of which no objects are kept, so that no schema is known.
const WITHOUT_OBJECTS: [(&str, &str); 2] = [("", "bindings"), ("", "componentstatuses")];

impl<'c> Served<'c> {
    fn new(api_version: &'c str, kind: &'c str, plural: &'c str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group, version, kind, plural, api_version }
    }
}

impl<'t> Scope<'t> {
    /// That of a rule of a policy or of a webhook.
    pub fn of_rule(rule: NodeRef<'t>) -> Self {
        let texts = |field: &str| items(rule, &[field]).map(NodeRef::text).collect();
        Self { groups: texts("apiGroups"), versions: texts("apiVersions") }
    }

    /// That of a rule of a role, which is for all versions.
    pub fn of_role(rule: NodeRef<'t>) -> Self {
        Self { versions: ["*"].into(), ..Self::of_rule(rule) }
    }

    fn has_group(&self, group: &str) -> bool {
        self.groups.contains("*") || self.groups.contains(group)
    }

    fn has_version(&self, version: &str) -> bool {
        self.versions.contains("*") || self.versions.contains(version)
    }

    /// Whether one of its versions is such as a server offers only where it is told to, so that
    /// their schemas are not known.
    fn has_unstable_version(&self) -> bool {
        self.versions.iter().any(|version| version.contains("alpha") || version.contains("beta"))
    }
}

impl<'c> Catalogue<'c> {
    pub fn of(cluster: &'c Cluster) -> Self {
        let known = Resource::all(cluster.version)
            .map(|one| Served::new(one.api_version(), one.kind(), one.plural()));
        let defined = cluster.custom.all().filter(|one| one.is_served);
        let defined = defined.map(|one| Served::new(&one.api_version, &one.kind, &one.plural));
        let all: BTreeSet<Served<'c>> = known.chain(defined).collect();
        let mut by_name: BTreeMap<String, Vec<Served<'c>>> = BTreeMap::new();
        for served in &all {
            let names = [served.plural, served.kind].map(str::to_ascii_lowercase);
            for name in BTreeSet::from(names) {
                by_name.entry(name).or_default().push(*served);
            }
        }
        let comparisons = Cell::new(MOST_COMPARISONS);
        let lookups = Cell::new(MOST_LOOKUPS);
        Self { all, by_name, possible: OnceCell::new(), comparisons, lookups, cluster }
    }

    /// Those that a name means, if one does not look at its case and its number too closely.
    fn meant_by(&self, name: &str) -> impl Iterator<Item = Served<'c>> {
        self.by_name.get(&name.to_ascii_lowercase()).into_iter().flatten().copied()
    }

    /// Those of exactly that plural.
    fn called(&self, name: &str) -> impl Iterator<Item = Served<'c>> {
        self.meant_by(name).filter(move |served| served.plural == name)
    }

    fn of_group(&self, group: &'c str) -> impl Iterator<Item = Served<'c>> {
        let first = Served { group, version: "", kind: "", plural: "", api_version: "" };
        self.all.range(first..).copied().take_while(move |served| served.group == group)
    }

    /// The kinds that a rule names one by one, as the server looks for those whose types it
    /// checks expressions with, and whether that is all of them.
    pub fn named_by(&self, rule: NodeRef<'_>) -> (BTreeSet<Served<'c>>, bool) {
        let scope = Scope::of_rule(rule);
        let is_open = |text: &&str| text.contains('*');
        if scope.groups.iter().chain(&scope.versions).any(is_open) {
            return (BTreeSet::new(), false);
        }
        let (mut found, mut all) = (BTreeSet::new(), true);
        for name in items(rule, &["resources"]).map(NodeRef::text) {
            let is_named = |served: &Served<'_>| {
                scope.has_group(served.group) && scope.has_version(served.version)
            };
            let mut named = self.called(name).filter(is_named).peekable();
            all &= named.peek().is_some();
            found.extend(named);
        }
        (found, all)
    }

    /// Whether one of the groups may have any resource whatever.
    pub fn is_open(&self, scope: &Scope<'c>) -> bool {
        let is_known = |group: &'c str| {
            group == "*" || self.of_group(group).next().is_some() || self.is_closed(group)
        };
        !scope.groups.iter().all(|group| is_known(group))
    }

    /// Whether a group and its kinds are known as a whole: no definition brings kinds to a group
    /// whose name is no domain, nor to one that is a slip of the pen.
    fn is_closed(&self, group: &str) -> bool {
        match group {
            "*" | FORMER_GROUP => false,
            _ => !group.contains('.') || group.contains('/') || self.is_slip(group),
        }
    }

    fn is_slip(&self, group: &str) -> bool {
        let is_near = |served: &Served<'_>| strsim::osa_distance(served.group, group) == 1;
        self.compares(self.all.len()) && self.all.iter().any(is_near)
    }

    /// What a rule speaks of, without the groups in which nothing can be.
    pub fn known(&self, scope: &Scope<'c>) -> Scope<'c> {
        let is_known = |group: &&'c str| {
            let possible = || self.possible().range((*group, String::new())..).next();
            *group == "*"
                || self.of_group(group).next().is_some()
                || possible().is_some_and(|(of, _)| of == group)
        };
        let groups = scope.groups.iter().copied().filter(is_known).collect();
        Scope { groups, versions: scope.versions.clone() }
    }

    /// Takes so many names to look for, if there are as many left.
    pub fn affords(&self, lookups: usize) -> bool {
        let left = self.lookups.get().checked_sub(lookups);
        self.lookups.set(left.unwrap_or(self.lookups.get()));
        left.is_some()
    }

    /// Whether so many names may still be compared.
    fn compares(&self, count: usize) -> bool {
        let left = self.comparisons.get().checked_sub(count);
        self.comparisons.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Whether a resource of that name may be there in one of the groups and versions, none of
    /// which is open.
    pub fn may_have(&self, scope: &Scope<'c>, name: &str) -> bool {
        let in_groups = self.called(name).filter(|served| scope.has_group(served.group));
        let known: Vec<Served<'c>> = in_groups.collect();
        if known.is_empty() {
            return scope.groups.iter().any(|group| self.group_may_have(group, name));
        }
        known.iter().any(|served| {
            scope.has_version(served.version)
                || (scope.has_unstable_version() && !self.is_closed(served.group))
        })
    }

    /// Whether all that a rule means by a name is in namespaces, or all in none; unknown where
    /// there may be more of that name.
    pub fn is_namespaced(&self, scope: &Scope<'c>, name: &str) -> Option<bool> {
        let is_meant = |served: &Served<'c>| {
            scope.has_group(served.group) && scope.has_version(served.version)
        };
        let meant = self.called(name).filter(is_meant);
        let mut all = meant.map(|it| self.cluster.is_namespaced(it.api_version, it.kind));
        let first = all.next()??;
        (!scope.groups.contains("*") && all.all(|one| one == Some(first))).then_some(first)
    }

    /// Whether a group may have a resource that is not among those that are known.
    fn group_may_have(&self, group: &'c str, name: &str) -> bool {
        WITHOUT_OBJECTS.contains(&(group, name))
            || self.possible().contains(&(group, name.to_owned()))
            || (!self.is_closed(group) && self.slip(group, name).is_none())
    }

    /// What other versions of Kubernetes have, as this one may where it is told to, and what the
    /// kinds that the environment lists may be called.
    fn possible(&self) -> &BTreeSet<(&'c str, String)> {
        self.possible.get_or_init(|| {
            let known = Version::all().flat_map(Resource::all).map(|one| {
                let served = Served::new(one.api_version(), one.kind(), one.plural());
                (served.group, served.plural.to_owned())
            });
            let listed = self.cluster.kinds.iter().filter_map(|kind| kind.rsplit_once('/'));
            let listed = listed.flat_map(|(api_version, kind)| {
                let group = Served::new(api_version, kind, "").group;
                plurals(kind).map(|plural| (group, plural))
            });
            known.chain(listed).collect()
        })
    }

    /// The resource of a group that a name is nearly that of. Of a group that may have more than
    /// is known, it must be the same word.
    fn slip(&self, group: &'c str, name: &str) -> Option<&'c str> {
        let same = self.meant_by(name).find(|served| ["*", served.group].contains(&group));
        if group == "*" || same.is_some() {
            return same.map(|served| served.plural);
        }
        let plurals: BTreeSet<&str> = self.of_group(group).map(|served| served.plural).collect();
        if !self.compares(plurals.len()) {
            return None;
        }
        let near = nearest(name, plurals)?;
        (self.is_closed(group) || strsim::osa_distance(near, name) == 1).then_some(near)
    }

    /// What a name was meant to be that no kind of these groups and versions has.
    pub fn meant(&self, scope: &Scope<'c>, name: &str) -> Option<Meant<'c>> {
        let is_in = |served: &Served<'_>| scope.has_group(served.group);
        let version = || self.called(name).find(is_in).map(|served| Meant::Version(served.version));
        let same = || self.meant_by(name).find(is_in).map(|served| Meant::Name(served.plural));
        let elsewhere = || {
            let called = self.called(name).next();
            called.or_else(|| self.meant_by(name).next()).map(Meant::Group)
        };
        let near = || scope.groups.iter().find_map(|group| self.slip(group, name)).map(Meant::Name);
        version().or_else(same).or_else(elsewhere).or_else(near)
    }

    /// Whether a kind is not there: all of its group are known, or its name is a slip.
    pub fn lacks_kind(&self, api_version: &'c str, kind: &str) -> bool {
        let group = Served::new(api_version, "", "").group;
        let is_slip = || {
            let mut known = self.of_group(group).map(|served| served.kind);
            known.any(|known| known.eq_ignore_ascii_case(kind))
        };
        self.is_closed(group) || is_slip()
    }
}

/// What a kind may be called in URLs.
fn plurals(kind: &str) -> [String; 4] {
    let one = kind.to_ascii_lowercase();
    let stem = one.strip_suffix('y').unwrap_or(&one);
    [format!("{one}s"), format!("{one}es"), format!("{stem}ies"), one]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(group: &'static str, version: &'static str) -> Scope<'static> {
        Scope { groups: [group].into(), versions: [version].into() }
    }

    #[test]
    fn every_resource_is_there_and_is_meant_by_its_kind() {
        let cluster = Cluster::default();
        let catalogue = Catalogue::of(&cluster);
        for served in Resource::all(cluster.version) {
            let (plural, kind) = (served.plural(), served.kind());
            let Served { group, version, .. } = Served::new(served.api_version(), kind, plural);
            let own = scope(group, version);
            assert!(!catalogue.is_open(&own) && catalogue.may_have(&own, plural), "{plural}");
            assert!(catalogue.may_have(&scope("*", "*"), plural), "{plural}");
            assert!(!catalogue.may_have(&own, kind), "{kind}");
            assert_eq!(catalogue.meant(&own, kind), Some(Meant::Name(plural)));
            assert!(!catalogue.may_have(&scope(group, "v0"), plural), "{plural}");
        }
    }

    #[test]
    fn what_may_be_there_is_not_missed() {
        let kinds = vec!["gateway.networking.k8s.io/v1/UDPRoute".to_owned()];
        let cluster = Cluster { kinds, ..Cluster::default() };
        let catalogue = Catalogue::of(&cluster);
        let may = |group, version, name| {
            let scope = scope(group, version);
            catalogue.is_open(&scope) || catalogue.may_have(&scope, name)
        };
        assert!(may("metrics.k8s.io", "v1", "pod"));
        assert!(may("extensions", "v1beta1", "ingresses"));
        assert!(may("", "v1", "bindings"));
        assert!(may("certificates.k8s.io", "v1alpha1", "clustertrustbundles"));
        assert!(may("resource.k8s.io", "v1alpha3", "resourceclaims"));
        assert!(may("gateway.networking.k8s.io", "v1", "grpcroutes"));
        assert!(may("gateway.networking.k8s.io", "v1", "udproutes"));
        assert!(!may("gateway.networking.k8s.io", "v1", "httproute"));
        assert!(!may("core", "v1", "pods"));
        assert!(!may("apps/v1", "v1", "deployments"));
        assert!(!may("networking.k8s.oi", "v1", "ingresses"));
        assert!(!may("batch", "v1", "machines"));
    }

    #[test]
    fn what_was_meant_is_found() {
        let cluster = Cluster::default();
        let catalogue = Catalogue::of(&cluster);
        let meant = |group, version, name| catalogue.meant(&scope(group, version), name);
        assert_eq!(meant("", "v1", "configmap"), Some(Meant::Name("configmaps")));
        assert_eq!(meant("", "v1", "confgimaps"), Some(Meant::Name("configmaps")));
        assert_eq!(meant("apps", "v1beta1", "deployments"), Some(Meant::Version("v1")));
        assert_eq!(meant("batch", "v1", "machines"), None);
        let Some(Meant::Group(of)) = meant("", "v1", "deployment") else {
            panic!("a deployment is of another group")
        };
        assert_eq!((of.group, of.plural), ("apps", "deployments"));
    }

    #[test]
    fn groups_in_which_nothing_can_be_are_not_looked_at() {
        let cluster = Cluster::default();
        let catalogue = Catalogue::of(&cluster);
        let groups = ["", "*", "batch", "bacth", "nothing"].into();
        let scope = Scope { groups, versions: ["v1"].into() };
        assert_eq!(catalogue.known(&scope).groups, ["", "*", "batch"].into());
        assert!(catalogue.affords(MOST_LOOKUPS) && catalogue.affords(0) && !catalogue.affords(1));
    }

    #[test]
    fn so_many_names_are_compared_and_no_more() {
        let cluster = Cluster::default();
        let catalogue = Catalogue::of(&cluster);
        catalogue.comparisons.set(10);
        // What is missing is still said, but for what it may have been.
        assert!(!catalogue.may_have(&scope("batch", "v1"), "cronjbos"));
        assert_eq!(
            catalogue.meant(&scope("batch", "v1"), "cronjbos"),
            Some(Meant::Name("cronjobs"))
        );
        catalogue.comparisons.set(1);
        assert_eq!(catalogue.meant(&scope("batch", "v1"), "cronjbos"), None);
    }
}
