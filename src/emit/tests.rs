//! Renders onto a file system that fails in every way, at every operation.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Diagnostics, Place};
use crate::fs::testing::MemoryFs;
use crate::fs::{Disk, EntryKind, Error, FileSystem};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// What a render wants, by path below the environment.
type Wanted = BTreeMap<&'static str, &'static str>;

fn maker() -> Maker {
    Maker { generator: "0.1.0".into(), schema: "1.34".into() }
}

fn file_sets(wanted: &Wanted) -> Vec<FileSet> {
    let mut sets: BTreeMap<&str, BTreeMap<String, File>> = BTreeMap::new();
    for (path, content) in wanted {
        let (folder, name) = path.split_once('/').unwrap_or((path, ""));
        let file = File { bytes: content.as_bytes().to_vec(), input: Digest::of(b"input") };
        sets.entry(folder).or_default().insert(name.to_owned(), file);
    }
    sets.into_iter().map(|(folder, files)| FileSet { folder: folder.to_owned(), files }).collect()
}

fn render(fs: &dyn FileSystem, wanted: &Wanted) -> Result<(bool, Diagnostics), Error> {
    let output = Output::new(fs, "out", "out");
    let held = output.hold()?;
    let prepared = held.prepare("prod", file_sets(wanted), Scope::Environment, &maker())?;
    Ok((prepared.write()?, prepared.update().diagnostics.clone()))
}

fn compare(fs: &dyn FileSystem, wanted: &Wanted) -> Result<Update, Error> {
    Output::new(fs, "out", "out").compare("prod", file_sets(wanted), Scope::Environment, &maker())
}

/// The diagnostics as `code path: message`.
fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    let line = |diagnostic: &crate::diagnostic::Diagnostic| {
        let path = match &diagnostic.place {
            Place::Path(path) => path,
            Place::Span(_) | Place::Nowhere => "",
        };
        format!("{} {path}: {}", diagnostic.code.id(), diagnostic.message)
    };
    diagnostics.iter().map(line).collect()
}

/// The manifests of the environment that are none of the foreign files.
fn manifests(fs: &MemoryFs, foreign: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let is_manifest = |path: &String| path.starts_with("out/prod/") && path.contains(".yaml");
    fs.files()
        .into_iter()
        .filter(|(path, _)| is_manifest(path) && !foreign.contains_key(path))
        .collect()
}

fn as_manifests(wanted: &Wanted) -> BTreeMap<String, Vec<u8>> {
    wanted
        .iter()
        .map(|(path, content)| (format!("out/prod/{path}"), content.as_bytes().to_vec()))
        .collect()
}

const OLD: [(&str, &str); 5] = [
    ("_environment/00-namespace-shop.yaml", "namespace"),
    ("cart/20-service-redis.yaml", "service"),
    ("shop/20-service-web.yaml", "service"),
    ("shop/60-deployment-web.yaml", "deployment"),
    ("shop/70-job-migrate.yaml", "job"),
];

/// What the next render may want: a change in one folder, in several, new and vanished folders.
fn next() -> Vec<Wanted> {
    let old = Wanted::from(OLD);
    let with = |changes: &[(&'static str, Option<&'static str>)]| {
        let mut wanted = old.clone();
        for (path, content) in changes {
            match content {
                Some(content) => drop(wanted.insert(path, content)),
                None => drop(wanted.remove(path)),
            }
        }
        wanted
    };
    vec![
        with(&[("shop/60-deployment-web.yaml", Some("deployment 2"))]),
        with(&[
            ("shop/60-deployment-web.yaml", Some("deployment 2")),
            ("shop/70-job-migrate.yaml", None),
            ("cart/20-service-redis.yaml", None),
            ("mail/20-service-smtp.yaml", Some("service")),
        ]),
        with(&[("cart/20-service-redis.yaml", None)]),
        with(&[("mail/20-service-smtp.yaml", Some("service"))]),
        Wanted::new(),
    ]
}

/// What gen did not write, and must never touch.
fn put_foreign(fs: &MemoryFs) -> BTreeMap<String, Vec<u8>> {
    let foreign = [
        ("out/README.md", "read"),
        ("out/dev/shop/20-service-web.yaml", "of another environment"),
        ("out/prod/kustomization.yaml", "kustomization"),
        ("out/prod/cart/NOTES.md", "notes"),
        ("out/prod/shop/more/extra.yaml", "extra"),
        ("out/prod/shop/more/deep/extra.json", "{}"),
    ];
    for (path, content) in foreign {
        fs.put(path, content);
    }
    fs.put_link("out/prod/shop/link", "60-deployment-web.yaml");
    fs.put_link("out/prod/links/link", "nowhere");
    foreign.map(|(path, content)| (path.to_owned(), content.as_bytes().to_vec())).into()
}

