//! What validation finds, before it is shown.

use std::fmt::Write as _;

use crate::diagnostic::{Code, Diagnostic, Place, Severity, brief, shortened};
use crate::source::{NodeRef, Origin, Span, Step};

/// One thing that is wrong with an object.
///
/// What makes one is `#[cold]`: most objects are sound, and the compiler then keeps the code that
/// describes mistakes apart from the checks, which run for every object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The object, such as `Deployment shop/web`.
    pub object: String,
    /// The path in the object, such as `spec.template.spec.containers[0].image`;
    /// empty for the object as a whole. For a field that is missing, the path that it would have.
    pub path: String,
    /// The path by which the API server names it, where that is another: of a label it names the
    /// whole map, of two fields that exclude each other the one that holds both.
    pub server_path: Option<String>,
    /// Where the value came from.
    pub at: Origin,
    /// The line to show: that of the value, or else that of the object.
    pub span: Option<Span>,
    /// What is wrong, without the object and the path.
    pub message: String,
    /// What to write instead.
    pub help: Vec<String>,
    /// Other places that belong to it.
    pub also: Vec<(Span, String)>,
    /// A text that mends it in the place of the value.
    pub replacement: Option<String>,
}

impl Finding {
    /// Something wrong with the value `node` of the object `root`.
    #[must_use]
    #[cold]
    pub fn error(code: Code, root: NodeRef<'_>, node: NodeRef<'_>, message: String) -> Self {
        Self::placed(code, root, node, node.at(), message)
    }

    /// Something wrong with the key of the value `node` of the object `root`.
    #[must_use]
    #[cold]
    pub fn error_at_key(code: Code, root: NodeRef<'_>, node: NodeRef<'_>, message: String) -> Self {
        Self::placed(code, root, node, node.key_at(), message)
    }

    /// A field `name` that the map `holder` of the object `root` lacks.
    #[must_use]
    #[cold]
    pub fn missing(root: NodeRef<'_>, holder: NodeRef<'_>, name: &str) -> Self {
        let message = format!("there is no `{name}`");
        let code = Code::MissingObjectField;
        let mut finding = Self::placed(code, root, holder, holder.key_at(), message);
        push_key(&mut finding.path, name);
        finding
    }

    fn placed(
        code: Code,
        root: NodeRef<'_>,
        node: NodeRef<'_>,
        at: Origin,
        message: String,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            object: object_name(root),
            path: path_text(root, node),
            server_path: None,
            at,
            span: at.span().or_else(|| root.at().span()),
            message: shortened(message),
            help: Vec::new(),
            also: Vec::new(),
            replacement: None,
        }
    }

    /// Makes it a warning.
    #[must_use]
    #[cold]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Says what to write.
    #[must_use]
    #[cold]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.reserve_exact(1);
        self.help.push(shortened(text));
        self
    }

    /// Adds another place, where an input caused it.
    #[must_use]
    #[cold]
    pub fn also(mut self, at: Origin, text: impl Into<String>) -> Self {
        self.also.extend(at.span().map(|span| (span, shortened(text))));
        self
    }

    /// Offers a text in the place of the value, where an input wrote the value itself.
    #[must_use]
    #[cold]
    pub fn replace(mut self, text: impl Into<String>) -> Self {
        self.replacement = matches!(self.at, Origin::Written(_)).then(|| text.into());
        self
    }

    /// States the path by which the API server names it: that of `node`, and what follows it.
    #[must_use]
    #[cold]
    pub fn as_server(mut self, root: NodeRef<'_>, node: NodeRef<'_>, rest: &str) -> Self {
        self.name_for_server(root, node, rest);
        self
    }

    /// States the path by which the API server names it: that of `node`, and what follows it.
    #[cold]
    pub fn name_for_server(&mut self, root: NodeRef<'_>, node: NodeRef<'_>, rest: &str) {
        let above = path_text(root, node);
        let rest = if above.is_empty() { rest.trim_start_matches('.') } else { rest };
        self.server_path = Some(above + rest);
    }

    /// The path by which the API server names it.
    #[must_use]
    pub fn server_path(&self) -> &str {
        self.server_path.as_deref().unwrap_or(&self.path)
    }

    /// The diagnostic that shows it at the line that caused it.
    #[must_use]
    pub fn into_diagnostic(self) -> Diagnostic {
        let place = self.span.map_or(Place::Nowhere, Place::Span);
        let message = match self.path.as_str() {
            "" => [&self.message, ": ", &self.object].concat(),
            path => [&self.message, ": ", path, " of ", &self.object].concat(),
        };
        let mut diagnostic = Diagnostic::new(self.code, self.severity, place, message);
        for text in self.help {
            diagnostic = diagnostic.help(text);
        }
        for (span, text) in self.also {
            diagnostic = diagnostic.also(span, text);
        }
        if let (Some(span), Some(text)) = (self.span, self.replacement) {
            diagnostic = diagnostic.suggest(span, text);
        }
        diagnostic
    }
}

