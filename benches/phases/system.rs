//! What is compiled: the real systems of this repository, and a generated one.

use std::fs;
use std::path::Path;

use gen_compiler::compile::{Compiled, Loaded, Request};
use gen_compiler::diagnostic::{Diagnostics, Report, short};
use gen_compiler::fs::testing::MemoryFs;
use gen_compiler::source::Sources;

use crate::generated;

/// One stack in one environment, as a project in memory of its own.
pub struct System {
    /// The name of the stack.
    pub name: String,
    /// The environment.
    pub environment: &'static str,
    /// The project, at the root.
    pub fs: MemoryFs,
}

impl System {
    /// The real systems, each where it is largest, and the generated one.
    pub fn all() -> Vec<Self> {
        let real = [
            ("discbaboons", "prod"),
            ("hackystack", "intermediate"),
            ("learnflow", "aks"),
            ("wander", "prod"),
        ];
        let mut all: Vec<Self> =
            real.map(|(name, environment)| Self::real(name, environment)).into();
        all.push(Self {
            name: generated::STACK.to_owned(),
            environment: generated::ENVIRONMENT,
            fs: generated::project(),
        });
        all
    }

    fn real(name: &str, environment: &'static str) -> Self {
        let fs = MemoryFs::default();
        for folder in ["environments", "templates", &format!("stacks/{name}")] {
            copy(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(folder), &fs);
        }
        Self { name: name.to_owned(), environment, fs }
    }

    /// The texts of all files of the language.
    pub fn texts(&self) -> Vec<String> {
        let of_the_language = |path: &str| {
            let path = Path::new(path);
            path.extension().is_some_and(|extension| extension == "yaml")
                && (path.starts_with("environments") || path.starts_with("stacks"))
        };
        let files = self.fs.files().into_iter().filter(|(path, _)| of_the_language(path));
        files.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// Loads the project.
    pub fn load(&self) -> Loaded<'_> {
        Loaded::new(&self.fs, "")
    }

    /// Compiles the stack.
    pub fn compile(&self, loaded: &Loaded<'_>) -> Compiled {
        let request = Request { stacks: std::slice::from_ref(&self.name), with: &[] };
        loaded.compile(self.environment, request)
    }

    /// Makes sure that what is measured is the way of a sound stack.
    pub fn assert_sound(&self, diagnostics: &Diagnostics, sources: &Sources) {
        let found = short(&Report::new(diagnostics, sources));
        assert!(!diagnostics.has_errors(), "{} in {}:\n{found}", self.name, self.environment);
    }
}

fn copy(root: &Path, path: &Path, to: &MemoryFs) {
    let shown = |error| panic!("{}: {error}", path.display());
    if root.join(path).is_file() {
        to.put(path, fs::read(root.join(path)).unwrap_or_else(shown));
        return;
    }
    for entry in fs::read_dir(root.join(path)).into_iter().flatten().flatten() {
        copy(root, &path.join(entry.file_name()), to);
    }
}
