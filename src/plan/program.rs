//! Programs: what runs in pods.

use std::collections::BTreeMap;

use super::{Map, SecretValue, Storage, Val};
use crate::source::{Origin, Tree};

/// A service, worker, job or cron job.
#[derive(Debug, Clone)]
pub struct Program {
    /// The component's name in the stack, the value of the label `app.kubernetes.io/name`.
    pub component: String,
    /// The name of its objects; the component's, unless it was set.
    pub name: Val<String>,
    /// The labels by which its objects find its pods, where a live system has other ones than
    /// the recommended; empty otherwise.
    pub selector: Map,
    /// What keeps it running, or runs it.
    pub kind: ProgramKind,
    /// The program's own container.
    pub container: Container,
    /// What must accept connections before it starts: waited for before the init containers.
    pub waits: Vec<Wait>,
    /// Init containers, in order.
    pub init: Vec<Container>,
    /// Containers that run beside it.
    pub sidecars: Vec<Container>,
    /// Its identity at the API server.
    pub service_account: ServiceAccount,
    /// What it may do at the API server.
    pub rbac: Vec<RbacRule>,
    /// The processor architecture of its nodes.
    pub arch: Option<Val<String>>,
    /// Labels of its nodes, the architecture's not included.
    pub node_selector: Map,
    /// Taints that it puts up with, in Kubernetes' own shape.
    pub tolerations: Vec<Tree>,
    /// The PriorityClass of its pods.
    pub priority_class: Option<Val<String>>,
    /// Secrets with the credentials of image registries.
    pub image_pull_secrets: Vec<Val<String>>,
    /// Seconds that a pod has to stop.
    pub termination_grace_period_seconds: Option<Val<i64>>,
    /// The pod's part of the security context.
    pub security_context: SecurityContext,
    /// Where it serves metrics.
    pub metrics: Option<Metrics>,
    /// Labels on its objects and pods.
    pub labels: Map,
    /// Annotations on its pods.
    pub annotations: Map,
    /// Fields of Kubernetes to merge into its objects.
    pub extra: Vec<Extra>,
    /// Where it is declared.
    pub at: Origin,
}

impl Program {
    /// The name of the headless Service, where a StatefulSet runs it: each of its pods is
    /// found at `NAME-NUMBER.HEADLESS`.
    #[must_use]
    pub fn headless_name(&self) -> String {
        headless_name(&self.name.v)
    }

    /// The ports that somebody calls who names none of them.
    pub fn ports_to_call(&self) -> impl Iterator<Item = &Port> {
        let metrics = self.metrics.as_ref().map(|metrics| metrics.port.v.as_str());
        ports_to_call(&self.container.ports, metrics)
    }
}

/// The name of the headless Service of a StatefulSet of that name.
#[must_use]
pub fn headless_name(name: &str) -> String {
    crate::k8s::fit(format!("{name}-headless"), 63)
}

/// What keeps a program running, or runs it.
#[derive(Debug, Clone)]
pub enum ProgramKind {
    /// It runs all the time and others reach it.
    Service(Controller),
    /// It runs all the time.
    Worker(Controller),
    /// It runs once for each change.
    Job(Task),
    /// It runs at set times.
    CronJob(Task, CronSchedule),
}

/// How a program is kept running: by a DaemonSet with `per_node`, by a StatefulSet with
/// `storage`, by a Deployment otherwise.
#[derive(Debug, Clone)]
pub struct Controller {
    /// How many pods.
    pub replicas: Replicas,
    /// One pod on every node.
    pub per_node: bool,
    /// A volume for each pod, and where it is mounted.
    pub storage: Option<(Storage, Val<String>)>,
    /// The `strategy` or `updateStrategy` in Kubernetes' own shape.
    pub strategy: Option<Tree>,
    /// The disruption budget that was asked for; with more than one replica there is one
    /// without asking.
    pub budget: Option<Budget>,
    /// What its pods are spread over.
    pub spread: Option<Val<crate::spec::Spread>>,
}

/// How many pods.
#[derive(Debug, Clone)]
pub enum Replicas {
    /// That many.
    Count(Val<u32>),
    /// As many as the load needs.
    Range {
        /// The fewest.
        min: Val<u32>,
        /// The most.
        max: Val<u32>,
        /// The mean use of CPU to hold, in percent of the request.
        cpu: Option<Val<u32>>,
        /// The mean use of memory to hold, in percent of the request.
        memory: Option<Val<u32>>,
        /// Where the range is written.
        at: Origin,
    },
}

impl Replicas {
    /// The fewest pods that there ever are.
    #[must_use]
    pub fn fewest(&self) -> u32 {
        match self {
            Self::Count(count) => count.v,
            Self::Range { min, .. } => min.v,
        }
    }
}

