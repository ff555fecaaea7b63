//! Doing what the core says.

use doorward_broker::Retain;
use doorward_core::device::DeviceOrder;
use doorward_core::ids::{CommandId, DeviceName};
use doorward_core::io::{CameraFault, Effect, Input, Refusal, Reply, RequestId};
use doorward_devices::Outgoing;
use tracing::{info, warn};

use super::super::cameras::CameraOrder;
use super::super::writer::{Outcome, Written};
use super::Actor;

/// Whether anybody was there to take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Taken,
    Nobody,
}

impl Actor {
    /// Does what the core wants done, until it wants nothing more.
    pub(super) async fn act(&mut self) {
        while let Some(effect) = self.hub.poll_effect() {
            match effect {
                Effect::Commit(batch) => self.writer.write(batch).await,
                Effect::Order(device, order) => self.order(&device, &order),
                Effect::Film { recording, entry, household, camera } => {
                    self.film(CameraOrder::Film { recording, entry, household, camera });
                }
                Effect::StopFilming(recording) => self.film(CameraOrder::Stop(recording)),
                Effect::Notify(notice) => self.announce(notice),
                Effect::Reply(request, reply) => self.reply(request, reply),
            }
        }
    }

    pub(super) fn written(&mut self, written: Written) {
        let Written { ticket, outcome } = written;
        match outcome {
            Outcome::OnDisk(lines) => {
                self.input(Input::Committed(ticket));
                self.tell_home(&lines);
                self.tell_lines(lines);
            }
            Outcome::Failed => self.input(Input::CommitFailed(ticket)),
        }
    }

    fn order(&mut self, device: &DeviceName, order: &DeviceOrder) {
        let delivery = match self.dialects.write(device, order) {
            Ok(outgoing) => {
                self.remember(order, &outgoing);
                let taken = outgoing.iter().map(|one| self.publish(one));
                // Folded by hand: every message goes out, whatever became of
                // the one before it.
                taken.fold(Delivery::Taken, |all, one| match (all, one) {
                    (Delivery::Taken, Delivery::Taken) => Delivery::Taken,
                    (Delivery::Nobody, _) | (_, Delivery::Nobody) => Delivery::Nobody,
                })
            }
            Err(error) => {
                warn!(%device, %error, "order has no words");
                Delivery::Nobody
            }
        };
        if let (Some(command), Delivery::Nobody) = (command_of(order), delivery) {
            warn!(%device, %command, "nobody took the command");
            self.input(Input::Undelivered(command));
        }
    }

    fn remember(&mut self, order: &DeviceOrder, outgoing: &[Outgoing]) {
        if let (Some(command), [only]) = (command_of(order), outgoing) {
            self.last_commands.insert(only.topic.clone(), command);
        }
    }

    pub(super) fn publish(&self, outgoing: &Outgoing) -> Delivery {
        let Outgoing { topic, payload } = outgoing;
        match self.sender.publish(topic, payload.clone(), Retain::No) {
            Ok(reach) if reach.is_nobody() => Delivery::Nobody,
            Ok(_) => Delivery::Taken,
            Err(error) => {
                warn!(%error, "message not sent");
                Delivery::Nobody
            }
        }
    }

    fn film(&mut self, order: CameraOrder) {
        let Err(refused) = self.cameras.try_send(order) else { return };
        warn!("the cameras' task does not keep up");
        if let CameraOrder::Film { recording, .. } = refused.into_inner() {
            self.input(Input::Filming(recording, Err(CameraFault::Unavailable)));
        }
    }

    fn reply(&mut self, request: RequestId, reply: Result<Reply, Refusal>) {
        if let Ok(Reply::Door(door)) = &reply
            && let Some(view) = self.hub.door(*door)
        {
            info!(%door, "door added");
            self.directory.add_door(&view.door);
            self.learn_roles();
        }
        if let Some(answer) = self.asked.remove(&request) {
            // Whoever asked may have gone; what was done stays done.
            let _ = answer.send(reply);
        }
    }
}

fn command_of(order: &DeviceOrder) -> Option<CommandId> {
    match order {
        DeviceOrder::Move(command) => Some(command.id),
        DeviceOrder::ReportBolt | DeviceOrder::Answer { .. } | DeviceOrder::Tone(_) => None,
    }
}
