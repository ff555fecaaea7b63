//! Bytes as base64url text without padding (RFC 4648 §5), as browsers exchange keys
//! and signatures.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::ToSchema;

/// Bytes that go over the wire as base64url text without padding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String)]
pub struct Base64Url(pub Vec<u8>);

/// The text is not base64url without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding")]
pub struct NotBase64Url;

impl Base64Url {
    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Base64Url {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Base64Url {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl std::fmt::Display for Base64Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl std::str::FromStr for Base64Url {
    type Err = NotBase64Url;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(|_| NotBase64Url)
    }
}

impl Serialize for Base64Url {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went() {
        let bytes = Base64Url(vec![0, 0xfb, 0xff, 0x7f]);
        assert_eq!(bytes.to_string(), "APv_fw");
        assert_eq!("APv_fw".parse(), Ok(bytes));
    }

    #[test]
    fn padding_and_the_other_alphabet_are_refused() {
        for text in ["APv_fw==", "APv/fw", "A", "é"] {
            assert_eq!(text.parse::<Base64Url>(), Err(NotBase64Url), "{text}");
        }
    }
}