/// A disruption budget: a number, or a percentage with its sign.
#[derive(Debug, Clone)]
pub enum Budget {
    /// How many pods must stay.
    MinAvailable(Val<String>),
    /// How many pods may go.
    MaxUnavailable(Val<String>),
}

/// How a program runs to its end.
#[derive(Debug, Clone)]
pub struct Task {
    /// How often a failed pod is tried again.
    pub backoff_limit: Option<Val<i32>>,
    /// Seconds that it may take in all.
    pub active_deadline_seconds: Option<Val<i64>>,
    /// Seconds after its end until it is deleted.
    pub ttl_seconds_after_finished: Option<Val<i32>>,
    /// How many pods must end well.
    pub completions: Option<Val<i32>>,
    /// How many pods run at once.
    pub parallelism: Option<Val<i32>>,
    /// Whether a failed container starts again in the same pod.
    pub restart_policy: Option<Val<crate::spec::RestartPolicy>>,
}

/// When a cron job runs.
#[derive(Debug, Clone)]
pub struct CronSchedule {
    /// The five fields of cron.
    pub schedule: Val<String>,
    /// The IANA time zone.
    pub time_zone: Option<Val<String>>,
    /// What happens when the last run is still going.
    pub concurrency_policy: Option<Val<crate::spec::ConcurrencyPolicy>>,
    /// Seconds late that a run may still start.
    pub starting_deadline_seconds: Option<Val<i64>>,
    /// How many ended runs are kept.
    pub successful_jobs_history_limit: Option<Val<i32>>,
    /// How many failed runs are kept.
    pub failed_jobs_history_limit: Option<Val<i32>>,
    /// Whether further runs are held back.
    pub suspend: Option<Val<bool>>,
}

/// A container.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its name.
    pub name: Val<String>,
    /// The whole image reference, tag or digest included.
    pub image: Val<String>,
    /// When the kubelet fetches the image.
    pub image_pull_policy: Option<Val<crate::spec::ImagePullPolicy>>,
    /// The program instead of the image's.
    pub command: Option<Vec<Val<String>>>,
    /// Its arguments.
    pub args: Option<Vec<Val<String>>>,
    /// The folder in which it starts.
    pub working_dir: Option<Val<String>>,
    /// Its environment, in order; a variable that another refers to stands before it.
    pub env: Vec<EnvVar>,
    /// ConfigMaps and Secrets all of whose keys are environment variables.
    pub env_from: Vec<EnvFrom>,
    /// Its ports, in the order declared.
    pub ports: Vec<Port>,
    /// Its probes.
    pub probes: Probes,
    /// What is mounted where.
    pub mounts: Vec<Mount>,
    /// Requests by resource.
    pub requests: Map,
    /// Limits by resource.
    pub limits: Map,
    /// The container's part of the security context.
    pub security_context: SecurityContext,
    /// Fields of Kubernetes to merge into the container.
    pub extra: Option<Tree>,
    /// Where it is declared.
    pub at: Origin,
}

/// An environment variable.
#[derive(Debug, Clone)]
pub struct EnvVar {
    /// Its name, and where it is declared.
    pub name: Val<String>,
    /// Where its value is had.
    pub source: Val<EnvSource>,
}

/// Where the value of an environment variable is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvSource {
    /// It is this; `$(NAME)` in it stands for variables before it.
    Value(String),
    /// In a Secret's key.
    Secret {
        /// The Secret's name.
        secret: String,
        /// The key.
        key: String,
    },
    /// In a field of the pod, such as `status.podIP`.
    Field(String),
}

/// A ConfigMap or Secret all of whose keys are environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvFrom {
    /// The ConfigMap of that name.
    Config(Val<String>),
    /// The Secret of that name.
    Secret(Val<String>),
}

/// A port of a container.
#[derive(Debug, Clone)]
pub struct Port {
    /// Its name.
    pub name: Val<String>,
    /// The port that the container listens on.
    pub container: Val<u16>,
    /// The port of the Service.
    pub service: Val<u16>,
    /// The transport protocol.
    pub protocol: Val<crate::spec::Protocol>,
    /// The application protocol.
    pub app_protocol: Option<Val<String>>,
}

/// The ports that somebody calls who names none of them: all, without the one that serves
/// metrics, named by `metrics`, unless it is the only one. That one is the scraper's.
pub fn ports_to_call<'a>(
    ports: &'a [Port],
    metrics: Option<&str>,
) -> impl Iterator<Item = &'a Port> {
    let metrics = metrics.filter(|_| ports.len() > 1).map(str::to_owned);
    ports.iter().filter(move |port| metrics.as_ref() != Some(&port.name.v))
}

