//! The layers of a stack in an environment, from gen's own defaults up to the last overlay.

use std::collections::BTreeMap;

use super::declaration::{Written, declarations};
use super::{Merged, Surroundings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::load::{Environments, StackFiles};
use crate::spec::decode::{Decode, Fields};
use crate::spec::map::{Closed, Entry};
use crate::spec::merge::{Layer, Layered, Merge, Merger};
use crate::spec::{AllowFrom, Defaults, Environment, Overlay, StackBody};

/// A concrete environment with what its chain says of all components of a kind.
#[derive(Debug)]
pub struct Layers {
    /// The environment, its chain merged.
    pub surroundings: Surroundings,
    defaults: Defaults,
    /// One for each environment of the chain that has any, from the root down.
    overrides: Vec<Defaults>,
}

impl Layers {
    /// Merges the chain of a concrete environment. `None` where a link of it is broken, which
    /// loading has reported.
    pub fn new(
        environments: &Environments,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let chain = environments.chain(name);
        let (_, own) = chain.last()?;
        let mut spec = Environment::default();
        let mut overrides = Vec::new();
        for (_, file) in &chain {
            let mut link = Environment::clone(&file.spec);
            // A family is abstract, its members are not for that.
            link.r#abstract = None;
            link.extends = None;
            overrides.extend(link.overrides.take());
            spec.merge(link, Layer::Declare, &mut Merger::new(diagnostics, Vec::new()));
        }
        let defaults = spec.defaults.take().unwrap_or_default();
        let chain_names = chain.iter().map(|(name, _)| (*name).to_owned()).collect();
        let surroundings =
            Surroundings { name: name.to_owned(), chain: chain_names, span: own.span, spec };
        Some(Self { surroundings, defaults, overrides })
    }

    /// Whether a stack runs in this environment: it lists it, or a family of it.
    #[must_use]
    pub fn runs(&self, files: &StackFiles) -> bool {
        let listed = files.stack.iter().filter_map(|file| file.spec.environments.as_ref());
        listed
            .flat_map(|list| &list.items)
            .filter_map(|name| name.literal())
            .any(|name| self.surroundings.chain.iter().any(|link| link == name))
    }

    /// Merges the layers of a stack in this environment: one for a stack, one for each of its
    /// instances.
    #[must_use]
    pub fn merge(
        &self,
        stack: &str,
        files: &StackFiles,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Merged> {
        let Some(file) = &files.stack else { return Vec::new() };
        let mut defaults = self.defaults.clone();
        if let Some(own) = file.spec.defaults.clone() {
            let path = vec!["defaults".to_owned()];
            defaults.merge(own, Layer::Declare, &mut Merger::new(diagnostics, path));
        }
        let mut body = StackBody::default();
        let mut declared = file.spec.body.clone();
        self.declare(&mut declared, None, &defaults, diagnostics);
        body.merge(declared, Layer::Declare, &mut Merger::new(diagnostics, Vec::new()));
        for link in &self.surroundings.chain {
            if let Some(overlay) = files.overlays.get(link) {
                self.overlay(&mut body, &overlay.spec, &defaults, diagnostics);
            }
        }
        let named = |instance: Option<&str>, body: StackBody| Merged {
            stack: stack.to_owned(),
            instance: instance.map(str::to_owned),
            name: instance
                .map_or_else(|| stack.to_owned(), |instance| format!("{stack}-{instance}")),
            folder: files.folder.clone(),
            span: file.span,
            body,
        };
        let Some(instances) = body.instances.take() else { return vec![named(None, body)] };
        self.check_instances(&instances, files, diagnostics);
        let mut all = Vec::new();
        for (name, entry) in instances.entries {
            let mut body = body.clone();
            if let Some(vars) = entry.value.vars {
                let mut merger = Merger::new(diagnostics, vec!["vars".to_owned()]);
                body.vars.get_or_insert_default().merge(vars, Layer::Declare, &mut merger);
            }
            let links = self.surroundings.chain.iter().map(|link| format!("{name}/{link}"));
            for key in std::iter::once(name.clone()).chain(links) {
                if let Some(overlay) = files.instances.get(&key) {
                    self.overlay(&mut body, &overlay.spec, &defaults, diagnostics);
                }
            }
            all.push(named(Some(&name), body));
        }
        all
    }

    /// Puts an overlay over a body. What it adds gets the layers below it first.
    fn overlay(
        &self,
        body: &mut StackBody,
        overlay: &Overlay,
        defaults: &Defaults,
        diagnostics: &mut Diagnostics,
    ) {
        let mut overlay = overlay.clone();
        if let Some(removal) = overlay.remove.take() {
            body.remove(&removal, &mut Merger::new(diagnostics, Vec::new()));
        }
        if let Some(added) = &mut overlay.add {
            self.declare(added, Some(body), defaults, diagnostics);
        }
        let mut whole = Overlay::default();
        whole.body = std::mem::take(body);
        whole.merge(overlay, Layer::Override, &mut Merger::new(diagnostics, Vec::new()));
        *body = whole.body;
    }

    /// Gives every component that is not in `existing` yet the defaults of its kind below what
    /// it says, and the environment's overrides above it.
    fn declare(
        &self,
        body: &mut StackBody,
        existing: Option<&StackBody>,
        defaults: &Defaults,
        diagnostics: &mut Diagnostics,
    ) {
        macro_rules! each_kind {
            ($($kind:ident),+) => {$(
                declare_kind(
                    stringify!($kind),
                    body.$kind.as_mut(),
                    existing.and_then(|body| body.$kind.as_ref()),
                    defaults.$kind.as_deref(),
                    &self.overrides.iter().filter_map(|overrides| overrides.$kind.as_deref()).collect::<Vec<_>>(),
                    diagnostics,
                );
            )+};
        }
        each_kind!(
            services, workers, jobs, cronjobs, postgres, redis, volumes, configs, secrets,
            externals, routes
        );
    }

    /// Reports overlays of instances that do not exist.
    fn check_instances(
        &self,
        instances: &Closed<crate::spec::Instance>,
        files: &StackFiles,
        diagnostics: &mut Diagnostics,
    ) {
        for (key, overlay) in &files.instances {
            let (instance, environment) =
                key.split_once('/').map_or((key.as_str(), None), |(one, two)| (one, Some(two)));
            let here = environment
                .is_none_or(|name| self.surroundings.chain.iter().any(|link| link == name));
            if !here || instances.entries.contains_key(instance) {
                continue;
            }
            let diagnostic = Diagnostic::error(
                Code::UnknownInstance,
                overlay.span.start_point(),
                format!("this overlay is for the instance `{instance}`, which does not exist"),
            );
            let known = instances.entries.keys().map(String::as_str);
            diagnostics.push(match nearest(instance, known) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("add it to `instances`, or remove the file"),
            });
        }
    }
}

fn declare_kind<T: Fields + Decode + Clone>(
    kind: &str,
    components: Option<&mut Closed<Layered<T>>>,
    existing: Option<&Closed<Layered<T>>>,
    defaults: Option<&Layered<T>>,
    overrides: &[&Layered<T>],
    diagnostics: &mut Diagnostics,
) {
    let Some(components) = components else { return };
    for (name, Entry { value, .. }) in &mut components.entries {
        if existing.is_some_and(|existing| existing.entries.contains_key(name)) {
            continue;
        }
        let path = vec![kind.to_owned(), name.clone()];
        let mut merger = Merger::new(diagnostics, path);
        let mut layered = defaults.cloned().unwrap_or_default();
        layered.merge(std::mem::take(value), Layer::Declare, &mut merger);
        for layer in overrides {
            layered.merge((*layer).clone(), Layer::Override, &mut merger);
        }
        *value = layered;
    }
}

/// Reports stacks that an `allowFrom` names but that do not exist. Whether a stack that exists
/// runs in an environment makes no difference: where it does not, it calls nobody.
pub fn check_consents(stacks: &mut BTreeMap<String, StackFiles>) {
    let names: Vec<String> = stacks.keys().cloned().collect();
    let exists = |name: &str| {
        let is_instance = |stack: &String| {
            name.strip_prefix(stack.as_str()).is_some_and(|rest| rest.starts_with('-'))
        };
        names.iter().any(|stack| stack == name || is_instance(stack))
    };
    for files in stacks.values_mut() {
        let overlays = files.overlays.values().chain(files.instances.values());
        let bodies = overlays
            .flat_map(|file| std::iter::once(&file.spec.body).chain(file.spec.add.as_deref()))
            .chain(files.stack.as_ref().map(|file| &file.spec.body));
        let consented = bodies.flat_map(consents).flat_map(|consent| consent.stacks.iter());
        let mut found = Diagnostics::default();
        for text in consented.flat_map(|list| &list.items) {
            let Some(name) = text.literal().filter(|name| !exists(name)) else { continue };
            let diagnostic = Diagnostic::error(
                Code::UnknownStack,
                text.span,
                format!("there is no stack `{name}` to let in"),
            );
            found.push(match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => {
                    diagnostic.help(format!("did you mean `{near}`?")).suggest(text.span, near)
                }
                None => diagnostic.help(format!("there is `{}`", names.join("`, `"))),
            });
        }
        files.diagnostics.append(found);
    }
}

