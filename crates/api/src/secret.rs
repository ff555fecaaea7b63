//! Secrets on the wire: the one place where a boxed secret becomes JSON text.
//!
//! A field takes part with `#[serde(with = "crate::secret")]` (or `…::optional`, `…::list`), so that every
//! message which carries a secret can be found by that line.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

/// The same for a secret that may be absent.
pub(crate) mod optional {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(ExposeSecret::expose_secret).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SecretString>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
    }
}

/// The same for several.
pub(crate) mod list {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        secrets: &[SecretString],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(secrets.iter().map(ExposeSecret::expose_secret))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<SecretString>, D::Error> {
        Ok(Vec::<String>::deserialize(from)?.into_iter().map(SecretString::from).collect())
    }
}
