//! Offers to pair, and the devices that take them up.

use std::time::Instant;

use doorward_api::pairing::{OfferPairing, Pair, Paired, PairingOffer};
use doorward_api::{Base64Url, KeyRequestId, PairedDeviceId, PersonId, Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::ids;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{NewPairedDevice, NewPerson, Person, Whose, WriteError};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::super::awake::{Awake, HOME};
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::super::reach::hosts;
use super::{no_randomness, parse_name};
use crate::ca::HubNames;
use crate::http::{Answer, Caller};
use crate::pairing::{OFFER_LIFE, Offered, PublicKey, Purpose, TakeError, links, qr_svg};
use crate::state_dir::Recipient;

/// A device whose words were checked.
struct Candidate {
    device: NewPairedDevice,
    person: Option<String>,
    recipient: Option<Recipient>,
}

impl Daemon {
    pub(super) async fn offer(&self, offer: OfferPairing) -> Answer<PairingOffer> {
        if let Some(unclaimed) = self.unclaimed() {
            let names = unclaimed.server.borrow().names().clone();
            return self
                .offer_link(Offered::SetUp, Purpose::SetUp, &names, &unclaimed.ca_sha256)
                .await;
        }
        let awake = self.awake()?;
        let offered = match offer.person {
            Some(person) => Offered::KnownPerson(awake.known_person(person).await?.id),
            None => Offered::NewPerson(convert::role_of(offer.role)),
        };
        let names = awake.certificates.server().borrow().names().clone();
        self.offer_link(offered, Purpose::Pair, &names, &awake.ca_sha256()).await
    }

    async fn offer_link(
        &self,
        offered: Offered,
        purpose: Purpose,
        names: &HubNames,
        ca_sha256: &Base64Url,
    ) -> Answer<PairingOffer> {
        let address = self.web_address().await.ok_or_else(|| {
            let detail = "the hub does not listen for phones; look at its log";
            Problem::new(ProblemKind::Unavailable, detail)
        })?;
        let token = self.pairing().offers.make(offered, Instant::now()).map_err(no_randomness)?;
        let token = token.into_secret();
        let hosts = hosts(names, address.ip());
        let links = links(purpose, &hosts, address.port(), &token, ca_sha256);
        let qr_svg = draw(&links)?;
        let life = SignedDuration::try_from(OFFER_LIFE).unwrap_or_default();
        Ok(PairingOffer { token, expires: Timestamp::now() + life, links, qr_svg })
    }

    pub(super) async fn take_up(&self, caller: &Caller, wish: Pair) -> Answer<Paired> {
        self.knocked(caller)?;
        let awake = self.awake()?;
        let candidate = Candidate::read(&wish)?;
        let _alone = self.pairing().changing.lock().await;
        let people = awake.stored_people().await?;
        let suits = |offered| candidate.suits(offered, &people);
        let offered = self.pairing().offers.take_if(&wish.token, Instant::now(), suits);
        let whose = match offered {
            Ok(Offered::KnownPerson(person)) => Whose::Known(person),
            Ok(Offered::NewPerson(role)) => candidate.new_person(role)?,
            Ok(Offered::SetUp) => return Err(unsuitable()),
            Err(TakeError::Unsuitable) => return Err(unsuitable()),
            Err(wrong @ TakeError::NoSuchOffer) => {
                return Err(Problem::new(ProblemKind::NotProven, wrong.to_string()));
            }
        };
        let paired = awake.pair_device(whose, candidate.device).await?;
        let key_request = self.ask_at_once(&paired, candidate.recipient)?;
        Ok(Paired { key_request, ..paired })
    }

    /// A device that named a recipient asks for the household key with its pairing.
    fn ask_at_once(
        &self,
        paired: &Paired,
        recipient: Option<Recipient>,
    ) -> Answer<Option<KeyRequestId>> {
        let Some(recipient) = recipient else { return Ok(None) };
        let (person, device) =
            (ids::PersonId(paired.person.0), ids::PairedDeviceId(paired.device.0));
        self.ask_key_for(person, device, recipient).map(|request| Some(request.id))
    }
}

impl Candidate {
    fn read(wish: &Pair) -> Answer<Self> {
        let invalid = |what: String| Problem::new(ProblemKind::Invalid, what);
        let key = &wish.device.public_key;
        PublicKey::parse(key.as_bytes()).map_err(|error| invalid(error.to_string()))?;
        let recipient = wish.device.recipient.clone().map(Recipient::try_from).transpose();
        Ok(Self {
            device: NewPairedDevice {
                name: parse_name("device", &wish.device.name)?,
                public_key: key.0.clone(),
                paired_at: Timestamp::now(),
            },
            person: wish.person.as_ref().map(|one| parse_name("person", &one.name)).transpose()?,
            recipient: recipient.map_err(|error| invalid(format!("device: {error}")))?,
        })
    }

    /// An offer is not used up by a device that names nobody, or somebody whom the
    /// household knows.
    fn suits(&self, offered: Offered, people: &[Person]) -> bool {
        match offered {
            Offered::SetUp => false,
            Offered::KnownPerson(person) => people.iter().any(|known| known.id == person),
            Offered::NewPerson(_) => {
                let taken = |name: &String| people.iter().any(|known| known.name == *name);
                self.person.as_ref().is_some_and(|name| !taken(name))
            }
        }
    }

    fn new_person(&self, role: doorward_core::person::Role) -> Answer<Whose> {
        let name = self.person.clone().ok_or_else(unsuitable)?;
        Ok(Whose::New(NewPerson { household: HOME, name, role, added_at: Timestamp::now() }))
    }
}

impl Awake {
    async fn pair_device(&self, whose: Whose, device: NewPairedDevice) -> Answer<Paired> {
        let name = device.name.clone();
        let added = matches!(whose, Whose::New(_));
        let (person, id) = self.store.pair_device(whose, device).await.map_err(not_paired)?;
        let known = self.known_person(PersonId(person.0)).await?;
        self.directory.name_person(person, &known.name);
        self.directory.name_phone(id, &name);
        let by = Actor::Person { person, device: id };
        if added {
            self.done(by.clone(), OwnerRequest::Note(Note::PersonAdded(person, known.role)))
                .await?;
        }
        self.done(by, OwnerRequest::Note(Note::DevicePaired(id, person))).await?;
        tracing::info!(device = %id, %person, "device paired");
        Ok(Paired {
            device: PairedDeviceId(id.0),
            person: PersonId(person.0),
            role: convert::role(known.role),
            household: self.household(),
            ca_sha256: self.ca_sha256(),
            key_request: None,
        })
    }
}

fn draw(links: &[SecretString]) -> Answer<SecretString> {
    let first = links.first().ok_or_else(|| {
        Problem::new(ProblemKind::Unavailable, "the hub has no address for phones")
    })?;
    qr_svg(first).map_err(failed("the link could not be drawn"))
}

fn not_paired(error: WriteError) -> Problem {
    match error {
        WriteError::Refused { .. } => {
            let detail = "this device's key was paired before; let it make another one";
            Problem::new(ProblemKind::Conflict, detail)
        }
        error @ (WriteError::Missing
        | WriteError::Database(_)
        | WriteError::Reopen(_)
        | WriteError::Stopped) => failed("the device could not be written down")(error),
    }
}

fn unsuitable() -> Problem {
    let detail = "name somebody whom the household does not know yet, or ask for a link for a \
                  person whom it knows";
    Problem::new(ProblemKind::Invalid, detail)
}
