//! Files beside a stack, read into ConfigMaps.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use indexmap::IndexMap;

use super::Context;
use super::log::Log;
use super::names;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::fs::{EntryKind, walk};
use crate::k8s::{NameForm, fit};
use crate::plan::{Config, Map, Val};
use crate::source::{Origin, Rule, Span};

/// The greatest size of the data of a ConfigMap (`MaxSecretSize` in the server's validation).
const LARGEST: usize = 1 << 20;

/// How the names of hidden files begin that no program in a pod wants: git's own, and what macOS
/// leaves in each folder that somebody looked at.
const NEVER_MOUNTED: [&str; 2] = [".git", ".DS_Store"];

/// The files of a stack's folder.
pub(super) struct Files<'a> {
    context: Context<'a>,
    folder: &'a str,
    log: &'a Log,
    /// What was read, by its path; `None` after a mistake, which is reported once.
    read: RefCell<BTreeMap<String, Option<Rc<Content>>>>,
    /// The ConfigMaps of what was mounted, by its path.
    configs: RefCell<IndexMap<String, Config>>,
}

/// The data of a ConfigMap: its texts, and what is not text.
pub(super) type Data = (Map, Vec<(String, Val<Vec<u8>>)>);

/// A file, or the files of a folder.
struct Content {
    /// The bytes by the file's path in the folder.
    files: BTreeMap<String, Vec<u8>>,
    /// Whether a file was named, not a folder.
    single: bool,
}

/// What a mounted file or folder became.
pub(super) struct Mounted {
    /// The name of the ConfigMap.
    pub config: Val<String>,
    /// The file's name, where it is one.
    pub file: Option<String>,
    /// The keys of the ConfigMap and the paths of their files; none where these are the same.
    pub items: Vec<(Val<String>, Val<String>)>,
}

impl Content {
    /// The first folder in the folder.
    fn inner_folder(&self) -> Option<&str> {
        self.files.keys().find_map(|path| Some(path.split_once('/')?.0))
    }

    /// The key of each file in a ConfigMap, by the file's path. A key has no slashes, so those of
    /// a path become dots; where that is the key of another file, a number is appended.
    fn keys(&self) -> BTreeMap<&str, String> {
        let (deep, flat): (Vec<&str>, Vec<&str>) =
            self.files.keys().map(String::as_str).partition(|path| path.contains('/'));
        let mut taken: BTreeSet<String> = flat.iter().map(|path| (*path).to_owned()).collect();
        let mut keys: BTreeMap<&str, String> =
            flat.into_iter().map(|path| (path, path.to_owned())).collect();
        for path in deep {
            let plain = path.replace('/', ".");
            let numbered = (2..).map(|number| format!("{plain}-{number}"));
            let free = [plain.clone()].into_iter().chain(numbered).find(|key| !taken.contains(key));
            let key = free.unwrap_or(plain);
            taken.insert(key.clone());
            keys.insert(path, key);
        }
        keys
    }
}

impl<'a> Files<'a> {
    /// The files of the folder `folder` below the project's root.
    pub fn new(folder: &'a str, context: Context<'a>, log: &'a Log) -> Self {
        Self { context, folder, log, read: RefCell::default(), configs: RefCell::default() }
    }

    /// The ConfigMap that holds a file or folder, the same for all who mount it.
    pub fn mounted(&self, path: &Val<String>) -> Option<Mounted> {
        let span = path.at.span()?;
        let normal = self.normal(&path.v, span)?;
        let content = self.content(&normal, span)?;
        let at = Origin::Written(span).derive(Rule::FilesConfig);
        let file = content.single.then(|| content.files.keys().next().cloned()).flatten();
        let items = if content.inner_folder().is_some() {
            let keys = content.keys().into_iter();
            keys.map(|(path, key)| (Val::new(key, at), Val::new(path.to_owned(), at))).collect()
        } else {
            Vec::new()
        };
        if let Some(known) = self.configs.borrow().get(&normal) {
            return Some(Mounted { config: known.name.clone(), file, items });
        }
        let (data, binary_data) = self.data(&content, at);
        let component = slug(&normal);
        let mut configs = self.configs.borrow_mut();
        let name = format!("{component}-files");
        let twins = configs.keys().filter(|known| slug(known) == component).count();
        let name = if twins == 0 { name } else { format!("{name}-{}", twins + 1) };
        let name = Val::new(name, at);
        names::check(NameForm::DnsSubdomain, &name.v, at, "the name of a ConfigMap", self.log);
        configs.insert(
            normal,
            Config {
                component,
                name: name.clone(),
                data,
                binary_data,
                secret_data: BTreeMap::new(),
                templates: BTreeMap::new(),
                immutable: None,
                labels: Map::new(),
                annotations: Map::new(),
                at,
            },
        );
        Some(Mounted { config: name, file, items })
    }

