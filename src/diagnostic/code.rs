//! The registry of diagnostics: a stable code, a title and a page for each.

/// Declares [`Code`]; the doc comment is the page that `gen explain CODE` prints.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $title:literal;)+) => {
        /// A kind of mistake. Its code is stable and never reused; the letter names the phase
        /// that finds it: `L` load, `R` resolve, `W` write, `V` validate, `D` diff.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, such as `L001`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// What it is about, a lower-case phrase.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// The long text: when it appears, why it is wrong, what to write. Markdown.
            #[must_use]
            pub fn explanation(self) -> String {
                let doc = match self { $(Self::$name => [$($doc),+].as_slice()),+ };
                // A doc comment's lines start with the space that follows its slashes.
                doc.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).fold(
                    String::new(),
                    |page, line| page + line + "\n",
                )
            }
        }
    };
}

codes! {
    /// The file is not YAML: the parser met something that no document can hold at that place.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: nginx:1.29
    /// ```
    ///
    /// Close what is open, indent with spaces, and quote text that starts with a character
    /// that means something in YAML.
    Syntax = "L001", "not YAML";
    /// A field that the language does not have at that place.
    ///
    /// ```yaml
    /// services:
    ///   web: { imagee: nginx:1.29 }
    /// ```
    ///
    /// Fields are checked everywhere, so that a slip of the pen is never silently ignored.
    UnknownField = "L010", "unknown field";
    /// A value of another kind than the field takes, or none of the words that it may be.
    ///
    /// ```yaml
    /// services:
    ///   web: { replicas: many, env: { PORT: 3000 } }
    /// ```
    ///
    /// Numbers and booleans are not turned into strings: write `"3000"` where a string
    /// belongs, so that the file says what the cluster will see.
    WrongType = "L011", "value of the wrong type";
    /// A list of names that holds one of them twice.
    ///
    /// ```yaml
    /// needs: [database, database]
    /// ```
    ///
    /// Delete one of the two.
    NamedTwice = "L012", "named twice";
    /// An expression that does not follow the grammar.
    ///
    /// ```yaml
    /// env:
    ///   URL: ${{ database.url + "/x" }}
    /// ```
    ///
    /// An expression is a path and perhaps filters: `${{ database.url | urlencode }}`. It has
    /// no operators; text around it needs none: `${{ database.url }}/x`.
    Expression = "L013", "malformed expression";
    /// An overlay, or an environment's `overrides`, changes something that does not exist.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// services:
    ///   wbe: { replicas: 3 }
    /// ```
    ///
    /// Names that people invent must exist where they are changed, so that a misspelt
    /// override cannot be lost. What is new stands under `add:`, in the same shape.
    NothingToOverride = "R001", "override of what does not exist";
    /// Something under `add:` exists already.
    ///
    /// ```yaml
    /// add:
    ///   services:
    ///     web: { image: nginx:1.29 }
    /// ```
    ///
    /// `add:` is for what is new. To change what exists, write it outside of `add:`.
    ExistsAlready = "R002", "added though it exists";
    /// Something under `remove:` does not exist.
    ///
    /// ```yaml
    /// remove:
    ///   services: { web: { env: [DEBGU] } }
    /// ```
    ///
    /// Mend the name, or delete the line if somebody removed the thing already.
    NothingToRemove = "R003", "removal of what does not exist";
    /// `add:` or `remove:` in a file that declares things rather than changing them.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// add:
    ///   services: {}
    /// ```
    ///
    /// A stack says what it is; only overlays and an environment's `overrides` add and remove.
    OnlyInOverlays = "R004", "`add:` or `remove:` outside of an overlay";
    /// gen was started outside a project, or `--root` names a folder that is none.
    ///
    /// A project is a folder that holds both `stacks/` and `environments/`. gen works on the
    /// nearest one: the folder that it is started in, or the first above it that holds both.
    ///
    /// ```text
    /// shop/
    ///   environments/prod.yaml
    ///   stacks/web/stack.yaml
    /// ```
    ///
    /// Change into the project, name it with `--root`, or make the folder that is missing.
    NoProject = "L090", "no project here";
    /// An object of a kind that the environment's version of Kubernetes does not have and
    /// whose type gen does not know.
    ///
    /// ```yaml
    /// apiVersion: extensions/v1beta1
    /// kind: Ingress
    /// ```
    ///
    /// An unchecked object is never passed in silence. Write the `apiVersion` that the kind
    /// has today. Where the cluster has the kind from elsewhere, name it in the environment:
    /// `existing: { kinds: [example.com/v1/Widget] }`.
    NoSchema = "V001", "kind without a schema";
    /// An object has a field that its kind does not have, or not in the environment's version
    /// of Kubernetes.
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     extra: { pod: { hostNetwrok: true } }
    /// ```
    ///
    /// The API server drops or refuses such fields. Mend the name; a field that came later
    /// needs a newer cluster.
    UnknownObjectField = "V002", "field that Kubernetes does not have";
    /// An object lacks a field without which the API server refuses it.
    ///
    /// ```yaml
    /// extra: { pod: { volumes: [{ emptyDir: {} }] } }
    /// ```
    ///
    /// Here the volume has no `name`. Add the field.
    MissingObjectField = "V003", "missing field of an object";
    /// A value of an object is of another type than its field.
    ///
    /// ```yaml
    /// extra: { pod: { terminationGracePeriodSeconds: "30" } }
    /// ```
    ///
    /// Write numbers and booleans without quotes and strings with them, as the field wants it.
    WrongObjectType = "V004", "value of the wrong type in an object";
    /// A value of an object is of the right type, but not one that the field may have: none
    /// of its words, out of its range, no quantity, no base64.
    ///
    /// ```yaml
    /// resources: { memory: 100MB }
    /// ```
    ///
    /// Quantities end in `k`, `M`, `G` or in `Ki`, `Mi`, `Gi`: write `100M`.
    ValueNotAllowed = "V005", "value that Kubernetes does not allow";
    /// Two items of a list stand for the same thing.
    ///
    /// ```yaml
    /// extra:
    ///   pod:
    ///     hostAliases:
    ///       - { ip: 10.0.0.1, hostnames: [a] }
    ///       - { ip: 10.0.0.1, hostnames: [b] }
    /// ```
    ///
    /// The API server tells the items of many lists apart by a key and keeps only one of
    /// them, or refuses the object. Merge the two.
    RepeatedItem = "V006", "item twice in a list";
}
