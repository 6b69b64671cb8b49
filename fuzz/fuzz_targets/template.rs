//! Any text is a template that renders, or one of which is said what is wrong; and it takes a
//! bounded time and a bounded memory to tell, which libFuzzer watches over.

#![no_main]

use gen_compiler::diagnostic::{Diagnostics, Report, Style, human};
use gen_compiler::foreign::{Facts, Templates};
use gen_compiler::fs::testing::MemoryFs;
use gen_compiler::load::Project;
use gen_compiler::plan::{TemplateUse, Val};
use gen_compiler::source::{Origin, Span};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let disk = MemoryFs::default();
    disk.put("templates/text.j2", text);
    disk.put("templates/objects.yaml", text);
    let project = Project::new(&disk, "");
    let file = project.sources.add("stack.yaml", "-");
    let at = Span { file, start: 0, end: 1 };
    let usage = |name: &str| TemplateUse {
        template: Val::new(name.to_owned(), Origin::Written(at)),
        with: [].into(),
        at,
    };
    let facts = Facts { stack: "shop", namespace: "shop", environment: "dev", domain: None };
    let templates = Templates::load(&project);
    let mut diagnostics = Diagnostics::default();
    let made = templates.text(&usage("text"), facts, &project, &mut diagnostics);
    assert_eq!(made.is_none(), diagnostics.has_errors(), "{diagnostics:?}");
    let _ = templates.instantiate(&usage("objects"), facts, &[], &project, &mut diagnostics);
    let _ = human(&Report::new(&diagnostics, &project.sources), Style::default());
});
