//! `doorward device`: enrolment of locks, keypads, contacts and bridges.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use doorward_api::DeviceName;
use doorward_api::device::{DeviceKind, DeviceView, Dialect, EnrolDevice, Enrolment};
use doorward_api::status::Link;
use secrecy::ExposeSecret;
use serde_json::json;

use super::failure::Failure;
use super::look::{Look, Tint};
use super::names;
use super::session::Session;
use super::table::{Cell, Table};
use super::words;
use crate::state_dir::create_new;

#[derive(Subcommand)]
pub(super) enum Device {
    /// Gives a device its identity: ca.pem, client.pem and client.key.
    Enrol(Enrol),
    /// Lists the devices.
    List(List),
    /// Revokes a device's certificate and cuts its connection.
    Revoke(One),
    /// Lets a keypad take codes again after too many wrong tries.
    Rearm(One),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device enrol porch-lock --kind lock --out porch-lock
  doorward device enrol z2m --kind bridge --dialect zigbee2mqtt --out z2m

The device connects to the hub with MQTT over TLS (port 8883) and these three files. Devices
behind a bridge need none of their own: name them `z2m/Front door`.")]
pub(super) struct Enrol {
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
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct One {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
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

impl Device {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Enrol(enrol) => enrol.run(session).await,
            Self::List(List {}) => {
                let devices = session.hub().await?.devices().await?;
                Ok(session.output.show(&devices, |look| table(&devices, look))?)
            }
            Self::Revoke(One { name }) => {
                session.hub().await?.revoke_device(&name).await?;
                Ok(session.output.done(&format!("{name} is revoked and cut off"))?)
            }
            Self::Rearm(One { name }) => {
                session.hub().await?.rearm_keypad(&name).await?;
                Ok(session.output.done(&format!("{name} takes codes again"))?)
            }
        }
    }
}

impl Enrol {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        // Before the hub signs anything: a certificate without a place is a loose end.
        let files = Files::prepare(&self.out)?;
        let device =
            EnrolDevice { name: self.name, kind: self.kind.into(), dialect: self.dialect.into() };
        let enrolment = hub.enrol_device(&device).await?;
        files.write(&enrolment)?;
        let shown = json!({
            "device": enrolment.device,
            "broker": enrolment.broker,
            "ca": files.ca,
            "certificate": files.certificate,
            "key": files.key,
        });
        Ok(session.output.show(&shown, |look| enrolled(&enrolment, &files, look))?)
    }
}

/// Where a device's identity is written.
struct Files {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn prepare(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        let files = Self {
            ca: folder.join("ca.pem"),
            certificate: folder.join("client.pem"),
            key: folder.join("client.key"),
        };
        for file in [&files.ca, &files.certificate, &files.key] {
            if file.exists() {
                anyhow::bail!("{} exists already: name another folder", file.display());
            }
        }
        Ok(files)
    }

    fn write(&self, enrolment: &Enrolment) -> anyhow::Result<()> {
        create_new(&self.ca, enrolment.ca_pem.as_bytes())?;
        create_new(&self.certificate, enrolment.client_pem.as_bytes())?;
        create_new(&self.key, enrolment.client_key_pem.expose_secret().as_bytes())?;
        Ok(())
    }
}

fn enrolled(enrolment: &Enrolment, files: &Files, look: &Look) -> String {
    let device = &enrolment.device;
    let mut table = Table::default();
    let mut row = |name: &str, text: String| table.push([name.into(), text.into()]);
    row("authority", files.ca.display().to_string());
    row("certificate", files.certificate.display().to_string());
    row("key", format!("{} (secret; the hub keeps no copy)", files.key.display()));
    row("connects to", enrolment.broker.join(", "));
    row("valid until", look.local(device.certificate_until).strftime("%-d %b %Y").to_string());
    format!(
        "{} is enrolled as a {}\n{}",
        device.name,
        words::device_kind(device.kind),
        table.lay_out(2, look)
    )
}

fn table(devices: &[DeviceView], look: &Look) -> String {
    if devices.is_empty() {
        return "no devices yet; enrol one with `doorward device enrol`".to_owned();
    }
    let mut table = Table::with_heading(["name", "kind", "dialect", "link", "certificate"]);
    for device in devices {
        table.push([
            device.name.as_str().into(),
            words::device_kind(device.kind).into(),
            words::dialect(device.dialect).into(),
            link(device),
            certificate(device, look),
        ]);
    }
    table.lay_out(0, look)
}

fn link(device: &DeviceView) -> Cell {
    let tint = match device.link {
        Link::Online => Tint::Good,
        Link::Offline if device.revoked_at.is_some() => Tint::Faint,
        Link::Offline => Tint::Bad,
        Link::Unknown => Tint::Watch,
    };
    Cell::tinted(tint, words::link(device.link))
}

fn certificate(device: &DeviceView, look: &Look) -> Cell {
    match device.revoked_at {
        Some(at) => Cell::tinted(Tint::Faint, format!("revoked {}", look.day_time(at))),
        None => {
            let until = look.local(device.certificate_until);
            format!("until {}", until.strftime("%-d %b %Y")).into()
        }
    }
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
