//! Proof, for one act, that the person means it: the device's signature over the act,
//! and its PIN or, in its place, a passkey by which its own system verified the person.

use std::time::Instant;

use doorward_api::session::{StepUp, act_text};
use doorward_api::{Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{PairedDevice, PinHash, WriteError};
use secrecy::SecretString;

use super::super::awake::Awake;
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::device_of;
use super::login::signed;
use crate::http::{Act, Answer, Caller, Principal};
use crate::pairing::Pin;

/// How many wrong PINs a device may send before its PIN rests.
pub(super) const MOST_TRIES: u32 = 5;

/// An act whose device signed it.
pub(super) struct Signed {
    pub(super) device: PairedDevice,
    /// What it signed.
    pub(super) text: String,
}

impl Daemon {
    pub(super) async fn check_proof(
        &self,
        by: Principal,
        caller: &Caller,
        act: &Act,
        proof: Option<StepUp>,
    ) -> Answer<()> {
        match by {
            Principal::LocalOwner => return Ok(()),
            Principal::Person { .. } | Principal::Anyone => {}
        }
        let proof = proof.ok_or_else(|| not_proven("this asks for the device's PIN or passkey"))?;
        let awake = self.awake()?;
        let Signed { device, text } = self.check_signature(&awake, by, caller, act, &proof).await?;
        match (proof.pin, proof.passkey) {
            (Some(pin), None) => self.try_pin(&awake, by, &device, pin).await,
            (None, Some(used)) => awake.check_passkey(&device, &used, &text, &caller.host).await,
            (None, None) | (Some(_), Some(_)) => Err(one_of_both()),
        }
    }

    /// Checks the device's signature over an act. Whoever has the session and not the key uses
    /// up no tries.
    pub(super) async fn check_signature(
        &self,
        awake: &Awake,
        by: Principal,
        caller: &Caller,
        act: &Act,
        proof: &StepUp,
    ) -> Answer<Signed> {
        let id = device_of(by)?;
        let waited = self.pairing().challenges.take(proof.challenge.as_bytes(), id, Instant::now());
        let device = awake.device_in_service(id).await?;
        let device = device.ok_or_else(|| not_proven("this device is no longer paired"))?;
        let wire = doorward_api::PairedDeviceId(id.0);
        let text = act_text(&caller.host, wire, &proof.challenge, &act.method, &act.path);
        if !waited || !signed(&device, &text, proof.signature.as_bytes()) {
            return Err(not_proven("the device's signature is not right; try again"));
        }
        Ok(Signed { device, text })
    }

    /// The try is on the disk before it is made, so that pulling the plug wins none.
    pub(super) async fn try_pin(
        &self,
        awake: &Awake,
        by: Principal,
        device: &PairedDevice,
        pin: SecretString,
    ) -> Answer<()> {
        let kept = device.pin.clone();
        let kept = kept.ok_or_else(|| not_proven("choose a PIN for this device first"))?;
        let pin = Pin::typed(pin)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        let _alone = self.pairing().comparing.lock().await;
        let tries = awake.store.count_pin_try(device.id, MOST_TRIES).await.map_err(resting)?;
        if is_right(pin, kept).await? {
            let forgotten = awake.store.forget_pin_tries(device.id).await;
            return forgotten.map_err(failed("the PIN's tries could not be written down"));
        }
        awake.refuse_pin(convert::actor_of(by), device, MOST_TRIES.saturating_sub(tries)).await
    }
}

impl Awake {
    /// Says how many tries a wrong PIN leaves; if it was the last, writes that into the log.
    async fn refuse_pin(&self, by: Actor, device: &PairedDevice, left: u32) -> Answer<()> {
        let tries = match left {
            0 => {
                tracing::warn!(device = %device.id, "a paired device's PIN rests after wrong tries");
                self.done(by, OwnerRequest::Note(Note::PinRests(device.id))).await?;
                return Err(rests());
            }
            1 => "one try is left".to_owned(),
            more => format!("{more} tries are left"),
        };
        Err(not_proven(&format!("that is not this device's PIN; {tries}")))
    }
}

async fn is_right(pin: Pin, kept: PinHash) -> Answer<bool> {
    let right = tokio::task::spawn_blocking(move || pin.is(&kept)).await;
    right.map_err(failed("the PIN was not compared"))
}

fn one_of_both() -> Problem {
    Problem::new(ProblemKind::Invalid, "an act is proved with the PIN or with the passkey")
}

fn resting(error: WriteError) -> Problem {
    match error {
        WriteError::Missing => rests(),
        error @ (WriteError::Refused { .. }
        | WriteError::Database(_)
        | WriteError::Reopen(_)
        | WriteError::Stopped) => failed("the try could not be written down")(error),
    }
}

fn rests() -> Problem {
    not_proven(
        "this device's PIN was wrong too often and rests: an owner can lift that in the \
         settings, or pair the device again",
    )
}

pub(super) fn not_proven(detail: &str) -> Problem {
    Problem::new(ProblemKind::NotProven, detail)
}
