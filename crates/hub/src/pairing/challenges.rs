//! Challenges: bytes that a device signs to prove itself, each once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::PairedDeviceId;

use super::{NoRandomness, draw};

/// The size of a challenge.
pub(crate) const CHALLENGE_BYTES: usize = 32;

/// How long a challenge waits for its signature.
pub(crate) const CHALLENGE_LIFE: Duration = Duration::from_secs(60);

/// How many may wait, of one address and in all. Whoever asks for more waits.
const MOST_OF_ONE_ADDRESS: usize = 32;
const MOST_IN_ALL: usize = 1024;

/// Why there is no challenge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// Too many wait.
    #[error("too many challenges wait for a signature; try again in a minute")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

struct Waiting {
    device: PairedDeviceId,
    address: Option<IpAddr>,
    until: Instant,
}

/// The challenges that wait for a signature. One is given to whoever asks, for any
/// device's number, so that asking tells nobody which devices there are.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<[u8; CHALLENGE_BYTES], Waiting>>);

impl Challenges {
    /// Makes a challenge for a device.
    pub(crate) fn make(
        &self,
        device: PairedDeviceId,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<[u8; CHALLENGE_BYTES], AskError> {
        let mut waiting = self.standing(now);
        let of_address = waiting.values().filter(|one| one.address == address).count();
        if of_address >= MOST_OF_ONE_ADDRESS || waiting.len() >= MOST_IN_ALL {
            return Err(AskError::TooMany);
        }
        let challenge = draw()?;
        waiting.insert(challenge, Waiting { device, address, until: now + CHALLENGE_LIFE });
        Ok(challenge)
    }

    /// Uses a challenge up; says whether it was made for this device and still waited.
    pub(crate) fn take(&self, challenge: &[u8], device: PairedDeviceId, now: Instant) -> bool {
        let Ok(challenge) = <&[u8; CHALLENGE_BYTES]>::try_from(challenge) else {
            return false;
        };
        // One that another device presents is spent too: somebody has seen it.
        self.standing(now).remove(challenge).is_some_and(|waiting| waiting.device == device)
    }

    fn standing(&self, now: Instant) -> MutexGuard<'_, HashMap<[u8; CHALLENGE_BYTES], Waiting>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, one| now < one.until);
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: PairedDeviceId = PairedDeviceId(1);
    const OTHER: PairedDeviceId = PairedDeviceId(2);

    #[test]
    fn a_challenge_serves_once() {
        let (challenges, now) = (Challenges::default(), Instant::now());
        let challenge = challenges.make(PHONE, None, now).unwrap();
        assert!(challenges.take(&challenge, PHONE, now));
        assert!(!challenges.take(&challenge, PHONE, now));
    }

    #[test]
    fn a_challenge_is_for_one_device_and_a_minute() {
        let (challenges, now) = (Challenges::default(), Instant::now());
        let challenge = challenges.make(PHONE, None, now).unwrap();
        assert!(!challenges.take(&challenge, OTHER, now));
        let challenge = challenges.make(PHONE, None, now).unwrap();
        assert!(!challenges.take(&challenge, PHONE, now + CHALLENGE_LIFE));
        assert!(!challenges.take(b"short", PHONE, now));
    }

    #[test]
    fn one_address_cannot_take_all_challenges() {
        let (challenges, now) = (Challenges::default(), Instant::now());
        let greedy = Some(IpAddr::from([192, 168, 1, 66]));
        for _ in 0..MOST_OF_ONE_ADDRESS {
            challenges.make(PHONE, greedy, now).unwrap();
        }
        assert!(matches!(challenges.make(PHONE, greedy, now), Err(AskError::TooMany)));
        let other = Some(IpAddr::from([192, 168, 1, 67]));
        assert!(challenges.make(PHONE, other, now).is_ok());
        assert!(challenges.make(PHONE, greedy, now + CHALLENGE_LIFE).is_ok());
    }
}
