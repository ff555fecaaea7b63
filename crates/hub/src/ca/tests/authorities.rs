//! Two authorities, while one follows the other.

use super::*;
use crate::ca::{Authorities, RolloverError};

fn opened(hub: &Hub) -> Authorities {
    Authorities::open(&hub.state, &hub.sealing).unwrap()
}

fn rolling(hub: &Hub) -> Authorities {
    let mut both = opened(hub);
    both.add_next(&hub.state, &hub.sealing, Some("hub-1"), Timestamp::now()).unwrap();
    both
}

/// A client that trusts these authorities meets the hub; returns whether both were content.
fn meets(both: &Authorities, device: &DeviceCredential, trusted: &[&Authority]) -> bool {
    let server = both.serving(Timestamp::now()).issue_server(&names(), Timestamp::now()).unwrap();
    let server = (server.chain(), server.expose_key());
    let client = handshake::chain_of(device);
    let trusted: Vec<_> = trusted.iter().map(|one| one.certificate().clone()).collect();
    handshake::meet_trusting(&both.certificates(), &trusted, server, client, "localhost").is_ok()
}

#[test]
fn devices_of_both_authorities_meet_the_hub_while_one_follows_the_other() {
    let hub = hub();
    let before = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let both = rolling(&hub);
    let next = both.next().unwrap();
    assert_eq!((both.current().number(), next.number()), (1, 2));
    assert_eq!(both.issuing().number(), 2);
    assert_eq!(next.domain(), hub.authority.domain(), "names mean the same");
    let after = both.issuing().issue_device(&lock(), Timestamp::now()).unwrap();
    assert!(meets(&both, &before, &[both.current()]), "knows the old one alone");
    assert!(meets(&both, &after, &[both.current(), next]), "was given both");
    assert!(meets(&both, &before, &[both.current(), next]));
}

#[test]
fn what_is_given_to_devices_holds_both_authorities_the_current_one_first() {
    let hub = hub();
    assert_eq!(opened(&hub).pem(), hub.authority.pem());
    let both = rolling(&hub);
    assert_eq!(both.pem(), format!("{}{}", both.current().pem(), both.next().unwrap().pem()));
    assert_eq!(both.pem().matches("-----BEGIN CERTIFICATE-----").count(), 2);
}

#[test]
fn after_the_end_only_the_one_that_followed_is_believed() {
    let hub = hub();
    let before = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let mut both = rolling(&hub);
    let after = both.issuing().issue_device(&lock(), Timestamp::now()).unwrap();
    assert_eq!(both.retire_current(&hub.state).unwrap(), 1);
    let reopened = opened(&hub);
    for one in [&both, &reopened] {
        assert_eq!(one.current().number(), 2);
        assert!(one.next().is_none());
        assert!(meets(one, &after, &[one.current()]));
        assert!(!meets(one, &before, &[one.current()]));
    }
    assert_eq!(std::fs::read_dir(hub.state.ca()).unwrap().count(), 2, "the old key is gone");
}

#[test]
fn one_change_at_a_time() {
    let hub = hub();
    let mut both = opened(&hub);
    assert!(matches!(both.retire_current(&hub.state), Err(RolloverError::NotUnderway)));
    both.add_next(&hub.state, &hub.sealing, None, Timestamp::now()).unwrap();
    let again = both.add_next(&hub.state, &hub.sealing, None, Timestamp::now());
    assert!(matches!(again, Err(RolloverError::Underway)));
    both.retire_current(&hub.state).unwrap();
    both.add_next(&hub.state, &hub.sealing, None, Timestamp::now()).unwrap();
    assert_eq!(both.next().unwrap().number(), 3);
}

#[test]
fn a_change_that_a_crash_interrupted_is_undone_or_ended() {
    let hub = hub();
    let next = |name: &str| hub.state.ca().join(name);
    let begun = rolling(&hub);
    std::fs::remove_file(next("ca-next.pem")).unwrap();
    assert!(opened(&hub).next().is_none(), "its certificate never reached the disk");
    assert!(!next("ca-next.key.sealed").exists());

    let again = rolling(&hub);
    assert_eq!(again.next().unwrap().number(), begun.next().unwrap().number());
    std::fs::rename(next("ca-next.key.sealed"), next("ca.key.sealed")).unwrap();
    let ended = opened(&hub);
    assert_eq!(ended.current().number(), 2);
    assert_eq!(ended.current().certificate(), again.next().unwrap().certificate());
    assert!(ended.next().is_none());
}

#[test]
fn a_change_that_the_disk_refused_can_be_begun_again() {
    let hub = hub();
    let in_the_way = hub.state.ca().join("ca-next.pem");
    let mut both = opened(&hub);
    std::fs::create_dir(&in_the_way).unwrap();
    let begun = both.add_next(&hub.state, &hub.sealing, None, Timestamp::now());
    assert!(matches!(begun, Err(RolloverError::Authority(_))));
    std::fs::remove_dir(&in_the_way).unwrap();
    both.add_next(&hub.state, &hub.sealing, None, Timestamp::now()).unwrap();
    assert_eq!(opened(&hub).next().unwrap().number(), 2);
}

#[test]
fn no_certificate_outlives_its_authority_and_the_next_one_takes_over_from_an_ended_one() {
    let hub = hub();
    let late = hub.authority.expires() - SignedDuration::from_hours(24 * 10);
    let device = hub.authority.issue_device(&lock(), late).unwrap();
    assert_eq!(device.expires(), hub.authority.expires());
    let both = rolling(&hub);
    assert_eq!(both.serving(late).number(), 1);
    assert_eq!(both.serving(hub.authority.expires()).number(), 2);
}

#[test]
fn openssl_accepts_both_with_the_file_that_devices_are_given() {
    let hub = hub();
    let before = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let both = rolling(&hub);
    let after = both.issuing().issue_device(&lock(), Timestamp::now()).unwrap();
    let bench = openssl::Bench::trusting(&both.pem());
    for device in [&before, &after] {
        let purpose = ["-purpose", "sslclient"];
        bench.verify("device.pem", device.certificate_pem(), &purpose).unwrap();
    }
    let old_alone = openssl::Bench::new(both.current());
    assert!(old_alone.verify("device.pem", after.certificate_pem(), &[]).is_err());
    let server = both.serving(Timestamp::now()).issue_server(&names(), Timestamp::now()).unwrap();
    let server = old_alone.pem_of(&server.chain()[0]);
    for bench in [&bench, &old_alone] {
        bench.verify("server.pem", &server, &["-purpose", "sslserver"]).unwrap();
    }
}
