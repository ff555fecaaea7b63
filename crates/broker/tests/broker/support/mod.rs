//! A broker on loopback, certificates made on the spot, and clients that send
//! exactly the bytes a test wants.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]

mod client;
pub mod packets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use client::{Client, Hello};
use doorward_broker::{
    Broker, BrokerConfig, BrokerEvent, Enrolled, FromDevice, HubLink, KeyFingerprint, Limits,
    Registry, RetainedMessage,
};
use doorward_core::grants::{DeviceKind, Dialect, TopicGrants};
use doorward_core::ids::DeviceName;
use doorward_core::network::HomeNetworks;
use doorward_core::topic::{TopicFilter, TopicName};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpSocket, TcpStream};

/// How long a test waits for anything.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How long a test waits to see that nothing comes.
pub const QUIET: Duration = Duration::from_millis(150);

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub chain_pem: String,
    pub key: Arc<KeyPair>,
    pub fingerprint: KeyFingerprint,
}

/// A running broker with the hub's end of it.
pub struct House {
    pub broker: Broker,
    pub link: HubLink,
    pub registry: Registry,
    pub authority: Authority,
    pub address: SocketAddr,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test CA");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn server(&self) -> Identity {
        self.issue("broker", ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub fn client(&self, name: &str) -> Identity {
        self.issue(name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> Identity {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let fingerprint = KeyFingerprint::of_certificate(certificate.der()).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            chain_pem: certificate.pem(),
            key: Arc::new(key),
            fingerprint,
        }
    }
}

impl Identity {
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let authority = Authority::new();
        let cas = vec![authority.der()];
        Self::start(authority, cas, limits).await
    }

    pub async fn start(
        authority: Authority,
        client_cas: Vec<CertificateDer<'static>>,
        limits: Limits,
    ) -> Self {
        Self::furnished(authority, client_cas, limits, Registry::new(), Vec::new()).await
    }

    /// A house with devices, and with what they had retained.
    pub async fn furnished(
        authority: Authority,
        client_cas: Vec<CertificateDer<'static>>,
        limits: Limits,
        registry: Registry,
        retained: Vec<RetainedMessage>,
    ) -> Self {
        let config = BrokerConfig { client_cas, retained, limits, ..config(&authority) };
        let (broker, link) = Broker::start(config, registry.clone()).await.unwrap();
        let address = broker.local_addr();
        Self { broker, link, registry, authority, address }
    }

    /// Enrols a device with what the table grants its kind.
    pub fn native(&self, name: &str, kind: DeviceKind) -> Identity {
        let device = device(name);
        let grants = TopicGrants::for_device(kind, &Dialect::Native, &device).unwrap();
        self.enrol(device, grants)
    }

    pub fn bridge(&self, name: &str) -> Identity {
        let device = device(name);
        let dialect = Dialect::zigbee2mqtt();
        self.enrol(
            device.clone(),
            TopicGrants::for_device(DeviceKind::Bridge, &dialect, &device).unwrap(),
        )
    }

    /// Enrols a device with the grants that a test needs.
    pub fn granted(&self, name: &str, publish: &[&str], subscribe: &[&str]) -> Identity {
        self.enrol(device(name), grants(publish, subscribe))
    }

    pub fn enrol(&self, device: DeviceName, grants: TopicGrants) -> Identity {
        let identity = self.authority.client(device.as_str());
        self.registry.enrol(identity.fingerprint, Enrolled { device, grants });
        identity
    }

    /// Waits for the next message that the hub hears.
    pub async fn heard(&mut self) -> FromDevice {
        in_time(self.link.recv()).await.expect("the broker runs")
    }

    /// Waits until a session of one second, which begins and is left here, has ended: what had a
    /// second to live before has outlived it.
    pub async fn a_second_is_over(&mut self) {
        let identity = self.granted("witness", &["witness/#"], &[]);
        // The will is to be said after a minute, or when the session ends.
        let hello = Hello::v5("w").lasting(1).will5("witness/end", "", 1, 0, &[24, 0, 0, 0, 60]);
        drop(Client::connect(self, &identity, hello).await);
        while self.heard().await.topic.as_str() != "witness/end" {}
    }

    /// Waits for an event that a test wants, over others.
    pub async fn event(&mut self, wanted: impl Fn(&BrokerEvent) -> bool) -> BrokerEvent {
        in_time(async {
            loop {
                let event = self.link.events.recv().await.expect("the broker runs");
                if wanted(&event) {
                    return event;
                }
            }
        })
        .await
    }
}

/// A broker on loopback that shows a certificate of this authority and believes it.
pub fn config(authority: &Authority) -> BrokerConfig {
    let server = authority.server();
    BrokerConfig {
        home: HomeNetworks::default(),
        listen: "127.0.0.1:0".parse().unwrap(),
        plain: None,
        server_key: server.private_key(),
        server_chain: server.chain,
        client_cas: vec![authority.der()],
        retained: Vec::new(),
        limits: Limits::default(),
    }
}

pub fn device(name: &str) -> DeviceName {
    DeviceName::parse(name).unwrap()
}

pub fn topic(name: &str) -> TopicName {
    TopicName::parse(name).unwrap()
}

pub fn grants(publish: &[&str], subscribe: &[&str]) -> TopicGrants {
    let filters = |all: &[&str]| all.iter().map(|f| TopicFilter::parse(f).unwrap()).collect();
    TopicGrants { publish: filters(publish), subscribe: filters(subscribe) }
}

pub async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("in time")
}

/// Connects from another address of this machine.
pub async fn tcp_from(address: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address.parse().unwrap()).unwrap();
    in_time(socket.connect(to)).await.unwrap()
}
