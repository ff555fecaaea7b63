//! The loop of a connection: what it waits for, and what it does then.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::outbox::HIGH_WATER;
use super::{End, Session};
use crate::frame::Frame;
use crate::from_device::FromDevice;
use crate::leave::LeaveOver;
use crate::message::Message;
use crate::router::{FromRouter, RouterGone, RouterLink};
use crate::sessions::Order;

/// Room that is made before reading.
const READ_BYTES: usize = 4 * 1024;

enum Happened {
    Ordered(Option<Order>),
    RegistryChanged,
    LeaveOver(LeaveOver),
    HubHasRoom(Result<mpsc::OwnedPermit<FromDevice>, mpsc::error::SendError<()>>),
    Command(Option<Arc<Message>>),
    Routed(Result<FromRouter, RouterGone>),
    Wrote(std::io::Result<()>),
    Read(std::io::Result<usize>),
    TimePassed,
}

impl Session {
    pub(super) async fn converse(&mut self) -> Result<Infallible, End> {
        self.take_up().await?;
        loop {
            self.obey_registry()?;
            self.handle_frames().await?;
            self.carried.outbox.pump(&mut self.output.bytes, Instant::now());
            self.output.note_due(self.carried.outbox.take_due());
            let happened = self.wait().await;
            self.on(happened).await?;
        }
    }

    /// Takes up the session that the client had: its subscriptions, as far as
    /// they are still granted, are in force before the hub can reach it.
    async fn take_up(&mut self) -> Result<(), End> {
        let grants = &self.enrolled.grants;
        self.membership.subscriptions.keep(|filter| grants.may_subscribe(filter));
        self.carried.relink(&self.shared, &self.membership.subscriptions).await?;
        self.membership.come_forward();
        Ok(())
    }

    async fn wait(&mut self) -> Happened {
        let now = Instant::now();
        let may_read = self.may_read(now);
        if !may_read {
            // A client that is not read from cannot be heard.
            self.last_heard = now;
        }
        let may_fetch = self.carried.outbox.is_clear() && self.output.bytes.len() < HIGH_WATER;
        self.output.note_waiting(now);
        let deadline = self.next_deadline();
        if may_read && self.inbox.capacity() - self.inbox.len() < READ_BYTES / 4 {
            self.inbox.reserve(READ_BYTES);
        }
        let stop = &self.shared.stop;
        let hub = &self.shared.hub;
        tokio::select! {
            () = stop.cancelled() => Happened::Ordered(Some(Order::Stopping)),
            changed = self.membership.orders.changed() => {
                let order = *self.membership.orders.borrow();
                Happened::Ordered(changed.map_or(Some(Order::Forgotten), |()| order))
            }
            _ = self.registry.changed() => Happened::RegistryChanged,
            over = self.leave.over() => Happened::LeaveOver(over),
            room = hub.clone().reserve_owned(), if self.held.is_some() => Happened::HubHasRoom(room),
            command = self.membership.commands.recv(), if may_fetch => Happened::Command(command),
            routed = next_routed(&mut self.carried.link), if may_fetch => Happened::Routed(routed),
            wrote = self.output.write(&mut self.writer), if self.output.has_some() => {
                Happened::Wrote(wrote)
            }
            read = self.reader.read_buf(&mut self.inbox), if may_read => Happened::Read(read),
            () = pass_until(deadline) => Happened::TimePassed,
        }
    }

    /// Waits for the order that goes with the closing of the hub's queue.
    async fn await_order(&mut self) -> Result<(), End> {
        // Closed with the entry in the table, which has given its order before.
        let order = *self.membership.orders.borrow_and_update();
        Err(End::Ordered(order.unwrap_or(Order::Forgotten)))
    }

    async fn on(&mut self, happened: Happened) -> Result<(), End> {
        match happened {
            Happened::Ordered(Some(order)) => Err(End::Ordered(order)),
            Happened::Ordered(None) => Ok(()),
            Happened::RegistryChanged => {
                // Waiting for the change has marked it as seen.
                self.registry.mark_changed();
                Ok(())
            }
            Happened::LeaveOver(over) => Err(End::LeaveOver(over)),
            Happened::HubHasRoom(room) => {
                let room = room.map_err(|_| End::HubGone)?;
                if let Some(held) = self.held.take() {
                    room.send(held.told);
                    self.complete(held.accepted).await?;
                }
                Ok(())
            }
            Happened::Command(Some(message)) => {
                self.deliver(Message::clone(&message));
                Ok(())
            }
            Happened::Command(None) => self.await_order().await,
            Happened::Routed(routed) => self.take_routed(routed?),
            Happened::Wrote(wrote) => {
                self.output.note_written();
                wrote.map_err(End::Io)
            }
            Happened::Read(Ok(0)) => Err(End::Closed),
            Happened::Read(read) => read.map(|_| ()).map_err(End::Io),
            Happened::TimePassed => self.check_deadlines(Instant::now()),
        }
    }

    async fn handle_frames(&mut self) -> Result<(), End> {
        while self.may_read(Instant::now()) {
            let Some(frame) = Frame::take(&mut self.inbox, self.shared.limits.packet_bytes)? else {
                break;
            };
            self.obey_registry()?;
            self.last_heard = Instant::now();
            self.handle(frame).await?;
        }
        Ok(())
    }

    /// Looks this connection's credential up again if anybody's changed.
    fn obey_registry(&mut self) -> Result<(), End> {
        if !self.registry.has_changed().unwrap_or(true) {
            return Ok(());
        }
        self.registry.mark_unchanged();
        let enrolled = self.shared.registry.look_up(&self.credential);
        match enrolled.filter(|enrolled| enrolled.device == self.enrolled.device) {
            Some(enrolled) => {
                self.enrolled = enrolled;
                Ok(())
            }
            None => Err(End::Revoked),
        }
    }
}

pub(super) async fn next_routed(link: &mut Option<RouterLink>) -> Result<FromRouter, RouterGone> {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

pub(super) async fn pass_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
