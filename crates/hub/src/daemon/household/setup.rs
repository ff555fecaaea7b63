//! A hub without a household, until a phone names the first one.
//!
//! The household, its first person and that person's device are written in one
//! transaction: whatever happens in between, the hub has all of it or nothing.

use std::sync::Arc;
use std::time::Instant;

use doorward_api::pairing::{Paired, SetUp, Welcome, WelcomeState};
use doorward_api::{Base64Url, PairedDeviceId, PersonId, Problem, ProblemKind, Role};
use doorward_core::entry::Actor;
use doorward_core::io::{Note, OwnerRequest};
use doorward_core::{ids, person};
use doorward_store::{Household, NewPairedDevice, NewPerson, Store};
use jiff::Timestamp;
use tokio::sync::{Mutex, watch};
use tracing::{error, info};

use super::super::awake::HOME;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::parse_name;
use crate::ca::ServerCredential;
use crate::http::{Answer, Caller, Principal};
use crate::keys::Keys;
use crate::pairing::{Offered, PublicKey};
use crate::state_dir::{HouseholdName, Recipient};

/// A hub that has its keys and no household.
pub(in crate::daemon) struct Unclaimed {
    /// Gone once the hub woke with them.
    pub(in crate::daemon) keys: Mutex<Option<Keys>>,
    pub(in crate::daemon) ca_sha256: Base64Url,
    /// The certificate that the door for phones shows; it follows the awake hub's.
    pub(in crate::daemon) server: watch::Sender<Arc<ServerCredential>>,
}

impl Unclaimed {
    /// Has the door for phones show what the hub shows, from here on: the door was opened
    /// before there was a hub to ask.
    pub(in crate::daemon) async fn follow(
        self: Arc<Self>,
        mut hubs: watch::Receiver<Arc<ServerCredential>>,
    ) {
        loop {
            let shown = Arc::clone(&hubs.borrow_and_update());
            self.server.send_replace(shown);
            if hubs.changed().await.is_err() {
                return;
            }
        }
    }
}

/// A setup whose words were checked.
struct Founding {
    household: Household,
    person: NewPerson,
    device: NewPairedDevice,
}

impl Daemon {
    pub(super) fn welcome_of_all(&self, asker: Principal) -> Answer<Welcome> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        if let Some(unclaimed) = self.unclaimed() {
            let (state, ca_sha256) = (WelcomeState::Unclaimed, unclaimed.ca_sha256.clone());
            return Ok(Welcome { state, household_name: None, version, ca_sha256 });
        }
        let Ok(awake) = self.awake() else {
            // No phone gets here: the door for them opens with the keys.
            let (state, ca_sha256) = (WelcomeState::Sealed, Base64Url::default());
            return Ok(Welcome { state, household_name: None, version, ca_sha256 });
        };
        let household_name = match asker {
            Principal::LocalOwner | Principal::Person { .. } => Some(awake.household().name),
            Principal::Anyone => None,
        };
        let (state, ca_sha256) = (WelcomeState::Ready, awake.ca_sha256());
        Ok(Welcome { state, household_name, version, ca_sha256 })
    }

    pub(super) async fn found(&self, caller: &Caller, wish: SetUp) -> Answer<Paired> {
        self.knocked(caller)?;
        let unclaimed = self.unclaimed().ok_or_else(claimed)?;
        let founding = Founding::read(&wish)?;
        let mut keys = unclaimed.keys.lock().await;
        let held = keys.take().ok_or_else(claimed)?;
        let taken = self
            .pairing()
            .offers
            .take_if(&wish.token, Instant::now(), |what| what == Offered::SetUp);
        let written = match taken {
            Ok(_) => self.write_founding(&held, founding).await,
            Err(wrong) => Err(Problem::new(ProblemKind::NotProven, wrong.to_string())),
        };
        let (person, device) = match written {
            Ok(written) => written,
            Err(problem) => {
                *keys = Some(held);
                return Err(problem);
            }
        };
        self.wake_founded(held, person, device).await
    }

    async fn write_founding(
        &self,
        keys: &Keys,
        founding: Founding,
    ) -> Answer<(ids::PersonId, ids::PairedDeviceId)> {
        let (path, keys) = (self.state().database(), keys.for_store());
        let write = move || -> anyhow::Result<_> {
            let Founding { household, person, device } = founding;
            Ok(Store::open(&path, keys)?.found_household(&household, &person, &device)?)
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(failed("the household was not written down"))?.map_err(|error| {
            error!(error = format!("{error:#}"), "the household was not written down");
            let detail = "the household could not be written down; look at the hub's disk";
            Problem::new(ProblemKind::NotRecorded, detail)
        })
    }

    async fn wake_founded(
        &self,
        keys: Keys,
        person: ids::PersonId,
        device: ids::PairedDeviceId,
    ) -> Answer<Paired> {
        self.pairing().offers.void_all();
        self.wake(keys).await.map_err(|error| {
            error!(error = format!("{error:#}"), "the hub did not wake after its setup");
            let detail = "the household is written down, but the hub did not wake; start it again";
            Problem::new(ProblemKind::Internal, detail)
        })?;
        info!("a household was named");
        let awake = self.awake()?;
        let by = Actor::Person { person, device };
        let added = Note::PersonAdded(person, person::Role::Owner);
        awake.done(by.clone(), OwnerRequest::Note(added)).await?;
        awake.done(by, OwnerRequest::Note(Note::DevicePaired(device, person))).await?;
        Ok(Paired {
            device: PairedDeviceId(device.0),
            person: PersonId(person.0),
            role: Role::Owner,
            household: awake.household(),
            ca_sha256: awake.ca_sha256(),
            key_request: None,
        })
    }
}

