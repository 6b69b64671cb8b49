//! The project's templates: of objects, `templates/NAME.yaml`, and of text files,
//! `templates/NAME.j2`. The parameters are declared in `templates/NAME.parameters.yaml`.
//!
//! A template without that file takes no parameters. What comes out of the former is any number
//! of Kubernetes objects; none at all is sound, so that a template may depend on a parameter as a
//! whole. What comes out of the latter is the value of a key of a config, as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Environment, ErrorKind, Value};

use super::charge::{Excess, ExcessKind};
use super::engine::Failure;
use super::manifest::{self, PlainSecrets};
use super::marks::{self, Marked, Output};
use super::parameters::{CONTEXT, Parameters};
use super::{Facts, ForeignObject, engine};
use crate::conceal;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, counted, nearest};
use crate::fs::FileSystem as _;
use crate::load::{Project, unreadable};
use crate::plan::{TemplateUse, Val};
use crate::source::{
    Dialect, FileId, Kind, NodeRef, Origin, Source, Span, Tree, TreeBuilder, parse,
};
use crate::spec;

/// The largest template, in bytes.
const MAX_TEMPLATE: usize = 1 << 20;
/// How many undeclared names of one template are reported.
const MOST_UNDECLARED: usize = 20;
/// What the names of the files that declare parameters end in.
const DECLARATION: &str = ".parameters.yaml";

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Objects,
    Text,
}

impl Form {
    const ALL: [Self; 2] = [Self::Objects, Self::Text];

    fn file(self, name: &str) -> String {
        format!("{name}{}", self.extension())
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Objects => ".yaml",
            Self::Text => ".j2",
        }
    }

    /// The name of the template that a file is, if it is one of this form.
    fn name(self, file: &str) -> Option<&str> {
        if file.ends_with(DECLARATION) { None } else { file.strip_suffix(self.extension()) }
    }
}

/// Every template of a project, read and compiled once.
pub struct Templates {
    engine: Environment<'static>,
    all: BTreeMap<(Form, String), Template>,
    /// What is wrong with the folder itself.
    folder: Diagnostics,
}

/// One template.
struct Template {
    /// The template, where it could be compiled and looks up nothing but what there is.
    compiled: Option<(FileId, Marked)>,
    /// The parameters, where their declaration is sound.
    parameters: Option<Parameters>,
    /// What is wrong with its two files.
    diagnostics: Diagnostics,
}

impl Templates {
    /// Reads and compiles `templates/`. What is wrong with a template concerns those who use
    /// it; [`check`](Self::check) reports all of it.
    #[must_use]
    pub fn load(project: &Project<'_>) -> Self {
        let mut templates = Self {
            engine: engine::environment(),
            all: BTreeMap::new(),
            folder: Diagnostics::default(),
        };
        let entries = match project.fs.list(&project.root.join("templates")) {
            Ok(entries) => entries,
            Err(error) => {
                if !error.is_not_found() {
                    templates.folder.push(unreadable("templates", &error));
                }
                return templates;
            }
        };
        let names: Vec<&str> = entries.iter().filter_map(|entry| entry.name.to_str()).collect();
        for file in &names {
            if let Some(name) = file.strip_suffix(DECLARATION)
                && !Form::ALL.iter().any(|form| names.contains(&form.file(name).as_str()))
            {
                templates.without_template(name, &names);
            }
            for form in Form::ALL {
                if let Some(name) = form.name(file) {
                    let declared = names.contains(&format!("{name}{DECLARATION}").as_str());
                    templates.template(project, form, name, declared);
                }
            }
        }
        templates
    }

    /// Reports what is wrong with the templates, used or not.
    pub fn check(&self, diagnostics: &mut Diagnostics) {
        diagnostics.append(self.folder.clone());
        for template in self.all.values() {
            diagnostics.append(template.diagnostics.clone());
        }
    }

