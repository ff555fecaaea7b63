//! Bytes as hexadecimal text, for the few places where JSON carries bytes.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The text is not pairs of hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not pairs of hexadecimal digits")]
pub struct NotHex;

/// Returns two lower-case digits for each byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads bytes back, in either case.
///
/// # Errors
/// If a digit is missing or is none.
pub fn decode(text: &str) -> Result<Vec<u8>, NotHex> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(NotHex);
    }
    text.as_bytes().chunks(2).map(byte).collect()
}

fn byte(pair: &[u8]) -> Result<u8, NotHex> {
    pair.iter().try_fold(0, |sum, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(NotHex)?;
        u8::try_from(digit).map(|digit| sum * 16 + digit).map_err(|_| NotHex)
    })
}

pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&encode(bytes))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    decode(&String::deserialize(from)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went() {
        let bytes = [0, 1, 0x7f, 0x80, 0xff];
        assert_eq!(encode(&bytes), "00017f80ff");
        assert_eq!(decode("00017F80ff").unwrap(), bytes);
    }

    #[test]
    fn anything_else_than_pairs_of_digits_is_refused() {
        for text in ["0", "0g", "+1", "é", "0x00"] {
            assert_eq!(decode(text), Err(NotHex), "{text}");
        }
    }
}
