//! `doorward guest`: codes that open on days and hours.

use clap::{Args, Subcommand};
use doorward_api::code::{CodeKind, NewCode, Schedule};
use doorward_api::{CodeId, DoorName};
use jiff::civil::Date;

use super::failure::Failure;
use super::schedule::{self, Days, Hours};
use super::session::Session;
use super::{code, moment, names};

#[derive(Subcommand)]
pub(super) enum Guest {
    /// Gives a guest a code for days and hours.
    Add(Add),
    /// Lists the guests' codes.
    List(List),
    /// Has a guest's code open nothing until you take it up again.
    Pause(Revoke),
    /// Has a paused guest's code open again.
    Resume(Revoke),
    /// Takes a guest's code back.
    Revoke(Revoke),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward guest add Cleaner --door front --days mon,wed --hours 09:00-12:00
  doorward guest add \"Dog walker\" --door front --days mon-fri --hours 11-13 --until 2026-12-31
  doorward guest add Grandma --door front --days daily --hours 00:00-24:00
  doorward guest add Plumber --door cellar --days fri --hours 8-17 --until 2026-11-27 --uses 2

Hours are local time at the door; 22:00-06:00 is a night that belongs to the day on which it
begins.")]
pub(super) struct Add {
    /// Who comes; shown in your lists and stories only.
    name: String,
    /// A door; may be given more than once.
    #[arg(long = "door", value_name = "DOOR", required = true, value_parser = names::door)]
    doors: Vec<DoorName>,
    /// The days: mon,wed or mon-fri or daily.
    #[arg(long, value_parser = schedule::days)]
    days: Days,
    /// The hours: 09:00-12:00.
    #[arg(long, value_parser = schedule::hours)]
    hours: Hours,
    /// The first date.
    #[arg(long, value_name = "DATE", value_parser = moment::date)]
    from: Option<Date>,
    /// The last date.
    #[arg(long, value_name = "DATE", value_parser = moment::date)]
    until: Option<Date>,
    /// How often, at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    uses: Option<u32>,
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct Revoke {
    /// The code's number, as `doorward guest list` shows it.
    id: CodeId,
}

impl Guest {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List(List {}) => code::list(Some(CodeKind::Guest), session).await,
            Self::Pause(Revoke { id }) => code::pause(id, Some(CodeKind::Guest), session).await,
            Self::Resume(Revoke { id }) => code::resume(id, Some(CodeKind::Guest), session).await,
            Self::Revoke(Revoke { id }) => code::cancel(id, Some(CodeKind::Guest), session).await,
        }
    }
}

impl Add {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        if let (Some(first), Some(last)) = (self.from, self.until)
            && last < first
        {
            return Err(Failure::usage("--until lies before --from: swap the two dates"));
        }
        let schedule = Schedule {
            days: self.days.0,
            from: self.hours.from,
            until: self.hours.until,
            first: self.from,
            last: self.until,
        };
        let guest =
            NewCode::Guest { name: self.name, doors: self.doors, schedule, uses: self.uses };
        code::issue(&guest, session).await
    }
}
