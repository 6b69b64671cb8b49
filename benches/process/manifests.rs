//! Files of many manifests, to check.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How many documents a file has.
pub const DOCUMENTS: usize = 3_600;

/// Kinds whose objects' names follow from the rest of them, so that there can be no other.
const NAMED_BY_RULE: [&str; 3] = ["APIService", "CustomResourceDefinition", "IPAddress"];

/// One program of a system.
const PROGRAM: &str = r#"---
# Whom NAME is at the API server, which it does not call.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: NAME
  namespace: shop
  labels:
    app.kubernetes.io/name: NAME
    app.kubernetes.io/part-of: shop
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: NAME
  namespace: shop
  labels:
    app.kubernetes.io/name: NAME
    app.kubernetes.io/part-of: shop
spec:
  selector:
    app.kubernetes.io/name: NAME
  ports:
    # The port of the program, under the usual number.
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
---
# NAME: what it does stands in its own repository.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  namespace: shop
  labels:
    app.kubernetes.io/name: NAME
    app.kubernetes.io/part-of: shop
  annotations:
    example.com/owner: "team-TEAM"
spec:
  replicas: REPLICAS
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: NAME
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0 # capacity stays
  template:
    metadata:
      labels:
        app.kubernetes.io/name: NAME
        app.kubernetes.io/part-of: shop
    spec:
      serviceAccountName: NAME
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: main
          image: registry.example.com/shop/NAME:1.NUMBER.0
          args: ["--listen=:PORT", "--log-level=info"]
          ports:
            - name: http
              containerPort: PORT
          env:
            - name: GREETING
              value: "hello from NAME"
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
          resources:
            requests:
              cpu: 100m
              memory: MEMORYMi
            limits:
              memory: MEMORYMi
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 5
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            failureThreshold: 6
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
"#;

/// A system of 1,200 programs as people write it: a Deployment, a Service and a ServiceAccount
/// each, with comments.
pub fn system() -> String {
    let programs = (0..DOCUMENTS / 3).map(|number| {
        PROGRAM
            .replace("NAME", &format!("program-{number:04}"))
            .replace("NUMBER", &number.to_string())
            .replace("TEAM", &(number % 12).to_string())
            .replace("PORT", &(8_000 + number % 1_000).to_string())
            .replace("REPLICAS", &(1 + number % 5).to_string())
            .replace("MEMORY", &(64 * (1 + number % 8)).to_string())
    });
    programs.collect()
}

/// The same system after some work: the image of each Deployment in a hundred objects is another,
/// and if asked for, one Service leads to another port.
pub fn changed_system(with_service: bool) -> String {
    let mut text = String::new();
    let system = system();
    for (place, document) in system.split_inclusive("---\n").enumerate() {
        // Three documents make a program.
        let is_deployment = document.contains("kind: Deployment");
        let has_new_image = is_deployment && (place / 3) % 33 == 0;
        if has_new_image {
            text += &document.replace("image: ", "image: new.");
        } else {
            text += document;
        }
    }
    if with_service { text.replacen("targetPort: http", "targetPort: 1", 1) } else { text }
}

/// The good manifests of the conformance suite, of all kinds but Namespace, whose labels would
/// say what its pods may do, over and over. Each round is in a namespace of its own; what belongs
/// to none gets another name.
pub fn all_kinds() -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/manifests/core");
    let read = || -> std::io::Result<Vec<String>> {
        let mut paths: Vec<_> = fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        paths.sort();
        paths.iter().map(fs::read_to_string).collect()
    };
    let manifests = read().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut text = String::new();
    let rounds = (0..).flat_map(|round| manifests.iter().map(move |manifest| (round, manifest)));
    let rounds = rounds.filter(|(_, manifest)| !is_of_kind(manifest, &["Namespace"]));
    for (round, manifest) in rounds
        .filter(|(round, manifest)| *round == 0 || !is_of_kind(manifest, &NAMED_BY_RULE))
        .take(DOCUMENTS)
    {
        text += "---\n";
        match round {
            0 => text += manifest,
            _ => text += &variant(manifest, round),
        }
    }
    Ok(text)
}

fn is_of_kind(manifest: &str, kinds: &[&str]) -> bool {
    manifest
        .lines()
        .any(|line| line.strip_prefix("kind: ").is_some_and(|kind| kinds.contains(&kind)))
}

/// A manifest under another name, or in another namespace.
fn variant(manifest: &str, round: usize) -> String {
    let has_line = |start: &str| manifest.lines().any(|line| line.starts_with(start));
    let field = if has_line("  namespace: ") { "  namespace: " } else { "  name: " };
    let mut is_done = false;
    let mut text = String::new();
    for line in manifest.lines() {
        if is_done || !line.starts_with(field) {
            text += line;
        } else {
            let _ = write!(text, "{line}-{round}");
            is_done = true;
        }
        text += "\n";
    }
    text
}

/// The three objects of one program.
pub fn one_program() -> String {
    system()
        .split_inclusive("---\n")
        .take(4)
        .collect::<String>()
        .trim_end_matches("---\n")
        .to_owned()
}
