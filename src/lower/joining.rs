//! Where the objects that gen builds meet what a component says in Kubernetes' own shape.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity, nearest};
use crate::k8s::graft::{self, Conflict, Under};
use crate::k8s::schema::{Resource, Type};
use crate::k8s::{Object, Version};
use crate::plan::{Extra, Plan, Program};
use crate::source::{NodeRef, Origin, Tree};

use super::pod;

/// A part of an object in Kubernetes' own shape that a stack writes where the language has a
/// word for it: it is laid over what gen builds.
#[derive(Debug)]
pub(super) struct Overlay<'p> {
    /// The way to its place.
    pub place: Vec<Under<'p>>,
    /// What stands there.
    pub tree: Cow<'p, Tree>,
}

/// The objects of one component on their way out: `extra` joins each, and what is wrong with
/// it is reported.
pub(super) struct Joining<'o> {
    version: Version,
    component: &'o str,
    extra: &'o [Extra],
    /// The places under `extra` that the component has so far.
    places: Vec<String>,
    objects: &'o mut Vec<Object>,
    diagnostics: &'o mut Diagnostics,
}

impl<'o> Joining<'o> {
    /// The objects of a component with these fields of `extra`. [`finish`](Self::finish) it
    /// when all of them have been pushed.
    pub(super) fn new(
        plan: &Plan,
        component: &'o str,
        extra: &'o [Extra],
        objects: &'o mut Vec<Object>,
        diagnostics: &'o mut Diagnostics,
    ) -> Self {
        let version = plan.place.kubernetes.v;
        Self { version, component, extra, places: Vec::new(), objects, diagnostics }
    }

    /// Adds an object, with the `extra` of its kind.
    pub(super) fn push(&mut self, object: Object) {
        let place = camel_case(&object.identity().kind);
        let object = self.extended(object, &place, &[]);
        self.objects.push(object);
    }

    /// Adds an object that is the second of its kind, so that no `extra` can mean it.
    pub(super) fn push_plain(&mut self, object: Object) {
        self.objects.push(object);
    }

    /// Adds an object with fields that are meant for it alone.
    pub(super) fn push_with(&mut self, object: Object, extra: Option<&Tree>) {
        let object = match extra {
            Some(extra) => self.with(object, &[], extra),
            None => object,
        };
        self.objects.push(object);
    }

