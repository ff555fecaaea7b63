//! Tokens: what whoever holds may do something with. Only their digests are kept.

use doorward_api::Base64Url;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{NoRandomness, draw};

/// A token of so many random bytes, as base64url text.
pub(crate) struct Token(SecretString);

/// SHA-256 of a token's text. A token has at least 128 random bits, so that nobody
/// finds it from its digest.
#[derive(Clone, Copy)]
pub(crate) struct TokenDigest([u8; 32]);

impl Token {
    /// Draws a token of so many random bytes.
    pub(crate) fn draw<const BYTES: usize>() -> Result<Self, NoRandomness> {
        let bytes = Zeroizing::new(draw::<BYTES>()?);
        Ok(Self(SecretString::from(Base64Url::from(bytes.as_slice()).to_string())))
    }

    /// Hands the token to whoever it was drawn for.
    pub(crate) fn into_secret(self) -> SecretString {
        self.0
    }

    /// Returns what is kept of it.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }
}

impl TokenDigest {
    /// Digests what somebody says is a token.
    pub(crate) fn of(text: &SecretString) -> Self {
        use secrecy::ExposeSecret;
        Self(Sha256::digest(text.expose_secret()).into())
    }

    /// Compares in a time that tells nothing.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Returns the digest, to look a token up by.
    pub(crate) const fn key(self) -> [u8; 32] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn no_token_is_drawn_twice_and_each_is_known_by_its_digest() {
        let (one, two) = (Token::draw::<16>().unwrap(), Token::draw::<16>().unwrap());
        assert!(!one.digest().is(&two.digest()));
        let digest = one.digest();
        let text = one.into_secret();
        assert_eq!(text.expose_secret().len(), 22);
        assert!(TokenDigest::of(&text).is(&digest));
    }
}
