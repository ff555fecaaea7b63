//! `doorward device`: locks, keypads, contacts and bridges.

mod discovered;
mod enrol;
mod files;
mod grants;
mod mosquitto;
mod plain;
mod products;
mod renew;
mod settings;
mod sheet;

use clap::{Args, Subcommand};
use doorward_api::device::{DeviceView, Link, Permit};
use doorward_api::home::AllowDevice;
use doorward_api::{DeviceName, DoorName};

use super::failure::Failure;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::{names, words};

#[derive(Subcommand)]
pub(super) enum Device {
    /// Gives a device its identity: ca.pem, client.pem and client.key, or a password.
    Enrol(enrol::Enrol),
    /// Lists the devices, or those that bridges told of.
    List(List),
    /// Prints what a device may publish and subscribe, or what another broker has to grant.
    Grants(grants::Grants),
    /// Prints the settings to paste into what runs on a device.
    Settings(settings::Settings),
    /// Writes the files that follow those of a device, before its certificate ends.
    Renew(renew::Renew),
    /// Lets Home Assistant lock a door, or lock and unlock it; or has a device be told the notices.
    Allow(Allow),
    /// Lets Home Assistant ask nothing of a door any more, or has a device be told nothing.
    Disallow(May),
    /// Revokes a device's certificate or password and cuts its connection.
    Revoke(One),
    /// Lets a keypad take codes again after too many wrong tries.
    Rearm(One),
}

#[derive(Args)]
#[command(after_help = "\
With --discovered: locks, keypads and contacts that Zigbee2MQTT has told of, under the names that
`doorward door add` takes.")]
pub(super) struct List {
    /// Lists what bridges told of the devices behind them.
    #[arg(long)]
    discovered: bool,
}

#[derive(Args)]
pub(super) struct One {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
}

#[derive(Args)]
pub(super) struct May {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct What {
    /// The door's name.
    #[arg(long, value_parser = names::door)]
    door: Option<DoorName>,
    /// The notices: who rings, comes or waits, what alarms. Never a code or a name.
    #[arg(long)]
    notices: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device allow ha --door front            # may lock
  doorward device allow ha --door front --unlock   # may also unlock
  doorward device allow herald --notices           # is told who rings and what alarms

An unlocking by Home Assistant is a visit like a courier's: filmed and approved as the door's policy
says, and in the log with the device's name. Notices go to doorward/NAME/notices while the device is
connected, and not afterwards. `doorward device disallow` takes it back.")]
pub(super) struct Allow {
    #[command(flatten)]
    may: May,
    /// Lets it unlock the door too, as the door's policy says.
    #[arg(long, requires = "door")]
    unlock: bool,
}

impl Device {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Enrol(enrol) => enrol.run(session).await,
            Self::List(List { discovered: false }) => {
                let devices = session.hub().await?.devices().await?;
                Ok(session.output.show(&devices, |look| table(&devices, look))?)
            }
            Self::List(List { discovered: true }) => {
                let devices = session.hub().await?.discovered().await?;
                Ok(session.output.show(&devices, |look| discovered::text(&devices, look))?)
            }
            Self::Grants(grants) => grants.run(session).await,
            Self::Settings(settings) => settings.run(session).await,
            Self::Renew(renew) => renew.run(session).await,
            Self::Allow(allow) => allow.run(session).await,
            Self::Disallow(may) => may.take_back(session).await,
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

impl Allow {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self { may: May { name, what }, unlock } = self;
        let hub = session.hub().await?;
        let said = match what.door {
            Some(door) => {
                let permit = if unlock { Permit::Unlock } else { Permit::Lock };
                hub.allow_device(&name, &door, &AllowDevice { permit }).await?;
                format!("{door}: {name} may {}", words::may(permit))
            }
            None => {
                hub.allow_notices(&name).await?;
                format!("{name} is sent the notices, at doorward/{name}/notices")
            }
        };
        Ok(session.output.done(&said)?)
    }
}

impl May {
    async fn take_back(self, session: &mut Session) -> Result<(), Failure> {
        let Self { name, what } = self;
        let hub = session.hub().await?;
        let said = match what.door {
            Some(door) => {
                hub.disallow_device(&name, &door).await?;
                format!("{door}: {name} may ask nothing any more")
            }
            None => {
                hub.disallow_notices(&name).await?;
                format!("{name} is sent no notices any more")
            }
        };
        Ok(session.output.done(&said)?)
    }
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
            let day = |at| look.local(at).strftime("%-d %b %Y").to_string();
            match (device.certificate_until, device.next_certificate_until) {
                (None, _) => Cell::tinted(Tint::Watch, "none: password, no TLS".to_owned()),
                (Some(until), None) => format!("until {}", day(until)).into(),
                (Some(until), Some(_)) => {
                    let text = format!("until {}, another one waits to be used", day(until));
                    Cell::tinted(Tint::Watch, text)
                }
            }
        }
    }
}