    /// The objects that a use of a template makes, each with its origins in the template.
    pub fn instantiate(
        &self,
        usage: &TemplateUse,
        facts: Facts<'_>,
        plain_secrets: &[Val<String>],
        project: &Project<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<ForeignObject> {
        let Some(made) = self.render(Form::Objects, usage, facts, project, diagnostics) else {
            return Vec::new();
        };
        let Made { file, source, output } = made;
        let output = Rendering { output, source: &source, file };
        let text = output.output.text.clone();
        let made = Arc::new(Source::new(file, source.path.clone(), text));
        let (trees, found) = parse(&made, Dialect::Kubectl);
        let mut wrong = Diagnostics::default();
        found.iter().for_each(|diagnostic| wrong.push(output.diagnostic(diagnostic)));
        let mut objects = Vec::new();
        for tree in trees {
            let tree = output.tree(tree.root());
            manifest::objects(&tree, &mut objects, &mut wrong);
        }
        manifest::refuse_secrets(&objects, PlainSecrets(plain_secrets), &mut wrong);
        let has_secrets = |object: &Tree| conceal::has_secrets(object.root());
        if !wrong.is_empty() || objects.iter().any(has_secrets) {
            keep(&made.text, file, usage, project);
        }
        for diagnostic in wrong.iter() {
            diagnostics.push(diagnostic.clone().also(usage.at, "the template is used here"));
        }
        let at = Origin::Written(usage.at);
        objects.into_iter().map(|tree| ForeignObject { tree, adopt: true, at }).collect()
    }

    /// The text that a use of a template makes. `None` after a mistake.
    pub fn text(
        &self,
        usage: &TemplateUse,
        facts: Facts<'_>,
        project: &Project<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let made = self.render(Form::Text, usage, facts, project, diagnostics)?;
        if conceal::shown(&made.output.text) != made.output.text {
            keep(&made.output.text, made.file, usage, project);
        }
        Some(made.output.text)
    }

    fn render(
        &self,
        form: Form,
        usage: &TemplateUse,
        facts: Facts<'_>,
        project: &Project<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Made<'_>> {
        diagnostics.append(self.folder.clone());
        let name = usage.template.v.as_str();
        let Some(template) = self.all.get(&(form, name.to_owned())) else {
            if self.folder.is_empty() {
                diagnostics.push(self.unknown(form, name, super::place(usage)));
            }
            return None;
        };
        diagnostics.append(template.diagnostics.clone());
        // What a use gives is checked although the template itself may be broken.
        let parameters = template.parameters.as_ref();
        let values = parameters.and_then(|parameters| parameters.values(usage, diagnostics))?;
        let (file, marked) = template.compiled.as_ref()?;
        let compiled = self.engine.get_template(&form.file(name)).ok()?;
        let context = Value::from_pairs(values.into_iter().chain(facts.values()));
        let source = project.sources.get(*file);
        match engine::render(&compiled, context) {
            Ok(rendered) => Some(Made { file: *file, source, output: marked.output(&rendered) }),
            Err(failure) => {
                diagnostics.push(failed(&failure, *file, &source, marked, usage.at));
                None
            }
        }
    }

    fn unknown(&self, form: Form, name: &str, at: Span) -> Diagnostic {
        let (what, other, place) = match form {
            Form::Objects => ("template", Form::Text, "under `templates` in a config"),
            Form::Text => ("template of a text", Form::Objects, "under the stack's `templates`"),
        };
        let diagnostic =
            Diagnostic::error(Code::UnknownTemplate, at, format!("there is no {what} `{name}`"));
        if self.all.contains_key(&(other, name.to_owned())) {
            let file = other.file(name);
            return diagnostic.help(format!("`templates/{file}` is used {place}"));
        }
        let known = self.all.keys().filter(|(known, _)| *known == form);
        match nearest(name, known.map(|(_, name)| name.as_str())) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(at, near),
            None => {
                diagnostic.help(format!("templates are files: `templates/{}`", form.file(name)))
            }
        }
    }

    fn without_template(&mut self, name: &str, files: &[&str]) {
        let names = |form: Form| files.iter().filter_map(move |file| form.name(file));
        let templates = names(Form::Objects).chain(names(Form::Text));
        let message = format!("parameters are declared for `{name}`, which is no template");
        let path = format!("templates/{name}{DECLARATION}");
        let diagnostic = Diagnostic::error_in(Code::BadTemplate, path, message);
        self.folder.push(match nearest(name, templates) {
            Some(near) => diagnostic.help(format!("did you mean `templates/{near}{DECLARATION}`?")),
            None => diagnostic.help(format!("write `templates/{name}.yaml`, or remove this file")),
        });
    }