const FOREIGN_LINKS: [&str; 2] = ["out/prod/shop/link@", "out/prod/links/link@"];

fn assert_foreign_intact(fs: &MemoryFs, foreign: &BTreeMap<String, Vec<u8>>, when: &str) {
    let files = fs.files();
    for (path, content) in foreign {
        assert_eq!(files.get(path), Some(content), "{path} {when}");
    }
    let paths = fs.paths();
    for link in FOREIGN_LINKS {
        assert!(paths.iter().any(|path| path == link), "{link} {when}");
    }
}

/// Whether one whole folder is away, as it is for a moment on file systems that cannot exchange
/// two folders.
fn is_without_a_folder(left: &BTreeMap<String, Vec<u8>>, old: &BTreeMap<String, Vec<u8>>) -> bool {
    ["out/prod/", "out/prod/cart/", "out/prod/shop/"]
        .iter()
        .any(|folder| left.iter().eq(old.iter().filter(|(path, _)| !path.starts_with(folder))))
}

/// Nothing of the work is left.
fn assert_clean(fs: &MemoryFs, when: &str) {
    let left: Vec<String> = fs
        .paths()
        .into_iter()
        .filter(|path| path.contains(".gen-work") || path.contains(".gen-staged"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "{when}");
}

/// Runs with one thread, so that the operations come in the same order each time.
fn in_order<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread can be started").install(run)
}

/// Every file system that the tests start from, with what it holds.
fn start(wanted: &Wanted) -> Vec<(MemoryFs, BTreeMap<String, Vec<u8>>)> {
    let mut all = Vec::new();
    for (exchanges, links) in [(true, true), (true, false), (false, true)] {
        let fs = MemoryFs::default();
        if !exchanges {
            fs.without_exchange();
        }
        if !links {
            fs.without_links();
        }
        let foreign = put_foreign(&fs);
        let (_, diagnostics) = render(&fs, wanted).expect("nothing fails");
        assert!(!diagnostics.has_errors());
        fs.heal();
        all.push((fs, foreign));
    }
    all
}

/// Does `attempt` on a copy for each operation in turn, until it needs fewer on that copy.
fn at_each_operation(start: &MemoryFs, mut attempt: impl FnMut(&MemoryFs, u64)) {
    for operation in 0.. {
        let fs = start.fork();
        attempt(&fs, operation);
        if fs.operations() <= operation {
            break;
        }
    }
}

/// What is on a file system.
type State = (Vec<String>, BTreeMap<String, Vec<u8>>);

/// Kills `attempt` at each operation in turn, and calls `then` with what is left, unless that was
/// seen before.
fn kill_at_each_operation(
    start: &MemoryFs,
    seen: &mut BTreeSet<State>,
    attempt: impl Fn(&MemoryFs),
    mut then: impl FnMut(&MemoryFs, &str),
) {
    at_each_operation(start, |fs, operation| {
        fs.kill_at(operation);
        attempt(fs);
        if seen.insert((fs.paths(), fs.files())) {
            then(&fs.fork(), &format!("after a kill at {operation}"));
        }
    });
}

/// What may lie on the disk when a render was killed.
struct Either {
    old: BTreeMap<String, Vec<u8>>,
    new: BTreeMap<String, Vec<u8>>,
    foreign: BTreeMap<String, Vec<u8>>,
    exchanges: bool,
}

impl Either {
    /// At any moment.
    fn assert_whole(&self, fs: &MemoryFs, when: &str) {
        let left = manifests(fs, &self.foreign);
        let is_away = !self.exchanges && is_without_a_folder(&left, &self.old);
        assert!(left == self.old || left == self.new || is_away, "{left:?} {when}");
    }

    /// After the recovery.
    fn assert_recovered(&self, fs: &MemoryFs, when: &str) {
        let held = Output::new(fs, "out", "out").hold().map(drop);
        assert!(held.is_ok(), "{held:?} {when}");
        let left = manifests(fs, &self.foreign);
        assert!(left == self.old || left == self.new, "{left:?} {when}");
        assert_foreign_intact(fs, &self.foreign, when);
        assert_clean(fs, when);
    }
}

