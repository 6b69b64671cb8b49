//! Programs: services, workers, jobs and cron jobs, and what their pods and containers share.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder};
use super::expression::Text;
use super::macros::{spec, words};
use super::map::{Closed, Open};
use super::merge::{Layer, Merge, Merger, Removal};
use super::raw::Raw;
use super::storage::Storage;
use super::value::{List, Placed, Value, replaced};
use crate::source::{Kind, NodeRef, Span};

spec! {
    /// What every container can say, an init container or a sidecar too.
    pub struct Container {
        /// The image. Without a tag, the stack's `images` says which.
        image: Text,
        /// When the kubelet fetches the image.
        image_pull_policy: Value<ImagePullPolicy>,
        /// The program to run instead of the image's entry point.
        command: List<Text>,
        /// The arguments of the program.
        args: List<Text>,
        /// The folder in which the program starts.
        working_dir: Text,
        /// Environment variables. Order means something, as in Kubernetes. A value that is
        /// a secret becomes a reference to the Secret's key.
        env: Closed<Text>,
        /// Configs and secrets of the stack all of whose keys become environment variables.
        env_from: List<Text>,
        /// Named ports that the container listens on.
        ports: Closed<Port>,
        /// How the kubelet knows that the container is well. A path makes all three probes.
        health: Health,
        /// Paths in the container and what is mounted there.
        mounts: Closed<Mount>,
        /// What the container asks for and may use at most.
        resources: Resources,
        /// Whom the container runs as and what it may do. Fields that belong to the pod in
        /// Kubernetes stand here as well.
        security_context: SecurityContext,
    }
}

spec! {
    /// What every program can say.
    pub struct Pod {
        ..container: Container,
        /// The components, externals and services of other stacks that it calls.
        needs: Closed<Need>,
        /// Init containers, run one after another before the program starts.
        init: Closed<InitContainer>,
        /// Containers that run beside the program, started before it.
        sidecars: Closed<InitContainer>,
        /// The identity under which it calls the API server.
        service_account: ServiceAccount,
        /// What it may do at the API server; also opens the way there.
        rbac: List<RbacRule>,
        /// The processor architecture that the image is built for.
        arch: Text,
        /// Labels that a node must have.
        node_selector: Open<Text>,
        /// Taints of nodes that it puts up with.
        tolerations: List<Raw>,
        /// The PriorityClass of its pods.
        priority_class: Text,
        /// Names of Secrets with the credentials of image registries.
        image_pull_secrets: List<Text>,
        /// How many seconds a pod has to stop.
        termination_grace_period_seconds: Value<i64>,
        /// Where it serves metrics; opens the way for the environment's scraper. A port of its
        /// own for them is closed to all others who do not name it.
        metrics: Metrics,
        /// Labels on all of its objects and pods.
        labels: Open<Text>,
        /// Annotations on its pods.
        annotations: Open<Text>,
        /// The name of its objects, where a live system has another one already.
        name: Text,
        /// The labels by which its objects find its pods, where a live system has other ones.
        selector: Open<Text>,
        /// Warnings of good practice that hold for none of its objects, by their codes, each with
        /// the reason.
        allow: Open<Text>,
        /// Fields of Kubernetes that the language has no word for, by the place where they
        /// belong: `pod`, `container`, `service`, or the kind of another object of the component
        /// in camel case, such as `deployment`.
        extra: Open<Raw>,
    }
}

spec! {
    /// What programs that run all the time can say.
    pub struct Controller {
        ..pod: Pod,
        /// How many pods: a number, or a range with the load to hold.
        replicas: Replicas,
        /// Runs one pod on every node (a DaemonSet).
        per_node: Value<bool>,
        /// A volume for each pod, kept when the pod goes (a StatefulSet).
        storage: PodStorage,
        /// How pods are replaced: a Deployment's `strategy`, or the `updateStrategy` of a
        /// StatefulSet or DaemonSet.
        strategy: Raw,
        /// How many pods a voluntary disruption must leave.
        budget: Budget,
        /// What the pods are spread over.
        spread: Value<Spread>,
    }
}

spec! {
    /// A program that others reach by name: a Deployment and a Service; with `storage` a
    /// StatefulSet and a headless Service, with `perNode` a DaemonSet.
    pub struct Service {
        ..controller: Controller,
        /// Who outside of the stack may call it.
        allow_from: AllowFrom,
    }
}

