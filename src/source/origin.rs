//! Where a value came from.

use super::Span;

/// Where a value came from: an input wrote it, or gen worked it out.
///
/// Every node of every rendered object has one; that is what lets an error about an
/// object point at the line that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An input wrote it at this place.
    Written(Span),
    /// A named rule of gen made it, because of what an input says at `from`;
    /// without `from` it is a default that no input caused.
    Derived {
        /// The rule or default.
        rule: Rule,
        /// The input that the rule applied to.
        from: Option<Span>,
    },
}

impl Origin {
    /// The place in an input to show for this value, if any input caused it.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        match self {
            Self::Written(span) => Some(span),
            Self::Derived { from, .. } => from,
        }
    }

    /// A value that `rule` makes from what this origin stands for.
    #[must_use]
    pub fn derive(self, rule: Rule) -> Self {
        Self::Derived { rule, from: self.span() }
    }
}

/// Declares [`Rule`] with its names and meanings in one place.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal,)+) => {
        /// A default or derivation of gen's own, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[doc = $doc])+ $name,)+ }

        impl Rule {
            /// Every rule, in the order declared.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable name, in kebab case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// What it does and why, for the reference.
            #[must_use]
            pub fn doc(self) -> String {
                let doc = match self { $(Self::$name => [$($doc),+].as_slice()),+ };
                // A doc comment's lines start with the space that follows its slashes.
                doc.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).fold(
                    String::new(),
                    |page, line| page + line + "\n",
                )
            }
        }
    };
}

