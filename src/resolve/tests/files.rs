//! Files beside a stack.

use super::{EVERYTHING, Outcome, World};
use crate::fs::testing::MemoryFs;

fn with_files(stack: &'static str, files: &[(&str, &[u8])]) -> Outcome {
    let fs = MemoryFs::default();
    fs.put("stacks/shop/stack.yaml", stack);
    fs.put("stacks/other/secret.txt", "no");
    for (path, bytes) in files {
        fs.put(format!("stacks/shop/{path}"), bytes);
    }
    fs.put_link("stacks/shop/away", "../other");
    World { environment: EVERYTHING, stacks: vec![("shop", stack)], files: fs, ..World::default() }
        .resolve()
}

#[test]
fn mounted_files_become_one_config_for_all_who_mount_them() {
    let outcome = with_files(
        r#"
services:
  web:
    image: nginx:1.29
    mounts: { /sql: { files: db/sql/ }, /etc/nginx/nginx.conf: { files: ./nginx.conf } }
    init: { migrate: { image: "flyway:11", mounts: { /flyway: { files: db/sql } } } }
"#,
        &[
            ("db/sql/1.sql", b"SELECT 1;\n"),
            ("db/sql/logo.png", b"\x89PNG\xff"),
            ("nginx.conf", b""),
        ],
    );
    let configs: Vec<(&str, Vec<&str>, usize)> = outcome
        .plan()
        .configs
        .iter()
        .map(|config| {
            let keys = config.data.keys().map(String::as_str).collect();
            (config.name.v.as_str(), keys, config.binary_data.len())
        })
        .collect();
    assert_eq!(
        configs,
        [("db-sql-files", vec!["1.sql"], 1), ("nginx-conf-files", vec!["nginx.conf"], 0)]
    );
    let mounts = &outcome.program("web").container.mounts;
    assert_eq!(mounts[0].sub_path, None);
    assert_eq!(mounts[1].sub_path.as_ref().map(|file| file.v.as_str()), Some("nginx.conf"));
}

#[test]
fn the_files_of_a_job_that_nobody_asks_for_are_left_out() {
    let outcome = with_files(
        "jobs: { verify: { image: nginx:1.29, onDemand: true, mounts: { /s: { files: scripts/ } } } }",
        &[("scripts/a.sh", b"")],
    );
    assert!(outcome.plan().configs.is_empty());
}

#[test]
fn a_config_of_files_may_have_data_too() {
    let outcome = with_files(
        r#"configs: { app: { files: conf/, data: { extra: "1" } } }"#,
        &[("conf/a.ini", b"x")],
    );
    let keys: Vec<&String> = outcome.plan().configs[0].data.keys().collect();
    assert_eq!(keys, ["a.ini", "extra"]);
    let outcome = with_files(
        r#"configs: { app: { files: conf/, data: { a.ini: "1" } } }"#,
        &[("conf/a.ini", b"x")],
    );
    assert_eq!(outcome.reports, ["R024 [a.ini] `a.ini` is the name of one of the files already"]);
}

#[test]
fn folders_in_a_mounted_folder_keep_their_place() {
    let outcome = with_files(
        "services: { web: { image: nginx:1.29, mounts: { /sql: { files: sql/ } } } }",
        &[
            ("sql/001/up.sql", b"a"),
            ("sql/001.up.sql", b"b"),
            ("sql/2/3/down.sql", b"c"),
            ("sql/read.me", b"d"),
        ],
    );
    let plan = outcome.plan();
    let data: Vec<(&str, &str)> =
        plan.configs[0].data.iter().map(|(key, value)| (key.as_str(), value.v.as_str())).collect();
    assert_eq!(
        data,
        [("001.up.sql", "b"), ("001.up.sql-2", "a"), ("2.3.down.sql", "c"), ("read.me", "d")]
    );
    let items: Vec<(&str, &str)> = plan.programs[0].container.mounts[0]
        .items
        .iter()
        .map(|(key, path)| (key.v.as_str(), path.v.as_str()))
        .collect();
    assert_eq!(
        items,
        [
            ("001.up.sql", "001.up.sql"),
            ("001.up.sql-2", "001/up.sql"),
            ("2.3.down.sql", "2/3/down.sql"),
            ("read.me", "read.me"),
        ]
    );
}

