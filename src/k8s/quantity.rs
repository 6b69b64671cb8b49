//! Quantities of resources, such as `500m` or `1.5Gi`.
//!
//! The notation is that of `k8s.io/apimachinery/pkg/api/resource`: a decimal number and a
//! suffix, which is a power of ten (`n u m k M G T P E`), a power of 1024 (`Ki Mi Gi Ti Pi Ei`)
//! or an exponent (`e3`). Two quantities are equal when they mean the same amount.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// An amount, to a billionth, and the family of suffixes it was written with.
///
/// As on the server, what is finer than a billionth is rounded away from zero, and a quantity
/// with a power of 1024 is at most 2^63 - 1. Amounts beyond 10^29 are all the same here.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Decimal,
    Binary,
    Exponent,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// There is no number at the start.
    #[error("a quantity is a number and a suffix, such as 500m or 1.5Gi")]
    Number,
    /// What follows the number is no suffix.
    #[error(
        "a quantity ends in one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, \
         an exponent or nothing"
    )]
    Suffix,
}

const NANOS: i128 = 1_000_000_000;
const BINARY_MAXIMUM: i128 = i64::MAX as i128 * NANOS;
const DECIMAL_SUFFIXES: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY_SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// The amount that the server reads: a suffix without a digit it takes for 0, which nobody
    /// means.
    ///
    /// # Errors
    ///
    /// When the server takes it for no quantity.
    pub fn of_server(text: &str) -> Result<Self, QuantityError> {
        text.parse().or_else(|error| {
            let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
            let suffix = unsigned.strip_prefix('.').unwrap_or(unsigned);
            let has_more = suffix.starts_with(|first: char| first.is_ascii_digit() || first == '.');
            if text.is_empty() || has_more {
                return Err(error);
            }
            format!("0{suffix}").parse()
        })
    }

    /// The amount in billionths.
    #[must_use]
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is a number of whole things.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.nanos % NANOS == 0
    }
}

/// Nothing.
impl Default for Quantity {
    fn default() -> Self {
        Self { nanos: 0, family: Family::Decimal }
    }
}

/// The sum, in the notation of the first.
impl std::ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos), ..self }
    }
}

/// The difference, in the notation of the first.
impl std::ops::Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos), ..self }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let digits_end =
            |text: &str| text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        let (whole, rest) = unsigned.split_at(digits_end(unsigned));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits_end(rest)),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(QuantityError::Number);
        }
        let (scale, family) = suffix_of(suffix).ok_or(QuantityError::Suffix)?;
        let mut nanos = scale.nanos(whole, fraction);
        if family == Family::Binary {
            nanos = nanos.min(BINARY_MAXIMUM);
        }
        Ok(Self { nanos: if negative { -nanos } else { nanos }, family })
    }
}

/// What a suffix multiplies by.
enum Scale {
    Ten(i32),
    Two(u32),
}

fn suffix_of(suffix: &str) -> Option<(Scale, Family)> {
    let place = |suffixes: &[&str]| suffixes.iter().position(|known| *known == suffix);
    if let Some(index) = place(&DECIMAL_SUFFIXES) {
        return Some((Scale::Ten(3 * (i32::try_from(index).ok()? - 3)), Family::Decimal));
    }
    if let Some(index) = place(&BINARY_SUFFIXES) {
        return Some((Scale::Two(10 * u32::try_from(index).ok()?), Family::Binary));
    }
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let bounded = i32::try_from(exponent.clamp(-1000, 1000)).ok()?;
    Some((Scale::Ten(bounded), Family::Exponent))
}

impl Scale {
    /// How many nanos it makes of one, where that is a whole number: of all suffixes.
    fn whole_factor(&self) -> Option<i128> {
        match *self {
            Self::Ten(exponent @ -9..=18) => Some(10_i128.pow((exponent + 9).unsigned_abs())),
            Self::Ten(_) => None,
            Self::Two(exponent) => Some((1_i128 << exponent) * NANOS),
        }
    }

