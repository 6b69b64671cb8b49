//! Whatever journal and index lie in the output, a render changes nothing outside of it.

#![no_main]

use std::collections::BTreeMap;

use gen_compiler::emit::{Digest, File, FileSet, Maker, Output, Scope};
use gen_compiler::fs::testing::MemoryFs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|state: (&[u8], &[u8], &str, bool)| {
    let (journal, index, name, is_marked) = state;
    let fs = MemoryFs::default();
    fs.put("out/.gen-work/journal", journal);
    fs.put("out/.gen-work/old/shop/planted", "planted");
    fs.put("out/.gen-work/stage/planted", "planted");
    if is_marked {
        fs.put("out/.gen-work/stage/.gen-staged", "");
    }
    fs.put("out/prod/shop/.gen-index", index);
    fs.put("out/prod/shop/20-service-web.yaml", "service");
    fs.put("secret/file", "secret");
    fs.put_link("out/dev", "../secret");
    let outside = || {
        let mut files = fs.files();
        files.retain(|path, _| !path.starts_with("out/"));
        files
    };
    let before = outside();
    let output = Output::new(&fs, "out", "out");
    let _ = output.files(name, |_| true);
    if let Ok(held) = output.hold() {
        let file = File { bytes: b"service".to_vec(), input: Digest::of(b"input") };
        let files = BTreeMap::from([("20-service-web.yaml".to_owned(), file)]);
        let sets = vec![FileSet { folder: "shop".to_owned(), files }];
        let maker = Maker { generator: "0.1.0".into(), schema: "1.34".into() };
        if let Ok(prepared) = held.prepare("prod", sets, Scope::Environment, &maker) {
            let _ = prepared.write();
        }
    }
    assert_eq!(outside(), before);
});
