//! `doorward device enrol`: a device gets its identity.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use doorward_api::DeviceName;
use doorward_api::device::{DeviceKind, Dialect, EnrolDevice, EnrolPlainDevice};
use serde_json::json;

use super::super::failure::Failure;
use super::super::names;
use super::super::session::Session;
use super::super::words;
use super::files::{self, prepare};
use super::plain;
use super::settings::Choices;
use super::sheet::Product;

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device enrol porch-lock --kind lock --out porch-lock
  doorward device enrol z2m --kind bridge --dialect zigbee2mqtt --out z2m
  doorward device enrol porch-lock --kind lock --out porch-lock --csr porch-lock.csr
  doorward device enrol ha --kind home-assistant --out ha
  doorward device enrol plug --kind other --dialect shelly --out plug
  doorward device enrol plug --kind other --dialect tasmota --plain

The device connects to the hub with MQTT over TLS (port 8883) and these three files. A bridge
gets the settings to paste as well; for others, name what runs on the device with --for. Devices
behind a bridge need no files of their own: name them `z2m/Front door`.

With --csr the device has made its own key, and no client.key is written. The request must be
signed with that key: EC P-256, Ed25519, or RSA with at least 2048 bits. Nothing else of it counts.

With --plain the hub prints a user and a password, once, and listens without TLS (port 1883) for as
long as there is such a device. For Tasmota, Shelly's first generation and ESPHome on an ESP8266;
never for locks, keypads, bridges and Home Assistant.")]
pub(crate) struct Enrol {
    /// The device's name; its topics begin with it.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    /// What it is.
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it speaks on MQTT; the hub's own dialect without it, and Home Assistant's for
    /// Home Assistant.
    #[arg(long, value_enum)]
    dialect: Option<Speaks>,
    /// The folder for ca.pem, client.pem and client.key; made if it is not there.
    #[arg(long, value_name = "DIR", required_unless_present = "plain")]
    out: Option<PathBuf>,
    /// A signing request (PEM) from a device that makes its own key.
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    /// The device has no TLS: it is let in with a password, and whoever is in the network can read
    /// and forge what it says.
    #[arg(long, conflicts_with_all = ["out", "csr", "files"])]
    plain: bool,
    #[command(flatten)]
    choices: Choices,
}

/// What a device is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Lock,
    Keypad,
    Contact,
    Bridge,
    #[value(alias = "home_assistant")]
    HomeAssistant,
    Camera,
    Other,
}

/// What a device speaks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Speaks {
    Native,
    #[value(name = "zigbee2mqtt")]
    Zigbee2mqtt,
    HomeAssistant,
    Frigate,
    Tasmota,
    Shelly,
    Esphome,
    ZwaveJsUi,
}

impl Kind {
    const fn usually_speaks(self) -> Speaks {
        match self {
            Self::HomeAssistant => Speaks::HomeAssistant,
            Self::Lock
            | Self::Keypad
            | Self::Contact
            | Self::Bridge
            | Self::Camera
            | Self::Other => Speaks::Native,
        }
    }
}

impl Enrol {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let dialect = self.dialect.unwrap_or_else(|| self.kind.usually_speaks()).into();
        let Some(out) = &self.out else {
            let wish = EnrolPlainDevice { name: self.name, kind: self.kind.into(), dialect };
            let enrolment = hub.enrol_plain_device(&wish).await?;
            return plain::show(&enrolment, &self.choices, session);
        };
        // Before the hub signs anything: a certificate without a place is a loose end.
        let (csr_pem, files) = prepare(self.csr.as_deref(), out)?;
        let wish = EnrolDevice { name: self.name, kind: self.kind.into(), dialect, csr_pem };
        let enrolment = hub.enrol_device(&wish).await?;
        files.write(&enrolment)?;
        let sheet = self.choices.sheet(
            &enrolment.device,
            &enrolment.connection,
            Some(&files.folder),
            Product::that_speaks(dialect),
        );
        let shown = json!({
            "device": enrolment.device,
            "broker": files::broker(&enrolment.connection),
            "ca": files.ca,
            "certificate": files.certificate,
            "key": files.key,
            "settings": sheet,
        });
        Ok(session.output.show(&shown, |look| {
            let settings = sheet.map_or_else(String::new, |sheet| "\n".to_owned() + &sheet.text());
            let device = &enrolment.device;
            let kind = words::device_kind(device.kind);
            let said = format!("{} is enrolled as a {kind}\n", device.name);
            said + &files.table(&enrolment, look) + &settings
        })?)
    }
}

impl From<Kind> for DeviceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Lock => Self::Lock,
            Kind::Keypad => Self::Keypad,
            Kind::Contact => Self::Contact,
            Kind::Bridge => Self::Bridge,
            Kind::HomeAssistant => Self::HomeAssistant,
            Kind::Camera => Self::Camera,
            Kind::Other => Self::Other,
        }
    }
}

impl From<Speaks> for Dialect {
    fn from(speaks: Speaks) -> Self {
        match speaks {
            Speaks::Native => Self::Native,
            Speaks::Zigbee2mqtt => Self::Zigbee2mqtt,
            Speaks::HomeAssistant => Self::HomeAssistant,
            Speaks::Frigate => Self::Frigate,
            Speaks::Tasmota => Self::Tasmota,
            Speaks::Shelly => Self::Shelly,
            Speaks::Esphome => Self::Esphome,
            Speaks::ZwaveJsUi => Self::ZwaveJsUi,
        }
    }
}
