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
