//! The resources and kinds that policies, webhooks and roles name: one that is not there is no
//! mistake to the server, and switches off in silence what was to be checked or allowed.

use super::served::{Catalogue, Meant, Scope};
use super::{GROUP, items};
use crate::diagnostic::Code;
use crate::source::NodeRef;
use crate::validate::{Cluster, Finding, Member, schema};

const ROLES: &str = "rbac.authorization.k8s.io";
/// The groups of the objects that name resources.
pub(super) const GROUPS: [&str; 2] = [GROUP, ROLES];

/// Checks the names in objects of policies, of webhooks and of roles.
pub(super) fn check<'t>(
    all: [&[Member<'t>]; 2],
    catalogue: &Catalogue<'t>,
    cluster: &Cluster,
    out: &mut Vec<Finding>,
) {
    for member in all.into_iter().flatten() {
        match member.group {
            GROUP => {
                for rule in rules(member.root) {
                    self::rule(member.root, rule, &Scope::of_rule(rule), catalogue, out);
                }
                out.extend(param_kind(member.root, catalogue, cluster));
            }
            ROLES => {
                for rule in items(member.root, &["rules"]) {
                    self::rule(member.root, rule, &Scope::of_role(rule), catalogue, out);
                }
            }
            _ => {}
        }
    }
}

/// How many groups a message names.
const MOST_GROUPS: usize = 3;

/// Where the rules about resources stand in a policy, a binding or a configuration of webhooks.
fn rules(root: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    let lists = ["resourceRules", "excludeResourceRules"];
    let of_policies = ["matchConstraints", "matchResources"].into_iter().flat_map(move |field| {
        lists.into_iter().flat_map(move |list| items(root, &["spec", field, list]))
    });
    of_policies.chain(items(root, &["webhooks"]).flat_map(|hook| items(hook, &["rules"])))
}

fn rule<'t>(
    root: NodeRef<'t>,
    rule: NodeRef<'t>,
    scope: &Scope<'t>,
    catalogue: &Catalogue<'t>,
    out: &mut Vec<Finding>,
) {
    if catalogue.is_open(scope) {
        return;
    }
    let known = catalogue.known(scope);
    if !catalogue.affords(known.groups.len() * items(rule, &["resources"]).count()) {
        let message = "the resources are not looked for: there are too many in too many groups";
        out.push(Finding::error(Code::RuleNotChecked, root, rule, message.to_owned()).warning());
        return;
    }
    for resource in items(rule, &["resources"]) {
        let text = resource.text();
        let (name, part) = text.split_at(text.find('/').unwrap_or(text.len()));
        if matches!(name, "" | "*") {
            continue;
        }
        if catalogue.may_have(&known, name) {
            out.extend(elsewhere(root, rule, resource, &known, catalogue));
            continue;
        }
        let meant = catalogue.meant(&known, name);
        // A role may speak of what no server keeps, such as the names that somebody may take.
        if root.get("rules").is_some() && meant.is_none() {
            continue;
        }
        out.push(no_resource(root, resource, (name, part), meant.as_ref(), scope));
    }
}

/// Reports a resource whose objects are never where the rule looks for them.
///
/// Source: `Matcher.scope` of `pkg/admission/plugin/webhook/predicates/rules` of
/// `k8s.io/apiserver`.
fn elsewhere<'t>(
    root: NodeRef<'t>,
    rule: NodeRef<'t>,
    resource: NodeRef<'t>,
    scope: &Scope<'t>,
    catalogue: &Catalogue<'t>,
) -> Option<Finding> {
    let wants_namespaced = match rule.get("scope")?.text() {
        "Cluster" => false,
        "Namespaced" => true,
        _ => return None,
    };
    let name = resource.text().split('/').next().unwrap_or_default();
    if catalogue.is_namespaced(scope, name)? == wants_namespaced {
        return None;
    }
    let (are, is_for, write) = if wants_namespaced {
        ("in no namespace", "what is in one", "Cluster")
    } else {
        ("in namespaces", "what is in none", "Namespaced")
    };
    let message = format!("`{name}` are {are}, and the rule is for {is_for}: it is for nothing");
    let finding = Finding::error(Code::NoSuchResource, root, resource, message).warning();
    Some(finding.help(format!("write `scope: {write}`, or delete `scope`")))
}

fn no_resource(
    root: NodeRef<'_>,
    resource: NodeRef<'_>,
    (name, part): (&str, &str),
    meant: Option<&Meant<'_>>,
    scope: &Scope<'_>,
) -> Finding {
    let groups = scope.groups.iter().take(MOST_GROUPS).map(|group| group_name(group));
    let groups: Vec<String> = groups.collect();
    let version = match meant {
        Some(Meant::Version(_)) => {
            let versions: Vec<&str> = scope.versions.iter().copied().take(MOST_GROUPS).collect();
            format!(" with the version `{}`", versions.join("`, `"))
        }
        _ => String::new(),
    };
    let groups = groups.join(" or ");
    let message =
        format!("there is no resource `{name}` in {groups}{version}, so this is for nothing");
    let finding = Finding::error(Code::NoSuchResource, root, resource, message).warning();
    match meant {
        Some(Meant::Name(near)) => {
            let near = format!("{near}{part}");
            finding.help(format!("write `{near}`")).replace(near)
        }
        Some(Meant::Version(version)) => {
            finding.help(format!("write `{version}` in `apiVersions`"))
        }
        Some(Meant::Group(of)) => {
            let group = if of.group.is_empty() { "\"\"" } else { of.group };
            let named = if of.plural == name {
                String::new()
            } else {
                format!("write `{}{part}`, and ", of.plural)
            };
            finding.help(format!("{named}write `{group}` in `apiGroups`"))
        }
        None => finding.help("write the plural of a kind, as `kubectl api-resources` lists it"),
    }
}

fn group_name(group: &str) -> String {
    match group {
        "" => "the core group".to_owned(),
        "*" => "any group".to_owned(),
        group => format!("the group `{group}`"),
    }
}

/// Reports a kind of parameters that is not there: all that the policy is for would be refused.
fn param_kind<'t>(
    root: NodeRef<'t>,
    catalogue: &Catalogue<'t>,
    cluster: &Cluster,
) -> Option<Finding> {
    let of = root.at_path(&["spec", "paramKind"])?;
    let is_set = |node: &NodeRef<'_>| !node.text().is_empty();
    let (api_version, kind) =
        (of.get("apiVersion").filter(is_set)?, of.get("kind").filter(is_set)?);
    let (of_group, name) = (api_version.text(), kind.text());
    let is_known =
        cluster.is_namespaced(of_group, name).is_some() || cluster.knows_kind(of_group, name);
    if is_known || !catalogue.lacks_kind(of_group, name) {
        return None;
    }
    Some(schema::no_schema(root, api_version, kind, cluster).warning())
}
