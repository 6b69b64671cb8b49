//! Containers: a program's own, its init containers and its sidecars.

use indexmap::IndexMap;

use super::database::backup_claim;
use super::files::Mounted;
use super::interface::{entries, missing, ports_of};
use super::names;
use super::planner::Planner;
use super::read::{Read, unknown};
use super::resources::{Resources, Unsaid};
use super::scope::Viewer;
use super::secrets::Kept;
use super::stage::Environment;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::NameForm;
use crate::plan::{
    Config, Container, EnvFrom, EnvSource, EnvVar, Mount, MountSource, Port, Probes, SecretValue,
    SecurityContext, Val,
};
use crate::source::{Kind, Origin, Rule, Span};
use crate::spec;
use crate::spec::expression::Text;
use crate::spec::map::{Closed, Entry};
use crate::spec::value::List;

/// What a container is read for.
pub(super) struct Role<'a> {
    /// Its name.
    pub name: Val<String>,
    /// The component that it belongs to, and what that needs.
    pub viewer: Viewer<'a>,
    /// Whether it is the component's own.
    pub main: bool,
    /// The image of a component that may name none.
    pub image: Option<Val<String>>,
    /// What it asks for where nothing is said.
    pub unsaid: Unsaid<'a>,
    /// Where it is declared.
    pub at: Span,
}

/// The source of a mount.
struct Source {
    what: MountSource,
    /// The name of the file, where it is one.
    file: Option<String>,
    /// Where the keys of a ConfigMap stand as files, if not under their own names.
    items: Vec<(Val<String>, Val<String>)>,
}