    fn template(&mut self, project: &Project<'_>, form: Form, name: &str, declared: bool) {
        let mut diagnostics = Diagnostics::default();
        let parameters = if declared {
            let path = format!("templates/{name}{DECLARATION}");
            let parameters = declaration(project, &path, &mut diagnostics);
            (!diagnostics.has_errors()).then_some(parameters)
        } else {
            Some(Parameters::default())
        };
        let key = form.file(name);
        let file = project.read(&format!("templates/{key}"), &mut diagnostics);
        let compiled = file.and_then(|(file, _)| {
            let source = project.sources.get(file);
            let marked = self.compile(&key, file, &source, &mut diagnostics)?;
            let undeclared = parameters
                .as_ref()
                .map(|parameters| self.undeclared(form, name, file, &source, parameters));
            let sound = undeclared.as_ref().is_none_or(Vec::is_empty);
            diagnostics.extend(undeclared.into_iter().flatten());
            sound.then_some((file, marked))
        });
        self.all.insert((form, name.to_owned()), Template { compiled, parameters, diagnostics });
    }

    fn compile(
        &mut self,
        key: &str,
        file: FileId,
        source: &Source,
        diagnostics: &mut Diagnostics,
    ) -> Option<Marked> {
        let span = |start: usize, end: usize| span(file, start, end);
        if source.text.len() > MAX_TEMPLATE {
            let message = format!("the template has more than {MAX_TEMPLATE} bytes");
            diagnostics
                .push(Diagnostic::error(Code::BadTemplate, span(0, 0), message).help("split it"));
            return None;
        }
        if let Some(at) = source.text.find(marks::MARK) {
            let message = "the template holds the noncharacter U+FDD0";
            diagnostics.push(
                Diagnostic::error(Code::BadTemplate, span(at, at + 3), message)
                    .help("take it out: Unicode has no meaning for it"),
            );
            return None;
        }
        let marked = match marks::mark(&source.text) {
            Ok(marked) => marked,
            Err(excess) => {
                diagnostics.push(too_much(&excess, file));
                return None;
            }
        };
        match self.engine.add_template_owned(key.to_owned(), marked.text.clone()) {
            Ok(()) => Some(marked),
            Err(error) => {
                let range = error.range().map_or(0..0, |range| marked.in_template(range));
                diagnostics.push(
                    Diagnostic::error(
                        Code::BadTemplate,
                        span(range.start, range.end),
                        said(&error),
                    )
                    .help("templates are written in Jinja's language"),
                );
                None
            }
        }
    }

    /// The lookups of names that are neither parameters nor facts; a slip shows even where the
    /// template does not come by.
    fn undeclared(
        &self,
        form: Form,
        name: &str,
        file: FileId,
        source: &Source,
        parameters: &Parameters,
    ) -> Vec<Diagnostic> {
        let Ok(compiled) = self.engine.get_template(&form.file(name)) else { return Vec::new() };
        let known = |name: &str| {
            let (first, rest) = name.split_once('.').unwrap_or((name, ""));
            match fields_of(first) {
                Some(fields) => rest.is_empty() || fields.is_empty() || fields.contains(&rest),
                None => parameters.has(first),
            }
        };
        let lookups = engine::lookups(&source.text);
        let places = |wanted: &str| {
            let first = wanted.split('.').next().unwrap_or_default();
            let places = lookups.get(first).into_iter().flatten();
            let mut whole = places.filter_map(|at| engine::whole(&source.text, wanted, at));
            let first = whole.next()?;
            Some((span(file, first.start, first.end), whole.count()))
        };
        let mut found: Vec<(Span, usize, String)> = engine::undeclared(&compiled, known)
            .into_iter()
            .filter_map(|lookup| {
                let first = lookup.split('.').next().unwrap_or_default();
                let (at, more) = places(if fields_of(first).is_some() { &lookup } else { first })?;
                Some((at, more, lookup))
            })
            .collect();
        found.sort_by_key(|(at, ..)| at.start);
        let rest = found.get(MOST_UNDECLARED).map(|(at, ..)| more_undeclared(name, *at));
        let shown = found.iter().take(MOST_UNDECLARED);
        shown
            .map(|(at, more, lookup)| undeclared_name(name, lookup, *more, *at, parameters))
            .chain(rest)
            .collect()
    }
}

