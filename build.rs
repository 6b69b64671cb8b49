//! Says how the program is linked.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script reads what Cargo says and answers by printing"
)]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The 38,000 addresses in tables of gen and of its libraries would be computed at each start,
    // a tenth of a run on one stack. Without position independence the linker does it once.
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    let is_static =
        env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|set| set.contains("crt-static"));
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
