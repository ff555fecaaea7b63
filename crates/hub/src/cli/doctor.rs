//! `doorward doctor`: what is wrong, and what to do about it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use doorward_api::doctor::{Examination, TryBroker, Verdict};
use secrecy::SecretString;

use super::failure::Failure;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::words::count;

/// The longest file that is taken for a certificate or a key.
const MAX_PEM_BYTES: u64 = 24 * 1024;

#[derive(Args)]
#[command(after_help = "\
Exit code 1 if something failed, so that scripts can watch a house.

A hub that uses somebody else's broker cannot see what that broker grants. With --second-cert and
--second-key it tries: it connects as that client, listens on each lock's command topic and
publishes there what no lock heeds (an order to lock that expired in 1970; nothing at all to
Zigbee2MQTT).")]
pub(super) struct Examine {
    /// The certificate of another client of somebody else's broker (PEM), to try what it may do.
    #[arg(long, value_name = "FILE", requires = "second_key")]
    second_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "second_cert")]
    second_key: Option<PathBuf>,
}

impl Examine {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let second = self.second()?;
        let hub = session.hub().await?;
        let mut found = hub.doctor().await?;
        if let Some(second) = second {
            found.checks.extend(hub.try_broker(&second).await?.checks);
        }
        session.output.show(&found, |look| text(&found, look))?;
        match found.worst() {
            Verdict::Ok | Verdict::Warn => Ok(()),
            Verdict::Fail => Err(Failure::Told),
        }
    }
}

impl Examine {
    fn second(&self) -> anyhow::Result<Option<TryBroker>> {
        let (Some(certificate), Some(key)) = (&self.second_cert, &self.second_key) else {
            return Ok(None);
        };
        let key_pem = SecretString::from(read(key)?);
        Ok(Some(TryBroker { certificate_pem: read(certificate)?, key_pem }))
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("could not read {}", path.display());
    let size = std::fs::metadata(path).with_context(unreadable)?.len();
    anyhow::ensure!(size <= MAX_PEM_BYTES, "{} is too long for a certificate", path.display());
    std::fs::read_to_string(path).with_context(unreadable)
}

/// Tells what was found: one line each, and below it what to do.
pub(super) fn text(examination: &Examination, look: &Look) -> String {
    let mut table = Table::default();
    for check in &examination.checks {
        table.push([mark(check.verdict), check.name.as_str().into(), check.found.as_str().into()]);
        if let Some(advice) = &check.advice {
            table.push(["".into(), "".into(), format!("→ {advice}").into()]);
        }
    }
    table.lay_out(0, look) + "\n" + &summary(examination)
}

fn mark(verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Ok => Cell::tinted(Tint::Good, "ok"),
        Verdict::Warn => Cell::tinted(Tint::Watch, "warn"),
        Verdict::Fail => Cell::tinted(Tint::Bad, "FAIL"),
    }
}

fn summary(examination: &Examination) -> String {
    let number =
        |verdict| examination.checks.iter().filter(|check| check.verdict == verdict).count() as u64;
    let said = |number, one, many| (number > 0).then(|| count(number, one, many));
    let failed = said(number(Verdict::Fail), "thing failed", "things failed");
    let warned = said(number(Verdict::Warn), "warning", "warnings");
    let troubles: Vec<_> = [failed, warned].into_iter().flatten().collect();
    if troubles.is_empty() { "all is well\n".to_owned() } else { troubles.join(", ") + "\n" }
}