spec! {
    /// A program that nobody calls: a Deployment without a Service.
    pub struct Worker {
        ..controller: Controller,
    }
}

spec! {
    /// What jobs and cron jobs share.
    pub struct Task {
        ..pod: Pod,
        /// How often a failed pod is tried again.
        backoff_limit: Value<i32>,
        /// How many seconds it may take in all.
        active_deadline_seconds: Value<i64>,
        /// How many seconds after its end it is deleted.
        ttl_seconds_after_finished: Value<i32>,
        /// How many pods must end well.
        completions: Value<i32>,
        /// How many pods run at once.
        parallelism: Value<i32>,
        /// Whether a failed container starts again in the same pod.
        restart_policy: Value<RestartPolicy>,
    }
}

spec! {
    /// A program that runs to its end, once for each change of it: a Job. Because a Job's
    /// template cannot be updated, its name ends in a digest of it.
    pub struct Job {
        ..task: Task,
        /// Rendered only when asked for with `--with`.
        on_demand: Value<bool>,
    }
}

spec! {
    /// A program that runs to its end at set times: a CronJob.
    pub struct CronJob {
        ..task: Task,
        /// When, in the five fields of cron.
        schedule: Text,
        /// The IANA time zone of the schedule.
        time_zone: Text,
        /// What happens when the last run is still going.
        concurrency_policy: Value<ConcurrencyPolicy>,
        /// How many seconds late a run may still start.
        starting_deadline_seconds: Value<i64>,
        /// How many ended runs are kept.
        successful_jobs_history_limit: Value<i32>,
        /// How many failed runs are kept.
        failed_jobs_history_limit: Value<i32>,
        /// Starts no further runs.
        suspend: Value<bool>,
    }
}

spec! {
    /// A container that runs before the program or beside it.
    pub struct InitContainer {
        ..container: Container,
        /// Fields of the Kubernetes container that the language has no word for.
        extra: Raw,
    }
}

spec! {
    /// A port of a container. A number is the container's.
    pub struct Port (short container) {
        /// The port that the container listens on.
        container: Value<u16>,
        /// The port of the Service, where it differs.
        service: Value<u16>,
        /// The transport protocol.
        protocol: Value<Protocol>,
        /// The application protocol, as in a Service's `appProtocol`.
        app_protocol: Text,
    }
}

spec! {
    /// Probes. A path alone makes an HTTP probe of each of the three.
    pub struct Health (short path) {
        /// The HTTP path of the three probes.
        path: Text,
        /// The name of the port of the three probes, where it is not the first.
        port: Text,
        /// Kubernetes' own `startupProbe`, over what the path makes.
        startup: Raw,
        /// Kubernetes' own `readinessProbe`, over what the path makes.
        readiness: Raw,
        /// Kubernetes' own `livenessProbe`, over what the path makes.
        liveness: Raw,
    }
}

spec! {
    /// Requests and limits by resource, such as `cpu` and `memory`.
    pub struct Resources {
        /// What the scheduler sets aside.
        requests: Open<Text>,
        /// What the container may use at most.
        limits: Open<Text>,
    }
}

spec! {
    /// Whom a container runs as and what it may do; each field where Kubernetes wants it.
    pub struct SecurityContext {
        /// The user's number.
        run_as_user: Value<i64>,
        /// The group's number.
        run_as_group: Value<i64>,
        /// Refuses to start as root.
        run_as_non_root: Value<bool>,
        /// The group that owns the pod's volumes. A field of the pod.
        fs_group: Value<i64>,
        /// When that ownership is changed. A field of the pod.
        fs_group_change_policy: Value<FsGroupChangePolicy>,
        /// Further groups. A field of the pod.
        supplemental_groups: List<Value<i64>>,
        /// Mounts the image's file system read-only.
        read_only_root_filesystem: Value<bool>,
        /// Lets a process gain more rights than its parent.
        allow_privilege_escalation: Value<bool>,
        /// Runs with all rights on the node.
        privileged: Value<bool>,
        /// Linux capabilities, added and dropped.
        capabilities: Capabilities,
        /// Kubernetes' own `seccompProfile`.
        seccomp_profile: Raw,
    }
}

spec! {
    /// Linux capabilities.
    pub struct Capabilities {
        /// Those added.
        add: List<Text>,
        /// Those dropped.
        drop: List<Text>,
    }
}

