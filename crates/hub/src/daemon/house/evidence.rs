//! What can be shown to somebody who trusts neither the hub nor its owner.

use doorward_api as api;
use doorward_api::base64url::Base64Url;
use doorward_api::camera::without_secrets;
use doorward_api::evidence::{EntryEvidence, EvidenceLeaf};
use doorward_api::outward::{Outward, Peer};
use doorward_core::ids::EntryId;
use doorward_store::ProvedLeaf;
use secrecy::ExposeSecret;

use super::super::awake::Awake;
use super::super::convert;
use super::entries::no_such_entry;
use super::failed;
use crate::http::Answer;

impl Awake {
    pub(super) async fn evidence_of(&self, id: api::EntryId) -> Answer<EntryEvidence> {
        let known = self.store.entry(EntryId(id.0)).await;
        let known = known.map_err(failed("the entry cannot be read"))?;
        known.ok_or_else(|| no_such_entry(id))?;
        let proof = self.store.prove_entry(EntryId(id.0)).await;
        let proof = proof.map_err(failed("the log cannot be read"))?;
        Ok(EntryEvidence {
            entry: id,
            verifier_key: self.store.log_verifier(),
            checkpoint: proof.checkpoint.note,
            leaves: proof.leaves.into_iter().map(leaf).collect(),
        })
    }

    pub(super) async fn what_it_connects_to(&self) -> Answer<Outward> {
        let cameras = self.store.cameras().await;
        let cameras = cameras.map_err(failed("the cameras cannot be read"))?;
        let peer = |camera: doorward_store::Camera| Peer {
            camera: convert::camera(&camera.name),
            host: host_of(&without_secrets(camera.url.expose_secret())).to_owned(),
        };
        Ok(Outward {
            home_networks: self.home.iter().map(|network| network.to_string()).collect(),
            connects_to: cameras.into_iter().map(peer).collect(),
            broker: self.exchange.elsewhere().map(|broker| broker.address().to_string()),
        })
    }
}

fn leaf(proved: ProvedLeaf) -> EvidenceLeaf {
    EvidenceLeaf {
        number: proved.number,
        salt: Base64Url(proved.salt),
        body: Base64Url(proved.body),
        path: proved.path.iter().map(|hash| Base64Url(hash.to_vec())).collect(),
    }
}

/// Returns host and port of an address without secrets.
fn host_of(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn an_address_is_told_by_its_host_alone() {
        for (url, host) in [
            ("rtsp://192.168.1.20:554/stream?x=1", "192.168.1.20:554"),
            ("rtsp://[fe80::1]/a", "[fe80::1]"),
            ("rtsp://camera", "camera"),
            ("", ""),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
