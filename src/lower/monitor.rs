//! Where Prometheus finds the metrics of a program.

use super::joining::Joining;
use super::metadata::{Owner, label_selector};
use crate::k8s;
use crate::k8s::custom::{MetricsEndpoint, PodMonitor, PodMonitorSpec};
use crate::plan::{Metrics, Plan, Program};
use crate::source::Rule;

/// The PodMonitor, where the place's scraper reads such. Pods rather than Services are
/// monitored, since every program that serves metrics has them.
pub(super) fn lower(plan: &Plan, program: &Program, out: &mut Joining<'_>) {
    let Some(Metrics { port, path, interval }) = &program.metrics else { return };
    if !plan.place.scraper.as_ref().is_some_and(|scraper| scraper.monitors) {
        return;
    }
    let at = port.at.derive(Rule::MonitorOfMetrics);
    let monitor = k8s!(at; PodMonitor {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; PodMonitorSpec {
            job_label: "app.kubernetes.io/name",
            selector: label_selector(plan, program),
            pod_metrics_endpoints: [k8s!(at; MetricsEndpoint { port, path, interval })],
        }),
    });
    out.push(monitor.object());
}
