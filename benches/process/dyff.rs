//! `gen diff` side by side with dyff, on two files of 3,600 objects of which one in a hundred
//! changes. dyff shows what differs; gen also works out what that does to the cluster.

use std::fs;
use std::path::Path;

use crate::go;
use crate::manifests::{changed_system, system};
use crate::project::gen_command;
use crate::timing::{Subject, in_turns, table};

const VERSION: &str = "v1.12.0";

/// Builds dyff, writes the files, and measures both programs: with changes that concern no other
/// object, and with one more, of a Service, for which gen has to look at all objects.
pub fn compare(rounds: usize) -> Result<(), String> {
    let program = go::built("dyff", "github.com/homeport/dyff/cmd/dyff", VERSION)?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process/dyff");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = [
        ("old.yaml", system()),
        ("images.yaml", changed_system(false)),
        ("images-and-service.yaml", changed_system(true)),
    ];
    for (name, text) in &files {
        fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    for (new, _) in &files[1..] {
        let differ = gen_command(&folder, &["diff", "--from", "old.yaml", "--to", new], 1);
        let other = Subject {
            name: format!("dyff between old.yaml {new}"),
            program: program.clone(),
            arguments: ["between", "--omit-header", "old.yaml", new].map(str::to_owned).to_vec(),
            variables: Vec::new(),
            folder: folder.clone(),
            exit: 0,
        };
        let subjects = [differ, other];
        let measured = in_turns(&subjects, rounds);
        let [of_gen, of_dyff] = &measured[..] else { unreachable!("two subjects") };
        print!("{}", table(&subjects, &measured));
        let ratio = of_dyff.times(of_gen);
        println!("gen is {ratio:.1} times as fast: the median of {rounds} pairs of runs\n");
    }
    Ok(())
}
