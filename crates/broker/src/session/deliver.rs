//! What reaches the client: messages of the hub's and of other devices, as far as
//! a subscription wants them and the grants of this moment allow it.

use super::{End, Session};
use crate::message::Message;
use crate::router::FromRouter;
use crate::subscriptions::{Speaker, Terms};

impl Session {
    pub(super) fn take_routed(&mut self, routed: FromRouter) -> Result<(), End> {
        match routed {
            FromRouter::Nothing => Ok(()),
            FromRouter::Subscribed(number) => self.keep_promise(number),
            FromRouter::Message(message) => {
                let overlap = self.membership.subscriptions.len() > 1;
                if !overlap || self.carried.copies.is_first(&message) {
                    self.deliver(*message);
                }
                Ok(())
            }
        }
    }

    /// Puts a message into the outbox if a subscription wants it and the
    /// grants of this moment allow it.
    pub(super) fn deliver(&mut self, message: Message) {
        let speaker = Speaker::of(message.origin, self.id);
        if let Some(terms) = self.membership.subscriptions.terms(&message, speaker) {
            self.deliver_on(message, terms);
        }
    }

    pub(super) fn deliver_on(&mut self, message: Message, terms: Terms) {
        if self.enrolled.grants.may_receive(&message.topic) {
            self.carried.outbox.push(message, terms);
        }
    }
}
