//! Devices: what they are, what they speak, and their enrolment, its renewal and its end.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::DeviceName;

/// A device to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolDevice {
    /// Its name, which becomes its identity and its topics' root.
    pub name: DeviceName,
    /// What it is.
    pub kind: DeviceKind,
    /// What it speaks.
    #[serde(default)]
    pub dialect: Dialect,
    /// A signing request, PEM, from a device that makes its own key; without one, the
    /// hub makes the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csr_pem: Option<String>,
}

/// A device whose certificate is to be followed by another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewDevice {
    /// A signing request, PEM, from a device that makes its own key; without one, the
    /// hub makes the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csr_pem: Option<String>,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// The home's own automation.
    HomeAssistant,
    /// Films; a program that looks after cameras is one too.
    Camera,
    /// Anything else. No part of a door.
    Other,
}

/// What a device is at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It moves the bolt.
    Lock,
    /// It takes codes.
    Keypad,
    /// It tells open from closed.
    Contact,
}

/// Whether a device can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Connected.
    Online,
    /// Not connected.
    Offline,
    /// It has not said since the hub started.
    Unknown,
}

/// What a device may ask of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// That it is locked.
    Lock,
    /// That it is locked, and that it is unlocked as its policy says.
    Unlock,
}

/// What a device speaks on MQTT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Doorward's own.
    #[default]
    Native,
    /// Zigbee2MQTT's.
    Zigbee2mqtt,
    /// Home Assistant's.
    HomeAssistant,
    /// Frigate's, carried and not read, as are those that follow.
    Frigate,
    /// Tasmota's.
    Tasmota,
    /// Shelly's.
    Shelly,
    /// ESPHome's own.
    Esphome,
    /// Z-Wave JS UI's.
    ZwaveJsUi,
}

/// A device's identity, handed out once. The hub keeps no copy of the key.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// The device.
    pub device: DeviceView,
    /// The hub's certificate authority, PEM.
    pub ca_pem: String,
    /// The device's certificate, PEM.
    pub client_pem: String,
    /// The device's private key, PEM; absent if the device made it.
    #[serde(with = "crate::secret::optional")]
    #[schema(value_type = Option<String>)]
    pub client_key_pem: Option<SecretString>,
    /// Where it connects.
    pub connection: Connection,
}

/// A device without TLS, to be enrolled with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolPlainDevice {
    /// Its name, which becomes its user name and its topics' root.
    pub name: DeviceName,
    /// What it is; locks, keypads, bridges and Home Assistant are refused.
    pub kind: DeviceKind,
    /// What it speaks.
    #[serde(default)]
    pub dialect: Dialect,
}

/// What a device without TLS is let in with, handed out once. The hub keeps a digest.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PlainEnrolment {
    /// The device.
    pub device: DeviceView,
    /// Its user name.
    pub username: String,
    /// Its password.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub password: SecretString,
    /// Where it connects.
    pub connection: Connection,
}

/// Where a device connects, and below which topic it talks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Connection {
    /// The hub's names and addresses that its certificate bears, the likeliest to work
    /// first.
    pub hosts: Vec<String>,
    /// The broker's port.
    pub port: u16,
    /// The topic below which the device talks.
    pub base_topic: String,
}

/// What the owner needs to set a device up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceSettings {
    /// The device.
    pub device: DeviceView,
    /// Where it connects.
    pub connection: Connection,
}

/// What a device may publish and subscribe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceGrants {
    /// The device.
    pub device: DeviceName,
    /// What it is.
    pub kind: DeviceKind,
    /// What it speaks.
    pub dialect: Dialect,
    /// Topics on which it may publish, as MQTT filters.
    pub publish: Vec<String>,
    /// Topics to which it may subscribe, as MQTT filters.
    pub subscribe: Vec<String>,
}

/// A device that a bridge told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiscoveredDevice {
    /// What it is called here; absent if its name behind the bridge cannot be used
    /// (it has a slash, for example) and must be changed there first.
    pub name: Option<DeviceName>,
    /// Its name behind the bridge.
    pub friendly: String,
    /// Who made it.
    pub vendor: String,
    /// Its model.
    pub model: String,
    /// What its maker calls it.
    pub description: String,
    /// What it can be at a door.
    pub can_be: Vec<Part>,
    /// What it can do.
    pub abilities: Vec<Ability>,
}

/// Something that a device can do at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Moves a bolt and says where it is.
    Bolt,
    /// Tells a jam from an unlocked bolt.
    Jam,
    /// Keeps PINs of its own.
    Pins,
    /// Throws its bolt by itself after a time.
    AutoRelock,
    /// Tells open from closed.
    Contact,
    /// Tells the codes that are typed on it.
    Codes,
    /// Numbers each try, so that it can be answered.
    Answers,
}

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// When its certificate ends; absent for a device without TLS, which has a
    /// password.
    pub certificate_until: Option<Timestamp>,
    /// When the certificate ends that it was issued to follow that one, and has not
    /// shown yet.
    pub next_certificate_until: Option<Timestamp>,
    /// Whether and when its certificate was revoked.
    pub revoked_at: Option<Timestamp>,
}