/// Kills a render at each operation in turn.
fn kill_renders(wanted: &Wanted, mut then: impl FnMut(&Either, &MemoryFs, &str)) {
    for (started, foreign) in start(&OLD.into()) {
        let exchanges = started.fork().exchange("out/prod".as_ref(), "out/dev".as_ref());
        let either = Either {
            old: as_manifests(&OLD.into()),
            new: as_manifests(wanted),
            foreign,
            exchanges: exchanges.expect("both are there"),
        };
        let attempt = |fs: &MemoryFs| drop(render(fs, wanted));
        kill_at_each_operation(&started, &mut BTreeSet::new(), attempt, |fs, when| {
            let when = format!("{when} of {wanted:?}");
            either.assert_whole(fs, &when);
            then(&either, fs, &when);
        });
    }
}

#[test]
fn a_kill_between_any_two_operations_leaves_the_old_or_the_new() {
    in_order(|| {
        for wanted in next() {
            let mut kills = 0;
            kill_renders(&wanted, |either, fs, when| {
                kills += 1;
                either.assert_recovered(&fs.fork(), when);
                assert!(render(fs, &wanted).is_ok(), "{when}");
                assert_eq!(manifests(fs, &either.foreign), either.new, "{when}");
                assert_foreign_intact(fs, &either.foreign, when);
                assert_clean(fs, when);
            });
            assert!(kills > 30, "the renders did their work: {kills}");
        }
    });
}

#[test]
fn a_kill_of_the_recovery_leaves_the_old_or_the_new() {
    in_order(|| {
        let mut seen = BTreeSet::new();
        kill_renders(&next()[1], |either, fs, when| {
            let attempt = |fs: &MemoryFs| drop(Output::new(fs, "out", "out").hold().map(drop));
            kill_at_each_operation(fs, &mut seen, attempt, |fs, again| {
                let when = format!("{when}, and of the recovery {again}");
                either.assert_whole(fs, &when);
                either.assert_recovered(fs, &when);
            });
        });
    });
}

#[test]
fn a_first_render_is_all_or_nothing() {
    in_order(|| {
        let new = as_manifests(&OLD.into());
        let none = BTreeMap::new();
        at_each_operation(&MemoryFs::default(), |fs, operation| {
            fs.kill_at(operation);
            let _ = render(fs, &OLD.into());
            let left = manifests(fs, &none);
            assert!(left.is_empty() || left == new, "{left:?} after {operation}");
            let fs = &fs.fork();
            assert!(render(fs, &OLD.into()).is_ok(), "after {operation}");
            assert_eq!(manifests(fs, &none), new, "after {operation}");
            assert_clean(fs, "at the end");
        });
    });
}

#[test]
fn an_operation_that_fails_leaves_the_old_or_the_new() {
    in_order(|| {
        let old = as_manifests(&OLD.into());
        for wanted in next() {
            let new = as_manifests(&wanted);
            for (started, foreign) in start(&OLD.into()) {
                at_each_operation(&started, |fs, operation| {
                    let when = format!("after a failure at {operation} of {wanted:?}");
                    fs.fail_at(operation);
                    let rendered = render(fs, &wanted);
                    let left = manifests(fs, &foreign);
                    let expected = if rendered.is_ok() { &new } else { &old };
                    assert!(&left == expected || left == new, "{left:?} {when}");

                    let fs = &fs.fork();
                    assert!(render(fs, &wanted).is_ok(), "{when}");
                    assert_eq!(manifests(fs, &foreign), new, "{when}");
                    assert_foreign_intact(fs, &foreign, &when);
                    assert_clean(fs, &when);
                });
            }
        }
    });
}

#[test]
fn a_full_disk_leaves_the_old() {
    in_order(|| {
        let old = as_manifests(&OLD.into());
        for wanted in next() {
            let new = as_manifests(&wanted);
            for (started, foreign) in start(&OLD.into()) {
                for room in (0..).step_by(41) {
                    let fs = started.fork();
                    fs.fill_after(room);
                    let rendered = render(&fs, &wanted);
                    assert_foreign_intact(&fs, &foreign, "on a full disk");
                    assert_clean(&fs, "on a full disk");
                    if rendered.is_ok() {
                        assert_eq!(manifests(&fs, &foreign), new);
                        break;
                    }
                    assert_eq!(manifests(&fs, &foreign), old);
                }
            }
        }
    });
}