/// A place where a template is more than is read.
fn too_much(excess: &Excess, file: FileId) -> Diagnostic {
    let (message, help) = match excess.kind {
        ExcessKind::Expression => {
            ("the expression is too deep", "give parts of it names: `{% set part = ... %}`")
        }
        ExcessKind::Blocks => (
            "the template is too deep: too many blocks and `elif`s lie in each other",
            "close some before, or look the value up in a map instead of asking for each",
        ),
        ExcessKind::Name => ("the name is too long", "choose a shorter one"),
    };
    let at = span(file, excess.at.start, excess.at.end);
    Diagnostic::error(Code::BadTemplate, at, message).help(help)
}

/// The fields of a fact that every template sees; empty for one that has none.
fn fields_of(name: &str) -> Option<&'static [&'static str]> {
    CONTEXT.iter().find(|(fact, _)| *fact == name).map(|(_, fields)| *fields)
}

/// A lookup of a name that is neither a parameter nor a fact, at its first place and in some more.
fn undeclared_name(
    template: &str,
    lookup: &str,
    more: usize,
    at: Span,
    parameters: &Parameters,
) -> Diagnostic {
    let also = match more {
        0 => String::new(),
        more => format!(", here and in {}", counted(more, "more place")),
    };
    let (name, rest) = lookup.split_once('.').unwrap_or((lookup, ""));
    if let Some(fields) = fields_of(name) {
        let message = format!("`{name}` has no `{rest}`{also}");
        return Diagnostic::error(Code::UndeclaredName, at, message)
            .help(format!("it has `{}`", fields.join("`, `")));
    }
    let message = format!("`{name}` is no parameter of this template{also}");
    let diagnostic = Diagnostic::error(Code::UndeclaredName, at, message);
    let known = parameters.names().chain(CONTEXT.iter().map(|(fact, _)| *fact));
    match nearest(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(at, near),
        None => diagnostic.help(format!(
            "declare it in `templates/{template}{DECLARATION}`: `parameters: {{ {name}: string }}`"
        )),
    }
}

/// What stands for the undeclared names that are not shown.
fn more_undeclared(template: &str, at: Span) -> Diagnostic {
    let message = "more names that are no parameters of this template follow from here on";
    Diagnostic::error(Code::UndeclaredName, at, message)
        .help(format!("declare them in `templates/{template}{DECLARATION}`"))
}

impl Facts<'_> {
    fn values(self) -> impl Iterator<Item = (String, Value)> {
        let domain = self.domain.map(|domain| ("domain", Value::from(domain)));
        let environment = [("name", Value::from(self.environment))].into_iter().chain(domain);
        [
            ("stack".to_owned(), Value::from_pairs([("name", self.stack)])),
            ("namespace".to_owned(), Value::from(self.namespace)),
            ("env".to_owned(), Value::from_pairs(environment)),
        ]
        .into_iter()
    }
}

/// Reads the declaration of a template's parameters.
fn declaration(project: &Project<'_>, path: &str, diagnostics: &mut Diagnostics) -> Parameters {
    let file = project.file::<spec::TemplateParameters>(path, diagnostics);
    file.map(|file| Parameters::declared(*file.spec, diagnostics)).unwrap_or_default()
}

