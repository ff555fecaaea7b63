//! What a client with a certificate may not say, and what it must get for saying it.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};

use crate::house::Enrolled;
use crate::mqtt::packets::{
    V4, V5, alias, connect, connect_with_will, packet, publish, publish_at_most_once,
    response_topic, subscribe,
};
use crate::mqtt::{Papers, Wire};

/// A command that would open the door, if it came from the hub.
const UNLOCK: &[u8] = br#"{"bolt":"retract","id":"x","expires":"2099-01-01T00:00:00Z"}"#;

/// Who tries it on whom.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a> {
    /// The hub.
    pub hub: SocketAddr,
    /// The rogue: a lock with a door of its own.
    pub rogue: &'a Enrolled,
    /// The lock that it is after.
    pub lock: &'a str,
}

/// One thing to say, and what must come of it.
struct Attempt {
    name: String,
    hello: Vec<u8>,
    says: Vec<u8>,
    gets: Fate,
}

/// What must come of an attempt.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// The connection ends, perhaps with a DISCONNECT that says why.
    Cut,
    /// CONNACK with a refusal.
    NotLetIn,
    /// An acknowledgement with this last byte but for properties.
    Answered { first: u8, reason: u8 },
    /// Let in, and nobody else is put out for it.
    LetIn,
}

/// Tries everything, one after the other, each on a connection of its own.
///
/// # Errors
/// The attempt that got something else than it must.
pub async fn refusals(targets: Targets<'_>) -> anyhow::Result<usize> {
    let attempts = attempts(&targets);
    for attempt in &attempts {
        attempt.make(&targets).await.with_context(|| attempt.name.clone())?;
    }
    Ok(attempts.len())
}

impl Attempt {
    async fn make(&self, targets: &Targets<'_>) -> anyhow::Result<()> {
        let mut wire = Wire::open(targets.hub, Papers::Of(targets.rogue)).await?;
        match self.gets {
            Fate::NotLetIn => {
                wire.send(&self.hello).await?;
                let answer = wire.next().await?;
                let refused = match &answer {
                    None => true,
                    Some((first, body)) => *first == 0x20 && body.get(1).is_some_and(|c| *c != 0),
                };
                ensure!(refused, "{answer:?}");
            }
            Fate::LetIn => wire.greet(&self.hello).await?,
            Fate::Answered { first, reason } => {
                wire.greet(&self.hello).await?;
                wire.send(&self.says).await?;
                let (said, body) = wire.next().await?.context("the connection was cut")?;
                ensure!(said == first && body.contains(&reason), "{said:#x} {body:?}");
            }
            Fate::Cut => {
                wire.greet(&self.hello).await?;
                // What is cut in the middle of a long packet may not be written to its end.
                drop(wire.send(&self.says).await);
                while let Some((first, body)) = wire.next().await? {
                    ensure!(first == 0xe0, "answered with {first:#x} {body:?}");
                }
            }
        }
        Ok(())
    }
}

fn attempts(targets: &Targets<'_>) -> Vec<Attempt> {
    let mut all = identities(targets);
    all.extend(publishes(targets));
    all.extend(subscriptions(targets));
    all.extend(garbage());
    all
}

fn identities(targets: &Targets<'_>) -> Vec<Attempt> {
    let status = format!("doorward/{}/status", targets.lock);
    let hello =
        |name: &str, hello, gets| Attempt { name: name.to_owned(), hello, says: Vec::new(), gets };
    vec![
        hello("another's client id", connect(V4, targets.lock), Fate::LetIn),
        hello("another's client id, MQTT 5", connect(V5, targets.lock), Fate::LetIn),
        hello("another's will", connect_with_will(V4, "r", &status), Fate::NotLetIn),
        hello("another's will, MQTT 5", connect_with_will(V5, "r", &status), Fate::NotLetIn),
    ]
}

fn publishes(targets: &Targets<'_>) -> Vec<Attempt> {
    let command = format!("doorward/{}/lock/set", targets.lock);
    let report = format!("doorward/{}/lock/state", targets.lock);
    let own = format!("doorward/{}/lock/state", targets.rogue.name);
    let said = |name: &str, level, says, gets| Attempt {
        name: name.to_owned(),
        hello: connect(level, "r"),
        says,
        gets,
    };
    let denied = Fate::Answered { first: 0x40, reason: 0x87 };
    // The alias is made with a topic of its own, then turned to the other's.
    let remapped = [
        publish_at_most_once(&own, Some(&alias(1)), br#"{"bolt":"thrown"}"#),
        publish(&command, Some(&alias(1)), UNLOCK),
    ];
    let answers_elsewhere = publish(&own, Some(&response_topic(&command)), b"{}");
    vec![
        said("commanding", V4, publish(&command, None, UNLOCK), Fate::Cut),
        said("commanding, MQTT 5", V5, publish(&command, Some(&[]), UNLOCK), denied),
        said("reporting for another", V4, publish(&report, None, b"{}"), Fate::Cut),
        said("reporting for another, MQTT 5", V5, publish(&report, Some(&[]), b"{}"), denied),
        said("a response topic", V5, answers_elsewhere, denied),
        said("an alias turned round", V5, remapped.concat(), denied),
        said("a wildcard name", V4, publish("doorward/+/lock/set", None, UNLOCK), Fate::Cut),
        said("a hash in a name", V4, publish("doorward/#", None, UNLOCK), Fate::Cut),
        said("a dollar topic", V4, publish("$SYS/broker", None, b"x"), Fate::Cut),
        said("no ASCII at first", V4, publish("édoorward/x", None, b"x"), Fate::Cut),
        said("no UTF-8", V4, publish([0xff, 0xfe], None, b"x"), Fate::Cut),
        said("a NUL", V4, publish("doorward/\0/x", None, b"x"), Fate::Cut),
    ]
}

fn subscriptions(targets: &Targets<'_>) -> Vec<Attempt> {
    let set = format!("doorward/{}/lock/set", targets.lock);
    let shared = format!("$share/g/{set}");
    let branch = format!("doorward/{}/#", targets.lock);
    let filters = [
        "#",
        "+/#",
        "+/+/lock/set",
        "doorward/#",
        "doorward/+/lock/set",
        "$SYS/#",
        &set,
        &shared,
        &branch,
    ];
    let tried = |filter: &str| Attempt {
        name: format!("listening to {filter}"),
        hello: connect(V4, "r"),
        says: subscribe(filter),
        gets: Fate::Answered { first: 0x90, reason: 0x80 },
    };
    filters.into_iter().map(tried).collect()
}

fn garbage() -> Vec<Attempt> {
    let said = |name: &str, says: Vec<u8>| Attempt {
        name: name.to_owned(),
        hello: connect(V4, "r"),
        says,
        gets: Fate::Cut,
    };
    let mut all = vec![
        said("a packet of 3 MiB", packet(0x30, &vec![b'x'; 3 << 20])),
        said("a length without an end", vec![0x30, 0xff, 0xff, 0xff, 0xff]),
        said("a topic longer than its packet", vec![0x30, 3, 0, 200, b'a']),
        said("QoS 3", packet(0x36, b"\0\x01a\0\x07x")),
        said("a second CONNECT", connect(V4, "again")),
        said("noise", (0..=255).rev().collect()),
    ];
    for first in [0x00, 0x20, 0x90, 0xb0, 0xd0, 0xf0] {
        all.push(said(&format!("{first:#04x}, which servers send"), vec![first, 0]));
    }
    all
}
