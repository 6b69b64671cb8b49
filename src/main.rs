//! The command line of gen: parse the arguments, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    gen_compiler::cli::main()
}