/// Why a template gave nothing, at its own line.
fn failed(
    failure: &Failure,
    file: FileId,
    source: &Source,
    marked: &Marked,
    used: Span,
) -> Diagnostic {
    let error = |range: std::ops::Range<usize>, message: String| {
        Diagnostic::error(Code::TemplateFailed, span(file, range.start, range.end), message)
            .also(used, "the template is used here")
    };
    let error_value = match failure {
        Failure::TooLarge => {
            return error(0..0, "the template's output is too large".to_owned())
                .help("look for a loop that repeats more than it should");
        }
        Failure::Stopped(error) => error,
    };
    let range = error_value.range().map_or(0..0, |range| marked.in_template(range));
    let repeats = "look for a loop that repeats more than it should";
    match error_value.kind() {
        ErrorKind::UndefinedError => {
            let text = source.text.get(range.clone()).unwrap_or_default();
            let help = if text.contains("env.domain") {
                "the environment states no `domain`".to_owned()
            } else {
                format!(
                    "give it a value where the template is used, or write `{{% if {text} is defined %}}`"
                )
            };
            error(range, format!("`{text}` has no value here")).help(help)
        }
        ErrorKind::OutOfFuel => match error_value.detail() {
            Some(detail) => error(range, format!("the template makes {detail}"))
                .help(format!("{repeats}, or for what is copied or wrapped again and again")),
            None => error(range, "the template does not come to an end".to_owned()).help(repeats),
        },
        _ => error(range, said(error_value)).help("mend the template, or what it is given"),
    }
}

/// What the engine says is wrong.
fn said(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// Keeps a text that holds secrets with what it was made of, so that neither the template nor what
/// the stack gives it shows them.
fn keep(text: &str, file: FileId, usage: &TemplateUse, project: &Project<'_>) {
    let template = span(file, 0, project.sources.get(file).text.len());
    let mut parts = vec![template, usage.at];
    for argument in usage.with.values() {
        argument.value.root().walk(&mut |_, node| {
            let is_scalar = !matches!(node.kind(), Kind::Map | Kind::List);
            parts.extend(node.at().span().filter(|_| is_scalar));
        });
    }
    project.sources.keep_made(text, parts);
}

/// What a use of a template came to.
struct Made<'t> {
    file: FileId,
    source: Arc<Source>,
    output: Output<'t>,
}

/// What a template rendered to, and the template.
struct Rendering<'r> {
    output: Output<'r>,
    source: &'r Source,
    file: FileId,
}

impl Rendering<'_> {
    fn span(&self, span: Span) -> Span {
        self.output.in_template(self.file, span.start as usize, span.end as usize)
    }

    fn origin(&self, origin: Origin) -> Origin {
        match origin {
            Origin::Written(span) => Origin::Written(self.span(span)),
            Origin::Derived { rule, from } => {
                Origin::Derived { rule, from: from.map(|span| self.span(span)) }
            }
        }
    }

    /// A document of the output, with its places in the template.
    fn tree(&self, root: NodeRef<'_>) -> Tree {
        let mut builder = TreeBuilder::default();
        self.node(root, &mut builder);
        builder.finish()
    }

    fn node(&self, node: NodeRef<'_>, builder: &mut TreeBuilder) {
        let at = self.origin(node.at());
        match node.kind() {
            Kind::Map => {
                builder.map(at);
                for entry in node.entries() {
                    builder.key(entry.key().unwrap_or_default(), self.origin(entry.key_at()));
                    self.node(entry, builder);
                }
                builder.close();
            }
            Kind::List => {
                builder.list(at);
                for item in node.items() {
                    self.node(item, builder);
                }
                builder.close();
            }
            kind => builder.styled_scalar(kind, node.style(), node.text(), at),
        }
    }

    /// A mistake in the output, shown in the template; where the two differ, with what the line
    /// rendered to.
    fn diagnostic(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let mut shown = diagnostic.clone();
        if let Place::Span(at) = diagnostic.place {
            let there = self.span(at);
            let line = self.source.line_range(self.source.line_at(there.start as usize));
            let written = self.source.text.get(line).unwrap_or_default();
            let rendered = self.output.line(at.start as usize);
            if written != rendered {
                let becomes = format!("rendered as `{}`", rendered.trim());
                shown.label = Some(match shown.label {
                    Some(label) => format!("{label}, {becomes}"),
                    None => becomes,
                });
            }
            shown.place = Place::Span(there);
        }
        for label in &mut shown.secondary {
            label.span = self.span(label.span);
        }
        // A replacement makes sense only where the template's text is what the output's is.
        shown.suggestion = shown.suggestion.filter(|suggestion| {
            self.output.is_copy(suggestion.span.start as usize, suggestion.span.end as usize)
        });
        if let Some(suggestion) = &mut shown.suggestion {
            suggestion.span = self.span(suggestion.span);
        }
        shown
    }
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { file, start: offset(start), end: offset(end) }
}
