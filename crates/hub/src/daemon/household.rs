//! The daemon's people, as the doors to it see them: every question and wish of
//! [`Household`] and [`Witnessed`], in terms of the wire's words.

mod key_requests;
mod login;
mod offering;
mod passkeys;
mod people;
mod proving;
mod setup;
mod witnesses;

pub(super) use setup::Unclaimed;

use std::time::Instant;

use doorward_api::key_request::{AskForKey, HandOverKey, KeyRequest};
use doorward_api::pairing::{OfferPairing, Pair, Paired, PairingOffer, SetUp, Welcome};
use doorward_api::person::{ChangePerson, NamedPairedDevice, PairedDeviceView, PersonView};
use doorward_api::session::{
    AskChallenge, Challenge, LogIn, SessionView, SetPasskey, SetPin, StepUp,
};
use doorward_api::witness::{Consistency, ConsistencyQuery, Cosign, LogKey, WitnessView};
use doorward_api::{
    Base64Url, KeyRequestId, PairedDeviceId, PersonId, Problem, ProblemKind, pairing,
};
use doorward_core::ids;
use doorward_store::PairedDevice;
use sha2::{Digest, Sha256};

use super::awake::Awake;
use super::daemon::Daemon;
use crate::ca::ServerCredential;
use crate::http::{Act, Answer, Caller, Household, LoggedIn, Principal, Session, Witnessed};

/// The longest name of a person or a paired device, in bytes of UTF-8.
const MOST_NAME_BYTES: usize = 64;

impl Household for Daemon {
    async fn welcome(&self, asker: Principal) -> Answer<Welcome> {
        self.welcome_of_all(asker)
    }

    async fn set_up(&self, caller: Caller, wish: SetUp) -> Answer<Paired> {
        self.found(&caller, wish).await
    }

    async fn offer_pairing(&self, _by: Principal, offer: OfferPairing) -> Answer<PairingOffer> {
        self.offer(offer).await
    }

    async fn pair(&self, caller: Caller, wish: Pair) -> Answer<Paired> {
        self.take_up(&caller, wish).await
    }

    async fn challenge(&self, caller: Caller, ask: AskChallenge) -> Answer<Challenge> {
        self.make_challenge(&caller, ask.device)
    }

    async fn log_in(&self, caller: Caller, log_in: LogIn) -> Answer<LoggedIn> {
        self.let_log_in(&caller, log_in).await
    }

    async fn session_view(&self, session: Session) -> Answer<SessionView> {
        self.show_session(&session).await
    }

    async fn set_pin(&self, by: Principal, pin: SetPin) -> Answer<()> {
        self.set_own_pin(by, pin).await
    }

    async fn set_passkey(
        &self,
        by: Principal,
        caller: Caller,
        act: Act,
        wish: SetPasskey,
    ) -> Answer<()> {
        self.add_own_passkey(by, &caller, &act, wish).await
    }

    async fn prove(
        &self,
        by: Principal,
        caller: Caller,
        act: Act,
        proof: Option<StepUp>,
    ) -> Answer<()> {
        self.check_proof(by, &caller, &act, proof).await
    }

    async fn people(&self) -> Answer<Vec<PersonView>> {
        self.all_people().await
    }

    async fn change_person(
        &self,
        by: Principal,
        person: PersonId,
        change: ChangePerson,
    ) -> Answer<PersonView> {
        self.alter_person(by, ids::PersonId(person.0), change).await
    }

    async fn remove_person(&self, by: Principal, person: PersonId) -> Answer<()> {
        self.take_person_out(by, ids::PersonId(person.0)).await
    }

    async fn paired_devices(&self) -> Answer<Vec<PairedDeviceView>> {
        self.all_paired().await
    }

    async fn end_pairing(&self, by: Principal, device: PairedDeviceId) -> Answer<()> {
        self.unpair(by, ids::PairedDeviceId(device.0)).await
    }

    async fn lift_pin(&self, by: Principal, device: PairedDeviceId) -> Answer<()> {
        self.let_pin_be_tried(by, ids::PairedDeviceId(device.0)).await
    }

    async fn ask_for_key(&self, by: Principal, ask: AskForKey) -> Answer<KeyRequest> {
        self.remember_key_request(by, ask)
    }

    async fn key_requests(&self) -> Answer<Vec<KeyRequest>> {
        self.all_key_requests()
    }

    async fn key_request(&self, by: Principal, request: KeyRequestId) -> Answer<KeyRequest> {
        self.one_key_request(by, &request)
    }

    async fn hand_over_key(
        &self,
        by: Principal,
        request: KeyRequestId,
        key: HandOverKey,
    ) -> Answer<()> {
        self.hand_key_over(by, &request, key)
    }
}

impl Witnessed for Daemon {
    async fn consistency(&self, query: ConsistencyQuery) -> Answer<Consistency> {
        self.awake()?.prove_growth(query).await
    }

    async fn log_key(&self) -> Answer<LogKey> {
        Ok(LogKey { verifier_key: self.awake()?.store.log_verifier() })
    }

    async fn cosign(&self, by: Principal, cosign: Cosign) -> Answer<WitnessView> {
        let device = device_of(by)?;
        self.awake()?.keep_witness(device, cosign).await
    }

    async fn witnesses(&self) -> Answer<Vec<WitnessView>> {
        self.awake()?.all_witnesses().await
    }
}

impl Daemon {
    /// Counts a knock at a door that stands open to everybody.
    fn knocked(&self, caller: &Caller) -> Answer<()> {
        self.pairing()
            .knocks
            .knock(caller.address, Instant::now())
            .map_err(|error| Problem::new(ProblemKind::TooMany, error.to_string()))
    }
}

impl Awake {
    /// Returns the household, as its people's devices know it.
    pub(super) fn household(&self) -> pairing::Household {
        pairing::Household {
            name: self.household.name.clone(),
            recipient: self.household.recipient.clone(),
        }
    }

    pub(super) fn ca_sha256(&self) -> Base64Url {
        ca_sha256(&self.certificates.server().borrow())
    }
}

/// Returns SHA-256 of the authority that vouches for the hub, which phones are told with
/// their pairing.
pub(super) fn ca_sha256(server: &ServerCredential) -> Base64Url {
    let chain = server.chain();
    let authority = chain.last().map(Sha256::digest);
    Base64Url(authority.map(|digest| digest.to_vec()).unwrap_or_default())
}

/// Returns the paired device that asks.
fn device_of(by: Principal) -> Answer<ids::PairedDeviceId> {
    match by {
        Principal::Person { device, .. } => Ok(ids::PairedDeviceId(device.0)),
        Principal::LocalOwner | Principal::Anyone => {
            let detail = "only a paired device can ask for this";
            Err(Problem::new(ProblemKind::Refused, detail))
        }
    }
}

/// Reads a person's or a device's name.
fn parse_name(what: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MOST_NAME_BYTES || text.chars().any(char::is_control) {
        let detail = format!("{what}: a name has 1 to 64 bytes and no control characters");
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    Ok(text.to_owned())
}

fn named(device: &PairedDevice) -> NamedPairedDevice {
    NamedPairedDevice { id: PairedDeviceId(device.id.0), name: device.device.name.clone() }
}

fn no_randomness(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "the system has no randomness");
    Problem::new(ProblemKind::Internal, error.to_string())
}
