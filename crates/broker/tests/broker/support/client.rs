//! A client that sends the bytes it is given and hands back the packets it gets.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::packets::{packet, text};
use super::{House, Identity, QUIET, in_time};

/// What a client says first.
#[derive(Clone)]
pub struct Hello {
    pub level: u8,
    pub client_id: String,
    pub flags: u8,
    pub keep_alive: u16,
    pub properties: Vec<u8>,
    pub will: Option<(Vec<u8>, Vec<u8>, Vec<u8>)>,
    pub login: Option<(String, String)>,
}

/// One packet from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub first: u8,
    pub body: Vec<u8>,
}

/// A client of the broker.
pub struct Client {
    pub stream: Either<TlsStream<TcpStream>, TcpStream>,
    inbox: BytesMut,
    level: u8,
}

impl Hello {
    pub fn v4(client_id: &str) -> Self {
        Self::new(4, client_id)
    }

    pub fn v5(client_id: &str) -> Self {
        Self::new(5, client_id)
    }

    fn new(level: u8, client_id: &str) -> Self {
        Self {
            level,
            client_id: client_id.to_owned(),
            flags: 2,
            keep_alive: 60,
            properties: Vec::new(),
            will: None,
            login: None,
        }
    }

    pub fn will(self, topic: &str, payload: &str, qos: u8, retain: u8) -> Self {
        self.will5(topic, payload, qos, retain, &[])
    }

    pub fn will5(mut self, topic: &str, payload: &str, qos: u8, retain: u8, extra: &[u8]) -> Self {
        self.flags |= 4 | qos << 3 | retain << 5;
        self.will = Some((topic.into(), payload.into(), extra.to_vec()));
        self
    }

    /// Says a name and a password.
    pub fn login(mut self, name: &str, password: &str) -> Self {
        self.flags |= 0xc0;
        self.login = Some((name.to_owned(), password.to_owned()));
        self
    }

    /// Asks for the session that the client had.
    pub fn resume(mut self) -> Self {
        self.flags &= !2;
        self
    }

    /// Asks for a session of MQTT 5 that lasts so many seconds.
    pub fn lasting(mut self, seconds: u32) -> Self {
        self.properties.push(17);
        self.properties.extend(seconds.to_be_bytes());
        self
    }

    pub fn keep_alive(mut self, seconds: u16) -> Self {
        self.keep_alive = seconds;
        self
    }

    pub fn properties(mut self, properties: &[u8]) -> Self {
        self.properties = properties.to_vec();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut body = text("MQTT");
        body.extend([self.level, self.flags]);
        body.extend(self.keep_alive.to_be_bytes());
        let counted = |body: &mut Vec<u8>, properties: &[u8]| {
            if self.level == 5 {
                body.push(u8::try_from(properties.len()).unwrap());
                body.extend_from_slice(properties);
            }
        };
        counted(&mut body, &self.properties);
        body.extend(text(&self.client_id));
        if let Some((topic, payload, extra)) = &self.will {
            counted(&mut body, extra);
            body.extend(text(topic));
            body.extend(text(payload));
        }
        if let Some((name, password)) = &self.login {
            body.extend(text(name));
            body.extend(text(password));
        }
        packet(0x10, &body)
    }
}

impl Packet {
    pub fn kind(&self) -> u8 {
        self.first >> 4
    }

    pub fn qos(&self) -> u8 {
        self.first >> 1 & 3
    }

    pub fn dup(&self) -> bool {
        self.first & 8 == 8
    }

    pub fn retain(&self) -> bool {
        self.first & 1 == 1
    }

    pub fn id(&self) -> u16 {
        (&self.body[..]).get_u16()
    }

    /// The packet id of a publish.
    pub fn id_of_publish(&self, level: u8) -> u16 {
        self.parts(level).1
    }

