//! A comparison as text for people: a plan, then a unified diff an object.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::{Change, Comparison, ObjectChange};
use crate::diagnostic::{on_one_line, visible};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// The whole comparison: the plan, then each object that differs, with a heading and a unified
/// diff. Empty when nothing differs. `color` puts ANSI escape sequences in; what the manifests
/// themselves hold of them is shown, not sent.
#[must_use]
pub fn text(comparison: &Comparison, color: bool) -> String {
    let mut out = plan(comparison, color);
    for change in &comparison.changes {
        out.push('\n');
        object(change, color, &mut out);
    }
    out
}

/// The plan alone: a line an object with its sign, and the counts. Empty when nothing differs.
#[must_use]
pub fn plan(comparison: &Comparison, color: bool) -> String {
    let mut out = String::new();
    for change in &comparison.changes {
        styled(&heading(change), style_of(change), color, &mut out);
    }
    if !out.is_empty() {
        let tally = comparison.tally();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{} to create, {} to change, {} to delete, {} unchanged",
            tally.created, tally.changed, tally.deleted, tally.unchanged
        );
    }
    out
}

fn object(change: &ObjectChange, color: bool, out: &mut String) {
    styled(&heading(change), style_of(change).bold(), color, out);
    let (old, new) = match &change.change {
        Change::Created { new } => ("", new.as_str()),
        Change::Changed { old, new } => (old.as_str(), new.as_str()),
        Change::Deleted { old } => (old.as_str(), ""),
    };
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        styled(&hunk.header().to_string(), AnsiColor::Cyan.on_default(), color, out);
        for line in hunk.iter_changes() {
            let (sign, style) = match line.tag() {
                ChangeTag::Equal => (' ', Style::new()),
                ChangeTag::Delete => ('-', AnsiColor::Red.on_default()),
                ChangeTag::Insert => ('+', AnsiColor::Green.on_default()),
            };
            let text = line.value().strip_suffix('\n').unwrap_or(line.value());
            styled(&format!("{sign}{}", visible(text)), style, color, out);
        }
    }
}

fn heading(change: &ObjectChange) -> String {
    let subject = change.subject.to_string();
    format!("{} {}", change.change.sign(), on_one_line(&subject))
}

fn style_of(change: &ObjectChange) -> Style {
    match change.change {
        Change::Created { .. } => AnsiColor::Green.on_default(),
        Change::Changed { .. } => AnsiColor::Yellow.on_default(),
        Change::Deleted { .. } => AnsiColor::Red.on_default(),
    }
}

fn styled(line: &str, style: Style, color: bool, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = if color && style != Style::new() {
        writeln!(out, "{style}{line}{style:#}")
    } else {
        writeln!(out, "{line}")
    };
}

#[cfg(test)]
mod tests {
    use super::super::{Manifest, compare};
    use super::*;

    fn deployment(replicas: u32, image: &str) -> String {
        format!(
            "apiVersion: apps/v1\n\
             kind: Deployment\n\
             metadata:\n\
             \x20 name: web\n\
             \x20 namespace: shop\n\
             spec:\n\
             \x20 replicas: {replicas}\n\
             \x20 selector:\n\
             \x20   matchLabels:\n\
             \x20     app.kubernetes.io/name: web\n\
             \x20 template:\n\
             \x20   spec:\n\
             \x20     containers:\n\
             \x20     - name: web\n\
             \x20       image: {image}\n"
        )
    }

    fn manifest<'m>((path, text): (&'m str, &'m str)) -> Manifest<'m> {
        Manifest { path, bytes: text.as_bytes() }
    }

    fn example() -> Comparison {
        let (old, new) = (deployment(1, "nginx:1.28"), deployment(3, "nginx:1.29"));
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
        let service = |name: &str| {
            format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: shop\n")
        };
        let (added, gone) = (service("added"), service("gone"));
        let namespace = ("_environment/00-namespace-shop.yaml", namespace);
        let old = [
            namespace,
            ("shop/20-service-gone.yaml", &gone),
            ("shop/60-deployment-web.yaml", &old),
        ];
        let new = [
            namespace,
            ("shop/20-service-added.yaml", &added),
            ("shop/60-deployment-web.yaml", &new),
        ];
        compare(&old.map(manifest), &new.map(manifest))
    }

    #[test]
    fn a_comparison_is_a_plan_and_the_diffs() {
        let expected = "\
+ Service shop/added
- Service shop/gone
~ Deployment shop/web
1 to create, 1 to change, 1 to delete, 1 unchanged

+ Service shop/added
@@ -0,0 +1,5 @@
+apiVersion: v1
+kind: Service
+metadata:
+  name: added
+  namespace: shop

- Service shop/gone
@@ -1,5 +0,0 @@
-apiVersion: v1
-kind: Service
-metadata:
-  name: gone
-  namespace: shop

~ Deployment shop/web
@@ -4,7 +4,7 @@
   name: web
   namespace: shop
 spec:
-  replicas: 1
+  replicas: 3
   selector:
     matchLabels:
       app.kubernetes.io/name: web
@@ -12,4 +12,4 @@
     spec:
       containers:
       - name: web
-        image: nginx:1.28
+        image: nginx:1.29
";
        let comparison = example();
        assert_eq!(text(&comparison, false), expected);
        let colored = text(&comparison, true);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), expected);
        assert!(colored.contains("\u{1b}[32m+  replicas: 3\u{1b}[0m\n"));
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(text(&Comparison { changes: Vec::new(), unchanged: 3 }, true), "");
    }

    #[test]
    fn escape_sequences_of_manifests_are_shown() {
        let old = "kind: ConfigMap # \u{1b}[2J\n";
        let shown = text(&compare(&[manifest(("a.yaml", old))], &[]), false);
        assert_eq!(
            shown,
            "- a.yaml\n\
             0 to create, 0 to change, 1 to delete, 0 unchanged\n\
             \n\
             - a.yaml\n\
             @@ -1 +0,0 @@\n\
             -kind: ConfigMap # \\u{1b}[2J\n"
        );
    }
}
