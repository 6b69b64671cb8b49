//! Security contexts: what was said, each field where Kubernetes wants it, over defaults that
//! meet the restricted Pod Security Standard.

use k8s_openapi::api::core::v1::{
    Capabilities, PodSecurityContext, SeccompProfile, SecurityContext,
};

use super::Built;
use super::container::Role;
use crate::k8s;
use crate::plan::{self, Program, Val};
use crate::source::{Origin, Rule, Tree};
use crate::spec::FsGroupChangePolicy;

/// What is said of a program's pods as a whole: of the pods, or else of its main container,
/// whose user and groups hold for all containers of the pod that have none of their own.
pub(super) fn of_pods(program: &Program) -> Built<PodSecurityContext> {
    let pods = &program.security_context;
    let main = &program.container.security_context;
    let secure = program.at.derive(Rule::SecurePods);
    let fs_group = pods.fs_group.or(main.fs_group);
    let once = fs_group.map(|group| {
        Val::new(FsGroupChangePolicy::OnRootMismatch, group.at.derive(Rule::FsGroupOnce))
    });
    let when = pods.fs_group_change_policy.or(main.fs_group_change_policy).or(once);
    k8s!(secure; PodSecurityContext {
        run_as_non_root: pods.run_as_non_root.or(main.run_as_non_root).unwrap_or(Val::new(true, secure)),
        run_as_user: pods.run_as_user.or(main.run_as_user),
        run_as_group: pods.run_as_group.or(main.run_as_group),
        fs_group,
        fs_group_change_policy: when.map(|when| when.map(FsGroupChangePolicy::word)),
        supplemental_groups: pods.supplemental_groups.as_ref().or(main.supplemental_groups.as_ref()),
        seccomp_profile: pod_seccomp(program).is_none().then(|| {
            k8s!(secure; SeccompProfile { type_: "RuntimeDefault" })
        }),
    })
}

/// What the stack says of the seccomp profile of a program's pods.
pub(super) fn pod_seccomp(program: &Program) -> Option<&Tree> {
    let main = program.container.security_context.seccomp_profile.as_ref();
    program.security_context.seccomp_profile.as_ref().or(main)
}

/// The security context of a container that is declared at `at`. Of the main one, what can
/// stand at the pod stands there.
pub(super) fn of_container(
    said: &plan::SecurityContext,
    at: Origin,
    role: Role,
) -> Built<SecurityContext> {
    let secure = at.derive(Rule::SecureContainers);
    let own = !matches!(role, Role::Main);
    let read_only = said.read_only_root_filesystem.unwrap_or(Val::new(true, secure));
    k8s!(secure; SecurityContext {
        run_as_non_root: said.run_as_non_root.filter(|_| own),
        run_as_user: said.run_as_user.filter(|_| own),
        run_as_group: said.run_as_group.filter(|_| own),
        privileged: said.privileged,
        allow_privilege_escalation: escalation(said, secure),
        read_only_root_filesystem: read_only,
        capabilities: k8s!(secure; Capabilities {
            add: &said.capabilities_add,
            drop: said.capabilities_drop.clone().unwrap_or_else(|| {
                vec![Val::new("ALL".to_owned(), secure)]
            }),
        }),
    })
}

