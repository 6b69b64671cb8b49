//! The tree of environments.

use std::collections::BTreeMap;

use super::{File, Project, check_ending, check_folder, check_name, known_names};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::fs::EntryKind;
use crate::spec::Environment;
use crate::spec::value::Value;

/// Every environment of a project, and how they extend each other.
#[derive(Debug, Default)]
pub struct Environments {
    files: BTreeMap<String, File<Environment>>,
    /// Those that exist as files, broken ones included.
    names: Vec<String>,
}

impl Environments {
    /// Reads `environments/*.yaml` and checks that `extends` leads somewhere and ends.
    pub fn load(project: &Project<'_>, diagnostics: &mut Diagnostics) -> Self {
        let mut environments = Self::default();
        for (file, kind) in project.list("environments", diagnostics) {
            let path = format!("environments/{file}");
            if kind == EntryKind::Folder {
                check_folder(&file, &path, diagnostics);
                continue;
            }
            let Some(name) = file.strip_suffix(".yaml") else {
                check_ending(&file, &path, diagnostics);
                continue;
            };
            if !check_name(name, &path, "an environment", diagnostics) {
                continue;
            }
            environments.names.push(name.to_owned());
            if let Some(environment) = project.file(&path, diagnostics) {
                environments.files.insert(name.to_owned(), environment);
            }
        }
        environments.check_extends(diagnostics);
        environments
    }

    /// The environments from the root family down to `name`. Empty where `name` or one of its
    /// families does not exist or is broken.
    #[must_use]
    pub fn chain(&self, name: &str) -> Vec<(&str, &File<Environment>)> {
        let mut chain = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            let Some((name, file)) = self.files.get_key_value(name) else { return Vec::new() };
            if chain.iter().any(|(seen, _)| seen == name) {
                return Vec::new();
            }
            chain.push((name.as_str(), file));
            next = file.spec.extends.as_ref().and_then(|extends| extends.literal());
        }
        chain.reverse();
        chain
    }

    /// The concrete environments, sorted.
    pub fn concrete(&self) -> impl Iterator<Item = &str> + Clone {
        self.files
            .iter()
            .filter(|(_, file)| !is_abstract(&file.spec))
            .map(|(name, _)| name.as_str())
    }

    /// The concrete environments that `name` means: itself, or the members of the family.
    #[must_use]
    pub fn members(&self, name: &str) -> Vec<&str> {
        self.concrete()
            .filter(|member| self.chain(member).iter().any(|(link, _)| *link == name))
            .collect()
    }

    /// The names of all of them, families and broken ones included, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.iter().map(String::as_str)
    }

    /// Whether an overlay's file name is an environment's; reports it if not.
    pub(super) fn is_known(&self, name: &str, path: &str, diagnostics: &mut Diagnostics) -> bool {
        if self.names().any(|known| known == name) {
            return true;
        }
        diagnostics.push(known_names(
            Diagnostic::error_in(
                Code::UnknownEnvironment,
                path,
                format!("this overlay is for the environment `{name}`, which does not exist"),
            ),
            name,
            "environment",
            self.names(),
        ));
        false
    }

    fn check_extends(&self, diagnostics: &mut Diagnostics) {
        for (name, file) in &self.files {
            let Some(extends) = &file.spec.extends else { continue };
            let Some(parent) = extends.literal() else {
                diagnostics.push(
                    Diagnostic::error(
                        Code::NotPlain,
                        extends.span,
                        "`extends` cannot hold an expression",
                    )
                    .help("write the name of an environment"),
                );
                continue;
            };
            if !self.names().any(|known| known == parent) {
                diagnostics.push(known_names(
                    Diagnostic::error(
                        Code::UnknownEnvironment,
                        extends.span,
                        format!("there is no environment `{parent}` to extend"),
                    ),
                    parent,
                    "environment",
                    self.names().filter(|known| known != name),
                ));
            }
            if let Some(cycle) = self.cycle(name) {
                // Every member of a cycle would report it; the first by name does.
                if cycle.iter().all(|member| name.as_str() <= *member) {
                    let mut path: Vec<&str> = cycle;
                    path.push(name);
                    let message = match path[..] {
                        [_, _] => format!("`{name}` extends itself"),
                        _ => format!("these environments extend each other: {}", path.join(" → ")),
                    };
                    diagnostics.push(
                        Diagnostic::error(Code::ExtendsCycle, extends.span, message)
                            .help("one of them must be the root and extend nothing"),
                    );
                }
            }
        }
    }

    /// The cycle of `extends` that `name` is part of.
    fn cycle<'e>(&'e self, name: &'e str) -> Option<Vec<&'e str>> {
        let mut path = vec![name];
        loop {
            let last = path.last()?;
            let next = self.files.get(*last)?.spec.extends.as_ref()?.literal()?;
            if next == name {
                return Some(path);
            }
            if path.contains(&next) {
                return None;
            }
            path.push(next);
        }
    }
}

fn is_abstract(environment: &Environment) -> bool {
    matches!(&environment.r#abstract, Some(Value::Literal { value: true, .. }))
}
