//! People and their paired devices: listed, changed, removed.

use doorward_api::person::{
    ChangePerson, NamedPerson, PairedDeviceView, PersonView, PinState, Witnessed,
};
use doorward_api::{PairedDeviceId, PersonId, Problem, ProblemKind};
use doorward_core::ids;
use doorward_core::io::{Note, OwnerRequest};
use doorward_core::person::Role;
use doorward_store::{PairedDevice, Person, WriteError};
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::parse_name;
use super::proving::MOST_TRIES;
use crate::http::{Answer, Principal};

impl Daemon {
    pub(super) async fn all_people(&self) -> Answer<Vec<PersonView>> {
        Ok(self.awake()?.stored_people().await?.iter().map(person_view).collect())
    }

    pub(super) async fn alter_person(
        &self,
        by: Principal,
        id: ids::PersonId,
        change: ChangePerson,
    ) -> Answer<PersonView> {
        let awake = self.awake()?;
        let _alone = self.pairing().changing.lock().await;
        let people = awake.stored_people().await?;
        let before = find(&people, id)?;
        let name = match &change.name {
            Some(name) => parse_name("person", name)?,
            None => before.name.clone(),
        };
        let role = change.role.map_or(before.role, convert::role_of);
        if role != Role::Owner {
            keep_an_owner(&people, id)?;
        }
        awake.store.change_person(id, name.clone(), role).await.map_err(not_changed)?;
        awake.directory.name_person(id, &name);
        if role != before.role {
            self.pairing().sessions.end_person(id);
        }
        let note = Note::PersonChanged(id, role);
        awake.done(convert::actor_of(by), OwnerRequest::Note(note)).await?;
        Ok(person_view(&Person { name, role, ..before.clone() }))
    }

    pub(super) async fn take_person_out(&self, by: Principal, id: ids::PersonId) -> Answer<()> {
        let awake = self.awake()?;
        let _alone = self.pairing().changing.lock().await;
        let people = awake.stored_people().await?;
        find(&people, id)?;
        keep_an_owner(&people, id)?;
        let devices = awake.stored_paired().await?;
        awake.store.remove_person(id).await.map_err(not_changed)?;
        self.pairing().offers.void_for(id);
        self.pairing().key_requests.forget_person(id);
        self.pairing().sessions.end_person(id);
        awake.directory.forget_person(id);
        let theirs = devices.iter().filter(|device| device.person == id);
        theirs.for_each(|device| awake.directory.forget_phone(device.id));
        awake.done(convert::actor_of(by), OwnerRequest::Note(Note::PersonRemoved(id))).await
    }

    pub(super) async fn all_paired(&self) -> Answer<Vec<PairedDeviceView>> {
        let awake = self.awake()?;
        let people = awake.stored_people().await?;
        let devices = awake.stored_paired().await?;
        let view = |device: &PairedDevice| {
            let person = people.iter().find(|person| person.id == device.person)?;
            Some(device_view(device, person))
        };
        Ok(devices.iter().filter_map(view).collect())
    }

    pub(super) async fn unpair(&self, by: Principal, id: ids::PairedDeviceId) -> Answer<()> {
        let awake = self.awake()?;
        let ended = awake.store.end_pairing(id, Timestamp::now()).await;
        ended.map_err(|error| no_such_device(id, error))?;
        self.pairing().sessions.end_device(id);
        self.pairing().key_requests.forget_device(id);
        awake.done(convert::actor_of(by), OwnerRequest::Note(Note::PairingEnded(id))).await
    }

    pub(super) async fn let_pin_be_tried(
        &self,
        by: Principal,
        id: ids::PairedDeviceId,
    ) -> Answer<()> {
        let awake = self.awake()?;
        let forgotten = awake.store.forget_pin_tries(id).await;
        forgotten.map_err(|error| no_such_device(id, error))?;
        awake.done(convert::actor_of(by), OwnerRequest::Note(Note::PinLifted(id))).await
    }
}

impl Awake {
    pub(super) async fn stored_people(&self) -> Answer<Vec<Person>> {
        self.store.people().await.map_err(failed("the people cannot be read"))
    }

    pub(super) async fn stored_paired(&self) -> Answer<Vec<PairedDevice>> {
        self.store.paired_devices().await.map_err(failed("the paired devices cannot be read"))
    }

    pub(super) async fn known_person(&self, id: PersonId) -> Answer<Person> {
        let people = self.stored_people().await?;
        find(&people, ids::PersonId(id.0)).cloned()
    }
}

fn find(people: &[Person], id: ids::PersonId) -> Answer<&Person> {
    people.iter().find(|person| person.id == id).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, format!("the household knows no person {id}"))
    })
}

/// A household without an owner could change nothing from a phone any more.
fn keep_an_owner(people: &[Person], leaving: ids::PersonId) -> Answer<()> {
    let others = || people.iter().filter(|person| person.id != leaving);
    let was_owner = people.iter().any(|one| one.id == leaving && one.role == Role::Owner);
    if was_owner && !others().any(|person| person.role == Role::Owner) {
        let detail = "this is the last owner: make somebody else an owner first";
        return Err(Problem::new(ProblemKind::Refused, detail));
    }
    Ok(())
}

fn person_view(person: &Person) -> PersonView {
    PersonView {
        id: PersonId(person.id.0),
        name: person.name.clone(),
        role: convert::role(person.role),
        added_at: person.added_at,
    }
}

fn device_view(device: &PairedDevice, person: &Person) -> PairedDeviceView {
    let pin = match &device.pin {
        None => PinState::Unset,
        Some(_) if device.pin_tries >= MOST_TRIES => PinState::Resting,
        Some(_) => PinState::Set,
    };
    let witnessed = device.witnessed.as_ref();
    PairedDeviceView {
        id: PairedDeviceId(device.id.0),
        name: device.device.name.clone(),
        person: NamedPerson { id: PersonId(person.id.0), name: person.name.clone() },
        role: convert::role(person.role),
        paired_at: device.device.paired_at,
        last_seen_at: device.last_seen_at,
        revoked_at: device.revoked_at,
        pin,
        witnessed: witnessed.map(|one| Witnessed { size: one.size, at: one.at }),
    }
}

fn not_changed(error: WriteError) -> Problem {
    match error {
        WriteError::Refused { .. } => {
            Problem::new(ProblemKind::Conflict, "somebody else of the household has this name")
        }
        error @ (WriteError::Missing
        | WriteError::Database(_)
        | WriteError::Reopen(_)
        | WriteError::Stopped) => failed("the person could not be changed")(error),
    }
}

fn no_such_device(id: ids::PairedDeviceId, error: WriteError) -> Problem {
    match error {
        WriteError::Missing => {
            let detail = format!("there is no paired device {id}, or its pairing has ended");
            Problem::new(ProblemKind::NotFound, detail)
        }
        error @ (WriteError::Refused { .. }
        | WriteError::Database(_)
        | WriteError::Reopen(_)
        | WriteError::Stopped) => failed("the device could not be changed")(error),
    }
}
