//! The keys that follow from the root key, each a type of its own, so that one
//! cannot be handed to a function that wants another.

use secrecy::{ExposeSecret, SecretBox};

use super::root::{KEY_BYTES, RootKey};

/// The label of the key under which access codes are kept; its type is the core's.
pub(super) const CODE_MAC_LABEL: &[u8] = b"doorward/v1/code-mac";

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

        }
    )+};
}

derived_keys! {
    /// Encrypts the database's pages.
    DatabaseKey, b"doorward/v1/database", expose_database_key;
    /// The Ed25519 seed that signs the log's checkpoints.
    LogSigningSeed, b"doorward/v1/log-signing", expose_log_signing_seed;
    /// Seals the private keys of the hub's own certificates.
    CaSealingKey, b"doorward/v1/ca-sealing", expose_ca_sealing_key;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_derived_key_equals_another() {
        let root = RootKey::draw().unwrap();
        let database = DatabaseKey::derive(&root);
        let log = LogSigningSeed::derive(&root);
        let ca = CaSealingKey::derive(&root);
        let code_mac = root.derive(CODE_MAC_LABEL);
        let mut keys = [
            database.expose_database_key(),
            code_mac.expose_secret(),
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
