//! Durations as Go prints them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// A duration that is written as Go's `time.Duration` prints itself (`1h0m0s`).
///
/// Controllers parse a duration and write it back in this form; written in any other, a
/// `GitOps` engine sees a difference that nobody made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct GoDuration(pub Duration);

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let nanos = self.0.subsec_nanos();
        if seconds == 0 {
            return match nanos {
                0 => f.write_str("0s"),
                1..1_000 => write!(f, "{nanos}ns"),
                1_000..1_000_000 => {
                    Fraction { whole: nanos / 1_000, part: nanos % 1_000, digits: 3 }.write(f, "µs")
                }
                _ => Fraction { whole: nanos / 1_000_000, part: nanos % 1_000_000, digits: 6 }
                    .write(f, "ms"),
            };
        }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        Fraction { whole: seconds % 60, part: nanos, digits: 9 }.write(f, "s")
    }
}

/// A number with `digits` digits after the point, of which trailing zeros are not shown.
struct Fraction<N> {
    whole: N,
    part: u32,
    digits: usize,
}

impl<N: fmt::Display> Fraction<N> {
    fn write(&self, f: &mut fmt::Formatter<'_>, unit: &str) -> fmt::Result {
        let Self { whole, part, digits } = self;
        let part = format!("{part:0digits$}");
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{part}{unit}")
    }
}

/// Text that is no duration to Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a duration such as `30s` or `1h30m`")]
pub struct DurationError;

impl FromStr for GoDuration {
    type Err = DurationError;

    /// Reads what Go's `time.ParseDuration` reads, negative durations aside: numbers with units
    /// (`1h30m`, `1.5s`), or `0`.
    fn from_str(text: &str) -> Result<Self, DurationError> {
        if text == "0" {
            return Ok(Self::default());
        }
        let mut nanos: u64 = 0;
        let mut rest = text;
        if text.is_empty() {
            return Err(DurationError);
        }
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
            let (number, after) = rest.split_at(number.ok_or(DurationError)?);
            let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, after) = after.split_at(unit);
            let part = in_nanos(number, unit).ok_or(DurationError)?;
            nanos = nanos.checked_add(part).ok_or(DurationError)?;
            rest = after;
        }
        // Go keeps nanoseconds in an i64.
        i64::try_from(nanos).map_err(|_| DurationError)?;
        Ok(Self(Duration::from_nanos(nanos)))
    }
}

/// A decimal number of a unit in nanoseconds; what is smaller than one is cut off.
fn in_nanos(number: &str, unit: &str) -> Option<u64> {
    let unit: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() || part.contains('.') {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut fraction: u128 = 0;
    let mut scale: u128 = 1;
    for digit in part.bytes().take(18) {
        fraction = fraction * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    let fraction = u64::try_from(u128::from(unit) * fraction / scale).ok()?;
    unit.checked_mul(whole)?.checked_add(fraction)
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_as_go_does() {
        let cases = [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(1), "1ns"),
            (Duration::from_nanos(1_100), "1.1µs"),
            (Duration::from_micros(2_200), "2.2ms"),
            (Duration::from_millis(300), "300ms"),
            (Duration::from_secs(1), "1s"),
            (Duration::from_millis(3_300), "3.3s"),
            (Duration::from_secs(60), "1m0s"),
            (Duration::from_secs(245), "4m5s"),
            (Duration::from_millis(245_001), "4m5.001s"),
            (Duration::from_secs(3600), "1h0m0s"),
            (Duration::from_millis(18_367_001), "5h6m7.001s"),
            (Duration::from_secs(90 * 24 * 3600), "2160h0m0s"),
            (Duration::from_nanos(480_000_000_001), "8m0.000000001s"),
        ];
        for (duration, printed) in cases {
            assert_eq!(GoDuration(duration).to_string(), printed);
        }
    }

    #[test]
    fn reads_as_go_does() {
        let read = |text: &str| text.parse().map(|duration: GoDuration| duration.to_string());
        for (text, printed) in [
            ("0", "0s"),
            ("1h", "1h0m0s"),
            ("90m", "1h30m0s"),
            ("1h15m30.918s", "1h15m30.918s"),
            (".5s", "500ms"),
            ("1.s", "1s"),
            ("10.5s4m", "4m10.5s"),
            ("1us", "1µs"),
            ("0.25h", "15m0s"),
        ] {
            assert_eq!(read(text), Ok(printed.to_owned()), "{text}");
        }
        for text in ["", "3", "-1h", "s", ".", ".s", "1x", "1h ", "1..5s", "99999999h", "1 h"] {
            assert_eq!(read(text), Err(DurationError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in 0..i64::MAX.unsigned_abs()) {
            let duration = GoDuration(Duration::from_nanos(nanos));
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
