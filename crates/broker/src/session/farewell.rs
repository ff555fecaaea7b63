//! The end of a connection: who is told, in which order, and what remains of it.

use std::sync::Arc;
use std::time::Duration;

use rumqttd::protocol::{Disconnect, Packet};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf};
use tokio::time::timeout;
use tracing::debug;

use super::last_word::Owner;
use super::{Absent, End, Session};
use crate::codec::{Version, encode};
use crate::events::Refusal;
use crate::leave::Wire;
use crate::sessions::{Order, Start};

/// How long a client may take to hear why it is cut.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What becomes of a session when its connection ends.
enum Afterwards {
    /// It ends too.
    None,
    /// It goes on with another connection.
    Elsewhere,
    /// It waits so long for another connection.
    Waits(Duration),
}

impl Session {
    /// Ends the connection. Returns what waits for the client's return, if its
    /// session outlives the connection.
    pub(super) async fn take_leave(mut self, end: End) -> Option<Absent> {
        debug!(device = %self.enrolled.device, reason = %end, "a connection ended");
        self.note(&end);
        // The hub must not believe that anybody is still there to hear it.
        self.membership.step_aside();
        let afterwards = self.afterwards(&end);
        if matches!(afterwards, Afterwards::None) {
            self.membership.subscriptions.clear();
        }
        // First, since the hub may take its time to hear the rest.
        self.say_goodbye(&end).await;
        let stop = self.shared.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.leave_word(&end, &afterwards) => {}
        }
        if matches!(end, End::RouterGone | End::Ordered(Order::RouterGone)) {
            self.carried.link = None;
        }
        let hears = end.code().is_some();
        let (absent, mut reader) = self.part(afterwards);
        if hears {
            let _ = timeout(LAST_WORDS, read_out(&mut reader)).await;
        }
        absent
    }

    /// Says what becomes of the session after a connection that ended so.
    fn afterwards(&self, end: &End) -> Afterwards {
        let is_over = matches!(
            end,
            End::Ordered(Order::TakenOver(Start::Clean) | Order::Stopping | Order::Forgotten)
                | End::Revoked
                | End::HubGone
        );
        if is_over || self.outlives.is_zero() {
            Afterwards::None
        } else if matches!(end, End::Ordered(Order::TakenOver(Start::Resume))) {
            Afterwards::Elsewhere
        } else {
            Afterwards::Waits(self.outlives)
        }
    }

    /// Parts the session from its connection.
    fn part(self, afterwards: Afterwards) -> (Option<Absent>, ReadHalf<Wire>) {
        let Self { shared, credential, enrolled, account, membership, registry, .. } = self;
        let (will, reader) = (self.will, self.reader);
        let mut carried = self.carried;
        let absent = match afterwards {
            Afterwards::None => None,
            Afterwards::Elsewhere => {
                carried.park(&shared);
                membership.hand_over(carried);
                None
            }
            Afterwards::Waits(outlives) => {
                carried.park(&shared);
                membership.go_away(&shared.limits);
                let owner = Owner { shared, credential, enrolled, account };
                Some(Absent::new(owner, membership, registry, carried, will, outlives))
            }
        };
        (absent, reader)
    }

    fn note(&self, end: &End) {
        let what = match end {
            End::Malformed | End::Protocol(_) => Refusal::Malformed,
            End::TooLarge => Refusal::PacketTooLarge,
            End::Goodbye
            | End::Closed
            | End::Io(_)
            | End::Refused(_)
            | End::Silent
            | End::NotReading
            | End::NotAcknowledging
            | End::Ordered(_)
            | End::Revoked
            | End::LeaveOver(_)
            | End::RouterGone
            | End::HubGone => return,
        };
        self.shared.refuse(&self.enrolled.device, &self.account, what, None);
    }

    /// Tells what is still to be told: the message that the hub had no room
    /// for, and the will, once, unless it waits with the session.
    async fn leave_word(&mut self, end: &End, afterwards: &Afterwards) {
        if let Some(held) = self.held.take() {
            self.carried.unreleased.extend(held.accepted.exactly_once());
            self.owner().tell_late(held.told, held.accepted.message).await;
        }
        if matches!(end, End::Ordered(Order::Stopping) | End::HubGone) {
            self.will = None;
        }
        let waits = match afterwards {
            Afterwards::None => false,
            Afterwards::Elsewhere | Afterwards::Waits(_) => {
                self.will.as_ref().is_some_and(|will| !will.delay.is_zero())
            }
        };
        if let Some(will) = self.will.take_if(|_| !waits) {
            self.owner().say_will(will).await;
        }
    }

    fn owner(&self) -> Owner {
        Owner {
            shared: Arc::clone(&self.shared),
            credential: self.credential,
            enrolled: Arc::clone(&self.enrolled),
            account: Arc::clone(&self.account),
        }
    }

    /// Tells an MQTT 5 client why, and closes the connection towards it. Not
    /// for a client that has not read for long, which would not read this.
    async fn say_goodbye(&mut self, end: &End) {
        if matches!(end, End::NotReading) {
            return;
        }
        if let (Some(reason_code), Version::V5) = (end.code(), self.version) {
            let packet = Packet::Disconnect(Disconnect { reason_code }, None);
            // If it cannot be written, the client learns it from the closing.
            let _ = encode(self.version, packet, &mut self.output.bytes);
        }
        let closing = async {
            self.writer.write_all_buf(&mut self.output.bytes).await?;
            self.writer.shutdown().await
        };
        let _ = timeout(LAST_WORDS, closing).await;
    }
}

/// Reads what the client still sends and throws it away: to close a connection
/// that has something unread takes from the client what it was told last.
async fn read_out(reader: &mut ReadHalf<Wire>) {
    let mut unwanted = [0; 1024];
    while matches!(reader.read(&mut unwanted).await, Ok(1..)) {}
}
