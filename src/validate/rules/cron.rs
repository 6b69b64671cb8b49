//! Schedules of CronJobs, as `github.com/robfig/cron/v3` reads them (`ParseStandard`).

use std::ops::RangeInclusive;

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// It states a time zone.
    #[error("a time zone belongs in `timeZone`")]
    Zone,
    /// It has another number of fields than five.
    #[error("it has {0} fields instead of 5")]
    Fields(usize),
    /// It starts with `@` and goes on with no known word.
    #[error("there is no `{0}`")]
    Descriptor(String),
    /// One of the fields is wrong.
    #[error("`{part}` is no {field}")]
    Part {
        /// What stands there.
        part: String,
        /// What belongs there.
        field: &'static str,
    },
}

struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    words: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", range: 0..=59, words: &[] },
    Field { name: "hour", range: 0..=23, words: &[] },
    Field { name: "day of the month", range: 1..=31, words: &[] },
    Field { name: "month", range: 1..=12, words: &MONTHS },
    Field { name: "day of the week", range: 0..=6, words: &DAYS },
];

/// Checks a schedule.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(line: &str) -> Result<(), CronError> {
    if line.contains("TZ=") {
        return Err(CronError::Zone);
    }
    if let Some(word) = line.strip_prefix('@') {
        return descriptor(word).then_some(()).ok_or(CronError::Descriptor(line.to_owned()));
    }
    let parts: Vec<&str> = line.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        return Err(CronError::Fields(parts.len()));
    }
    for (part, field) in parts.into_iter().zip(&FIELDS) {
        if !part.split(',').filter(|range| !range.is_empty()).all(|range| field.has(range))
            || part.bytes().all(|byte| byte == b',')
        {
            return Err(CronError::Part { part: part.to_owned(), field: field.name });
        }
    }
    Ok(())
}

fn descriptor(word: &str) -> bool {
    let words = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
    words.contains(&word) || word.strip_prefix("every ").is_some_and(is_duration)
}

/// Whether Go's `time.ParseDuration` reads it.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let number =
            rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let digits = &rest[..rest.len() - number.len()];
        let units = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"];
        let unit =
            units.into_iter().filter(|unit| number.starts_with(unit)).max_by_key(|u| u.len());
        let Some(unit) = unit else { return false };
        let points = digits.bytes().filter(|byte| *byte == b'.').count();
        if points > 1 || points == digits.len() {
            return false;
        }
        rest = &number[unit.len()..];
    }
    !text.is_empty()
}

impl Field {
    /// Whether one item of a list is a value, a range or steps of this field.
    fn has(&self, item: &str) -> bool {
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            Some((range, step)) => (range, Some(step)),
        };
        let stepped = step.is_none_or(|step| number(step).is_some_and(|step| step > 0));
        let ranged = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => true,
            None => self.value(range).is_some(),
            Some((low, high)) => {
                let (low, high) = (self.value(low), self.value(high));
                low.zip(high).is_some_and(|(low, high)| low <= high)
            }
        };
        ranged && stepped
    }

    fn value(&self, text: &str) -> Option<u32> {
        let word = self.words.iter().position(|word| word.eq_ignore_ascii_case(text));
        let value = match word {
            Some(index) => u32::try_from(index).ok()? + self.range.start(),
            None => number(text)?,
        };
        self.range.contains(&value).then_some(value)
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schedules_are_read_as_the_server_reads_them() {
        for good in [
            "* * * * *",
            "*/5 * * * *",
            "0 4 1-15/3 jan-MAR mon,WED",
            "0 0 ? * ?",
            "0,30 8-18 * * 1-5",
            "5/15 * * * *",
            "@daily",
            "@every 1h30m",
            "@every 1.5h",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let part = |part: &str, field| CronError::Part { part: part.to_owned(), field };
        for (bad, error) in [
            ("", CronError::Fields(0)),
            ("* * * *", CronError::Fields(4)),
            ("* * * * * *", CronError::Fields(6)),
            ("60 * * * *", part("60", "minute")),
            ("* 24 * * *", part("24", "hour")),
            ("* * 0 * *", part("0", "day of the month")),
            ("* * * 13 *", part("13", "month")),
            ("* * * * 7", part("7", "day of the week")),
            ("* * * * fr", part("fr", "day of the week")),
            ("*/0 * * * *", part("*/0", "minute")),
            ("9-3 * * * *", part("9-3", "minute")),
            ("a * * * *", part("a", "minute")),
            ("1-2-3 * * * *", part("1-2-3", "minute")),
            ("@reboot", CronError::Descriptor("@reboot".to_owned())),
            ("@every soon", CronError::Descriptor("@every soon".to_owned())),
            ("TZ=UTC 0 0 * * *", CronError::Zone),
        ] {
            assert_eq!(check(bad), Err(error), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn values_in_range_make_a_schedule(
            minute in 0..60_u32, hour in 0..24_u32, day in 1..32_u32, month in 1..13_u32,
            weekday in 0..7_u32, step in 1..60_u32,
        ) {
            prop_assert_eq!(check(&format!("{minute} {hour} {day} {month} {weekday}")), Ok(()));
            prop_assert_eq!(check(&format!("*/{step} {hour}-23 * {month}/{step} *")), Ok(()));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}|@every [0-9.hms\u{b5}]{0,12}") {
            let _ = check(&text);
        }
    }
}
