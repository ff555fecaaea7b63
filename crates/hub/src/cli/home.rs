//! `doorward home-assistant`: whether Home Assistant is shown the doors.

use clap::Subcommand;
use doorward_api::home::{HomeAssistant, Shown};

use super::failure::Failure;
use super::look::Look;
use super::session::Session;
use super::table::Table;
use super::words;

#[derive(Subcommand)]
#[command(after_help = "\
Home Assistant sees each door's bolt, contact and camera, and what happens in an entry; never a
code, who came, or why somebody was denied. By itself it may ask nothing of a door:
  doorward device enrol ha --kind home-assistant --out ha
  doorward home-assistant on
  doorward device allow ha --door front            # may lock
  doorward device allow ha --door front --unlock   # may also unlock, as the door's policy says")]
pub(super) enum Home {
    /// Shows it the doors.
    On,
    /// Takes back what it was shown.
    Off,
    /// Says whether it is shown the doors, and what it may ask.
    Status,
}

impl Home {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let home = match self {
            Self::On => hub.show_home_assistant(Shown::On).await?,
            Self::Off => hub.show_home_assistant(Shown::Off).await?,
            Self::Status => hub.home_assistant().await?,
        };
        Ok(session.output.show(&home, |look| text(&home, look))?)
    }
}

fn text(home: &HomeAssistant, look: &Look) -> String {
    let shown = match home.shown {
        Shown::On => "Home Assistant is shown the doors",
        Shown::Off => "Home Assistant is shown nothing",
    };
    if home.enrolled.is_empty() {
        return format!(
            "{shown}\nnone is enrolled; `doorward device enrol ha --kind home-assistant --out ha`"
        );
    }
    let mut table = Table::with_heading(["name", "link", "door", "may"]);
    for device in &home.enrolled {
        let (name, link) = (device.device.as_str(), words::link(device.link));
        for one in &device.may {
            let may = words::may(one.permit);
            table.push([name.into(), link.into(), one.door.as_str().into(), may.into()]);
        }
        if device.may.is_empty() {
            table.push([name.into(), link.into(), "".into(), "ask nothing".into()]);
        }
    }
    format!("{shown}\n{}", table.lay_out(2, look))
}
