//! The keys that follow from the root key, each a type of its own, so that one
//! cannot be handed to a function that wants another.

use secrecy::{ExposeSecret, SecretBox};

use super::root::{KEY_BYTES, RootKey};

macro_rules! derived_keys {
    ($($(#[$meta:meta])* $name:ident, $label:literal, $expose:ident;)+) => {$(
        $(#[$meta])*
        pub struct $name(SecretBox<[u8; KEY_BYTES]>);

        impl $name {
            pub(super) fn derive(root: &RootKey) -> Self {
                Self(root.derive($label))
            }

            /// Returns the key's bytes to the one place that uses them.
            #[must_use]
            pub fn $expose(&self) -> &[u8; KEY_BYTES] {
                self.0.expose_secret()
            }

            /// Hands the key over in its box.
            #[must_use]
            pub fn into_secret(self) -> SecretBox<[u8; KEY_BYTES]> {
                self.0
            }
        }
    )+};
}

derived_keys! {
    /// Encrypts the database's pages.
    DatabaseKey, b"doorward/v1/database", expose_database_key;
    /// Turns access codes into what the database keeps of them (HMAC-SHA-256).
    CodeMacKey, b"doorward/v1/code-mac", expose_code_mac_key;
    /// The Ed25519 seed that signs the log's checkpoints.
    LogSigningSeed, b"doorward/v1/log-signing", expose_log_signing_seed;
    /// Seals the private keys of the hub's own certificates.
    CaSealingKey, b"doorward/v1/ca-sealing", expose_ca_sealing_key;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_derived_key_equals_another_or_the_root() {
        let root = RootKey::draw().unwrap();
        let database = DatabaseKey::derive(&root);
        let mac = CodeMacKey::derive(&root);
        let log = LogSigningSeed::derive(&root);
        let ca = CaSealingKey::derive(&root);
        let mut keys = [
            database.expose_database_key(),
            mac.expose_code_mac_key(),
            log.expose_log_signing_seed(),
            ca.expose_ca_sealing_key(),
        ];
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(
            DatabaseKey::derive(&root).expose_database_key(),
            database.expose_database_key()
        );
    }
}