rules! {
    /// The kind and version of an object follow from the component that it serves.
    ObjectIdentity = "object-identity",
    /// The recommended `app.kubernetes.io/*` labels.
    RecommendedLabels = "recommended-labels",
    /// An object lives in the namespace of its stack.
    StackNamespace = "stack-namespace",
    /// Objects find their pods by `app.kubernetes.io/name` and `/instance` alone. The other
    /// recommended labels change in the life of a component, and a selector cannot.
    StableSelector = "stable-selector",
    /// A Job's name ends in a digest of its spec: the server refuses to change a Job's
    /// template, so a changed Job is another Job, which runs again.
    JobName = "job-name",
    /// A pod template carries digests of the ConfigMaps and Secrets that its pods read, so
    /// that a change of their content starts the pods again.
    RestartOnChange = "restart-on-change",
    /// Everything that no component declares is denied: each namespace has a NetworkPolicy that
    /// selects every pod and allows nothing.
    DefaultDeny = "default-deny",
    /// A component's NetworkPolicy allows the ways that needs, routes and consents declare.
    DeclaredNetwork = "declared-network",
    /// A component that calls anything may ask the cluster's DNS, without which a name leads
    /// nowhere.
    DnsEgress = "dns-egress",
    /// A namespace enforces the environment's Pod Security Standard, in the environment's
    /// version, and warns and audits by the same.
    PodSecurity = "pod-security",
    /// A namespace belongs to the stack that alone uses it, or to the environment where
    /// several do.
    NamespaceOwner = "namespace-owner",
    /// ACME's HTTP-01 challenges are answered through the environment's own routing.
    AcmeSolver = "acme-solver",
    /// A route with TLS has a cert-manager Certificate for its host, from the environment's
    /// issuer.
    Certificate = "certificate",
    /// Where the environment has certificates sign themselves, each stack that serves TLS gets
    /// an Issuer for that.
    SelfSignedIssuer = "self-signed-issuer",
    /// HSTS tells browsers for a year to use HTTPS only. Sub-domains are not included: those
    /// below a host may be another environment's, with certificates that no browser trusts, and
    /// whoever has been told so cannot go on. ingress-nginx takes the header from a ConfigMap, and
    /// must list it in `global-allowed-response-headers`.
    Hsts = "hsts",
    /// The pods that answer ACME's HTTP-01 challenges are cert-manager's, come and go in the
    /// namespace of the route, and are reached by the same controller as the route; the default
    /// deny would keep it from them, and no certificate would ever come.
    AcmeSolverIngress = "acme-solver-ingress",
    /// Pods refuse to run as root and use the container runtime's own seccomp profile.
    SecurePods = "secure-pods",
    /// Containers cannot gain rights, have no capabilities and mount the image's file system
    /// read-only.
    SecureContainers = "secure-containers",
    /// The ownership of a volume with an `fsGroup` is changed only when its root has another
    /// owner: walking over a large volume at each start takes minutes.
    FsGroupOnce = "fs-group-once",
    /// Pods get no environment variables for each Service of the namespace: programs find
    /// each other by DNS, and a Service called `redis` would set `REDIS_PORT` to a URL.
    NoServiceLinks = "no-service-links",
    /// A pod's identity at the API server is a ServiceAccount of its own.
    OwnServiceAccount = "own-service-account",
    /// The probes of a `health` path. The startup probe gives two minutes and asks often, so
    /// that a quick program is ready at once; the readiness probe takes a pod out of its
    /// Service within 15 seconds; the liveness probe waits for a minute, since a restart helps
    /// less often than it harms.
    HealthProbes = "health-probes",
    /// An init container has the requests and limits of its program for each resource of which it
    /// says nothing: they run one after the other, so that the pod asks for no more, and a quota
    /// of the namespace finds all that it asks for.
    InitResources = "init-resources",
    /// A container that waits for what the program needs: it asks every two seconds, as
    /// nobody, and needs next to nothing.
    WaitContainer = "wait-container",
    /// A mount becomes a volume of the pod, which is named after its source, or after its path
    /// where the source is an empty folder. Containers of a pod that mount an empty folder at
    /// the same path share it.
    VolumeOfMount = "volume-of-mount",
    /// Configs and secrets are mounted read-only.
    ReadOnlyMount = "read-only-mount",
    /// The processor architecture of an image becomes a label that its nodes must have.
    ArchNodes = "arch-nodes",
    /// A new pod is ready before an old one goes, so that an update takes no capacity away.
    KeepCapacity = "keep-capacity",
    /// A Deployment whose pods mount a volume that only one node may mount stops the old pod
    /// first: the new one could wait for the volume for ever.
    RecreateForVolume = "recreate-for-volume",
    /// The pods of a StatefulSet have names of their own in a Service without an address. They
    /// are found before they are ready, since they may have to find each other to become so.
    HeadlessService = "headless-service",
    /// A Service leads to a port of the pods by the port's name.
    ServiceOfPorts = "service-of-ports",
    /// Each pod of a StatefulSet has a claim of its own, called `data`.
    ClaimOfPod = "claim-of-pod",
    /// A range of replicas becomes a HorizontalPodAutoscaler, and its workload does not say how
    /// many pods it has.
    Autoscaler = "autoscaler",
    /// With more than one replica a voluntary disruption takes one pod at a time, and pods that
    /// are not ready never hold up a node.
    DisruptionBudget = "disruption-budget",
    /// Pods of a component are kept on different nodes where that is possible. It is a wish and
    /// no demand, so that a pod can start while nodes are few, and it looks at pods of the same
    /// revision only, so that an update ends as well spread as it began.
    SpreadNodes = "spread-nodes",
    /// Pods of a component are spread evenly over zones where that is possible.
    SpreadZones = "spread-zones",
    /// A failed pod of a job is kept with its logs, and another takes its place.
    KeepFailedPods = "keep-failed-pods",
    /// A run of a cron job is left out while the one before it is still going.
    OneRunAtATime = "one-run-at-a-time",
    /// The rules of a program become a role that is bound to its ServiceAccount.
    RoleOfProgram = "role-of-program",
    /// Prometheus finds the pods of a component that serves metrics.
    MonitorOfMetrics = "monitor-of-metrics",
    /// A folder on a node becomes a PersistentVolume that is kept for one claim, with a
    /// StorageClass that makes no volumes. The folder must exist; it is left alone when the claim
    /// goes, unless the stack says otherwise.
    LocalVolume = "local-volume",
    /// A volume is for the pods of one node, unless the stack says otherwise.
    OneNodeVolume = "one-node-volume",
    /// A key that has no value yet stands as text that says so and that nothing can decrypt.
    Placeholder = "placeholder",
    /// A value with secrets in it is composed in the cluster, by a template over the keys of its
    /// Secret.
    ComposedInCluster = "composed-in-cluster",
    /// What a sealed value is bound to follows from the environment.
    SealScope = "seal-scope",
    /// Fields that the External Secrets operator would fill in are written, so that a GitOps
    /// engine sees no difference.
    ExternalSecretFields = "external-secret-fields",
    /// A database runs from its official image, and gets what that image asks for: its names
    /// and password in the environment, its user and group by number, since the image says
    /// them by name or starts as root, and the folders that it writes to.
    OfficialImage = "official-image",
    /// The files of a PostgreSQL lie in a folder inside of its volume: the volume's own folder
    /// belongs to root, and that of block storage is not empty when new.
    DataFolder = "data-folder",
    /// A database is asked by its own client whether it is well. Until it has started it has
    /// ten minutes, for the scripts of the first start or for recovery after a crash.
    DatabaseProbes = "database-probes",
    /// PostgreSQL has 90 seconds to stop: it ends all sessions and writes what it holds in
    /// memory, and a shorter time costs a recovery at the next start.
    PostgresStop = "postgres-stop",
    /// PostgreSQL's parallel queries share memory by `/dev/shm`, of which a container has
    /// 64 MiB; a folder in memory there is bounded by the container's own limit.
    SharedMemory = "shared-memory",
    /// The settings of a database are a file in a ConfigMap, with those that gen decides.
    DatabaseSettings = "database-settings",
    /// PostgreSQL reads its certificate when told to, so a container beside it tells it every
    /// hour, and a renewed certificate is served without a restart.
    CertificateReload = "certificate-reload",
    /// A backup is a CronJob of the database's own image, which dumps to a claim of its own,
    /// reads the dump's list of contents back, and then removes the oldest beyond `keep`.
    BackupJob = "backup-job",
    /// A Redis with a volume keeps every write in an append-only file; one without keeps
    /// nothing.
    RedisPersistence = "redis-persistence",
    /// Of several Redis pods the first takes writes and the others follow it, so the Service
    /// that callers know leads to the first alone.
    FirstTakesWrites = "first-takes-writes",
    /// Several pods of a database lie on different nodes where that is possible, since each is
    /// there for the case that another one is gone.
    SpreadReplicas = "spread-replicas",
    /// A stack that names no namespace has one of its own name.
    DefaultNamespace = "default-namespace",
    /// Objects are called as the component is in its stack.
    ComponentName = "component-name",
    /// A port of a Service has the number of the container's port.
    ServicePort = "service-port",
    /// A port is TCP where nothing is said.
    DefaultProtocol = "default-protocol",
    /// PostgreSQL and Redis listen on the ports that everybody knows them by.
    DatabasePort = "database-port",
    /// A database without an image runs the official one of its version.
    ImageOfVersion = "image-of-version",
    /// One pod runs where nothing is said.
    OneReplica = "one-replica",
    /// The token of the API server is not mounted where no rule needs it.
    NoToken = "no-token",
    /// A component with rules of `rbac` has the token with which it may use them.
    TokenForRbac = "token-for-rbac",
    /// A rule that names no API group means the core group.
    CoreGroup = "core-group",
    /// The credentials of a component are a Secret `NAME-credentials`.
    CredentialsName = "credentials-name",
    /// A database has a password, which gen makes of 32 characters where nobody sets it.
    PasswordKey = "password-key",
    /// A value has the name of its key in an external store.
    RemoteKey = "remote-key",
    /// A Secret lies at `STACK/SECRET` in an external store.
    StorePath = "store-path",
    /// A string with secrets in it is a key of their Secret, composed in the cluster.
    ComposedKey = "composed-key",
    /// A variable that another one refers to, for what only the kubelet knows or for a secret
    /// beside it.
    HelperVariable = "helper-variable",
    /// A mounted file or folder becomes a ConfigMap, shared by all who mount it.
    FilesConfig = "files-config",
    /// Storage that names no class has the environment's `default`.
    DefaultStorageClass = "default-storage-class",
    /// A certificate lies in a Secret `NAME-tls`.
    CertificateName = "certificate-name",
    /// The dumps of a database lie in a claim `NAME-backup`.
    BackupClaim = "backup-claim",
    /// Seven dumps are kept where nothing is said: a week of daily ones.
    KeptDumps = "kept-dumps",
    /// A path of a route matches what is below it too.
    PrefixPath = "prefix-path",
    /// A route that serves HTTPS redirects HTTP there, where nothing is said and the routing can.
    HttpsOnly = "https-only",
    /// A load balancer that names no callers is open to every address.
    OpenLoadBalancer = "open-load-balancer",
    /// An external leaves out the addresses of the cluster itself.
    NoClusterAddresses = "no-cluster-addresses",
    /// An external leaves out link-local addresses, by which clouds hand out credentials.
    NoLinkLocal = "no-link-local",
    /// A component with a token of the API server may call it.
    WayToApiServer = "way-to-api-server",
    /// The job that dumps a database may call it.
    WayOfBackup = "way-of-backup",
    /// The pods of a Redis with several call each other.
    WayOfReplication = "way-of-replication",
    /// An environment that names no version has the newest that gen knows.
    NewestKubernetes = "newest-kubernetes",
    /// An environment enforces the restricted Pod Security Standard where nothing is said.
    DefaultPolicy = "default-policy",
    /// The cluster's DNS runs where most clusters have it: `k8s-app: kube-dns` in `kube-system`.
    ClusterDns = "cluster-dns",
    /// The API server listens on 443, and on 6443 where a Service hides that.
    ApiServerPorts = "api-server-ports",
    /// What is sealed can be opened under its own namespace and name alone.
    StrictScope = "strict-scope",
    /// A store of secrets is the whole cluster's.
    ClusterStore = "cluster-store",
    /// A store of secrets is read again every hour.
    RefreshInterval = "refresh-interval",
    /// Keys without a value are an error where nothing is said.
    NoPlaceholders = "no-placeholders",
    /// ACME certificates come from Let's Encrypt where nothing is said.
    LetsEncrypt = "lets-encrypt",
    /// The key of an ACME account lies in a Secret `NAME-account-key`.
    AccountKey = "account-key",
    /// A sidecar asks for little where nothing is said of a resource: an autoscaler that looks at
    /// the CPU of a pod needs a request of every container, and a quota of the namespace does too.
    SidecarResources = "sidecar-resources",
    /// The items of a list of one kind, such as a `PodList`, may leave out what the list says.
    KindOfList = "kind-of-list",
    /// A value of a config that has a secret in it stays in the Secret. Programs that read the
    /// config get it from there: as a file among the config's, or as a variable.
    SecretOfConfig = "secret-of-config",
    /// The definition of a custom resource fills in what an object leaves out.
    CustomDefault = "custom-default",
    /// A program asks for 100m of CPU and 128Mi of memory, of which it may use 256Mi, where
    /// nothing is said of that resource: the scheduler fills nodes by what is requested, and a
    /// leak without a limit takes its neighbours down. CPU has no limit, since one slows a
    /// program down while the node is idle. It is a guess: an autoscaler does not measure by it.
    ProgramResources = "program-resources",
    /// A PostgreSQL asks for 250m of CPU and 256Mi of memory, of which it may use 512Mi, where
    /// nothing is said of that resource: its shared buffers alone are 128MB.
    PostgresResources = "postgres-resources",
    /// The API server fills in what an object leaves out.
    ServerDefault = "server-default",
}
