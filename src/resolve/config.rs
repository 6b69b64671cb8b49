//! The stack's own ConfigMaps, and what of their values is secret.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::evaluate::Evaluated;
use super::foreign::template_use;
use super::interface::entries;
use super::log::Log;
use super::names;
use super::planner::{Planner, own_name};
use super::read::{Read, staged};
use super::stage::kept;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::NameForm;
use crate::plan::{Config, SecretValue, Val};
use crate::source::{Origin, Span};
use crate::spec;

/// The names of the ConfigMaps of a stack's configs.
#[derive(Debug, Default)]
pub(super) struct ConfigNames {
    /// The objects' names by the configs'.
    pub objects: BTreeMap<String, Val<String>>,
    /// The configs whose ConfigMaps somebody names, and where.
    named: RefCell<BTreeMap<String, Span>>,
}

impl ConfigNames {
    /// None of which anybody has named yet.
    pub fn new(objects: BTreeMap<String, Val<String>>) -> Self {
        Self { objects, named: RefCell::default() }
    }

    /// The name of a config's ConfigMap, for an expression to yield.
    pub fn name(&self, config: &str, at: Span) -> Option<&Val<String>> {
        let object = self.objects.get(config)?;
        self.named.borrow_mut().entry(config.to_owned()).or_insert(at);
        Some(object)
    }

    /// Reports those named that are no objects.
    pub fn check(&self, configs: &[Config], log: &Log) {
        for config in configs.iter().filter(|config| !config.has_object()) {
            let name = &config.component;
            if let Some(span) = self.named.borrow().get(name) {
                let mut diagnostic = Diagnostic::error(
                    Code::UndefinedName,
                    *span,
                    format!("all values of the config `{name}` are secret, so it has no ConfigMap"),
                )
                .help("the name of a Secret is `secrets.NAME.name`");
                if let Some(declared) = config.at.span() {
                    diagnostic = diagnostic.also(declared, "declared here");
                }
                log.push(diagnostic);
            }
        }
    }
}

impl Planner<'_> {
    /// The stack's configs.
    pub fn configs(&self) -> &[Config] {
        self.configs.get_or_init(|| {
            let all = entries(self.merged.body.configs.as_ref());
            all.map(|(name, entry)| self.config(name, entry.key, &entry.value.body)).collect()
        })
    }

    /// The config of that name.
    pub fn config_named(&self, name: &str) -> Option<&Config> {
        self.configs().iter().find(|config| config.component == name)
    }

    fn config(&self, name: &str, at: Span, written: &spec::Config) -> Config {
        let scope = self.scope(None);
        let object =
            self.config_names.objects.get(name).cloned().unwrap_or_else(|| own_name(name, at));
        names::check(
            NameForm::DnsSubdomain,
            &object.v,
            object.at,
            "the name of a ConfigMap",
            self.log,
        );
        let files = scope.option(written.files.as_ref(), "a file");
        let (mut data, binary_data) =
            files.and_then(|files| self.files.read(&files)).unwrap_or_default();
        let files: BTreeMap<String, Origin> = data
            .iter()
            .map(|(key, file)| (key.clone(), file.at))
            .chain(binary_data.iter().map(|(key, file)| (key.clone(), file.at)))
            .collect();
        let file = |key: &str| files.get(key).and_then(|at| at.span());
        let mut secret_data = BTreeMap::new();
        for (key, entry) in entries(written.data.as_ref()) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::ConfigKey, key, at, "the key of a ConfigMap", self.log);
            if let Some(file) = file(key) {
                self.taken(key, entry.key, file, "one of the files");
            }
            let Some(value) = scope.evaluate(&entry.value) else { continue };
            let at = Origin::Written(value.span);
            if let Some(plain) = value.plain() {
                data.insert(key.clone(), Val::new(plain.text, at));
            } else if let Some(secret) = self.secret_value(&format!("{name}.{key}"), &value) {
                secret_data.insert(key.clone(), Val::new(secret, at));
            }
        }
        let mut templates = BTreeMap::new();
        for (key, entry) in entries(written.templates.as_ref()) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::ConfigKey, key, at, "the key of a ConfigMap", self.log);
            let other = written.data.as_ref().and_then(|data| data.entries.get(key));
            if let Some(file) = file(key) {
                self.taken(key, entry.key, file, "one of the files");
            } else if let Some(other) = other {
                self.taken(key, entry.key, other.key, "one of the keys of `data`");
            }
            let spec::TextTemplateUse { template, with, .. } = &entry.value;
            let usage = template_use(key, entry.key, template.as_ref(), with.as_ref(), &scope);
            templates.insert(key.clone(), usage);
        }
        let labels = scope.map(written.labels.as_ref(), "a label");
        names::check_labels(&labels, self.log);
        let annotations = scope.map(written.annotations.as_ref(), "an annotation");
        names::check_annotations(&annotations, self.log);
        Config {
            component: name.to_owned(),
            name: object,
            data,
            binary_data,
            secret_data,
            templates,
            immutable: scope.value(written.immutable.as_ref(), "a switch"),
            labels,
            annotations,
            at: Origin::Written(at),
        }
    }

    /// Reports a key that something else of the config has already.
    fn taken(&self, key: &str, at: Span, other: Span, what: &str) {
        self.log.push(
            Diagnostic::error(Code::SameName, at, format!("`{key}` is the name of {what} already"))
                .also(other, "here")
                .help("remove one of the two"),
        );
    }

    /// Where the cluster holds a value with a secret in it. `wanted` is the key under which it is
    /// composed, should it have to be.
    fn secret_value(&self, wanted: &str, value: &Evaluated) -> Option<SecretValue> {
        if value.has_runtime() {
            self.log.push(if value.has_secret() {
                let message = "a part of this is known on the node alone, and another is secret";
                Diagnostic::error(Code::RuntimeOutOfPlace, value.span, message)
                    .help("give the program the two apart, as environment variables")
            } else {
                staged(value, "a ConfigMap")
            });
            return None;
        }
        kept(value, wanted, self.scope(None), self.context)
    }
}