    /// Topic, packet id, properties (if MQTT 5) and payload of a publish.
    pub fn parts(&self, level: u8) -> (String, u16, Vec<u8>, Vec<u8>) {
        assert_eq!(self.kind(), 3, "a publish: {self:?}");
        let mut body = &self.body[..];
        let length = usize::from(body.get_u16());
        let topic = String::from_utf8(body.copy_to_bytes(length).to_vec()).unwrap();
        let id = if self.qos() > 0 { body.get_u16() } else { 0 };
        let mut properties = Vec::new();
        if level == 5 {
            let length = usize::from(body.get_u8());
            assert!(length < 128);
            properties = body.copy_to_bytes(length).to_vec();
        }
        (topic, id, properties, body.to_vec())
    }
}

impl Client {
    /// Connects as far as TLS.
    pub async fn tls(house: &House, identity: &Identity) -> std::io::Result<Self> {
        Self::tls_to(house.address, house.authority.der(), identity).await
    }

    /// Connects as far as TLS to an address.
    pub async fn tls_to(
        address: SocketAddr,
        root: CertificateDer<'static>,
        identity: &Identity,
    ) -> std::io::Result<Self> {
        Self::over(TcpStream::connect(address).await?, root, identity).await
    }

    /// Connects as far as TLS over a connection.
    pub async fn over(
        tcp: TcpStream,
        root: CertificateDer<'static>,
        identity: &Identity,
    ) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(identity.chain.clone(), identity.private_key())
            .unwrap();
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = in_time(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await?;
        Ok(Self { stream: Either::Left(stream), inbox: BytesMut::new(), level: 4 })
    }

