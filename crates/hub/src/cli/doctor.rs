//! `doorward doctor`: what is wrong, and what to do about it.

use clap::Args;
use doorward_api::doctor::{Examination, Verdict};

use super::failure::Failure;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::words::count;

#[derive(Args)]
#[command(after_help = "Exit code 1 if something failed, so that scripts can watch a house.")]
pub(super) struct Examine {}

impl Examine {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self {} = self;
        let found = session.hub().await?.doctor().await?;
        session.output.show(&found, |look| text(&found, look))?;
        match found.worst() {
            Verdict::Ok | Verdict::Warn => Ok(()),
            Verdict::Fail => Err(Failure::Told),
        }
    }
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
