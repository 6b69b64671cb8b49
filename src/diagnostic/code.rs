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
    /// The file holds bytes that are no UTF-8 text, often because an editor saved it as
    /// Latin-1 or UTF-16.
    ///
    /// YAML files of gen and of Kubernetes are UTF-8. Save the file with that encoding.
    NotUtf8 = "L002", "not UTF-8";
    /// The file starts with a byte order mark (U+FEFF), which some editors put before UTF-8.
    ///
    /// The mark is invisible, and tools that join files leave it in the middle of the text. Save
    /// the file as UTF-8 without it.
    ByteOrderMark = "L003", "byte order mark";
    /// A line of the file ends with a carriage return, as files on Windows do (CRLF).
    ///
    /// What gen renders must not depend on where the input was checked out, so lines end with
    /// LF alone. Let git take care of it with a line in `.gitattributes`:
    ///
    /// ```text
    /// *.yaml text eol=lf
    /// ```
    CarriageReturn = "L004", "carriage return";
    /// The file holds a control character, which no YAML text may hold as it is.
    ///
    /// ```text
    /// command: ["printf", "<ESC>[1m"]
    /// ```
    ///
    /// Here `<ESC>` stands for the byte 0x1B. Write it as an escape in double quotes:
    ///
    /// ```text
    /// command: ["printf", "\x1b[1m"]
    /// ```
    ControlCharacter = "L005", "control character";
    /// A line is indented with a tab.
    ///
    /// YAML's structure is its indentation, and a tab has no agreed width, so only spaces count.
    /// Replace the tabs by spaces.
    TabIndentation = "L006", "indented with a tab";
    /// The same key stands twice in one map.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: nginx:1.29 }
    ///   web: { image: nginx:1.30 }
    /// ```
    ///
    /// Most readers silently let one of them win. Keep one, or rename one.
    DuplicateKey = "L007", "duplicate key";
    /// The file has no content, or nothing but comments.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// # nothing differs there yet
    /// ```
    ///
    /// Write what it is for, or remove it.
    EmptyFile = "L008", "empty file";
    /// A file of the language holds more than one document, separated by `---`.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ---
    /// workers:
    ///   importer: { image: "example/importer:2.1.0" }
    /// ```
    ///
    /// A stack, an overlay or an environment is one file with one document. Move the second one
    /// to a file of its own.
    SeveralDocuments = "L009", "more than one document";
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
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", needs: [database, database] }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Delete one of the two.
    NamedTwice = "L012", "named twice";
    /// An expression that does not follow the grammar.
    ///
    /// ```yaml
    /// services:
    ///   api: { image: "example/api:1.4.0", ports: { http: 8080 }, health: /health }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [api]
    ///     env:
    ///       API_URL: ${{ api.url + "/v1" }}
    /// ```
    ///
    /// An expression is a path and perhaps filters: `${{ api.url | urlencode }}`. It has
    /// no operators; text around it needs none: `${{ api.url }}/v1`.
    Expression = "L013", "malformed expression";
    /// The document is a list or a single value, not a map.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// - services
    /// - postgres
    /// ```
    ///
    /// Every file of the language, and every Kubernetes object, is a map: keys at the start of
    /// the line, each followed by `:` and its value.
    NotAMap = "L020", "not a map";
    /// Text without quotes that YAML readers disagree about.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     env:
    ///       DEBUG: yes          # true, or the text "yes"
    ///       MODE: 0777          # 511, or 777
    ///       LIMIT: 1_000        # 1000, or the text "1_000"
    ///       START: 12:30        # 750, or the text "12:30"
    ///       SINCE: 2025-01-01   # a date, or text
    /// ```
    ///
    /// Write `true`, `false` and plain decimal numbers for what they are, and quote text.
    AmbiguousScalar = "L021", "ambiguous value";
    /// A key has no value, or the value is null.
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image:
    ///     command: ~
    /// ```
    ///
    /// Null is none of the language's values: it would not be clear whether it means the
    /// default, nothing, or a forgotten value. Write the value, or leave the key out. Empty text
    /// is `""`, an empty map `{}`, an empty list `[]`.
    NullValue = "L022", "no value";
    /// A key is not text: a number, a boolean, a list or a map.
    ///
    /// ```yaml
    /// configs:
    ///   settings:
    ///     data:
    ///       8080: http
    ///       on: push
    /// ```
    ///
    /// Keys are text everywhere in Kubernetes. Quote the key: `"8080": http`.
    KeyNotText = "L023", "key is not text";
    /// The merge key `<<` of YAML 1.1, or one that does not merge maps.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: &base
    ///     image: example/mailer:1.4.0
    ///   importer:
    ///     <<: *base
    ///     replicas: 2
    /// ```
    ///
    /// gen's own files have no merge keys, since `defaults` and overlays say the same in a
    /// way that every error and `gen explain` can trace:
    ///
    /// ```yaml
    /// defaults:
    ///   workers: { image: "example/mailer:1.4.0" }
    /// workers:
    ///   mailer: {}
    ///   importer: { replicas: 2 }
    /// ```
    ///
    /// In manifests from elsewhere a merge key takes a map or a list of maps.
    MergeKey = "L024", "merge key";
    /// A YAML tag such as `!!str` or `!Ref`.
    ///
    /// ```yaml
    /// configs:
    ///   settings:
    ///     data: { version: !!str 1.29 }
    /// ```
    ///
    /// gen's own files need none: quotes make text, and the types are known. In manifests from
    /// elsewhere a tag must fit its value.
    Tag = "L025", "YAML tag";
    /// An alias (`*name`) without an anchor (`&name`) before it, or inside the value that it
    /// stands for.
    ///
    /// ```yaml
    /// routes:
    ///   public: { host: *.example.com }
    /// ```
    ///
    /// Text that starts with `*` or `&` needs quotes: `host: "*.example.com"`.
    Alias = "L026", "alias without a value";
    /// The file is larger, nested deeper, or repeats more by aliases than any honest input.
    ///
    /// The limits are 32 MiB a file, 100 levels of maps and lists, and 100,000 values repeated
    /// by aliases in a document. They keep a broken or hostile file from using up the machine.
    TooLarge = "L027", "too large";
    /// An expression stands without quotes inside `{ }` or `[ ]`.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [database]
    ///     env: { DATABASE_URL: ${{ database.url }} }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// YAML takes the braces of the expression for braces of its own there. Quote the value:
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [database]
    ///     env: { DATABASE_URL: "${{ database.url }}" }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    UnquotedExpression = "L028", "unquoted expression";
    /// An overlay, or an environment's `overrides`, changes something that does not exist.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// services:
    ///   wbe: { replicas: 3 }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// ```
    ///
    /// Names that people invent must exist where they are changed, so that a misspelt
    /// override cannot be lost. What is new stands under `add:`, in the same shape.
    NothingToOverride = "R001", "override of what does not exist";
    /// Something under `add:` exists already.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// add:
    ///   services:
    ///     web: { image: "example/web:1.5.0" }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// ```
    ///
    /// `add:` is for what is new. To change what exists, write it outside of `add:`:
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// services:
    ///   web: { image: "example/web:1.5.0" }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// ```
    ExistsAlready = "R002", "added though it exists";
    /// Something under `remove:` does not exist.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yaml
    /// remove:
    ///   workers: { mailer: { env: [DEBGU] } }
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", env: { DEBUG: "1" } }
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
    /// A field under `extra` that gen sets already.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { container: { image: "example/mailer:1.5.0" } }
    /// ```
    ///
    /// `extra` is for fields that the language has no word for. Where it has one, write that;
    /// where gen decides by itself, `patches` can change its decision.
    ExtraSetsAgain = "R070", "`extra` sets what gen sets";
    /// A place under `extra` that the component does not have.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { deploymnet: { spec: { minReadySeconds: 5 } } }
    /// ```
    ///
    /// The places are `pod`, `container` and the kinds of the component's own objects in camel
    /// case. Which objects there are follows from the component: with `storage` it has a
    /// `statefulSet` and no `deployment`.
    UnknownExtraPlace = "R071", "unknown place under `extra`";
    /// A setting of a database that the rest of the stack depends on, so that gen decides it, or
    /// a name that no setting can have.
    ///
    /// ```yaml
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi, settings: { port: 5433 } }
    /// ```
    ///
    /// The Service, the probes and everybody who needs the database know its port; a password
    /// among the settings would be readable by everybody. The language has its own words for
    /// what can be chosen: `dataFolder`, `tls`, `replicas`, `storage`.
    SettingNotAllowed = "R072", "setting that cannot be set";
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
    /// A file, a folder or the standard input that `-f` names and that holds no object.
    ///
    /// ```yaml
    /// # nothing but comments
    /// ```
    ///
    /// ```sh
    /// gen check -f -
    /// ```
    ///
    /// Where other files hold objects it is a warning. Where there is no object at all it is
    /// an error: a check of nothing says nothing, and mostly the program that should have
    /// written the manifests failed. In folders only files that end in `.yaml`, `.yml` or
    /// `.json` are read.
    NothingToCheck = "L091", "no object to check";
    /// An object of a kind that the environment's version of Kubernetes does not have and
    /// whose type gen does not know.
    ///
    /// ```yaml
    /// apiVersion: extensions/v1beta1
    /// kind: NetworkPolicy
    /// metadata: { name: closed }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    ///
    /// An unchecked object is never passed in silence. Write the `apiVersion` that the kind
    /// has today:
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: closed }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    ///
    /// Where the cluster has the kind from elsewhere, name it in the environment:
    /// `existing: { kinds: [example.com/v1/Widget] }`.
    NoSchema = "V001", "kind without a schema";
    /// An object has a field that its kind does not have, or not in the environment's version
    /// of Kubernetes.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { pod: { dnsPolcy: Default } }
    /// ```
    ///
    /// The API server drops or refuses such fields. Mend the name; a field that came later
    /// needs a newer cluster.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { pod: { dnsPolicy: Default } }
    /// ```
    UnknownObjectField = "V002", "field that Kubernetes does not have";
    /// An object lacks a field without which the API server refuses it.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { pod: { volumes: [{ emptyDir: {} }] } }
    /// ```
    ///
    /// Here the volume has no `name`. Add the field:
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { pod: { volumes: [{ name: outbox, emptyDir: {} }] } }
    /// ```
    MissingObjectField = "V003", "missing field of an object";
    /// A value of an object is of another type than its field.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { deployment: { spec: { minReadySeconds: "10" } } }
    /// ```
    ///
    /// Write numbers and booleans without quotes and strings with them, as the field wants it:
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra: { deployment: { spec: { minReadySeconds: 10 } } }
    /// ```
    WrongObjectType = "V004", "value of the wrong type in an object";
    /// A value of an object is of the right type, but not one that the field may have: none
    /// of its words, out of its range, no quantity, no base64.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 100GB } } }
    /// ```
    ///
    /// Quantities end in `k`, `M`, `G` or in `Ki`, `Mi`, `Gi`:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 100G } } }
    /// ```
    ValueNotAllowed = "V005", "value that Kubernetes does not allow";
    /// Two items of a list stand for the same thing.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra:
    ///       pod:
    ///         hostAliases:
    ///           - { ip: 10.0.0.1, hostnames: [a.example.com] }
    ///           - { ip: 10.0.0.1, hostnames: [b.example.com] }
    /// ```
    ///
    /// The API server tells the items of many lists apart by a key and keeps only one of
    /// them, or refuses the object. Merge the two:
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     extra:
    ///       pod:
    ///         hostAliases:
    ///           - { ip: 10.0.0.1, hostnames: [a.example.com, b.example.com] }
    /// ```
    RepeatedItem = "V006", "item twice in a list";
    /// An object of a kind that `gen check -f` was asked to refuse.
    ///
    /// ```yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get, list, watch] }]
    /// ```
    ///
    /// ```sh
    /// gen check -f - --reject ClusterRole,v1/Secret
    /// ```
    ///
    /// Remove the object, or take its kind off `--reject`.
    RejectedKind = "V007", "rejected kind";
    /// A file or folder of the project could not be read.
    ///
    /// The message holds the system's own reason. Mend the permissions, or take away what is
    /// in the way, such as a named pipe or a link that leads nowhere.
    Unreadable = "L040", "unreadable file or folder";
    /// A folder below `stacks/` without a `stack.yaml`.
    ///
    /// ```yaml
    /// # stacks/news/prod.yaml
    /// workers:
    ///   mailer: { replicas: 2 }
    /// ```
    ///
    /// Every folder of `stacks/` is a stack. Write its `stack.yaml`, or move the folder away.
    NoStackFile = "L041", "stack without a file";
    /// A file or folder with a name that gen cannot use.
    ///
    /// ```yaml
    /// # stacks/shop/prod.yml
    /// services:
    ///   web: { replicas: 2 }
    /// ```
    ///
    /// Names of stacks and environments become names of objects and folders, so they are
    /// lower-case letters, digits and hyphens. gen's own files end in `.yaml`; another ending
    /// would be passed over in silence.
    BadName = "L042", "unusable name of a file or folder";
    /// An environment is named that does not exist.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// environments: [dev, prd]
    /// ```
    ///
    /// The environments are the files of `environments/`, without their ending.
    UnknownEnvironment = "L043", "unknown environment";
    /// Environments extend each other in a circle.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// extends: base
    /// # environments/base.yaml
    /// extends: dev
    /// ```
    ///
    /// The environments form a tree: one of them must extend nothing.
    ExtendsCycle = "L044", "environments that extend each other";
    /// An expression where only plain text can stand.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// extends: ${{ env.vars.family }}
    /// ```
    ///
    /// What loading needs before anything is worked out, such as `extends` and
    /// `environments`, must be written out.
    NotPlain = "L045", "expression where plain text belongs";
    /// A stack that does not list the environments it runs in, or lists none.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// environments: []
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    ///
    /// Without a name in the list it would run nowhere:
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// environments: [dev]
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    NoEnvironments = "L046", "stack without environments";
    /// A stack is named that does not exist.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    ///
    /// ```sh
    /// gen render dev shpo
    /// ```
    ///
    /// The stacks are the folders of `stacks/`.
    UnknownStack = "L047", "unknown stack";
    /// A stack is asked for in an environment that it does not list.
    ///
    /// ```yaml
    /// # environments/prod.yaml
    /// domain: example.com
    /// # stacks/shop/stack.yaml
    /// environments: [dev]
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    ///
    /// ```sh
    /// gen render prod shop
    /// ```
    ///
    /// Add the environment, or a family of it, to `environments` in the stack's file.
    StackNotHere = "L048", "stack that does not run in the environment";
    /// An overlay for an instance that the stack does not have in the environment.
    ///
    /// ```yaml
    /// # stacks/shop/instances/acme.yaml
    /// vars: { plan: gold }
    /// # stacks/shop/stack.yaml
    /// vars: { plan: basic }
    /// instances: { globex: {} }
    /// ```
    ///
    /// `stacks/shop/instances/acme.yaml` changes the instance `acme` of `shop`, so `acme` must
    /// stand under `instances`.
    UnknownInstance = "R005", "unknown instance";
    /// An environment is asked for that is only a family, without members.
    ///
    /// ```yaml
    /// # environments/cloud.yaml
    /// abstract: true
    /// ```
    ///
    /// ```sh
    /// gen render cloud
    /// ```
    ///
    /// Nothing is rendered for an `abstract: true` environment itself. Name one that extends
    /// it, or write one.
    EmptyFamily = "L049", "family without members";
    /// `--with` names a job that no stack which is rendered runs on demand.
    ///
    /// ```yaml
    /// jobs:
    ///   migrate: { image: "example/migrate:1.4.0", onDemand: true }
    /// ```
    ///
    /// ```sh
    /// gen render dev --with migrat
    /// ```
    ///
    /// Here, `gen render dev --with migrate` renders the job too. Jobs without `onDemand: true`
    /// are rendered anyway.
    UnknownJob = "L050", "unknown job on demand";
    /// A name that Kubernetes does not take for that thing: too long, or with characters that
    /// do not belong there.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: Nightly_Report }
    /// data: { format: pdf }
    /// ```
    ///
    /// Most names are DNS names: lower-case letters, digits and `-`. A Service has at most 63
    /// characters, a CronJob 52, the name of a port 15.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: nightly-report }
    /// data: { format: pdf }
    /// ```
    NameNotAllowed = "V010", "name that Kubernetes does not allow";
    /// The key or the value of a label, or the key of an annotation, has a form that
    /// Kubernetes does not take.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings, labels: { team: shop & checkout } }
    /// data: { mode: fast }
    /// ```
    ///
    /// Values of labels have at most 63 letters, digits, `-`, `_` and `.`; free text belongs
    /// in an annotation:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings, annotations: { team: shop & checkout } }
    /// data: { mode: fast }
    /// ```
    LabelNotAllowed = "V011", "label that Kubernetes does not allow";
    /// Ports that are out of range, twice there, or without the name they need.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   ports:
    ///     - { name: http, port: 80, targetPort: 8080 }
    ///     - { name: admin, port: 80, targetPort: 9090 }
    /// ```
    ///
    /// Two ports of one Service differ in number or protocol, and in their names:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   ports:
    ///     - { name: http, port: 80, targetPort: 8080 }
    ///     - { name: admin, port: 81, targetPort: 9090 }
    /// ```
    Ports = "V012", "ports that Kubernetes does not allow";
    /// Requests above limits, amounts below 0, or resources that nothing provides.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { memory: 512Mi } }
    /// ```
    ///
    /// A container may not ask for more than it may use:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       resources: { requests: { cpu: 100m, memory: 512Mi }, limits: { memory: 512Mi } }
    /// ```
    Resources = "V013", "resources that Kubernetes does not allow";
    /// A probe or a lifecycle hook that Kubernetes does not take there.
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: { path: /health, liveness: { successThreshold: 2 } }
    /// ```
    ///
    /// A probe has one handler; only a readiness probe may ask for several successes:
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: { path: /health, readiness: { successThreshold: 2 } }
    /// ```
    Probe = "V014", "probe that Kubernetes does not allow";
    /// A schedule that is none, or a time zone in it.
    ///
    /// ```yaml
    /// cronjobs:
    ///   report: { image: "example/report:1.4.0", schedule: 0 25 * * * }
    /// ```
    ///
    /// Minute, hour, day of the month, month, day of the week (0 to 6, 0 is Sunday). The zone
    /// stands in `timeZone`, by its name in the IANA database:
    ///
    /// ```yaml
    /// cronjobs:
    ///   report: { image: "example/report:1.4.0", schedule: 0 1 * * *, timeZone: Europe/Berlin }
    /// ```
    Schedule = "V015", "schedule that Kubernetes cannot read";
    /// A workload's selector and the labels of its pods do not fit.
    ///
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: api } }
    ///     spec:
    ///       securityContext: { runAsNonRoot: true }
    ///       containers:
    ///         - name: web
    ///           image: example.com/web:1.4.0
    ///           resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    ///
    /// The pods have every label that the selector asks for:
    ///
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       securityContext: { runAsNonRoot: true }
    ///       containers:
    ///         - name: web
    ///           image: example.com/web:1.4.0
    ///           resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    Selection = "V016", "selector that does not fit the pods";
    /// A mount of a volume that the pod does not have, two mounts at one path, or a path that
    /// leaves the volume.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   volumes: [{ name: data, emptyDir: {} }]
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       volumeMounts: [{ name: dta, mountPath: /data }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    ///
    /// Mend the name of the volume:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   volumes: [{ name: data, emptyDir: {} }]
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       volumeMounts: [{ name: data, mountPath: /data }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    Volumes = "V017", "mount that Kubernetes does not allow";
    /// Two fields that exclude each other, or a field that means nothing beside another.
    ///
    /// ```yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { minAvailable: 1, maxUnavailable: 1, selector: {} }
    /// ```
    ///
    /// Keep the one that you mean:
    ///
    /// ```yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { maxUnavailable: 1, selector: {} }
    /// ```
    Contradiction = "V018", "fields that contradict each other";
    /// A pod does what the Pod Security Standard of its namespace forbids: the server takes a
    /// Deployment of it and refuses every pod.
    ///
    /// ```yaml
    /// # environments/prod.yaml
    /// policy: restricted
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", securityContext: { runAsUser: 0 } }
    /// ```
    ///
    /// Write what the message says. The standard is the environment's (`policy`), or that of the
    /// labels of a Namespace from elsewhere; no stack can lower it.
    ///
    /// ```yaml
    /// # environments/prod.yaml
    /// policy: restricted
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", securityContext: { runAsUser: 1000 } }
    /// ```
    PodSecurity = "V020", "pod that the standard of its namespace forbids";
    /// An object names another that the environment does not have.
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { defaultBackend: { service: { name: wbe, port: { number: 80 } } } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { ports: [{ port: 80, targetPort: 8080 }] }
    /// ```
    ///
    /// Every object of all stacks of the environment counts, Secrets that a SealedSecret, an
    /// ExternalSecret or a Certificate will make included. Mend the name:
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { ports: [{ port: 80, targetPort: 8080 }] }
    /// ```
    ///
    /// What exists in the cluster without gen is named in the environment:
    /// `existing: { objects: [ConfigMap/shop/settings] }`.
    DanglingReference = "V030", "reference to what does not exist";
    /// An object names a key that the ConfigMap or the Secret does not have.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       env: [{ name: MODE, valueFrom: { configMapKeyRef: { name: settings, key: mdoe } } }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// data: { mode: fast }
    /// ```
    ///
    /// Mend the key, or mark the reference as `optional`:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       env: [{ name: MODE, valueFrom: { configMapKeyRef: { name: settings, key: mode } } }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// data: { mode: fast }
    /// ```
    DanglingKey = "V031", "reference to a key that does not exist";
    /// An object names a port that its target does not have.
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { defaultBackend: { service: { name: web, port: { number: 8080 } } } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { ports: [{ port: 80, targetPort: 8080 }] }
    /// ```
    ///
    /// An Ingress or a route names the Service's port, not that of the container:
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { ports: [{ port: 80, targetPort: 8080 }] }
    /// ```
    DanglingPort = "V032", "reference to a port that does not exist";
    /// A selector that selects none of the pods of the environment.
    ///
    /// ```yaml
    /// # templates/metrics.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: metrics }
    /// spec: { selector: { app.kubernetes.io/name: wbe }, ports: [{ port: 9090 }] }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// templates:
    ///   metrics: {}
    /// ```
    ///
    /// A Service without pods answers nobody. Mend the labels:
    ///
    /// ```yaml
    /// # templates/metrics.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: metrics }
    /// spec: { selector: { app.kubernetes.io/name: web }, ports: [{ port: 9090 }] }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// templates:
    ///   metrics: {}
    /// ```
    SelectsNothing = "V033", "selector that selects nothing";
    /// Two objects of one environment are the same object to the cluster.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// namespace: web
    /// workers: { mailer: { image: "example/mailer:1.4.0" } }
    /// # stacks/news/stack.yaml
    /// namespace: web
    /// workers: { mailer: { image: "example/news:2.1.0" } }
    /// ```
    ///
    /// The one applied last would win. Rename one of the two, or give the stacks namespaces
    /// of their own:
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// namespace: shop
    /// workers: { mailer: { image: "example/mailer:1.4.0" } }
    /// # stacks/news/stack.yaml
    /// namespace: news
    /// workers: { mailer: { image: "example/news:2.1.0" } }
    /// ```
    DefinedTwice = "V034", "object defined twice";
    /// An object breaks a rule that the definition of its kind states in CEL.
    ///
    /// ```yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     # The rule: (self.type in ['Exact','PathPrefix']) ? !self.value.contains('//') : true
    ///     - matches: [{ path: { type: PathPrefix, value: //shop } }]
    /// ```
    ///
    /// The message is the rule's own, as the API server would give it; the rule's line is shown
    /// along with it. Here `//` may not stand in the path:
    ///
    /// ```yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - matches: [{ path: { type: PathPrefix, value: /shop } }]
    /// ```
    RuleOfKind = "V040", "rule of a custom resource that does not hold";
    /// A rule of a custom resource or of a policy that gen could not work out.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: may-create-pods }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - { apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps] }
    ///   validations:
    ///     - expression: authorizer.group('').resource('pods').check('create').allowed()
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: may-create-pods }
    /// spec: { policyName: may-create-pods, validationActions: [Deny] }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// data: { mode: fast }
    /// ```
    ///
    /// What it asks for is known to the cluster alone, or gen has no such function, or it takes too
    /// much: an expression may make and look at about as much as the API server lets it, and all
    /// expressions for the objects of a file share what they may take. Likewise a pattern that is
    /// too large. The object may be sound or not: only the API server can tell. Try it with
    /// `kubectl apply --dry-run=server`.
    RuleNotChecked = "V041", "rule that could not be checked";
    /// A `CustomResourceDefinition` that the API server would not take.
    ///
    /// ```yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: widget.example.com }
    /// spec:
    ///   group: example.com
    ///   scope: Namespaced
    ///   names: { plural: widgets, kind: Widget }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object } }
    /// ```
    ///
    /// Its name is always the plural and the group: `widgets.example.com`. Exactly one version
    /// has `storage: true`, and every version has a schema. Schemas are structural: each field
    /// has a `type`, which stands beside `anyOf`, `oneOf`, `allOf` and `not`, never inside of
    /// them. A pattern is a regular expression of RE2, which has no look-around.
    ///
    /// ```yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: widgets.example.com }
    /// spec:
    ///   group: example.com
    ///   scope: Namespaced
    ///   names: { plural: widgets, kind: Widget }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object } }
    /// ```
    Definition = "V042", "unsound definition of a custom resource";
    /// An expression of a rule or a policy that does not compile, so that the API server would
    /// refuse what holds it.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: objct.spec.replicas <= 5
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// ```
    ///
    /// A rule of a custom resource sees `self` and `oldSelf`; a policy sees `object`,
    /// `oldObject`, `request`, `params`, `namespaceObject`, `variables` and `authorizer`.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: object.spec.replicas <= 5
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// ```
    ExpressionOfRule = "V043", "expression that does not compile";
    /// An object that one of the team's own policies refuses.
    ///
    /// ```yaml
    /// # policies/replicas.yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - { expression: object.spec.replicas <= 5, message: five replicas are enough }
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", replicas: 9 }
    /// ```
    ///
    /// The policies in `policies/` and those that are rendered are evaluated for every object,
    /// where a binding with the action `Deny` or `Warn` makes them effective. The message is the
    /// policy's own; change the object, or the policy.
    Policy = "V044", "object that a policy refuses";
    /// A policy that nothing puts in force, or a part of it that the server passes over.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: object.spec.replicas <= 5
    /// ```
    ///
    /// The API server takes a policy without a binding, and never asks it. It also takes a binding
    /// that names parameters of a policy without `paramKind`, and ignores them; one that names
    /// none of a policy that has them, whose `params` is then null; and match conditions that hold
    /// for no kind that the policy is for.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: object.spec.replicas <= 5
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// ```
    NotEnforced = "V045", "policy that is not enforced";
    /// A rule of a policy, of a webhook or of a role that names a resource which no kind has.
    ///
    /// ```yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: reader }
    /// rules:
    ///   - { apiGroups: [""], resources: [configmap], verbs: [get, list] }
    /// ```
    ///
    /// The API server takes the rule, which then concerns nothing: the policy is never asked, the
    /// role allows nothing. A resource is the plural of a kind in small letters, and stands beside
    /// the group and the version that the kind is in.
    ///
    /// ```yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: reader }
    /// rules:
    ///   - { apiGroups: [""], resources: [configmaps], verbs: [get, list] }
    /// ```
    ///
    /// Of a group that definitions may bring kinds to, only names that are all but one of the
    /// kinds at hand are reported. Likewise a `scope` in which the resource has no objects: pods
    /// are never `Cluster`.
    NoSuchResource = "V046", "resource that no kind has";
    /// An expression of a policy that does not fit a kind that the policy is for.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: object.spec.replica <= 5
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// ```
    ///
    /// The API server takes the policy and says the same in its status, as a warning of the type
    /// checker. An expression that fails refuses the object, or lets it pass, as `failurePolicy`
    /// says; where an object at hand is refused, this is an error, and stands for all of them. One
    /// that asks with `has()` or `.?` for a field that is never there always gives the same.
    ///
    /// ```yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata: { name: few-replicas }
    /// spec:
    ///   matchConstraints:
    ///     resourceRules:
    ///       - apiGroups: [apps]
    ///         apiVersions: [v1]
    ///         operations: [CREATE, UPDATE]
    ///         resources: [deployments]
    ///   validations:
    ///     - expression: object.spec.replicas <= 5
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata: { name: few-replicas }
    /// spec: { policyName: few-replicas, validationActions: [Deny] }
    /// ```
    ///
    /// What concerns one of several kinds asks for it first: `object.kind != 'Pod' || ...`, or
    /// `has(object.spec.template) ? ... : ...`.
    ExpressionMisfit = "V047", "expression that does not fit a kind";
    /// The image of a container has no tag, or the tag `latest`: what runs depends on when the
    /// node fetched it, two pods of one Deployment may differ, and nothing can be rolled back.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    ///
    /// Name a version, or the digest:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    MovingImage = "V050", "image that changes under its name";
    /// A Service leads to pods none of whose containers has a readiness probe. Such a pod gets
    /// requests from the moment its process starts, and keeps getting them when it can no longer
    /// answer; a rollout goes on although the new version does not work.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 } }
    /// ```
    ///
    /// Let the program say when it can serve:
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// ```
    ///
    /// In manifests from elsewhere, add a `readinessProbe` to the container. A Service with
    /// `publishNotReadyAddresses` is meant for pods that are not ready, and is left alone.
    NoReadiness = "V051", "Service before pods that never say they are ready";
    /// A container that requests no CPU or memory, or may use all the memory of its node. The
    /// scheduler puts such pods anywhere, they are the first to be stopped when memory gets
    /// short, and one that leaks takes its neighbours with it.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     resources: { requests: { cpu: 100m, memory: 1Gi } }   # and no limit
    /// ```
    ///
    /// Measure what it needs, and say it:
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { memory: 1Gi } }
    /// ```
    ///
    /// A limit is the request too where there is none. No limit of CPU is asked for: CPU that
    /// nobody else wants is free. What a LimitRange of the namespace gives to every container
    /// need not be said.
    NoResources = "V052", "container without requests or a limit of memory";
    /// A PodDisruptionBudget that lets none of its pods go at the fewest pods there are. A node
    /// with such a pod cannot be drained, and an upgrade of the cluster stops there until
    /// somebody deletes the pod by hand.
    ///
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 1
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       securityContext: { runAsNonRoot: true }
    ///       containers:
    ///         - name: web
    ///           image: example.com/web:1.4.0
    ///           resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
    /// ```
    ///
    /// Run two pods, or let one go: `maxUnavailable: 1`. In a stack this is an error (R053).
    BlockingBudget = "V053", "budget that lets no pod go";
    /// A pod with a way to the node that it runs on: the node's network, processes or files, or
    /// all of its rights. Whoever gets into the program gets the node, and with it the Secrets of
    /// every pod there. A pod that keeps data under a path of its node also loses it when it
    /// starts again on another one.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   volumes: [{ name: data, hostPath: { path: /srv/web } }]
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       volumeMounts: [{ name: data, mountPath: /data }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    ///
    /// Keep data in a PersistentVolumeClaim. An agent of the node is a DaemonSet that mounts what
    /// it reads with `readOnly: true`; if it needs more, say why:
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations: { gen.dev/allow.V054: the disk of the old server until it is migrated }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   volumes: [{ name: data, hostPath: { path: /srv/web } }]
    ///   containers:
    ///     - name: web
    ///       image: example.com/web:1.4.0
    ///       volumeMounts: [{ name: data, mountPath: /data }]
    ///       resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ```
    ///
    /// Where the namespace enforces the baseline or the restricted standard, it is the error V020.
    HostAccess = "V054", "pod with a way to its node";
    /// Nothing says that a program is not root. Root in a container is root for the kernel: one
    /// hole in the runtime is enough to own the node.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// policy: baseline
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     securityContext: { runAsNonRoot: false }
    /// ```
    ///
    /// Let the image run as another user. gen asks for that unless a stack says otherwise; in
    /// manifests from elsewhere, write `securityContext: { runAsNonRoot: true }` for the pod. If
    /// it must be root, say why:
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// policy: baseline
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     securityContext: { runAsNonRoot: false }
    ///     allow: { V055: the vendor's image starts as root and drops its rights itself }
    /// ```
    ///
    /// Where the namespace enforces the restricted standard, it is the error V020.
    RunsAsRoot = "V055", "pod that may run as root";
    /// Pods of one Deployment that must share a volume which one node can mount at a time,
    /// because there are several, or because a rollout starts the new one before it stops the
    /// old. A pod that comes to another node waits for the volume, often for ever.
    ///
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       securityContext: { runAsNonRoot: true }
    ///       volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
    ///       containers:
    ///         - name: web
    ///           image: example.com/web:1.4.0
    ///           volumeMounts: [{ name: data, mountPath: /data }]
    ///           resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
    /// ```
    ///
    /// For one pod, write `strategy: { type: Recreate }`. For several, use a StatefulSet, which
    /// gives each a volume of its own, or a class of storage with `ReadWriteMany`.
    VolumeOfOneNode = "V056", "pods that share a volume of one node";
    /// A role that allows every verb on every resource, or a ServiceAccount that is bound to
    /// `cluster-admin`. Whoever gets into a pod with it owns the cluster.
    ///
    /// ```yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
    /// ```
    ///
    /// Name what the program reads and writes:
    ///
    /// ```yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get, list, watch] }]
    /// ```
    AllRights = "V057", "all rights at the API server";
    /// An `allow`, or an annotation `gen.dev/allow.CODE`, that allows nothing: its code is none of
    /// good practice, or it gives no reason. Only warnings of good practice can be allowed;
    /// what the server would refuse stays an error.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", allow: { V030: its ConfigMap is made by hand } }
    /// ```
    ///
    /// Mend the code, or do what the page of the error says. The reason is for whoever reads the
    /// file next.
    BadAllowance = "V058", "allowance of nothing";
    /// An `allow`, or an annotation `gen.dev/allow.CODE`, for which there is no warning any more.
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: /health
    ///     allow: { V051: it answers from the first moment }
    /// ```
    ///
    /// Delete it, so that the next warning of the kind is seen. Where an environment needs it and
    /// others do not, it stands in the overlay of that environment.
    UnusedAllowance = "V059", "allowance that nothing needs";
    /// A password, token or key stands in the environment of a container as it is: in the
    /// repository, in the cluster for everybody who may look at pods, and in the output of tools.
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: /health
    ///     env: { SMTP_PASSWORD: hunter2 }
    /// ```
    ///
    /// Declare a key of a Secret, and let the program read that:
    ///
    /// ```yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: /health
    ///     env: { SMTP_PASSWORD: "${{ secrets.smtp.password }}" }
    /// secrets:
    ///   smtp: { keys: { password: {} } }
    /// ```
    ///
    /// In manifests from elsewhere, write `valueFrom: { secretKeyRef: ... }`. What was in a
    /// repository once is known; take a new one. Names count that end in `PASSWORD`, `SECRET`,
    /// `TOKEN` and the like, unless the value is a path or a switch.
    SecretInEnvironment = "V060", "secret in plain text";
    /// Somebody changed a rendered file since gen wrote it, so gen does not replace or remove
    /// it: the next render would silently undo the change.
    ///
    /// ```text
    /// out/prod/shop/52-deployment-web.yaml   with another number of replicas
    /// ```
    ///
    /// Make the change where it lasts: in the stack, in an environment, or as a patch of the
    /// stack. Then delete the rendered file and render again. To take back a change that was
    /// not meant, restore the file (`git restore`) or delete it.
    EditedFile = "W001", "rendered file edited by hand";
    /// The input renders a file where one lies that gen did not write, so gen does not replace
    /// it. The index of each folder, `.gen-index`, lists what gen wrote.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// # out/dev/shop/52-deployment-mailer.yaml
    /// put: there by somebody
    /// ```
    ///
    /// ```sh
    /// gen render dev
    /// ```
    ///
    /// Move the file elsewhere or delete it, then render again. A file that holds exactly what
    /// gen would write is no mistake.
    ForeignFile = "W002", "foreign file in the way";
    /// A symbolic link, a folder or something else stands where gen wants a file, or something
    /// that is no folder where it wants a folder. gen does not write through links, because
    /// they could lead out of the output.
    ///
    /// ```text
    /// out/prod/shop -> ../elsewhere
    /// ```
    ///
    /// Move it elsewhere or delete it, then render again. To render to another place, use
    /// `gen render -o`.
    InTheWay = "W003", "not a file or folder of gen's";
    /// A file in an environment's folder ends in `.yaml`, `.yml` or `.json`, but gen did not
    /// write it. It stays, but `kubectl apply -R -f out/dev` applies it together with what gen
    /// validated.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// # out/dev/shop/extra.yaml
    /// put: there by somebody
    /// ```
    ///
    /// ```sh
    /// gen render dev
    /// ```
    ///
    /// Let the stack bring it, so that it is validated and shown in diffs, or keep it elsewhere.
    ForeignManifest = "W004", "foreign manifest among rendered ones";
    /// The index of a folder, `.gen-index`, is not as gen wrote it: cut off, edited, or left
    /// with the conflict markers of a merge. Without it, gen cannot tell its own files from
    /// those of others.
    ///
    /// ```text
    /// gen-index 1 gen 0.1.0 schema 1.34
    /// <<<<<<< HEAD
    /// ```
    ///
    /// Nothing in a rendered folder is worth a merge by hand: merge the input, delete the
    /// folder, and render again. Or restore the index (`git restore`).
    BrokenIndex = "W005", "broken index";
    /// A newer gen wrote the index of a folder, `.gen-index`, in a format that this one does
    /// not know.
    ///
    /// ```text
    /// gen-index 2 gen 3.0.0 schema 1.40
    /// ```
    ///
    /// Use the version of gen that the others use.
    NewerIndex = "W006", "index of a newer gen";
    /// The output is not what the input renders: a file is missing, differs, or is no longer
    /// rendered. `gen render --check` reports it and writes nothing.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    ///
    /// ```sh
    /// gen render dev --check
    /// ```
    ///
    /// Run `gen render`, and commit the output together with the input.
    StaleOutput = "W007", "stale output";
    /// A folder that gen rendered, for an environment that is not there any more: it was renamed
    /// or removed, or became a family. `gen render --all` leaves the folder, since it may be what
    /// still runs in a cluster, but no render keeps it true.
    ///
    /// ```text
    /// out/staging   and no environments/staging.yaml
    /// ```
    ///
    /// Delete the folder, or write the environment again.
    LeftOutput = "W008", "output of no environment";
    /// `.gen-work` in the output is there while gen writes, and after a render that was killed:
    /// the next one ends its work. What lies there now no render left behind. It came with a
    /// branch, or somebody changed it, and to go on with it could move files to any place.
    ///
    /// ```text
    /// out/.gen-work/journal: swap ../.git/hooks
    /// ```
    ///
    /// Look at what lies in the folder, delete it, then render again. It is never committed: gen
    /// puts a `.gitignore` into it.
    ForeignJournal = "W009", "work of no render";
    /// A template that cannot be read, or a declaration of parameters without a template.
    ///
    /// ```yaml
    /// # templates/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// {% if slow %}
    /// data: { mode: slow }
    /// # templates/settings.parameters.yaml
    /// parameters: { slow: boolean }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   settings: { with: { slow: true } }
    /// ```
    ///
    /// Templates are written in Jinja's language; here `{% endif %}` is missing. A template
    /// cannot include or extend another one, and has no macros. An expression has at most 100
    /// operators, dots, filters and brackets; at most 100 blocks and `elif`s lie in each other.
    BadTemplate = "L060", "template that cannot be read";
    /// A template looks up a name that it does not declare.
    ///
    /// ```yaml
    /// # templates/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: "{{ nmae }}" }
    /// # templates/settings.parameters.yaml
    /// parameters: { name: string }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   settings: { with: { name: settings } }
    /// ```
    ///
    /// A template sees its parameters, `stack.name`, `namespace`, `env.name` and `env.domain`,
    /// and nothing else. Secrets and values that only the cluster knows never enter one.
    UndeclaredName = "L061", "undeclared name in a template";
    /// A parameter of a template that is declared in a way that cannot be.
    ///
    /// ```yaml
    /// # templates/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// # templates/settings.parameters.yaml
    /// parameters:
    ///   max-size: integer
    ///   retries: { type: integer, default: "3" }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   settings: { with: { max-size: 5 } }
    /// ```
    ///
    /// A template cannot look a name with a hyphen up, and a default must be of the declared
    /// type. Write `max_size`, and `default: 3`.
    BadParameter = "L062", "malformed parameter of a template";
    /// A stack uses a template that does not exist.
    ///
    /// ```yaml
    /// # templates/report.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: report }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   daily: { template: reprot }
    /// ```
    ///
    /// Templates are the files `templates/NAME.yaml` of the project, and those of texts, which a
    /// config uses under its own `templates`, `templates/NAME.j2`. Without `template:`, the name of
    /// the use is the template's.
    UnknownTemplate = "R060", "unknown template";
    /// A use of a template sets a parameter that the template does not take.
    ///
    /// ```yaml
    /// # templates/report.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: report }
    /// data: { format: {{ format | tojson }} }
    /// # templates/report.parameters.yaml
    /// parameters: { format: { type: string, default: pdf } }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   report: { with: { fromat: html } }
    /// ```
    ///
    /// Parameters are declared in `templates/NAME.parameters.yaml`.
    UnknownParameter = "R061", "unknown parameter of a template";
    /// A use of a template leaves out a parameter that has no default.
    ///
    /// ```yaml
    /// # templates/report.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: report }
    /// data: { format: {{ format | tojson }} }
    /// # templates/report.parameters.yaml
    /// parameters: { format: string }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   report: {}
    /// ```
    ///
    /// Write it under `with:`, or give it a default where it is declared.
    MissingParameter = "R062", "missing parameter of a template";
    /// A value that a template's parameter does not take: of another type, none of the values
    /// listed under `enum`, or not matching `pattern`.
    ///
    /// ```yaml
    /// # templates/report.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: report }
    /// data: { pages: "{{ pages }}" }
    /// # templates/report.parameters.yaml
    /// parameters: { pages: integer }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   report: { with: { pages: "3" } }
    /// ```
    ///
    /// Where the declaration says `integer`, write `3`.
    WrongParameter = "R063", "value that a template's parameter does not take";
    /// A template that could not be rendered with what it was given.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// kubernetes: "1.34"   # and no domain
    /// # templates/links.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: links }
    /// data: { home: "https://{{ stack.name }}.{{ env.domain }}" }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   links: {}
    /// ```
    ///
    /// In an environment without `domain` the second value does not exist, and nothing is ever
    /// rendered for it in silence. A template that does not come to an end, that makes more or
    /// longer strings and lists than any manifest needs, or whose output is larger than any
    /// manifest, fails with this code as well.
    TemplateFailed = "R064", "template that failed";
    /// A document of a template's output or of a vendored manifest that is no Kubernetes object.
    ///
    /// ```yaml
    /// # templates/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// data: { mode: fast }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   settings: {}
    /// ```
    ///
    /// Every object has an `apiVersion`, a `kind` and a `metadata.name`. A `kind: List` is taken
    /// apart into its items. `generateName` does not do: what is applied must have a name.
    NotAnObject = "R065", "no Kubernetes object";
    /// A Secret with plain values in `data` or `stringData`, from a template, a patch or a
    /// vendored manifest.
    ///
    /// ```yaml
    /// # templates/token.yaml
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: token }
    /// stringData: { token: hunter2 }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   token: {}
    /// ```
    ///
    /// What gen renders is committed, and base64 hides nothing. Declare the secret in the stack,
    /// so that the environment's back-end keeps its values. An environment for throw-away
    /// clusters may allow such a Secret by its name:
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { plain: [token] }
    /// # templates/token.yaml
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: token }
    /// stringData: { token: hunter2 }
    /// # stacks/shop/stack.yaml
    /// templates:
    ///   token: {}
    /// ```
    PlainSecret = "R066", "Secret with plain values";
    /// Vendored manifests without a digest.
    ///
    /// ```yaml
    /// # stacks/shop/vendor/metrics.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: metrics }
    /// data: { interval: 30s }
    /// # stacks/shop/stack.yaml
    /// manifests:
    ///   metrics: { file: vendor/metrics.yaml }
    /// ```
    ///
    /// Manifests from elsewhere reach the cluster as they are, so a stack says which ones it
    /// means: write the `sha256` that the message names, after reading the file. For a file it
    /// is what `sha256sum FILE` prints; for a folder, what this prints in it:
    ///
    /// ```text
    /// find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum
    /// ```
    MissingDigest = "R067", "manifest without a digest";
    /// Vendored manifests that are not the ones that the stack pins.
    ///
    /// ```yaml
    /// # stacks/shop/vendor/metrics.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: metrics }
    /// data: { interval: 60s }
    /// # stacks/shop/stack.yaml
    /// manifests:
    ///   metrics:
    ///     file: vendor/metrics.yaml
    ///     sha256: 086b6609f6396dba484956e9ebd9cfadaeff61186760fdfc435bbfce96bb474d
    /// ```
    ///
    /// Somebody changed the file, or the digest was copied from another version. Read what
    /// changed; if it is meant, write the digest that the message names.
    OtherDigest = "R068", "manifest with another digest";
    /// A patch for an object that is not rendered.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// patches:
    ///   Deployment/wbe: { spec: { minReadySeconds: 10 } }
    /// ```
    ///
    /// A patch is named after the object that it changes: `Kind/name`.
    NothingToPatch = "R069", "patch that matches nothing";
    /// A patch whose name means several objects.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// templates:
    ///   mesh: {}
    /// patches:
    ///   Service/web: { metadata: { annotations: { team: shop } } }
    /// # templates/mesh.yaml
    /// apiVersion: mesh.example.com/v1
    /// kind: Service
    /// metadata: { name: web }
    /// # environments/dev.yaml
    /// existing: { kinds: [mesh.example.com/v1/Service] }
    /// ```
    ///
    /// Where objects of several API groups have that kind and name, the patch names the group
    /// too: `Service.mesh.example.com/web`, or `Service./web` for the one of the core group.
    AmbiguousPatch = "R080", "patch that matches several objects";
    /// A path that leads out of the stack's folder, or a symbolic link that leads out of the
    /// project or to something hidden in it, such as `.git`.
    ///
    /// ```yaml
    /// manifests:
    ///   metrics: { file: ../../metrics.yaml }
    /// ```
    ///
    /// What a stack includes lies beside it, so that its folder says all of it. Of the project gen
    /// reads what lies in it by its true path, and nothing else, so that a branch of a stranger
    /// cannot show what lies elsewhere on the machine that renders it. Links within the project
    /// are followed, as long as what they lead to is not more than 64 MiB in all. The same holds for
    /// links in a folder that `gen check -f` is given; what the command line itself names may lie
    /// anywhere.
    ///
    /// Put the file itself in the place of the path or the link.
    LeadsOut = "R081", "path that leads out";
    /// A file or folder that does not exist, or holds nothing of use.
    ///
    /// ```yaml
    /// manifests:
    ///   metrics: { file: vendor/metrics.yml }
    /// ```
    ///
    /// Paths start at the stack's folder.
    MissingFile = "R082", "missing file";
    /// A folder that is mounted, or that a config is made of, holds hidden files. They are left
    /// out, as `*` leaves them out in a shell: most of them were left there by a program.
    ///
    /// ```text
    /// stacks/shop/site/index.html
    /// stacks/shop/site/.htaccess
    /// ```
    ///
    /// Delete such a file, or name it itself where a program needs it:
    /// `/srv/.htaccess: { files: site/.htaccess }`. git's own files and `.DS_Store` are left out
    /// without a word.
    HiddenFile = "R083", "hidden file left out";
    /// An expression names something that there is not.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// vars: { logLevel: info }
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", env: { LOG_LEVEL: "${{ env.vars.loglevel }}" } }
    /// ```
    ///
    /// Mend the name, or declare what it should lead to.
    UndefinedName = "R010", "undefined name in an expression";
    /// An expression names something that exists but is not known at that place. Names, ports
    /// and hosts are read before anything that is made of them; `self` means a component and
    /// stands in one; an environment is the same for all of its stacks.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", needs: [database], name: "${{ database.host }}-mailer" }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Use `vars`, `env`, `stack` and `instance` there: they are known from the start.
    NotKnownHere = "R011", "name that is not known here";
    /// Variables are made of each other in a circle, so that none has a value.
    ///
    /// ```yaml
    /// vars:
    ///   host: ${{ vars.name }}.example.com
    ///   name: api.${{ vars.host }}
    /// ```
    ///
    /// Give one of them a value of its own.
    VariableCircle = "R012", "variables in a circle";
    /// An expression yields a value of another type than its place takes.
    ///
    /// ```yaml
    /// vars: { count: "3" }
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", replicas: "${{ vars.count }}" }
    /// ```
    ///
    /// An expression that stands alone keeps the type of its value, so the value must be
    /// written with that type: `count: 3`.
    ExpressionType = "R013", "expression of the wrong type";
    /// A string is longer than anything that Kubernetes keeps, once its variables are put in: more
    /// than 1 MiB. Or all strings of the stack together are: more than 64 MiB.
    ///
    /// ```text
    /// vars:
    ///   a: ${{ vars.b }}${{ vars.b }}
    ///   b: ${{ vars.c }}${{ vars.c }}   # and so on, each twice the next
    /// ```
    ///
    /// Shorten it.
    TooLong = "R014", "string that is too long";
    /// A secret flows where everybody can read it, or where Kubernetes cannot put one: a label,
    /// an annotation, a command line, a name, a host, a template's parameter.
    ///
    /// ```yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [database]
    ///     args: ["--database=${{ database.url }}"]
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Give it to the program as an environment variable, which becomes a reference to the
    /// Secret, or as a file: mount the secret, or a config with the secret in one of its values.
    SecretOutOfPlace = "R015", "secret out of place";
    /// A value that only the kubelet knows stands where it must be known before: the address of
    /// a pod in a label, the name of a node in a config.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", labels: { ip: "${{ pod.ip }}" } }
    /// ```
    ///
    /// Give it to the program as an environment variable.
    RuntimeOutOfPlace = "R016", "runtime value out of place";
    /// One string is made of two Secrets. It would have to be composed in the template of one
    /// of them, which sees its own keys alone.
    ///
    /// ```yaml
    /// secrets:
    ///   app: { keys: [user] }
    ///   other: { keys: [password] }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     env:
    ///       LOGIN: ${{ secrets.app.user }}:${{ secrets.other.password }}
    /// ```
    ///
    /// Keep both parts in one Secret, or give the program the two apart.
    TwoSecrets = "R017", "string of two Secrets";
    /// A string with a secret in it would have to be composed, and the Secret is one that
    /// somebody makes by hand: gen renders no template for it.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { default: existing, existing: { database-credentials: [password] } }
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [database]
    ///     env:
    ///       DATABASE_URL: ${{ database.url }}
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Let a key of the Secret hold the whole string; the message says which. Name the key in
    /// the environment too:
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { default: existing, existing: { database-credentials: [password, url] } }
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     needs: [database]
    ///     env:
    ///       DATABASE_URL: ${{ database.url }}
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    CannotCompose = "R018", "nothing can be composed here";
    /// A value that is known in the cluster alone passes through a filter that gen would have to
    /// apply. Of the filters, a Secret's own template has `urlencode` alone.
    ///
    /// ```yaml
    /// secrets:
    ///   app: { keys: [token] }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     env:
    ///       TOKEN: ${{ secrets.app.token | base64 }}
    /// ```
    ///
    /// Keep the value as the program wants it, in a key of its own.
    FilterOnStaged = "R019", "filter on what only the cluster knows";
    /// A secret would have to be percent-encoded in a string that also holds what only the
    /// kubelet knows. A Secret's template can encode but does not know the pod; the kubelet
    /// knows the pod but cannot encode.
    ///
    /// ```yaml
    /// secrets:
    ///   app: { keys: [password] }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     env:
    ///       URL: http://user:${{ secrets.app.password | urlencode }}@${{ pod.ip }}/
    /// ```
    ///
    /// Give the program the two apart.
    EncodedAndRuntime = "R020", "encoded secret beside a runtime value";
    /// A secret stands in a URL as it is. A `/`, `@` or `%` in it would end the part of the URL
    /// that it stands in, and the program would call somebody else or nobody.
    ///
    /// ```yaml
    /// secrets:
    ///   queue: { keys: [password] }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     env:
    ///       URL: amqp://user:${{ secrets.queue.password }}@queue:5672
    /// ```
    ///
    /// Write `${{ secrets.queue.password | urlencode }}`.
    UnencodedSecret = "R021", "secret in a URL without encoding";
    /// Something that a component cannot do without is not said in any layer.
    ///
    /// ```yaml
    /// services:
    ///   web: { ports: { http: 8080 } }   # and no image
    /// ```
    ///
    /// Write the field; an environment's `defaults` may say it for all components of a kind.
    MissingField = "R022", "missing field";
    /// A name that Kubernetes does not accept for what it names, or that is too long for it.
    ///
    /// ```yaml
    /// services:
    ///   Web_Server: { image: "example/web:1.4.0", ports: { http: 8080 } }
    /// ```
    ///
    /// Most names have lower-case letters, digits and `-`, and at most 63 characters.
    InvalidName = "R023", "name that Kubernetes does not accept";
    /// Two things that others name are called the same, so that nobody could tell them apart.
    ///
    /// ```yaml
    /// services:
    ///   database: { image: "example/pool:1.4.0", ports: { postgres: 5432 } }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Rename one of them. Names of components are unique over all kinds of a stack.
    SameName = "R024", "two things of the same name";
    /// Two words that exclude each other, or one that contradicts what it stands in.
    ///
    /// ```yaml
    /// workers:
    ///   agent: { image: "example/agent:1.4.0", perNode: true, replicas: 3 }
    /// ```
    ///
    /// Remove one of the two; both places are shown.
    Conflicting = "R025", "words that exclude each other";
    /// A value that has not the form of what it stands for: a quantity, an address, a schedule, a
    /// rate, a mode.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// routes:
    ///   public: { host: shop.example.com, paths: { /: { to: web, rateLimit: 20 per second } } }
    /// ```
    ///
    /// The message says what the form is: here `20/s`.
    MalformedValue = "R026", "malformed value";
    /// A field names a config, secret, volume or component of the stack that there is not, or
    /// one of a kind that does not fit.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", envFrom: [settigns] }
    /// configs:
    ///   settings: { data: { MODE: fast } }
    /// ```
    ///
    /// Mend the name, or declare what it names.
    UnknownReference = "R027", "reference that leads nowhere";
    /// A need names nothing that can be called: no component or external of the stack, and with
    /// `from` no component of a stack that runs in the environment.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", needs: [databse] }
    /// postgres:
    ///   database: { version: "17", database: shop, user: shop, storage: 10Gi }
    /// ```
    ///
    /// Mend the name. What another stack runs is named by `from: STACK/COMPONENT`; workers and
    /// jobs have no address and cannot be needed.
    UnknownNeed = "R030", "need of what there is not";
    /// An expression uses a component that is not among the needs of the one it stands in. The
    /// network policies would keep the two apart.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", env: { API_URL: "${{ api.url }}" } }
    /// services:
    ///   api: { image: "example/api:1.4.0", ports: { http: 8080 }, health: /health }
    /// ```
    ///
    /// Add the need: `needs: [api]`.
    MissingNeed = "R031", "use without a need";
    /// A port that is not declared where it is looked for.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health, metrics: metrics }
    /// ```
    ///
    /// Mend the name, or declare the port.
    UnknownPort = "R032", "unknown port";
    /// Components wait for each other in a circle, so that none of them could ever start.
    ///
    /// ```yaml
    /// services:
    ///   a: { image: "example/a:1.4.0", ports: { http: 8080 }, needs: { b: { wait: true } } }
    ///   b: { image: "example/b:1.4.0", ports: { http: 8080 }, needs: { a: { wait: true } } }
    /// ```
    ///
    /// Take one wait away. Needs alone may run in a circle: a program that starts before what it
    /// calls has to try again.
    WaitCircle = "R033", "waits in a circle";
    /// A need of another stack's component that does not let this stack in. A way between
    /// stacks is opened by both: the owner says who may call, the caller says what it calls.
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", needs: { ledger: { from: ledger/api } } }
    /// # stacks/ledger/stack.yaml
    /// services:
    ///   api: { image: "example/ledger:2.1.0", ports: { http: 8080 }, health: /health }
    /// ```
    ///
    /// The owner lets the caller in:
    ///
    /// ```yaml
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", needs: { ledger: { from: ledger/api } } }
    /// # stacks/ledger/stack.yaml
    /// services:
    ///   api:
    ///     image: example/ledger:2.1.0
    ///     ports: { http: 8080 }
    ///     health: /health
    ///     allowFrom: { stacks: [shop] }
    /// ```
    NoConsent = "R034", "need without consent";
    /// An image reference, a tag or a digest that no registry would understand.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/Mailer:1.4.0" }
    /// ```
    ///
    /// A reference is `REPOSITORY:TAG`, `REPOSITORY@sha256:DIGEST` or both; repositories are
    /// written in lower case.
    MalformedImage = "R040", "malformed image";
    /// An image that says neither tag nor digest: what runs would depend on the day.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: example/mailer }
    /// ```
    ///
    /// Write the tag, `nginx:1.29`, or say it once for all who use the image:
    /// `images: { nginx: "1.29" }`.
    ImageWithoutVersion = "R041", "image without a version";
    /// `images` gives a version to an image that nothing uses.
    ///
    /// ```yaml
    /// images: { example/maler: "1.4.0" }
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0" }
    /// ```
    ///
    /// Remove the line, or mend the repository's name.
    UnusedImage = "R042", "version of an unused image";
    /// A mount without a source, or with several.
    ///
    /// ```yaml
    /// volumes: { data: { size: 1Gi } }
    /// configs: { settings: { data: { mode: fast } } }
    /// workers:
    ///   mailer:
    ///     image: example/mailer:1.4.0
    ///     mounts: { /data: { volume: data, config: settings } }
    /// ```
    ///
    /// Name one of `files`, `volume`, `backup`, `secret`, `config` and `emptyDir`.
    MountSource = "R043", "mount without exactly one source";
    /// A folder whose files become the keys of a ConfigMap, or the scripts that a database runs
    /// when it is made, has folders in it. A key has no folder, and the database looks into none.
    ///
    /// ```yaml
    /// # stacks/shop/pages/en/index.html
    /// <h1>Welcome</h1>
    /// # stacks/shop/stack.yaml
    /// configs:
    ///   pages: { files: pages/ }
    /// ```
    ///
    /// Move the files into the folder itself, or mount it, which keeps its folders:
    ///
    /// ```yaml
    /// # stacks/shop/pages/en/index.html
    /// <h1>Welcome</h1>
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web:
    ///     image: example/web:1.4.0
    ///     ports: { http: 8080 }
    ///     health: /health
    ///     mounts: { /pages: { files: pages/ } }
    /// ```
    NestedFiles = "R044", "folder in a folder of files";
    /// Mounted files are larger than a ConfigMap may be, 1 MiB in all.
    ///
    /// ```text
    /// mounts: { /data: { files: dump.sql } }   # of 5 MiB
    /// ```
    ///
    /// Put large files into the image or into a volume.
    FilesTooLarge = "R045", "files too large for a ConfigMap";
    /// A back-end for secrets that the environment does not offer, or none where none is the
    /// default.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { default: sealed, sealed: { certificate: dev.pem } }
    /// # stacks/shop/stack.yaml
    /// backend: external
    /// secrets:
    ///   app: { keys: [token] }
    /// ```
    ///
    /// Choose one that the environment offers, in an overlay for that environment.
    UnknownBackend = "R046", "back-end that is not offered";
    /// A Secret, or a key of one, that somebody makes by hand is not among those that the
    /// environment says exist.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { default: existing, existing: { app: [token] } }
    /// # stacks/shop/stack.yaml
    /// secrets:
    ///   app: { keys: [tokn] }
    /// ```
    ///
    /// Mend the name, or make the Secret and name its keys in the environment.
    NotExisting = "R047", "Secret that nobody made";
    /// A sealed key has no value yet, and the environment refuses placeholders.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// secrets: { default: sealed, sealed: { certificate: dev.pem }, placeholders: refused }
    /// # stacks/shop/stack.yaml
    /// secrets:
    ///   app: { keys: [token] }
    /// ```
    ///
    /// Set the value with the command that the message names, or allow placeholders there until
    /// all values are set.
    NoValue = "R048", "secret without a value";
    /// A storage class that the environment has no name for. Stacks name what they want, such as
    /// `premium`; the environment says which class of its cluster that is.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// storage: { default: standard, premium: premium-rwo }
    /// # stacks/shop/stack.yaml
    /// volumes:
    ///   uploads: { size: 100Gi, class: premum }
    /// ```
    ///
    /// Mend the name, or add it to the environment's `storage`.
    UnknownStorageClass = "R049", "unknown storage class";
    /// The environment's routing has no way to do what a route asks for, and what a place cannot
    /// do is not dropped in silence.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// routing: { gateway: { name: public, namespace: gateways, controller: { namespace: gateways } } }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// routes:
    ///   public: { host: shop.example.com, paths: { /: { to: web, rateLimit: 20/s } } }
    /// ```
    ///
    /// Take it away there with an overlay, or let the environment say more of its routing.
    RoutingCannot = "R050", "what the place's routing cannot do";
    /// Two routes of an environment lead from the same path of the same host. Which of them
    /// wins would be the controller's choice.
    ///
    /// ```yaml
    /// # environments/dev.yaml
    /// routing: { ingress: { class: nginx, controller: { namespace: ingress-nginx } } }
    /// # stacks/shop/stack.yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    ///   admin: { image: "example/admin:1.4.0", ports: { http: 8080 }, health: /health }
    /// routes:
    ///   public: { host: shop.example.com, paths: { /: web } }
    ///   office: { host: shop.example.com, paths: { /: admin } }
    /// ```
    ///
    /// Give one of them another host or another path.
    RoutesAlike = "R051", "two routes alike";
    /// An autoscaler holds a percentage of what is requested, and nobody says how much that is:
    /// gen's own default is a guess, and no measure.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", replicas: { min: 2, max: 10, cpu: 70 } }
    /// ```
    ///
    /// Say what the container requests: `resources: { requests: { cpu: 100m } }`.
    AutoscalerWithoutRequest = "R052", "autoscaler without a request";
    /// A disruption budget that allows no disruption: a node with such a pod cannot be drained,
    /// and an upgrade of the cluster stops there.
    ///
    /// ```yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", replicas: 2, budget: { minAvailable: "2" } }
    /// ```
    ///
    /// Let one pod go, `budget: { maxUnavailable: "1" }`, or run more pods.
    ImpossibleBudget = "R053", "budget that cannot be met";
    /// An image is built for an architecture of which the environment has no node.
    ///
    /// ```yaml
    /// # environments/edge.yaml
    /// arch: [arm64]
    /// # stacks/shop/stack.yaml
    /// workers:
    ///   mailer: { image: "example/mailer:1.4.0", arch: amd64 }
    /// ```
    ///
    /// Build the image for the environment's architecture, or do not run the stack there.
    ArchitectureMissing = "R054", "architecture without a node";
    /// An external opens the way to all addresses, and the environment does not say which of
    /// them are its own: the way to the cluster's pods and nodes is open too.
    ///
    /// ```yaml
    /// externals:
    ///   internet: { cidr: 0.0.0.0/0, ports: [443] }
    /// ```
    ///
    /// Name the cluster's addresses in the environment: `clusterCidrs: [10.244.0.0/16]`.
    UnknownClusterAddresses = "R055", "cluster's addresses unknown";
    /// A patch that would make another object of the one that it names.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: "example/web:1.4.0", ports: { http: 8080 }, health: /health }
    /// patches:
    ///   Service/web: { metadata: { name: site } }
    /// ```
    ///
    /// `apiVersion`, `kind`, name and namespace say which object it is. A component's own
    /// `name` field sets the names of its objects.
    PatchedIdentity = "R086", "patch of an identity";
    /// `gen diff` compared two sides that have no object in common: everything of one goes, and
    /// everything of the other comes. Most often one of them is of another stack or environment,
    /// or one says its namespaces and the other leaves them to `kubectl --namespace`.
    ///
    /// ```yaml
    /// # rendered/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings }
    /// # live/settings.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: settings, namespace: shop }
    /// ```
    ///
    /// ```sh
    /// gen diff --from rendered --to live
    /// ```
    ///
    /// Objects are paired by API group, kind, namespace and name. Render both sides with their
    /// namespaces, or name the folder that belongs to the other side.
    NothingInCommon = "D001", "nothing in common";
    /// `gen reach` is asked about a workload that is not among the objects.
    ///
    /// ```yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: database, namespace: shop }
    /// spec: { containers: [{ name: database, image: "postgres:17" }] }
    /// ```
    ///
    /// ```sh
    /// gen reach -f - --to shop/databse
    /// ```
    ///
    /// A workload is named by its namespace and its name; the name alone will do where only one
    /// workload has it. Without `--from` and `--to` all of them are listed.
    UnknownWorkload = "D010", "unknown workload";
    /// `gen reach` is asked who reaches whom, and none of the objects makes pods.
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: closed }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    ///
    /// ```sh
    /// gen reach -f -
    /// ```
    ///
    /// Policies alone allow nothing to anybody. Give it the manifests of the pods too, and those
    /// of their namespaces and Services: the folder of an environment, or what the cluster has.
    NoPods = "D011", "no pods";
    /// Who reaches whom is more than gen works out: what policies say of each other's pods can be
    /// as much as the square of what they are.
    ///
    /// Give `gen reach` fewer objects, such as those of one namespace, or make policies that are for
    /// the same pods one. `gen diff` compares everything else all the same, and takes the network
    /// for one that may be wider.
    TooManyEdges = "D012", "too many edges";
}
