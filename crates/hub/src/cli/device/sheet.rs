//! A sheet of settings for one device, and what it is made of.

use clap::ValueEnum;
use doorward_api::device::{DeviceView, Dialect};
use serde::Serialize;

/// Whether something can show a certificate when it connects, without which the hub lets
/// nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientCertificates {
    /// It can.
    Yes,
    /// Some of its models can.
    SomeModels,
    /// Not as it is released.
    No,
}

/// What the settings are made of.
pub(super) struct Facts<'a> {
    pub(super) device: &'a DeviceView,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) base_topic: &'a str,
    /// Where the device's files lie.
    pub(super) files: &'a str,
}

/// What runs on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Product {
    #[value(name = "zigbee2mqtt")]
    Zigbee2mqtt,
    HomeAssistant,
    Esphome,
    Tasmota,
    Shelly,
    Frigate,
    ZwaveJsUi,
}

impl Product {
    /// Returns what a device with this dialect runs, where there is no choice.
    pub(super) fn that_speaks(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Native => None,
            Dialect::Zigbee2mqtt => Some(Self::Zigbee2mqtt),
            Dialect::HomeAssistant => Some(Self::HomeAssistant),
            Dialect::Frigate => Some(Self::Frigate),
            Dialect::Tasmota => Some(Self::Tasmota),
            Dialect::Shelly => Some(Self::Shelly),
            Dialect::Esphome => Some(Self::Esphome),
            Dialect::ZwaveJsUi => Some(Self::ZwaveJsUi),
        }
    }

    /// Returns the folder in which a container of it keeps what must survive.
    pub(super) const fn home(self) -> &'static str {
        match self {
            Self::Zigbee2mqtt => "/app/data",
            Self::Frigate => "/config",
            Self::HomeAssistant
            | Self::Esphome
            | Self::Tasmota
            | Self::Shelly
            | Self::ZwaveJsUi => ".",
        }
    }
}

/// The settings for one device.
#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    /// What they are for.
    #[serde(rename = "for")]
    pub(super) product: Product,
    pub(super) client_certificates: ClientCertificates,
    /// Where they go.
    pub(super) place: String,
    /// What to paste, or what to fill in.
    pub(super) settings: String,
    /// What to know besides.
    pub(super) notes: Vec<String>,
}

impl Sheet {
    /// Writes the sheet for people: the settings can be copied as they stand.
    pub(super) fn text(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("- {note}\n")).collect::<String>();
        if self.settings.is_empty() {
            return format!("{}\n\n{notes}", self.place);
        }
        let gap = if notes.is_empty() { "" } else { "\n" };
        format!("{}\n\n{}{gap}{notes}", self.place, self.settings)
    }
}

/// Writes a host as addresses in URLs have it (RFC 3986: IPv6 in brackets).
pub(super) fn in_url(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Puts a port behind a name or an address.
pub(super) fn with_port(host: &str, port: u16) -> String {
    format!("{}:{port}", in_url(host))
}
