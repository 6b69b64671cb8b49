//! The phases, chained: from a project's files to the objects of an environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::diagnostic::{
    Code, Diagnostic, Diagnostics, Place as DiagnosticPlace, Severity, nearest,
};
use crate::diff::impact::Class;
use crate::foreign::{ForeignObject, Templates};
use crate::fs::FileSystem;
use crate::k8s::graft;
use crate::k8s::schema::Resource;
use crate::k8s::{Identity, Object, Version, apply_order};
use crate::load::{Environments, Project, StackFiles};
use crate::plan::{Allowance, AllowedChange, Place, Plan, Scope, Val};
use crate::resolve::{self, Interface, Layers, Merged};
use crate::source::{NodeRef, Origin, Span, Tree};
use crate::spec::Policy;
use crate::validate::security::Level;
use crate::validate::{self, Author, Cluster, CustomKinds, Extent, Finding, Member, allowance};
use crate::{foreign, link, lower, parallel};

/// The folder of what belongs to no single stack.
pub const ENVIRONMENT_FOLDER: &str = "_environment";

/// A project, loaded: ready to be compiled for any of its environments.
pub struct Loaded<'p> {
    /// The project and its files.
    pub project: Project<'p>,
    /// Its environments.
    pub environments: Environments,
    stacks: BTreeMap<String, StackFiles>,
    templates: Templates,
    /// The kinds that the definitions in `crds/` bring.
    custom: CustomKinds,
    /// The objects in `policies/`.
    policies: Vec<Tree>,
    diagnostics: Diagnostics,
}

/// What to compile for an environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'r> {
    /// The stacks; none means all that run there.
    pub stacks: &'r [String],
    /// The `onDemand` jobs to render as well.
    pub with: &'r [String],
}

/// The objects of an environment, or of some of its stacks.
#[derive(Debug)]
pub struct Compiled {
    /// The environment.
    pub environment: String,
    /// The folders in apply order: what belongs to no single stack first, then the stacks.
    /// Empty where something is wrong with what was asked for.
    pub folders: Vec<Folder>,
    /// What is wrong, or worth a word.
    pub diagnostics: Diagnostics,
    /// The Kubernetes version that the objects were checked against.
    pub kubernetes: Version,
    /// The jobs of the stacks asked for that are rendered only when they are asked for too.
    pub on_demand: BTreeSet<String>,
}

impl Request<'_> {
    fn wants(self, stack: &str) -> bool {
        self.stacks.is_empty() || self.stacks.iter().any(|wanted| wanted == stack)
    }
}

impl Compiled {
    /// All objects in apply order.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.folders.iter().flat_map(|folder| folder.files.iter().map(|(_, object)| object))
    }
}

/// The objects of one folder of the output.
#[derive(Debug)]
pub struct Folder {
    /// The stack's name, `STACK-INSTANCE` of an instance, or [`ENVIRONMENT_FOLDER`].
    pub name: String,
    /// The objects with the names of their files, sorted by these, which is their apply order.
    pub files: Vec<(String, Object)>,
    /// Those of them that came from templates or manifests, with where the stack names these.
    foreign: BTreeMap<Identity, Span>,
    /// The warnings that the stack lives with.
    allowances: Vec<Allowance>,
    /// The changes that are meant, each of a class that there is.
    pub allowed_changes: Vec<(Class, AllowedChange)>,
}

impl<'p> Loaded<'p> {
    /// Reads a project. What is wrong with a stack is reported by the compilations that need it.
    #[must_use]
    pub fn new(fs: &'p dyn FileSystem, root: impl Into<PathBuf>) -> Self {
        let project = Project::new(fs, root);
        let mut diagnostics = Diagnostics::default();
        let environments = Environments::load(&project, &mut diagnostics);
        let names = project.stack_names(&mut diagnostics);
        let mut stacks = project.stacks(&names, &environments);
        resolve::check_listed(&mut stacks, &environments);
        resolve::check_consents(&mut stacks);
        let templates = Templates::load(&project);
        let custom = custom_kinds(&project, &mut diagnostics);
        let policies = foreign::folder("policies", &project, &mut diagnostics);
        Self { project, environments, stacks, templates, custom, policies, diagnostics }
    }

