//! Somebody else's broker: how the connection is, and whether it keeps others from
//! the locks.

use std::error::Error;
use std::time::Instant;

use bytes::Bytes;
use doorward_api::doctor::{Check, Examination, TryBroker};
use doorward_api::status::{BrokerLink, OtherBroker as Shown};
use doorward_api::{Problem, ProblemKind};
use doorward_broker::{Credentials, Hearing, LinkState, OtherBroker, Speaking, Trial, TrialError};
use doorward_core::topic::TopicName;
use doorward_devices::Outgoing;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::ExposeSecret;

use super::super::awake::Awake;
use super::super::convert::millis;
use super::super::exchange::certificates;
use super::super::mail::Sight;
use super::check::{fail, ok, warn};
use crate::http::Answer;

/// A lock whose topic is to be tried.
struct Candidate {
    door: String,
    use_now: UseNow,
    command: Outgoing,
}

/// Whether somebody is at the door.
#[derive(PartialEq, Eq)]
enum UseNow {
    AtRest,
    Entered,
}

/// Says how the connection is.
pub(super) fn status(broker: &OtherBroker) -> Shown {
    let stats = broker.stats();
    let for_ms = |since: Instant| Some(millis(since.elapsed()));
    let (link, for_ms, why) = match stats.link {
        LinkState::Connecting => (BrokerLink::Connecting, None, None),
        LinkState::Up { since } => (BrokerLink::Up, for_ms(since), None),
        LinkState::Down { since, why } => (BrokerLink::Down, for_ms(since), Some(whole(&*why))),
    };
    Shown {
        address: broker.address().to_string(),
        link,
        for_ms,
        why,
        refused: stats.refused_filters.into_iter().collect(),
        not_taken: stats.not_taken,
    }
}

/// Looks at the connection.
pub(super) fn checks(broker: &Shown) -> Vec<Check> {
    let address = &broker.address;
    let connection = match broker.link {
        BrokerLink::Up => ok("broker", format!("connected to {address}")),
        BrokerLink::Connecting => {
            warn("broker", format!("{address} is being connected to"), "look again in some seconds")
        }
        BrokerLink::Down => fail(
            "broker",
            format!(
                "no connection to {address}: {}; doors stay as they are",
                broker.why.as_deref().unwrap_or("it broke")
            ),
            "look whether the broker runs, and at the certificates on both sides",
        ),
    };
    let refused = broker.refused.iter().map(|filter| {
        fail(
            "broker's grants",
            format!("the broker does not let the hub hear {filter}"),
            "`doorward device grants --mosquitto` prints what the broker has to grant",
        )
    });
    let unknown = warn(
        "broker's grants",
        "devices are known by their topics alone here: the broker decides who is let in, and the \
         hub cannot see who else may command a lock",
        "try it with another client's certificate: `doorward doctor --second-cert FILE \
         --second-key FILE`",
    );
    std::iter::once(connection).chain(refused).chain([unknown]).collect()
}

impl Awake {
    /// Tries whether a second client is kept from the locks.
    pub(super) async fn try_other_broker(&self, second: TryBroker) -> Answer<Examination> {
        let Some(broker) = self.exchange.elsewhere() else {
            let detail = "the hub uses its own broker, which knows each device by its certificate";
            return Err(Problem::new(ProblemKind::Invalid, detail));
        };
        let second = credentials(&second)?;
        let mut checks = Vec::new();
        for candidate in self.mailbox.look(locks).await? {
            checks.push(try_lock(broker, &second, candidate).await);
        }
        checks.push(ok(
            "not known",
            "only this client was tried, and only on the locks' own command topics: other clients, \
             and whoever administers the broker, may have more leave",
        ));
        Ok(Examination { checks })
    }
}

fn credentials(second: &TryBroker) -> Answer<Credentials> {
    let invalid = |what: &str| Problem::new(ProblemKind::Invalid, what);
    let chain = certificates(second.certificate_pem.as_bytes())
        .map_err(|_| invalid("the second client's certificate is not a PEM certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(second.key_pem.expose_secret().as_bytes())
        .map_err(|_| invalid("the second client's key is not a PEM private key"))?;
    Ok(Credentials { chain, key })
}

fn locks(sight: &Sight<'_>) -> Vec<Candidate> {
    let doors = sight.hub.doors();
    let candidates = doors.iter().filter_map(|view| {
        let command = sight.dialects.idle_command(&view.door.lock).ok()?;
        let use_now = if view.entry.is_some() { UseNow::Entered } else { UseNow::AtRest };
        Some(Candidate { door: view.door.name.to_string(), use_now, command })
    });
    candidates.collect()
}

async fn try_lock(broker: &OtherBroker, second: &Credentials, candidate: Candidate) -> Check {
    let Candidate { door, use_now, command: Outgoing { topic, payload } } = candidate;
    let name = format!("lock of {door}");
    if use_now == UseNow::Entered {
        return warn(name, "somebody is at the door; nothing was tried", "try again later");
    }
    match broker.try_as(second, &topic, &Bytes::from(payload)).await {
        Ok(trial) => verdict(name, &topic, trial),
        Err(TrialError::HubRefused(_)) => fail(
            name,
            format!("the broker refuses the hub itself on {topic}"),
            "`doorward device grants --mosquitto` prints what the broker has to grant",
        ),
        Err(error) => warn(
            name,
            format!("nothing could be tried: {}", whole(&error)),
            "look whether the broker lets this certificate in at all, and whether the hub is connected",
        ),
    }
}

fn verdict(name: String, topic: &TopicName, trial: Trial) -> Check {
    let advice = "narrow the broker's grants to what `doorward device grants --mosquitto` prints";
    match (trial.speaking, trial.hearing) {
        (Speaking::Taken, _) => fail(
            name,
            format!("a client with this certificate may publish on {topic}: it could unlock"),
            advice,
        ),
        (Speaking::Refused, Hearing::Heard) => warn(
            name,
            format!("a client with this certificate hears what the hub says on {topic}"),
            advice,
        ),
        (Speaking::Refused, Hearing::Silence) => {
            ok(name, format!("this certificate was refused on {topic}, and heard nothing there"))
        }
    }
}

/// An error and what it came from, in one line.
fn whole(error: &(dyn Error + 'static)) -> String {
    let causes =
        std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
