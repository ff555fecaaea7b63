//! A house with one door, played over the hub's real sockets.
//!
//! [`House::start`] connects a lock, a contact and keypads with the certificates that
//! `doorward device enrol` wrote, and lets [`door::Door`] decide what they report. Everything that
//! happens is appended to a [`Journal`]. The house knows no policy: it does what it is told, as far
//! as its faults let it, and notes when that was a bad idea.

mod actor;
mod dialect;
pub mod door;
mod link;
pub mod order;
mod seen;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

pub use dialect::{Unheeded, Verdict};
pub use link::connect;
pub use seen::{Seen, Sight};

use crate::journal::{InVain, Journal, Place};
use actor::{Actor, Ask};
use door::{ContactFault, Leaf, LockFault, Pace, Visitor};

/// A device's enrolled name and the folder with its `ca.pem`, `client.pem` and `client.key`.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// The name, which is also the topic level and the MQTT client id.
    pub name: String,
    /// Where the certificates lie.
    pub folder: PathBuf,
}

/// What stands at the door, and in which condition.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The lock.
    pub lock: Enrolled,
    /// The contact, if the door has one.
    pub contact: Option<Enrolled>,
    /// The keypads.
    pub keypads: Vec<Enrolled>,
    /// How long things take.
    pub pace: Pace,
    /// What is wrong with the lock from the start.
    pub lock_fault: LockFault,
    /// What is wrong with the contact from the start.
    pub contact_fault: ContactFault,
    /// Who comes.
    pub visitor: Visitor,
}

/// A running house. Dropping it pulls every device's plug: the hub sees their wills.
#[derive(Debug)]
pub struct House {
    asks: mpsc::UnboundedSender<Ask>,
    devices: Vec<String>,
    sequence: AtomicU64,
    journal: Journal<Sight>,
}

impl House {
    /// Connects all devices; returns at once, [`Seen::Up`] tells when each is connected.
    ///
    /// # Errors
    /// If a certificate cannot be read.
    pub fn start(hub: SocketAddr, plan: Plan) -> anyhow::Result<Self> {
        let journal = Journal::default();
        let (asks, asked) = mpsc::unbounded_channel();
        let devices = [&plan.lock].into_iter().chain(&plan.contact).chain(&plan.keypads);
        let devices = devices.map(|device| device.name.clone()).collect();
        let actor = Actor::new(hub, plan, journal.clone())?;
        tokio::spawn(actor.run(asked));
        Ok(Self { asks, devices, sequence: AtomicU64::new(1), journal })
    }

    /// What was seen.
    #[must_use]
    pub const fn journal(&self) -> &Journal<Sight> {
        &self.journal
    }

    /// Waits until all devices have connected since `from`.
    ///
    /// # Errors
    /// If one of them does not.
    pub async fn connected(&self, from: Place, patience: Duration) -> Result<(), InVain> {
        for device in &self.devices {
            let up = Seen::Up { device: device.clone() };
            let what = format!("{device} connected");
            let is_up = |sight: &Sight| (sight.what == up).then_some(());
            self.journal.wait(from, patience, &what, is_up).await?;
        }
        Ok(())
    }

    /// Types a code on a keypad; returns the number that its answer will carry.
    pub fn type_code(&self, keypad: &str, code: &str) -> u64 {
        let seq = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.ask(Ask::Type { keypad: keypad.to_owned(), code: code.to_owned(), seq });
        seq
    }

    /// Rings the bell of a keypad.
    pub fn ring(&self, keypad: &str) {
        let seq = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.ask(Ask::Ring { keypad: keypad.to_owned(), seq });
    }

    /// Types a code on a keypad and waits for its light.
    ///
    /// # Errors
    /// If the keypad stays dark.
    pub async fn type_and_hear(
        &self,
        keypad: &str,
        code: &str,
        patience: Duration,
    ) -> Result<Verdict, InVain> {
        let here = self.journal.end();
        let typed = self.type_code(keypad, code);
        let answer = self.journal.wait(here, patience, "the keypad's answer", |sight| {
            let Seen::Answered { seq, answer, .. } = &sight.what else { return None };
            (*seq == typed).then_some(*answer)
        });
        Ok(answer.await?.0)
    }

    /// Breaks or mends the lock.
    pub fn set_lock_fault(&self, fault: LockFault) {
        self.ask(Ask::LockFault(fault));
    }

    /// Breaks or mends the contact.
    pub fn set_contact_fault(&self, fault: ContactFault) {
        self.ask(Ask::ContactFault(fault));
    }

    /// Says who comes next.
    pub fn set_visitor(&self, visitor: Visitor) {
        self.ask(Ask::Visitor(visitor));
    }

    /// Moves the leaf by hand.
    pub fn push(&self, leaf: Leaf) {
        self.ask(Ask::Push(leaf));
    }

    fn ask(&self, ask: Ask) {
        // The actor ends only when this sender is dropped, so somebody always listens.
        drop(self.asks.send(ask));
    }
}