/// Every `allowFrom` of a layer.
fn consents(body: &StackBody) -> Vec<&AllowFrom> {
    let said = declarations(body)
        .flat_map(|component| std::iter::once(component.written).chain(component.added));
    said.filter_map(Written::consent).collect()
}

/// Reports environments that stacks list but that do not exist.
pub fn check_listed(stacks: &mut BTreeMap<String, StackFiles>, environments: &Environments) {
    for files in stacks.values_mut() {
        let Some(file) = &files.stack else { continue };
        let Some(listed) = &file.spec.environments else {
            files.runs_unknown = true;
            // What is wrong in the file may be the list itself.
            if !files.diagnostics.has_errors() {
                files.diagnostics.push(
                    Diagnostic::error(
                        Code::NoEnvironments,
                        file.span.start_point(),
                        "this stack does not say in which environments it runs",
                    )
                    .help("write `environments: [...]` with the names of environments or families"),
                );
            }
            continue;
        };
        if listed.items.is_empty() {
            files.runs_unknown = true;
            files.diagnostics.push(
                Diagnostic::error(Code::NoEnvironments, listed.span, "this stack runs nowhere")
                    .help("write the names of environments or families into the list"),
            );
        }
        for name in &listed.items {
            let known =
                name.literal().is_some_and(|name| environments.names().any(|known| known == name));
            if known {
                continue;
            }
            files.runs_unknown = true;
            let Some(text) = name.literal() else {
                files.diagnostics.push(
                    Diagnostic::error(
                        Code::NotPlain,
                        name.span,
                        "`environments` cannot hold an expression",
                    )
                    .help("write the names of environments or families"),
                );
                continue;
            };
            let diagnostic = Diagnostic::error(
                Code::UnknownEnvironment,
                name.span,
                format!("there is no environment `{text}`"),
            );
            files.diagnostics.push(match nearest(text, environments.names()) {
                Some(near) => {
                    diagnostic.help(format!("did you mean `{near}`?")).suggest(name.span, near)
                }
                None => diagnostic.help(format!(
                    "there is `{}`",
                    environments.names().collect::<Vec<_>>().join("`, `")
                )),
            });
        }
    }
}
