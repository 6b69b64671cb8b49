//! Eight bytes at a time.

/// A byte in each lane of a word.
pub(super) const fn lanes(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each lane of a word that is a byte.
#[inline]
pub(super) const fn lanes_that_are(word: u64, byte: u8) -> u64 {
    let others = word ^ lanes(byte);
    let low = lanes(0x7f);
    !(((others & low) + low) | others) & lanes(0x80)
}

/// How many bytes come before the lane of the lowest bit.
#[inline]
pub(super) const fn bytes_before(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

/// A number that texts seldom share, the highest bits the best, of a number and some words of a
/// text.
#[inline]
pub(crate) fn print<'w>(seed: u64, words: impl Iterator<Item = &'w [u8; 8]>) -> u64 {
    // Odd numbers of which nothing is known.
    const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];
    let mixed = words.fold(seed.wrapping_mul(FACTORS[1]), |mixed, word| {
        (mixed.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTORS[0])
    });
    (mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_lane_is_found_and_no_other(bytes in proptest::array::uniform8(0_u8..4), byte in 0_u8..4, high: bool) {
            let raise = |byte: u8| if high { byte | 0x80 } else { byte };
            let bytes = bytes.map(raise);
            let mut found = lanes_that_are(u64::from_le_bytes(bytes), raise(byte));
            for (at, &one) in bytes.iter().enumerate() {
                if one == raise(byte) {
                    prop_assert_eq!(bytes_before(found), at);
                    found &= found - 1;
                }
            }
            prop_assert_eq!(found, 0);
        }
    }
}