#[test]
fn a_refused_folder_names_the_path_and_changes_nothing() {
    for (fs, foreign) in start(&OLD.into()) {
        let before = fs.files();
        fs.refuse("out/prod/cart");
        let wanted = &next()[1];
        let error = render(&fs, wanted).expect_err("the folder cannot be read");
        assert_eq!(error.to_string(), "cannot look at out/prod/cart: permission denied");
        assert_eq!(fs.files(), before);
        assert_foreign_intact(&fs, &foreign, "after the refusal");
    }
}

#[test]
fn what_did_not_change_is_not_written() -> Tested {
    for (fs, _) in start(&OLD.into()) {
        let numbers = |fs: &MemoryFs| -> BTreeMap<String, Option<u64>> {
            let files = fs.files();
            files.into_keys().map(|path| (path.clone(), fs.content_number(&path))).collect()
        };
        let before = numbers(&fs);
        assert!(!render(&fs, &OLD.into())?.0);
        assert_eq!(numbers(&fs), before);
    }
    let fs = &start(&OLD.into())[0].0;
    let paths = [
        "out/prod/shop/20-service-web.yaml",
        "out/prod/_environment/.gen-index",
        "out/prod/kustomization.yaml",
    ];
    let before = paths.map(|path| fs.content_number(path));
    assert!(render(fs, &next()[1])?.0);
    assert_eq!(paths.map(|path| fs.content_number(path)), before);
    Ok(())
}

#[test]
fn the_index_keeps_who_made_content_that_did_not_change() -> Tested {
    let fs = MemoryFs::default();
    render(&fs, &OLD.into())?;
    let before = fs.files();
    let newer = Maker { generator: "0.2.0".into(), schema: "1.35".into() };
    let output = Output::new(&fs, "out", "out");
    let mut sets = file_sets(&OLD.into());
    for file in sets.iter_mut().flat_map(|set| set.files.values_mut()) {
        file.input = Digest::of(b"other input");
    }
    let held = output.hold()?;
    assert!(!held.prepare("prod", sets.clone(), Scope::Environment, &newer)?.write()?);
    assert_eq!(fs.files(), before);

    let deployment = sets[2].files.get_mut("60-deployment-web.yaml");
    deployment.ok_or("the set holds it")?.bytes = b"deployment 2".to_vec();
    assert!(held.prepare("prod", sets, Scope::Environment, &newer)?.write()?);
    let index = Index::parse(&fs.files()["out/prod/shop/.gen-index"])?;
    assert_eq!(index.maker, newer);
    let index = Index::parse(&fs.files()["out/prod/cart/.gen-index"])?;
    assert_eq!(index.maker, maker());
    Ok(())
}

#[test]
fn an_edited_file_stops_the_render() -> Tested {
    let fs = MemoryFs::default();
    let wanted = Wanted::from([
        ("shop/20-service-web.yaml", "kind: Service\nport: 80\n"),
        ("shop/30-sealedsecret-web.yaml", "kind: SealedSecret\nkey: sealed\n"),
        ("shop/60-deployment-web.yaml", "kind: Deployment\n"),
        ("shop/70-job-gone.yaml", "kind: Job\n"),
        ("shop/80-crlf.yaml", "kind: Role\n"),
    ]);
    render(&fs, &wanted)?;
    fs.put("out/prod/shop/20-service-web.yaml", "kind: Service\nport: 8080\n");
    fs.put("out/prod/shop/30-sealedsecret-web.yaml", "kind: SealedSecret\nkey: hunter2\n");
    fs.put("out/prod/shop/70-job-gone.yaml", "kind: Job\nmore: 1\n");
    fs.put("out/prod/shop/80-crlf.yaml", "kind: Role\r\n");
    let before = fs.files();
    let mut next = wanted.clone();
    next.remove("shop/70-job-gone.yaml");
    next.insert("shop/60-deployment-web.yaml", "kind: Deployment\nreplicas: 2\n");
    let (written, diagnostics) = render(&fs, &next)?;
    assert!(!written);
    assert_eq!(fs.files(), before);
    assert_eq!(
        lines(&diagnostics),
        [
            "W001 out/prod/shop/20-service-web.yaml: edited by hand since gen wrote it",
            "W001 out/prod/shop/30-sealedsecret-web.yaml: edited by hand since gen wrote it",
            "W001 out/prod/shop/70-job-gone.yaml: \
             edited by hand since gen wrote it, and no longer rendered",
            "W001 out/prod/shop/80-crlf.yaml: edited by hand since gen wrote it",
        ]
    );
    let help: Vec<&str> =
        diagnostics.iter().map(|diagnostic| diagnostic.help[0].as_str()).collect();
    assert_eq!(
        help,
        [
            "it first differs from the render in line 2: `port: 8080`, where gen writes `port: 80`",
            "it first differs from the render in line 2",
            "delete it, or keep what is in it elsewhere; then render again",
            "only its line endings changed: let git leave rendered files as they are, with a \
             line `* -text` in `.gitattributes` beside them; then delete it and render again",
        ]
    );
    for edited in ["20-service-web", "30-sealedsecret-web", "70-job-gone", "80-crlf"] {
        fs.remove_file(format!("out/prod/shop/{edited}.yaml").as_ref())?;
    }
    assert!(render(&fs, &next)?.0);
    assert_eq!(manifests(&fs, &BTreeMap::new()), as_manifests(&next));
    Ok(())
}

