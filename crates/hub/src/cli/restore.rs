//! `doorward restore`: a hub made again of a backup and the recovery sheet.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use doorward_core::restored::HomeAssistant;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;

use super::failure::Failure;
use super::identity;
use super::init::{Unlock, refuse_second, said};
use super::interrupt;
use super::session::Session;
use super::words::{bytes, count};
use crate::backup::{RestoreOptions, RestoredHub, restore};
use crate::state_dir::start_command;

/// How often whoever waits is told, in bytes of the database.
const TOLD_EVERY: u64 = 256 * 1024 * 1024;

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward restore --from doorward-2026-11-22.age --identity recovery.txt --state ~/hub

FILE of --identity is the recovery sheet, or a file with its AGE-SECRET-KEY-1 line. It is read here
and goes nowhere. Remove it from this machine afterwards.

A backup is older than what happened after it. So that nothing comes back quietly:
  - deliveries' codes, and guests' codes with so many uses, are taken back: issue new ones
  - guests' other codes and emergency codes are paused: `doorward code resume ID` for each that you
    still want
  - phones have to be paired again: `doorward pair`
  - Home Assistant is shown nothing (`doorward home-assistant on`); it and others may ask nothing of
    doors, and are sent no notices: `doorward device allow`
  - locks, keypads and other devices are in service as the backup knows them: look through
    `doorward device list`, and revoke again what you revoked since
  - couriers' and guests' codes rest until `doorward clock confirm`

Without a terminal, the passphrase comes from standard input: add `< FILE`, a file of one line.
Stopped in the middle, it clears what it has made; if it was killed, the next one to the same folder
does.

Recordings are in no backup. Those of the old machine's `recordings` folder open again if you copy
them into the new state folder before the hub starts. Never run the old hub again beside the new
one: they have the same keys. If the old machine was stolen and unlocked by itself, make a new hub
instead.")]
pub(super) struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The household identity: the recovery sheet's file.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// How the hub gets its key at start, from now on.
    #[arg(long, value_enum, default_value = "passphrase")]
    unlock: Unlock,
}

impl Restore {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        refuse_second(session)?;
        let file = File::open(&self.from)
            .with_context(|| format!("could not read the backup {}", self.from.display()))?;
        let household = identity::read(&self.identity)?.expose();
        let household = household.expose_secret().parse().map_err(|why: &str| anyhow!(why))?;
        let (state, now) = (session.state().to_owned(), Timestamp::now());
        let unlock = self.unlock.ask()?;
        let stop = interrupt::heed().context("could not listen for Ctrl-C")?;
        let options = RestoreOptions { state, unlock, now, stop };
        session.output.progress("the backup is opened and checked …");
        let mut next = TOLD_EVERY;
        let mut told = |written: u64| {
            if written >= next {
                next = written + TOLD_EVERY;
                session.output.progress(&format!("{} of the database …", bytes(written)));
            }
        };
        let restored = restore(BufReader::new(file), &household, &options, &mut told)
            .map_err(anyhow::Error::from)?;
        report(&restored, session)
    }
}

fn report(restored: &RestoredHub, session: &mut Session) -> Result<(), Failure> {
    let RestoredHub { state, manifest, notices, settled } = restored;
    let path = state.path().display().to_string();
    let devices: Vec<_> = settled.devices.iter().map(|device| &device.device.name).collect();
    let shown = json!({
        "state": path,
        "hub": manifest.hub,
        "backup_of": manifest.made_at,
        "codes_over": settled.codes_over,
        "codes_paused": settled.codes_paused,
        "unpaired": settled.phones,
        "permits_taken": settled.permits,
        "notices_taken": settled.hearers,
        "home_assistant_off": settled.home_assistant == HomeAssistant::Shown,
        "devices": devices,
        "notices": notices.iter().map(said).collect::<Vec<_>>(),
    });
    Ok(session.output.show(&shown, |look| {
        let of = look.day_time(manifest.made_at);
        let notices: String = notices.iter().map(|notice| format!("  {}\n", said(notice))).collect();
        format!(
            "the hub of {of} is in {path}\nit is hub {}: compare the number with the recovery sheet\n{notices}{}start it with `{}`, \
             and never the old one again",
            manifest.hub,
            to_do(restored),
            start_command(state.path())
        )
    })?)
}

/// What the owner has to do because a backup does not know what came after it.
fn to_do(restored: &RestoredHub) -> String {
    let settled = &restored.settled;
    let number = |of: usize, one, more| count(of as u64, one, more);
    let mut lines = vec!["confirm the time: `doorward clock confirm`".to_owned()];
    if settled.codes_over > 0 {
        let codes = number(settled.codes_over, "code was", "codes were");
        lines.push(format!("{codes} taken back: issue new ones for deliveries still to come"));
    }
    if settled.codes_paused > 0 {
        let codes = number(settled.codes_paused, "code is", "codes are");
        lines.push(format!("{codes} paused: `doorward code resume ID` for each that you want"));
    }
    if settled.phones > 0 {
        let phones = number(settled.phones, "phone has", "phones have");
        lines.push(format!("{phones} to be paired again: `doorward pair`"));
    }
    if settled.permits > 0 {
        let permits = number(settled.permits, "permit was", "permits were");
        lines.push(format!("{permits} taken from devices: `doorward device allow`"));
    }
    if settled.hearers > 0 {
        let devices = number(settled.hearers, "device is", "devices are");
        lines.push(format!("{devices} sent no notices: `doorward device allow NAME --notices`"));
    }
    if settled.home_assistant == HomeAssistant::Shown {
        lines.push("Home Assistant is shown nothing: `doorward home-assistant on`".into());
    }
    let devices: Vec<_> =
        settled.devices.iter().map(|device| device.device.name.as_str()).collect();
    if !devices.is_empty() {
        let devices = devices.join(", ");
        lines.push(format!("in service again: {devices}; revoke what you had revoked since"));
    }
    lines.into_iter().map(|line| format!("  - {line}\n")).collect()
}
