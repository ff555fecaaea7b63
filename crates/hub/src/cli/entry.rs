//! `doorward entry`: visits and their stories.

use clap::{Args, Subcommand};
use doorward_api::entry::{EntryQuery, EntryView};
use doorward_api::notice::{News, Notice};
use doorward_api::{ClientError, DoorName, EntryId, ProblemKind};

use super::failure::{Advice, Failure};
use super::look::{Look, Tint};
use super::session::Session;
use super::table::Table;
use super::words::{self, duration};
use super::{names, story};

#[derive(Subcommand)]
pub(super) enum Entry {
    /// Lists visits, newest first.
    List(List),
    /// Tells a visit's story: what happened when, and why.
    Show(One),
    /// Stops a visit: before the door is unlocked it is denied, after that the door is
    /// locked as soon as it closes.
    Block(One),
    /// Lets a visit go on that waits for you.
    Approve(One),
    /// Erases a visit that is over: what is known of people in it, and its recordings.
    Erase(Erase),
    /// Tells what happens, as it happens, until Ctrl-C.
    Watch(Watch),
}

#[derive(Args)]
pub(super) struct List {
    /// Only this door's.
    #[arg(long, value_parser = names::door)]
    door: Option<DoorName>,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

#[derive(Args)]
pub(super) struct One {
    /// The entry's number, as `doorward entry list` shows it.
    id: EntryId,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward entry erase 17

Goes for good: the visit, its recordings, its lines in the log, and for a delivery what you wrote
about it. The log keeps the places of the lines, so that `doorward log verify` still holds, and
says that entry 17 was erased.
What you wrote about a guest's code stays; see `doorward code erase`.")]
pub(super) struct Erase {
    /// The entry's number, as `doorward entry list` shows it.
    id: EntryId,
}

#[derive(Args)]
pub(super) struct Watch {}

impl Entry {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(session).await,
            Self::Show(One { id }) => {
                let told = session.hub().await?.entry(id).await?;
                Ok(session.output.show(&told, |look| story::text(&told, look))?)
            }
            Self::Block(One { id }) => {
                found(session.hub().await?.block_entry(id).await)?;
                Ok(session.output.done(&format!("entry {id} is stopped"))?)
            }
            Self::Approve(One { id }) => {
                found(session.hub().await?.approve_entry(id).await)?;
                Ok(session.output.done(&format!("entry {id} is approved"))?)
            }
            Self::Erase(Erase { id }) => {
                session.hub().await?.erase_entry(id).await?;
                Ok(session.output.done(&format!("entry {id} is erased, with its recordings"))?)
            }
            Self::Watch(Watch {}) => watch(session).await,
        }
    }
}

/// Tells whoever named a visit that is not there where the numbers stand.
fn found(done: Result<(), ClientError>) -> Result<(), Failure> {
    done.or_advise(ProblemKind::NotFound, "`doorward entry list` shows the visits")
}

impl List {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let query = EntryQuery { door: self.door, before: None, limit: Some(self.limit) };
        let entries = session.hub().await?.entries(&query).await?;
        Ok(session.output.show(&entries, |look| table(&entries, look))?)
    }
}

fn table(entries: &[EntryView], look: &Look) -> String {
    if entries.is_empty() {
        return "nobody has come yet".to_owned();
    }
    let mut table = Table::with_heading(["id", "when", "door", "who", "lasted", "how it went"]);
    for entry in entries {
        table.push([
            entry.id.to_string().into(),
            look.day_time(entry.opened_at).into(),
            entry.door.as_str().into(),
            words::actor(&entry.by).into(),
            lasted(entry).into(),
            story::went(entry),
        ]);
    }
    table.lay_out(0, look)
}

fn lasted(entry: &EntryView) -> String {
    entry
        .closed_at
        .map_or_else(|| "–".to_owned(), |closed| duration(story::between(entry.opened_at, closed)))
}

async fn watch(session: &mut Session) -> Result<(), Failure> {
    let mut notices = session.hub().await?.notices().await?;
    session.output.note("watching; Ctrl-C ends");
    loop {
        let next = tokio::select! {
            next = notices.next() => next?,
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
        };
        match next {
            Some(notice) => session.output.show_line(&notice, |look| heard(&notice, look))?,
            None => return Err(anyhow::anyhow!("the hub has stopped").into()),
        }
    }
}

/// Tells a notice in a line. What changed on a door or an entry is told by the log.
pub(super) fn heard(notice: &Notice, look: &Look) -> Option<String> {
    let (door, text) = match &notice.news {
        News::Logged { line } => {
            let tint = story::tint(&line.event);
            let text = words::line(line);
            let door = words::door_of(&line.event).unwrap_or_default();
            (door, tint.map_or_else(|| text.clone(), |tint| look.paint(tint, &text)))
        }
        News::ApprovalWanted { door, entry } => {
            let text = format!("waits for you: `doorward entry approve {entry}`, or block");
            (door.as_str(), look.paint(Tint::Watch, text))
        }
        News::Bell { door } => (door.as_str(), "somebody rang".to_owned()),
        News::Missed { notices } => {
            let missed = words::count(*notices, "line was", "lines were");
            ("", look.paint(Tint::Watch, format!("{missed} missed; see `doorward log list`")))
        }
        News::CertificateEnds { device, until } => {
            let until = look.local(*until).strftime("%-d %b %Y");
            let text = format!(
                "the certificate of {device} ends on {until}: \
                 `doorward device renew {device} --out DIR` writes the files that follow"
            );
            ("", look.paint(Tint::Watch, text))
        }
        News::EntryChanged { .. }
        | News::Arrived { .. }
        | News::DoorChanged { .. }
        | News::Alarm { .. }
        | News::Trespass { .. } => return None,
    };
    Some(format!("{}  {door:<12}  {text}", look.seconds(notice.at)))
}
