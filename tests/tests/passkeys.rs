//! Passkeys in the PIN's place, by an authenticator made of bytes: what it says is true here, and
//! what the hub makes of one that lies. The browser's own is played in `browser.rs`.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_tests::harness::Fittings;
use doorward_tests::harness::fresh::Fresh;
use doorward_tests::phone::Phone;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PIN: &str = "402917";
const UNLOCK: &str = "/doors/front/unlock";
const BACKUP: &str = "/backup";
const PASSKEY: &str = "/session/passkey";

/// Somebody was there, and was verified.
const VERIFIED: u8 = 0x05;
const PRESENT_ALONE: u8 = 0x01;
const KEY_INCLUDED: u8 = 0x40;

/// What makes passkeys and uses them.
struct Authenticator {
    key: SigningKey,
    counter: u32,
}

impl Authenticator {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { key: SigningKey::from_slice(&[7; 32])?, counter: 0 })
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let name = Sha256::digest(b"localhost");
        [name.as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// The wish to have the phone's passkey made, proved with a PIN.
    fn make(&mut self, phone: &Phone, pin: &str, flags: u8) -> anyhow::Result<Value> {
        let (proof, text) = proof(phone, "PUT", PASSKEY, pin)?;
        let point = self.key.verifying_key().to_encoded_point(false);
        let (x, y) = point.as_bytes().get(1..).context("a point")?.split_at(32);
        let id = [0, 4, 1, 2, 3, 4];
        let before_x = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
        let key = [&before_x[..], x, &[0x22, 0x58, 0x20], y].concat();
        let data = [&self.data(flags | KEY_INCLUDED)[..], &[0; 16], &id, &key].concat();
        Ok(json!({
            "proof": proof,
            "client_data": base64(client_data(phone, "create", &text).as_bytes()),
            "authenticator_data": base64(&data),
        }))
    }

    /// Proof of an act, without the PIN.
    fn prove(&mut self, phone: &Phone, act: &str, flags: u8) -> anyhow::Result<Value> {
        let (mut proof, text) = proof(phone, "POST", act, PIN)?;
        let client_data = client_data(phone, "get", &text);
        let data = self.data(flags);
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let proof_fields = proof.as_object_mut().context("a proof is an object")?;
        proof_fields.remove("pin");
        proof_fields.insert(
            "passkey".to_owned(),
            json!({
                "id": base64(&[1, 2, 3, 4]),
                "client_data": base64(client_data.as_bytes()),
                "authenticator_data": base64(&data),
                "signature": base64(signature.to_der().as_bytes()),
            }),
        );
        Ok(proof)
    }
}

/// The phone's proof with the PIN, and what it signed.
fn proof(phone: &Phone, method: &str, path: &str, pin: &str) -> anyhow::Result<(Value, String)> {
    let proof = phone.proof(method, path, pin)?;
    let challenge = proof["challenge"].as_str().context("no challenge")?;
    let (host, device) = (phone.host(), phone.device);
    let text = format!("doorward-act-v1\n{host}\n{device}\n{challenge}\n{method} /api/v1{path}");
    Ok((proof, text))
}

fn client_data(phone: &Phone, what: &str, text: &str) -> String {
    let challenge = base64(&Sha256::digest(text));
    let (kind, origin) = (format!("webauthn.{what}"), format!("https://{}", phone.host()));
    json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string()
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A hub with a door and an owner whose phone has a PIN.
async fn ready() -> anyhow::Result<(Fresh, Phone)> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    hub.doorward.enrol("porch-lock", "lock", "native", hub.folder.path()).await?;
    let fittings = Fittings { lock: "porch-lock", ..Fittings::default() };
    hub.doorward.add_door("front", fittings).await?;
    owner.ask("PUT", "/session/pin", Some(&json!({ "pin": PIN })))?.expect(204)?;
    Ok((hub, owner))
}

