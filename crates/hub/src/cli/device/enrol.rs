//! `doorward device enrol`: a device gets its identity.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use doorward_api::DeviceName;
use doorward_api::device::{Connection, DeviceKind, Dialect, EnrolDevice, Enrolment};
use secrecy::ExposeSecret;
use serde_json::json;

use super::super::failure::Failure;
use super::super::look::Look;
use super::super::names;
use super::super::session::Session;
use super::super::table::Table;
use super::super::words;
use super::settings::{Choices, Product};
use crate::ca::MAX_REQUEST_BYTES;
use crate::state_dir::create_new;

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device enrol porch-lock --kind lock --out porch-lock
  doorward device enrol z2m --kind bridge --dialect zigbee2mqtt --out z2m
  doorward device enrol porch-lock --kind lock --out porch-lock --csr porch-lock.csr

The device connects to the hub with MQTT over TLS (port 8883) and these three files. A bridge
gets the settings to paste as well; for others, name what runs on the device with --for. Devices
behind a bridge need no files of their own: name them `z2m/Front door`.

With --csr the device has made its own key, and no client.key is written. The request must be
signed with that key: EC P-256, Ed25519, or RSA with at least 2048 bits. Nothing else of it counts.")]
pub(crate) struct Enrol {
    /// The device's name; its topics begin with it.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    /// What it is.
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it speaks on MQTT.
    #[arg(long, value_enum, default_value = "native")]
    dialect: Speaks,
    /// The folder for ca.pem, client.pem and client.key; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A signing request (PEM) from a device that makes its own key.
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
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
}

/// What a device speaks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Speaks {
    Native,
    #[value(name = "zigbee2mqtt")]
    Zigbee2mqtt,
}

impl Enrol {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        // Before the hub signs anything: a certificate without a place is a loose end.
        let csr_pem = self.csr.as_deref().map(read_request).transpose()?;
        let key = if csr_pem.is_some() { Key::KeptByDevice } else { Key::Handed };
        let files = Files::prepare(&self.out, key)?;
        let dialect = self.dialect.into();
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
            "broker": broker(&enrolment.connection),
            "ca": files.ca,
            "certificate": files.certificate,
            "key": files.key,
            "settings": sheet,
        });
        Ok(session.output.show(&shown, |look| {
            let settings = sheet.map_or_else(String::new, |sheet| "\n".to_owned() + &sheet.text());
            enrolled(&enrolment, &files, look) + &settings
        })?)
    }
}

fn read_request(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("could not read the signing request {}", path.display());
    let size = std::fs::metadata(path).with_context(unreadable)?.len();
    if size > MAX_REQUEST_BYTES as u64 {
        anyhow::bail!("{} is too long for a signing request", path.display());
    }
    std::fs::read_to_string(path).with_context(unreadable)
}

fn broker(connection: &Connection) -> Vec<String> {
    let port = connection.port;
    connection.hosts.iter().map(|host| super::settings::with_port(host, port)).collect()
}

/// Who has the device's key.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// The hub makes it and hands it out.
    Handed,
    /// The device made it.
    KeptByDevice,
}

/// Where a device's identity is written.
struct Files {
    folder: PathBuf,
    ca: PathBuf,
    certificate: PathBuf,
    /// Absent if the device keeps its key.
    key: Option<PathBuf>,
}

impl Files {
    fn prepare(folder: &Path, key: Key) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        let files = Self {
            folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()),
            ca: folder.join("ca.pem"),
            certificate: folder.join("client.pem"),
            key: match key {
                Key::Handed => Some(folder.join("client.key")),
                Key::KeptByDevice => None,
            },
        };
        for file in [&files.ca, &files.certificate].into_iter().chain(&files.key) {
            if file.exists() {
                anyhow::bail!("{} exists already: name another folder", file.display());
            }
        }
        Ok(files)
    }

    fn write(&self, enrolment: &Enrolment) -> anyhow::Result<()> {
        create_new(&self.ca, enrolment.ca_pem.as_bytes())?;
        create_new(&self.certificate, enrolment.client_pem.as_bytes())?;
        if let (Some(path), Some(key)) = (&self.key, &enrolment.client_key_pem) {
            create_new(path, key.expose_secret().as_bytes())?;
        }
        Ok(())
    }
}

fn enrolled(enrolment: &Enrolment, files: &Files, look: &Look) -> String {
    let device = &enrolment.device;
    let mut table = Table::default();
    let mut row = |name: &str, text: String| table.push([name.into(), text.into()]);
    row("authority", files.ca.display().to_string());
    row("certificate", files.certificate.display().to_string());
    match &files.key {
        Some(key) => row("key", format!("{} (secret; the hub keeps no copy)", key.display())),
        None => row("key", "made by the device, which keeps it".to_owned()),
    }
    row("connects to", broker(&enrolment.connection).join(", "));
    row("valid until", look.local(device.certificate_until).strftime("%-d %b %Y").to_string());
    format!(
        "{} is enrolled as a {}\n{}",
        device.name,
        words::device_kind(device.kind),
        table.lay_out(2, look)
    )
}

impl From<Kind> for DeviceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Lock => Self::Lock,
            Kind::Keypad => Self::Keypad,
            Kind::Contact => Self::Contact,
            Kind::Bridge => Self::Bridge,
        }
    }
}

impl From<Speaks> for Dialect {
    fn from(speaks: Speaks) -> Self {
        match speaks {
            Speaks::Native => Self::Native,
            Speaks::Zigbee2mqtt => Self::Zigbee2mqtt,
        }
    }
}
