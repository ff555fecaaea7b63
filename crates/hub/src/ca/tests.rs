//! The authority against the two verifiers that will meet it: rustls, which the
//! broker and the devices' libraries resemble, and OpenSSL.

mod authorities;
mod handshake;
mod openssl;
mod request;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use doorward_broker::KeyFingerprint;
use doorward_core::ids::DeviceName;
use jiff::{SignedDuration, Timestamp};
use rcgen::{ExtendedKeyUsagePurpose, SanType};

use super::authority::{ZeroizedKeyPair, leaf_params};
use super::*;
use crate::keys::{CaSealingKey, Keys, RootKey};
use crate::state_dir::{HubId, PrivateFileError, StateDir};

struct Hub {
    home: tempfile::TempDir,
    state: StateDir,
    sealing: CaSealingKey,
    authority: Authority,
}

fn hub() -> Hub {
    let home = tempfile::tempdir().unwrap();
    let state = StateDir::create(&home.path().join("state")).unwrap();
    std::fs::create_dir(state.ca()).unwrap();
    let sealing = Keys::derive(RootKey::draw().unwrap()).ca_sealing;
    let authority = authority_at(Timestamp::now());
    authority.save_new(&state, &sealing).unwrap();
    Hub { home, state, sealing, authority }
}

fn authority_at(now: Timestamp) -> Authority {
    Authority::create(&HubId::draw().unwrap(), Some("hub-1"), now).unwrap()
}

fn lock() -> DeviceName {
    DeviceName::parse("Front door, Küche").unwrap()
}

fn names() -> HubNames {
    let mut names = HubNames::of_host("hub-1");
    names.add_address("192.168.1.7".parse().unwrap());
    names
}

fn days_ago(days: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(24 * days)
}

/// A certificate that the authority's key signs and its constraints forbid.
fn forged(authority: &Authority, san: SanType, usage: ExtendedKeyUsagePurpose) -> Forged {
    let key = ZeroizedKeyPair::generate().unwrap();
    let mut params = leaf_params(Timestamp::now(), 30).unwrap();
    params.subject_alt_names = vec![san];
    params.extended_key_usages = vec![usage];
    Forged { certificate: params.signed_by(&key, authority.issuer()).unwrap(), key }
}

struct Forged {
    certificate: rcgen::Certificate,
    key: ZeroizedKeyPair,
}

fn public_names() -> [SanType; 4] {
    [
        SanType::DnsName("bank.example.com".try_into().unwrap()),
        SanType::DnsName("hub-1.com".try_into().unwrap()),
        SanType::IpAddress("8.8.8.8".parse().unwrap()),
        SanType::IpAddress("2001:db8::1".parse().unwrap()),
    ]
}

#[test]
fn an_authority_is_the_same_after_a_restart() {
    let hub = hub();
    let opened = Authority::open(&hub.state, &hub.sealing).unwrap();
    assert_eq!(opened.certificate(), hub.authority.certificate());
    assert_eq!(opened.domain(), hub.authority.domain());
    assert_eq!(opened.bounds(), hub.authority.bounds());
    assert_eq!(opened.fingerprint(), hub.authority.fingerprint());
}

