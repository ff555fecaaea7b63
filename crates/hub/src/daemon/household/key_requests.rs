//! The household key on its way between two devices. The hub carries what it cannot
//! read.

use std::time::Instant;

use doorward_api::key_request::{Answered, AskForKey, HandOverKey, KeyRequest};
use doorward_api::person::{NamedPairedDevice, NamedPerson};
use doorward_api::{Base64Url, KeyRequestId, PairedDeviceId, PersonId, Problem, ProblemKind};
use doorward_core::ids;
use jiff::{SignedDuration, Timestamp};

use super::super::daemon::Daemon;
use super::super::directory::Directory;
use super::{device_of, no_randomness};
use crate::http::{Answer, Principal};
use crate::pairing::{HandOverError, KeyAskError, PendingKeyRequest};
use crate::state_dir::Recipient;

impl Daemon {
    pub(super) fn remember_key_request(&self, by: Principal, ask: AskForKey) -> Answer<KeyRequest> {
        let device = device_of(by)?;
        let person = match by {
            Principal::Person { person, .. } => ids::PersonId(person.0),
            Principal::LocalOwner | Principal::Anyone => return Err(no_such_request()),
        };
        let recipient = Recipient::try_from(ask.recipient)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        self.ask_key_for(person, device, recipient)
    }

    pub(super) fn ask_key_for(
        &self,
        person: ids::PersonId,
        device: ids::PairedDeviceId,
        recipient: Recipient,
    ) -> Answer<KeyRequest> {
        let requests = &self.pairing().key_requests;
        let asked = requests.ask(person, device, recipient.into(), Instant::now());
        let (id, request) = asked.map_err(|error| match error {
            KeyAskError::TooMany => Problem::new(ProblemKind::TooMany, error.to_string()),
            KeyAskError::NoRandomness(error) => no_randomness(error),
        })?;
        Ok(view(&self.awake()?.directory, id, &request, None))
    }

    pub(super) fn all_key_requests(&self) -> Answer<Vec<KeyRequest>> {
        let awake = self.awake()?;
        let requests = self.pairing().key_requests.all(Instant::now());
        let shown = |(id, request)| view(&awake.directory, id, &request, None);
        Ok(requests.into_iter().map(shown).collect())
    }

    pub(super) fn one_key_request(&self, by: Principal, id: &KeyRequestId) -> Answer<KeyRequest> {
        let device = device_of(by)?;
        let request = self.pairing().key_requests.one(id.as_str(), Instant::now());
        let request = request.ok_or_else(no_such_request)?;
        let sealed = request.sealed.clone().filter(|_| request.device == device);
        Ok(view(&self.awake()?.directory, id.0.clone(), &request, sealed))
    }

    pub(super) fn hand_key_over(
        &self,
        by: Principal,
        id: &KeyRequestId,
        key: HandOverKey,
    ) -> Answer<()> {
        let (device, now) = (device_of(by)?, Instant::now());
        let handed = self.pairing().key_requests.hand_over(id.as_str(), device, key.sealed.0, now);
        handed.map_err(|error| {
            let kind = match error {
                HandOverError::NoSuchRequest => ProblemKind::NotFound,
                HandOverError::Answered | HandOverError::OwnRequest => ProblemKind::Conflict,
                HandOverError::NotSealed => ProblemKind::Invalid,
            };
            Problem::new(kind, error.to_string())
        })
    }
}

fn view(
    names: &Directory,
    id: String,
    request: &PendingKeyRequest,
    sealed: Option<Vec<u8>>,
) -> KeyRequest {
    let left = request.until.saturating_duration_since(Instant::now());
    let left = SignedDuration::try_from(left).unwrap_or_default();
    let answered = if request.sealed.is_some() { Answered::Sealed } else { Answered::NotYet };
    KeyRequest {
        id: KeyRequestId(id),
        person: NamedPerson {
            id: PersonId(request.person.0),
            name: names.person(request.person).unwrap_or_default(),
        },
        device: NamedPairedDevice {
            id: PairedDeviceId(request.device.0),
            name: names.phone(request.device).unwrap_or_default(),
        },
        recipient: request.recipient.clone(),
        expires: Timestamp::now() + left,
        sealed: sealed.map(Base64Url),
        answered,
    }
}

fn no_such_request() -> Problem {
    Problem::new(ProblemKind::NotFound, HandOverError::NoSuchRequest.to_string())
}