    /// What is wrong with the environments, or with the project as a whole.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// What is wrong with the environments and with the files of the stacks that are asked for,
    /// in whichever environments they run.
    #[must_use]
    pub fn all_diagnostics(&self, request: Request<'_>) -> Diagnostics {
        let mut all = self.diagnostics.clone();
        for (_, files) in self.stacks.iter().filter(|(name, _)| request.wants(name)) {
            all.append(files.diagnostics.clone());
        }
        all
    }

    /// The concrete environments that a name on the command line means. None where the
    /// environment itself is broken, which the diagnostics say.
    ///
    /// # Errors
    ///
    /// When there is no such environment, or it is a family without members.
    pub fn members(&self, name: &str) -> Result<Vec<&str>, Box<Diagnostic>> {
        let members = self.environments.members(name);
        if !members.is_empty() {
            return Ok(members);
        }
        if self.environments.names().any(|known| known == name) {
            if self.diagnostics.has_errors() {
                return Ok(Vec::new());
            }
            let message = format!("`{name}` is a family of environments that has no members");
            return Err(Box::new(
                nowhere(Code::EmptyFamily, message)
                    .help(format!("write an environment with `extends: {name}`")),
            ));
        }
        let message = format!("there is no environment `{name}`");
        Err(Box::new(suggest(
            nowhere(Code::UnknownEnvironment, message),
            name,
            self.environments.names(),
        )))
    }

    /// Compiles an environment, which must be a concrete one.
    #[must_use]
    pub fn compile(&self, environment: &str, request: Request<'_>) -> Compiled {
        let mut compiled = Compiled {
            environment: environment.to_owned(),
            folders: Vec::new(),
            diagnostics: self.diagnostics.clone(),
            kubernetes: Version::default(),
            on_demand: BTreeSet::new(),
        };
        let folders = self.folders(request, &mut compiled);
        if !compiled.diagnostics.has_errors() {
            compiled.folders = folders.unwrap_or_default();
        }
        compiled
    }

    fn folders(&self, request: Request<'_>, compiled: &mut Compiled) -> Option<Vec<Folder>> {
        let Compiled { environment, diagnostics, .. } = compiled;
        let layers = Layers::new(&self.environments, environment, diagnostics)?;
        let here = self.here(&layers);
        self.check_request(environment, &here, request, diagnostics);
        let wanted = |stack: &str| request.wants(stack);
        for (name, files) in &self.stacks {
            let here = here.contains_key(name.as_str()) || files.runs_unknown;
            if wanted(name) && (here || files.stack.is_none()) {
                diagnostics.append(files.diagnostics.clone());
            }
        }
        let mut found = Diagnostics::default();
        let place = resolve::place(&layers.surroundings, &mut found);
        // What an environment lacks may be what could not be read of it.
        if !self.is_broken(environment) {
            diagnostics.append(found);
        }
        let place = place?;
        compiled.kubernetes = place.kubernetes.v;
        let stacks = interfaces(&layers, &place, &here, wanted, diagnostics);
        let asked_for = stacks.iter().filter(|stack| wanted(&stack.merged.stack));
        compiled.on_demand = asked_for
            .filter_map(|stack| stack.interface.as_ref())
            .flat_map(|interface| interface.on_demand.iter().cloned())
            .collect();
        let neighbours: BTreeMap<String, Interface> = stacks
            .iter()
            .filter_map(|stack| Some((stack.merged.name.clone(), stack.interface.clone()?)))
            .collect();
        let context = resolve::Context {
            surroundings: &layers.surroundings,
            place: &place,
            neighbours: &neighbours,
            fs: &self.project.fs,
            root: &self.project.root,
            on_demand: request.with,
        };
        let compile = |merged: &Merged| {
            let mut diagnostics = Diagnostics::default();
            let made = self.stack(merged, context, &mut diagnostics);
            (made, diagnostics)
        };
        let sound = stacks.iter().filter(|stack| stack.is_sound && wanted(&stack.merged.stack));
        let results = parallel::map(sound, |stack| compile(&stack.merged));
        let mut folders = Vec::new();
        // What stacks share is known only when each of them says what it uses.
        if stacks.iter().all(|stack| stack.interface.is_some()) {
            let namespaces = neighbours.values().map(|interface| &interface.namespace);
            let objects = lower::environment(&place, namespaces);
            let allowed_changes = classified(place.allowed_changes.clone(), diagnostics);
            folders
                .push(Folder { allowed_changes, ..Folder::of(ENVIRONMENT_FOLDER, None, objects) });
        }
        let mut plans = Vec::new();
        for (made, found) in results {
            diagnostics.append(found);
            if let Some((plan, folder)) = made {
                plans.push(plan);
                folders.push(folder);
            }
        }
        resolve::check_routes(&plans, diagnostics);
        // An environment's own may be for stacks that nobody asked for.
        let whole = request.stacks.is_empty();
        let must_match = |span| whole || !self.is_of_chain(environment, span);
        validate(&folders, &place, &self.custom, &self.policies, must_match, diagnostics);
        Some(folders)
    }

