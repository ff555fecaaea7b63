//! The one task that owns the door and its devices.

use std::net::SocketAddr;
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;

use super::dialect::{
    BellPressed, CommandGate, ContactState, KeypadAnswer, KeypadEntry, LockState,
};
use super::door::{Bolt, ContactFault, Door, Happening, Leaf, LockFault, Visitor};
use super::link::{Heard, Link, News, Queued, Retained};
use super::{Plan, Seen, Sight};
use crate::journal::Journal;

/// What somebody in front of the house wants.
#[derive(Debug)]
pub(crate) enum Ask {
    Type { keypad: String, code: String, seq: u64 },
    Ring { keypad: String, seq: u64 },
    LockFault(LockFault),
    ContactFault(ContactFault),
    Visitor(Visitor),
    Push(Leaf),
}

/// A device, its connection and the number of its last report.
struct Device {
    name: String,
    link: Link,
    seq: u64,
}

pub(crate) struct Actor {
    door: Door,
    lock: Device,
    gate: CommandGate,
    contact: Option<Device>,
    contact_fault: ContactFault,
    keypads: Vec<Device>,
    heard: mpsc::Receiver<Heard>,
    journal: Journal<Sight>,
}

impl Actor {
    pub(crate) fn new(
        hub: SocketAddr,
        plan: Plan,
        journal: Journal<Sight>,
    ) -> anyhow::Result<Self> {
        let (sender, heard) = mpsc::channel(64);
        let device = |enrolled: &super::Enrolled, listens_to| {
            let link = Link::start(hub, enrolled, listens_to, sender.clone())?;
            anyhow::Ok(Device { name: enrolled.name.clone(), link, seq: 0 })
        };
        let mut door = Door::new(plan.pace);
        door.set_fault(plan.lock_fault);
        door.set_visitor(plan.visitor);
        Ok(Self {
            door,
            lock: device(&plan.lock, Some("lock/set"))?,
            gate: CommandGate::default(),
            contact: plan.contact.as_ref().map(|contact| device(contact, None)).transpose()?,
            contact_fault: plan.contact_fault,
            keypads: plan
                .keypads
                .iter()
                .map(|keypad| device(keypad, Some("keypad/answer")))
                .collect::<Result<_, _>>()?,
            heard,
            journal,
        })
    }

    /// Runs until nobody can ask any more.
    pub(crate) async fn run(mut self, mut asked: mpsc::UnboundedReceiver<Ask>) {
        loop {
            let due = self.door.deadline().map(tokio::time::Instant::from_std);
            tokio::select! {
                ask = asked.recv() => match ask {
                    Some(ask) => self.ask(ask),
                    None => return,
                },
                Some(heard) = self.heard.recv() => self.hear(heard),
                () = until(due) => self.door.elapse(Instant::now()),
            }
            while let Some(happening) = self.door.happened() {
                self.happen(happening);
            }
        }
    }

    fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Type { keypad, code, seq } => self.type_code(&keypad, &code, seq),
            Ask::Ring { keypad, seq } => self.ring(&keypad, seq),
            Ask::LockFault(fault) => self.door.set_fault(fault),
            Ask::ContactFault(fault) => self.contact_fault = fault,
            Ask::Visitor(visitor) => self.door.set_visitor(visitor),
            Ask::Push(leaf) => self.door.push(leaf),
        }
    }

    fn type_code(&mut self, keypad: &str, code: &str, seq: u64) {
        let Some(device) = self.keypads.iter().find(|device| device.name == keypad) else {
            return self.see(Seen::Unclear { device: keypad.to_owned() });
        };
        let queued =
            device.link.publish("keypad/entry", Retained::No, json(&KeypadEntry { code, seq }));
        self.see(match queued {
            Queued::Yes => Seen::Typed { device: keypad.to_owned(), seq },
            Queued::No => overfull(keypad),
        });
    }

    fn ring(&mut self, keypad: &str, seq: u64) {
        let Some(device) = self.keypads.iter().find(|device| device.name == keypad) else {
            return self.see(Seen::Unclear { device: keypad.to_owned() });
        };
        let queued = device.link.publish("bell/pressed", Retained::No, json(&BellPressed { seq }));
        self.see(match queued {
            Queued::Yes => Seen::Rang { device: keypad.to_owned() },
            Queued::No => overfull(keypad),
        });
    }

    fn hear(&mut self, Heard { device, what }: Heard) {
        match what {
            News::Up => {
                self.see(Seen::Up { device: device.clone() });
                self.report_afresh(&device);
            }
            News::Down(why) => self.see(Seen::Down { device, why }),
            News::Message { topic, payload } if topic.ends_with("/lock/set") => {
                self.command(&payload);
            }
            News::Message { payload, .. } => self.answer(device, &payload),
        }
    }

    /// After each connection a device says where it stands, for nothing is kept for it.
    fn report_afresh(&mut self, device: &str) {
        if device == self.lock.name && self.door.lock_answers() {
            self.report_bolt(self.door.bolt());
        } else if self.contact.as_ref().is_some_and(|contact| contact.name == device) {
            self.report_leaf(self.door.leaf());
        }
    }

    fn command(&mut self, payload: &[u8]) {
        match self.gate.admit(payload, Timestamp::now()) {
            Ok(turn) => {
                self.see(Seen::Commanded { turn });
                self.door.turn(turn, Instant::now());
            }
            Err(why) => self.see(Seen::Unheeded { why }),
        }
    }

    fn answer(&mut self, device: String, payload: &[u8]) {
        self.see(match serde_json::from_slice(payload) {
            Ok(KeypadAnswer::Verdict { seq, answer }) => Seen::Answered { device, seq, answer },
            Ok(KeypadAnswer::Countdown { countdown_s }) => Seen::Countdown { device, countdown_s },
            Err(_) => Seen::Unclear { device },
        });
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Bolt(bolt) => {
                self.see(Seen::Bolt { bolt });
                self.report_bolt(bolt);
            }
            Happening::Leaf(leaf) => {
                self.see(Seen::Leaf { leaf });
                self.report_leaf(leaf);
            }
            Happening::ThrownOnOpenLeaf => self.see(Seen::ThrownOnOpenLeaf),
        }
    }

    fn report_bolt(&mut self, bolt: Bolt) {
        self.lock.seq += 1;
        let state = LockState { bolt, seq: self.lock.seq };
        if self.lock.link.publish("lock/state", Retained::Yes, json(&state)) == Queued::No {
            self.see(overfull(&self.lock.name));
        }
    }

    fn report_leaf(&mut self, leaf: Leaf) {
        let said = match self.contact_fault {
            ContactFault::None => leaf,
            ContactFault::Lying => Leaf::Closed,
            ContactFault::Missing => return,
        };
        let Some(contact) = &mut self.contact else {
            return;
        };
        contact.seq += 1;
        let state = ContactState { contact: said, seq: contact.seq };
        if contact.link.publish("contact/state", Retained::Yes, json(&state)) == Queued::No {
            let seen = overfull(&contact.name);
            self.see(seen);
        }
    }

    fn see(&self, seen: Seen) {
        self.journal.append(seen.now());
    }
}

fn overfull(device: &str) -> Seen {
    Seen::Down { device: device.to_owned(), why: "its queue of messages is full".to_owned() }
}

fn json(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("a struct of strings and numbers has a JSON form")
}

async fn until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
