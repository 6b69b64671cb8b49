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

#[cfg(test)]
mod tests {
    use super::super::testing::{lowered, map, object, plan, service, text, val};
    use super::*;
    use crate::source::listing::at;

    fn with_rules() -> Plan {
        let mut plan = plan();
        let mut web = service("web", 30);
        web.service_account.annotations = map([("example.com/role", "reader", 31)]);
        web.service_account.token = val(true, 32);
        let rule = |resource: &str, names: &[&str], cluster_wide, number: u32| RbacRule {
            api_groups: vec![text("", number)],
            resources: vec![text(resource, number + 1)],
            resource_names: names.iter().map(|name| text(name, number + 2)).collect(),
            verbs: vec![text("get", number + 3)],
            cluster_wide,
            at: at(number),
        };
        web.rbac = vec![
            rule("configmaps", &["settings"], false, 40),
            rule("secrets", &[], false, 50),
            rule("nodes", &[], true, 60),
        ];
        plan.programs.push(web);
        plan
    }

    #[test]
    fn rules_make_a_role() {
        assert_eq!(
            object(&with_rules(), "Role/web"),
            "\
apiVersion: rbac.authorization.k8s.io/v1 @object-identity:40
kind: Role @object-identity:40
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
rules:
  - @40
    apiGroups:
      - \"\"
    resources:
      - configmaps @41
    resourceNames:
      - settings @42
    verbs:
      - get @43
  - @50
    apiGroups:
      - \"\"
    resources:
      - secrets @51
    verbs:
      - get @53
"
        );
    }

    #[test]
    fn which_is_bound_to_the_account() {
        assert_eq!(
            object(&with_rules(), "RoleBinding/web"),
            "\
apiVersion: rbac.authorization.k8s.io/v1 @object-identity:40
kind: RoleBinding @object-identity:40
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: web @30
subjects:
  -
    kind: ServiceAccount
    name: web @30
    namespace: shop @stack-namespace:11
"
        );
    }

    #[test]
    fn rules_for_the_whole_cluster_make_another() {
        assert_eq!(
            object(&with_rules(), "ClusterRole/shop-web"),
            "\
apiVersion: rbac.authorization.k8s.io/v1 @object-identity:60
kind: ClusterRole @object-identity:60
metadata: @30
  name: shop-web @role-of-program:60
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
rules:
  - @60
    apiGroups:
      - \"\"
    resources:
      - nodes @61
    verbs:
      - get @63
"
        );
    }

    #[test]
    fn which_is_bound_in_the_whole_cluster() {
        assert_eq!(
            object(&with_rules(), "ClusterRoleBinding/shop-web"),
            "\
apiVersion: rbac.authorization.k8s.io/v1 @object-identity:60
kind: ClusterRoleBinding @object-identity:60
metadata: @30
  name: shop-web @role-of-program:60
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: shop-web
subjects:
  -
    kind: ServiceAccount
    name: web @30
    namespace: shop @stack-namespace:11
"
        );
    }

    #[test]
    fn an_account_has_its_annotations() {
        assert_eq!(
            object(&with_rules(), "ServiceAccount/web"),
            "\
apiVersion: v1 @object-identity:30
kind: ServiceAccount @object-identity:30
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
  annotations:
    example.com/role: reader @31
automountServiceAccountToken: true @32
"
        );
    }

    #[test]
    fn an_account_of_another_component_is_not_rendered() {
        let mut plan = with_rules();
        plan.programs[0].service_account.render = false;
        assert!(!lowered(&plan).contains_key("ServiceAccount/web"));
    }
}
