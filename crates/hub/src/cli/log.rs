//! `doorward log`: the audit log, read and proved.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use doorward_api::Client;
use doorward_api::log::{Finding, LogLine, LogPage, LogQuery, Verification, VerifyLog};
use doorward_api::status::ClockTrust;
use doorward_api::witness::WitnessView;
use jiff::Timestamp;

use super::failure::Failure;
use super::look::{Look, Tint};
use super::moment::{self, Moment};
use super::session::Session;
use super::story;
use super::table::{Cell, Table};
use super::words::{self, count, duration};

#[derive(Subcommand)]
pub(super) enum Log {
    /// Lists what happened, oldest first.
    List(List),
    /// Derives every leaf, hash and signature again.
    Verify(Verify),
    /// Prints the newest signed checkpoint, to be kept where the hub cannot change it.
    Checkpoint(Newest),
    /// Lists the paired devices that stand for the log, and up to where.
    Witnesses(Witnesses),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward log list --since 2h
  doorward log list --since \"yesterday 18:00\"
  doorward log list --since 2026-11-01 --json > november.json")]
pub(super) struct List {
    /// Only from then on; without it, the last 24 hours.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = moment::past)]
    since: Option<Moment>,
    /// The whole log.
    #[arg(long, conflicts_with = "since")]
    all: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward log checkpoint > /media/usb/checkpoint.txt     keep it where the hub cannot change it
  doorward log verify --against /media/usb/checkpoint.txt

Without a checkpoint that was kept elsewhere nobody can tell that the whole hub was put back to
an older state. Exit code 1 if anything does not fit.")]
pub(super) struct Verify {
    /// A checkpoint that was kept elsewhere; may be given several times.
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Newest {}

#[derive(Args)]
pub(super) struct Witnesses {}

impl Log {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(session).await,
            Self::Verify(Verify { against }) => verify(&against, session).await,
            Self::Checkpoint(Newest {}) => {
                let checkpoint = session.hub().await?.checkpoint().await?;
                Ok(session.output.show(&checkpoint, |_| checkpoint.note.clone())?)
            }
            Self::Witnesses(Witnesses {}) => {
                let witnesses = session.hub().await?.witnesses().await?;
                Ok(session.output.show(&witnesses, |look| witness_table(&witnesses, look))?)
            }
        }
    }
}

impl List {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let look = session.output.look();
        let now = look.local(look.now);
        let moment = self.since.unwrap_or(Moment::Ago(jiff::Span::new().days(1)));
        let since = moment::since(&moment, &now).map_err(Failure::Usage)?;
        let since = (!self.all).then_some(since);
        let lines = read_all(&session.hub().await?, since).await?;
        Ok(session.output.show(&lines, |look| table(&lines, look))?)
    }
}

/// Reads page after page.
async fn read_all(hub: &Client, since: Option<Timestamp>) -> Result<Vec<LogLine>, Failure> {
    let mut lines = Vec::new();
    let mut query = LogQuery { since, after: None, limit: None };
    loop {
        let LogPage { lines: page, next } = hub.log(&query).await?;
        lines.extend(page);
        match next {
            // A hub that answered the same page for ever would keep us here as long.
            Some(next) if query.after.is_none_or(|last| next > last) => query.after = Some(next),
            Some(_) | None => return Ok(lines),
        }
    }
}

fn witness_table(witnesses: &[WitnessView], look: &Look) -> String {
    if witnesses.is_empty() {
        return "none yet: each paired phone stands for the log when it is opened".to_owned();
    }
    let mut table = Table::with_heading(["device", "up to leaf", "when"]);
    for witness in witnesses {
        let when = look.local(witness.at).strftime("%a %-d %b %H:%M:%S").to_string();
        let size = witness.size.to_string();
        table.push([witness.device.name.as_str().into(), size.into(), when.into()]);
    }
    table.lay_out(0, look)
}

fn table(lines: &[LogLine], look: &Look) -> String {
    if lines.is_empty() {
        return "nothing happened in that time; `doorward log list --all` shows everything"
            .to_owned();
    }
    let mut table = Table::with_heading(["leaf", "when", "door", "what"]);
    for line in lines {
        let text = words::line(line);
        let what = story::tint(&line.event)
            .map_or_else(|| text.clone().into(), |tint| Cell::tinted(tint, &text));
        table.push([
            line.index.to_string().into(),
            time(line, look),
            words::door_of(&line.event).unwrap_or("–").into(),
            what,
        ]);
    }
    table.lay_out(0, look)
}

fn time(line: &LogLine, look: &Look) -> Cell {
    let time = look.local(line.at).strftime("%a %-d %b %H:%M:%S").to_string();
    match line.clock {
        ClockTrust::Trusted => time.into(),
        ClockTrust::Untrusted => Cell::tinted(Tint::Watch, time + "?"),
    }
}

async fn verify(against: &[PathBuf], session: &mut Session) -> Result<(), Failure> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
    };
    let kept = against.iter().map(read).collect::<anyhow::Result<_>>()?;
    let result = session.hub().await?.verify_log(&VerifyLog { kept }).await?;
    session.output.show(&result, |look| verification(&result, look))?;
    match result.finding {
        Finding::Whole => Ok(()),
        Finding::Broken { .. } => Err(Failure::Told),
    }
}

/// Tells what came of deriving the log again.
pub(super) fn verification(result: &Verification, look: &Look) -> String {
    let verdict = match &result.finding {
        Finding::Whole => look.paint(Tint::Good, "the log is whole"),
        Finding::Broken { leaf, what } => {
            let place = leaf.map_or_else(String::new, |leaf| format!(" at leaf {leaf}"));
            look.paint(Tint::Bad, format!("THE LOG IS BROKEN{place}: {what}"))
        }
    };
    format!(
        "{verdict}\n  {} ({} erased), {}, derived again in {}\n  root {}\n",
        count(result.leaves, "leaf", "leaves"),
        result.erased,
        count(result.checkpoints, "signed checkpoint", "signed checkpoints"),
        duration(result.took_ms),
        result.root_hash,
    )
}
