//! The command line of gen: parse the arguments, run, exit.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// It takes memory in few large pieces: for the system to map each page of thousands of objects
/// by itself, and each page of each thread twice, took a quarter of the time to check them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    gen_compiler::cli::main()
}
