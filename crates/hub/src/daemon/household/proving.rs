//! Proof, for one act, that the person means it: the device's signature over the act,
//! and its PIN.

use std::time::Instant;

use doorward_api::session::{StepUp, act_text};
use doorward_api::{Problem, ProblemKind};
use doorward_core::event::Actor;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{PairedDevice, PinHash, WriteError};

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
        let id = device_of(by)?;
        let proof = proof.ok_or_else(|| not_proven("this asks for the device's PIN"))?;
        let awake = self.awake()?;
        let waited = self.pairing().challenges.take(proof.challenge.as_bytes(), id, Instant::now());
        let device = awake.device_in_service(id).await?;
        let device = device.ok_or_else(|| not_proven("this device is no longer paired"))?;
        let wire = doorward_api::PairedDeviceId(id.0);
        let text = act_text(&caller.host, wire, &proof.challenge, &act.method, &act.path);
        // Whoever has the session and not the key uses up no tries of the PIN.
        if !waited || !signed(&device, &text, proof.signature.as_bytes()) {
            return Err(not_proven("the device's signature is not right; try again"));
        }
        let kept = device.pin.clone();
        let kept = kept.ok_or_else(|| not_proven("choose a PIN for this device first"))?;
        let pin = Pin::typed(proof.pin)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        self.compare(&awake, convert::actor_of(by), &device, pin, kept).await
    }

    /// The try is on the disk before it is made, so that pulling the plug wins none.
    async fn compare(
        &self,
        awake: &Awake,
        by: Actor,
        device: &PairedDevice,
        pin: Pin,
        kept: PinHash,
    ) -> Answer<()> {
        let _alone = self.pairing().comparing.lock().await;
        let tries = awake.store.count_pin_try(device.id, MOST_TRIES).await.map_err(resting)?;
        let right = tokio::task::spawn_blocking(move || pin.is(&kept)).await;
        if right.map_err(failed("the PIN was not compared"))? {
            let forgotten = awake.store.forget_pin_tries(device.id).await;
            return forgotten.map_err(failed("the PIN's tries could not be written down"));
        }
        if tries >= MOST_TRIES {
            tracing::warn!(device = %device.id, "a paired device's PIN rests after wrong tries");
            awake.done(by, OwnerRequest::Note(Note::PinRests(device.id))).await?;
            return Err(rests());
        }
        let left = MOST_TRIES - tries;
        Err(not_proven(&format!("that is not this device's PIN; {left} tries are left")))
    }
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

fn not_proven(detail: &str) -> Problem {
    Problem::new(ProblemKind::NotProven, detail)
}
