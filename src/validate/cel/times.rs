//! Times and spans of time.
//!
//! Source: `common/types/duration.go` and `timestamp.go` of `cel-go`; `ParseDuration` of Go's
//! `time`.

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, TimeDelta, Timelike};
use kube_cel::cel::Value;

use super::evaluate::{Result, error, no_overload};
use super::operators;
use super::{Fault, short};

/// `duration(TEXT)`.
pub fn duration(text: &str) -> Result {
    match nanoseconds(text) {
        Some(nanoseconds) => Ok(Value::Duration(TimeDelta::nanoseconds(nanoseconds))),
        None => error("type conversion error from 'string' to 'google.protobuf.Duration'"),
    }
}

/// The units of Go's durations, in nanoseconds.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `time.ParseDuration` of Go.
fn nanoseconds(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut sum = 0_i128;
    let mut rest = unsigned;
    while !rest.is_empty() || unsigned.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let (_, of_unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(amount(number, *of_unit)?)?;
        rest = after;
    }
    i64::try_from(if text.starts_with('-') { -sum } else { sum }).ok()
}

/// A number of a unit, in nanoseconds: what is smaller is cut off.
fn amount(number: &str, of_unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    // No unit has more than 13 digits.
    let fraction = &fraction[..fraction.len().min(18)];
    let parsed = |digits: &str| -> Option<i128> {
        if digits.is_empty() { Some(0) } else { digits.parse().ok() }
    };
    let places = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let parts = parsed(fraction)?.checked_mul(of_unit)?.checked_div(places)?;
    parsed(whole)?.checked_mul(of_unit)?.checked_add(parts)
}

/// `timestamp(TEXT)`.
pub fn timestamp(text: &str) -> Result {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => operators::timestamp(Some(time)),
        Err(_) => error("type conversion error from 'string' to 'google.protobuf.Timestamp'"),
    }
}

/// As `string()` writes a span.
pub fn seconds(duration: TimeDelta) -> String {
    let nanos =
        i128::from(duration.num_seconds()) * 1_000_000_000 + i128::from(duration.subsec_nanos());
    #[expect(clippy::cast_precision_loss, reason = "as Go divides")]
    let seconds = nanos as f64 / 1e9;
    format!("{seconds}s")
}

/// As `string()` writes a time.
pub fn rfc3339(time: &DateTime<FixedOffset>) -> String {
    let zulu = time.offset().local_minus_utc() == 0;
    let whole = time.to_rfc3339_opts(SecondsFormat::Nanos, zulu);
    // Go leaves out what is nothing at the end of the fraction.
    let (head, rest) = whole.split_at(19);
    let (fraction, zone) = rest.split_at(10);
    format!("{head}{}{zone}", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// What a function says of a time; `None` where there is none of that name.
pub fn part_of_time(
    time: &DateTime<FixedOffset>,
    name: &str,
    arguments: &[Value],
) -> Option<Result> {
    let part = |time: DateTime<FixedOffset>| {
        Some(i64::from(match name {
            "getFullYear" => time.year(),
            "getMonth" => i32::try_from(time.month0()).ok()?,
            "getDate" => i32::try_from(time.day()).ok()?,
            "getDayOfMonth" => i32::try_from(time.day0()).ok()?,
            "getDayOfWeek" => i32::try_from(time.weekday().num_days_from_sunday()).ok()?,
            "getDayOfYear" => i32::try_from(time.ordinal0()).ok()?,
            "getHours" => i32::try_from(time.hour()).ok()?,
            "getMinutes" => i32::try_from(time.minute()).ok()?,
            "getSeconds" => i32::try_from(time.second()).ok()?,
            "getMilliseconds" => i32::try_from(time.timestamp_subsec_millis()).ok()?,
            _ => return None,
        }))
    };
    let utc = FixedOffset::east_opt(0)?;
    let number = part(time.with_timezone(&utc))?;
    Some(match arguments {
        [] => Ok(Value::Int(number)),
        [Value::String(zone)] => match offset(zone) {
            Some(zone) => Ok(Value::Int(part(time.with_timezone(&zone))?)),
            None => Err(Fault::Unknown(format!("what time it is in `{}`", short(zone)))),
        },
        _ => no_overload(name),
    })
}

/// A zone that is always as far from UTC.
fn offset(zone: &str) -> Option<FixedOffset> {
    if matches!(zone, "" | "UTC") {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (hours, minutes) = digits.split_once(':')?;
    let parsed = |digits: &str| digits.parse::<i32>().ok().filter(|number| *number < 100);
    FixedOffset::east_opt(sign * (parsed(hours)? * 3600 + parsed(minutes)? * 60))
}