#[test]
fn keys_and_the_scripts_of_a_database_have_no_folders() {
    let outcome = with_files(
        r#"
configs: { pages: { files: pages/ } }
postgres:
  database:
    { version: "17", database: shop, user: shop, storage: 1Gi, initScripts: init/ }
"#,
        &[("pages/en/index.html", b""), ("init/later/a.sql", b""), ("init/a.sql", b"")],
    );
    let mut reports = outcome.reports;
    reports.sort();
    assert_eq!(
        reports,
        [
            "R044 [init/] `init/later` is a folder, and there can be only files here",
            "R044 [pages/] `pages/en` is a folder, and there can be only files here",
        ]
    );
}

#[test]
fn files_must_be_there_and_inside() {
    let large = vec![b'x'; (1 << 20) + 1];
    let outcome = with_files(
        "
services:
  web:
    image: nginx:1.29
    mounts:
      /a: { files: migration/ }
      /b: { files: ../other/ }
      /c: { files: /etc/passwd }
      /e: { files: large.bin }
      /f: { files: . }
      /g: { files: odd/ }
      /h: { files: nothing/at/all }
",
        &[("migrations/1.sql", b""), ("large.bin", &large), ("odd/a b", b"")],
    );
    assert_eq!(
        outcome.reports,
        [
            "R082 [migration/] there is no `migration` in `stacks/shop`",
            "R081 [../other/] `../other/` leads out of the folder of the stack",
            "R081 [/etc/passwd] `/etc/passwd` leads out of the folder of the stack",
            "R045 [large.bin] `large.bin` holds 1048577 bytes, and a ConfigMap at most 1048576",
            "R082 [.] this names no file",
            "R023 [odd/] `a b` cannot be the name of a file in a ConfigMap",
            "R082 [nothing/at/all] there is no `all` in `stacks/shop/nothing/at`",
        ]
    );
    assert!(outcome.help.contains(&"did you mean `migrations`?".to_owned()));
}

#[test]
fn a_link_within_the_project_is_followed() {
    let outcome = with_files(
        "services: { web: { image: nginx:1.29, mounts: { /a: { files: away/ } } } }",
        &[],
    );
    assert_eq!(outcome.plan().configs[0].data.keys().collect::<Vec<_>>(), ["secret.txt"]);
}

#[test]
fn a_text_of_a_template_is_a_key_of_its_own() {
    let outcome = with_files(
        r#"configs: { app: { files: conf/, data: { b: "1" }, templates: { c: { with: { workers: 4 } }, d: { template: c } } } }"#,
        &[("conf/a.ini", b"x")],
    );
    let config = &outcome.plan().configs[0];
    let uses: Vec<String> = config
        .templates
        .iter()
        .map(|(key, usage)| {
            let with: Vec<&String> = usage.with.keys().collect();
            format!("{key} {} {with:?}", usage.template.v)
        })
        .collect();
    assert_eq!(uses, [r#"c c ["workers"]"#, "d c []"]);
    let outcome = with_files(
        r#"configs: { app: { files: conf/, data: { b: "1" }, templates: { a.ini: {}, b: { with: { x: "${{ pod.ip }}" } } } } }"#,
        &[("conf/a.ini", b"x")],
    );
    assert_eq!(
        outcome.reports,
        [
            "R024 [a.ini] `a.ini` is the name of one of the files already",
            "R024 [b] `b` is the name of one of the keys of `data` already",
            "R016 [${{ pod.ip }}] `pod.ip` is known on the node alone, too late for a template's parameter",
        ]
    );
}