    /// The nanos of `whole.fraction` times this scale, rounded up, held below 2^127.
    fn nanos(&self, whole: &str, fraction: &str) -> i128 {
        if let (true, Some(factor)) = (fraction.is_empty(), self.whole_factor())
            && let Ok(whole) = whole.parse::<u64>()
        {
            return i128::from(whole).saturating_mul(factor);
        }
        match *self {
            Self::Ten(exponent) => {
                // Move the point: the digits that are left of it count whole nanos.
                let point = i64::try_from(whole.len()).unwrap_or(i64::MAX);
                let point = point.saturating_add(i64::from(exponent)).saturating_add(9);
                let mut nanos: i128 = 0;
                let mut above = false;
                let mut place = 0;
                for byte in whole.bytes().chain(fraction.bytes()) {
                    let digit = i128::from(byte - b'0');
                    if place < point {
                        nanos = nanos.saturating_mul(10).saturating_add(digit);
                    } else {
                        above |= digit != 0;
                    }
                    place += 1;
                }
                for _ in place..point {
                    if nanos == 0 || nanos == i128::MAX {
                        break;
                    }
                    nanos = nanos.saturating_mul(10);
                }
                nanos.saturating_add(i128::from(above))
            }
            Self::Two(exponent) => {
                let factor = 1_i128 << exponent;
                let whole = whole.bytes().fold(0_i128, |sum, byte| {
                    sum.saturating_mul(10).saturating_add(i128::from(byte - b'0'))
                });
                let whole = whole.saturating_mul(factor).saturating_mul(NANOS);
                // 18 digits behind the point: times a factor below 2^61 they stay below 2^127.
                let digits = fraction.bytes().map(|byte| i128::from(byte - b'0'));
                let padded = digits.clone().chain(std::iter::repeat(0)).take(18);
                let product = padded.fold(0_i128, |sum, digit| sum * 10 + digit) * factor;
                let above = product % NANOS != 0 || digits.skip(18).any(|digit| digit != 0);
                let nanos = product / NANOS;
                whole.saturating_add(nanos).saturating_add(i128::from(above))
            }
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

/// The form in which the server returns it: no fraction, the largest suffix that loses
/// nothing, in the family it was written with.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let whole = self.nanos / NANOS;
        if self.family == Family::Binary && self.is_whole() && whole.abs() >= 1024 {
            let mut amount = whole;
            let mut power = 0;
            while amount % 1024 == 0 && power + 1 < BINARY_SUFFIXES.len() {
                amount /= 1024;
                power += 1;
            }
            return write!(f, "{amount}{}", BINARY_SUFFIXES[power]);
        }
        let mut amount = self.nanos;
        let mut thousands = 0;
        let most = if self.family == Family::Exponent { usize::MAX } else { 9 };
        while amount % 1000 == 0 && thousands < most {
            amount /= 1000;
            thousands += 1;
        }
        match self.family {
            Family::Exponent if thousands == 3 => write!(f, "{amount}"),
            Family::Exponent => {
                let exponent = 3 * i64::try_from(thousands).unwrap_or(i64::MAX) - 9;
                write!(f, "{amount}e{exponent}")
            }
            _ => write!(f, "{amount}{}", DECIMAL_SUFFIXES[thousands]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_server_reads_a_suffix_alone_as_nothing() {
        for text in ["Gi", "-m", ".", "+.k"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
            assert!(Quantity::of_server(text).is_ok_and(Quantity::is_zero), "{text}");
        }
        for text in ["", "x", "1x", "1.2.3", "--1", ".."] {
            assert!(Quantity::of_server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_canonical_form_is_that_of_the_server() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0Mi", "0"),
            ("1", "1"),
            ("+1", "1"),
            ("1000m", "1"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1.5", "1500m"),
            ("100000", "100k"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("1Gi", "1Gi"),
            ("1024Mi", "1Gi"),
            ("512", "512"),
            ("1Ki", "1Ki"),
            ("0.5Ki", "512"),
            ("1.1Ki", "1126400m"),
            ("0.0001Ki", "102400u"),
            ("1e3", "1e3"),
            ("1E6", "1e6"),
            ("12e2", "1200"),
            ("1e-3", "1e-3"),
            ("0.1n", "1n"),
            ("-0.1n", "-1n"),
            ("-1500m", "-1500m"),
            ("9Ei", "9223372036854775807"),
            ("1E", "1E"),
        ] {
            let read = text.parse::<Quantity>().map(|quantity| quantity.to_string());
            assert_eq!(read.as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        use QuantityError::{Number, Suffix};
        for (text, error) in [
            ("", Number),
            ("Mi", Number),
            (".", Number),
            ("-", Number),
            ("lots", Number),
            (" 1", Number),
            ("1 ", Suffix),
            ("1K", Suffix),
            ("100MB", Suffix),
            ("1GB", Suffix),
            ("1ki", Suffix),
            ("1i", Suffix),
            ("1.1.1", Suffix),
            ("1e", Suffix),
            ("1e1.5", Suffix),
            ("1,5", Suffix),
            ("1--1", Suffix),
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text:?}");
        }
    }

    fn suffix() -> impl Strategy<Value = String> {
        let fixed =
            proptest::sample::select([&DECIMAL_SUFFIXES[..], &BINARY_SUFFIXES[..]].concat());
        prop_oneof![
            fixed.prop_map(str::to_owned),
            (-12..20_i32).prop_map(|exponent| format!("e{exponent}")),
        ]
    }

    proptest! {
        #[test]
        fn the_canonical_form_means_the_same(number in "-?[0-9]{1,12}(\\.[0-9]{0,12})?", suffix in suffix()) {
            let quantity: Quantity = format!("{number}{suffix}").parse()?;
            let canonical = quantity.to_string();
            let again: Quantity = canonical.parse()?;
            prop_assert_eq!(quantity, again);
            prop_assert_eq!(canonical, again.to_string());
        }

        #[test]
        fn a_whole_number_may_have_a_fraction_of_zeros(number in "[0-9]{1,40}", zeros in "0{1,20}", suffix in suffix()) {
            let read = |text: String| text.parse::<Quantity>();
            prop_assert_eq!(read(format!("{number}{suffix}"))?, read(format!("{number}.{zeros}{suffix}"))?);
        }

        #[test]
        fn whole_numbers_keep_their_order(a in any::<i32>(), b in any::<i32>(), suffix in suffix()) {
            let read = |number: i32| format!("{number}{suffix}").parse::<Quantity>();
            let (small, large) = (read(a.min(b))?, read(a.max(b))?);
            prop_assert!(small <= large);
        }

        #[test]
        fn a_binary_suffix_is_a_power_of_1024(number in 0..8000_i64, power in 1..5_usize) {
            let written: Quantity = format!("{number}{}", BINARY_SUFFIXES[power]).parse()?;
            let counted: Quantity = (number << (10 * power)).to_string().parse()?;
            prop_assert_eq!(written, counted);
        }

        #[test]
        fn a_decimal_suffix_moves_the_point(number in 0..100_000_i64, power in 0..7_usize) {
            let small: Quantity = format!("{number}000{}", DECIMAL_SUFFIXES[power]).parse()?;
            let large: Quantity = format!("{number}{}", DECIMAL_SUFFIXES[power + 1]).parse()?;
            prop_assert_eq!(small, large);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[-+.0-9eEinumkKMGTP]{0,60}") {
            let _ = text.parse::<Quantity>();
        }
    }
}