    /// Whether a file of an environment's chain could not be read as it is meant.
    fn is_broken(&self, environment: &str) -> bool {
        self.diagnostics.iter().any(|found| {
            found.severity == Severity::Error
                && matches!(found.place, DiagnosticPlace::Span(span) if self.is_of_chain(environment, span))
        })
    }

    /// Whether something stands in a file of an environment's chain.
    fn is_of_chain(&self, environment: &str, span: Span) -> bool {
        let chain = self.environments.chain(environment);
        chain.iter().any(|(_, file)| file.span.file == span.file)
    }

    /// The stacks that run in an environment.
    fn here<'s>(&'s self, layers: &Layers) -> BTreeMap<&'s str, &'s StackFiles> {
        let all = self.stacks.iter().map(|(name, files)| (name.as_str(), files));
        all.filter(|(_, files)| layers.runs(files)).collect()
    }

    fn stack(
        &self,
        merged: &Merged,
        context: resolve::Context<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Plan, Folder)> {
        let mut plan = resolve::plan(merged, context, diagnostics)?;
        render_texts(&mut plan, &self.templates, &self.project, diagnostics);
        let mut built = lower::lower(&plan, diagnostics);
        let (mut foreign, uses) = self.foreign_objects(&plan, merged, diagnostics);
        patch(&plan, merged, &mut built, &mut foreign, diagnostics);
        let named = |(object, _): &(Object, bool)| object.identity().clone();
        let foreign_at = foreign.iter().map(named).zip(uses).collect();
        let objects = link::link(built, foreign, plan.place.kubernetes.v);
        let folder = Folder::of(&plan.name, Some(&plan.namespace.v), objects);
        let allowances = std::mem::take(&mut plan.allowances);
        let changes = std::mem::take(&mut plan.allowed_changes);
        let allowed_changes = classified(changes, diagnostics);
        Some((plan, Folder { foreign: foreign_at, allowances, allowed_changes, ..folder }))
    }

    /// The objects of templates and vendored manifests, whether each is gen's to complete, and
    /// where the stack names what it comes from.
    fn foreign_objects(
        &self,
        plan: &Plan,
        merged: &Merged,
        diagnostics: &mut Diagnostics,
    ) -> (Vec<(Object, bool)>, Vec<Span>) {
        let project = &self.project;
        let (place, facts) = (&plan.place, facts(plan));
        let (mut objects, mut uses) = (Vec::new(), Vec::new());
        let secrets = &place.plain_secrets;
        for usage in &plan.templates {
            objects.extend(self.templates.instantiate(usage, facts, secrets, project, diagnostics));
            uses.resize(objects.len(), usage.at);
        }
        for usage in &plan.manifests {
            let folder = &merged.folder;
            objects.extend(foreign::vendored(usage, folder, secrets, project, diagnostics));
            uses.resize(objects.len(), usage.at);
        }
        let completed = objects.into_iter().map(|ForeignObject { tree, adopt, at }| {
            let root = tree.root();
            let tree = if adopt { lower::adopt(plan, root, at, self.scope(root)) } else { tree };
            (Object::new(tree).expect("reading a manifest lets only objects pass"), adopt)
        });
        (completed.collect(), uses)
    }

    /// Whether an object's kind, where a definition of the project brings it, is namespaced.
    fn scope(&self, object: NodeRef<'_>) -> Option<bool> {
        let text = |name: &str| object.get(name).map_or("", NodeRef::text);
        let kind = self.custom.find(text("apiVersion"), text("kind"))?;
        Some(kind.is_namespaced)
    }

    fn check_request(
        &self,
        environment: &str,
        here: &BTreeMap<&str, &StackFiles>,
        request: Request<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        for name in request.stacks {
            if here.contains_key(name.as_str()) {
                continue;
            }
            match self.stacks.get(name) {
                None => {
                    let message = format!("there is no stack `{name}`");
                    let known = self.stacks.keys().map(String::as_str);
                    diagnostics.push(suggest(nowhere(Code::UnknownStack, message), name, known));
                }
                Some(files) if files.stack.is_some() => {
                    let message = format!("the stack `{name}` does not run in `{environment}`");
                    let listed =
                        files.stack.iter().filter_map(|file| file.spec.environments.as_ref());
                    let listed =
                        listed.flat_map(|list| &list.items).filter_map(|name| name.literal());
                    diagnostics.push(nowhere(Code::StackNotHere, message).help(format!(
                        "it runs in `{}`; to run it here too, add `{environment}`, or a family of it, to `environments` in {}/stack.yaml",
                        listed.collect::<Vec<_>>().join("`, `"),
                        files.folder
                    )));
                }
                // Why it is broken is reported with the stack.
                Some(_) => {}
            }
        }
    }
}

