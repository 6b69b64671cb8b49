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
    role: Role<'_>,
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
