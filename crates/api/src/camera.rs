//! Cameras.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::id::CameraName;
use crate::status::CameraHealth;

/// A camera to be added.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddCamera {
    /// What people call it.
    pub name: CameraName,
    /// Where its stream is: `rtsp://HOST[:PORT]/PATH`, without user or password.
    pub url: String,
    /// How the hub logs in, if the camera asks.
    #[serde(default)]
    pub login: Option<CameraLogin>,
}

/// How the hub logs in to a camera.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraLogin {
    /// The user.
    pub username: String,
    /// The password.
    #[serde(with = "crate::secret")]
    pub password: SecretString,
}

/// A camera as its owner described it, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraView {
    /// What people call it.
    pub name: CameraName,
    /// Where its stream is, without user or password.
    pub url: String,
    /// The user with whom the hub logs in, if it does.
    pub username: Option<String>,
    /// How it is.
    pub health: CameraHealth,
}
