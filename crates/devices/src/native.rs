//! Our own dialect, `doorward/<device>/…`, for devices that people build.
//!
//! The schema is `docs/mqtt.md`. Every message is small JSON, except `status`,
//! which is one word so that it can be a last will.

mod certificates;
mod orders;
mod sequence;

use doorward_core::device::{DeviceOrder, DeviceReport};
use doorward_core::door::{Bolt, Contact};
use doorward_core::ids::DeviceName;
use doorward_core::time::{HubTime, Now};
use serde::Deserialize;

use crate::digits::Digits;
use crate::discovery::{Discovered, Familiar};
use crate::parse;
use crate::roles::Roles;
use crate::speech::{Heard, Malformed, Message, Outgoing, Retained, Speech, Unwritable};
use crate::tries::RecentTries;
pub use certificates::{
    CertificateRefused, IssuedCertificate, certificate_issued, certificate_refused,
    certificate_to_renew,
};
use sequence::Sequence;

/// The most bytes that a message of our own dialect has.
pub const MAX_PAYLOAD_BYTES: usize = 4096;

/// One device of our own dialect.
pub(crate) struct Native {
    device: DeviceName,
    /// `doorward/<device>/`.
    prefix: String,
    lock: Sequence,
    contact: Sequence,
    tries: RecentTries,
    rings: RecentTries,
}

#[derive(Deserialize)]
struct LockState {
    bolt: String,
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct ContactState {
    contact: String,
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct KeypadEntry {
    code: Digits,
    seq: u64,
}

#[derive(Deserialize)]
struct BellPressed {
    seq: u64,
}

impl Native {
    pub(crate) fn new(holder: &DeviceName) -> Self {
        Self {
            device: holder.clone(),
            prefix: format!("doorward/{holder}/"),
            lock: Sequence::default(),
            contact: Sequence::default(),
            tries: RecentTries::new(),
            rings: RecentTries::new(),
        }
    }

    fn status(&mut self, text: &str) -> Result<DeviceReport, Malformed> {
        let report = match text {
            "online" => DeviceReport::Online,
            "offline" => DeviceReport::Offline,
            _ => return Err(Malformed::WrongType),
        };
        self.forget_sequences();
        Ok(report)
    }

    fn lock_state(&mut self, text: &str, now: Now) -> Result<Option<DeviceReport>, Malformed> {
        let state: LockState = parse::object(text)?;
        let bolt = bolt(&state.bolt)?;
        let is_current = self.lock.is_current(state.seq, now.mono);
        Ok(is_current.then_some(DeviceReport::Bolt(bolt)))
    }

    fn contact_state(&mut self, text: &str, now: Now) -> Result<Option<DeviceReport>, Malformed> {
        let state: ContactState = parse::object(text)?;
        let contact = contact(&state.contact)?;
        let is_current = self.contact.is_current(state.seq, now.mono);
        Ok(is_current.then_some(DeviceReport::Contact(contact)))
    }

    fn keypad_entry(&mut self, text: &str, now: Now) -> Result<Option<DeviceReport>, Malformed> {
        let entry: KeypadEntry = parse::object(text)?;
        let is_first = self.tries.is_first(Some(entry.seq), &entry.code, now.mono);
        Ok(is_first
            .then(|| DeviceReport::Typed { code: entry.code.code(), transaction: entry.seq }))
    }

    fn bell_pressed(&mut self, text: &str, now: Now) -> Result<Option<DeviceReport>, Malformed> {
        let ring: BellPressed = parse::object(text)?;
        let is_first = self.rings.is_first(Some(ring.seq), &Digits::none(), now.mono);
        Ok(is_first.then_some(DeviceReport::Bell))
    }

    /// A device that comes or goes may count from the beginning again.
    fn forget_sequences(&mut self) {
        self.lock = Sequence::default();
        self.contact = Sequence::default();
    }
}

impl Speech for Native {
    fn set_roles(&mut self, _roles: &Roles) -> Vec<Outgoing> {
        // The topic says what a device speaks as, and what it said last is
        // retained: there is nothing to ask.
        Vec::new()
    }

    fn read(&mut self, message: Message<'_>) -> Result<Heard, Malformed> {
        let Some(tail) = message.topic.strip_prefix(&self.prefix) else {
            return Ok(Heard::default());
        };
        let is_event = matches!(tail, "keypad/entry" | "bell/pressed" | certificates::REQUEST);
        let says_nothing =
            message.payload.is_empty() || (is_event && message.retained == Retained::Yes);
        if says_nothing {
            return Ok(Heard::default());
        }
        let text = || parse::text(message.payload, MAX_PAYLOAD_BYTES);
        if tail == certificates::REQUEST {
            let certificate = Some(certificates::read(text()?)?);
            return Ok(Heard { certificate, ..Heard::default() });
        }
        let report = match tail {
            "status" => Some(self.status(text()?)?),
            "lock/state" => self.lock_state(text()?, message.now)?,
            "contact/state" => self.contact_state(text()?, message.now)?,
            "keypad/entry" => self.keypad_entry(text()?, message.now)?,
            "bell/pressed" => self.bell_pressed(text()?, message.now)?,
            _ => None,
        };
        let reports = report.map(|report| (self.device.clone(), report));
        Ok(Heard { reports: reports.into_iter().collect(), ..Heard::default() })
    }

    fn write(
        &mut self,
        device: &DeviceName,
        order: &DeviceOrder,
    ) -> Result<Vec<Outgoing>, Unwritable> {
        if device.behind_bridge().is_some() {
            return Err(Unwritable::NotAddressable);
        }
        orders::write(&self.prefix, order)
    }

    fn idle_command(&self, lock: &DeviceName) -> Result<Outgoing, Unwritable> {
        if lock.behind_bridge().is_some() {
            return Err(Unwritable::NotAddressable);
        }
        orders::idle_command(&self.prefix)
    }

    fn addressee(&self, topic: &str) -> Option<DeviceName> {
        topic.starts_with(&self.prefix).then(|| self.device.clone())
    }

    /// A device of our own dialect is enrolled by what it is.
    fn discovered(&self) -> &[Discovered] {
        &[]
    }

    fn familiar(&self, _device: &DeviceName) -> Familiar<'_> {
        Familiar::Unsaid
    }

    fn lost(&mut self) -> Vec<DeviceName> {
        self.forget_sequences();
        vec![self.device.clone()]
    }

    fn poll(&mut self, _now: HubTime) -> Vec<Outgoing> {
        Vec::new()
    }

    fn poll_deadline(&self) -> Option<HubTime> {
        None
    }
}

fn bolt(word: &str) -> Result<Bolt, Malformed> {
    match word {
        "thrown" => Ok(Bolt::Thrown),
        "retracted" => Ok(Bolt::Retracted),
        "moving" => Ok(Bolt::Moving),
        "jammed" => Ok(Bolt::Jammed),
        "unknown" => Ok(Bolt::Unknown),
        _ => Err(Malformed::WrongType),
    }
}

fn contact(word: &str) -> Result<Contact, Malformed> {
    match word {
        "open" => Ok(Contact::Open),
        "closed" => Ok(Contact::Closed),
        _ => Err(Malformed::WrongType),
    }
}
