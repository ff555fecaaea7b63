//! The CONNECT packet: version, who it is, client id and will, judged before
//! anything else is read.

mod greeting;
mod password;
mod refusal;
mod terms;
mod will;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use greeting::Greeting;
use refusal::{answer, note};
use tokio::time::timeout;

pub(crate) use self::refusal::ConnectError;
use crate::credential::Credential;
use crate::events::BrokerEvent;
use crate::leave::{Leave, Wire};
use crate::registry::Enrolled;
use crate::session::{Opening, Session};
use crate::sessions::Start;
use crate::shared::Shared;

/// Time beyond the handshake's in which the connection whose place this one
/// takes may end.
pub(crate) const HANDOVER_ALLOWANCE: Duration = Duration::from_secs(6);

/// A connection that may say CONNECT.
pub(crate) struct Arrival {
    pub(crate) wire: Wire,
    pub(crate) address: IpAddr,
    pub(crate) leave: Leave,
    pub(crate) identity: Identity,
}

/// Who somebody is.
pub(crate) enum Identity {
    /// TLS has told.
    Proven(Credential, Arc<Enrolled>),
    /// A name and a password are to come with CONNECT.
    ToBeSaid,
}

/// Reads CONNECT, judges it, answers it and makes a session of it.
pub(crate) async fn open(arrival: Arrival, shared: &Arc<Shared>) -> Result<Session, ConnectError> {
    let Arrival { mut wire, address, leave, identity } = arrival;
    let mut inbox = BytesMut::with_capacity(1024);
    let reading = greeting::read(&mut wire, &mut inbox, shared.limits.connect_bytes);
    let mut greeting = match timeout(shared.limits.handshake, reading).await {
        Ok(Ok(greeting)) => greeting,
        Ok(Err(error)) => {
            note(shared, identity.enrolled(), &error, None);
            refusal::answer_unread(&mut wire, &error).await;
            return Err(error);
        }
        Err(_) => return Err(ConnectError::TooSlow),
    };
    let version = greeting.version;
    let said = greeting.said.take();
    let judged = match identity {
        Identity::Proven(credential, enrolled) => Ok((credential, enrolled)),
        Identity::ToBeSaid => password::identify(said, address, shared),
    };
    let judged = match judged {
        Ok((credential, enrolled)) => admit(greeting, credential, &enrolled, shared).await,
        Err(error) => Err(error),
    };
    match judged {
        Ok(opening) => Ok(Session::new(opening, leave, wire, inbox, shared)),
        Err(error) => {
            answer(&mut wire, version, refusal::code(version, &error)).await;
            Err(error)
        }
    }
}

impl Identity {
    fn enrolled(&self) -> Option<&Enrolled> {
        match self {
            Self::Proven(_, enrolled) => Some(enrolled),
            Self::ToBeSaid => None,
        }
    }
}

/// Judges a greeting and takes a place for it.
async fn admit(
    greeting: Greeting,
    credential: Credential,
    believed: &Enrolled,
    shared: &Arc<Shared>,
) -> Result<Opening, ConnectError> {
    let Greeting { version, connect, properties, will, said: _ } = greeting;
    // Asked again after the watch has begun, so that no change is missed: CONNECT
    // may have come long after TLS.
    let registry = shared.registry.watch();
    let enrolled = shared.registry.look_up(&credential);
    let enrolled = enrolled.filter(|enrolled| enrolled.device == believed.device);
    let enrolled = enrolled.ok_or(ConnectError::Stranger)?;
    let id = shared.next_session();
    let properties = properties.as_ref();
    if properties.is_some_and(|p| p.authentication_method.is_some()) {
        return Err(ConnectError::Authentication);
    }
    let assigned = terms::assign_client_id(version, &connect, id.0)?;
    let client_id = assigned.as_ref().unwrap_or(&connect.client_id);
    let will = will.map(|(will, extra)| will::judge(will, extra, &enrolled, shared)).transpose()?;
    let start = if connect.clean_session { Start::Clean } else { Start::Resume };
    let claimed = shared.sessions.claim(&enrolled.device, client_id, credential, id, start).await;
    let (membership, carried) = claimed.inspect_err(|error| {
        note(shared, Some(&enrolled), &ConnectError::Claim(*error), None);
    })?;
    tell_which_key(credential, &enrolled, shared);
    let prescribed = terms::prescribed_keep_alive(version, &connect, shared);
    Ok(Opening {
        id,
        version,
        credential,
        account: shared.devices.account(&enrolled.device, Instant::now()),
        enrolled,
        membership,
        registry,
        will,
        carried,
        outlives: terms::outlives(version, &connect, properties, shared),
        keep_alive: terms::keep_alive(prescribed, &connect),
        reception: terms::reception(version, properties),
        welcome: terms::welcome(assigned, properties, prescribed, shared),
    })
}

/// Tells the hub which of its keys a device came with, if it has more than one.
fn tell_which_key(credential: Credential, enrolled: &Enrolled, shared: &Shared) {
    if let Credential::Key(key) = credential
        && shared.registry.has_several(&enrolled.device)
    {
        shared.events.tell(BrokerEvent::KeyShown { device: enrolled.device.clone(), key });
    }
}