    /// Adds the workload of a program whose pods stand in it at `pod`.
    pub(super) fn push_workload(
        &mut self,
        mut object: Object,
        pod: &[&str],
        program: &Program,
        overlays: Vec<Overlay<'_>>,
    ) {
        let of = self.type_of(&object);
        for Overlay { place, tree } in overlays {
            object = rebuilt(graft::patch(object.root(), wrapped(&place, &tree).root(), of));
        }
        let fields = || pod.iter().map(|field| Under::Field(field));
        for Overlay { place, tree } in pod::overlays(program) {
            let place: Vec<_> = fields().chain(place).collect();
            object = rebuilt(graft::patch(object.root(), wrapped(&place, &tree).root(), of));
        }
        let in_container = |list, container| -> Vec<Under<'_>> {
            fields().chain(pod::in_container(list, container)).collect()
        };
        object = self.extended(object, "pod", &fields().collect::<Vec<_>>());
        let main = in_container("containers", &program.container);
        object = self.extended(object, "container", &main);
        for container in program.init.iter().chain(&program.sidecars) {
            if let Some(extra) = &container.extra {
                object = self.with(object, &in_container("initContainers", container), extra);
            }
        }
        self.push(object);
    }

    /// Reports the places under `extra` that the component does not have.
    pub(super) fn finish(self) {
        let mut places = self.places;
        places.sort_unstable();
        places.dedup();
        for Extra { place, .. } in self.extra {
            if places.contains(&place.v) {
                continue;
            }
            let message = format!("`{}` has no place `{}` under `extra`", self.component, place.v);
            let mut diagnostic = error(Code::UnknownExtraPlace, place.at, message);
            if let Some(near) = nearest(&place.v, places.iter().map(String::as_str)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            let known: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
            self.diagnostics.push(diagnostic.help(format!("it has {}", known.join(", "))));
        }
    }

    /// An object with the `extra` of a place of it.
    fn extended(&mut self, mut object: Object, place: &str, path: &[Under<'_>]) -> Object {
        self.places.push(place.to_owned());
        for extra in self.extra.iter().filter(|extra| extra.place.v == place) {
            object = self.with(object, path, &extra.tree);
        }
        object
    }

    /// An object with fields added at a place of it; as it was, where it sets them already.
    fn with(&mut self, object: Object, path: &[Under<'_>], tree: &Tree) -> Object {
        let extra = wrapped(path, tree);
        let mut conflicts = withheld(&object, extra.root());
        match graft::extend(object.root(), extra.root(), self.type_of(&object)) {
            Ok(tree) if conflicts.is_empty() => return rebuilt(tree),
            Ok(_) => {}
            Err(more) => conflicts.extend(more),
        }
        for conflict in conflicts {
            self.diagnostics.push(sets_again(&object, &conflict));
        }
        object
    }

    fn type_of(&self, object: &Object) -> Option<Type> {
        Resource::find(self.version, object.api_version(), &object.identity().kind)
            .map(Resource::root)
    }
}

fn wrapped(path: &[Under<'_>], tree: &Tree) -> Tree {
    graft::under(path, tree.root())
}

/// The object that a merge made of an object: that it is still one is certain, since what is
/// added cannot take the identity away.
fn rebuilt(tree: Tree) -> Object {
    Object::new(tree).unwrap_or_else(|bug| panic!("merging lost an object's identity: {bug}"))
}

/// The kind as a place under `extra` names it.
fn camel_case(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

/// What gen leaves out on purpose: the number of pods, where an autoscaler decides it.
fn withheld(object: &Object, extra: NodeRef<'_>) -> Vec<Conflict> {
    let replicas = |root: NodeRef<'_>| root.at_path(&["spec", "replicas"]).map(NodeRef::at);
    let counts = matches!(object.identity().kind.as_str(), "Deployment" | "StatefulSet");
    match (replicas(object.root()), replicas(extra)) {
        (None, Some(added)) if counts => {
            vec![Conflict { path: "spec.replicas".to_owned(), base: object.at(), added }]
        }
        _ => Vec::new(),
    }
}

fn sets_again(object: &Object, conflict: &Conflict) -> Diagnostic {
    let Conflict { path, base, added } = conflict;
    let name = object.identity();
    let message = format!("`extra` sets `{path}`, which gen sets itself");
    let mut diagnostic = error(Code::ExtraSetsAgain, *added, message);
    if let Some(span) = base.span() {
        diagnostic = diagnostic.also(span, "gen sets it because of this");
    }
    diagnostic.help(match word(path) {
        Some(word) => format!("say it with `{word}`"),
        None => format!(
            "change it with `patches: {{ {}/{}: ... }}` if that must be",
            name.kind, name.name
        ),
    })
}

fn error(code: Code, at: Origin, message: String) -> Diagnostic {
    let place = at.span().map_or(Place::Nowhere, Place::Span);
    Diagnostic::new(code, Severity::Error, place, message)
}

/// The language's word for a field of an object, by the field's path.
fn word(path: &str) -> Option<&'static str> {
    let pod = ["spec.template.spec.", "spec.jobTemplate.spec.template.spec."]
        .into_iter()
        .find_map(|prefix| path.strip_prefix(prefix));
    let container = pod.and_then(|field| {
        let item = field.strip_prefix("containers[").or(field.strip_prefix("initContainers["))?;
        item.split_once("].").map(|(_, field)| field)
    });
    let (words, field) = match (container, pod) {
        (Some(field), _) => (CONTAINER_WORDS, field),
        (None, Some(field)) => (POD_WORDS, field),
        (None, None) => (OBJECT_WORDS, path),
    };
    let starts = |known: &str| {
        field
            .strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    words.iter().find(|(known, _)| starts(known)).map(|(_, word)| *word)
}

/// The language's words by the fields of a container.
const CONTAINER_WORDS: &[(&str, &str)] = &[
    ("args", "args"),
    ("command", "command"),
    ("env", "env"),
    ("envFrom", "envFrom"),
    ("image", "image"),
    ("imagePullPolicy", "imagePullPolicy"),
    ("livenessProbe", "health: { liveness: ... }"),
    ("ports", "ports"),
    ("readinessProbe", "health: { readiness: ... }"),
    ("resources", "resources"),
    ("securityContext", "securityContext"),
    ("startupProbe", "health: { startup: ... }"),
    ("volumeMounts", "mounts"),
    ("workingDir", "workingDir"),
];

/// The language's words by the fields of a pod.
const POD_WORDS: &[(&str, &str)] = &[
    ("affinity", "spread"),
    ("automountServiceAccountToken", "serviceAccount: { token: ... }"),
    ("containers", "sidecars"),
    ("imagePullSecrets", "imagePullSecrets"),
    ("initContainers", "init"),
    ("nodeSelector[\"kubernetes.io/arch\"]", "arch"),
    ("nodeSelector", "nodeSelector"),
    ("priorityClassName", "priorityClass"),
    ("restartPolicy", "restartPolicy"),
    ("securityContext", "securityContext"),
    ("serviceAccountName", "serviceAccount: { name: ... }"),
    ("terminationGracePeriodSeconds", "terminationGracePeriodSeconds"),
    ("tolerations", "tolerations"),
    ("topologySpreadConstraints", "spread"),
    ("volumes", "mounts"),
];

/// The language's words by the fields of the objects themselves.
const OBJECT_WORDS: &[(&str, &str)] = &[
    ("metadata.annotations", "annotations"),
    ("metadata.labels", "labels"),
    ("metadata.name", "name"),
    ("rules", "rbac"),
    ("spec.activeDeadlineSeconds", "activeDeadlineSeconds"),
    ("spec.backoffLimit", "backoffLimit"),
    ("spec.completions", "completions"),
    ("spec.concurrencyPolicy", "concurrencyPolicy"),
    ("spec.failedJobsHistoryLimit", "failedJobsHistoryLimit"),
    ("spec.jobTemplate.spec.activeDeadlineSeconds", "activeDeadlineSeconds"),
    ("spec.jobTemplate.spec.backoffLimit", "backoffLimit"),
    ("spec.jobTemplate.spec.completions", "completions"),
    ("spec.jobTemplate.spec.parallelism", "parallelism"),
    ("spec.jobTemplate.spec.template.metadata.annotations", "annotations"),
    ("spec.jobTemplate.spec.template.metadata.labels", "labels"),
    ("spec.jobTemplate.spec.ttlSecondsAfterFinished", "ttlSecondsAfterFinished"),
    ("spec.maxReplicas", "replicas: { max: ... }"),
    ("spec.maxUnavailable", "budget: { maxUnavailable: ... }"),
    ("spec.metrics", "replicas: { cpu: ... }"),
    ("spec.minAvailable", "budget: { minAvailable: ... }"),
    ("spec.minReplicas", "replicas: { min: ... }"),
    ("spec.parallelism", "parallelism"),
    ("spec.ports", "ports"),
    ("spec.replicas", "replicas"),
    ("spec.schedule", "schedule"),
    ("spec.selector", "selector"),
    ("spec.startingDeadlineSeconds", "startingDeadlineSeconds"),
    ("spec.strategy", "strategy"),
    ("spec.successfulJobsHistoryLimit", "successfulJobsHistoryLimit"),
    ("spec.suspend", "suspend"),
    ("spec.template.metadata.annotations", "annotations"),
    ("spec.template.metadata.labels", "labels"),
    ("spec.timeZone", "timeZone"),
    ("spec.ttlSecondsAfterFinished", "ttlSecondsAfterFinished"),
    ("spec.updateStrategy", "strategy"),
    ("spec.volumeClaimTemplates", "storage"),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{
        container, controller, lowered_with, part, plan, program, service, task, text, val,
    };
    use super::*;
    use crate::plan::{ProgramKind, Replicas};
    use crate::source::listing::{at, tree};

    fn extra(place: &str, number: u32, fields: &Value) -> Extra {
        Extra { place: text(place, number), tree: tree(fields, at(number + 1)) }
    }

    fn with(mut program: Program, extra: Vec<Extra>) -> Plan {
        let mut plan = plan();
        plan.owns_namespace = false;
        program.extra = extra;
        plan.programs.push(program);
        plan
    }

    #[test]
    fn extra_joins_the_place_that_it_names() {
        let plan = with(
            service("web", 30),
            vec![
                extra(
                    "pod",
                    40,
                    &json!({ "hostname": "h", "volumes": [{ "name": "x", "emptyDir": {} }] }),
                ),
                extra(
                    "container",
                    42,
                    &json!({ "tty": true, "ports": [{ "containerPort": 9, "name": "x" }] }),
                ),
                extra("deployment", 44, &json!({ "spec": { "minReadySeconds": 5 } })),
                extra("service", 46, &json!({ "metadata": { "annotations": { "a": "b" } } })),
            ],
        );
        let deployment = "Deployment/web";
        assert_eq!(part(&plan, deployment, "minReadySeconds"), "minReadySeconds: 5 @45\n");
        assert_eq!(part(&plan, deployment, "hostname"), "hostname: h @41\n");
        assert_eq!(
            part(&plan, deployment, "volumes"),
            "volumes: @41\n  -\n    name: x\n    emptyDir:\n"
        );
        assert_eq!(part(&plan, deployment, "tty"), "tty: true @43\n");
        assert_eq!(
            part(&plan, deployment, "ports"),
            "\
ports:
  - @33
    name: http
    containerPort: 8080
  - @43
    containerPort: 9
    name: x
"
        );
        assert_eq!(part(&plan, "Service/web", "annotations"), "annotations: @47\n  a: b\n");
    }

    #[test]
    fn the_pods_of_a_cron_job_are_found_too() {
        let when = crate::plan::CronSchedule {
            schedule: text("0 2 * * *", 40),
            time_zone: None,
            concurrency_policy: None,
            starting_deadline_seconds: None,
            successful_jobs_history_limit: None,
            failed_jobs_history_limit: None,
            suspend: None,
        };
        let mut report = program("report", 30, ProgramKind::CronJob(task(), when));
        report.tolerations = vec![tree(&json!({ "operator": "Exists" }), at(50))];
        let mut init = container("prepare", 60);
        init.extra = Some(tree(&json!({ "stdin": true }), at(61)));
        report.init.push(init);
        let plan = with(report, vec![extra("pod", 70, &json!({ "hostname": "h" }))]);
        assert_eq!(
            part(&plan, "CronJob/report", "tolerations"),
            "tolerations: @50\n  -\n    operator: Exists\n"
        );
        assert_eq!(part(&plan, "CronJob/report", "hostname"), "hostname: h @71\n");
        assert_eq!(part(&plan, "CronJob/report", "stdin"), "stdin: true @61\n");
    }

    /// What is wrong with a plan, and where: the place, the other places, and what to write.
    fn wrong(plan: &Plan) -> String {
        let start = |span: crate::source::Span| span.start.to_string();
        let mut lines = Vec::new();
        for wrong in lowered_with(plan).1 {
            let place = match wrong.place {
                Place::Span(span) => start(span),
                other => format!("{other:?}"),
            };
            lines.push(format!("{} @{place}: {}", wrong.code.id(), wrong.message));
            let labels = wrong.secondary.into_iter();
            lines.extend(labels.map(|label| format!("  @{}: {}", start(label.span), label.text)));
            lines.extend(wrong.help.into_iter().map(|help| format!("  {help}")));
        }
        lines.join("\n") + "\n"
    }

    #[test]
    fn what_gen_sets_cannot_be_set_again() {
        let plan = with(
            service("web", 30),
            vec![
                extra(
                    "pod",
                    40,
                    &json!({
                        "enableServiceLinks": true, "securityContext": { "runAsNonRoot": false, "sysctls": [] },
                    }),
                ),
                extra("container", 42, &json!({ "image": "other" })),
                extra(
                    "deployment",
                    44,
                    &json!({ "spec": { "template": { "spec": {
                    "containers": [{ "name": "web", "securityContext": { "readOnlyRootFilesystem": false } }],
                } } } }),
                ),
                extra(
                    "service",
                    46,
                    &json!({ "spec": { "ports": [{ "port": 80, "name": "x" }] } }),
                ),
            ],
        );
        assert_eq!(wrong(&plan), "\
R070 @47: `extra` sets `spec.ports[80].name`, which gen sets itself
  @33: gen sets it because of this
  say it with `ports`
R070 @41: `extra` sets `spec.template.spec.enableServiceLinks`, which gen sets itself
  @30: gen sets it because of this
  change it with `patches: { Deployment/web: ... }` if that must be
R070 @41: `extra` sets `spec.template.spec.securityContext.runAsNonRoot`, which gen sets itself
  @30: gen sets it because of this
  say it with `securityContext`
R070 @43: `extra` sets `spec.template.spec.containers[web].image`, which gen sets itself
  @32: gen sets it because of this
  say it with `image`
R070 @45: `extra` sets `spec.template.spec.containers[web].securityContext.readOnlyRootFilesystem`, which gen sets itself
  @30: gen sets it because of this
  say it with `securityContext`
");
        let names = |plan: &Plan| {
            let objects = lowered_with(plan).0;
            objects.iter().map(|object| object.identity().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&plan), names(&with(service("web", 30), Vec::new())));
    }

    #[test]
    fn the_number_of_pods_is_the_autoscalers() {
        let mut range = controller(30);
        range.replicas = Replicas::Range {
            min: val(1, 31),
            max: val(2, 32),
            cpu: None,
            memory: None,
            at: at(33),
        };
        let plan = with(
            program("web", 30, ProgramKind::Worker(range)),
            vec![extra("deployment", 40, &json!({ "spec": { "replicas": 3 } }))],
        );
        assert_eq!(
            wrong(&plan),
            "\
R070 @41: `extra` sets `spec.replicas`, which gen sets itself
  @30: gen sets it because of this
  say it with `replicas`
"
        );
    }

    #[test]
    fn a_place_that_is_not_there_is_reported_with_those_that_are() {
        let fields = json!({ "spec": {} });
        let plan = with(
            service("web", 30),
            vec![extra("deploymnet", 40, &fields), extra("statefulSet", 42, &fields)],
        );
        assert_eq!(
            wrong(&plan),
            "\
R071 @40: `web` has no place `deploymnet` under `extra`
  did you mean `deployment`?
  it has `container`, `deployment`, `pod`, `service`, `serviceAccount`
R071 @42: `web` has no place `statefulSet` under `extra`
  it has `container`, `deployment`, `pod`, `service`, `serviceAccount`
"
        );
    }

    #[test]
    fn the_words_are_those_of_the_language() {
        assert_eq!(word("spec.template.spec.containers[web].env[A].value"), Some("env"));
        assert_eq!(word("spec.template.spec.nodeSelector[\"kubernetes.io/arch\"]"), Some("arch"));
        assert_eq!(word("spec.template.spec.nodeSelector.disk"), Some("nodeSelector"));
        assert_eq!(
            word("spec.jobTemplate.spec.template.spec.restartPolicy"),
            Some("restartPolicy")
        );
        assert_eq!(word("spec.selector.matchLabels"), Some("selector"));
        assert_eq!(word("spec.serviceName"), None);
        assert_eq!(word("spec.template.spec.enableServiceLinks"), None);
    }
}
