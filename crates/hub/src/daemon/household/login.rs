//! Challenges, logins and sessions.

use std::time::Instant;

use doorward_api::person::NamedPerson;
use doorward_api::session::{Challenge, LogIn, PasskeyView, SessionView, SetPin, login_text};
use doorward_api::{Base64Url, PairedDeviceId, PersonId, Problem, ProblemKind};
use doorward_core::ids;
use doorward_core::person::Role;
use doorward_store::{PairedDevice, Person, WriteError};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::super::awake::Awake;
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::{device_of, named, no_randomness};
use crate::http::{Answer, Caller, LoggedIn, Principal, Session};
use crate::pairing::{CHALLENGE_LIFE, ChallengeError, LiveSession, Pin, PublicKey};

impl Daemon {
    pub(super) fn make_challenge(
        &self,
        caller: &Caller,
        device: PairedDeviceId,
    ) -> Answer<Challenge> {
        self.knocked(caller)?;
        let device = ids::PairedDeviceId(device.0);
        let made = self.pairing().challenges.make(device, caller.address, Instant::now());
        let challenge = made.map_err(|error| match error {
            ChallengeError::TooMany => Problem::new(ProblemKind::TooMany, error.to_string()),
            ChallengeError::NoRandomness(error) => no_randomness(error),
        })?;
        let life = SignedDuration::try_from(CHALLENGE_LIFE).unwrap_or_default();
        let challenge = Base64Url::from(challenge.as_slice());
        Ok(Challenge { challenge, expires: Timestamp::now() + life })
    }

    /// Whatever is wrong with a login, the answer is the same.
    pub(super) async fn let_log_in(&self, caller: &Caller, log_in: LogIn) -> Answer<LoggedIn> {
        self.knocked(caller)?;
        let awake = self.awake()?;
        let (now, id) = (Instant::now(), ids::PairedDeviceId(log_in.device.0));
        let waited = self.pairing().challenges.take(log_in.challenge.as_bytes(), id, now);
        let text = login_text(&caller.host, log_in.device, &log_in.challenge);
        let device = awake
            .device_in_service(id)
            .await?
            .filter(|device| waited && signed(device, &text, log_in.signature.as_bytes()));
        let device = device.ok_or_else(not_let_in)?;
        let person = awake.person_of(&device).await?.ok_or_else(not_let_in)?;
        awake.saw(id).await?;
        let begun = self.pairing().sessions.begin(person.id, id, person.role, now);
        let (token, session) = begun.map_err(no_randomness)?;
        let view = awake.session_of(&person, &device, ends(&session)).await?;
        Ok(LoggedIn { token, view })
    }

    pub(in crate::daemon) fn find_session(&self, token: &SecretString) -> Option<Session> {
        let live = self.pairing().sessions.find(token, Instant::now())?;
        let principal = Principal::Person {
            person: PersonId(live.person.0),
            device: PairedDeviceId(live.device.0),
            role: convert::role(live.role),
        };
        let expires = ends(&live);
        Some(Session { principal, ended: live.ended, expires })
    }

    pub(super) async fn show_session(&self, session: &Session) -> Answer<SessionView> {
        let awake = self.awake()?;
        let device = awake.device_in_service(device_of(session.principal)?).await?;
        let device = device.ok_or_else(not_let_in)?;
        let person = awake.person_of(&device).await?.ok_or_else(not_let_in)?;
        awake.session_of(&person, &device, session.expires).await
    }

    pub(super) async fn set_own_pin(&self, by: Principal, pin: SetPin) -> Answer<()> {
        let device = device_of(by)?;
        let pin = Pin::choose(pin.pin)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        let _alone = self.pairing().comparing.lock().await;
        let hashed = tokio::task::spawn_blocking(move || pin.hash()).await;
        let hashed = hashed.map_err(failed("the PIN was not set"))?.map_err(no_randomness)?;
        self.awake()?.store.set_pin(device, hashed).await.map_err(|error| match error {
            WriteError::Missing => {
                let detail = "this device has its PIN; pair it again to choose another";
                Problem::new(ProblemKind::Conflict, detail)
            }
            error @ (WriteError::Refused { .. }
            | WriteError::Database(_)
            | WriteError::Reopen(_)
            | WriteError::Stopped) => failed("the PIN was not written down")(error),
        })
    }
}

impl Awake {
    /// Finds a paired device whose pairing lasts.
    pub(super) async fn device_in_service(
        &self,
        id: ids::PairedDeviceId,
    ) -> Answer<Option<PairedDevice>> {
        let device = self.store.paired_device(id).await;
        let device = device.map_err(failed("the paired devices cannot be read"))?;
        Ok(device.filter(|device| device.revoked_at.is_none()))
    }

    pub(super) async fn person_of(&self, device: &PairedDevice) -> Answer<Option<Person>> {
        self.store.person(device.person).await.map_err(failed("the people cannot be read"))
    }

    async fn saw(&self, device: ids::PairedDeviceId) -> Answer<()> {
        let seen = self.store.saw_device(device, Timestamp::now()).await;
        seen.map_err(failed("the login could not be written down"))
    }

    async fn session_of(
        &self,
        person: &Person,
        device: &PairedDevice,
        expires: Timestamp,
    ) -> Answer<SessionView> {
        Ok(SessionView {
            person: NamedPerson { id: PersonId(person.id.0), name: person.name.clone() },
            device: named(device),
            role: convert::role(person.role),
            household: self.household(),
            expires,
            key_givers: self.key_givers(device.id).await?,
            passkey: device.passkey.as_ref().map(|passkey| PasskeyView {
                id: Base64Url::from(passkey.id.as_slice()),
                host_name: passkey.name.clone(),
            }),
        })
    }

    /// Counts the devices beside one that are allowed to hand the household key over.
    async fn key_givers(&self, beside: ids::PairedDeviceId) -> Answer<u32> {
        let people = self.stored_people().await?;
        let may = |device: &PairedDevice| {
            let person = people.iter().find(|person| person.id == device.person);
            person.is_some_and(|person| person.role != Role::Viewer)
        };
        let devices = self.stored_paired().await?;
        let others = devices.iter().filter(|it| it.id != beside && it.revoked_at.is_none());
        Ok(u32::try_from(others.filter(|it| may(it)).count()).unwrap_or(u32::MAX))
    }
}

/// Says whether a device signed a text. A key that the database cannot have is no key.
pub(super) fn signed(device: &PairedDevice, text: &str, signature: &[u8]) -> bool {
    let key = PublicKey::parse(&device.device.public_key);
    key.is_ok_and(|key| key.signed(text, signature))
}

fn ends(session: &LiveSession) -> Timestamp {
    let left = SignedDuration::try_from(session.left(Instant::now())).unwrap_or_default();
    Timestamp::now() + left
}

fn not_let_in() -> Problem {
    let detail = "this device is not paired, or its signature was not right; pair it again if \
                  this stays so";
    Problem::new(ProblemKind::NotProven, detail)
}
