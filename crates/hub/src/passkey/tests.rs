//! Passkeys of the specification, and what is not quite one.

mod vectors;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_api::hex;
use proptest::prelude::*;
use vectors::{CROSS_ORIGIN, NONE, PACKED, SELF_ATTESTED, Vector};

use super::*;

const HOST: &str = "example.org";

/// Where flags and counter stand in an authenticator's data.
const FLAGS: usize = 32;
const COUNTER: std::ops::Range<usize> = 33..37;

/// A ceremony's bytes, to be bent.
#[derive(Clone)]
struct Bytes {
    challenge: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Bytes {
    fn made(vector: &Vector) -> Self {
        let read = |text: &str| hex::decode(text).unwrap();
        Self {
            challenge: read(vector.made_challenge),
            client_data: read(vector.made_client_data),
            authenticator_data: read(vector.made_authenticator_data),
            signature: Vec::new(),
        }
    }

    fn used(vector: &Vector) -> Self {
        let read = |text: &str| hex::decode(text).unwrap();
        Self {
            challenge: read(vector.used_challenge),
            client_data: read(vector.used_client_data),
            authenticator_data: read(vector.used_authenticator_data),
            signature: read(vector.signature),
        }
    }

    fn register_at(&self, host: &str) -> Result<Passkey, NotVerified> {
        let Self { challenge, client_data, authenticator_data, .. } = self;
        Registration { client_data, authenticator_data }.check(&Asked { challenge, host })
    }

    fn assert_at(&self, host: &str, passkey: &Passkey) -> Result<u32, NotVerified> {
        self.assertion(&passkey.id).check(&Asked { challenge: &self.challenge, host }, passkey)
    }

    fn assertion<'a>(&'a self, id: &'a [u8]) -> Assertion<'a> {
        let Self { client_data, authenticator_data, signature, .. } = self;
        Assertion { id, client_data, authenticator_data, signature }
    }

    fn saying(&self, from: &str, to: &str) -> Self {
        let text = String::from_utf8(self.client_data.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        Self { client_data: text.replace(from, to).into_bytes(), ..self.clone() }
    }
}

fn packed() -> Passkey {
    Bytes::made(&PACKED).register_at(HOST).unwrap()
}

/// The passkey of a vector as if it had been made by the rules.
fn unverified(vector: &Vector) -> Passkey {
    let mut made = Bytes::made(vector);
    made.authenticator_data[FLAGS] |= 0x04;
    let said = String::from_utf8(made.client_data).unwrap();
    made.client_data = said.replace("\"crossOrigin\":true", "\"crossOrigin\":false").into_bytes();
    made.register_at(HOST).unwrap()
}

#[test]
fn a_passkey_of_the_specification_is_made_and_used() {
    let passkey = packed();
    assert_eq!((passkey.name.as_str(), passkey.counter, passkey.key.len()), (HOST, 0, 65));
    assert_eq!(Bytes::used(&PACKED).assert_at(HOST, &passkey), Ok(0));
}

#[test]
fn every_signature_of_the_specification_is_right_and_no_others() {
    for vector in [NONE, SELF_ATTESTED, CROSS_ORIGIN, PACKED] {
        let (passkey, used) = (unverified(&vector), Bytes::used(&vector));
        assert_eq!(used.assertion(&passkey.id).check_signature(&passkey), Ok(()));
        let other = if vector.signature == PACKED.signature { unverified(&NONE) } else { packed() };
        let wrong = used.assertion(&passkey.id).check_signature(&other);
        assert_eq!(wrong, Err(NotVerified::Signature));
    }
}

#[test]
fn whoever_was_not_verified_is_nobody() {
    assert_eq!(Bytes::made(&NONE).register_at(HOST), Err(NotVerified::Person));
    for vector in [NONE, SELF_ATTESTED] {
        let used = Bytes::used(&vector).assert_at(HOST, &unverified(&vector));
        assert_eq!(used, Err(NotVerified::Person));
    }
}

#[test]
fn an_answer_for_another_act_question_page_or_name_is_none() {
    let (passkey, used) = (packed(), Bytes::used(&PACKED));
    let check = |used: &Bytes| used.assert_at(HOST, &passkey);
    let other = Bytes { challenge: vec![0; 32], ..used.clone() };
    assert_eq!(check(&other), Err(NotVerified::Challenge));
    assert_eq!(check(&used.saying("webauthn.get", "webauthn.create")), Err(NotVerified::Ceremony));
    let far = used.saying("https://example.org", "https://example.net");
    assert_eq!(check(&far), Err(NotVerified::Origin));
    let plain = used.saying("https://example.org", "http://example.org");
    assert_eq!(check(&plain), Err(NotVerified::Origin));
    assert_eq!(used.assert_at("example.org:8443", &passkey), Err(NotVerified::Origin));
    let framed = used.saying("\"crossOrigin\":false", "\"crossOrigin\":true");
    assert_eq!(check(&framed), Err(NotVerified::Framed));
    let framed = used.saying("\"crossOrigin\":false", "\"topOrigin\":\"https://example.com\"");
    assert_eq!(check(&framed), Err(NotVerified::Framed));
    let framed = Bytes::used(&CROSS_ORIGIN).assert_at(HOST, &unverified(&NONE));
    assert_eq!(framed, Err(NotVerified::Framed));
    let moved = Passkey { name: "example.net".to_owned(), ..passkey.clone() };
    assert_eq!(used.assert_at(HOST, &moved), Err(NotVerified::Name));
    let renamed = Passkey { id: vec![1], ..passkey.clone() };
    let unknown = used.assertion(&passkey.id);
    let asked = Asked { challenge: &used.challenge, host: HOST };
    assert_eq!(unknown.check(&asked, &renamed), Err(NotVerified::Unknown));
}

#[test]
fn a_copy_is_found_out_by_its_counter() {
    let counted = Passkey { counter: 7, ..packed() };
    assert_eq!(Bytes::used(&PACKED).assert_at(HOST, &counted), Err(NotVerified::Copied));
}

#[test]
fn an_address_has_no_passkeys() {
    for host in ["192.168.1.10:8443", "[fd00::1]:8443", "127.0.0.1", ""] {
        let made = Bytes::made(&PACKED).saying("https://example.org", &format!("https://{host}"));
        assert_eq!(made.register_at(host), Err(NotVerified::Address), "{host}");
    }
}

#[test]
fn a_signed_answer_that_was_touched_is_no_answer() {
    let (passkey, used) = (packed(), Bytes::used(&PACKED));
    let touched = |at: usize, bit: u8| {
        let mut bytes = used.clone();
        bytes.authenticator_data[at] ^= bit;
        bytes.assert_at(HOST, &passkey)
    };
    assert_eq!(touched(0, 1), Err(NotVerified::Name));
    assert_eq!(touched(FLAGS, 0x04), Err(NotVerified::Person));
    assert_eq!(touched(FLAGS, 0x01), Err(NotVerified::Person));
    assert_eq!(
        touched(FLAGS, 0x18),
        Err(NotVerified::AuthenticatorData),
        "backed up, not eligible"
    );
    assert_eq!(touched(COUNTER.end - 1, 1), Err(NotVerified::Signature));
    let words = used.saying("https://example.org\",", "https://example.org\", ");
    assert_eq!(words.assert_at(HOST, &passkey), Err(NotVerified::Signature));
    let mut longer = used.clone();
    longer.authenticator_data.push(0);
    assert_eq!(longer.assert_at(HOST, &passkey), Err(NotVerified::AuthenticatorData));
    let unsigned = Bytes { signature: Vec::new(), ..used };
    assert_eq!(unsigned.assert_at(HOST, &passkey), Err(NotVerified::Signature));
}

#[test]
fn keys_of_another_kind_and_points_beside_the_curve_are_refused() {
    let made = Bytes::made(&PACKED);
    let key = made.authenticator_data.len() - 77;
    for at in [0, 2, 4, 6, 9, key_y_head()] {
        let mut bent = made.clone();
        bent.authenticator_data[key + at] ^= 1;
        assert_eq!(bent.register_at(HOST), Err(NotVerified::Key), "byte {at} of the key");
    }
    let mut beside = made.clone();
    *beside.authenticator_data.last_mut().unwrap() ^= 1;
    assert_eq!(beside.register_at(HOST), Err(NotVerified::Key));
    let mut short = made;
    short.authenticator_data.pop();
    assert_eq!(short.register_at(HOST), Err(NotVerified::AuthenticatorData));
}

const fn key_y_head() -> usize {
    10 + 32
}

#[test]
fn words_of_the_browser_that_appear_twice_or_never_end_are_refused() {
    let (passkey, used) = (packed(), Bytes::used(&PACKED));
    let twice = used.saying("{\"type\"", "{\"origin\":\"https://example.org\",\"type\"");
    assert_eq!(twice.assert_at(HOST, &passkey), Err(NotVerified::ClientData));
    let endless = used.saying("{\"type\"", &format!("{{\"x\":\"{}\",\"type\"", "x".repeat(5000)));
    assert_eq!(endless.assert_at(HOST, &passkey), Err(NotVerified::ClientData));
    let none = Bytes { client_data: Vec::new(), ..used };
    assert_eq!(none.assert_at(HOST, &passkey), Err(NotVerified::ClientData));
}

proptest! {
    #[test]
    fn no_bytes_of_an_authenticator_do_more_than_be_refused(
        data in proptest::collection::vec(any::<u8>(), 0..300),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let challenge = [7; 32];
        let said = |what: &str| format!(
            r#"{{"type":"webauthn.{what}","challenge":"{}","origin":"https://example.org"}}"#,
            URL_SAFE_NO_PAD.encode(challenge)
        );
        let asked = Asked { challenge: &challenge, host: HOST };
        let (made, used) = (said("create"), said("get"));
        let made = Registration { client_data: made.as_bytes(), authenticator_data: &data };
        prop_assert!(made.check(&asked).is_err());
        let passkey = packed();
        let used = Assertion {
            id: &passkey.id,
            client_data: used.as_bytes(),
            authenticator_data: &data,
            signature: &signature,
        };
        prop_assert!(used.check(&asked, &passkey).is_err());
    }
}
