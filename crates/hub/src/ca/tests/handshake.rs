//! Mutual TLS with rustls, both ends in memory.

use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, Connection, Error, RootCertStore, ServerConfig,
    ServerConnection,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};

use super::*;

pub(super) type Chain = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

#[test]
fn a_device_and_its_hub_trust_each_other_under_every_name() {
    let hub = hub();
    for name in ["localhost", "hub-1", "hub-1.local", "127.0.0.1", "::1", "192.168.1.7"] {
        meet(&hub.authority, server(&hub.authority), device(&hub.authority), name).unwrap();
    }
}

#[test]
fn a_hub_is_not_taken_for_another_name() {
    let hub = hub();
    for name in ["hub-2.local", "192.168.1.8"] {
        refused(meet(&hub.authority, server(&hub.authority), device(&hub.authority), name));
    }
}

#[test]
fn a_device_of_another_hub_is_refused() {
    let (hub, other) = (hub(), hub());
    refused(meet(&hub.authority, server(&hub.authority), device(&other.authority), "localhost"));
    refused(meet(&hub.authority, server(&other.authority), device(&hub.authority), "localhost"));
}

#[test]
fn an_expired_device_is_refused() {
    let authority = authority_at(days_ago(1000));
    let expired = authority.issue_device(&lock(), days_ago(826)).unwrap();
    refused(meet(&authority, server(&authority), chain_of(&expired), "localhost"));
    let aged = authority.issue_device(&lock(), days_ago(820)).unwrap();
    meet(&authority, server(&authority), chain_of(&aged), "localhost").unwrap();
}

#[test]
fn an_expired_hub_is_refused() {
    let authority = authority_at(days_ago(1000));
    let expired = authority.issue_server(&names(), days_ago(400)).unwrap();
    let expired = (expired.chain(), expired.expose_key());
    refused(meet(&authority, expired, device(&authority), "localhost"));
}

#[test]
fn a_certificate_is_good_for_its_own_end_only() {
    let hub = hub();
    let (server, device) = (|| server(&hub.authority), || device(&hub.authority));
    refused(meet(&hub.authority, server(), server(), "localhost"));
    refused(meet(&hub.authority, device(), device(), "localhost"));
}

#[test]
fn a_stolen_authority_key_makes_no_public_site() {
    let hub = hub();
    for (san, name) in
        public_names().into_iter().zip(["bank.example.com", "hub-1.com", "8.8.8.8", "2001:db8::1"])
    {
        let forged = forged(&hub.authority, san, ExtendedKeyUsagePurpose::ServerAuth);
        let key = PrivatePkcs8KeyDer::from(forged.key.expose_der().to_vec()).into();
        let chain = vec![forged.certificate.der().clone(), hub.authority.certificate().clone()];
        refused(meet(&hub.authority, (chain, key), device(&hub.authority), name));
    }
}

/// Lets a device meet its hub.
pub(super) fn with_device(authority: &Authority, device: Chain) -> Result<(), Error> {
    meet(authority, server(authority), device, "localhost")
}

fn server(authority: &Authority) -> Chain {
    let server = authority.issue_server(&names(), Timestamp::now()).unwrap();
    (server.chain(), server.expose_key())
}

fn device(authority: &Authority) -> Chain {
    chain_of(&authority.issue_device(&lock(), Timestamp::now()).unwrap())
}

pub(super) fn chain_of(device: &DeviceCredential) -> Chain {
    (vec![device.certificate().clone()], device.expose_key_der().clone_key().into())
}

fn refused(met: Result<(), Error>) {
    assert!(matches!(met, Err(Error::InvalidCertificate(_))), "{met:?}");
}

/// Lets a server and a client that trust the authority shake hands; returns the
/// first complaint of either.
fn meet(authority: &Authority, server: Chain, client: Chain, name: &str) -> Result<(), Error> {
    let trusted = [authority.certificate().clone()];
    meet_trusting(&trusted, &trusted, server, client, name)
}

/// The same, for ends that trust different authorities.
pub(super) fn meet_trusting(
    server_trusts: &[CertificateDer<'static>],
    client_trusts: &[CertificateDer<'static>],
    server: Chain,
    client: Chain,
    name: &str,
) -> Result<(), Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots(server_trusts)?, provider.clone())
            .build()
            .unwrap();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(server.0, server.1)?;
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(client_trusts)?)
        .with_client_auth_cert(client.0, client.1)?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut server = Connection::from(ServerConnection::new(Arc::new(server))?);
    let mut client = Connection::from(ClientConnection::new(Arc::new(client), name)?);
    // TLS 1.3's client is done before the server has seen its certificate: both
    // directions must fall silent before the outcome counts.
    while client.wants_write() || server.wants_write() {
        carry(&mut client, &mut server)?;
        carry(&mut server, &mut client)?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(())
}

fn roots(trusted: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    trusted.iter().try_for_each(|one| roots.add(one.clone()))?;
    Ok(Arc::new(roots))
}

fn carry(from: &mut Connection, to: &mut Connection) -> Result<(), Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}