#[test]
fn an_edit_that_the_input_caught_up_with_is_no_mistake() -> Tested {
    let fs = MemoryFs::default();
    render(&fs, &OLD.into())?;
    fs.put("out/prod/shop/60-deployment-web.yaml", "deployment 2");
    let (written, diagnostics) = render(&fs, &next()[0])?;
    assert!(written && diagnostics.is_empty());
    let index = Index::parse(&fs.files()["out/prod/shop/.gen-index"])?;
    assert_eq!(index.files["60-deployment-web.yaml"].content, Digest::of(b"deployment 2"));
    Ok(())
}

#[test]
fn what_is_in_the_way_stops_the_render() -> Tested {
    let fs = MemoryFs::default();
    fs.put("out/prod/_environment/00-namespace-shop.yaml", "namespace");
    fs.put("out/prod/cart/20-service-redis.yaml", "foreign");
    fs.put_link("out/prod/shop/20-service-web.yaml", "/etc/passwd");
    fs.put("out/prod/shop/60-deployment-web.yaml/inner", "");
    fs.put_link("out/prod/mail", "/elsewhere");
    fs.put("elsewhere/20-service-smtp.yaml", "service");
    let before = fs.files();
    let mut wanted = Wanted::from(OLD);
    wanted.insert("mail/20-service-smtp.yaml", "service");
    let (written, diagnostics) = render(&fs, &wanted)?;
    assert!(!written);
    assert_eq!(fs.files(), before);
    assert_eq!(
        lines(&diagnostics),
        [
            "W002 out/prod/cart/20-service-redis.yaml: \
             gen did not write this file, but the input renders one of this name",
            "W003 out/prod/mail: a symbolic link stands where gen wants a stack's folder",
            "W003 out/prod/shop/20-service-web.yaml: \
             a symbolic link stands where gen wants a rendered file",
            "W003 out/prod/shop/60-deployment-web.yaml: \
             a folder stands where gen wants a rendered file",
        ]
    );

    let fs = MemoryFs::default();
    fs.put_link("out/prod", "dev");
    let (written, diagnostics) = render(&fs, &OLD.into())?;
    assert!(!written);
    assert_eq!(
        lines(&diagnostics),
        ["W003 out/prod: a symbolic link stands where gen wants the environment's folder"]
    );
    Ok(())
}

#[test]
fn foreign_manifests_are_mentioned() -> Tested {
    let fs = MemoryFs::default();
    put_foreign(&fs);
    let (written, diagnostics) = render(&fs, &OLD.into())?;
    assert!(written && !diagnostics.has_errors());
    assert_eq!(
        lines(&diagnostics),
        [
            "W004 out/prod/kustomization.yaml: \
             gen did not write this, but `kubectl apply -R` reads it",
            "W004 out/prod/shop/more: \
             gen did not write this, but `kubectl apply -R` reads what is in it",
        ]
    );
    Ok(())
}