/// What a container can read as a whole.
enum Readable<'a> {
    Config(&'a Config),
    Secret(&'a Kept),
}

impl From<MountSource> for Source {
    fn from(what: MountSource) -> Self {
        Self { what, file: None, items: Vec::new() }
    }
}

impl Planner<'_> {
    /// A container with everything that is said of it. The security context of a component's own
    /// container has the fields of its pod too, for [`pod_security`] to take.
    pub fn container(
        &self,
        written: &spec::Container,
        role: Role<'_>,
        ports: Option<Vec<Port>>,
    ) -> Container {
        let scope = self.scope(Some(role.viewer));
        let component = role.viewer.name;
        let holder =
            if role.main { component.to_owned() } else { format!("{component}.{}", role.name.v) };
        let mut env = Environment::new(written.env.as_ref(), holder, scope, self.context);
        let command = env.arguments(written.command.as_ref(), "a command");
        let args = env.arguments(written.args.as_ref(), "an argument");
        let ports = ports.unwrap_or_else(|| ports_of(written.ports.as_ref(), &scope, self.log));
        let Resources { requests, limits } =
            self.resources(written.resources.as_ref(), role.unsaid, role.at, &scope);
        let working_dir = scope.option(written.working_dir.as_ref(), "a folder");
        if let Some(folder) = working_dir.as_ref().filter(|folder| !folder.v.starts_with('/')) {
            self.not_absolute(folder);
        }
        let (env_from, mut variables) =
            self.env_from(written.env_from.as_ref(), written.env.as_ref(), &scope);
        variables.extend(env.into_variables());
        Container {
            image: self.image(written, &role, &scope),
            image_pull_policy: scope.value(written.image_pull_policy.as_ref(), "a policy"),
            command,
            args,
            working_dir,
            env: variables,
            env_from,
            probes: self.probes(written.health.as_ref(), &ports, &role, &scope),
            ports,
            mounts: self.mounts(written.mounts.as_ref(), &scope),
            requests,
            limits,
            security_context: self.container_security(
                written.security_context.as_ref(),
                role.main,
                &scope,
            ),
            extra: None,
            at: Origin::Written(role.at),
            name: role.name,
        }
    }

    fn image(&self, written: &spec::Container, role: &Role<'_>, scope: &impl Read) -> Val<String> {
        let image = scope.option(written.image.as_ref(), "an image").or_else(|| role.image.clone());
        if let Some(image) = image {
            return self.images.whole(&image, self.log);
        }
        if written.image.is_none() {
            self.log.push(missing(role.at, &format!("`{}`", role.name.v), "image"));
        }
        Val::new(String::new(), Origin::Written(role.at))
    }

    /// What a container reads as a whole, and its variables for the secret values of configs: a
    /// Secret holds other values beside those, so it is not read as a whole.
    fn env_from(
        &self,
        list: Option<&List<Text>>,
        declared: Option<&Closed<Text>>,
        scope: &impl Read,
    ) -> (Vec<EnvFrom>, Vec<EnvVar>) {
        let mut whole = Vec::new();
        let mut variables: IndexMap<&str, EnvVar> = IndexMap::new();
        for name in scope.list(list, "a name").unwrap_or_default() {
            let Some(source) = self.env_source(&name) else { continue };
            // Of several sources the last wins, and a variable over all of them.
            match source {
                Readable::Config(config) => {
                    config.texts().for_each(|key| drop(variables.shift_remove(key)));
                    for (key, value) in &config.secret_data {
                        let at = value.at.derive(Rule::SecretOfConfig);
                        names::check(
                            NameForm::EnvName,
                            key,
                            value.at,
                            "an environment variable",
                            self.log,
                        );
                        let SecretValue { secret, key: held } = value.v.clone();
                        let source = Val::new(EnvSource::Secret { secret, key: held }, at);
                        let variable = EnvVar { name: Val::new(key.clone(), at), source };
                        variables.shift_remove(key.as_str());
                        variables.insert(key, variable);
                    }
                    if config.has_object() {
                        whole.push(EnvFrom::Config(Val::new(config.name.v.clone(), name.at)));
                    }
                }
                Readable::Secret(secret) => {
                    secret.keys().for_each(|key| drop(variables.shift_remove(key)));
                    whole.push(EnvFrom::Secret(Val::new(secret.object().v.clone(), name.at)));
                }
            }
        }
        let overridden = |key: &str| declared.is_some_and(|env| env.entries.contains_key(key));
        variables.retain(|key, _| !overridden(key));
        (whole, variables.into_values().collect())
    }

    /// The config or secret of a name in `envFrom`; reports one that is neither, or both.
    fn env_source(&self, name: &Val<String>) -> Option<Readable<'_>> {
        let span = name.at.span()?;
        match (self.config_named(&name.v), self.secrets.secret(&name.v)) {
            (Some(config), None) => Some(Readable::Config(config)),
            (None, Some(secret)) => Some(Readable::Secret(secret)),
            (Some(_), Some(secret)) => {
                self.log.push(
                    Diagnostic::error(
                        Code::SameName,
                        span,
                        format!("`{}` is a config and a secret, and either could be meant", name.v),
                    )
                    .also(secret.declared, "the secret is declared here")
                    .help("give one of them another name in the stack"),
                );
                None
            }
            (None, None) => {
                let configs = self.config_names.objects.keys().map(String::as_str);
                let known = configs.chain(self.secrets.names());
                let what = "a config or secret of this stack";
                self.log.push(unknown(Code::UnknownReference, &name.v, span, what, known));
                None
            }
        }
    }

    fn probes(
        &self,
        health: Option<&spec::Health>,
        ports: &[Port],
        role: &Role<'_>,
        scope: &impl Read,
    ) -> Probes {
        let Some(health) = health else { return Probes::default() };
        let probe =
            |raw: &Option<spec::raw::Raw>| raw.as_ref().map(|raw| scope.raw(raw, "a probe"));
        let path = scope.option(health.path.as_ref(), "a path");
        if let Some(path) = path.as_ref().filter(|path| !path.v.starts_with('/')) {
            self.not_absolute(path);
        }
        let named = scope.option(health.port.as_ref(), "the name of a port");
        let http = path.and_then(|path| {
            if let Some(named) = named {
                self.known_port(&named, ports)?;
                return Some((path, named));
            }
            if let Some(first) = ports.first() {
                let port = Val::new(first.name.v.clone(), path.at);
                return Some((path, port));
            }
            let name = &role.name.v;
            self.log.push(
                Diagnostic::error(
                    Code::UnknownPort,
                    path.at.span()?,
                    format!("`{name}` has no port to ask for its health"),
                )
                .help("declare it, such as `ports: { http: 8080 }`"),
            );
            None
        });
        Probes {
            http,
            startup: probe(&health.startup),
            readiness: probe(&health.readiness),
            liveness: probe(&health.liveness),
        }
    }

    /// A port by its name; reports one that is not there.
    pub fn known_port<'p>(&self, name: &Val<String>, ports: &'p [Port]) -> Option<&'p Port> {
        let port = ports.iter().find(|port| port.name.v == name.v);
        if let (None, Some(span)) = (port, name.at.span()) {
            let known = ports.iter().map(|port| port.name.v.as_str());
            self.log.push(unknown(
                Code::UnknownPort,
                &name.v,
                span,
                "a port that is declared here",
                known,
            ));
        }
        port
    }

    fn not_absolute(&self, path: &Val<String>) {
        if let Some(span) = path.at.span() {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("the path `{}` does not start with `/`", path.v),
                )
                .help(format!("write `/{}`", path.v)),
            );
        }
    }

    fn mounts(&self, mounts: Option<&Closed<spec::Mount>>, scope: &impl Read) -> Vec<Mount> {
        let mounts: Vec<Mount> =
            entries(mounts).filter_map(|(path, entry)| self.mount(path, entry, scope)).collect();
        for (number, mount) in mounts.iter().enumerate() {
            for other in &mounts[..number] {
                self.check_two_mounts(other, mount);
                self.check_two_mounts(mount, other);
            }
        }
        mounts
    }

    /// Reports a mount that is where another is, or inside of one that takes no more folders.
    fn check_two_mounts(&self, outer: &Mount, inner: &Mount) {
        fn parts(mount: &Mount) -> Vec<&str> {
            mount.path.v.split('/').filter(|part| !part.is_empty()).collect()
        }
        let (Some(span), Some(other)) = (inner.path.at.span(), outer.path.at.span()) else {
            return;
        };
        let (around, within) = (parts(outer), parts(inner));
        let Some(below) = within.strip_prefix(around.as_slice()) else { return };
        // A whole ConfigMap or Secret is mounted read-only: nobody can make a folder in it.
        let is_closed = outer.sub_path.is_none()
            && matches!(outer.source, MountSource::Config(_) | MountSource::Secret(_));
        let (message, help) = match below {
            [] if span.start < other.start => return,
            [] => ("two mounts are at the same path", "mount one of them elsewhere"),
            _ if is_closed => (
                "nothing can be mounted inside of a config or secret, which is read-only",
                "mount it beside the other one, or a single file there with `subPath`",
            ),
            _ => return,
        };
        let diagnostic = Diagnostic::error(Code::Conflicting, span, message).help(help);
        self.log.push(diagnostic.also(other, "the other mount"));
    }

    fn mount(&self, path: &str, entry: &Entry<spec::Mount>, scope: &impl Read) -> Option<Mount> {
        let path = Val::new(path.to_owned(), Origin::Written(entry.key));
        if !path.v.starts_with('/') {
            self.not_absolute(&path);
        } else if path.v.split('/').all(str::is_empty) {
            let message = format!("nothing can be mounted at `{}`", path.v);
            self.log.push(
                Diagnostic::error(Code::MalformedValue, entry.key, message)
                    .help("write a folder below it: the image itself is there"),
            );
        } else if path.v.contains(':') || path.v.split('/').any(|part| part == "..") {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    entry.key,
                    format!("nothing can be mounted at `{}`", path.v),
                )
                .help("a path has no `:` and no `..`"),
            );
        }
        let fields = &entry.value.fields;
        let sub_path = scope.option(fields.sub_path.as_ref(), "a path");
        let Source { what: source, file, items } = self.source(entry, scope)?;
        let sub_path = match (sub_path, file) {
            (Some(said), Some(file)) => {
                self.log.push(
                    Diagnostic::error(
                        Code::Conflicting,
                        said.at.span().unwrap_or(entry.key),
                        format!("`files` names the one file `{file}` already"),
                    )
                    .help("leave `subPath` out"),
                );
                None
            }
            (said, file) => said.or_else(|| file.map(|file| Val::new(file, path.at))),
        };
        Some(Mount {
            sub_path,
            read_only: scope.value(fields.read_only.as_ref(), "a switch"),
            mode: scope.option(fields.mode.as_ref(), "a mode").and_then(|mode| self.mode(&mode)),
            path,
            source,
            items,
        })
    }

    /// The one source of a mount.
    fn source(&self, entry: &Entry<spec::Mount>, scope: &impl Read) -> Option<Source> {
        let spec::Mount { fields, span } = &entry.value;
        let text = |text: &Text| scope.text(text, "a name");
        let named: Vec<&str> = [
            ("files", fields.files.is_some()),
            ("volume", fields.volume.is_some()),
            ("backup", fields.backup.is_some()),
            ("secret", fields.secret.is_some()),
            ("config", fields.config.is_some()),
            ("emptyDir", fields.empty_dir.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, said)| said.then_some(name))
        .collect();
        if named.len() != 1 {
            let message = if named.is_empty() {
                "this mount has no source".to_owned()
            } else {
                format!("this mount has several sources, `{}`", named.join("` and `"))
            };
            self.log.push(Diagnostic::error(Code::MountSource, *span, message).help(
                "name one of `files`, `volume`, `backup`, `secret`, `config` and `emptyDir`",
            ));
            return None;
        }
        if let Some(files) = &fields.files {
            let Mounted { config, file, items } = self.files.mounted(&text(files)?)?;
            let config = Val::new(config.v, Origin::Written(files.span));
            return Some(Source { what: MountSource::Config(config), file, items });
        }
        if let Some(empty) = &fields.empty_dir {
            let size_limit = scope.option(empty.size_limit.as_ref(), "a quantity");
            if let Some(size) = &size_limit {
                self.check_quantity(size);
            }
            let memory =
                scope.value(empty.medium.as_ref(), "a medium").map(|medium| medium.map(|_| true));
            let at = Origin::Written(*span);
            return Some(MountSource::EmptyDir { size_limit, memory, at }.into());
        }
        if let Some(volume) = &fields.volume {
            let name = text(volume)?;
            let claim = self.volumes.get(&name.v).cloned();
            let known = self.volumes.keys().map(String::as_str);
            let claim = self.referred(&name, claim, "a volume of this stack", known)?;
            return Some(MountSource::Claim(claim).into());
        }
        if let Some(backup) = &fields.backup {
            let name = text(backup)?;
            let backed_up = || {
                entries(self.merged.body.postgres.as_ref())
                    .filter(|(_, entry)| entry.value.body.backup.is_some())
                    .map(|(name, _)| name.as_str())
            };
            let database = self.own.components.get(&name.v);
            let claim = database
                .filter(|_| backed_up().any(|known| known == name.v))
                .map(|database| database.name.as_ref().map(|name| backup_claim(name)));
            let what = "a PostgreSQL of this stack with a `backup`";
            let claim = self.referred(&name, claim, what, backed_up())?;
            return Some(MountSource::Claim(claim).into());
        }
        if let Some(config) = &fields.config {
            let name = text(config)?;
            let objects = &self.config_names.objects;
            let known = objects.keys().map(String::as_str);
            let object = objects.get(&name.v).cloned();
            let object = self.referred(&name, object, "a config of this stack", known)?;
            let config = self.config_named(&name.v)?;
            if config.secret_data.is_empty() {
                return Some(MountSource::Config(object).into());
            }
            let source = MountSource::Projected {
                name: object,
                config: config.has_object(),
                secrets: config.secret_data.clone(),
            };
            return Some(source.into());
        }
        let name = text(fields.secret.as_ref()?)?;
        let kept = self.secrets.secret(&name.v).or_else(|| self.secrets.credentials(&name.v));
        let object = kept.map(|kept| kept.object().clone());
        let known = self.secrets.names();
        let object = self.referred(
            &name,
            object,
            "a secret of this stack, or a component with credentials",
            known,
        )?;
        Some(MountSource::Secret(object).into())
    }

    /// The object that a name stands for, with the origin of the name; reports that there is
    /// none.
    fn referred<'n>(
        &self,
        name: &Val<String>,
        object: Option<Val<String>>,
        what: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<Val<String>> {
        if object.is_none()
            && let Some(span) = name.at.span()
        {
            self.log.push(unknown(Code::UnknownReference, &name.v, span, what, known));
        }
        Some(Val::new(object?.v, name.at))
    }

    fn mode(&self, mode: &Val<String>) -> Option<Val<u32>> {
        let bits = u32::from_str_radix(&mode.v, 8).ok().filter(|bits| *bits <= 0o777);
        if let (None, Some(span)) = (bits, mode.at.span()) {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("`{}` is not a mode of files", mode.v),
                )
                .help("write octal digits in quotes, such as \"0440\""),
            );
        }
        Some(Val::new(bits?, mode.at))
    }

    /// A security context; of a component's own container with the fields of its pod.
    fn container_security(
        &self,
        written: Option<&spec::SecurityContext>,
        main: bool,
        scope: &impl Read,
    ) -> SecurityContext {
        let Some(written) = written else { return SecurityContext::default() };
        let whole = security(written, scope);
        if main {
            return whole;
        }
        let span = |at: Option<Origin>| at.and_then(Origin::span);
        let of_pod = [
            ("fsGroup", span(whole.fs_group.map(|value| value.at))),
            ("fsGroupChangePolicy", span(whole.fs_group_change_policy.map(|value| value.at))),
            ("supplementalGroups", written.supplemental_groups.as_ref().map(|groups| groups.span)),
        ];
        for (field, span) in of_pod {
            if let Some(span) = span {
                self.log.push(
                    Diagnostic::error(
                        Code::Conflicting,
                        span,
                        format!("`{field}` is the whole pod's, not one container's"),
                    )
                    .help("write it in the component's own `securityContext`"),
                );
            }
        }
        whole
    }

    /// A fragment in Kubernetes' own shape that must be a map.
    pub fn fragment(
        &self,
        raw: &spec::raw::Raw,
        place: &str,
        scope: &impl Read,
    ) -> crate::source::Tree {
        let tree = scope.raw(raw, place);
        if let (false, Some(span)) = (tree.root().kind() == Kind::Map, tree.root().at().span()) {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("{place} is a map of Kubernetes' fields"),
                )
                .help("write the fields below it"),
            );
        }
        tree
    }
}