/// A stack or instance with what others see of it.
struct Neighbour {
    merged: Merged,
    interface: Option<Interface>,
    /// Whether nothing was wrong so far. Otherwise it goes no further: most of what would be
    /// found followed from what is reported. The others still see what it says.
    is_sound: bool,
}

/// Every stack and instance of the environment with its interface, in the order of names.
fn interfaces(
    layers: &Layers,
    place: &Place,
    here: &BTreeMap<&str, &StackFiles>,
    wanted: impl Fn(&str) -> bool + Sync,
    diagnostics: &mut Diagnostics,
) -> Vec<Neighbour> {
    let results = parallel::map(here, |(name, files)| {
        let (mut found, mut followed) = (Diagnostics::default(), Diagnostics::default());
        let is_loaded = !files.diagnostics.has_errors();
        let merged = layers.merge(name, files, &mut found);
        let is_sound = is_loaded && !found.has_errors();
        let found_there = if is_sound { &mut found } else { &mut followed };
        let stacks: Vec<_> = merged
            .into_iter()
            .map(|merged| {
                let interface =
                    resolve::interface(&merged, &layers.surroundings, place, found_there);
                Neighbour { merged, interface, is_sound }
            })
            .collect();
        // What is wrong with a stack that was not asked for is not this run's business.
        ((wanted(name) && is_loaded).then_some(found), stacks)
    });
    let mut all = Vec::new();
    for (found, stacks) in results {
        diagnostics.append(found.unwrap_or_default());
        all.extend(stacks);
    }
    all
}

/// What templates see of a plan.
fn facts(plan: &Plan) -> foreign::Facts<'_> {
    let place = &plan.place;
    foreign::Facts {
        stack: &plan.name,
        namespace: &plan.namespace.v,
        environment: &place.name,
        domain: place.domain.as_ref().map(|domain| domain.v.as_str()),
    }
}

