//! What outlives a connection: what the client was promised, and what it has been
//! told already.

use std::collections::{HashSet, VecDeque};

use doorward_core::topic::TopicFilter;

use super::outbox::{Outbox, Reception};
use crate::message::Message;
use crate::registry::Enrolled;
use crate::router::{RouterGone, RouterLink};
use crate::shared::Shared;
use crate::subscriptions::Subscriptions;

/// How many messages are remembered to recognise copies.
const REMEMBERED: usize = 1_024;

/// What a session takes from one connection to the next, beside its
/// subscriptions.
pub(crate) struct Carried {
    pub(super) outbox: Outbox,
    /// QoS 2 publishes that were accepted and not yet released.
    pub(super) unreleased: HashSet<u16>,
    pub(super) link: Option<RouterLink>,
    pub(super) copies: Copies,
}

/// Recognises copies of one message, of which the router sends one for each
/// of overlapping subscriptions.
#[derive(Default)]
pub(super) struct Copies(VecDeque<u64>);

impl Carried {
    pub(super) fn nothing(reception: Reception, shared: &Shared) -> Self {
        Self {
            outbox: Outbox::new(reception, &shared.limits),
            unreleased: HashSet::new(),
            link: None,
            copies: Copies::default(),
        }
    }

    /// Goes over to another connection.
    pub(super) fn over(mut self, reception: Reception, enrolled: &Enrolled) -> Self {
        self.outbox.resume(reception);
        self.outbox.keep_granted(|message| enrolled.grants.may_receive(&message.topic));
        self
    }

    /// Prepares for a time without connection.
    pub(super) fn park(&mut self, shared: &Shared) {
        let dropped = self.outbox.park(&shared.limits);
        shared.counters.count_dropped(dropped);
    }

    /// Links the session to the router, if it has subscriptions and no link:
    /// because the router it was linked to has died.
    pub(super) async fn relink(
        &mut self,
        shared: &Shared,
        subscriptions: &Subscriptions,
    ) -> Result<(), RouterGone> {
        if self.link.is_some() || subscriptions.len() == 0 {
            return Ok(());
        }
        let mut link = shared.router().open().await?;
        let filters = subscriptions.filters();
        link.subscribe(&filters.iter().map(TopicFilter::as_str).collect::<Vec<_>>())?;
        self.link = Some(link);
        Ok(())
    }
}

impl Copies {
    /// Tells whether a message has not come before.
    pub(super) fn is_first(&mut self, message: &Message) -> bool {
        if self.0.contains(&message.sequence) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(message.sequence);
        true
    }
}
