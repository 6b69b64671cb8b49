//! The stack's own ConfigMaps.

use super::interface::entries;
use super::names;
use super::planner::{Planner, own_name};
use super::read::Read;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::NameForm;
use crate::plan::Config;
use crate::source::{Origin, Span};
use crate::spec;

impl Planner<'_> {
    /// The stack's configs.
    pub fn configs(&self) -> Vec<Config> {
        let all = entries(self.merged.body.configs.as_ref());
        all.map(|(name, entry)| self.config(name, entry.key, &entry.value.body)).collect()
    }

    fn config(&self, name: &str, at: Span, written: &spec::Config) -> Config {
        let scope = self.scope(None);
        let object = self.configs.get(name).cloned().unwrap_or_else(|| own_name(name, at));
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
        for (key, entry) in entries(written.data.as_ref()) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::ConfigKey, key, at, "the key of a ConfigMap", self.log);
            let file = data.get(key).map(|file| file.at);
            let binary = binary_data.iter().find(|(file, _)| file == key).map(|(_, file)| file.at);
            if let Some(file) = file.or(binary).and_then(Origin::span) {
                self.log.push(
                    Diagnostic::error(
                        Code::SameName,
                        entry.key,
                        format!("`{key}` is the name of one of the files already"),
                    )
                    .also(file, "the files")
                    .help("remove one of the two"),
                );
            }
            if let Some(value) = scope.text(&entry.value, "a ConfigMap") {
                data.insert(key.clone(), value);
            }
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
            immutable: scope.value(written.immutable.as_ref(), "a switch"),
            labels,
            annotations,
            at: Origin::Written(at),
        }
    }
}
