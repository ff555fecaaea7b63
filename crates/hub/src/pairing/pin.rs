//! The PIN that a device asks its person for before a door is unlocked.
//!
//! It guards against a phone that lies unlocked on a table: whoever takes it has the
//! device's key and a session, and not the PIN. Five wrong tries are all there are, so
//! that six digits suffice; the hash is slow for whoever has the database and its key.

use doorward_store::PinHash;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{NoRandomness, draw};

/// How many digits a PIN may have.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// scrypt's cost: 32 MiB and a tenth of a second.
const LOG_N: u8 = 15;
const R: u32 = 8;
const P: u32 = 1;

/// A PIN that somebody typed, of the right form.
pub(crate) struct Pin(SecretString);

/// Why a text is no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PinFormat {
    /// Not that many digits.
    #[error("a PIN has 6 to 12 digits")]
    NotDigits,
    /// One of the few that people try first.
    #[error("this PIN is one of the first that anybody tries; choose another")]
    Obvious,
}

impl Pin {
    /// Reads a PIN that shall be set.
    pub(crate) fn choose(text: SecretString) -> Result<Self, PinFormat> {
        let pin = Self::typed(text)?;
        let digits = pin.0.expose_secret().as_bytes();
        let steps = digits.iter().zip(digits.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
        let (up, down) = (1, 1_u8.wrapping_neg());
        let obvious = [0, up, down].iter().any(|step| steps.clone().all(|found| found == *step));
        if obvious { Err(PinFormat::Obvious) } else { Ok(pin) }
    }

    /// Reads a PIN that was typed.
    pub(crate) fn typed(text: SecretString) -> Result<Self, PinFormat> {
        let digits = text.expose_secret().as_bytes();
        if DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(text))
        } else {
            Err(PinFormat::NotDigits)
        }
    }

    /// Hashes the PIN with a fresh salt. Computes for a tenth of a second: call it from
    /// a thread that may block.
    pub(crate) fn hash(&self) -> Result<PinHash, NoRandomness> {
        let salt = draw()?;
        Ok(PinHash { salt, hash: self.slow_hash(&salt) })
    }

    /// Compares with what is kept, in a time that tells nothing. Computes for a tenth
    /// of a second too.
    pub(crate) fn is(&self, kept: &PinHash) -> bool {
        self.slow_hash(&kept.salt).ct_eq(&kept.hash).into()
    }

    fn slow_hash(&self, salt: &[u8; 16]) -> [u8; 32] {
        let params =
            scrypt::Params::new(LOG_N, R, P, 32).expect("constants within scrypt's bounds");
        let mut hash = [0; 32];
        scrypt::scrypt(self.0.expose_secret().as_bytes(), salt, &params, &mut hash)
            .expect("32 bytes are a length that scrypt gives");
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Result<Pin, PinFormat> {
        Pin::choose(SecretString::from(text))
    }

    #[test]
    fn a_pin_is_known_again_and_another_is_not() {
        let kept = pin("402917").unwrap().hash().unwrap();
        assert!(pin("402917").unwrap().is(&kept));
        assert!(!pin("402918").unwrap().is(&kept));
    }

    #[test]
    fn equal_pins_leave_different_hashes() {
        let (one, two) =
            (pin("402917").unwrap().hash().unwrap(), pin("402917").unwrap().hash().unwrap());
        assert!(one != two);
    }

    #[test]
    fn what_is_short_obvious_or_no_number_is_refused() {
        for text in ["", "12345", "1234567890123", "12345a", "４０２９１７"] {
            assert!(matches!(pin(text), Err(PinFormat::NotDigits)), "{text}");
        }
        for text in ["000000", "123456", "987654", "77777777"] {
            assert!(matches!(pin(text), Err(PinFormat::Obvious)), "{text}");
        }
        assert!(Pin::typed(SecretString::from("123456")).is_ok());
    }
}
