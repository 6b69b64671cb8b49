//! What the commands that compile have in common.

use std::path::Path;

use crate::compile::{Compiled, Loaded, Request, check_on_demand};
use crate::diagnostic::Diagnostics;
use crate::emit::{FileSet, Maker, Scope, file_set};
use crate::parallel;
use crate::source::Sources;

/// The concrete environments that names on the command line mean, without repetition; all of
/// them where there are no names. Unknown names are reported, and broken environments, for which
/// nothing can be compiled, with all else that is wrong in the files.
pub(super) fn environments(
    loaded: &Loaded<'_>,
    names: &[String],
    request: Request<'_>,
) -> (Vec<String>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if names.is_empty() {
        let all = loaded.environments.concrete().map(str::to_owned).collect();
        return (all, loaded.diagnostics().clone());
    }
    let mut members: Vec<String> = Vec::new();
    for name in names {
        match loaded.members(name) {
            Ok(found) if found.is_empty() => diagnostics.append(loaded.all_diagnostics(request)),
            Ok(found) => {
                let found = found.into_iter().map(str::to_owned);
                members
                    .extend(found.filter(|member| !members.contains(member)).collect::<Vec<_>>());
            }
            Err(diagnostic) => {
                // What is wrong with the environments themselves may be why.
                diagnostics.append(loaded.diagnostics().clone());
                diagnostics.push(*diagnostic);
            }
        }
    }
    (members, diagnostics)
}

/// Compiles several environments in parallel; what is wrong is added to `diagnostics`.
pub(super) fn compile_all(
    loaded: &Loaded<'_>,
    environments: &[String],
    request: Request<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Compiled> {
    let mut all = parallel::map(environments, |name| loaded.compile(name, request));
    for compiled in &mut all {
        diagnostics.append(std::mem::take(&mut compiled.diagnostics));
    }
    // A stack that is broken may be the one with the job.
    if !diagnostics.has_errors() {
        check_on_demand(&all, request, diagnostics);
    }
    all
}

/// The files of an environment, and what they stand for.
pub(super) fn file_sets(
    compiled: &Compiled,
    request: Request<'_>,
    sources: &Sources,
) -> (Vec<FileSet>, Scope) {
    let sets = parallel::map(&compiled.folders, |folder| {
        let files = folder.files.iter().map(|(name, object)| (name.as_str(), object));
        file_set(&folder.name, files, sources)
    });
    let scope = if request.stacks.is_empty() { Scope::Environment } else { Scope::Stacks };
    (sets, scope)
}

/// Who makes the files of an environment.
pub(super) fn maker(compiled: &Compiled) -> Maker {
    Maker {
        generator: env!("CARGO_PKG_VERSION").to_owned(),
        schema: compiled.kubernetes.to_string(),
    }
}

/// How messages show a path: below the project's root where it lies there.
pub(super) fn shown(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.display().to_string().replace('\\', "/")
}