/// How an object is called in messages: kind, namespace and name as far as it has them.
#[must_use]
pub fn object_name<'t>(root: NodeRef<'t>) -> String {
    let metadata = root.get("metadata");
    let kind = root.get("kind").and_then(NodeRef::as_str).unwrap_or("object");
    let namespace = metadata.and_then(|metadata| metadata.get("namespace"));
    let name = metadata.and_then(|metadata| metadata.get("name"));
    let text = |node: Option<NodeRef<'t>>| node.and_then(NodeRef::as_str).map(brief);
    match (brief(kind), text(namespace), text(name)) {
        (kind, Some(namespace), Some(name)) => [&kind, " ", &*namespace, "/", &*name].concat(),
        (kind, None, Some(name)) => [&kind, " ", &*name].concat(),
        (kind, ..) => kind.into_owned(),
    }
}

/// How long most paths are at most, in bytes.
const USUAL_PATH: usize = 64;

fn path_text(root: NodeRef<'_>, node: NodeRef<'_>) -> String {
    let mut text = String::with_capacity(USUAL_PATH);
    for step in root.path_to(node).unwrap_or_default() {
        match step {
            Step::Index(index) => {
                // A string takes whatever is written to it.
                let _ = write!(text, "[{index}]");
            }
            Step::Key(key) => push_key(&mut text, &brief(key)),
        }
    }
    let mut path = shortened(text);
    path.shrink_to_fit();
    path
}

fn push_key(path: &mut String, key: &str) {
    if key.bytes().any(|byte| matches!(byte, b'.' | b'/' | b' ' | b'[')) {
        // A string takes whatever is written to it.
        let _ = write!(path, "[{key:?}]");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Kind, Rule, Sources, Tree, TreeBuilder};

    /// `{ kind: Pod, "a.b": [VALUE] }`, of which an input wrote the value alone.
    fn tree(value: Span) -> Tree {
        let derived = Origin::Derived { rule: Rule::ObjectIdentity, from: None };
        let mut out = TreeBuilder::default();
        out.map(Origin::Derived { rule: Rule::ObjectIdentity, from: Some(value.start_point()) });
        out.key("kind", derived);
        out.scalar(Kind::Str, "Pod", derived);
        out.key("a.b", derived);
        out.list(derived);
        out.scalar(Kind::Str, "1", Origin::Written(value));
        out.close();
        out.close();
        out.finish()
    }

    #[test]
    fn a_finding_points_at_the_line_that_caused_the_value() {
        let sources = Sources::default();
        let file = sources.add("stack.yaml", "a: 1\n");
        let span = Span { file, start: 3, end: 4 };
        let tree = tree(span);
        let root = tree.root();
        let Some(list) = root.get("a.b") else { return };
        let Some(value) = list.items().next() else { return };

        let written = Finding::error(Code::ValueNotAllowed, root, value, "bad".to_owned());
        let shown = written.replace("2").help("write 2").into_diagnostic();
        let wanted = Diagnostic::error(Code::ValueNotAllowed, span, "bad: [\"a.b\"][0] of Pod");
        assert_eq!(shown, wanted.help("write 2").suggest(span, "2"));

        // What no input caused is shown at what caused the object, and nothing is replaced.
        let derived = Finding::error(Code::ValueNotAllowed, root, list, "bad".to_owned());
        let shown = derived.replace("2").warning().into_diagnostic();
        let at = span.start_point();
        let wanted = Diagnostic::warning(Code::ValueNotAllowed, at, "bad: [\"a.b\"] of Pod");
        assert_eq!(shown, wanted);
    }
}
