//! The command line of gen.

fn main() {}
