//! What the app's own checks of the log are tested with: checkpoints and proofs that a
//! store of this crate made. Salts are drawn, so that they differ each time they are
//! made; `DOORWARD_WRITE_VECTORS=1` makes them again.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_store::Store;
use serde_json::{Value, json};
use tlog_tiles::{Hash, check_record, check_tree, record_hash};

use crate::house::{House, bolt, furnish, keys_of};

/// The sizes at which the tree's shape differs.
const SIZES: [u64; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 31, 64, 100];

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/witness/vectors/log.json")
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn texts(hashes: &[[u8; 32]]) -> Vec<String> {
    hashes.iter().map(|hash| text(hash)).collect()
}

fn note(store: &mut Store) -> String {
    store.questions().unwrap().checkpoint().unwrap().note
}

/// Lets a log grow to a size, one leaf at a time.
fn grow(store: &mut Store, size: u64, from_second: u32) {
    let mut second = from_second;
    while store.questions().unwrap().checkpoint().unwrap().size < size {
        second += 1;
        store.commit(&bolt(second)).unwrap();
    }
}

fn consistency(store: &mut Store, earlier: &Value) -> Value {
    let proof =
        store.questions().unwrap().prove_consistency(earlier["note"].as_str().unwrap()).unwrap();
    assert!(proof.holds());
    json!({ "from": proof.from.size, "to": proof.to.size, "proof": texts(&proof.path) })
}

fn inclusion(store: &mut Store, number: u64) -> Value {
    let proof = store.questions().unwrap().prove_inclusion(number).unwrap();
    assert!(proof.holds());
    json!({
        "size": proof.checkpoint.size,
        "number": number,
        "record": text(&proof.commitment),
        "path": texts(&proof.path),
    })
}

/// A log with the same keys that took another way after its first leaf.
fn forked() -> Value {
    let (_house, mut store) = House::new();
    grow(&mut store, 8, 5_000);
    let seen = json!({ "note": note(&mut store) });
    grow(&mut store, 100, 6_000);
    json!({ "note": note(&mut store), "proof": consistency(&mut store, &seen)["proof"] })
}

fn vectors() -> Value {
    let (_house, mut store) = House::new();
    let (mut checkpoints, mut consistent, mut included) = (Vec::new(), Vec::new(), Vec::new());
    for size in SIZES {
        grow(&mut store, size, 0);
        checkpoints.push(json!({ "size": size, "note": note(&mut store) }));
        consistent.extend(checkpoints.iter().map(|earlier| consistency(&mut store, earlier)));
        included.extend((0..size).step_by(7).map(|number| inclusion(&mut store, number)));
        included.push(inclusion(&mut store, size - 1));
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let mut other = Store::create(&elsewhere.path().join("other.db"), keys_of(9)).unwrap();
    furnish(&mut other);
    grow(&mut other, 9, 0);
    json!({
        "verifier_key": store.log_verifier(),
        "other_key": other.log_verifier(),
        "checkpoints": checkpoints,
        "consistency": consistent,
        "inclusion": included,
        "forked": forked(),
        "foreign": note(&mut other),
    })
}

fn hash(value: &Value) -> [u8; 32] {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).map(Hash).collect()
}

/// Returns the root in the checkpoint of a size.
fn root(vectors: &Value, size: &Value) -> (u64, Hash) {
    let all = vectors["checkpoints"].as_array().unwrap();
    let note = all.iter().find(|one| one["size"] == *size).unwrap()["note"].as_str().unwrap();
    let line = note.lines().nth(2).unwrap();
    let root = base64::engine::general_purpose::STANDARD.decode(line).unwrap();
    (size.as_u64().unwrap(), Hash(root.try_into().unwrap()))
}

#[test]
fn the_vectors_of_the_app_hold_here_too() {
    if std::env::var_os("DOORWARD_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
        std::fs::write(path(), text).unwrap();
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(path()).unwrap()).unwrap();
    let proofs = kept["consistency"].as_array().unwrap();
    assert_eq!(proofs.len(), SIZES.len() * (SIZES.len() + 1) / 2);
    for proof in proofs {
        let (from, to) = (root(&kept, &proof["from"]), root(&kept, &proof["to"]));
        check_tree(&hashes(&proof["proof"]), to.0, to.1, from.0, from.1).unwrap();
    }
    for proof in kept["inclusion"].as_array().unwrap() {
        let (size, root) = root(&kept, &proof["size"]);
        let number = proof["number"].as_u64().unwrap();
        let leaf = record_hash(&hash(&proof["record"]));
        check_record(&hashes(&proof["path"]), size, root, number, leaf).unwrap();
    }
}
