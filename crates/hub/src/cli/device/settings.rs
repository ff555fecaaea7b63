//! `doorward device settings`: what to paste into what runs on a device.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use doorward_api::DeviceName;
use doorward_api::device::{Connection, DeviceSettings, DeviceView, Dialect};
use serde::Serialize;

use super::super::failure::Failure;
use super::super::names;
use super::super::session::Session;
use super::products;

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device settings z2m
  doorward device settings z2m --host hub.local --files /opt/z2m/data/certs
  doorward device settings porch-lock --for esphome

Nothing secret is printed: settings name the files, or say how to hand them over.")]
pub(crate) struct Settings {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    /// What runs on the device; needed only where its dialect does not say.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    product: Option<Product>,
    #[command(flatten)]
    place: Where,
}

/// What is said at an enrolment.
#[derive(Args)]
pub(super) struct Choices {
    /// Prints the settings to paste for what runs on the device.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    product: Option<Product>,
    #[command(flatten)]
    place: Where,
}

/// Where the hub and the files are, as the device sees it.
#[derive(Args)]
struct Where {
    /// The hub's name or address in the settings; the likeliest to work without it.
    #[arg(long, value_name = "NAME|ADDRESS")]
    host: Option<String>,
    /// The folder in which the device finds ca.pem, client.pem and client.key.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
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

/// What the settings are made of.
pub(super) struct Facts<'a> {
    pub(super) device: &'a DeviceView,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) base_topic: &'a str,
    /// Where the device's files lie.
    pub(super) files: &'a str,
}

impl Settings {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let found = session.hub().await?.device_settings(&self.name).await?;
        let DeviceSettings { device, connection } = &found;
        let known = self.product.or_else(|| Product::that_speaks(device.dialect));
        let product = known.ok_or_else(|| {
            Failure::usage("say with --for what runs on the device: its dialect does not tell")
        })?;
        let sheet = match device.certificate_until {
            Some(_) => self.place.sheet(product, device, connection, None),
            None => self.place.plain_sheet(product, device, connection, None),
        };
        Ok(session.output.show(&sheet, |_| sheet.text())?)
    }
}

impl Choices {
    /// Makes the settings for what was named, or for what `otherwise` says.
    pub(super) fn sheet(
        &self,
        device: &DeviceView,
        connection: &Connection,
        written_to: Option<&Path>,
        otherwise: Option<Product>,
    ) -> Option<Sheet> {
        let product = self.product.or(otherwise)?;
        Some(self.place.sheet(product, device, connection, written_to))
    }

    /// The same for a device without TLS, whose password is shown this once.
    pub(super) fn plain_sheet(
        &self,
        device: &DeviceView,
        connection: &Connection,
        password: &str,
    ) -> Option<Sheet> {
        let product = self.product.or_else(|| Product::that_speaks(device.dialect))?;
        Some(self.place.plain_sheet(product, device, connection, Some(password)))
    }
}

impl Where {
    fn plain_sheet(
        &self,
        product: Product,
        device: &DeviceView,
        connection: &Connection,
        password: Option<&str>,
    ) -> Sheet {
        let host = self.host.as_deref().or(connection.hosts.first().map(String::as_str));
        let facts = Facts {
            device,
            host: host.unwrap_or("localhost"),
            port: connection.port,
            base_topic: &connection.base_topic,
            files: "",
        };
        products::plain::sheet(product, &facts, password)
    }

    fn sheet(
        &self,
        product: Product,
        device: &DeviceView,
        connection: &Connection,
        written_to: Option<&Path>,
    ) -> Sheet {
        let host = self.host.as_deref().or(connection.hosts.first().map(String::as_str));
        let files = self.files.as_deref().or(written_to).map(|path| path.display().to_string());
        let files = files.unwrap_or_else(|| format!("{}/{}", product.home(), device.name));
        products::sheet(
            product,
            &Facts {
                device,
                host: host.unwrap_or("localhost"),
                port: connection.port,
                base_topic: &connection.base_topic,
                files: files.trim_end_matches('/'),
            },
        )
    }
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
    const fn home(self) -> &'static str {
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

/// Puts a port behind a name or an address.
pub(super) fn with_port(host: &str, port: u16) -> String {
    format!("{}:{port}", in_url(host))
}

/// Writes a host as addresses in URLs have it (RFC 3986: IPv6 in brackets).
pub(super) fn in_url(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
