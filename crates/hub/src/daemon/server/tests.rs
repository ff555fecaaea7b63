//! A broker on loopback, and names that the tests choose.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};

use doorward_broker::{BrokerConfig, Limits, Registry};
use doorward_core::network::HomeNetworks;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};

use super::*;
use crate::ca::Authority;
use crate::keys::{Keys, RootKey};
use crate::state_dir::{HubId, StateDir};

struct Hub {
    home: tempfile::TempDir,
    certificates: Certificates,
    broker: Arc<Broker>,
    names: Arc<Mutex<HubNames>>,
    ending: CancellationToken,
}

impl Hub {
    /// Starts a hub that was made at `made`.
    async fn start(made: Timestamp) -> Self {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::create(&home.path().join("state")).unwrap();
        std::fs::create_dir(state.ca()).unwrap();
        let sealing = Keys::derive(RootKey::draw().unwrap()).ca_sealing;
        let authority = Authority::create(&HubId::draw().unwrap(), Some("hub-1"), made).unwrap();
        authority.save_new(&state, &sealing).unwrap();
        let names = HubNames::of_host("hub-1");
        let certificates = Certificates::open(&state, sealing, &names, made).unwrap();
        let shown = Arc::clone(&certificates.server().borrow());
        let config = BrokerConfig {
            home: HomeNetworks::with(&[]),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            plain: None,
            server_chain: shown.chain(),
            server_key: shown.expose_key(),
            client_cas: certificates.trusted(),
            retained: Vec::new(),
            limits: Limits::default(),
        };
        let (broker, _link) = Broker::start(config, Registry::new()).await.unwrap();
        let (broker, ending) = (Arc::new(broker), CancellationToken::new());
        tokio::spawn(show(Arc::clone(&broker), certificates.server(), ending.clone()));
        let names = Arc::new(Mutex::new(names));
        Self { home, certificates, broker, names, ending }
    }

    async fn look(&self) {
        let names = Arc::clone(&self.names);
        let names = move || names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Keeper { certificates: self.certificates.clone(), names }.look().await;
    }

    /// Whether a client that trusts the hub takes it for this name, soon.
    async fn comes_to_be(&self, name: &'static str) -> bool {
        self.is_soon(name, true).await
    }

    /// Whether such a client takes it for this name no longer, soon.
    async fn ceases_to_be(&self, name: &'static str) -> bool {
        self.is_soon(name, false).await
    }

    async fn is_soon(&self, name: &'static str, wanted: bool) -> bool {
        let address = self.broker.local_addr();
        let reached = async {
            loop {
                let ca = self.certificates.trusted();
                let met = tokio::task::spawn_blocking(move || meet(address, ca, name));
                if met.await.unwrap() == wanted {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), reached).await.is_ok()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

/// Whether the server's certificate is good for a name. What it thinks of a client
/// without one comes later.
fn meet(address: SocketAddr, trusted: Vec<CertificateDer<'static>>, name: &str) -> bool {
    let mut roots = RootCertStore::empty();
    trusted.into_iter().for_each(|ca| roots.add(ca).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    while client.is_handshaking() {
        if client.complete_io(&mut socket).is_err() {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_listener_that_runs_shows_the_addresses_that_the_machine_has_by_then() {
    let hub = Hub::start(Timestamp::now()).await;
    assert!(hub.comes_to_be("hub-1.local").await);
    let before = hub.certificates.names();
    hub.look().await;
    assert_eq!(hub.certificates.names(), before, "nothing has changed");

    hub.names.lock().unwrap().add_address("192.168.7.9".parse().unwrap());
    hub.look().await;
    assert!(hub.comes_to_be("192.168.7.9").await);
    assert!(hub.comes_to_be("hub-1.local").await);

    *hub.names.lock().unwrap() = HubNames::of_host("hub-1");
    hub.look().await;
    assert!(hub.ceases_to_be("192.168.7.9").await);
    assert!(hub.comes_to_be("hub-1.local").await);
}

#[tokio::test]
async fn a_certificate_is_renewed_before_its_end_while_listeners_run() {
    let hub = Hub::start(Timestamp::now() - jiff::SignedDuration::from_hours(24 * 300)).await;
    let mut server = hub.certificates.server();
    let old = server.borrow_and_update().expires();
    hub.look().await;
    server.changed().await.unwrap();
    let new = server.borrow_and_update().expires();
    assert!(new.duration_since(old) > jiff::SignedDuration::from_hours(24 * 299));
    assert!(hub.comes_to_be("localhost").await);
}

#[tokio::test]
async fn no_listener_is_told_of_what_did_not_change() {
    let hub = Hub::start(Timestamp::now()).await;
    let mut server = hub.certificates.server();
    server.mark_unchanged();
    hub.look().await;
    assert!(!server.has_changed().unwrap());
}

#[tokio::test]
async fn an_authority_is_retired_even_if_the_hub_cannot_be_given_another_certificate_yet() {
    let hub = Hub::start(Timestamp::now()).await;
    hub.certificates.add_authority(Timestamp::now()).unwrap();
    let in_the_way = hub.home.path().join("state/ca/server.key.sealed");
    std::fs::remove_file(&in_the_way).unwrap();
    std::fs::create_dir(&in_the_way).unwrap();
    assert_eq!(hub.certificates.retire_authority(Timestamp::now()).unwrap(), 1);
    assert_eq!(hub.certificates.trusted().len(), 1);

    std::fs::remove_dir(&in_the_way).unwrap();
    hub.look().await;
    assert!(hub.comes_to_be("localhost").await);
}