spec! {
    /// The ServiceAccount of a program.
    pub struct ServiceAccount {
        /// Its name, where it is not the component's.
        name: Text,
        /// Mounts its token. Rules of `rbac` do so by themselves.
        token: Value<bool>,
        /// Its annotations, such as the cloud identity that it stands for.
        annotations: Open<Text>,
    }
}

spec! {
    /// What a program may do at the API server.
    pub struct RbacRule {
        /// The API groups; the core group where none is named.
        api_groups: List<Text>,
        /// The resources, in plural.
        resources: List<Text>,
        /// The names of the objects, where only some are meant.
        resource_names: List<Text>,
        /// What it may do with them.
        verbs: List<Text>,
        /// In the whole cluster, not only in its namespace.
        cluster_wide: Value<bool>,
    }
}

spec! {
    /// Where a program serves metrics. A name is the port's.
    pub struct Metrics (short port) {
        /// The name of the port.
        port: Text,
        /// The HTTP path.
        path: Text,
        /// How often they are read.
        interval: Text,
    }
}

spec! {
    /// How many pods a voluntary disruption must leave or may take.
    pub struct BudgetFields {
        /// How many must stay: a number or a percentage.
        min_available: Text,
        /// How many may go: a number or a percentage.
        max_unavailable: Text,
    }
}

spec! {
    /// A volume for each pod of a StatefulSet.
    pub struct PodStorage {
        ..storage: Storage,
        /// Where it is mounted in the container.
        path: Text,
    }
}

spec! {
    /// Who outside of the stack may call a component.
    pub struct AllowFrom {
        /// Stacks of the same environment.
        stacks: List<Text>,
        /// Every pod of the namespaces that have these labels.
        namespaces: Open<Text>,
        /// Addresses outside of the cluster.
        cidrs: List<Text>,
    }
}

/// One thing that a program calls.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// Its options.
    pub options: NeedOptions,
}

spec! {
    /// How a program calls what it needs.
    pub struct NeedOptions {
        /// Waits before it starts until what it needs accepts connections.
        wait: Value<bool>,
        /// The component of another stack, `stack/component`.
        from: Text,
        /// The names of the ports it calls; where nothing is said, all but the one for metrics.
        ports: List<Text>,
    }
}

impl Decode for Need {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        NeedOptions::decode(node, decoder).map(|options| Self { options })
    }

    fn bare() -> Option<Self> {
        Some(Self::default())
    }
}

impl Merge for Need {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        self.options.merge(over.options, layer, merger);
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        self.options.remove(removal, merger);
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

impl JsonSchema for Need {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Need".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<NeedOptions>()
    }
}

spec! {
    /// What is mounted at a path: exactly one source. The word `emptyDir` is an empty folder.
    pub struct MountFields {
        /// A file or a folder beside the stack, read when compiling.
        files: Text,
        /// A volume of the stack.
        volume: Text,
        /// A PostgreSQL of the stack with `backup`: the volume that holds its dumps.
        backup: Text,
        /// A secret of the stack, or a component's credentials.
        secret: Text,
        /// A config of the stack.
        config: Text,
        /// An empty folder that goes with the pod.
        empty_dir: EmptyDir,
        /// The file of the source to mount alone, or the folder inside of a volume.
        sub_path: Text,
        /// Refuses writes.
        read_only: Value<bool>,
        /// The files' mode, in octal digits in quotes, such as "0440".
        mode: Text,
    }
}

spec! {
    /// An empty folder.
    pub struct EmptyDir {
        /// How much it may hold.
        size_limit: Text,
        /// Where it is kept.
        medium: Value<Medium>,
    }
}

/// What is mounted at a path.
#[derive(Debug, Clone)]
pub struct Mount {
    /// The source and its options.
    pub fields: MountFields,
    /// Where it stands.
    pub span: Span,
}

impl Decode for Mount {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let span = decoder.span(node);
        let fields = match node.kind() {
            Kind::Str if node.text() == "emptyDir" => MountFields {
                empty_dir: Some(EmptyDir { span: Some(span), ..EmptyDir::default() }),
                span: Some(span),
                ..MountFields::default()
            },
            Kind::Map => MountFields::decode(node, decoder)?,
            _ => {
                decoder.expected_words(
                    node,
                    "`emptyDir`, or a map such as `{ files: migrations/ }`",
                    &["emptyDir"],
                );
                return None;
            }
        };
        Some(Self { fields, span })
    }
}

