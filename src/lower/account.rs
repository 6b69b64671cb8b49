//! Who a program is at the API server, and what it may do there.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};

use super::Built;
use super::joining::Joining;
use super::metadata::Owner;
use crate::k8s;
use crate::plan::{Map, Plan, Program, RbacRule, Val};
use crate::source::{Origin, Rule};

const RBAC: &str = "rbac.authorization.k8s.io";

/// The ServiceAccount of a program, its roles and their bindings.
pub(super) fn lower(plan: &Plan, program: &Program, out: &mut Joining<'_>) {
    let owner = Owner::program(plan, program);
    let account = &program.service_account;
    if account.render {
        let built = k8s!(program.at.derive(Rule::OwnServiceAccount); ServiceAccount {
            metadata: owner.metadata_with(&account.name, &Map::new(), &account.annotations),
            automount_service_account_token: account.token,
        });
        out.push(built.object());
    }

    let (wide, own): (Vec<_>, Vec<_>) = program.rbac.iter().partition(|rule| rule.cluster_wide);
    if let Some(first) = own.first() {
        let at = first.at.derive(Rule::RoleOfProgram);
        let name = &program.name;
        let rules = own.iter().map(|rule| policy_rule(rule)).collect::<Vec<_>>();
        out.push(k8s!(at; Role { metadata: owner.metadata(name), rules }).object());
        let binding = k8s!(at; RoleBinding {
            metadata: owner.metadata(name),
            role_ref: role_ref("Role", name, at),
            subjects: [subject(owner, program, at)],
        });
        out.push(binding.object());
    }
    if let Some(first) = wide.first() {
        let at = first.at.derive(Rule::RoleOfProgram);
        // Nothing but its name tells it from the roles of other namespaces.
        let name = Val::new(format!("{}-{}", plan.namespace.v, program.name.v), at);
        let rules = wide.iter().map(|rule| policy_rule(rule)).collect::<Vec<_>>();
        out.push(k8s!(at; ClusterRole { metadata: owner.cluster_metadata(&name), rules }).object());
        let binding = k8s!(at; ClusterRoleBinding {
            metadata: owner.cluster_metadata(&name),
            role_ref: role_ref("ClusterRole", &name, at),
            subjects: [subject(owner, program, at)],
        });
        out.push(binding.object());
    }
}

fn policy_rule(rule: &RbacRule) -> Built<PolicyRule> {
    let RbacRule { api_groups, resources, resource_names, verbs, at, .. } = rule;
    k8s!(*at; PolicyRule { api_groups, resources, resource_names, verbs })
}

fn role_ref(kind: &'static str, name: &Val<String>, at: Origin) -> Built<RoleRef> {
    k8s!(at; RoleRef { api_group: RBAC, kind, name })
}

fn subject(owner: Owner<'_>, program: &Program, at: Origin) -> Built<Subject> {
    k8s!(at; Subject {
        kind: "ServiceAccount",
        name: &program.service_account.name,
        namespace: owner.namespace(),
    })
}