/// Puts the texts that templates make into the configs.
fn render_texts(
    plan: &mut Plan,
    templates: &Templates,
    project: &Project<'_>,
    diagnostics: &mut Diagnostics,
) {
    let mut configs = std::mem::take(&mut plan.configs);
    for config in &mut configs {
        for (key, usage) in std::mem::take(&mut config.templates) {
            if let Some(text) = templates.text(&usage, facts(plan), project, diagnostics) {
                config.data.insert(key, Val::new(text, Origin::Written(usage.at)));
            }
        }
    }
    plan.configs = configs;
}

/// Merges the stack's patches over the objects that they name.
fn patch(
    plan: &Plan,
    merged: &Merged,
    built: &mut [Object],
    foreign: &mut [(Object, bool)],
    diagnostics: &mut Diagnostics,
) {
    let version = plan.place.kubernetes.v;
    for patch in &plan.patches {
        let mut objects: Vec<&mut Object> =
            built.iter_mut().chain(foreign.iter_mut().map(|(object, _)| object)).collect();
        let identities: Vec<&Identity> = objects.iter().map(|object| object.identity()).collect();
        let allowed = &plan.place.plain_secrets;
        let Some(target) = foreign::target(patch, &identities, allowed, merged.span, diagnostics)
        else {
            continue;
        };
        let object = &mut *objects[target];
        let of = Resource::find(version, object.api_version(), &object.identity().kind);
        let tree = graft::patch(object.root(), patch.tree.root(), of.map(Resource::root));
        match Object::new(tree) {
            Ok(patched) if patched.identity() == object.identity() => *object = patched,
            _ => diagnostics.push(
                Diagnostic::error(
                    Code::PatchedIdentity,
                    patch.target.at.span().unwrap_or(merged.span),
                    format!("this patch makes another object of `{}`", patch.target.v),
                )
                .help("a patch cannot change `apiVersion`, `kind`, the name or the namespace; a component's `name` can be set"),
            ),
        }
    }
}

impl Folder {
    fn of(name: &str, namespace: Option<&str>, objects: Vec<Object>) -> Self {
        let named = |object: Object| (apply_order::file_name(object.identity(), namespace), object);
        let mut files: Vec<_> = objects.into_iter().map(named).collect();
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            name: name.to_owned(),
            files,
            foreign: BTreeMap::new(),
            allowances: Vec::new(),
            allowed_changes: Vec::new(),
        }
    }
}

/// The changes that are allowed, each with the class that its word stands for; those that allow
/// nothing are reported.
fn classified(
    changes: Vec<AllowedChange>,
    diagnostics: &mut Diagnostics,
) -> Vec<(Class, AllowedChange)> {
    let with_class = |change| Some((class_of(&change, diagnostics)?, change));
    changes.into_iter().filter_map(with_class).collect()
}

/// The class of an allowed change, or a report of what is wrong with it.
fn class_of(change: &AllowedChange, diagnostics: &mut Diagnostics) -> Option<Class> {
    let bad = |message| Diagnostic::error(Code::BadAllowance, change.at, message);
    let Some(class) = Class::from_name(&change.class).filter(|class| class.can_stop()) else {
        let names = || Class::ALL.into_iter().filter(|class| class.can_stop()).map(Class::name);
        let all: Vec<&str> = names().collect();
        let found = bad(format!("no change does `{}`", change.class));
        diagnostics.push(match nearest(&change.class, names()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).suggest(change.at, near),
            None => found.help(format!("write one of `{}`", all.join("`, `"))),
        });
        return None;
    };
    if change.reason.v.trim().is_empty() {
        let message = format!("there is no reason why `{class}` is allowed");
        diagnostics.push(bad(message).help("write it for whoever reads this next"));
        return None;
    }
    Some(class)
}