impl JsonSchema for Mount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Mount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<MountFields>();
        json_schema!({ "anyOf": [{ "const": "emptyDir" }, fields] })
    }
}

/// How many pods: of the two the later layer replaces the earlier.
#[derive(Debug, Clone)]
pub enum Replicas {
    /// A fixed number.
    Count(Value<u32>),
    /// A range that a HorizontalPodAutoscaler moves in.
    Range(Range),
}

spec! {
    /// A range of pods and the load that the autoscaler holds.
    pub struct Range {
        /// The fewest.
        min: Value<u32>,
        /// The most.
        max: Value<u32>,
        /// The mean use of CPU to hold, in percent of what is requested.
        cpu: Value<u32>,
        /// The mean use of memory to hold, in percent of what is requested.
        memory: Value<u32>,
    }
}

impl Decode for Replicas {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Map => Range::decode(node, decoder).map(Self::Range),
            Kind::Int => Value::decode(node, decoder).map(Self::Count),
            Kind::Str if node.text().contains("${{") => {
                Value::decode(node, decoder).map(Self::Count)
            }
            _ => {
                decoder
                    .expected(node, "a number or a range such as `{ min: 2, max: 10, cpu: 70 }`");
                None
            }
        }
    }
}

impl Placed for Replicas {
    fn place(&self) -> Option<Span> {
        match self {
            Self::Count(count) => Some(count.span()),
            Self::Range(range) => range.span,
        }
    }
}

impl Merge for Replicas {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        match (self, over) {
            (Self::Range(low), Self::Range(over)) => low.merge(over, layer, merger),
            (Self::Count(low), Self::Count(over)) => low.merge(over, layer, merger),
            (low, over) => {
                if layer == Layer::Add {
                    merger.exists_already(low.place(), over.place());
                }
                *low = over;
            }
        }
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        match self {
            Self::Range(range) => range.remove(removal, merger),
            Self::Count(_) => merger.nothing_inside(removal),
        }
    }
}

impl JsonSchema for Replicas {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Replicas".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let count = generator.subschema_for::<Value<u32>>();
        let range = generator.subschema_for::<Range>();
        json_schema!({ "anyOf": [count, range] })
    }
}

/// How many pods a disruption must leave or may take: of the two the later layer replaces
/// the earlier.
#[derive(Debug, Clone)]
pub struct Budget {
    /// What it says.
    pub fields: BudgetFields,
    /// Where it stands.
    pub span: Span,
}

impl Decode for Budget {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let span = decoder.span(node);
        BudgetFields::decode(node, decoder).map(|fields| Self { fields, span })
    }
}

impl JsonSchema for Budget {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Budget".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<BudgetFields>()
    }
}

impl Placed for Mount {
    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

impl Placed for Budget {
    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

replaced!(Mount, Budget);

words! {
    /// When the kubelet fetches an image.
    pub enum ImagePullPolicy {
        /// At every start.
        Always = "Always",
        /// When the node does not have it.
        IfNotPresent = "IfNotPresent",
        /// Not at all.
        Never = "Never",
    }
}

words! {
    /// A transport protocol.
    pub enum Protocol {
        /// TCP.
        Tcp = "TCP",
        /// UDP.
        Udp = "UDP",
        /// SCTP.
        Sctp = "SCTP",
    }
}

words! {
    /// What pods are spread over.
    pub enum Spread {
        /// Over nothing.
        None = "none",
        /// Over nodes: no two pods of the component on one, where that is possible.
        Nodes = "nodes",
        /// Over zones, and over nodes inside each.
        Zones = "zones",
    }
}

words! {
    /// Whether a failed container of a job starts again in the same pod.
    pub enum RestartPolicy {
        /// It does.
        OnFailure = "OnFailure",
        /// A new pod is made.
        Never = "Never",
    }
}

words! {
    /// What happens when the last run of a cron job is still going.
    pub enum ConcurrencyPolicy {
        /// Both go on.
        Allow = "Allow",
        /// The new one is left out.
        Forbid = "Forbid",
        /// The old one is stopped.
        Replace = "Replace",
    }
}

words! {
    /// When the ownership of a volume's files is changed.
    pub enum FsGroupChangePolicy {
        /// At every mount.
        Always = "Always",
        /// When the volume's root has another owner.
        OnRootMismatch = "OnRootMismatch",
    }
}

words! {
    /// Where an empty folder is kept.
    pub enum Medium {
        /// In memory.
        Memory = "Memory",
    }
}