#[test]
fn a_broken_index_stops_the_render() -> Tested {
    let fs = MemoryFs::default();
    render(&fs, &OLD.into())?;
    fs.put("out/prod/_environment/.gen-index", "gen-index 7 of the future\n");
    fs.put("out/prod/cart/.gen-index", "<<<<<<< HEAD\n");
    fs.put("out/prod/shop/.gen-index", "gen-index 1 gen 0.1.0 schema 1.34\n");
    let before = fs.files();
    let (written, diagnostics) = render(&fs, &next()[1])?;
    assert!(!written);
    assert_eq!(fs.files(), before);
    assert_eq!(
        lines(&diagnostics),
        [
            "W006 out/prod/_environment/.gen-index: \
             a newer gen wrote the index, in format 7; this one knows format 1",
            "W005 out/prod/cart/.gen-index: line 1 of the index is a conflict marker of a merge",
            "W005 out/prod/shop/.gen-index: the index has lost its end",
        ]
    );
    Ok(())
}

#[test]
fn stacks_of_other_renders_stay() -> Tested {
    let fs = MemoryFs::default();
    render(&fs, &OLD.into())?;
    let output = Output::new(&fs, "out", "out");
    let wanted = Wanted::from([("shop/20-service-web.yaml", "service 2")]);
    let held = output.hold()?;
    let prepared = held.prepare("prod", file_sets(&wanted), Scope::Stacks, &maker())?;
    assert_eq!(prepared.update().summary().to_string(), "out/prod/shop: 1 changed, 2 deleted\n");
    assert!(prepared.write()?);
    let left: Vec<String> = manifests(&fs, &BTreeMap::new()).into_keys().collect();
    assert_eq!(
        left,
        [
            "out/prod/_environment/00-namespace-shop.yaml",
            "out/prod/cart/20-service-redis.yaml",
            "out/prod/shop/20-service-web.yaml",
        ]
    );
    Ok(())
}

#[test]
fn a_comparison_says_what_is_stale_and_writes_nothing() -> Tested {
    let fs = MemoryFs::default();
    assert_eq!(compare(&fs, &Wanted::new())?.summary().to_string(), "out/prod: nothing changed\n");
    render(&fs, &OLD.into())?;
    let before = fs.files();
    assert!(compare(&fs, &OLD.into())?.stale().is_empty());
    let update = compare(&fs, &next()[1])?;
    assert_eq!(
        lines(&update.stale()),
        [
            "W007 out/prod/cart/20-service-redis.yaml: \
             still here, though the input no longer renders it",
            "W007 out/prod/mail/20-service-smtp.yaml: missing, though the input renders it",
            "W007 out/prod/shop/60-deployment-web.yaml: not what the input renders",
            "W007 out/prod/shop/70-job-migrate.yaml: \
             still here, though the input no longer renders it",
        ]
    );
    assert_eq!(
        update.summary().to_string(),
        "out/prod/cart: 1 deleted\n\
         out/prod/mail: 1 created\n\
         out/prod/shop: 1 changed, 1 deleted\n"
    );
    assert_eq!(fs.files(), before);

    fs.remove_file("out/prod/cart/.gen-index".as_ref())?;
    assert_eq!(
        lines(&compare(&fs, &OLD.into())?.stale()),
        ["W007 out/prod/cart/.gen-index: does not list what this folder holds"]
    );
    fs.put("out/prod/shop/60-deployment-web.yaml", "edited");
    let update = compare(&fs, &OLD.into())?;
    assert!(update.diagnostics.has_errors());
    assert_eq!(update.stale().iter().count(), 1);
    Ok(())
}

#[test]
fn a_mark_that_lies_about_does_no_harm() -> Tested {
    for (fs, foreign) in start(&OLD.into()) {
        fs.put("out/prod/.gen-staged", "");
        fs.put("out/prod/shop/.gen-staged", "");
        for wanted in next() {
            render(&fs, &wanted)?;
            assert_foreign_intact(&fs, &foreign, "with a mark about");
        }
        render(&fs, &OLD.into())?;
        assert_eq!(manifests(&fs, &foreign), as_manifests(&OLD.into()));
    }
    Ok(())
}

#[test]
fn an_edit_after_a_kill_survives_the_recovery() {
    in_order(|| {
        let wanted = &next()[1];
        for (started, _) in start(&OLD.into()) {
            at_each_operation(&started, |fs, operation| {
                fs.kill_at(operation);
                let _ = render(fs, wanted);
                let fs = &fs.fork();
                let edited =
                    ["out/prod/shop/60-deployment-web.yaml", "out/prod/kustomization.yaml"];
                for path in edited {
                    fs.put(path, format!("edited {path}"));
                }
                let _ = render(fs, wanted);
                let files = fs.files();
                for path in edited {
                    let edit = format!("edited {path}").into_bytes();
                    assert_eq!(files.get(path), Some(&edit), "{path} after {operation}");
                }
            });
        }
    });
}

