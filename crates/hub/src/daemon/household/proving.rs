//! Proof, for one act, that the person means it: the device's signature over the act,
//! and its PIN or, in its place, a passkey by which its own system verified the person.

use std::time::Instant;

use doorward_api::session::{PasskeyUsed, SetPasskey, StepUp, act_text};
use doorward_api::{Problem, ProblemKind};
use doorward_core::event::Actor;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{PairedDevice, PasskeyRecord, PinHash, WriteError};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::super::awake::Awake;
use super::super::convert;
use super::super::daemon::Daemon;
use super::super::house::failed;
use super::device_of;
use super::login::signed;
use crate::http::{Act, Answer, Caller, Principal};
use crate::pairing::Pin;
use crate::passkey::{Asked, Assertion, NotVerified, Passkey, Registration};

/// How many wrong PINs a device may send before its PIN rests.
pub(super) const MOST_TRIES: u32 = 5;

/// What shows that it is the device's person who holds it.
enum Second {
    Pin(Pin, PinHash),
    Passkey { used: PasskeyUsed, kept: Passkey, text: String, host: String },
}

/// An act whose device signed it.
struct Signed {
    device: PairedDevice,
    text: String,
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
        let proof = proof.ok_or_else(|| not_proven("this asks for the device's PIN"))?;
        let awake = self.awake()?;
        let Signed { device, text } = self.check_signature(&awake, by, caller, act, &proof).await?;
        let second = match (proof.pin, proof.passkey) {
            (Some(pin), None) => pin_of(&device, pin)?,
            (None, Some(used)) => passkey_of(&device, used, text, &caller.host)?,
            (None, None) | (Some(_), Some(_)) => return Err(one_of_both()),
        };
        self.try_(&awake, convert::actor_of(by), &device, second).await
    }

    /// Gives a device a passkey: for whoever has its PIN, since a passkey stands in the PIN's place.
    pub(super) async fn set_own_passkey(
        &self,
        by: Principal,
        caller: &Caller,
        act: &Act,
        wish: SetPasskey,
    ) -> Answer<()> {
        let awake = self.awake()?;
        let SetPasskey { proof, client_data, authenticator_data } = wish;
        let Signed { device, text } = self.check_signature(&awake, by, caller, act, &proof).await?;
        let pin = proof.pin.ok_or_else(|| not_proven("this asks for the device's PIN"))?;
        let registration = Registration {
            client_data: client_data.as_bytes(),
            authenticator_data: authenticator_data.as_bytes(),
        };
        let challenge = Sha256::digest(text.as_bytes());
        let asked = Asked { challenge: &challenge, host: &caller.host };
        let made = registration.check(&asked).map_err(not_verified)?;
        self.try_(&awake, convert::actor_of(by), &device, pin_of(&device, pin)?).await?;
        let kept = awake.store.set_passkey(device.id, record(made)).await;
        kept.map_err(failed("the passkey could not be written down"))
    }

    /// Checks the device's signature over an act. Whoever has the session and not the key uses
    /// up no tries.
    async fn check_signature(
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

    /// The try is on the disk before it is made, so that pulling the plug wins none. PIN and
    /// passkey have their tries in common.
    async fn try_(
        &self,
        awake: &Awake,
        by: Actor,
        device: &PairedDevice,
        second: Second,
    ) -> Answer<()> {
        let _alone = self.pairing().comparing.lock().await;
        let tries = awake.store.count_pin_try(device.id, MOST_TRIES).await.map_err(resting)?;
        let wrong = match second.compare(awake, device).await? {
            None => {
                let forgotten = awake.store.forget_pin_tries(device.id).await;
                return forgotten.map_err(failed("the PIN's tries could not be written down"));
            }
            Some(wrong) => wrong,
        };
        if tries >= MOST_TRIES {
            tracing::warn!(device = %device.id, "a paired device's PIN rests after wrong tries");
            awake.done(by, OwnerRequest::Note(Note::PinRests(device.id))).await?;
            return Err(rests());
        }
        let left = MOST_TRIES - tries;
        Err(not_proven(&format!("{wrong}; {left} tries are left")))
    }
}

impl Second {
    /// Says what is wrong with it, if something is.
    async fn compare(self, awake: &Awake, device: &PairedDevice) -> Answer<Option<String>> {
        match self {
            Self::Pin(pin, kept) => {
                let right = tokio::task::spawn_blocking(move || pin.is(&kept)).await;
                let right = right.map_err(failed("the PIN was not compared"))?;
                Ok((!right).then(|| "that is not this device's PIN".to_owned()))
            }
            Self::Passkey { used, kept, text, host } => {
                let challenge = Sha256::digest(text.as_bytes());
                let asked = Asked { challenge: &challenge, host: &host };
                let assertion = Assertion {
                    id: used.id.as_bytes(),
                    client_data: used.client_data.as_bytes(),
                    authenticator_data: used.authenticator_data.as_bytes(),
                    signature: used.signature.as_bytes(),
                };
                match assertion.check(&asked, &kept) {
                    Ok(counter) => {
                        let counted = awake.store.count_passkey_use(device.id, counter).await;
                        counted.map_err(failed("the passkey's use could not be written down"))?;
                        Ok(None)
                    }
                    Err(why) => Ok(Some(why.to_string())),
                }
            }
        }
    }
}

fn pin_of(device: &PairedDevice, pin: SecretString) -> Answer<Second> {
    let kept = device.pin.clone();
    let kept = kept.ok_or_else(|| not_proven("choose a PIN for this device first"))?;
    let pin =
        Pin::typed(pin).map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
    Ok(Second::Pin(pin, kept))
}

fn passkey_of(
    device: &PairedDevice,
    used: PasskeyUsed,
    text: String,
    host: &str,
) -> Answer<Second> {
    let kept = device.passkey.clone();
    let PasskeyRecord { id, key, name, counter } =
        kept.ok_or_else(|| not_proven("this device has no passkey; use its PIN"))?;
    let kept = Passkey { id, key, name, counter };
    Ok(Second::Passkey { used, kept, text, host: host.to_owned() })
}

fn record(made: Passkey) -> PasskeyRecord {
    let Passkey { id, key, name, counter } = made;
    PasskeyRecord { id, key, name, counter }
}

fn not_verified(why: NotVerified) -> Problem {
    Problem::new(ProblemKind::Invalid, why.to_string())
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

fn not_proven(detail: &str) -> Problem {
    Problem::new(ProblemKind::NotProven, detail)
}
