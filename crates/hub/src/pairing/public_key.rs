//! A paired device's key: ECDSA on P-256 with SHA-256, as WebCrypto signs.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;

/// The public half of a paired device's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey(VerifyingKey);

/// The bytes are not the `SubjectPublicKeyInfo` of a point on P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not a P-256 key in SPKI form")]
pub(crate) struct NotAKey;

impl PublicKey {
    /// Reads a key, and checks that it is a point on the curve.
    pub(crate) fn parse(spki: &[u8]) -> Result<Self, NotAKey> {
        VerifyingKey::from_public_key_der(spki).map(Self).map_err(|_| NotAKey)
    }

    /// Says whether this key signed a text; `signature` is `r ‖ s`.
    pub(crate) fn signed(&self, text: &str, signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify(text.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer;
    use p256::pkcs8::EncodePublicKey;

    use super::*;

    /// A device's key pair, for tests.
    pub(crate) struct KeyPair(SigningKey);

    impl KeyPair {
        pub(crate) fn draw() -> Self {
            loop {
                if let Ok(key) = SigningKey::from_slice(&crate::pairing::draw::<32>().unwrap()) {
                    return Self(key);
                }
            }
        }

        pub(crate) fn spki(&self) -> Vec<u8> {
            p256::PublicKey::from(self.0.verifying_key()).to_public_key_der().unwrap().into_vec()
        }

        pub(crate) fn sign(&self, text: &str) -> Vec<u8> {
            let signature: Signature = self.0.sign(text.as_bytes());
            signature.to_bytes().to_vec()
        }
    }

    /// RFC 6979, A.2.5: P-256 with SHA-256, message "sample".
    #[test]
    fn a_signature_from_the_standard_is_right() {
        let point = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                     7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
        let prefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
        let spki = doorward_api::hex::decode(&format!("{prefix}{point}")).unwrap();
        let signature = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                         f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
        let signature = doorward_api::hex::decode(signature).unwrap();
        let key = PublicKey::parse(&spki).unwrap();
        assert!(key.signed("sample", &signature));
        assert!(!key.signed("simple", &signature));
    }

    #[test]
    fn another_keys_signature_is_wrong() {
        let (one, other) = (KeyPair::draw(), KeyPair::draw());
        let key = PublicKey::parse(&one.spki()).unwrap();
        assert!(key.signed("text", &one.sign("text")));
        assert!(!key.signed("text", &other.sign("text")));
        assert!(!key.signed("text", &[0; 64]));
        assert!(!key.signed("text", &[]));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let mut off_curve = KeyPair::draw().spki();
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(PublicKey::parse(&off_curve), Err(NotAKey));
        assert_eq!(PublicKey::parse(b"key"), Err(NotAKey));
    }
}
