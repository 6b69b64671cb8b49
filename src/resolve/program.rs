//! Programs: services, workers, jobs and cron jobs; and what databases share with them.

use indexmap::IndexMap;

use super::container::{Role, pod_security};
use super::declaration::{Declaration, Written, declarations};
use super::interface::{Component, ComponentKind, entries, missing, open_entries};
use super::names;
use super::needs::{Need, Needs, needs};
use super::planner::Planner;
use super::read::Read;
use super::resources::{Resources, Unsaid};
use super::scope::{PASSWORD, Scope, Viewer, host};
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::NameForm;
use crate::plan::{
    Budget, Container, Controller, CronSchedule, Extra, Metrics, Program, ProgramKind, RbacRule,
    Replicas, ServiceAccount, Task, Val, Wait, WaitFor,
};
use crate::source::{Origin, Rule, Span};
use crate::spec;
use crate::spec::map::Open;

/// A component that runs pods, with what it needs.
pub(super) struct Running<'a> {
    pub program: Program,
    pub needs: Needs<'a>,
}

/// What is known of a component before its pods are read.
pub(super) struct Declared<'a> {
    pub name: &'a str,
    pub at: Span,
    pub pod: &'a spec::Pod,
    /// The image of a component that may name none.
    pub image: Option<Val<String>>,
    /// What its container asks for where nothing is said.
    pub unsaid: Unsaid<'a>,
}