/// Validates all objects of an environment together. `must_match` tells whether an allowance at a
/// place is of no use where it matches nothing.
pub fn validate(
    folders: &[Folder],
    place: &Place,
    custom: &CustomKinds,
    policies: &[Tree],
    must_match: impl Fn(Span) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let plain = |values: &[Val<String>]| -> Vec<String> {
        values.iter().map(|value| value.v.clone()).collect()
    };
    let cluster = Cluster {
        version: place.kubernetes.v,
        kinds: plain(&place.known_kinds),
        storage_classes: plain(&place.known_storage_classes),
        priority_classes: plain(&place.known_priority_classes),
        cluster_issuers: plain(&place.known_cluster_issuers),
        secrets: place
            .existing_secrets
            .iter()
            .map(|(name, keys)| (name.clone(), plain(keys)))
            .collect(),
        objects: plain(&place.known_objects),
        pod_security: match place.policy.v {
            Policy::Privileged => Level::Privileged,
            Policy::Baseline => Level::Baseline,
            Policy::Restricted => Level::Restricted,
        },
        extent: Extent::Environment,
        custom: custom.clone(),
        policies: policies.to_vec(),
    };
    let members: Vec<Member<'_>> = folders
        .iter()
        .flat_map(|folder| {
            let stack = if folder.name == ENVIRONMENT_FOLDER { "" } else { &folder.name };
            folder.files.iter().map(move |(_, object)| {
                let is_foreign = folder.foreign.contains_key(object.identity());
                let author = if is_foreign { Author::Other } else { Author::Gen };
                Member::new(object.root(), author, stack)
            })
        })
        .collect();
    let allowances = allowances(folders, must_match);
    diagnostics.append(validate::check(&members, &cluster));
    // First what is right, then what is good.
    let is_sound = !diagnostics.has_errors();
    allowance::check(&members, &allowances, &cluster, |_| is_sound, diagnostics);
}

/// The allowances of all stacks, each with the objects that it is for. One that several
/// components share, or the instances of a stack, is one.
fn allowances(
    folders: &[Folder],
    must_match: impl Fn(Span) -> bool,
) -> Vec<validate::Allowance<'_>> {
    let mut all: BTreeMap<Span, validate::Allowance<'_>> = BTreeMap::new();
    let mut first = 0;
    for folder in folders {
        for Allowance { code, reason, at, scope } in &folder.allowances {
            let is_for = |object: &Object| {
                let foreign = folder.foreign.get(object.identity());
                match scope {
                    Scope::Stack => true,
                    Scope::Foreign(at) => foreign == Some(at),
                    Scope::Component(places) => {
                        let from = object.at().span();
                        foreign.is_none() && from.is_some_and(|from| places.contains(&from))
                    }
                }
            };
            let objects = folder.files.iter().enumerate();
            let objects = objects.filter(|(_, (_, object))| is_for(object));
            all.entry(*at)
                .or_insert_with(|| validate::Allowance {
                    code,
                    reason: &reason.v,
                    at: *at,
                    objects: Vec::new(),
                    must_match: must_match(*at),
                })
                .objects
                .extend(objects.map(|(index, _)| first + index));
        }
        first += folder.files.len();
    }
    all.into_values().collect()
}

/// Reports the jobs that were asked for and that none of the environments has.
pub fn check_on_demand(compiled: &[Compiled], request: Request<'_>, diagnostics: &mut Diagnostics) {
    let known: BTreeSet<&str> =
        compiled.iter().flat_map(|one| &one.on_demand).map(String::as_str).collect();
    for name in request.with.iter().filter(|name| !known.contains(name.as_str())) {
        let message = format!("there is no job `{name}` that runs on demand");
        let unknown = nowhere(Code::UnknownJob, message);
        diagnostics.push(if known.is_empty() {
            unknown.help("none of the stacks has a job with `onDemand: true`; other jobs are rendered without `--with`")
        } else {
            suggest(unknown, name, known.iter().copied())
        });
    }
}

