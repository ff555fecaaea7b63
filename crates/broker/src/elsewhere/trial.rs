//! Whether another broker keeps a second client away from a topic, found out by
//! trying.

use std::time::Duration;

use bytes::Bytes;
use doorward_core::topic::TopicName;
use tokio::time::{Instant, timeout_at};

use super::dial::{Line, LinkFault, Target, dial};
use super::incoming::Incoming;
use super::outgoing;
use super::supervise::OtherBroker;
use super::tls::{self, Credentials, CredentialsError};
use crate::from_device::Age;
use crate::message::Retain;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// For how long a message that arrives after all is waited for.
const AFTERMATH: Duration = Duration::from_secs(1);

/// From this reason on, something was refused.
const REFUSED: u8 = 0x80;

/// Not authorized.
const NOT_AUTHORIZED: u8 = 0x87;

/// Seconds for which the message of a trial is worth something.
const EXPIRY_S: u32 = 1;

/// What a second client could do on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Whether it could publish there.
    pub speaking: Speaking,
    /// Whether it heard what the hub says there.
    pub hearing: Hearing,
}

/// Whether a second client could publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaking {
    /// The broker took the message.
    Taken,
    /// The broker refused it.
    Refused,
}

/// Whether a second client heard what the hub says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// It did.
    Heard,
    /// The message did not come.
    Silence,
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The certificate and the key are of no use.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The broker did not let the second client in, or cut it off.
    #[error("the second client's connection")]
    Line(#[from] LinkFault),
    /// The hub has no connection itself.
    #[error("the hub is not connected to the broker")]
    NotConnected,
    /// The broker does not take what the hub says there.
    #[error("the broker refuses the hub on its lock's topic (reason {0:#04x})")]
    HubRefused(u8),
}

impl OtherBroker {
    /// Tries, with a second client's credentials, to hear what the hub says on a
    /// topic and to publish there itself.
    ///
    /// The payload is published for real, twice, with an expiry of seconds, and
    /// whoever is subscribed receives it: it must be one that no receiver heeds.
    ///
    /// # Errors
    /// If the second client cannot connect or the hub is not connected.
    pub async fn try_as(
        &self,
        second: &Credentials,
        topic: &TopicName,
        payload: &Bytes,
    ) -> Result<Trial, TrialError> {
        let shared = &self.shared;
        let target = Target {
            address: shared.target.address.clone(),
            tls: tls::client(&shared.authorities, second)?,
            limits: shared.limits.clone(),
        };
        // Without an id, the broker chooses one that takes nobody's place.
        let mut line = dial(&target, "").await?;
        let hearing = self.try_hearing(&mut line, topic, payload).await?;
        let speaking = try_speaking(&mut line, topic, payload).await?;
        line.farewell().await;
        Ok(Trial { speaking, hearing })
    }

    /// A broker may grant a subscription and then send nothing, so that only
    /// what arrives counts.
    async fn try_hearing(
        &self,
        line: &mut Line,
        topic: &TopicName,
        payload: &Bytes,
    ) -> Result<Hearing, TrialError> {
        line.write(&outgoing::subscribe(1, [topic.as_str()])).await?;
        let subscribed = await_packet(line, |packet| {
            let Incoming::Subscribed { codes, .. } = packet else { return None };
            codes.first().copied()
        });
        if subscribed.await? >= REFUSED {
            return Ok(Hearing::Silence);
        }
        let told = self.shared.post.ask(topic, payload.clone()).ok_or(TrialError::NotConnected)?;
        let reason = told.await.map_err(|_| TrialError::NotConnected)?;
        if reason >= REFUSED {
            return Err(TrialError::HubRefused(reason));
        }
        hears(line, topic, payload).await
    }
}

async fn hears(line: &mut Line, topic: &TopicName, payload: &Bytes) -> Result<Hearing, TrialError> {
    let deadline = Instant::now() + AFTERMATH;
    loop {
        match timeout_at(deadline, line.next()).await {
            Err(_) => return Ok(Hearing::Silence),
            Ok(Err(fault)) => return Err(fault.into()),
            Ok(Ok(Incoming::Disconnect { reason })) => return Err(LinkFault::Ended(reason).into()),
            Ok(Ok(Incoming::Publish(told))) => {
                let is_it = told.topic.as_ref() == Some(topic)
                    && told.payload == *payload
                    && told.age == Age::Live;
                if let Some(id) = told.id {
                    line.write(&outgoing::puback(id)).await?;
                }
                if is_it {
                    return Ok(Hearing::Heard);
                }
            }
            Ok(Ok(
                Incoming::Connected(_)
                | Incoming::Acknowledged { .. }
                | Incoming::Subscribed { .. }
                | Incoming::Unsubscribed
                | Incoming::Pong,
            )) => {}
        }
    }
}

async fn try_speaking(
    line: &mut Line,
    topic: &TopicName,
    payload: &Bytes,
) -> Result<Speaking, TrialError> {
    let packet = outgoing::publish(2, topic.as_str(), payload, Retain::No, Some(EXPIRY_S));
    line.write(&packet).await?;
    let answer = await_packet(line, |packet| {
        let Incoming::Acknowledged { reason, .. } = packet else { return None };
        Some(*reason)
    });
    match answer.await {
        Ok(reason) if reason >= REFUSED => Ok(Speaking::Refused),
        Ok(_) => Ok(Speaking::Taken),
        Err(LinkFault::Ended(NOT_AUTHORIZED)) => Ok(Speaking::Refused),
        Err(fault) => Err(fault.into()),
    }
}

/// Waits for an answer, past whatever else comes.
async fn await_packet<T>(
    line: &mut Line,
    wanted: impl Fn(&Incoming) -> Option<T>,
) -> Result<T, LinkFault> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let packet =
            timeout_at(deadline, line.next()).await.map_err(|_| LinkFault::NotInTime)??;
        if let Some(answer) = wanted(&packet) {
            return Ok(answer);
        }
        if let Incoming::Disconnect { reason } = packet {
            return Err(LinkFault::Ended(reason));
        }
    }
}
