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

#[cfg(test)]
mod tests {
    use super::super::testing::{controller, lowered, object, part, plan, program, text, val};
    use super::*;
    use crate::plan::{ProgramKind, Replicas};

    fn with(replicas: u32, budget: Option<Budget>) -> Plan {
        let mut plan = plan();
        let mut running = controller(30);
        running.replicas = Replicas::Count(val(replicas, 31));
        running.budget = budget;
        plan.programs.push(program("web", 30, ProgramKind::Worker(running)));
        plan
    }

    #[test]
    fn two_pods_go_one_by_one() {
        assert_eq!(
            object(&with(2, None), "PodDisruptionBudget/web"),
            "\
apiVersion: policy/v1 @object-identity:30
kind: PodDisruptionBudget @object-identity:30
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: @30
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: web @stable-selector:30
"
        );
    }

    #[test]
    fn one_pod_has_none() {
        assert!(!lowered(&with(1, None)).contains_key("PodDisruptionBudget/web"));
    }

    #[test]
    fn a_budget_that_is_asked_for_is_a_number_or_a_percentage() {
        let least = with(1, Some(Budget::MinAvailable(text("1", 40))));
        assert_eq!(
            part(&least, "PodDisruptionBudget/web", "minAvailable"),
            "minAvailable: 1 @40\n"
        );
        let most = with(3, Some(Budget::MaxUnavailable(text("50%", 40))));
        assert_eq!(
            part(&most, "PodDisruptionBudget/web", "maxUnavailable"),
            "maxUnavailable: 50% @40\n"
        );
    }
}