#[test]
fn renders_at_once_end_in_one_of_them() -> Tested {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("out");
    let all: Vec<Wanted> = next().into_iter().chain([OLD.into()]).collect();
    std::thread::scope(|scope| {
        let renders: Vec<_> = (0..4)
            .flat_map(|_| &all)
            .map(|wanted| {
                let root = root.clone();
                scope.spawn(move || -> Result<bool, Error> {
                    let output = Output::new(&Disk, root, "out");
                    let held = output.hold()?;
                    let sets = file_sets(wanted);
                    let prepared = held.prepare("prod", sets, Scope::Environment, &maker())?;
                    assert!(!prepared.update().diagnostics.has_errors());
                    prepared.write()
                })
            })
            .collect();
        for render in renders {
            assert!(matches!(render.join(), Ok(Ok(_))));
        }
    });
    let left: BTreeSet<String> = crate::fs::walk(&Disk, &root)?
        .into_iter()
        .filter(|path| !path.ends_with(Index::NAME))
        .collect();
    let paths = |wanted: &Wanted| -> BTreeSet<String> {
        wanted.keys().map(|path| format!("prod/{path}")).collect()
    };
    assert!(all.iter().any(|wanted| paths(wanted) == left), "{left:?}");
    Ok(())
}

#[test]
fn the_real_disk_keeps_the_times_of_what_did_not_change() -> Tested {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("out");
    let output = Output::new(&Disk, &root, "out");
    let write = |wanted: &Wanted| -> Result<bool, Error> {
        let held = output.hold()?;
        held.prepare("prod", file_sets(wanted), Scope::Environment, &maker())?.write()
    };
    assert!(write(&OLD.into())?);
    let kept = root.join("prod/shop/20-service-web.yaml");
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().append(true).open(&kept)?.set_modified(time)?;
    std::fs::write(root.join("prod/shop/notes.md"), "mine")?;
    for wanted in next().iter().take(4) {
        assert!(write(wanted)?);
        assert_eq!(std::fs::metadata(&kept)?.modified()?, time);
        assert_eq!(std::fs::read(root.join("prod/shop/notes.md"))?, b"mine");
    }
    assert!(!write(&next()[3])?);
    assert_eq!(Disk.kind(&root.join(".gen-work"))?, None);
    Ok(())
}

proptest! {
    /// Whatever was rendered before, and wherever foreign files lie, a render that is done has
    /// the disk hold what it wants, and the foreign files too.
    #[test]
    fn any_series_of_renders_ends_in_the_last(
        renders in prop::collection::vec(
            prop::collection::btree_map(
                prop::sample::select(vec!["a/1.yaml", "a/2.yaml", "b/1.yaml", "c/3.yaml"]),
                prop::sample::select(vec!["one", "two", ""]),
                0..4,
            ),
            1..5,
        ),
        foreign in prop::collection::btree_map(
            prop::sample::select(vec!["a/own", "b/x/own", "d/own.yaml", "own", "c/own"]),
            "[a-z]{0,3}",
            0..5,
        ),
        exchanges: bool,
        links: bool,
    ) {
        let fs = MemoryFs::default();
        if !exchanges {
            fs.without_exchange();
        }
        if !links {
            fs.without_links();
        }
        let mut expected: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (path, content) in &foreign {
            fs.put(format!("out/prod/{path}"), content);
            expected.insert(format!("out/prod/{path}"), content.clone().into_bytes());
        }
        for wanted in &renders {
            let (_, diagnostics) = render(&fs, wanted).expect("nothing fails");
            prop_assert!(!diagnostics.has_errors());
            prop_assert!(compare(&fs, wanted).expect("nothing fails").is_empty());
        }
        expected.extend(as_manifests(renders.last().expect("there is one")));
        let mut left = fs.files();
        left.retain(|path, _| !path.ends_with(Index::NAME));
        prop_assert_eq!(left, expected);
    }
}

