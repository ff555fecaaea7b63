//! A hub with a door for phones, and a phone before it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use doorward_api::status::Seal;
use doorward_api::{PairedDeviceId, PersonId, Role};
use doorward_core::network::HomeNetworks;
use jiff::Timestamp;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::ca::{Authority, HubNames};
use crate::http::tests::house::TestHouse;
use crate::http::{Https, HttpsConfig, Principal, Session};
use crate::state_dir::HubId;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A hub that phones can reach.
pub(crate) struct Reachable {
    pub(crate) house: Arc<TestHouse>,
    pub(crate) https: Https,
    authority: CertificateDer<'static>,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Reachable {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let house = TestHouse::new(Seal::Unsealed, folder.path().join("segment"));
        let house = Arc::new(house);
        let now = Timestamp::now();
        let authority = Authority::create(&HubId::draw().unwrap(), Some("hub-1"), now).unwrap();
        let server = authority.issue_server(&HubNames::of_host("hub-1"), now).unwrap();
        let config = HttpsConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            home: HomeNetworks::with(&[]),
            server: watch::channel(Arc::new(server)).1,
        };
        let https = Https::start(config, Arc::clone(&house)).await.unwrap();
        Self { house, https, authority: authority.certificate().clone(), _folder: folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.https.address()
    }

    /// The host that a browser would name.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address().port())
    }

    /// Gives somebody a session, whose token is the role's name.
    pub(crate) fn log_in(&self, role: Role) -> (String, CancellationToken) {
        let token = format!("{role:?}");
        let (person, device) = (PersonId(role as u64), PairedDeviceId(role as u64));
        let ended = CancellationToken::new();
        let principal = Principal::Person { person, device, role };
        let session = Session { principal, ended: ended.clone(), expires: jiff::Timestamp::MAX };
        self.house.sessions.lock().unwrap().insert(token.clone(), session);
        (format!("__Host-doorward={token}"), ended)
    }

    /// Connects over TLS, believing this hub's authority alone.
    pub(crate) async fn connect(&self) -> TlsStream<TcpStream> {
        self.connect_over(TcpStream::connect(self.address()).await.unwrap()).await
    }

    /// The same with little room for answers.
    pub(crate) async fn connect_with_little_room(&self) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        self.connect_over(socket.connect(self.address()).await.unwrap()).await
    }

    async fn connect_over(&self, stream: TcpStream) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap()
    }

    /// Sends bytes as they are and reads to the end.
    pub(crate) async fn send(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // Whoever is turned away in the middle of a long body may find the line cut.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        Reply::read(&String::from_utf8_lossy(&answer))
    }

    /// Asks as the app would: with the hub's own host, on a connection of its own.
    pub(crate) async fn ask(&self, start: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request =
            format!("{start} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.host());
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            let length = body.len();
            request.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            ));
        }
        self.send(format!("{request}\r\n{body}").as_bytes()).await
    }
}

impl Reply {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let start = lines.next().unwrap_or_default();
        let status = start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }
}
