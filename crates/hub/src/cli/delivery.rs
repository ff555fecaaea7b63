//! `doorward delivery`: a code for a courier, and the words to send along.

use clap::{Args, Subcommand};
use doorward_api::code::{CodeKind, CodeTerms, IssuedCode, NewCode, Window};
use doorward_api::door::{DoorView, RecordingRule};
use doorward_api::{CodeId, DoorName};
use secrecy::ExposeSecret;
use serde_json::json;

use super::failure::Failure;
use super::look::{Look, Tint};
use super::moment::{self, Moment};
use super::session::Session;
use super::{code, door, names};

#[derive(Subcommand)]
pub(super) enum Delivery {
    /// Expects a courier: prints a code that opens one door once.
    Expect(Box<Expect>),
    /// Lists expected and past deliveries.
    List(List),
    /// Takes a courier's code back.
    Cancel(Cancel),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward delivery expect --door front                        the next four hours
  doorward delivery expect --door front --carrier DHL --reference 00340434 \\
      --from 14:00 --until 18:00 --instructions \"on the bench to the left\"
  doorward delivery expect --door front --from \"tomorrow 9:00\" --until +3h
  doorward delivery expect --door front --from \"2026-11-22 14:00\" --until 18:00

Times are local: 14:00, \"tomorrow 14:00\", \"2026-11-22 14:00\", 2026-11-22T13:00:00Z, +4h.
A window lasts at most 24 hours. The code works once and is shown once.")]
pub(super) struct Expect {
    /// The door.
    #[arg(long, value_parser = names::door)]
    door: DoorName,
    /// Who brings it.
    #[arg(long)]
    carrier: Option<String>,
    /// The carrier's number for it.
    #[arg(long)]
    reference: Option<String>,
    /// When the courier may come first; without it, now.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<Moment>,
    /// When it is too late; without it, four hours after --from.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<Moment>,
    /// Where to put the parcel, in words for the courier.
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct Cancel {
    /// The code's number, as `doorward delivery list` shows it.
    id: CodeId,
}

/// Whether the courier will be filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filming {
    Filmed,
    NotFilmed,
}

impl Delivery {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Expect(expect) => expect.run(session).await,
            Self::List(List {}) => code::list(Some(CodeKind::Delivery), session).await,
            Self::Cancel(Cancel { id }) => {
                code::cancel(id, Some(CodeKind::Delivery), session).await
            }
        }
    }
}

impl Expect {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let look = session.output.look();
        let now = look.local(look.now);
        let window = moment::window(self.from.as_ref(), self.until.as_ref(), &now)
            .map_err(Failure::Usage)?;
        let hub = session.hub().await?;
        let door = hub.doors().await?.into_iter().find(|known| known.name == self.door);
        let filming = filming(door.as_ref());
        let wanted = NewCode::Delivery {
            door: self.door,
            window,
            carrier: self.carrier,
            reference: self.reference,
            instructions: self.instructions,
        };
        let issued = hub.issue_code(&wanted).await?;
        let letter = letter(&issued, filming, session.output.look());
        let shown = json!({
            "code": issued.code,
            "digits": issued.digits.expose_secret(),
            "letter": letter,
        });
        Ok(session.output.show(&shown, |look| {
            let heading = look.paint(Tint::Strong, "For the courier:");
            let obstacles = door.as_ref().map(door::obstacles).unwrap_or_default();
            format!("{}\n{heading}\n  {letter}\n\n{obstacles}", code::sheet(&issued, look))
        })?)
    }
}

/// Whoever is filmed is told so beforehand.
fn filming(door: Option<&DoorView>) -> Filming {
    let films =
        |door: &DoorView| door.camera.is_some() && door.policy.recording != RecordingRule::Off;
    if door.is_some_and(films) { Filming::Filmed } else { Filming::NotFilmed }
}

/// Writes to the courier. Neither the house's names nor whether anybody is in, today or
/// at another time, can be read from it.
pub(super) fn letter(issued: &IssuedCode, filming: Filming, look: &Look) -> String {
    let CodeTerms::Delivery { window, reference, instructions, .. } = &issued.code.terms else {
        return String::new();
    };
    let parcel = reference.as_ref().map_or_else(String::new, |number| format!(" {number}"));
    let mut text = format!(
        "Delivery{parcel}: please type {} on the keypad by the door, {}. The code opens the door \
         once.",
        code::spaced(&issued.digits),
        when(*window, look),
    );
    if let Some(place) = instructions {
        let place = place.trim().trim_end_matches('.');
        text.push_str(&format!(" Where to put it: {place}."));
    }
    text.push_str(" Please pull the door shut when you leave; it locks by itself.");
    match filming {
        Filming::Filmed => text.push_str(" The visit is filmed."),
        Filming::NotFilmed => {}
    }
    text
}

fn when(window: Window, look: &Look) -> String {
    let (from, until) = (look.local(window.from), look.local(window.until));
    let day = "%A %-d %B";
    if from.date() == until.date() {
        let hours = format!("between {} and {}", from.strftime("%H:%M"), until.strftime("%H:%M"));
        format!("{} {hours}", from.strftime(day))
    } else {
        let form = format!("{day} %H:%M");
        format!("between {} and {}", from.strftime(&form), until.strftime(&form))
    }
}
