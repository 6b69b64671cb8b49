//! The autoscaler of a program whose number of pods is a range.

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};

use super::Built;
use super::controller::Workload;
use super::joining::Joining;
use super::metadata::Owner;
use crate::k8s;
use crate::plan::{Controller, Plan, Program, Replicas, Val};
use crate::source::Rule;

/// The HorizontalPodAutoscaler, where there is a range.
pub(super) fn lower(
    plan: &Plan,
    program: &Program,
    controller: &Controller,
    out: &mut Joining<'_>,
) {
    let Replicas::Range { min, max, cpu, memory, at } = controller.replicas else { return };
    let at = at.derive(Rule::Autoscaler);
    let metrics: Vec<_> = [("cpu", cpu), ("memory", memory)]
        .into_iter()
        .filter_map(|(resource, percent)| percent.map(|percent| metric(resource, percent)))
        .collect();
    let autoscaler = k8s!(at; HorizontalPodAutoscaler {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; HorizontalPodAutoscalerSpec {
            scale_target_ref: k8s!(at; CrossVersionObjectReference {
                api_version: "apps/v1",
                kind: Workload::of(controller).kind(),
                name: &program.name,
            }),
            min_replicas: min,
            max_replicas: max,
            metrics,
        }),
    });
    out.push(autoscaler.object());
}

/// The mean use of a resource to hold, in percent of the request.
fn metric(name: &'static str, percent: Val<u32>) -> Built<MetricSpec> {
    let at = percent.at.derive(Rule::Autoscaler);
    k8s!(at; MetricSpec {
        type_: "Resource",
        resource: k8s!(at; ResourceMetricSource {
            name,
            target: k8s!(at; MetricTarget { type_: "Utilization", average_utilization: percent }),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{controller, object, plan, program, val};
    use super::*;
    use crate::plan::ProgramKind;
    use crate::source::listing::at;

    fn scaled() -> Plan {
        let mut plan = plan();
        let mut range = controller(30);
        range.replicas = Replicas::Range {
            min: val(3, 41),
            max: val(20, 42),
            cpu: Some(val(70, 43)),
            memory: Some(val(80, 44)),
            at: at(40),
        };
        plan.programs.push(program("web", 30, ProgramKind::Worker(range)));
        plan
    }

    #[test]
    fn a_range_is_an_autoscaler() {
        assert_eq!(
            object(&scaled(), "HorizontalPodAutoscaler/web"),
            "\
apiVersion: autoscaling/v2 @object-identity:40
kind: HorizontalPodAutoscaler @object-identity:40
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web @30
  minReplicas: 3 @41
  maxReplicas: 20 @42
  metrics:
    - @autoscaler:43
      type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70 @43
    - @autoscaler:44
      type: Resource
      resource:
        name: memory
        target:
          type: Utilization
          averageUtilization: 80 @44
"
        );
    }

    #[test]
    fn and_no_number_of_its_own() {
        assert!(!object(&scaled(), "Deployment/web").contains("replicas"));
    }

    #[test]
    fn the_fewest_pods_decide_about_the_budget() {
        assert!(object(&scaled(), "PodDisruptionBudget/web").contains("maxUnavailable: 1"));
    }
}
