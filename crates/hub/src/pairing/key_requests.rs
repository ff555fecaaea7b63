//! Requests for the household key, for the ten minutes that two people need to hold
//! their phones side by side.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::{PairedDeviceId, PersonId};

use super::NoRandomness;
use super::token::Token;

/// How long a request is remembered.
pub(crate) const REQUEST_LIFE: Duration = Duration::from_secs(10 * 60);

/// The largest sealed key: an age file with one line in it has some 400 bytes.
const MOST_SEALED_BYTES: usize = 4096;

/// How many requests there may be; a device has one.
const MOST_REQUESTS: usize = 32;

/// A device that asks for the household key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingKeyRequest {
    /// Who asks.
    pub(crate) person: PersonId,
    /// With which device.
    pub(crate) device: PairedDeviceId,
    /// To what the key shall be sealed (`age1…`).
    pub(crate) recipient: String,
    /// When it is forgotten.
    pub(crate) until: Instant,
    /// The sealed key, once somebody handed it over.
    pub(crate) sealed: Option<Vec<u8>>,
}

/// Why a key was not handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandOverError {
    /// No such request, or it is over.
    #[error("there is no such request; it may be over, so ask again on the other device")]
    NoSuchRequest,
    /// Somebody was quicker.
    #[error("the key was handed over already")]
    Answered,
    /// The device cannot hand a key to itself.
    #[error("a device cannot answer its own request")]
    OwnRequest,
    /// Not an age file, or too large a one.
    #[error("this is not a sealed key")]
    NotSealed,
}

/// Too many devices ask at once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// Too many devices ask at once.
    #[error("too many devices ask for the key; wait ten minutes")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The requests that are remembered, by their random ids.
#[derive(Default)]
pub(crate) struct KeyRequests(Mutex<BTreeMap<String, PendingKeyRequest>>);

impl KeyRequests {
    /// Remembers a request, in place of an earlier one of the device.
    pub(crate) fn ask(
        &self,
        person: PersonId,
        device: PairedDeviceId,
        recipient: String,
        now: Instant,
    ) -> Result<(String, PendingKeyRequest), AskError> {
        use secrecy::ExposeSecret;
        let id = Token::draw::<16>()?.into_secret().expose_secret().to_owned();
        let until = now + REQUEST_LIFE;
        let request = PendingKeyRequest { person, device, recipient, until, sealed: None };
        let mut requests = self.standing(now);
        requests.retain(|_, other| other.device != device);
        if requests.len() >= MOST_REQUESTS {
            return Err(AskError::TooMany);
        }
        requests.insert(id.clone(), request.clone());
        Ok((id, request))
    }

    /// Returns all requests.
    pub(crate) fn all(&self, now: Instant) -> Vec<(String, PendingKeyRequest)> {
        self.standing(now).iter().map(|(id, one)| (id.clone(), one.clone())).collect()
    }

    /// Returns one request.
    pub(crate) fn one(&self, id: &str, now: Instant) -> Option<PendingKeyRequest> {
        self.standing(now).get(id).cloned()
    }

    /// Hands a sealed key over.
    pub(crate) fn hand_over(
        &self,
        id: &str,
        by: PairedDeviceId,
        sealed: Vec<u8>,
        now: Instant,
    ) -> Result<(), HandOverError> {
        if !sealed.starts_with(b"age-encryption.org/v1\n") || sealed.len() > MOST_SEALED_BYTES {
            return Err(HandOverError::NotSealed);
        }
        let mut requests = self.standing(now);
        let request = requests.get_mut(id).ok_or(HandOverError::NoSuchRequest)?;
        if request.device == by {
            return Err(HandOverError::OwnRequest);
        }
        if request.sealed.is_some() {
            return Err(HandOverError::Answered);
        }
        request.sealed = Some(sealed);
        Ok(())
    }

    /// Forgets what a device asked: it is no longer paired.
    pub(crate) fn forget_device(&self, device: PairedDeviceId) {
        self.locked().retain(|_, request| request.device != device);
    }

    /// Forgets what a person asked: they are gone.
    pub(crate) fn forget_person(&self, person: PersonId) {
        self.locked().retain(|_, request| request.person != person);
    }

    fn standing(&self, now: Instant) -> MutexGuard<'_, BTreeMap<String, PendingKeyRequest>> {
        let mut requests = self.locked();
        requests.retain(|_, request| now < request.until);
        requests
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, PendingKeyRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PersonId = PersonId(1);
    const PHONE: PairedDeviceId = PairedDeviceId(1);
    const TABLET: PairedDeviceId = PairedDeviceId(2);

    fn sealed() -> Vec<u8> {
        b"age-encryption.org/v1\n-> X25519 ...".to_vec()
    }

    fn asked(requests: &KeyRequests, now: Instant) -> String {
        requests.ask(ANA, TABLET, "age1tablet".into(), now).unwrap().0
    }

    #[test]
    fn a_key_is_handed_over_once_and_never_by_the_asker() {
        let (requests, now) = (KeyRequests::default(), Instant::now());
        let id = asked(&requests, now);
        let hand = |by| requests.hand_over(&id, by, sealed(), now);
        assert_eq!(hand(TABLET), Err(HandOverError::OwnRequest));
        assert_eq!(hand(PHONE), Ok(()));
        assert_eq!(hand(PHONE), Err(HandOverError::Answered));
        assert_eq!(requests.one(&id, now).unwrap().sealed, Some(sealed()));
    }

    #[test]
    fn a_request_is_forgotten_after_ten_minutes_or_with_its_device() {
        let (requests, now) = (KeyRequests::default(), Instant::now());
        let id = asked(&requests, now);
        assert_eq!(requests.one(&id, now + REQUEST_LIFE), None);
        let id = asked(&requests, now);
        requests.forget_device(TABLET);
        assert_eq!(
            requests.hand_over(&id, PHONE, sealed(), now),
            Err(HandOverError::NoSuchRequest)
        );
    }

    #[test]
    fn a_device_has_one_request_and_there_is_a_bound_on_all() {
        let (requests, now) = (KeyRequests::default(), Instant::now());
        asked(&requests, now);
        asked(&requests, now);
        assert_eq!(requests.all(now).len(), 1);
        for number in 0..31 {
            requests.ask(ANA, PairedDeviceId(100 + number), "age1x".into(), now).unwrap();
        }
        let one_more = requests.ask(ANA, PHONE, "age1x".into(), now);
        assert!(matches!(one_more, Err(AskError::TooMany)));
    }

    #[test]
    fn what_is_not_sealed_is_not_handed_over() {
        let (requests, now) = (KeyRequests::default(), Instant::now());
        let id = asked(&requests, now);
        for bytes in [b"AGE-SECRET-KEY-1".to_vec(), [sealed(), vec![0; 4096]].concat()] {
            assert_eq!(requests.hand_over(&id, PHONE, bytes, now), Err(HandOverError::NotSealed));
        }
    }
}