#[tokio::test]
async fn a_passkey_takes_the_pins_place_for_the_act_that_it_was_used_for() -> anyhow::Result<()> {
    let (hub, owner) = ready().await?;
    let mut finger = Authenticator::new()?;
    let early = finger.prove(&owner, UNLOCK, VERIFIED)?;
    assert_eq!(owner.ask("POST", UNLOCK, Some(&early))?.status, 403, "there is none yet");
    let made = finger.make(&owner, PIN, VERIFIED)?;
    owner.ask("PUT", PASSKEY, Some(&made))?.expect(204)?;
    let view = owner.ask("GET", "/session", None)?.expect(200)?;
    assert_eq!(view["passkey"]["host_name"], "localhost");
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("Ana's phone (device 1): a passkey was added"), "{log}");

    let other = finger.prove(&owner, "/doors/front/lock", VERIFIED)?;
    assert_eq!(owner.ask("POST", UNLOCK, Some(&other))?.status, 403, "used for another act");
    let used = finger.prove(&owner, UNLOCK, VERIFIED)?;
    owner.ask("POST", UNLOCK, Some(&used))?.expect(200)?;
    assert_eq!(owner.ask("POST", UNLOCK, Some(&used))?.status, 403, "each use once");
    let mut both = finger.prove(&owner, UNLOCK, VERIFIED)?;
    both["pin"] = PIN.into();
    assert_eq!(owner.ask("POST", UNLOCK, Some(&both))?.status, 400, "one or the other");
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("leave to unlock: Ana, Ana's phone"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_backup_is_handed_out_for_a_passkey_that_was_used_for_it() -> anyhow::Result<()> {
    let (hub, owner) = ready().await?;
    let mut finger = Authenticator::new()?;
    let made = finger.make(&owner, PIN, VERIFIED)?;
    owner.ask("PUT", PASSKEY, Some(&made))?.expect(204)?;
    let other = finger.prove(&owner, UNLOCK, VERIFIED)?;
    assert_eq!(owner.ask("POST", BACKUP, Some(&other))?.status, 403, "used for another act");
    let used = finger.prove(&owner, BACKUP, VERIFIED)?;
    let backup = owner.ask("POST", BACKUP, Some(&used))?;
    assert_eq!(backup.status, 200, "{}", backup.head);
    assert!(backup.text.contains("age-encryption.org/v1"), "an age file");
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("a backup was sealed and handed out"), "{log}");
    Ok(())
}

#[tokio::test]
async fn only_whoever_has_the_pin_adds_a_passkey_and_only_a_verified_one() -> anyhow::Result<()> {
    let (_hub, owner) = ready().await?;
    let mut finger = Authenticator::new()?;
    let wrong = finger.make(&owner, "999998", VERIFIED)?;
    assert_eq!(owner.ask("PUT", PASSKEY, Some(&wrong))?.status, 403);
    let unverified = finger.make(&owner, PIN, PRESENT_ALONE)?;
    assert_eq!(owner.ask("PUT", PASSKEY, Some(&unverified))?.status, 400);
    let made = finger.make(&owner, PIN, VERIFIED)?;
    let mut both = finger.make(&owner, PIN, VERIFIED)?;
    both["proof"]["passkey"] = finger.prove(&owner, PASSKEY, VERIFIED)?["passkey"].take();
    assert_eq!(owner.ask("PUT", PASSKEY, Some(&both))?.status, 403, "a passkey makes no other");
    assert_eq!(owner.ask("PUT", PASSKEY, Some(&made))?.status, 204);
    assert_eq!(owner.ask("PUT", PASSKEY, Some(&made))?.status, 403, "each proof once");
    Ok(())
}

#[tokio::test]
async fn a_wrong_passkey_uses_up_no_try_and_a_pin_that_rests_does_not_stop_a_right_one()
-> anyhow::Result<()> {
    let (_hub, owner) = ready().await?;
    let mut finger = Authenticator::new()?;
    let made = finger.make(&owner, PIN, VERIFIED)?;
    owner.ask("PUT", PASSKEY, Some(&made))?.expect(204)?;
    for _ in 0..6 {
        let unverified = finger.prove(&owner, UNLOCK, PRESENT_ALONE)?;
        assert_eq!(owner.ask("POST", UNLOCK, Some(&unverified))?.status, 403);
    }
    for left in ["4 tries are left", "3 tries are left", "2 tries are left", "one try is left"] {
        let refused = owner.ask("POST", UNLOCK, Some(&owner.proof("POST", UNLOCK, "999998")?))?;
        assert!(refused.says(left), "{}", refused.body);
    }
    let last = owner.ask("POST", UNLOCK, Some(&owner.proof("POST", UNLOCK, "999998")?))?;
    assert!(last.says("rests"), "{}", last.body);
    let right = finger.prove(&owner, UNLOCK, VERIFIED)?;
    owner.ask("POST", UNLOCK, Some(&right))?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_passkey_that_counts_from_the_beginning_is_refused() -> anyhow::Result<()> {
    let (_hub, owner) = ready().await?;
    let mut finger = Authenticator::new()?;
    let made = finger.make(&owner, PIN, VERIFIED)?;
    owner.ask("PUT", PASSKEY, Some(&made))?.expect(204)?;
    let used = finger.prove(&owner, UNLOCK, VERIFIED)?;
    owner.ask("POST", UNLOCK, Some(&used))?.expect(200)?;
    let mut copy = Authenticator::new()?;
    let copied = owner.ask("POST", UNLOCK, Some(&copy.prove(&owner, UNLOCK, VERIFIED)?))?;
    assert_eq!(copied.status, 403);
    assert!(copied.says("counts backwards"), "{}", copied.body);
    Ok(())
}
