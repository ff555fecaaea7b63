//! Proofs that the log only grew, and the devices that stand for it.

use doorward_api::witness::{Consistency, ConsistencyQuery, Cosign, WitnessView, witness_text};
use doorward_api::{Base64Url, Problem, ProblemKind};
use doorward_core::ids;
use doorward_store::{Cosignature, PairedDevice, ReadError, WriteError};
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::house::failed;
use super::login::signed;
use super::named;
use crate::http::Answer;

impl Awake {
    pub(super) async fn prove_growth(&self, query: ConsistencyQuery) -> Answer<Consistency> {
        let ConsistencyQuery { from, to } = query;
        let proof = self.store.prove_growth(from, to).await.map_err(no_proof)?;
        let proof = proof.iter().map(|hash| Base64Url::from(hash.as_slice())).collect();
        Ok(Consistency { from, to, proof })
    }

    pub(super) async fn keep_witness(
        &self,
        id: ids::PairedDeviceId,
        cosign: Cosign,
    ) -> Answer<WitnessView> {
        let text = self.store.checkpoint_text(cosign.size).await.map_err(no_proof)?;
        let device = self.device_in_service(id).await?.ok_or_else(not_signed)?;
        let bytes = cosign.signature.as_bytes();
        if !signed(&device, &witness_text(&text), bytes) {
            return Err(not_signed());
        }
        let signature = bytes.try_into().map_err(|_| not_signed())?;
        let cosigned = Cosignature { size: cosign.size, at: Timestamp::now(), signature };
        let kept = self.store.keep_cosignature(id, cosigned.clone()).await;
        kept.map_err(|error| match error {
            WriteError::Missing => {
                let detail = "this device stands for a later checkpoint already";
                Problem::new(ProblemKind::Conflict, detail)
            }
            error @ (WriteError::Refused { .. }
            | WriteError::Database(_)
            | WriteError::Reopen(_)
            | WriteError::Stopped) => failed("the signature was not written down")(error),
        })?;
        Ok(view(&device, &cosigned))
    }

    pub(in crate::daemon) async fn all_witnesses(&self) -> Answer<Vec<WitnessView>> {
        let devices = self.stored_paired().await?;
        let stands = |device: &PairedDevice| device.witnessed.as_ref().map(|by| view(device, by));
        let mut witnesses: Vec<_> = devices.iter().filter_map(stands).collect();
        witnesses.sort_by_key(|witness| std::cmp::Reverse(witness.size));
        Ok(witnesses)
    }
}

fn view(device: &PairedDevice, cosigned: &Cosignature) -> WitnessView {
    WitnessView { device: named(device), size: cosigned.size, at: cosigned.at }
}

fn not_signed() -> Problem {
    let detail = "the signature is not this device's over this log's checkpoint";
    Problem::new(ProblemKind::NotProven, detail)
}

fn no_proof(error: ReadError) -> Problem {
    match error {
        ReadError::BeyondEnd | ReadError::ForeignCheckpoint => {
            let detail = "the log has no two such sizes; the smaller is at least 1";
            Problem::new(ProblemKind::Invalid, detail)
        }
        error @ (ReadError::Database(_)
        | ReadError::Log
        | ReadError::Open(_)
        | ReadError::NoThread
        | ReadError::Stopped) => failed("the log cannot be read")(error),
    }
}
