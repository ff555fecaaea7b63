//! What the house answers about people and witnesses.

use doorward_api::key_request::{AskForKey, HandOverKey, KeyRequest};
use doorward_api::pairing::{
    OfferPairing, Pair, Paired, PairingOffer, SetUp, Welcome, WelcomeState,
};
use doorward_api::person::{ChangePerson, PairedDeviceView, PersonView};
use doorward_api::session::{
    AskChallenge, Challenge, LogIn, SessionView, SetPasskey, SetPin, StepUp,
};
use doorward_api::witness::{Consistency, ConsistencyQuery, Cosign, LogKey, WitnessView};
use doorward_api::{Base64Url, KeyRequestId, PairedDeviceId, PersonId, Problem, ProblemKind, Role};

use super::TestHouse;
use crate::http::samples::moment;
use crate::http::{Act, Answer, Caller, Household, LoggedIn, Principal, Session, Witnessed};

/// What a test house answers about people: that it has none. What a real one answers
/// is tried on a real one.
fn nobody<T>() -> Answer<T> {
    Err(Problem::new(ProblemKind::NotFound, "this house knows nobody"))
}

impl Household for TestHouse {
    async fn welcome(&self, _asker: Principal) -> Answer<Welcome> {
        Ok(Welcome {
            state: WelcomeState::Ready,
            household_name: None,
            version: "0.1.0".into(),
            ca_sha256: Base64Url(vec![0; 32]),
        })
    }

    async fn set_up(&self, _caller: Caller, _wish: SetUp) -> Answer<Paired> {
        nobody()
    }

    async fn offer_pairing(&self, _by: Principal, offer: OfferPairing) -> Answer<PairingOffer> {
        self.hear(&offer);
        let link = "https://192.168.1.10:8443/#pair=AAAAAAAAAAAAAAAAAAAAAA.AAAA";
        Ok(PairingOffer {
            token: "AAAAAAAAAAAAAAAAAAAAAA".into(),
            expires: moment("09:05:00"),
            links: vec![link.into()],
            qr_svg: "<svg/>".into(),
        })
    }

    async fn pair(&self, _caller: Caller, _wish: Pair) -> Answer<Paired> {
        nobody()
    }

    async fn challenge(&self, _caller: Caller, _ask: AskChallenge) -> Answer<Challenge> {
        nobody()
    }

    async fn log_in(&self, _caller: Caller, _log_in: LogIn) -> Answer<LoggedIn> {
        nobody()
    }

    async fn session_view(&self, _session: Session) -> Answer<SessionView> {
        nobody()
    }

    async fn set_pin(&self, _by: Principal, _pin: SetPin) -> Answer<()> {
        nobody()
    }

    async fn set_passkey(
        &self,
        _by: Principal,
        _caller: Caller,
        _act: Act,
        _wish: SetPasskey,
    ) -> Answer<()> {
        nobody()
    }

    async fn prove(
        &self,
        by: Principal,
        _caller: Caller,
        act: Act,
        proof: Option<StepUp>,
    ) -> Answer<()> {
        match (by, proof) {
            (Principal::LocalOwner, _) | (_, Some(_)) => Ok(()),
            (Principal::Person { .. } | Principal::Anyone, None) => {
                Err(Problem::new(ProblemKind::Invalid, act.path))
            }
        }
    }

    async fn people(&self) -> Answer<Vec<PersonView>> {
        Ok(vec![PersonView {
            id: PersonId(1),
            name: "Ana".into(),
            role: Role::Owner,
            added_at: moment("09:00:00"),
        }])
    }

    async fn change_person(
        &self,
        _by: Principal,
        person: PersonId,
        change: ChangePerson,
    ) -> Answer<PersonView> {
        self.hear((person, change));
        nobody()
    }

    async fn remove_person(&self, _by: Principal, person: PersonId) -> Answer<()> {
        self.hear(person);
        Ok(())
    }

    async fn paired_devices(&self) -> Answer<Vec<PairedDeviceView>> {
        Ok(Vec::new())
    }

    async fn end_pairing(&self, _by: Principal, device: PairedDeviceId) -> Answer<()> {
        self.hear(device);
        Ok(())
    }

    async fn lift_pin(&self, _by: Principal, device: PairedDeviceId) -> Answer<()> {
        self.hear(("lift", device));
        Ok(())
    }

    async fn ask_for_key(&self, _by: Principal, _ask: AskForKey) -> Answer<KeyRequest> {
        nobody()
    }

    async fn key_requests(&self) -> Answer<Vec<KeyRequest>> {
        Ok(Vec::new())
    }

    async fn key_request(&self, _by: Principal, _request: KeyRequestId) -> Answer<KeyRequest> {
        nobody()
    }

    async fn hand_over_key(
        &self,
        _by: Principal,
        _request: KeyRequestId,
        _key: HandOverKey,
    ) -> Answer<()> {
        nobody()
    }
}

impl Witnessed for TestHouse {
    async fn consistency(&self, _query: ConsistencyQuery) -> Answer<Consistency> {
        nobody()
    }

    async fn log_key(&self) -> Answer<LogKey> {
        Ok(LogKey { verifier_key: "doorward+00+AA".into() })
    }

    async fn cosign(&self, _by: Principal, _cosign: Cosign) -> Answer<WitnessView> {
        nobody()
    }

    async fn witnesses(&self) -> Answer<Vec<WitnessView>> {
        Ok(Vec::new())
    }
}