impl<'a> Planner<'a> {
    /// All programs of the stack in the order of the plan, those on demand only when asked for.
    /// What those say that nobody asks for is checked all the same.
    pub fn programs(&self) -> Vec<Running<'a>> {
        declarations(&self.merged.body).filter_map(|component| self.running(component)).collect()
    }

    fn running(&self, component: Declaration<'a>) -> Option<Running<'a>> {
        let Declaration { name, at, written, .. } = component;
        let declared = |pod| Declared { name, at, pod, image: None, unsaid: Unsaid::Program };
        match written {
            Written::Service(service) => {
                self.program(declared(&service.controller.pod), |container, scope| {
                    ProgramKind::Service(self.controller(&service.controller, container, scope))
                })
            }
            Written::Worker(worker) => {
                self.program(declared(&worker.controller.pod), |container, scope| {
                    ProgramKind::Worker(self.controller(&worker.controller, container, scope))
                })
            }
            Written::Job(job) => {
                let planned = self.program(declared(&job.task.pod), |_, scope| {
                    ProgramKind::Job(task(&job.task, scope))
                });
                let ground = self.own.ground.with(self.log);
                let on_demand = ground.value(job.on_demand.as_ref(), "a switch");
                let is_asked = self.context.on_demand.iter().any(|asked| asked == name);
                planned.filter(|_| is_asked || !on_demand.is_some_and(|on_demand| on_demand.v))
            }
            Written::CronJob(job) => self.program(declared(&job.task.pod), |_, scope| {
                ProgramKind::CronJob(task(&job.task, scope), self.cron(name, at, job, scope))
            }),
            // Each of these has a plan of its own.
            Written::Postgres(_) | Written::Redis(_) | Written::External(_) => None,
        }
    }

    /// A component that runs pods. `kind` says what runs them, from its container.
    pub fn program(
        &self,
        declared: Declared<'_>,
        kind: impl FnOnce(&Container, &Scope<'_>) -> ProgramKind,
    ) -> Option<Running<'a>> {
        let Declared { name, at, pod, image, unsaid } = declared;
        // A component whose name is taken by another one is reported and not planned.
        let component = self.own.components.get(name).filter(|known| known.declared == at)?;
        let ground = self.own.ground.with(self.log);
        let needs = needs(name, pod.needs.as_ref(), self.own, self.context, &ground, self.log);
        let viewer = Viewer { name, needs: &needs };
        let scope = self.scope(Some(viewer));
        let own_name = Val::new(name.to_owned(), Origin::Written(at).derive(Rule::ComponentName));
        let role = Role { name: own_name, viewer, main: true, image, unsaid, at };
        let mut container = self.container(&pod.container, role, Some(component.ports.clone()));
        let security_context = pod_security(&mut container.security_context);
        let init = self.others(pod.init.as_ref(), viewer, Unsaid::Init(&container));
        let sidecars = self.others(pod.sidecars.as_ref(), viewer, Unsaid::Sidecar);
        self.check_container_names(name, at, pod);
        let kind = kind(&container, &scope);
        let labels = scope.map(pod.labels.as_ref(), "a label");
        names::check_labels(&labels, self.log);
        let annotations = scope.map(pod.annotations.as_ref(), "an annotation");
        names::check_annotations(&annotations, self.log);
        let node_selector = scope.map(pod.node_selector.as_ref(), "a label");
        names::check_labels(&node_selector, self.log);
        let rbac = self.rbac(pod, &scope);
        let program = Program {
            component: name.to_owned(),
            name: component.name.clone(),
            selector: component.selector.clone(),
            waits: self.waits(&needs),
            service_account: self.service_account(pod, component, &rbac, &scope),
            arch: self.arch(pod, &scope),
            tolerations: pod
                .tolerations
                .iter()
                .flat_map(|tolerations| &tolerations.items)
                .map(|raw| self.fragment(raw, "a toleration", &scope))
                .collect(),
            priority_class: scope.option(pod.priority_class.as_ref(), "a name"),
            image_pull_secrets: scope
                .list(pod.image_pull_secrets.as_ref(), "a name")
                .unwrap_or_default(),
            termination_grace_period_seconds: scope
                .value(pod.termination_grace_period_seconds.as_ref(), "a number"),
            metrics: self.metrics(pod, &container, &sidecars, &scope),
            extra: self.extra(pod.extra.as_ref(), &scope),
            kind,
            container,
            init,
            sidecars,
            rbac,
            node_selector,
            security_context,
            labels,
            annotations,
            at: Origin::Written(at),
        };
        Some(Running { program, needs })
    }

    fn others(
        &self,
        containers: Option<&spec::map::Closed<spec::InitContainer>>,
        viewer: Viewer<'_>,
        unsaid: Unsaid<'_>,
    ) -> Vec<Container> {
        let scope = self.scope(Some(viewer));
        entries(containers)
            .map(|(name, entry)| {
                let at = Origin::Written(entry.key);
                names::check(NameForm::DnsLabel, name, at, "the name of a container", self.log);
                if name == viewer.name {
                    self.log.push(
                        Diagnostic::error(
                            Code::SameName,
                            entry.key,
                            format!("`{name}` is the name of the component's own container"),
                        )
                        .help("choose another name"),
                    );
                }
                let role = Role {
                    name: Val::new(name.clone(), at),
                    viewer,
                    main: false,
                    image: None,
                    unsaid,
                    at: entry.key,
                };
                let extra = entry.value.extra.as_ref();
                let extra = extra.map(|raw| self.fragment(raw, "`extra`", &scope));
                Container { extra, ..self.container(&entry.value.container, role, None) }
            })
            .collect()
    }

    fn check_container_names(&self, component: &str, at: Span, pod: &spec::Pod) {
        let mut known: IndexMap<&str, Span> = IndexMap::from([(component, at)]);
        let others = entries(pod.init.as_ref()).chain(entries(pod.sidecars.as_ref()));
        for (name, entry) in others.filter(|(name, _)| *name != component) {
            if let Some(first) = known.insert(name, entry.key) {
                self.log.push(
                    Diagnostic::error(
                        Code::SameName,
                        entry.key,
                        format!("two containers of `{component}` are called `{name}`"),
                    )
                    .also(first, "the other one")
                    .help("choose another name"),
                );
            }
        }
    }

    fn waits(&self, needs: &Needs<'_>) -> Vec<Wait> {
        let asked = needs.found.values().filter_map(|need| Some((need, need.wait?)));
        asked
            .filter_map(|(need, wait)| {
                let target = self.wait_for(need, wait)?;
                Some(Wait { component: need.name.to_owned(), target, at: Origin::Written(wait) })
            })
            .collect()
    }

    fn wait_for(&self, need: &Need<'_>, at: Span) -> Option<WaitFor> {
        let host = host(self.own, need.component, need.other);
        let port = need.ports.first()?.service.v;
        let body = &self.merged.body;
        match &need.component.kind {
            ComponentKind::Postgres { database, user, .. } if need.other.is_none() => {
                let postgres = &body.postgres.as_ref()?.entries.get(need.name)?.value.body;
                let said = postgres.pod.container.image.as_ref();
                let declared = need.component.declared;
                let image =
                    self.database_image(said, "postgres", postgres.version.as_ref(), declared);
                let (database, user) = (database.v.clone(), user.v.clone());
                Some(WaitFor::Postgres { image, host, port, database, user })
            }
            ComponentKind::Redis if need.other.is_none() => {
                let redis = &body.redis.as_ref()?.entries.get(need.name)?.value.body;
                let said = redis.pod.container.image.as_ref();
                let declared = need.component.declared;
                let image = self.database_image(said, "redis", redis.version.as_ref(), declared);
                let secret = self.secrets.credentials(need.name)?.object().v.clone();
                Some(WaitFor::Redis { image, host, port, secret, key: PASSWORD.to_owned() })
            }
            ComponentKind::External { host: None } => {
                self.log.push(
                    Diagnostic::error(
                        Code::UnknownNeed,
                        at,
                        format!("nobody can wait for `{}`, which has no host", need.name),
                    )
                    .also(need.component.declared, "declared here")
                    .help("give the external a `host`, or take the wait away"),
                );
                None
            }
            _ => Some(WaitFor::Tcp { host, port }),
        }
    }

    fn service_account(
        &self,
        pod: &spec::Pod,
        component: &Component,
        rbac: &[RbacRule],
        scope: &Scope<'_>,
    ) -> ServiceAccount {
        let written = pod.service_account.as_ref();
        let at = Origin::Written(component.declared);
        let name = scope.option(written.and_then(|account| account.name.as_ref()), "a name");
        if let Some(name) = &name {
            names::check(
                NameForm::DnsSubdomain,
                &name.v,
                name.at,
                "the name of a service account",
                self.log,
            );
        }
        let token = scope.value(written.and_then(|account| account.token.as_ref()), "a switch");
        if let (Some(Val { v: false, at }), Some(rule)) = (&token, rbac.first())
            && let Some(span) = at.span()
        {
            let diagnostic = Diagnostic::error(
                Code::Conflicting,
                span,
                "rules of `rbac` mean nothing without the token",
            )
            .help("leave `token` out: `rbac` mounts it by itself");
            self.log.push(match rule.at.span() {
                Some(rule) => diagnostic.also(rule, "a rule"),
                None => diagnostic,
            });
        }
        let annotations =
            scope.map(written.and_then(|account| account.annotations.as_ref()), "an annotation");
        names::check_annotations(&annotations, self.log);
        ServiceAccount {
            name: name.unwrap_or_else(|| {
                Val::new(component.name.v.clone(), at.derive(Rule::OwnServiceAccount))
            }),
            token: token.unwrap_or_else(|| match rbac.first() {
                Some(rule) => Val::new(true, rule.at.derive(Rule::TokenForRbac)),
                None => Val::new(false, at.derive(Rule::NoToken)),
            }),
            annotations,
            // The first that names an account renders it, which is known when all are read.
            render: false,
        }
    }

    fn rbac(&self, pod: &spec::Pod, scope: &Scope<'_>) -> Vec<RbacRule> {
        let rules = pod.rbac.iter().flat_map(|rules| &rules.items);
        rules
            .map(|rule| {
                let span = rule.span.unwrap_or(self.merged.span);
                let at = Origin::Written(span);
                let list = |list: Option<&spec::value::List<spec::expression::Text>>| {
                    scope.list(list, "a rule of `rbac`").unwrap_or_default()
                };
                for (field, list) in [("resources", &rule.resources), ("verbs", &rule.verbs)] {
                    if list.as_ref().is_none_or(|list| list.items.is_empty()) {
                        self.log.push(missing(span, "this rule", field));
                    }
                }
                RbacRule {
                    api_groups: match &rule.api_groups {
                        Some(groups) => list(Some(groups)),
                        None => vec![Val::new(String::new(), at.derive(Rule::CoreGroup))],
                    },
                    resources: list(rule.resources.as_ref()),
                    resource_names: list(rule.resource_names.as_ref()),
                    verbs: list(rule.verbs.as_ref()),
                    cluster_wide: scope
                        .value(rule.cluster_wide.as_ref(), "a switch")
                        .is_some_and(|wide| wide.v),
                    at,
                }
            })
            .collect()
    }

    fn arch(&self, pod: &spec::Pod, scope: &Scope<'_>) -> Option<Val<String>> {
        let arch = scope.option(pod.arch.as_ref(), "an architecture")?;
        names::check_arch(&arch, self.log)?;
        let place = self.context.place;
        let fits = place.arch.is_empty() || place.arch.iter().any(|known| known.v == arch.v);
        if let (false, Some(span)) = (fits, arch.at.span()) {
            let known: Vec<&str> = place.arch.iter().map(|arch| arch.v.as_str()).collect();
            let mut diagnostic = Diagnostic::error(
                Code::ArchitectureMissing,
                span,
                format!("`{}` has no node of the architecture `{}`", place.name, arch.v),
            )
            .help(format!(
                "its nodes are `{}`: build the image for one of them",
                known.join("`, `")
            ));
            if let Some(place) = place.arch.first().and_then(|arch| arch.at.span()) {
                diagnostic = diagnostic.also(place, "the environment's architectures");
            }
            self.log.push(diagnostic);
        }
        Some(arch)
    }

    fn metrics(
        &self,
        pod: &spec::Pod,
        container: &Container,
        sidecars: &[Container],
        scope: &Scope<'_>,
    ) -> Option<Metrics> {
        let metrics = pod.metrics.as_ref()?;
        let containers = std::iter::once(container).chain(sidecars);
        let ports: Vec<_> =
            containers.flat_map(|container| container.ports.iter().cloned()).collect();
        let port = match (&metrics.port, ports.first()) {
            (Some(port), _) => scope.text(port, "the name of a port")?,
            (None, Some(first)) => first.name.clone(),
            (None, None) => {
                if let Some(span) = metrics.span {
                    self.log.push(missing(span, "`metrics`", "port"));
                }
                return None;
            }
        };
        self.known_port(&port, &ports)?;
        Some(Metrics {
            port,
            path: scope.option(metrics.path.as_ref(), "a path"),
            interval: scope.option(metrics.interval.as_ref(), "a time"),
        })
    }

    /// Fields of Kubernetes by the place where they belong, which lowering knows.
    pub fn extra(&self, extra: Option<&Open<spec::raw::Raw>>, scope: &impl Read) -> Vec<Extra> {
        open_entries(extra)
            .map(|(place, entry)| Extra {
                place: Val::new(place.clone(), Origin::Written(entry.key)),
                tree: self.fragment(&entry.value, "`extra`", scope),
            })
            .collect()
    }

    fn controller(
        &self,
        written: &spec::Controller,
        container: &Container,
        scope: &Scope<'_>,
    ) -> Controller {
        let per_node = scope.value(written.per_node.as_ref(), "a switch").filter(|yes| yes.v);
        // What is said of a number of pods means nothing then, and is not looked at.
        let counted = per_node.is_none();
        let replicas =
            self.replicas(written.replicas.as_ref().filter(|_| counted), container, scope);
        if let Some(span) = per_node.and_then(|yes| yes.at.span()) {
            let others = [
                ("replicas", written.replicas.as_ref().and_then(replicas_span)),
                ("storage", written.storage.as_ref().and_then(|storage| storage.span)),
                ("budget", written.budget.as_ref().map(|budget| budget.span)),
            ];
            for (field, other) in others {
                if let Some(other) = other {
                    self.log.push(
                        Diagnostic::error(
                            Code::Conflicting,
                            other,
                            format!(
                                "`{field}` and `perNode` cannot both be: one pod runs on every node"
                            ),
                        )
                        .also(span, "one pod on every node is asked for here")
                        .help(format!("remove one of the two; in an overlay, `remove: [{field}]`")),
                    );
                }
            }
        }
        self.check_autoscaler(&replicas, container);
        let storage = written.storage.as_ref().and_then(|storage| {
            let span = storage.span.unwrap_or(self.merged.span);
            if storage.path.is_none() {
                self.log.push(missing(span, "the storage of each pod", "path"));
            }
            let path = scope.option(storage.path.as_ref(), "a path")?;
            Some((self.storage(&storage.storage, span, scope)?, path))
        });
        Controller {
            budget: written
                .budget
                .as_ref()
                .filter(|_| counted)
                .and_then(|budget| self.budget(budget, &replicas, scope)),
            replicas,
            per_node: per_node.is_some(),
            storage,
            strategy: written.strategy.as_ref().map(|raw| self.fragment(raw, "`strategy`", scope)),
            spread: scope.value(written.spread.as_ref(), "a word"),
        }
    }

    fn replicas(
        &self,
        written: Option<&spec::Replicas>,
        container: &Container,
        scope: &Scope<'_>,
    ) -> Replicas {
        let one = || Replicas::Count(Val::new(1, container.at.derive(Rule::OneReplica)));
        match written {
            None => one(),
            Some(spec::Replicas::Count(count)) => {
                scope.value(Some(count), "a number").map_or_else(one, Replicas::Count)
            }
            Some(spec::Replicas::Range(range)) => self.range(range, scope).unwrap_or_else(one),
        }
    }

    fn range(&self, range: &spec::Range, scope: &Scope<'_>) -> Option<Replicas> {
        let span = range.span.unwrap_or(self.merged.span);
        for (field, value) in [("min", &range.min), ("max", &range.max)] {
            if value.is_none() {
                self.log.push(missing(span, "this range", field));
            }
        }
        let number =
            |value: &Option<spec::value::Value<u32>>| scope.value(value.as_ref(), "a number");
        let (min, max) = (number(&range.min)?, number(&range.max)?);
        let (cpu, memory) = (number(&range.cpu), number(&range.memory));
        if cpu.is_none() && memory.is_none() {
            self.log.push(
                Diagnostic::error(Code::MissingField, span, "this range names no load to hold")
                    .help(
                        "add `cpu: 70`, the mean use in percent of what is requested, or `memory`",
                    ),
            );
        }
        if min.v == 0 || min.v > max.v {
            let message = if min.v == 0 {
                "an autoscaler keeps at least one pod"
            } else {
                "the fewest pods are more than the most"
            };
            let at = min.at.span().unwrap_or(span);
            let diagnostic = Diagnostic::error(Code::Conflicting, at, message)
                .help("let `min` be at least 1 and at most `max`");
            self.log.push(match max.at.span() {
                Some(most) if min.v > 0 => diagnostic.also(most, "the most"),
                _ => diagnostic,
            });
        }
        Some(Replicas::Range { min, max, cpu, memory, at: Origin::Written(span) })
    }

    /// Reports an autoscaler whose percentage is one of nothing.
    fn check_autoscaler(&self, replicas: &Replicas, container: &Container) {
        let Replicas::Range { cpu, memory, .. } = replicas else { return };
        for (resource, target) in [("cpu", cpu), ("memory", memory)] {
            let Some(span) = target.as_ref().and_then(|target| target.at.span()) else { continue };
            if Resources::is_said(container, resource) {
                continue;
            }
            let name = &container.name.v;
            let mut diagnostic = Diagnostic::error(
                Code::AutoscalerWithoutRequest,
                span,
                format!("the autoscaler holds a percentage of the {resource} that `{name}` requests, and nobody says how much that is"),
            )
            .help(format!("write `resources: {{ requests: {{ {resource}: ... }} }}` in `{name}`: gen's own default is a guess, and no measure"));
            if let Some(declared) = container.at.span() {
                diagnostic = diagnostic.also(declared, "declared here");
            }
            self.log.push(diagnostic);
        }
    }

    fn budget(
        &self,
        budget: &spec::Budget,
        replicas: &Replicas,
        scope: &Scope<'_>,
    ) -> Option<Budget> {
        let fields = &budget.fields;
        let amount = |text: Option<&spec::expression::Text>| scope.option(text, "a number of pods");
        let (stay, go) =
            (amount(fields.min_available.as_ref()), amount(fields.max_unavailable.as_ref()));
        let (said, must_stay) = match (stay, go) {
            (Some(stay), None) => (stay, true),
            (None, Some(go)) => (go, false),
            (stay, _) => {
                let message = if stay.is_some() {
                    "a budget says how many pods stay or how many go, not both"
                } else {
                    "this budget says neither how many pods stay nor how many go"
                };
                self.log.push(
                    Diagnostic::error(Code::Conflicting, budget.span, message)
                        .help("write one of `minAvailable` and `maxUnavailable`"),
                );
                return None;
            }
        };
        let span = said.at.span().unwrap_or(budget.span);
        let Some(amount) = Amount::of(&said.v) else {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("`{}` is not a number of pods", said.v),
                )
                .help("write a number or a percentage, in quotes: \"1\" or \"50%\""),
            );
            return None;
        };
        let pods = replicas.fewest();
        let blocks = pods > 0
            && match (must_stay, amount) {
                (true, Amount::Pods(stay)) => stay >= pods,
                // The server rounds up.
                (true, Amount::Percent(stay)) => {
                    (u64::from(pods) * u64::from(stay)).div_ceil(100) >= u64::from(pods)
                }
                (false, Amount::Pods(go) | Amount::Percent(go)) => go == 0,
            };
        if blocks {
            self.log.push(
                Diagnostic::error(
                    Code::ImpossibleBudget,
                    span,
                    format!("this budget lets no pod of {pods} go, so that no node could ever be drained"),
                )
                .help("let at least one go, `maxUnavailable: \"1\"`, or run more pods"),
            );
        }
        Some(if must_stay { Budget::MinAvailable(said) } else { Budget::MaxUnavailable(said) })
    }

    fn cron(&self, name: &str, at: Span, job: &spec::CronJob, scope: &Scope<'_>) -> CronSchedule {
        if job.schedule.is_none() {
            self.log.push(missing(at, &format!("the cron job `{name}`"), "schedule"));
        }
        let schedule = scope
            .option(job.schedule.as_ref(), "a schedule")
            .unwrap_or_else(|| Val::new(String::new(), Origin::Written(at)));
        if job.schedule.is_some() {
            self.check_schedule(&schedule);
        }
        let history =
            |value: &Option<spec::value::Value<i32>>| scope.value(value.as_ref(), "a number");
        CronSchedule {
            schedule,
            time_zone: scope.option(job.time_zone.as_ref(), "a time zone"),
            concurrency_policy: scope.value(job.concurrency_policy.as_ref(), "a policy"),
            starting_deadline_seconds: scope
                .value(job.starting_deadline_seconds.as_ref(), "a number"),
            successful_jobs_history_limit: history(&job.successful_jobs_history_limit),
            failed_jobs_history_limit: history(&job.failed_jobs_history_limit),
            suspend: scope.value(job.suspend.as_ref(), "a switch"),
        }
    }

    /// Reports a schedule that has not the five fields of cron.
    pub fn check_schedule(&self, schedule: &Val<String>) {
        const WORDS: [&str; 7] =
            ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"*/,-?".contains(&byte);
        let fields: Vec<&str> = schedule.v.split_ascii_whitespace().collect();
        let sound = WORDS.contains(&schedule.v.as_str())
            || fields.len() == 5 && fields.iter().all(|field| field.bytes().all(fits));
        if let (false, Some(span)) = (sound, schedule.at.span()) {
            self.log.push(
                Diagnostic::error(Code::MalformedValue, span, format!("`{}` is not a schedule of cron", schedule.v))
                    .help("write minute, hour, day, month and day of the week: \"0 2 * * *\" is every day at two"),
            );
        }
    }
}

fn task(written: &spec::Task, scope: &Scope<'_>) -> Task {
    let number = |value: &Option<spec::value::Value<i32>>| scope.value(value.as_ref(), "a number");
    Task {
        backoff_limit: number(&written.backoff_limit),
        active_deadline_seconds: scope.value(written.active_deadline_seconds.as_ref(), "a number"),
        ttl_seconds_after_finished: number(&written.ttl_seconds_after_finished),
        completions: number(&written.completions),
        parallelism: number(&written.parallelism),
        restart_policy: scope.value(written.restart_policy.as_ref(), "a policy"),
    }
}

fn replicas_span(replicas: &spec::Replicas) -> Option<Span> {
    match replicas {
        spec::Replicas::Count(count) => Some(count.span()),
        spec::Replicas::Range(range) => range.span,
    }
}

/// A number of pods, or a part of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Pods(u32),
    Percent(u32),
}

impl Amount {
    fn of(text: &str) -> Option<Self> {
        let digits = text.strip_suffix('%').unwrap_or(text);
        let number = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())
            .flatten()?;
        match (text.ends_with('%'), number) {
            (false, pods) => Some(Self::Pods(pods)),
            (true, 0..=100) => Some(Self::Percent(number)),
            (true, _) => None,
        }
    }
}