    /// The name of the ConfigMap of a folder that has no others in it.
    pub fn flat(&self, path: &Val<String>) -> Option<Val<String>> {
        let span = path.at.span()?;
        let normal = self.normal(&path.v, span)?;
        self.without_folders(&*self.content(&normal, span)?, &normal, span)?;
        Some(self.mounted(path)?.config)
    }

    /// The contents of a file or folder for a ConfigMap of the stack's own.
    pub fn read(&self, path: &Val<String>) -> Option<Data> {
        let span = path.at.span()?;
        let normal = self.normal(&path.v, span)?;
        let content = self.content(&normal, span)?;
        self.without_folders(&content, &normal, span)?;
        Some(self.data(&content, Origin::Written(span).derive(Rule::FilesConfig)))
    }

    /// The ConfigMaps of what was mounted.
    pub fn into_configs(self) -> Vec<Config> {
        self.configs.into_inner().into_values().collect()
    }

    fn data(&self, content: &Content, at: Origin) -> Data {
        let (mut data, mut binary) = (Map::new(), Vec::new());
        for (path, key) in content.keys() {
            names::check(
                NameForm::ConfigKey,
                &key,
                at,
                "the name of a file in a ConfigMap",
                self.log,
            );
            match String::from_utf8(content.files[path].clone()) {
                Ok(text) => {
                    data.insert(key, Val::new(text, at));
                }
                Err(error) => binary.push((key, Val::new(error.into_bytes(), at))),
            }
        }
        (data, binary)
    }

    /// Reports a folder in a folder whose files become keys under their own names.
    fn without_folders(&self, content: &Content, path: &str, span: Span) -> Option<()> {
        let Some(inner) = content.inner_folder() else { return Some(()) };
        self.fail(
            Diagnostic::error(
                Code::NestedFiles,
                span,
                format!("`{path}/{inner}` is a folder, and there can be only files here"),
            )
            .help(format!("move its files into `{path}/` itself")),
        )
    }

    fn fail<T>(&self, diagnostic: Diagnostic) -> Option<T> {
        self.log.push(diagnostic);
        None
    }

    /// The path without what means nothing in it; reports one that leads out of the folder.
    fn normal(&self, path: &str, span: Span) -> Option<String> {
        let parts: Vec<&str> =
            path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if path.starts_with('/') || path.contains(['\\', '\0']) || parts.contains(&"..") {
            return self.outside(path, span);
        }
        if parts.is_empty() {
            return self.fail(
                Diagnostic::error(Code::MissingFile, span, "this names no file")
                    .help("name a file or folder beside the stack, such as `migrations/`"),
            );
        }
        Some(parts.join("/"))
    }

    fn outside<T>(&self, path: &str, span: Span) -> Option<T> {
        self.fail(
            Diagnostic::error(
                Code::LeadsOut,
                span,
                format!("`{path}` leads out of the folder of the stack"),
            )
            .help(format!("put the file below `{}/` and name it from there", self.folder)),
        )
    }