impl Founding {
    fn read(wish: &SetUp) -> Answer<Self> {
        let invalid = |what: String| Problem::new(ProblemKind::Invalid, what);
        let name = HouseholdName::parse(&wish.household.name)
            .map_err(|error| invalid(format!("household: {error}")))?;
        let recipient = Recipient::try_from(wish.household.recipient.clone())
            .map_err(|error| invalid(format!("household: {error}")))?;
        let key = &wish.device.public_key;
        PublicKey::parse(key.as_bytes()).map_err(|error| invalid(error.to_string()))?;
        let now = Timestamp::now();
        Ok(Self {
            household: Household {
                id: HOME,
                name: name.as_str().to_owned(),
                recipient: recipient.as_str().to_owned(),
            },
            person: NewPerson {
                household: HOME,
                name: parse_name("person", &wish.person.name)?,
                role: person::Role::Owner,
                added_at: now,
            },
            device: NewPairedDevice {
                name: parse_name("device", &wish.device.name)?,
                public_key: key.0.clone(),
                paired_at: now,
            },
        })
    }
}

fn claimed() -> Problem {
    let detail = "this hub has a household already; ask one of its owners to pair your device";
    Problem::new(ProblemKind::Conflict, detail)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ca::{Authority, HubNames};
    use crate::keys::RootKey;
    use crate::state_dir::{HubId, StateDir};

    #[tokio::test]
    async fn the_door_for_phones_shows_what_the_hub_shows_once_there_is_one() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::create(&home.path().join("state")).unwrap();
        std::fs::create_dir(state.ca()).unwrap();
        let keys = Keys::derive(RootKey::draw().unwrap());
        let now = Timestamp::now();
        let authority = Authority::create(&HubId::draw().unwrap(), Some("hub-1"), now).unwrap();
        let certified = |host: &str| {
            let names = HubNames::of_host(host);
            let made = authority.server_certificate(&state, &keys.ca_sealing, &names, now);
            Arc::new(made.unwrap().credential)
        };
        let (first, next) = (certified("hub-1"), certified("hub-2"));
        let server = watch::Sender::new(Arc::clone(&first));
        let ca_sha256 = Base64Url::default();
        let unclaimed = Arc::new(Unclaimed { keys: Mutex::new(None), ca_sha256, server });
        let mut door = unclaimed.server.subscribe();
        let hubs = watch::Sender::new(first);
        let following = tokio::spawn(unclaimed.follow(hubs.subscribe()));
        hubs.send_replace(Arc::clone(&next));
        let shown = door.wait_for(|shown| Arc::ptr_eq(shown, &next));
        tokio::time::timeout(Duration::from_secs(20), shown).await.unwrap().unwrap();
        drop(hubs);
        tokio::time::timeout(Duration::from_secs(20), following).await.unwrap().unwrap();
    }
}
