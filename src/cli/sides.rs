//! What `gen diff` compares: sides by their names.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

use super::project::maker;
use crate::compile::Compiled;
use crate::diagnostic::Diagnostics;
use crate::diff::{Provenance, Side};
use crate::emit::{FileSet, Index, Output};
use crate::fs::{Disk, files_of_revision};
use crate::manifests::{self, Input};

/// The name of a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SideName {
    /// What lies in the output folder of an environment.
    Out(String),
    /// A fresh render of an environment.
    Render(String),
    /// The output folder as a revision has it.
    Git(String),
    /// A file, or a folder with all below it.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

impl FromStr for SideName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once(':') {
            Some(("out", environment)) => Self::Out(environment.to_owned()),
            Some(("render", environment)) => Self::Render(environment.to_owned()),
            Some(("git", revision)) => Self::Git(revision.to_owned()),
            _ if text == "-" => Self::Stdin,
            _ => Self::Path(text.into()),
        })
    }
}

impl SideName {
    /// The environment that the side itself is of.
    pub(super) fn environment(&self) -> Option<&str> {
        match self {
            Self::Out(name) | Self::Render(name) => Some(name),
            Self::Git(_) | Self::Path(_) | Self::Stdin => None,
        }
    }
}

impl fmt::Display for SideName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Out(environment) => write!(f, "out:{environment}"),
            Self::Render(environment) => write!(f, "render:{environment}"),
            Self::Git(revision) => write!(f, "git:{revision}"),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("-"),
        }
    }
}

/// The files of a side, held for as long as it is looked at.
pub(super) enum Files<'c> {
    /// A folder that gen wrote, by the names of its folders.
    Written(BTreeMap<String, Folder>),
    /// A fresh render.
    Rendered(&'c Compiled, Vec<FileSet>),
    /// Files from anywhere.
    Foreign(Vec<(String, Vec<u8>)>),
}

/// A folder of the output.
#[derive(Default)]
pub(super) struct Folder {
    index: Option<Index>,
    files: Vec<(String, Vec<u8>)>,
}

impl Files<'_> {
    /// Reads a side of the project at `root`, which renders into `output`; `environment` is the one
    /// that a revision is asked for, and `render` gives the fresh render of one.
    ///
    /// # Errors
    ///
    /// When there is no such output, render, revision, file or standard input.
    pub(super) fn read(
        name: &SideName,
        environment: Option<&str>,
        root: &Path,
        output: &Output<'_>,
        render: impl Fn(&str) -> anyhow::Result<Self>,
        diagnostics: &mut Diagnostics,
    ) -> anyhow::Result<Self> {
        match name {
            SideName::Out(environment) => out(output, environment, diagnostics),
            SideName::Render(environment) => render(environment),
            SideName::Git(revision) => git(root, revision, environment),
            SideName::Path(path) => {
                let input = Input::Path(path.clone());
                Ok(Self::Foreign(manifests::read_files(&Disk, input, diagnostics)))
            }
            SideName::Stdin => {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
                Ok(Self::Foreign(vec![("<stdin>".to_owned(), bytes)]))
            }
        }
    }

    /// The names of the folders of a render.
    pub(super) fn folders(&self) -> Vec<&str> {
        match self {
            Self::Rendered(_, sets) => sets.iter().map(|set| set.folder.as_str()).collect(),
            Self::Written(_) | Self::Foreign(_) => Vec::new(),
        }
    }

    /// Keeps only these folders of a folder that gen wrote.
    pub(super) fn retain(&mut self, folders: &[String]) {
        if let Self::Written(all) = self {
            all.retain(|name, _| folders.contains(name));
        }
    }

    /// The side, to be compared. Who changed a file is known only from its predecessor, so where
    /// the other side is of another environment, `with_provenance` is false.
    pub(super) fn side(&self, with_provenance: bool) -> Side<'_> {
        let mut side = Side::default();
        match self {
            Self::Written(folders) => {
                for (name, folder) in folders {
                    for (file, bytes) in &folder.files {
                        let index = folder.index.as_ref().filter(|_| with_provenance);
                        side.file_of(index, name, file, bytes);
                    }
                }
            }
            Self::Rendered(compiled, sets) => {
                let maker = maker(compiled);
                for (set, folder) in sets.iter().zip(&compiled.folders) {
                    for (name, object) in &folder.files {
                        let Some(file) = set.files.get(name) else { continue };
                        let path = format!("{}/{name}", set.folder);
                        let provenance = Provenance {
                            is_edited: false,
                            input: file.input,
                            maker: maker.clone(),
                        };
                        let provenance = with_provenance.then_some(provenance);
                        side.rendered(&path, &file.bytes, object, provenance);
                    }
                }
            }
            Self::Foreign(files) => {
                for (path, bytes) in files {
                    side.file(path, bytes, None);
                }
            }
        }
        side
    }

    /// The file of a path, where it came from anywhere.
    pub(super) fn foreign(&self, path: &str) -> Option<&[u8]> {
        match self {
            Self::Foreign(files) => {
                files.iter().find(|(own, _)| own == path).map(|(_, bytes)| bytes.as_slice())
            }
            Self::Written(_) | Self::Rendered(..) => None,
        }
    }
}

fn is_wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == Index::NAME || manifests::is_manifest(name)
}

/// Sorts the files of an environment's output into its folders.
fn written<'c>(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    shown: &str,
) -> anyhow::Result<Files<'c>> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for (path, bytes) in files {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let into = folders.entry(folder.to_owned()).or_default();
        if name == Index::NAME {
            let index = Index::parse(&bytes);
            into.index = Some(index.with_context(|| format!("cannot read {shown}/{path}"))?);
        } else {
            into.files.push((name.to_owned(), bytes));
        }
    }
    Ok(Files::Written(folders))
}

fn out<'c>(
    output: &Output<'_>,
    environment: &str,
    diagnostics: &mut Diagnostics,
) -> anyhow::Result<Files<'c>> {
    if let Some(obstacle) = output.obstacle()? {
        diagnostics.push(obstacle);
        return Ok(Files::Foreign(Vec::new()));
    }
    match output.files(environment, is_wanted)? {
        Some(files) => written(files, &format!("out/{environment}")),
        None => {
            bail!("there is no out/{environment}: `gen render {environment}` writes it")
        }
    }
}

fn git<'c>(root: &Path, revision: &str, environment: Option<&str>) -> anyhow::Result<Files<'c>> {
    let folder = match environment {
        Some(environment) => format!("out/{environment}"),
        None => "out".to_owned(),
    };
    let files = files_of_revision(root, revision, &folder, is_wanted)?;
    if files.is_empty() {
        bail!("the revision `{revision}` has nothing in {folder}");
    }
    written(files, &format!("git:{revision}:{folder}"))
}
