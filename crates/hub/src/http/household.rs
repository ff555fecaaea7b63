//! What can be asked of a hub about its people: who they are, with which devices, how
//! those come to be trusted and prove themselves.

use std::future::Future;

use doorward_api::key_request::{AskForKey, HandOverKey, KeyRequest};
use doorward_api::pairing::{OfferPairing, Pair, Paired, PairingOffer, SetUp, Welcome};
use doorward_api::person::{ChangePerson, PairedDeviceView, PersonView};
use doorward_api::session::{
    AskChallenge, Challenge, LogIn, SessionView, SetPasskey, SetPin, StepUp,
};
use doorward_api::witness::{Consistency, ConsistencyQuery, Cosign, LogKey, WitnessView};
use doorward_api::{KeyRequestId, PairedDeviceId, PersonId};
use secrecy::SecretString;

use super::answer::Answer;
use super::caller::{Act, Caller};
use super::principal::{Principal, Session};

/// A login that succeeded.
pub struct LoggedIn {
    /// What goes into the cookie.
    pub token: SecretString,
    /// Who is logged in.
    pub view: SessionView,
}

/// A hub's people, as the doors to it see them. What is public is answered to anybody
/// on the home network: those functions count how often an address asks.
pub trait Household: Send + Sync + 'static {
    /// Says what anybody may know of the hub; sealed and unclaimed hubs answer too.
    fn welcome(&self, asker: Principal) -> impl Future<Output = Answer<Welcome>> + Send;

    /// Names the first household of a hub that has none, and wakes it.
    fn set_up(&self, caller: Caller, wish: SetUp) -> impl Future<Output = Answer<Paired>> + Send;

    /// Offers to pair one device; on a hub without a household, to name the first.
    fn offer_pairing(
        &self,
        by: Principal,
        offer: OfferPairing,
    ) -> impl Future<Output = Answer<PairingOffer>> + Send;

    /// Pairs a device that takes up an offer.
    fn pair(&self, caller: Caller, wish: Pair) -> impl Future<Output = Answer<Paired>> + Send;

    /// Gives a device something to sign; the same to any number, known or not.
    fn challenge(
        &self,
        caller: Caller,
        ask: AskChallenge,
    ) -> impl Future<Output = Answer<Challenge>> + Send;

    /// Begins a session for a device that signed a challenge.
    fn log_in(
        &self,
        caller: Caller,
        log_in: LogIn,
    ) -> impl Future<Output = Answer<LoggedIn>> + Send;

    /// Says who is logged in.
    fn session_view(&self, session: Session) -> impl Future<Output = Answer<SessionView>> + Send;

    /// Sets the PIN of the device that asks, once.
    fn set_pin(&self, by: Principal, pin: SetPin) -> impl Future<Output = Answer<()>> + Send;

    /// Gives the device that asks a passkey.
    fn set_passkey(
        &self,
        by: Principal,
        caller: Caller,
        act: Act,
        wish: SetPasskey,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Checks that the person means an act: their device's signature over it, and its
    /// PIN or passkey. The hub's own user, at its own machine, proves nothing more.
    fn prove(
        &self,
        by: Principal,
        caller: Caller,
        act: Act,
        proof: Option<StepUp>,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lists the people, in the order in which they came.
    fn people(&self) -> impl Future<Output = Answer<Vec<PersonView>>> + Send;

    /// Changes a person; their sessions end when the role changes.
    fn change_person(
        &self,
        by: Principal,
        person: PersonId,
        change: ChangePerson,
    ) -> impl Future<Output = Answer<PersonView>> + Send;

    /// Removes a person with all their devices, and cuts their sessions.
    fn remove_person(
        &self,
        by: Principal,
        person: PersonId,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lists the paired devices, in the order in which they came.
    fn paired_devices(&self) -> impl Future<Output = Answer<Vec<PairedDeviceView>>> + Send;

    /// Ends a device's pairing, and cuts its sessions.
    fn end_pairing(
        &self,
        by: Principal,
        device: PairedDeviceId,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lets a device's PIN be tried again.
    fn lift_pin(
        &self,
        by: Principal,
        device: PairedDeviceId,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Remembers that a device asks for the household key.
    fn ask_for_key(
        &self,
        by: Principal,
        ask: AskForKey,
    ) -> impl Future<Output = Answer<KeyRequest>> + Send;

    /// Lists who asks for the household key.
    fn key_requests(&self) -> impl Future<Output = Answer<Vec<KeyRequest>>> + Send;

    /// Returns one request; with the sealed key for the device that asked.
    fn key_request(
        &self,
        by: Principal,
        request: KeyRequestId,
    ) -> impl Future<Output = Answer<KeyRequest>> + Send;

    /// Hands a sealed key over.
    fn hand_over_key(
        &self,
        by: Principal,
        request: KeyRequestId,
        key: HandOverKey,
    ) -> impl Future<Output = Answer<()>> + Send;
}

/// A hub's log, as those who stand for it see it.
pub trait Witnessed: Send + Sync + 'static {
    /// Proves that the log only grew between two sizes.
    fn consistency(
        &self,
        query: ConsistencyQuery,
    ) -> impl Future<Output = Answer<Consistency>> + Send;

    /// Returns the key that verifies checkpoints.
    fn log_key(&self) -> impl Future<Output = Answer<LogKey>> + Send;

    /// Keeps a device's signature under a checkpoint.
    fn cosign(
        &self,
        by: Principal,
        cosign: Cosign,
    ) -> impl Future<Output = Answer<WitnessView>> + Send;

    /// Lists the devices that stand for the log, the one that stands for most first.
    fn witnesses(&self) -> impl Future<Output = Answer<Vec<WitnessView>>> + Send;
}