    fn content(&self, path: &str, span: Span) -> Option<Rc<Content>> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let content = self.load(path, span).map(Rc::new);
        self.read.borrow_mut().insert(path.to_owned(), content.clone());
        content
    }

    fn load(&self, path: &str, span: Span) -> Option<Content> {
        let Context { fs, root, .. } = self.context;
        let whole = root.join(self.folder).join(path);
        let found = match fs.canonical(&whole) {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return self.fail(self.not_there(path, span)),
            Err(error) => return self.unreadable(&error, span),
        };
        let single = match fs.kind(&found) {
            Ok(Some(EntryKind::Folder)) => false,
            Ok(_) => true,
            Err(error) => return self.unreadable(&error, span),
        };
        let names = if single {
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            vec![(name, found)]
        } else {
            let names = match walk(fs, &whole) {
                Ok(names) => self.without_hidden(path, names, span),
                Err(error) => return self.unreadable(&error, span),
            };
            names.into_iter().map(|name| (name.clone(), whole.join(name))).collect()
        };
        let mut files = BTreeMap::new();
        for (name, file) in names {
            match fs.read(&file) {
                Ok(bytes) => files.insert(name, bytes),
                Err(error) => return self.unreadable(&error, span),
            };
        }
        self.check_size(path, &files, span)?;
        Some(Content { files, single })
    }

    /// The files of a folder but the hidden ones, such as an editor or a desktop leaves behind.
    /// A warning names those that a program may want; what git keeps there, none does.
    fn without_hidden(&self, folder: &str, names: Vec<String>, span: Span) -> Vec<String> {
        let is_hidden = |part: &str| part.starts_with('.');
        let (hidden, names): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| name.split('/').any(is_hidden));
        let is_wanted =
            |part: &str| is_hidden(part) && !NEVER_MOUNTED.iter().any(|n| part.starts_with(n));
        let wanted: Vec<String> =
            hidden.into_iter().filter(|name| name.split('/').any(is_wanted)).collect();
        if !wanted.is_empty() {
            let all = wanted.join("`, `");
            let message = format!("hidden files of `{folder}` are left out: `{all}`");
            let help = format!("delete it, or name it itself: `{folder}/{}`", wanted[0]);
            self.log.push(Diagnostic::warning(Code::HiddenFile, span, message).help(help));
        }
        names
    }

    fn check_size(&self, path: &str, files: &BTreeMap<String, Vec<u8>>, span: Span) -> Option<()> {
        if files.is_empty() {
            return self.fail(
                Diagnostic::error(Code::MissingFile, span, format!("the folder `{path}` is empty"))
                    .help("put the files there, or leave the line out"),
            );
        }
        let size: usize = files.values().map(Vec::len).sum();
        if size <= LARGEST {
            return Some(());
        }
        let several = files.iter().filter(|_| files.len() > 1);
        let largest = several.max_by_key(|(_, bytes)| bytes.len());
        let largest =
            largest.map(|(name, bytes)| format!("; the largest is `{name}` with {}", bytes.len()));
        self.fail(
            Diagnostic::error(
                Code::FilesTooLarge,
                span,
                format!(
                    "`{path}` holds {size} bytes, and a ConfigMap at most {LARGEST}{}",
                    largest.unwrap_or_default()
                ),
            )
            .help("put large files into the image, or into a volume"),
        )
    }

    fn unreadable<T>(&self, error: &crate::fs::Error, span: Span) -> Option<T> {
        let (code, help) = match error.leads_out() {
            Some(_) => (Code::LeadsOut, "put the file itself there instead of a link"),
            None => (Code::MissingFile, "make it readable, or name another one"),
        };
        let path = below(&error.path, self.context.root);
        let message = format!("cannot read `{path}`: {}", error.cause);
        self.fail(Diagnostic::error(code, span, message).help(help))
    }

    /// Something that is not there, with what is.
    fn not_there(&self, path: &str, span: Span) -> Diagnostic {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let shown = if folder.is_empty() {
            self.folder.to_owned()
        } else {
            format!("{}/{folder}", self.folder)
        };
        let error = |message| Diagnostic::error(Code::MissingFile, span, message);
        let diagnostic = error(format!("there is no `{name}` in `{shown}`"));
        let Ok(entries) = self.context.fs.list(&self.context.root.join(&shown)) else {
            return diagnostic.help(format!("there is no folder `{shown}` either"));
        };
        if entries.iter().any(|entry| entry.name == *name) {
            return error(format!("`{shown}/{name}` is a link that leads to nothing"))
                .help("let it lead to a file of the project, or put the file itself there");
        }
        let known: Vec<String> = entries
            .iter()
            .filter_map(|entry| {
                let name = entry.name.to_str()?;
                Some(if entry.kind == EntryKind::Folder {
                    format!("{name}/")
                } else {
                    name.to_owned()
                })
            })
            .collect();
        match nearest(name, known.iter().map(|known| known.trim_end_matches('/'))) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("there is `{}`", known.join("`, `"))),
        }
    }
}

fn below(path: &Path, root: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root).unwrap_or(path).to_path_buf();
    path.display().to_string()
}

/// A path as a part of a name.
fn slug(path: &str) -> String {
    let mut slug = String::with_capacity(path.len());
    for character in path.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // It is the value of a label too.
    fit(slug.trim_end_matches('-').to_owned(), 63)
}
