//! How many pods of a program a voluntary disruption may take.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::joining::Joining;
use super::metadata::{Owner, label_selector};
use crate::k8s;
use crate::plan::{Budget, Controller, Plan, Program, Val};
use crate::source::Rule;

/// The PodDisruptionBudget, where one is asked for or there is more than one pod.
pub(super) fn lower(
    plan: &Plan,
    program: &Program,
    controller: &Controller,
    out: &mut Joining<'_>,
) {
    let at = program.at.derive(Rule::DisruptionBudget);
    let (min_available, max_unavailable) = match &controller.budget {
        Some(Budget::MinAvailable(pods)) => (Some(number_or_percentage(pods)), None),
        Some(Budget::MaxUnavailable(pods)) => (None, Some(number_or_percentage(pods))),
        None if controller.replicas.fewest() > 1 && !controller.per_node => {
            (None, Some(Val::new(IntOrString::Int(1), at)))
        }
        None => return,
    };
    let budget = k8s!(at; PodDisruptionBudget {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; PodDisruptionBudgetSpec {
            min_available,
            max_unavailable,
            unhealthy_pod_eviction_policy: "AlwaysAllow",
            selector: label_selector(plan, program),
        }),
    });
    out.push(budget.object());
}

fn number_or_percentage(pods: &Val<String>) -> Val<IntOrString> {
    let value =
        pods.v.parse().map_or_else(|_| IntOrString::String(pods.v.clone()), IntOrString::Int);
    Val::new(value, pods.at)
}
