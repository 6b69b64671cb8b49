//! Containers.

use k8s_openapi::api::core::v1::{
    ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar, EnvVarSource,
    ObjectFieldSelector, ResourceRequirements, SecretEnvSource, SecretKeySelector, VolumeMount,
};

use super::Built;
use super::probe::{Check, probe};
use super::security;
use crate::k8s;
use crate::plan::{self, EnvFrom, EnvSource, Port};
use crate::spec::{ImagePullPolicy, Protocol};

/// When a container of a pod runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// All the time.
    Main,
    /// Before the program that is the main container.
    Init,
    /// Beside the program, from before it starts until after it ends.
    Sidecar,
}

/// A container with what is mounted into it.
pub(super) fn container(
    container: &plan::Container,
    role: Role,
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
        resources: resources(container),
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

fn resources(container: &plan::Container) -> Option<Built<ResourceRequirements>> {
    let is_silent = container.requests.is_empty() && container.limits.is_empty();
    (!is_silent).then(|| {
        k8s!(container.at; ResourceRequirements {
            requests: container.requests.clone(),
            limits: container.limits.clone(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{map, part, plan, service, text, val};
    use crate::plan::{EnvFrom, EnvSource, EnvVar, Plan, Port};
    use crate::spec::{ImagePullPolicy, Protocol};

    /// A service whose container says all that one can.
    fn talkative() -> Plan {
        let mut plan = plan();
        let mut web = service("web", 30);
        let container = &mut web.container;
        container.image_pull_policy = Some(val(ImagePullPolicy::Always, 40));
        container.command = Some(vec![text("serve", 41)]);
        container.args = Some(vec![text("--port", 42), text("8080", 43)]);
        container.working_dir = Some(text("/srv", 44));
        let var = |name: &str, number, source| EnvVar {
            name: text(name, number),
            source: val(source, number + 1),
        };
        container.env = vec![
            var("LEVEL", 50, EnvSource::Value("info".to_owned())),
            var("POD_IP", 52, EnvSource::Field("status.podIP".to_owned())),
            var("TOKEN", 54, EnvSource::Secret { secret: "app".to_owned(), key: "t".to_owned() }),
        ];
        container.env_from =
            vec![EnvFrom::Config(text("settings", 60)), EnvFrom::Secret(text("keys", 61))];
        container.ports.push(Port {
            name: text("dns", 62),
            container: val(53, 63),
            service: val(5353, 64),
            protocol: val(Protocol::Udp, 65),
            app_protocol: Some(text("example.com/dns", 66)),
        });
        container.requests = map([("cpu", "100m", 67)]);
        container.limits = map([("memory", "64Mi", 68)]);
        plan.programs.push(web);
        plan
    }

    #[test]
    fn all_that_is_said_of_a_container_stands_in_it() {
        assert_eq!(
            part(&talkative(), "Deployment/web", "containers"),
            "\
containers:
  -
    name: web
    image: example/web:1.4.0 @32
    imagePullPolicy: Always @40
    command:
      - serve @41
    args:
      - --port @42
      - \"8080\" @43
    workingDir: /srv @44
    ports:
      - @33
        name: http
        containerPort: 8080
      - @63
        name: dns @62
        containerPort: 53
        protocol: UDP @65
    envFrom:
      - @60
        configMapRef:
          name: settings
      - @61
        secretRef:
          name: keys
    env:
      - @50
        name: LEVEL
        value: info @51
      - @52
        name: POD_IP
        valueFrom: @53
          fieldRef:
            fieldPath: status.podIP
      - @54
        name: TOKEN
        valueFrom: @55
          secretKeyRef:
            name: app
            key: t
    resources:
      requests:
        cpu: 100m @67
      limits:
        memory: 64Mi @68
    securityContext: @secure-containers:30
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn its_ports_are_those_of_the_service() {
        assert_eq!(
            part(&talkative(), "Service/web", "ports"),
            "\
ports:
  - @34
    name: http @33
    port: 80
    targetPort: http @service-of-ports:33
  - @64
    name: dns @62
    port: 5353
    targetPort: dns @service-of-ports:62
    protocol: UDP @65
    appProtocol: example.com/dns @66
"
        );
    }
}
