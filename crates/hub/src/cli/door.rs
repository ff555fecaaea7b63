//! `doorward door`: describing doors, and moving their bolts.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use doorward_api::door::{
    AddDoor, ApprovalRule, ChangePolicy, DoorView, Doubt, LockWhen, Misfit, PolicyView,
    RecordingRule,
};
use doorward_api::{CameraName, DeviceName, DoorName, ProblemKind};

use super::failure::{Advice, Failure};
use super::look::Look;
use super::session::Session;
use super::table::Table;
use super::words::{self, duration};
use super::{moment, names};

/// What to do about a visit that is in the way.
const BUSY: &str = "`doorward entry list` shows which, `doorward entry block ID` stops it";

#[derive(Subcommand)]
pub(super) enum Door {
    /// Describes a door: what hangs on it, and which camera films it.
    Add(Add),
    /// Lists the doors and their policies.
    List(List),
    /// Says what you want of a door.
    Policy(Policy),
    /// Unlocks a door, by your own leave.
    Unlock(One),
    /// Locks a door; if it is open, as soon as it closes.
    Lock(One),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward door add front --lock porch-lock --keypad porch-keypad --contact porch-contact \\
      --camera porch
  doorward door add front --lock \"z2m/Front door\" --keypad \"z2m/Porch keypad\"

The lock, keypads and contact may be any device that is enrolled, or behind a bridge that is. You
are warned of those that do not fit what is known of them.

What is not said is `--recording required --approval none --relock-after 30s`; `doorward door
policy` changes it. A door without a camera does not open for couriers until its policy says
`--recording off`.")]
pub(super) struct Add {
    /// The door's name.
    #[arg(value_parser = names::door)]
    name: DoorName,
    /// The device that moves its bolt.
    #[arg(long, value_name = "DEVICE", value_parser = names::device)]
    lock: DeviceName,
    /// A keypad in front of it; may be given more than once.
    #[arg(long = "keypad", value_name = "DEVICE", value_parser = names::device)]
    keypads: Vec<DeviceName>,
    /// The contact that tells open from closed.
    #[arg(long, value_name = "DEVICE", value_parser = names::device)]
    contact: Option<DeviceName>,
    /// The camera that films its entries.
    #[arg(long, value_name = "CAMERA", value_parser = names::camera)]
    camera: Option<CameraName>,
    #[command(flatten)]
    rules: Rules,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward door policy front --recording required --relock-after 45s
  doorward door policy garden --recording off")]
pub(super) struct Policy {
    /// The door's name.
    #[arg(value_parser = names::door)]
    name: DoorName,
    #[command(flatten)]
    rules: Rules,
}

/// What is wanted of a door; what is not said stays.
#[derive(Args)]
struct Rules {
    /// Whether a visit must be filmed.
    #[arg(long, value_enum)]
    recording: Option<Recording>,
    /// Whether you are asked each time.
    #[arg(long, value_enum)]
    approval: Option<Approval>,
    /// How long an unlocked door waits to be opened: 30s, 2m.
    #[arg(long, value_name = "TIME", value_parser = moment::length)]
    relock_after: Option<Duration>,
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct One {
    /// The door's name.
    #[arg(value_parser = names::door)]
    name: DoorName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Recording {
    /// No unlock unless the camera has shown a live picture just now.
    Required,
    /// Filmed if the camera can; a gap is marked otherwise.
    Preferred,
    /// Never filmed.
    Off,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Approval {
    /// A good code is enough.
    None,
    /// You approve within a minute, or the door stays locked.
    Tap,
}

impl Door {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List(List {}) => {
                let doors = session.hub().await?.doors().await?;
                Ok(session.output.show(&doors, |look| table(&doors, look))?)
            }
            Self::Policy(policy) => policy.run(session).await,
            Self::Unlock(One { name }) => unlock(&name, session).await,
            Self::Lock(One { name }) => lock(&name, session).await,
        }
    }
}

impl Add {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let door = AddDoor {
            name: self.name,
            lock: self.lock,
            keypads: self.keypads,
            contact: self.contact,
            camera: self.camera,
            policy: self.rules.change(),
        };
        let added = session.hub().await?.add_door(&door).await?;
        let door = &added.door;
        let mut text = format!("door {}: {}\n", door.name, policy_in_words(&door.policy));
        added.doubts.iter().for_each(|doubt| text.push_str(&doubt_in_words(doubt)));
        text.push_str(&obstacles(door));
        Ok(session.output.show(&added, |_| text)?)
    }
}

impl Policy {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let change = self.rules.change();
        if change == ChangePolicy::default() {
            return Err(Failure::usage(
                "say what shall change: --recording, --approval or --relock-after",
            ));
        }
        let door = session.hub().await?.change_policy(&self.name, &change).await?;
        let text = format!("door {}: {}", door.name, policy_in_words(&door.policy));
        Ok(session.output.show(&door, |_| text)?)
    }
}

impl Rules {
    fn change(&self) -> ChangePolicy {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        ChangePolicy {
            recording: self.recording.map(RecordingRule::from),
            approval: self.approval.map(ApprovalRule::from),
            relock_after_ms: self.relock_after.map(milliseconds),
        }
    }
}

async fn unlock(door: &DoorName, session: &mut Session) -> Result<(), Failure> {
    let begun = session.hub().await?.unlock_door(door).await;
    let begun = begun.or_advise(ProblemKind::Conflict, BUSY)?;
    let entry = begun.entry;
    let text = format!("unlocking {door}; `doorward entry show {entry}` tells how it goes");
    Ok(session.output.show(&begun, |_| text)?)
}

async fn lock(door: &DoorName, session: &mut Session) -> Result<(), Failure> {
    let asked = session.hub().await?.lock_door(door).await;
    let asked = asked.or_advise(ProblemKind::Conflict, BUSY)?;
    let text = match asked.when {
        LockWhen::AtOnce => {
            format!("the lock of {door} is told to lock; `doorward status` says when it has")
        }
        LockWhen::OnceClosed => format!("{door} is open; it will be locked as soon as it closes"),
    };
    Ok(session.output.show(&asked, |_| text)?)
}

/// Says why no courier can open a door as it is described, a line for each reason.
pub(super) fn obstacles(door: &DoorView) -> String {
    let no_keypad = door.keypads.is_empty();
    let must_film = door.policy.recording == RecordingRule::Required;
    let unfilmed = must_film && door.camera.is_none();
    let reasons = [
        no_keypad.then_some("warning: this door has no keypad, so nobody can type a code at it\n"),
        unfilmed.then_some(
            "warning: this door must film and has no camera, so no courier's code opens it; \
             `doorward door policy --help` tells how to let it open unfilmed\n",
        ),
    ];
    reasons.into_iter().flatten().collect()
}

fn doubt_in_words(doubt: &Doubt) -> String {
    let Doubt { device, part, why } = doubt;
    let part = words::part(*part);
    match why {
        Misfit::EnrolledAs { kind } => {
            let kind = words::device_kind(*kind);
            format!("warning: {device} is used as a {part} and was enrolled as a {kind}\n")
        }
        Misfit::UnknownToBridge => format!(
            "warning: its bridge tells of no device {device}; `doorward device list --discovered` \
             shows those that it does\n"
        ),
        Misfit::CannotBe { can_be } => {
            let other: Vec<_> = can_be.iter().map(|part| words::part(*part)).collect();
            let other =
                if other.is_empty() { "none of these".to_owned() } else { other.join(", ") };
            format!("warning: its bridge says that {device} is no {part}, but: {other}\n")
        }
    }
}

fn policy_in_words(policy: &PolicyView) -> String {
    format!(
        "recording {}, approval {}, relock after {}",
        words::recording_rule(policy.recording),
        words::approval_rule(policy.approval),
        duration(policy.relock_after_ms),
    )
}

fn table(doors: &[DoorView], look: &Look) -> String {
    if doors.is_empty() {
        return "no doors yet; describe one with `doorward door add`".to_owned();
    }
    let heading = ["name", "lock", "keypads", "contact", "camera", "policy"];
    let mut table = Table::with_heading(heading);
    for door in doors {
        let keypads: Vec<_> = door.keypads.iter().map(DeviceName::as_str).collect();
        let keypads = if keypads.is_empty() { "–".to_owned() } else { keypads.join(", ") };
        table.push([
            door.name.as_str().into(),
            door.lock.as_str().into(),
            keypads.into(),
            door.contact.as_ref().map_or("–", DeviceName::as_str).into(),
            door.camera.as_ref().map_or("–", CameraName::as_str).into(),
            policy_in_words(&door.policy).into(),
        ]);
    }
    table.lay_out(0, look)
}

impl From<Recording> for RecordingRule {
    fn from(rule: Recording) -> Self {
        match rule {
            Recording::Required => Self::Required,
            Recording::Preferred => Self::Preferred,
            Recording::Off => Self::Off,
        }
    }
}

impl From<Approval> for ApprovalRule {
    fn from(rule: Approval) -> Self {
        match rule {
            Approval::None => Self::None,
            Approval::Tap => Self::Tap,
        }
    }
}
