//! Sessions: who is logged in, for how long.
//!
//! A session lives at most twelve hours, and half an hour after the last request. Its
//! device logs in again by itself, with its key: short lives cost nobody anything.
//! Sessions are in memory alone, so that a restart ends them all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::{PairedDeviceId, PersonId};
use doorward_core::person::Role;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::NoRandomness;
use super::token::{Token, TokenDigest};

/// The longest life of a session.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);

/// How long a session lives without a request.
pub(crate) const IDLE_LIFE: Duration = Duration::from_secs(30 * 60);

/// How many sessions a device may have: a few tabs. The oldest ends.
const MOST_OF_ONE_DEVICE: usize = 4;

/// The token's random bytes: 256 bits.
const TOKEN_BYTES: usize = 32;

/// A session that lasts.
#[derive(Debug, Clone)]
pub(crate) struct LiveSession {
    /// Whose.
    pub(crate) person: PersonId,
    /// On which device.
    pub(crate) device: PairedDeviceId,
    /// What the person may do.
    pub(crate) role: Role,
    /// Cancelled when it ends, however it ends; cancelling it ends the session.
    pub(crate) ended: CancellationToken,
    /// When it began.
    began: Instant,
    last_used: Instant,
}

impl LiveSession {
    fn lasts(&self, now: Instant) -> bool {
        !self.ended.is_cancelled()
            && now < self.began + SESSION_LIFE
            && now < self.last_used + IDLE_LIFE
    }

    /// Returns how long it lasts at the most.
    pub(crate) fn left(&self, now: Instant) -> Duration {
        (self.began + SESSION_LIFE).saturating_duration_since(now)
    }
}

/// All sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], LiveSession>>);

impl Sessions {
    /// Begins a session under a token that nobody has seen.
    pub(crate) fn begin(
        &self,
        person: PersonId,
        device: PairedDeviceId,
        role: Role,
        now: Instant,
    ) -> Result<(SecretString, LiveSession), NoRandomness> {
        let token = Token::draw::<TOKEN_BYTES>()?;
        let ended = CancellationToken::new();
        let session = LiveSession { person, device, role, ended, began: now, last_used: now };
        let mut sessions = self.lasting(now);
        make_room(&mut sessions, device);
        sessions.insert(token.digest().key(), session.clone());
        Ok((token.into_secret(), session))
    }

    /// Finds the session of a token, and notes that it is used.
    pub(crate) fn find(&self, token: &SecretString, now: Instant) -> Option<LiveSession> {
        let mut sessions = self.lasting(now);
        let session = sessions.get_mut(&TokenDigest::of(token).key())?;
        session.last_used = now;
        Some(session.clone())
    }

    /// Ends all sessions of a device.
    pub(crate) fn end_device(&self, device: PairedDeviceId) {
        self.end_where(|session| session.device == device);
    }

    /// Ends all sessions of a person.
    pub(crate) fn end_person(&self, person: PersonId) {
        self.end_where(|session| session.person == person);
    }

    /// Ends those that have outlived their time, with their sockets.
    pub(crate) fn sweep(&self, now: Instant) {
        drop(self.lasting(now));
    }

    fn end_where(&self, ends: impl Fn(&LiveSession) -> bool) {
        self.locked().retain(|_, session| {
            let ends = ends(session);
            if ends {
                session.ended.cancel();
            }
            !ends
        });
    }

    fn lasting(&self, now: Instant) -> MutexGuard<'_, HashMap<[u8; 32], LiveSession>> {
        self.end_where(|session| !session.lasts(now));
        self.locked()
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<[u8; 32], LiveSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(sessions: &mut HashMap<[u8; 32], LiveSession>, device: PairedDeviceId) {
    let of_device = || sessions.iter().filter(|(_, session)| session.device == device);
    if of_device().count() < MOST_OF_ONE_DEVICE {
        return;
    }
    let oldest = of_device().min_by_key(|(_, session)| session.began).map(|(key, _)| *key);
    if let Some(session) = oldest.and_then(|key| sessions.remove(&key)) {
        session.ended.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PersonId = PersonId(1);
    const PHONE: PairedDeviceId = PairedDeviceId(1);
    const TABLET: PairedDeviceId = PairedDeviceId(2);

    fn begun(
        sessions: &Sessions,
        device: PairedDeviceId,
        now: Instant,
    ) -> (SecretString, LiveSession) {
        sessions.begin(ANA, device, Role::Owner, now).unwrap()
    }

    #[test]
    fn a_session_lasts_half_an_hour_after_its_last_use_and_twelve_hours_at_most() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let (token, session) = begun(&sessions, PHONE, start);
        let mut now = start;
        let step = IDLE_LIFE - Duration::from_secs(1);
        while now + step < start + SESSION_LIFE {
            now += step;
            assert!(sessions.find(&token, now).is_some());
        }
        assert!(sessions.find(&token, start + SESSION_LIFE).is_none());
        assert!(session.ended.is_cancelled());

        let (token, _) = begun(&sessions, PHONE, start);
        assert!(sessions.find(&token, start + IDLE_LIFE).is_none());
    }

    #[test]
    fn ending_a_devices_sessions_leaves_the_others() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (phones, session) = begun(&sessions, PHONE, now);
        let (tablets, _) = begun(&sessions, TABLET, now);
        sessions.end_device(PHONE);
        assert!(session.ended.is_cancelled());
        assert!(sessions.find(&phones, now).is_none());
        assert!(sessions.find(&tablets, now).is_some());
        sessions.end_person(ANA);
        assert!(sessions.find(&tablets, now).is_none());
    }

    #[test]
    fn cancelling_a_session_ends_it() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (token, session) = begun(&sessions, PHONE, now);
        session.ended.cancel();
        assert!(sessions.find(&token, now).is_none());
    }

    #[test]
    fn a_device_has_a_few_sessions_and_the_oldest_makes_way() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (first, oldest) = begun(&sessions, PHONE, now);
        for later in 1..=4 {
            begun(&sessions, PHONE, now + Duration::from_secs(later));
        }
        assert!(oldest.ended.is_cancelled());
        assert!(sessions.find(&first, now).is_none());
    }

    #[test]
    fn what_ran_out_is_cut_by_sweeping() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (_, session) = begun(&sessions, PHONE, now);
        sessions.sweep(now + IDLE_LIFE);
        assert!(session.ended.is_cancelled());
    }
}
