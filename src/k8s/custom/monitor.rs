use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;

use super::custom_kind;

custom_kind! {
    /// Which services Prometheus scrapes.
    ServiceMonitor(ServiceMonitorSpec) = "monitoring.coreos.com" / "v1", "servicemonitors", NamespaceResourceScope
}

custom_kind! {
    /// Which pods Prometheus scrapes.
    PodMonitor(PodMonitorSpec) = "monitoring.coreos.com" / "v1", "podmonitors", NamespaceResourceScope
}

/// What a [`ServiceMonitor`] scrapes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceMonitorSpec {
    /// The label of the service that becomes the job's name.
    pub job_label: Option<String>,
    /// In which namespaces; its own where unset.
    pub namespace_selector: Option<MonitorNamespaces>,
    /// Which services.
    pub selector: LabelSelector,
    /// Where they serve metrics.
    pub endpoints: Vec<MetricsEndpoint>,
}

/// What a [`PodMonitor`] scrapes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitorSpec {
    /// The label of the pod that becomes the job's name.
    pub job_label: Option<String>,
    /// In which namespaces; its own where unset.
    pub namespace_selector: Option<MonitorNamespaces>,
    /// Which pods.
    pub selector: LabelSelector,
    /// Where they serve metrics.
    pub pod_metrics_endpoints: Option<Vec<MetricsEndpoint>>,
}

/// Which namespaces are looked into.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitorNamespaces {
    /// All of them.
    pub any: Option<bool>,
    /// These.
    pub match_names: Option<Vec<String>>,
}

/// Where metrics are served. Intervals are in Prometheus' form (`30s`, `1m`).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricsEndpoint {
    /// The port's name.
    pub port: Option<String>,
    /// The path.
    pub path: Option<String>,
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// How often.
    pub interval: Option<String>,
    /// For how long an answer is waited for.
    pub scrape_timeout: Option<String>,
    /// Whether labels in the metrics win over those of the target.
    pub honor_labels: Option<bool>,
}