/// The kinds that the definitions in `crds/` bring, whatever else lies there reported.
fn custom_kinds(project: &Project<'_>, diagnostics: &mut Diagnostics) -> CustomKinds {
    let mut custom = CustomKinds::default();
    let mut findings = Vec::new();
    for tree in &foreign::folder("crds", project, diagnostics) {
        let root = tree.root();
        if !validate::custom::is_definition(root) {
            let kind = root.get("kind").unwrap_or(root);
            let message = format!("`{}` defines no kind", kind.text());
            let finding = Finding::error(Code::Definition, root, kind, message);
            findings.push(finding.help(
                "`crds/` holds definitions to check with; what is to be rendered belongs in a \
                 stack's `manifests`",
            ));
            continue;
        }
        validate::object(root, Author::Other, &Cluster::default(), &mut findings);
        custom.read(root);
    }
    for finding in findings {
        diagnostics.push(finding.into_diagnostic());
    }
    custom
}

fn nowhere(code: Code, message: String) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, DiagnosticPlace::Nowhere, message)
}

fn suggest<'n>(
    diagnostic: Diagnostic,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    if let Some(near) = nearest(name, known.clone()) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    let known: Vec<&str> = known.collect();
    diagnostic.help(match known[..] {
        [] => "there is none".to_owned(),
        _ => format!("there is `{}`", known.join("`, `")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::testing::MemoryFs;

    fn project() -> MemoryFs {
        let fs = MemoryFs::default();
        fs.put("p/environments/dev.yaml", "kubernetes: \"1.34\"\nrouting: none\n");
        fs.put(
            "p/stacks/shop/stack.yaml",
            "environments: [dev]
services:
  web:
    image: shop/web:1.0.0
    ports: { http: 8080 }
    health: /health
    mounts: { /etc/web: { files: conf/ } }
",
        );
        fs.put("p/stacks/shop/dev.yaml", "services: { web: { replicas: 2 } }\n");
        fs.put("p/stacks/shop/conf/web.conf", "listen\n");
        fs.put("p/templates/unused.yaml", "kind: X\n");
        fs
    }

    /// How many objects there are, and each report as `CODE place: message`.
    fn compile(fs: &MemoryFs) -> (usize, Vec<String>) {
        let loaded = Loaded::new(fs, "p");
        let compiled = loaded.compile("dev", Request::default());
        let reports = compiled.diagnostics.iter().map(|report| {
            let place = match &report.place {
                DiagnosticPlace::Path(path) => path.clone(),
                DiagnosticPlace::Span(span) => loaded.project.sources.get(span.file).path.clone(),
                DiagnosticPlace::Nowhere => String::new(),
            };
            format!("{} {place}: {}", report.code.id(), report.message)
        });
        (compiled.objects().count(), reports.collect())
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_named() {
        for (refused, expected) in [
            ("p/environments", "L040 environments: this cannot be read: permission denied"),
            ("p/stacks", "L040 stacks: this cannot be read: permission denied"),
            ("p/stacks/shop", "L040 stacks/shop: this cannot be read: permission denied"),
            (
                "p/environments/dev.yaml",
                "L040 environments/dev.yaml: this cannot be read: permission denied",
            ),
            (
                "p/stacks/shop/dev.yaml",
                "L040 stacks/shop/dev.yaml: this cannot be read: permission denied",
            ),
        ] {
            let fs = project();
            fs.refuse(refused);
            let (objects, reports) = compile(&fs);
            assert_eq!(objects, 0, "{refused}");
            assert_eq!(reports, [expected], "{refused}");
        }
    }

    #[test]
    fn what_vanishes_or_fails_while_it_is_read_is_an_error() {
        rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool").install(|| {
            let fs = project();
            let (whole, reports) = compile(&fs);
            assert!(whole > 5, "{whole}");
            assert_eq!(reports, [""; 0]);
            let operations = fs.operations();
            for operation in 0..operations {
                let fs = project();
                fs.fail_at(operation);
                let (objects, reports) = compile(&fs);
                assert!(
                    objects == whole && reports.is_empty() || objects == 0 && !reports.is_empty(),
                    "operation {operation}: {objects} objects, {reports:?}"
                );
            }
        });
    }
}