/// The probes of a container, in Kubernetes' own shape.
#[derive(Debug, Clone, Default)]
pub struct Probes {
    /// The HTTP path and the port's name of probes that gen makes.
    pub http: Option<(Val<String>, Val<String>)>,
    /// What is said of the startup probe, over what gen makes.
    pub startup: Option<Tree>,
    /// What is said of the readiness probe, over what gen makes.
    pub readiness: Option<Tree>,
    /// What is said of the liveness probe, over what gen makes.
    pub liveness: Option<Tree>,
}

/// Something mounted into a container.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Where.
    pub path: Val<String>,
    /// What.
    pub source: MountSource,
    /// The file of the source alone, or the folder inside of a volume.
    pub sub_path: Option<Val<String>>,
    /// Refuses writes.
    pub read_only: Option<Val<bool>>,
    /// The files' mode.
    pub mode: Option<Val<u32>>,
    /// Where the keys of a ConfigMap stand as files, if not under their own names.
    pub items: Vec<(Val<String>, Val<String>)>,
}

/// What is mounted.
#[derive(Debug, Clone)]
pub enum MountSource {
    /// A claim, by its object's name.
    Claim(Val<String>),
    /// A ConfigMap, by its object's name.
    Config(Val<String>),
    /// A Secret, by its object's name.
    Secret(Val<String>),
    /// A config with secret values: its ConfigMap and keys of Secrets in one folder.
    Projected {
        /// The config's name as an object, whether there is a ConfigMap or not.
        name: Val<String>,
        /// Whether there is one.
        config: bool,
        /// The files of the secret values.
        secrets: BTreeMap<String, Val<SecretValue>>,
    },
    /// An empty folder.
    EmptyDir {
        /// How much it may hold.
        size_limit: Option<Val<String>>,
        /// Whether it is kept in memory.
        memory: Option<Val<bool>>,
        /// Where it is asked for.
        at: Origin,
    },
    /// The volume of each pod of a StatefulSet.
    PodStorage,
}

/// Whom a pod or container runs as and what it may do: what was said, without defaults.
/// Lowering puts each field where Kubernetes wants it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are Kubernetes' own")]
pub struct SecurityContext {
    pub run_as_user: Option<Val<i64>>,
    pub run_as_group: Option<Val<i64>>,
    pub run_as_non_root: Option<Val<bool>>,
    pub fs_group: Option<Val<i64>>,
    pub fs_group_change_policy: Option<Val<crate::spec::FsGroupChangePolicy>>,
    pub supplemental_groups: Option<Vec<Val<i64>>>,
    pub read_only_root_filesystem: Option<Val<bool>>,
    pub allow_privilege_escalation: Option<Val<bool>>,
    pub privileged: Option<Val<bool>>,
    pub capabilities_add: Option<Vec<Val<String>>>,
    pub capabilities_drop: Option<Vec<Val<String>>>,
    pub seccomp_profile: Option<Tree>,
}

/// The ServiceAccount of a program.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Its name.
    pub name: Val<String>,
    /// Whether its token is mounted.
    pub token: Val<bool>,
    /// Its annotations.
    pub annotations: Map,
    /// Whether gen renders it: not where a stack names one that another component has.
    pub render: bool,
}

/// What a program may do at the API server.
#[derive(Debug, Clone)]
pub struct RbacRule {
    /// API groups, `""` for the core group.
    pub api_groups: Vec<Val<String>>,
    /// Resources in plural.
    pub resources: Vec<Val<String>>,
    /// Names of objects; empty for all.
    pub resource_names: Vec<Val<String>>,
    /// Verbs.
    pub verbs: Vec<Val<String>>,
    /// In the whole cluster.
    pub cluster_wide: bool,
    /// Where the rule is written.
    pub at: Origin,
}

/// Where a program serves metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The port's name.
    pub port: Val<String>,
    /// The HTTP path.
    pub path: Option<Val<String>>,
    /// How often they are read.
    pub interval: Option<Val<String>>,
}

/// Something that must accept connections before a program starts.
#[derive(Debug, Clone)]
pub struct Wait {
    /// The component's name in the stack.
    pub component: String,
    /// How to ask.
    pub target: WaitFor,
    /// Where the wait is asked for.
    pub at: Origin,
}

/// How to ask whether something accepts connections.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields say it")]
pub enum WaitFor {
    /// With `pg_isready` of that image.
    Postgres { image: Val<String>, host: String, port: u16, database: String, user: String },
    /// With `redis-cli` of that image; the password lies in that key of that Secret.
    Redis { image: Val<String>, host: String, port: u16, secret: String, key: String },
    /// By opening a TCP connection.
    Tcp { host: String, port: u16 },
}

/// Fields of Kubernetes to merge into an object of a component.
#[derive(Debug, Clone)]
pub struct Extra {
    /// The place: `pod`, `container`, `service`, or the camel-case kind of an object.
    pub place: Val<String>,
    /// The fields.
    pub tree: Tree,
}
