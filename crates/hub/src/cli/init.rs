//! `doorward init`: a fresh hub, and the sheet of paper that opens its recordings.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use doorward_store::Store;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;

use super::failure::Failure;
use super::secret;
use super::session::Session;
use crate::keys::{
    self, DatabaseFailure, InitHousehold, InitOptions, InitOutcome, InitUnlock, Keys, Notice,
    Passphrase, SystemdCreds, WorkFactor,
};
use crate::recovery_sheet::{Medium, RecoverySheet};
use crate::state_dir::{HouseholdName, HouseholdNameError, StateDir, StateDirError, start_command};

/// systemd's program for credentials.
const SYSTEMD_CREDS: &str = "systemd-creds";

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward init --state ~/hub                                     asks for a passphrase
  doorward init --state ~/hub --recovery-out /media/usb/doorward.txt
  doorward init --state ~/hub --unlock keyfile                    starts unattended
  doorward init --state ~/hub --set-up-in-browser                 a phone does the rest
  sudo doorward init                                              for the service of the package

How the hub gets its key at start:
  passphrase     you type it after each start (`doorward unseal`); a stolen hub tells nothing
  systemd-creds  systemd hands it over, bound to this machine and its TPM2 where there is one
  keyring        the desktop's keyring holds it
  keyfile        it lies beside the database: starts by itself, protects nothing from a thief

The recovery sheet holds the household identity: the only thing that opens recordings. Print it
and keep it like a passport; the hub keeps no copy.")]
pub(super) struct Init {
    /// How the hub gets its key at start.
    #[arg(long, value_enum, default_value = "passphrase")]
    unlock: Unlock,
    /// Writes the recovery sheet to a file instead of the terminal.
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
    /// What the household calls itself.
    #[arg(long, value_name = "NAME", default_value = "Home", value_parser = household)]
    household: HouseholdName,
    /// Leaves it to a phone to name the household and to make its key; `doorward pair`
    /// prints the link for it once the hub runs.
    #[arg(long, conflicts_with_all = ["recovery_out", "household"])]
    set_up_in_browser: bool,
}

/// How the hub gets its key at start.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Unlock {
    Passphrase,
    Keyfile,
    SystemdCreds,
    Keyring,
}

fn household(text: &str) -> Result<HouseholdName, HouseholdNameError> {
    HouseholdName::parse(text)
}

impl Init {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        if session.output.is_json() && self.recovery_out.is_none() && !self.set_up_in_browser {
            return Err(Failure::usage(
                "with --json, say with --recovery-out FILE where the recovery sheet shall go",
            ));
        }
        refuse_second(session)?;
        let written = self.recovery_out.is_some();
        let household = match self.set_up_in_browser {
            true => InitHousehold::InBrowser,
            false => InitHousehold::Here { name: self.household, recovery_out: self.recovery_out },
        };
        let options = InitOptions {
            state: session.state().to_owned(),
            unlock: self.unlock.ask()?,
            household,
            host_name: host_name(),
            now: Timestamp::now(),
        };
        let made = keys::init(options, create_database).map_err(anyhow::Error::from)?;
        report(&made, session)?;
        match &made.sheet {
            Some(sheet) if !written => show_sheet(sheet, session),
            Some(_) | None => Ok(()),
        }
    }
}

/// Before anybody types a passphrase for nothing.
pub(super) fn refuse_second(session: &Session) -> anyhow::Result<()> {
    let state = StateDir::named(session.state());
    if state.is_initialised() {
        let path = state.path().to_owned();
        return Err(StateDirError::AlreadyInitialised { path }.into());
    }
    Ok(())
}

impl Unlock {
    pub(super) fn ask(self) -> anyhow::Result<InitUnlock> {
        Ok(match self {
            Self::Passphrase => {
                let text = secret::choose("A passphrase for the hub: ")?;
                InitUnlock::Passphrase(Passphrase::choose(text)?, WorkFactor::STANDARD)
            }
            Self::Keyfile => InitUnlock::Keyfile,
            Self::SystemdCreds => InitUnlock::SystemdCreds(SystemdCreds::at(SYSTEMD_CREDS)),
            Self::Keyring => InitUnlock::Keyring,
        })
    }
}

fn create_database(state: &StateDir, keys: &Keys) -> Result<(), DatabaseFailure> {
    Store::create(&state.database(), keys.for_store()).map(drop).map_err(Into::into)
}

fn host_name() -> Option<String> {
    let system = rustix::system::uname();
    system.nodename().to_str().ok().filter(|name| !name.is_empty()).map(str::to_owned)
}

fn report(made: &InitOutcome, session: &mut Session) -> Result<(), Failure> {
    let path = made.state.path().display().to_string();
    let shown = json!({
        "state": path,
        "hub": made.config.hub,
        "household": made.config.household.as_ref().map(|household| &household.name),
        "recipient": made.config.household.as_ref().map(|household| &household.recipient),
        "notices": made.notices.iter().map(said).collect::<Vec<_>>(),
    });
    Ok(session.output.show(&shown, |_| {
        let notices: String =
            made.notices.iter().map(|notice| format!("  {}\n", said(notice))).collect();
        let start = start_command(made.state.path());
        format!("a hub is made in {path}\n{notices}start it with `{start}`")
    })?)
}

/// Shows the sheet, which exists nowhere else.
fn show_sheet(sheet: &RecoverySheet, session: &mut Session) -> Result<(), Failure> {
    let medium = if io::stdout().is_terminal() { Medium::Terminal } else { Medium::Paper };
    let text = sheet.expose_text(medium);
    session.output.print("")?;
    Ok(session.output.print(text.expose_secret())?)
}

pub(super) fn said(notice: &Notice) -> String {
    match notice {
        Notice::Passphrase(advice) => advice.to_string(),
        Notice::KeyfileProtectsNothing { path } => format!(
            "the key lies in {}: the hub starts by itself, and whoever takes its disk can read it",
            path.display()
        ),
        Notice::UnitLine { line } => format!(
            "a service of your own needs this line in its unit (the package's finds the key): {line}"
        ),
        Notice::SheetWritten { path } => format!(
            "the recovery sheet is in {}: print it, keep it like a passport, and remove the file",
            path.display()
        ),
    }
}