/// Whether a process may gain rights. Where it has them all, the API server refuses to hear
/// that it may not gain any.
fn escalation(said: &plan::SecurityContext, secure: Origin) -> Option<Val<bool>> {
    let mut added = said.capabilities_add.iter().flatten();
    let has_all = said.privileged.is_some_and(|privileged| privileged.v)
        || added.any(|name| name.v.trim_start_matches("CAP_") == "SYS_ADMIN");
    said.allow_privilege_escalation.or((!has_all).then_some(Val::new(false, secure)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{container, part, plan, service, text, val};
    use crate::plan::{Plan, Program, SecurityContext};
    use crate::source::listing::{at, tree};
    use crate::spec::FsGroupChangePolicy;

    fn with(change: impl FnOnce(&mut Program)) -> Plan {
        let mut plan = plan();
        let mut web = service("web", 30);
        change(&mut web);
        plan.programs.push(web);
        plan
    }

    /// The pod's security context, and that of its first container.
    fn contexts(plan: &Plan) -> String {
        let pod = part(plan, "Deployment/web", "securityContext");
        let container = part(plan, "Deployment/web", "containers");
        let own = container.find("securityContext").unwrap_or(container.len());
        pod + &container[own..]
    }

    #[test]
    fn what_the_program_says_of_users_and_groups_holds_for_the_pod() {
        let plan = with(|web| {
            web.container.security_context = SecurityContext {
                run_as_user: Some(val(1000, 40)),
                run_as_group: Some(val(1001, 41)),
                fs_group: Some(val(1002, 42)),
                supplemental_groups: Some(vec![val(1003, 43)]),
                read_only_root_filesystem: Some(val(false, 44)),
                capabilities_add: Some(vec![text("NET_BIND_SERVICE", 45)]),
                ..SecurityContext::default()
            };
        });
        assert_eq!(
            contexts(&plan),
            "\
securityContext: @secure-pods:30
  runAsNonRoot: true
  runAsUser: 1000 @40
  runAsGroup: 1001 @41
  fsGroup: 1002 @42
  fsGroupChangePolicy: OnRootMismatch @fs-group-once:42
  supplementalGroups:
    - 1003 @43
  seccompProfile:
    type: RuntimeDefault
securityContext: @secure-containers:30
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: false @44
      capabilities:
        add:
          - NET_BIND_SERVICE @45
        drop:
          - ALL
"
        );
    }

    #[test]
    fn each_default_is_one_line_to_relax() {
        let plan = with(|web| {
            web.security_context = SecurityContext {
                run_as_non_root: Some(val(false, 40)),
                fs_group: Some(val(1, 41)),
                fs_group_change_policy: Some(val(FsGroupChangePolicy::Always, 42)),
                seccomp_profile: Some(tree(&json!({ "type": "Unconfined" }), at(43))),
                ..SecurityContext::default()
            };
            web.container.security_context = SecurityContext {
                allow_privilege_escalation: Some(val(true, 44)),
                capabilities_drop: Some(vec![text("NET_RAW", 45)]),
                ..SecurityContext::default()
            };
        });
        assert_eq!(
            contexts(&plan),
            "\
securityContext: @secure-pods:30
  runAsNonRoot: false @40
  fsGroup: 1 @41
  fsGroupChangePolicy: Always @42
  seccompProfile: @43
    type: Unconfined
securityContext: @secure-containers:30
      allowPrivilegeEscalation: true @44
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - NET_RAW @45
"
        );
    }

    #[test]
    fn a_privileged_container_is_not_told_that_it_may_not_gain_rights() {
        let plan = with(|web| web.container.security_context.privileged = Some(val(true, 40)));
        assert_eq!(
            contexts(&plan),
            "\
securityContext: @secure-pods:30
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
securityContext: @secure-containers:30
      privileged: true @40
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn an_init_container_has_its_own_user_and_profile() {
        let plan = with(|web| {
            let mut init = container("prepare", 50);
            init.security_context = SecurityContext {
                run_as_user: Some(val(0, 51)),
                run_as_non_root: Some(val(false, 52)),
                seccomp_profile: Some(tree(
                    &json!({ "type": "Localhost", "localhostProfile": "x.json" }),
                    at(53),
                )),
                ..SecurityContext::default()
            };
            web.init.push(init);
        });
        let init = part(&plan, "Deployment/web", "initContainers");
        let own = init.find("securityContext").unwrap_or(init.len());
        assert_eq!(
            &init[own..],
            "\
securityContext: @secure-containers:50
      runAsNonRoot: false @52
      runAsUser: 0 @51
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
      seccompProfile: @53
        type: Localhost
        localhostProfile: x.json
"
        );
    }
}
