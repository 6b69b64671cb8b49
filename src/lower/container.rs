//! Containers.

use k8s_openapi::api::core::v1::{
    ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar, EnvVarSource,
    ObjectFieldSelector, ResourceRequirements, SecretEnvSource, SecretKeySelector, VolumeMount,
};

use super::Built;
use super::probe::{Check, probe};
use super::security;
use crate::k8s;
use crate::plan::{self, EnvFrom, EnvSource, Map, Port};
use crate::source::{Origin, Rule};
use crate::spec::{ImagePullPolicy, Protocol};

/// When a container of a pod runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role<'p> {
    /// All the time.
    Main,
    /// Before the program that is the main container.
    Init(&'p plan::Container),
    /// Beside the program, from before it starts until after it ends.
    Sidecar,
}

/// A container with what is mounted into it.
pub(super) fn container(
    container: &plan::Container,
    role: Role<'_>,
    volume_mounts: Vec<Built<VolumeMount>>,
) -> Built<Container> {
    let at = container.at;
    k8s!(at; Container {
        name: &container.name,
        image: &container.image,
        image_pull_policy: container.image_pull_policy.map(|policy| policy.map(ImagePullPolicy::word)),
        command: &container.command,
        args: &container.args,
        working_dir: &container.working_dir,
        env_from: container.env_from.iter().map(env_from).collect::<Vec<_>>(),
        env: container.env.iter().map(env_var).collect::<Vec<_>>(),
        ports: container.ports.iter().map(port).collect::<Vec<_>>(),
        startup_probe: probe(Check::Startup, &container.probes),
        readiness_probe: probe(Check::Readiness, &container.probes),
        liveness_probe: probe(Check::Liveness, &container.probes),
        resources: resources(container, role),
        volume_mounts,
        restart_policy: matches!(role, Role::Sidecar).then_some("Always"),
        security_context: security::of_container(&container.security_context, at, role),
    })
}

fn port(port: &Port) -> Built<ContainerPort> {
    k8s!(port.container.at; ContainerPort {
        name: &port.name,
        container_port: port.container,
        protocol: protocol(port),
    })
}

/// The protocol of a port, where it is not the one that Kubernetes takes it for.
pub(super) fn protocol(port: &Port) -> Option<plan::Val<&'static str>> {
    (port.protocol.v != Protocol::Tcp).then(|| port.protocol.map(Protocol::word))
}

fn env_var(var: &plan::EnvVar) -> Built<EnvVar> {
    let at = var.source.at;
    let from = match &var.source.v {
        EnvSource::Value(value) => {
            return k8s!(var.name.at; EnvVar {
                name: &var.name,
                value: plan::Val::new(value.as_str(), at),
            });
        }
        EnvSource::Secret { secret, key } => k8s!(at; EnvVarSource {
            secret_key_ref: k8s!(at; SecretKeySelector { name: secret, key: key }),
        }),
        EnvSource::Field(path) => k8s!(at; EnvVarSource {
            field_ref: k8s!(at; ObjectFieldSelector { field_path: path }),
        }),
    };
    k8s!(var.name.at; EnvVar { name: &var.name, value_from: from })
}

fn env_from(from: &EnvFrom) -> Built<EnvFromSource> {
    match from {
        EnvFrom::Config(name) => k8s!(name.at; EnvFromSource {
            config_map_ref: k8s!(name.at; ConfigMapEnvSource { name: name }),
        }),
        EnvFrom::Secret(name) => k8s!(name.at; EnvFromSource {
            secret_ref: k8s!(name.at; SecretEnvSource { name: name }),
        }),
    }
}

fn resources(container: &plan::Container, role: Role<'_>) -> Option<Built<ResourceRequirements>> {
    let silent =
        |container: &plan::Container| container.requests.is_empty() && container.limits.is_empty();
    match role {
        Role::Init(program) if silent(container) => (!silent(program)).then(|| {
            let at = program.at.derive(Rule::InitResources);
            requirements(at, derived(&program.requests), derived(&program.limits))
        }),
        _ if silent(container) => None,
        _ => Some(requirements(container.at, container.requests.clone(), container.limits.clone())),
    }
}

fn requirements(at: Origin, requests: Map, limits: Map) -> Built<ResourceRequirements> {
    k8s!(at; ResourceRequirements { requests, limits })
}

fn derived(resources: &Map) -> Map {
    let mut resources = resources.clone();
    for value in resources.values_mut() {
        value.at = value.at.derive(Rule::InitResources);
    }
    resources
}
