//! Devices: their enrolment and its end.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::id::DeviceName;
use crate::status::Link;

/// A device to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolDevice {
    /// Its name, which becomes its identity and its topics' root.
    pub name: DeviceName,
    /// What it is.
    pub kind: DeviceKind,
    /// What it speaks.
    #[serde(default)]
    pub dialect: Dialect,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Moves a bolt.
    Lock,
    /// Takes codes.
    Keypad,
    /// Tells open from closed.
    Contact,
    /// Speaks for devices behind it.
    Bridge,
}

/// What a device speaks on MQTT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Doorward's own.
    #[default]
    Native,
    /// Zigbee2MQTT's.
    Zigbee2mqtt,
}

/// A device's identity, handed out once. The hub keeps no copy of the key.
#[derive(Serialize, Deserialize)]
pub struct Enrolment {
    /// The device.
    pub device: DeviceView,
    /// The hub's certificate authority, PEM.
    pub ca_pem: String,
    /// The device's certificate, PEM.
    pub client_pem: String,
    /// The device's private key, PEM.
    #[serde(with = "crate::secret")]
    pub client_key_pem: SecretString,
    /// The addresses at which the hub's broker listens, `host:port`.
    pub broker: Vec<String>,
}

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its name.
    pub name: DeviceName,
    /// What it is.
    pub kind: DeviceKind,
    /// What it speaks.
    pub dialect: Dialect,
    /// Whether it is connected.
    pub link: Link,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When its certificate ends.
    pub certificate_until: Timestamp,
    /// Whether and when its certificate was revoked.
    pub revoked_at: Option<Timestamp>,
}
