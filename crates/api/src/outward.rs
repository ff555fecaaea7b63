//! What the hub connects to: inside the home networks, and nowhere else.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CameraName;

/// What the hub connects to of its own accord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outward {
    /// The networks that count as home, `address/bits`. Whatever is elsewhere is
    /// neither connected to nor let in.
    pub home_networks: Vec<String>,
    /// The cameras that are connected to, by their addresses.
    pub connects_to: Vec<Peer>,
    /// The broker that the hub is a client of, `mqtts://address:port`, if it is one.
    #[serde(default)]
    pub broker: Option<String>,
}

/// Something that the hub connects to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Peer {
    /// The camera.
    pub camera: CameraName,
    /// Its host and port, without login, path or parameters.
    pub host: String,
}
