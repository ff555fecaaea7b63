//! Devices that make their own keys, with OpenSSL as one of them.

use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use doorward_broker::KeyFingerprint;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;

/// Makes a key and a request for it, as a device would.
fn request(home: &Path, key: &[&str], subject: &str, more: &[&str]) -> String {
    let (key_file, request) = (home.join("own.key"), home.join("own.csr"));
    openssl(["genpkey", "-out", key_file.to_str().unwrap()].iter().chain(key));
    let words = ["req", "-new", "-subj", subject, "-key", key_file.to_str().unwrap(), "-out"];
    openssl(words.iter().chain([&request.to_str().unwrap()]).chain(more));
    std::fs::read_to_string(request).unwrap()
}

fn openssl<'a>(words: impl Iterator<Item = &'a &'a str>) {
    let done = Command::new("openssl").args(words).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const ED25519: &[&str] = &["-algorithm", "ED25519"];

fn rsa(bits: &'static str) -> [&'static str; 4] {
    ["-algorithm", "RSA", "-pkeyopt", bits]
}

#[test]
fn a_device_with_a_key_of_its_own_is_let_in_by_it() {
    let hub = hub();
    for key in [P256, ED25519, &rsa("rsa_keygen_bits:2048")] {
        let pem = request(hub.home.path(), key, "/CN=x", &[]);
        let parsed = SigningRequest::parse(&pem).unwrap();
        let issued = hub.authority.issue_requested(&lock(), &parsed, Timestamp::now()).unwrap();
        let certificate = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
        assert_eq!(issued.fingerprint, KeyFingerprint::of_certificate(&certificate).unwrap());
        let key = std::fs::read(hub.home.path().join("own.key")).unwrap();
        let key = rustls_pki_types::PrivateKeyDer::from_pem_slice(&key).unwrap();
        handshake::with_device(&hub.authority, (vec![certificate], key)).unwrap();
    }
}

#[test]
fn nothing_of_a_request_but_its_key_is_in_the_certificate() {
    let hub = hub();
    let greedy = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "subjectAltName=DNS:bank.example.com,IP:8.8.8.8",
        "-addext",
        "extendedKeyUsage=serverAuth,codeSigning",
        "-addext",
        "keyUsage=keyCertSign",
        "-addext",
        "nsComment=hello",
    ];
    let pem = request(hub.home.path(), P256, "/CN=root/O=Somebody Else", &greedy);
    let parsed = SigningRequest::parse(&pem).unwrap();
    let issued = hub.authority.issue_requested(&lock(), &parsed, Timestamp::now()).unwrap();
    let der = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
    let ours = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let (_, asked) = X509Certificate::from_der(&der).unwrap();
    let (_, ours) = X509Certificate::from_der(ours.certificate()).unwrap();
    assert_eq!(asked.subject(), ours.subject());
    assert!(!asked.is_ca());
    let extensions = |one: &X509Certificate<'_>| {
        let all = one.extensions().iter().map(|it| (it.oid.to_string(), it.critical));
        all.collect::<Vec<_>>()
    };
    assert_eq!(extensions(&asked), extensions(&ours));
    assert_eq!(device_of(&der, hub.authority.domain()), Some(lock()));
    let usage = asked.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.code_signing);
    let days = (issued.expires.duration_since(Timestamp::now())).as_hours() / 24;
    assert!((823..=825).contains(&days), "{days}");
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let p384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let explicit: &[&str] = &[
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-pkeyopt",
        "ec_param_enc:explicit",
    ];
    for key in [&rsa("rsa_keygen_bits:1024")[..], p384, explicit, &["-algorithm", "ED448"]] {
        let pem = request(home.path(), key, "/CN=x", &[]);
        assert_eq!(SigningRequest::parse(&pem).err(), Some(RequestError::Key), "{key:?}");
    }
}

#[test]
fn a_request_that_was_altered_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let pem = request(home.path(), P256, &format!("/CN={}", "a".repeat(40)), &[]);
    // Three letters of the name, as base64 has them: aaa becomes baa.
    let altered = pem.replacen("YWFhYWFh", "YmFhYWFh", 1);
    assert_ne!(altered, pem);
    assert_eq!(SigningRequest::parse(&altered).err(), Some(RequestError::Signature));
}

#[test]
fn what_is_no_request_is_named_as_such() {
    let hub = hub();
    let certificate = hub.authority.pem().to_owned();
    let (begin, end) = ("-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----");
    let junk = format!("{begin}\nanVuaw==\n{end}\n");
    let long = "x".repeat(MAX_REQUEST_BYTES + 1);
    for (text, why) in [
        ("", RequestError::Format),
        ("hello", RequestError::Format),
        (&certificate, RequestError::Format),
        (&junk, RequestError::Format),
        (&long, RequestError::TooLarge),
    ] {
        assert_eq!(SigningRequest::parse(text).err(), Some(why));
    }
}

#[test]
fn a_device_behind_a_bridge_gets_no_certificate_for_its_own_key_either() {
    let hub = hub();
    let pem = request(hub.home.path(), P256, "/CN=x", &[]);
    let request = SigningRequest::parse(&pem).unwrap();
    let behind = DeviceName::parse("z2m/Front door").unwrap();
    let refused = hub.authority.issue_requested(&behind, &request, Timestamp::now());
    assert!(matches!(refused, Err(IssueError::Authority(AuthorityError::BehindBridge))));
}

#[test]
fn a_request_over_a_devices_connection_is_pem_or_base64_of_der() {
    let page = std::fs::read_to_string("../../docs/mqtt.md").unwrap();
    let example = page.lines().find_map(|line| line.split_once("cert/request {")).unwrap().1;
    let base64 = example.split('"').nth(3).unwrap();
    SigningRequest::parse_any(base64).unwrap();
    let hub = hub();
    let pem = request(hub.home.path(), P256, "/CN=x", &[]);
    SigningRequest::parse_any(&pem).unwrap();
    for (text, why) in [
        ("", RequestError::Format),
        ("bm9uc2Vuc2U=", RequestError::Format),
        ("-----BEGIN", RequestError::Format),
        ("\u{fffd}", RequestError::Format),
        (&base64.replace("BBGtxchl", "BBGtxchm"), RequestError::Signature),
        (&"A".repeat(MAX_REQUEST_BYTES + 1), RequestError::TooLarge),
    ] {
        assert_eq!(SigningRequest::parse_any(text).err(), Some(why), "{text:.20}");
    }
}

#[test]
fn no_altered_bit_of_what_is_signed_passes_and_none_at_all_stops_the_reader() {
    let home = tempfile::tempdir().unwrap();
    let pem = request(home.path(), P256, "/CN=porch-lock", &[]);
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
    let read = |der: &[u8]| SigningRequest::parse_any(&BASE64_STANDARD.encode(der));
    // What is signed stands first, behind the three bytes that begin the whole.
    assert_eq!((der[1], der[3]), (0x81, 0x30));
    let signed = 3..5 + usize::from(der[4]);
    for at in 0..der.len() {
        assert!(read(&der[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut altered = der.clone();
            altered[at] ^= 1 << bit;
            let passes = read(&altered).is_ok();
            assert!(!(passes && signed.contains(&at)), "bit {bit} of byte {at}");
        }
    }
}
