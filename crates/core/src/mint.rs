//! The mint: new codes that are hard to guess, to mistype and to misread.
//!
//! The hub does not know the digits of live codes, only their MACs. A candidate
//! is therefore compared by trying all its near neighbours: 72 codes with one
//! digit changed and 7 with two neighbouring digits swapped.

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::code::{AccessCode, CODE_DIGITS, CodeMac, CodeMacKey, PrefixMac};

/// What the mint must stay clear of.
pub(crate) trait Taken {
    /// Says whether a code with this MAC is known, live or not.
    fn code(&self, mac: &CodeMac) -> bool;
    /// Says whether a live code at the same doors begins like this.
    fn prefix(&self, prefix: &PrefixMac) -> bool;
}

/// Makes a code.
///
/// Each rule refuses few candidates (about one in ten together), so that the
/// loop ends after one or two rounds; every round draws afresh.
pub(crate) fn mint(chance: &mut dyn CryptoRng, key: &CodeMacKey, taken: &dyn Taken) -> AccessCode {
    loop {
        let mut digits = draw(chance);
        let fits = !has_pattern(&digits);
        let code = AccessCode::from_digits(digits);
        let free = fits
            && !taken.prefix(&key.prefix_mac(&code))
            && !taken.code(&key.mac(&code))
            && !neighbours(&digits).any(|near| taken.code(&key.mac(&near)));
        digits.zeroize();
        if free {
            return code;
        }
    }
}

/// Draws eight digits, each equally likely: bytes of 250 and above are drawn
/// again, since 256 is no multiple of ten.
fn draw(chance: &mut dyn CryptoRng) -> [u8; CODE_DIGITS] {
    [(); CODE_DIGITS].map(|()| {
        loop {
            let mut byte = [0];
            chance.fill_bytes(&mut byte);
            let [byte] = byte;
            if byte < 250 {
                break b'0' + byte % 10;
            }
        }
    })
}

/// Says whether people would call it a pattern: a digit three times in a row,
/// four digits counting up or down, fewer than four different digits, or one
/// half like the other.
fn has_pattern(digits: &[u8; CODE_DIGITS]) -> bool {
    let (front, back) = digits.split_at(CODE_DIGITS / 2);
    let repeats = digits.windows(3).any(|w| w.iter().all(|d| Some(d) == w.first()));
    let counts = |step: i16| {
        digits.windows(4).any(|w| {
            w.iter().zip(w.iter().skip(1)).all(|(a, b)| i16::from(*b) - i16::from(*a) == step)
        })
    };
    let distinct = (b'0'..=b'9').filter(|d| digits.contains(d)).count();
    let mirrored = front.iter().eq(back.iter().rev());
    repeats || counts(1) || counts(-1) || distinct < 4 || front == back || mirrored
}

/// Returns the codes that one slip of a finger makes of this one.
fn neighbours(digits: &[u8; CODE_DIGITS]) -> impl Iterator<Item = AccessCode> {
    let digits = *digits;
    let changed = (0..CODE_DIGITS).flat_map(move |place| {
        (b'0'..=b'9').filter_map(move |digit| {
            let mut near = digits;
            let slot = near.get_mut(place)?;
            let differs = *slot != digit;
            *slot = digit;
            differs.then(|| AccessCode::from_digits(near))
        })
    });
    let swapped = (1..CODE_DIGITS).map(move |place| {
        let mut near = digits;
        near.swap(place - 1, place);
        AccessCode::from_digits(near)
    });
    changed.chain(swapped)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use secrecy::SecretBox;

    use super::*;

    #[derive(Default)]
    struct Book {
        codes: HashSet<CodeMac>,
        prefixes: HashSet<PrefixMac>,
    }

    impl Taken for Book {
        fn code(&self, mac: &CodeMac) -> bool {
            self.codes.contains(mac)
        }

        fn prefix(&self, prefix: &PrefixMac) -> bool {
            self.prefixes.contains(prefix)
        }
    }

    fn key() -> CodeMacKey {
        CodeMacKey::new(SecretBox::new(Box::new([7; 32])))
    }

    #[test]
    fn patterns_are_seen() {
        for text in ["11123456", "01234907", "98761402", "11221122", "48214821", "48211284"] {
            let code = AccessCode::parse(text).unwrap();
            assert!(has_pattern(code.expose_digits()), "{text}");
        }
        assert!(!has_pattern(AccessCode::parse("4821 0573").unwrap().expose_digits()));
    }

    #[test]
    fn a_code_has_seventy_nine_neighbours() {
        let code = AccessCode::parse("48210573").unwrap();
        assert_eq!(neighbours(code.expose_digits()).count(), 72 + 7);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn minted_codes_keep_their_distance(seed: u64) {
            let (key, mut book) = (key(), Book::default());
            let mut chance = ChaCha20Rng::seed_from_u64(seed);
            let mut all: Vec<[u8; CODE_DIGITS]> = Vec::new();
            for _ in 0..40 {
                let code = mint(&mut chance, &key, &book);
                let digits = *code.expose_digits();
                prop_assert!(!has_pattern(&digits));
                for other in &all {
                    let distance = digits.iter().zip(other).filter(|(a, b)| a != b).count();
                    prop_assert!(distance >= 2);
                    prop_assert_ne!(&digits[..4], &other[..4]);
                }
                book.codes.insert(key.mac(&code));
                book.prefixes.insert(key.prefix_mac(&code));
                all.push(digits);
            }
        }
    }
}
