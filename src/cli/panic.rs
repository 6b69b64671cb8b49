//! What is said when gen itself is at fault.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;

/// Makes a panic ask for a report. The process then exits with 101, as no other end of gen does.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        let text = report(message(panic), &place, &Backtrace::capture());
        // There is no other place to complain to.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }));
}

fn message<'p>(panic: &'p PanicHookInfo) -> &'p str {
    let payload = panic.payload();
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "no message",
    }
}

fn report(message: &str, place: &str, backtrace: &Backtrace) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let trace = match backtrace.status() {
        BacktraceStatus::Captured => backtrace.to_string(),
        _ => "(RUST_BACKTRACE=1 in the environment shows more lines to send)\n".to_owned(),
    };
    format!(
        "error: this is a bug in gen, not in your input\n\
         please report it: send these lines and, if you can, the input that leads to them\n\n\
         gen {version} panicked{place}: {message}\n{trace}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_takes_the_blame_and_asks_for_a_report() {
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "error: this is a bug in gen, not in your input\n\
             please report it: send these lines and, if you can, the input that leads to them\n\
             \n\
             gen {version} panicked at src/x.rs:1:2: no way\n\
             (RUST_BACKTRACE=1 in the environment shows more lines to send)\n"
        );
        assert_eq!(report("no way", " at src/x.rs:1:2", &Backtrace::disabled()), expected);
    }
}
