//! Passkeys of paired devices: one is added, and one stands in the PIN's place.
//!
//! A wrong answer uses up no try: a signature cannot be guessed, and the device's own system
//! counts whom it does not know.

use doorward_api::session::{PasskeyUsed, SetPasskey};
use doorward_api::{Problem, ProblemKind};
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{PairedDevice, PasskeyRecord, WriteError};
use sha2::{Digest, Sha256};

use super::super::awake::Awake;
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::proving::{Signed, not_proven};
use crate::http::{Act, Answer, Caller, Principal};
use crate::passkey::{Asked, Assertion, NotVerified, Passkey, Registration};

impl Daemon {
    /// Gives a device a passkey: for whoever has its PIN, since a passkey stands in the PIN's place.
    pub(super) async fn add_own_passkey(
        &self,
        by: Principal,
        caller: &Caller,
        act: &Act,
        wish: SetPasskey,
    ) -> Answer<()> {
        let awake = self.awake()?;
        let SetPasskey { proof, client_data, authenticator_data } = wish;
        let Signed { device, text } = self.check_signature(&awake, by, caller, act, &proof).await?;
        let (Some(pin), None) = (proof.pin, proof.passkey) else {
            return Err(not_proven("this asks for the device's PIN, and for nothing in its place"));
        };
        let registration = Registration {
            client_data: client_data.as_bytes(),
            authenticator_data: authenticator_data.as_bytes(),
        };
        let challenge = Sha256::digest(text.as_bytes());
        let asked = Asked { challenge: &challenge, host: &caller.host };
        let made = registration
            .check(&asked)
            .map_err(|why| Problem::new(ProblemKind::Invalid, why.to_string()))?;
        self.try_pin(&awake, by, &device, pin).await?;
        // First the log: it may name a passkey that then was not kept, and never miss one.
        let note = OwnerRequest::Note(Note::PasskeyAdded(device.id));
        awake.done(convert::actor_of(by), note).await?;
        let kept = awake.store.set_passkey(device.id, record(made)).await;
        kept.map_err(failed("the passkey could not be written down"))
    }
}

impl Awake {
    /// Checks that the device's own system verified the person for the act that `text` tells of.
    pub(super) async fn check_passkey(
        &self,
        device: &PairedDevice,
        used: &PasskeyUsed,
        text: &str,
        host: &str,
    ) -> Answer<()> {
        let PasskeyRecord { id, key, name, counter } = device
            .passkey
            .clone()
            .ok_or_else(|| not_proven("this device has no passkey; use its PIN"))?;
        let kept = Passkey { id, key, name, counter };
        let challenge = Sha256::digest(text.as_bytes());
        let counted = assertion(used)
            .check(&Asked { challenge: &challenge, host }, &kept)
            .map_err(not_verified)?;
        let written = self.store.count_passkey_use(device.id, kept.id, counted).await;
        written.map_err(not_counted)
    }
}

fn assertion(used: &PasskeyUsed) -> Assertion<'_> {
    Assertion {
        id: used.id.as_bytes(),
        client_data: used.client_data.as_bytes(),
        authenticator_data: used.authenticator_data.as_bytes(),
        signature: used.signature.as_bytes(),
    }
}

fn record(made: Passkey) -> PasskeyRecord {
    let Passkey { id, key, name, counter } = made;
    PasskeyRecord { id, key, name, counter }
}

/// The store compares once more: two answers may have been checked against the same count.
fn not_counted(error: WriteError) -> Problem {
    match error {
        WriteError::Missing => not_verified(NotVerified::Copied),
        error @ (WriteError::Refused { .. }
        | WriteError::Database(_)
        | WriteError::Reopen(_)
        | WriteError::Stopped) => failed("the passkey's use could not be written down")(error),
    }
}

fn not_verified(why: NotVerified) -> Problem {
    not_proven(&why.to_string())
}