/// Takes the pod's part out of the security context of a component's own container: everything
/// that Kubernetes knows of pods, so that it holds for the init containers too.
pub(super) fn pod_security(container: &mut SecurityContext) -> SecurityContext {
    SecurityContext {
        run_as_user: container.run_as_user.take(),
        run_as_group: container.run_as_group.take(),
        run_as_non_root: container.run_as_non_root.take(),
        fs_group: container.fs_group.take(),
        fs_group_change_policy: container.fs_group_change_policy.take(),
        supplemental_groups: container.supplemental_groups.take(),
        seccomp_profile: container.seccomp_profile.take(),
        ..SecurityContext::default()
    }
}

fn security(written: &spec::SecurityContext, scope: &impl Read) -> SecurityContext {
    let number = |value: &Option<spec::value::Value<i64>>| scope.value(value.as_ref(), "a number");
    let switch = |value: &Option<spec::value::Value<bool>>| scope.value(value.as_ref(), "a switch");
    let capabilities = written.capabilities.as_ref();
    let list = |list: Option<&List<Text>>| scope.list(list, "a capability");
    SecurityContext {
        run_as_user: number(&written.run_as_user),
        run_as_group: number(&written.run_as_group),
        run_as_non_root: switch(&written.run_as_non_root),
        fs_group: number(&written.fs_group),
        fs_group_change_policy: scope.value(written.fs_group_change_policy.as_ref(), "a policy"),
        supplemental_groups: written.supplemental_groups.as_ref().map(|groups| {
            groups.items.iter().filter_map(|group| scope.value(Some(group), "a number")).collect()
        }),
        read_only_root_filesystem: switch(&written.read_only_root_filesystem),
        allow_privilege_escalation: switch(&written.allow_privilege_escalation),
        privileged: switch(&written.privileged),
        capabilities_add: list(capabilities.and_then(|capabilities| capabilities.add.as_ref())),
        capabilities_drop: list(capabilities.and_then(|capabilities| capabilities.drop.as_ref())),
        seccomp_profile: written.seccomp_profile.as_ref().map(|raw| scope.raw(raw, "a profile")),
    }
}