    /// Connects without TLS.
    pub async fn plain(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self::bare(TcpStream::connect(address).await?))
    }

    /// Uses a connection without TLS.
    pub fn bare(tcp: TcpStream) -> Self {
        tcp.set_nodelay(true).unwrap();
        Self { stream: Either::Right(tcp), inbox: BytesMut::new(), level: 4 }
    }

    /// The certificate that the broker showed.
    pub fn broker_certificate(&self) -> CertificateDer<'static> {
        let Either::Left(stream) = &self.stream else { panic!("without TLS nothing is shown") };
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }

    /// Connects and returns the answer to CONNECT too.
    pub async fn greet(house: &House, identity: &Identity, hello: Hello) -> (Self, Packet) {
        let mut client = Self::tls(house, identity).await.unwrap();
        let answer = client.say_hello(&hello).await.expect("the connection is open");
        assert_eq!(answer.first, 0x20, "CONNACK: {answer:?}");
        (client, answer)
    }

    /// Says hello; returns the answer, if there is one.
    pub async fn say_hello(&mut self, hello: &Hello) -> Option<Packet> {
        self.level = hello.level;
        self.try_send(&hello.bytes()).await;
        in_time(self.read()).await
    }

    /// Tells whether a certificate gets through TLS.
    pub async fn may_come(house: &House, identity: &Identity) -> bool {
        match Self::tls(house, identity).await {
            // In TLS 1.3 a client learns of a refusal only when it reads.
            Ok(mut client) => client.say_hello(&Hello::v4("c")).await.is_some(),
            Err(_) => false,
        }
    }

    /// Connects, is welcome, and finds the session that it had.
    pub async fn back(house: &House, identity: &Identity, hello: Hello) -> Self {
        let (client, answer) = Self::greet(house, identity, hello).await;
        assert_eq!(answer.body[..2], [1, 0], "welcome back: {answer:?}");
        client
    }

    /// Says goodbye and waits for the end.
    pub async fn leave(mut self) {
        self.send(&super::packets::DISCONNECT).await;
        self.closed().await;
    }

    /// Connects, and is welcome.
    pub async fn connect(house: &House, identity: &Identity, hello: Hello) -> Self {
        let (client, answer) = Self::greet(house, identity, hello).await;
        assert_eq!(answer.body[..2], [0, 0], "welcome: {answer:?}");
        client
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        in_time(async {
            self.stream.write_all(bytes).await.unwrap();
            self.stream.flush().await.unwrap();
        })
        .await;
    }

    /// Sends as much as the broker lets it.
    pub async fn try_send(&mut self, bytes: &[u8]) {
        let _ = in_time(self.stream.write_all(bytes)).await;
        let _ = in_time(self.stream.flush()).await;
    }

    /// Says that nothing more will come.
    pub async fn hang_up(&mut self) {
        let _ = in_time(self.stream.shutdown()).await;
    }

    /// Waits for the next packet.
    pub async fn next(&mut self) -> Packet {
        in_time(self.read()).await.expect("the connection is open")
    }

    /// Waits for the next packet, which must be a publish, and takes it apart.
    pub async fn heard(&mut self) -> (String, String) {
        let level = self.level;
        let (topic, _, _, payload) = self.next().await.parts(level);
        (topic, String::from_utf8(payload).unwrap())
    }

    /// Subscribes, and is granted all of it.
    pub async fn subscribe(&mut self, filters: &[(&str, u8)]) {
        let bytes = match self.level {
            5 => super::packets::subscribe5(7, &[], filters),
            _ => super::packets::subscribe(7, filters),
        };
        self.send(&bytes).await;
        let answer = self.next().await;
        assert_eq!(answer.first, 0x90, "{answer:?}");
        let codes = &answer.body[if self.level == 5 { 3 } else { 2 }..];
        assert_eq!(codes.len(), filters.len());
        assert!(codes.iter().all(|code| *code < 0x80), "{answer:?}");
    }

    /// Waits until everything sent before has been handled.
    pub async fn ping(&mut self) {
        self.send(&super::packets::PINGREQ).await;
        assert_eq!(self.next().await.first, 0xd0);
    }

    /// Publishes at a QoS and sees it through.
    pub async fn publish(&mut self, topic: &str, payload: &str, qos: u8) {
        let bytes = match self.level {
            5 => super::packets::publish5(topic, &[], payload.as_bytes(), qos, 9, 0),
            _ => super::packets::publish(topic, payload.as_bytes(), qos, 9, 0),
        };
        self.send(&bytes).await;
        match qos {
            0 => self.ping().await,
            1 => assert_eq!(self.next().await.first, 0x40),
            _ => {
                assert_eq!(self.next().await.first, 0x50);
                self.send(&super::packets::ack(0x62, 9)).await;
                assert_eq!(self.next().await.first, 0x70);
            }
        }
    }

    /// Waits for a publish, acknowledges it in full and takes it apart.
    pub async fn takes(&mut self) -> (String, String) {
        let packet = self.next().await;
        let (topic, id, _, payload) = packet.parts(self.level);
        match packet.qos() {
            0 => {}
            1 => self.send(&super::packets::ack(0x40, id)).await,
            _ => {
                self.send(&super::packets::ack(0x50, id)).await;
                let release = self.next().await;
                assert_eq!((release.first, release.id()), (0x62, id));
                self.send(&super::packets::ack(0x70, id)).await;
            }
        }
        (topic, String::from_utf8(payload).unwrap())
    }

    /// Sees that nothing comes.
    pub async fn nothing(&mut self) {
        if let Ok(packet) = tokio::time::timeout(QUIET, self.read()).await {
            panic!("nothing was to come, but {packet:?} did");
        }
    }

    /// Waits until the broker closes the connection; returns what it said.
    pub async fn closed(&mut self) -> Vec<Packet> {
        in_time(async {
            let mut said = Vec::new();
            while let Some(packet) = self.read().await {
                said.push(packet);
            }
            said
        })
        .await
    }

    async fn read(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = self.take() {
                return Some(packet);
            }
            match self.stream.read_buf(&mut self.inbox).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self) -> Option<Packet> {
        let mut length = 0;
        for (index, byte) in self.inbox.iter().skip(1).take(4).enumerate() {
            length |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                let whole = index + 2 + length;
                if self.inbox.len() < whole {
                    return None;
                }
                let packet = self.inbox.split_to(whole);
                return Some(Packet { first: packet[0], body: packet[index + 2..].to_vec() });
            }
        }
        None
    }
}