#[test]
fn an_authority_opens_with_its_own_key_and_certificate_only() {
    let (hub, other) = (hub(), hub());
    assert!(matches!(
        Authority::open(&hub.state, &other.sealing),
        Err(AuthorityError::Seal { .. })
    ));
    let (ours, theirs) = (hub.state.ca().join("ca.pem"), other.state.ca().join("ca.pem"));
    std::fs::copy(theirs, &ours).unwrap();
    assert!(matches!(
        Authority::open(&hub.state, &hub.sealing),
        Err(AuthorityError::Damaged { .. })
    ));
    std::fs::write(&ours, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
    assert!(matches!(
        Authority::open(&hub.state, &hub.sealing),
        Err(AuthorityError::Damaged { .. })
    ));
    std::fs::remove_file(&ours).unwrap();
    assert!(matches!(Authority::open(&hub.state, &hub.sealing), Err(AuthorityError::Read { .. })));
}

#[test]
fn a_certificate_says_which_device_it_is() {
    let hub = hub();
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    assert_eq!(device_of(device.certificate(), hub.authority.domain()), Some(lock()));
    assert_eq!(KeyFingerprint::of_certificate(device.certificate()), Ok(device.fingerprint()));
    let server = hub.authority.issue_server(&names(), Timestamp::now()).unwrap();
    assert_eq!(device_of(&server.chain()[0], hub.authority.domain()), None);
}

#[test]
fn a_device_certificate_lives_825_days() {
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let device = authority_at(now).issue_device(&lock(), now).unwrap();
    assert_eq!(device.expires().duration_since(now), SignedDuration::from_hours(824 * 24));
}

#[test]
fn a_device_behind_a_bridge_gets_no_certificate() {
    let name = DeviceName::parse("z2m/Front door").unwrap();
    let refused = hub().authority.issue_device(&name, Timestamp::now());
    assert!(matches!(refused, Err(AuthorityError::BehindBridge)));
}

#[test]
fn a_clock_without_battery_does_not_date_certificates_before_their_authority() {
    let hub = hub();
    let server = hub.authority.issue_server(&names(), Timestamp::UNIX_EPOCH).unwrap();
    assert!(server.expires() > Timestamp::now());
}

#[test]
fn the_hubs_certificate_is_kept_while_it_serves() {
    let hub = hub();
    let first = serve(&hub, &names(), Timestamp::now());
    assert!(first.reissued);
    let second = serve(&hub, &names(), Timestamp::now());
    assert!(!second.reissued);
    assert_eq!(second.credential.chain(), first.credential.chain());
    assert_eq!(second.credential.expose_key(), first.credential.expose_key());
    // A clock that was reset is no reason to make a certificate by it.
    assert!(!serve(&hub, &names(), Timestamp::UNIX_EPOCH).reissued);
}

#[test]
fn the_hubs_certificate_is_replaced_when_it_no_longer_serves() {
    let hub = hub();
    let first = serve(&hub, &names(), Timestamp::now());
    let mut moved = names();
    moved.add_address("10.0.0.9".parse().unwrap());
    assert!(serve(&hub, &moved, Timestamp::now()).reissued, "another address");
    let late = first.credential.expires() - SignedDuration::from_hours(24 * 132);
    assert!(serve(&hub, &moved, late).reissued, "a third of its life left");
    assert!(!serve(&hub, &moved, late).reissued);
    let key = hub.state.ca().join("server.key.sealed");
    std::fs::write(&key, "damaged").unwrap();
    assert!(serve(&hub, &moved, late).reissued, "a damaged key");
    std::fs::remove_file(&key).unwrap();
    assert!(serve(&hub, &moved, late).reissued, "no key");
    let other = self::hub();
    serve(&other, &moved, late);
    let stray = |name: &str| {
        std::fs::copy(other.state.ca().join(name), hub.state.ca().join(name)).unwrap();
    };
    stray("server.der");
    assert!(serve(&hub, &moved, late).reissued, "another hub's certificate");
}

fn serve(hub: &Hub, names: &HubNames, now: Timestamp) -> ServerOutcome {
    hub.authority.server_certificate(&hub.state, &hub.sealing, names, now).unwrap()
}

#[test]
fn public_names_of_the_hub_are_left_out_and_named() {
    let hub = hub();
    let mut names = names();
    names.add_name("home.example.org");
    names.add_address("2001:db8::7".parse().unwrap());
    let outcome = serve(&hub, &names, Timestamp::now());
    assert_eq!(outcome.left_out.0.to_string(), "home.example.org, 2001:db8::7");
    assert_eq!(outcome.credential.names(), &self::names());
    assert!(!serve(&hub, &names, Timestamp::now()).reissued);
}

#[test]
fn an_enrolled_device_finds_its_three_files() {
    let hub = hub();
    let folder = hub.home.path().join("a/lock");
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    write_enrolment(&hub.authority, &device, &folder).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("client.key")), 0o600);
    assert_eq!(mode(&folder.join("client.pem")), 0o644);
    assert_eq!(mode(&folder.join("ca.pem")), 0o644);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn an_enrolment_never_overwrites_another() {
    let hub = hub();
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    for present in ["ca.pem", "client.pem", "client.key"] {
        let folder = hub.home.path().join(present);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(present), "mine").unwrap();
        let refused = write_enrolment(&hub.authority, &device, &folder);
        assert!(matches!(refused, Err(EnrolmentError::File(PrivateFileError::Exists { .. }))));
        assert_eq!(std::fs::read_to_string(folder.join(present)).unwrap(), "mine");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }
}