#[test]
fn an_emptied_environment_leaves_no_folder() -> Tested {
    let fs = MemoryFs::default();
    render(&fs, &OLD.into())?;
    render(&fs, &Wanted::new())?;
    assert_eq!(fs.paths(), ["out/"]);
    assert_eq!(fs.kind("out".as_ref())?, Some(EntryKind::Folder));
    Ok(())
}

/// A journal or a work folder that came with a branch.
#[test]
fn a_journal_that_no_render_wrote_moves_nothing() {
    let digest = Digest::of(b"x");
    for journal in [
        "swap ../secret\nend\n".to_owned(),
        "swap /etc\nend\n".into(),
        "swap prod/../../secret\nend\n".into(),
        "swap .gen-work/old\nend\n".into(),
        "swap prod/shop/more\nend\n".into(),
        "swap \nend\n".into(),
        "swap PROD\nend\n".into(),
        format!("swap prod/shop\n{digest} ../web.yaml\nend\n"),
        format!("swap prod\n{digest} web.yaml\nend\n"),
        format!("swap prod\n{digest} shop/more/web.yaml\nend\n"),
        "swap dev/shop\nend\n".into(),
        "no journal".into(),
    ] {
        let fs = MemoryFs::default();
        fs.put("out/prod/shop/20-service-web.yaml", "service");
        fs.put("out/.gen-work/old/planted", "planted");
        fs.put("out/.gen-work/journal", &journal);
        fs.put_link("out/dev", "../secret");
        fs.put("secret/file", "secret");
        let before = fs.paths();
        let (wrote, diagnostics) = render(&fs, &OLD.into()).expect("nothing fails");
        assert!(!wrote, "{journal}");
        let expected = "W009 out/.gen-work: this is not what a killed render leaves behind";
        assert_eq!(lines(&diagnostics), [expected], "{journal}");
        assert_eq!(fs.paths(), before, "{journal}");
    }
}

#[test]
fn what_stands_in_the_place_of_the_work_folder_stops_the_render() {
    let fs = MemoryFs::default();
    fs.put_link("out/.gen-work", "../secret");
    fs.put("secret/journal", "swap prod\nend\n");
    let (wrote, diagnostics) = render(&fs, &OLD.into()).expect("nothing fails");
    assert!(!wrote);
    let expected = "W003 out/.gen-work: a symbolic link stands where gen wants its work folder";
    assert_eq!(lines(&diagnostics), [expected]);
}

#[test]
fn an_output_that_is_a_link_is_neither_read_nor_written() -> Tested {
    let fs = MemoryFs::default();
    fs.put_link("out", "elsewhere");
    fs.put("elsewhere/prod/shop/20-service-web.yaml", "secret");
    let before = fs.paths();
    let expected = ["W003 out: a symbolic link stands where gen wants the folder of the output"];
    let (wrote, diagnostics) = render(&fs, &OLD.into())?;
    assert!(!wrote);
    assert_eq!(lines(&diagnostics), expected);
    let update = compare(&fs, &OLD.into())?;
    assert!(!update.is_empty() && !update.is_whole);
    assert_eq!(lines(&update.diagnostics), expected);
    assert_eq!(fs.paths(), before);
    Ok(())
}

/// Texts near to a journal or an index.
fn state() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("swap ".to_owned()),
        Just("end\n".into()),
        Just("gen-index 1 gen 0.1.0 schema 1.34\n".into()),
        Just(Digest::of(b"planted").to_string()),
        "[a-z./ \n]{1,12}",
        Just("prod/shop\n".into()),
        Just("../secret\n".into()),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn whatever_state_a_branch_brings_stays_in_the_output(
        journal in state(),
        index in state(),
        marked: bool,
        live: bool,
    ) {
        let fs = MemoryFs::default();
        fs.put("out/.gen-work/journal", &journal);
        fs.put("out/.gen-work/old/shop/planted", "planted");
        fs.put("out/.gen-work/stage/planted", "planted");
        if marked {
            fs.put("out/.gen-work/stage/.gen-staged", "");
        }
        if live {
            fs.put("out/prod/shop/.gen-index", &index);
        }
        fs.put("secret/file", "secret");
        fs.put_link("out/dev", "../secret");
        let outside = |fs: &MemoryFs| {
            let mut files = fs.files();
            files.retain(|path, _| !path.starts_with("out/"));
            files
        };
        let before = outside(&fs);
        for _ in 0..2 {
            let _ = render(&fs, &OLD.into());
            prop_assert_eq!(&outside(&fs), &before);
        }
    }
}
