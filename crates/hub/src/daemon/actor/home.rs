//! Home Assistant: told what has changed, and heard.

use doorward_broker::{Age, FromDevice, Retain};
use doorward_core::event::Leaf;
use doorward_core::ids::DoorId;
use doorward_core::io::Input;
use doorward_core::trespass::{Attempt, Trespass};
use doorward_devices::Malformed;
use tracing::{debug, warn};

use super::super::home::{self, Switch, View};
use super::Actor;

impl Actor {
    /// Says what stands differently from what was said last.
    pub(super) fn show_home(&mut self) {
        if !self.home.is_stale() {
            return;
        }
        let (doors, permits) = (self.hub.doors(), self.hub.permits());
        let view = View { doors: &doors, links: &self.links, permits: &permits };
        for (topic, text) in self.home.news(&view, self.clock.now().mono) {
            match self.sender.publish(&topic, text.clone(), Retain::Yes) {
                Ok(_) => self.home.said(topic, text),
                Err(error) => warn!(%topic, %error, "Home Assistant is not told"),
            }
        }
    }

    /// Tells of entries, once what happened in them is on the disk.
    pub(super) fn tell_home(&self, lines: &[(u64, Leaf)]) {
        if self.home.switch == Switch::Off {
            return;
        }
        for (topic, text) in lines.iter().filter_map(|(_, leaf)| home::told_of(&leaf.event)) {
            if let Err(error) = self.sender.publish(&topic, text, Retain::No) {
                warn!(%topic, %error, "Home Assistant is not told");
            }
        }
    }

    /// Takes in what was asked of a door. A message that is to be kept is no wish
    /// of this moment.
    pub(super) fn home_asks(&mut self, message: &FromDevice, door: DoorId) {
        let device = message.device.clone();
        if self.home.switch == Switch::Off {
            let target = self.target(message.topic.as_str());
            let attempt = Attempt::Publish;
            return self.input(Input::Refused(Trespass { device, attempt, target }));
        }
        if message.payload.is_empty() {
            return;
        }
        let said_now = (message.retained, message.age) == (Retain::No, Age::Live);
        match home::wish(&message.payload).filter(|_| said_now) {
            Some(wish) => self.input(Input::Asked(device, door, wish)),
            None => {
                debug!(%device, "what was asked is not understood, or not of this moment");
                self.links.malformed(Malformed::WrongType);
            }
        }
    }

    pub(super) fn home_switched(&mut self, switch: Switch) {
        self.home.turn(switch);
    }
}
