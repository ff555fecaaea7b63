//! A phone: a browser's part in pairing, with a key, a cookie and one request at a time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

/// How long the hub may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A phone that believes one hub's authority.
#[derive(Clone)]
pub struct Phone {
    tls: Arc<ClientConfig>,
    port: u16,
    key: SigningKey,
    /// Its number at the hub, once it is paired.
    pub device: u64,
    /// The session's cookie, once it is logged in.
    pub cookie: Option<String>,
}

/// A WebSocket that nobody reads from.
#[derive(Debug)]
pub struct OpenSocket {
    _stream: StreamOwned<ClientConnection, TcpStream>,
}

/// What the hub answered.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    /// The body; null if there is none, or if it is not JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Phone {
    /// Makes a phone with a key of its own, in the network of the hub whose state folder
    /// this is and which listens at `port`.
    ///
    /// # Errors
    /// If the authority cannot be read.
    pub fn new(state: &Path, port: u16) -> anyhow::Result<Self> {
        let ca = rustls_pki_types::CertificateDer::from_pem_file(state.join("ca/ca.pem"))?;
        let mut roots = RootCertStore::empty();
        roots.add(ca)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let key = loop {
            if let Ok(key) = SigningKey::from_slice(&rand::random::<[u8; 32]>()) {
                break key;
            }
        };
        Ok(Self { tls: Arc::new(tls), port, key, device: 0, cookie: None })
    }

    /// The name by which it reaches the hub.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Its public key as it goes over the wire.
    ///
    /// # Errors
    /// If the key cannot be written down.
    pub fn public_key(&self) -> anyhow::Result<String> {
        let key = p256::PublicKey::from(self.key.verifying_key()).to_public_key_der()?;
        Ok(URL_SAFE_NO_PAD.encode(key.as_bytes()))
    }

    /// Signs a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature: Signature = self.key.sign(text.as_bytes());
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    }

    /// Asks the hub and reads the whole answer.
    ///
    /// # Errors
    /// If the hub does not answer, or not in HTTP.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Answered> {
        self.send(self.request(method, path, body).as_bytes())
    }

    /// Sends bytes as they are and reads to the end.
    ///
    /// # Errors
    /// If the hub does not answer, or not in HTTP.
    pub fn send(&self, request: &[u8]) -> anyhow::Result<Answered> {
        let mut stream = self.connect()?;
        // Whoever is turned away in the middle of a long request may find the line cut.
        let sent = stream.write_all(request).and_then(|()| stream.flush());
        let answer = read_to_end(&mut stream);
        match answer {
            Ok(answer) if !answer.is_empty() => Answered::read(&String::from_utf8_lossy(&answer)),
            Ok(_) => {
                sent?;
                bail!("the hub hung up without a word")
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Connects over TLS, believing this hub's authority alone.
    ///
    /// # Errors
    /// If there is no connection to be had.
    pub fn connect(&self) -> anyhow::Result<StreamOwned<ClientConnection, TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from("localhost")?;
        let connection = ClientConnection::new(Arc::clone(&self.tls), name)?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// Opens a WebSocket, which lasts as long as the value.
    ///
    /// # Errors
    /// If the hub refuses.
    pub fn open_socket(&self, path: &str) -> anyhow::Result<OpenSocket> {
        let (host, mut stream) = (self.host(), self.connect()?);
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let request = format!(
            "GET /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n\
             Cookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        let head = String::from_utf8_lossy(&head);
        anyhow::ensure!(head == "HTTP/1.1 101", "the hub opened no socket: {head}");
        Ok(OpenSocket { _stream: stream })
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let host = self.host();
        let cookie = self.cookie.as_ref().map(|it| format!("Cookie: {it}\r\n")).unwrap_or_default();
        let (kind, body) = match body {
            Some(body) => ("Content-Type: application/json\r\n", body.to_string()),
            None => ("", String::new()),
        };
        format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n\
             {cookie}{kind}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    /// Asks for a challenge.
    ///
    /// # Errors
    /// If there is none.
    pub fn challenge(&self) -> anyhow::Result<String> {
        let ask = json!({ "device": self.device });
        let answered = self.ask("POST", "/session/challenge", Some(&ask))?.expect(200)?;
        Ok(answered["challenge"].as_str().context("no challenge")?.to_owned())
    }

    /// Signs a challenge for a login at `host`, and sends it.
    ///
    /// # Errors
    /// If the hub does not answer.
    pub fn log_in_at(&self, host: &str, challenge: &str) -> anyhow::Result<Answered> {
        let device = self.device;
        let signature = self.sign(&format!("doorward-login-v1\n{host}\n{device}\n{challenge}"));
        let body = json!({ "device": device, "challenge": challenge, "signature": signature });
        self.ask("POST", "/session", Some(&body))
    }

    /// Logs in and keeps the cookie.
    ///
    /// # Errors
    /// If the hub refuses.
    pub fn log_in(&mut self) -> anyhow::Result<Value> {
        let answered = self.log_in_at(&self.host(), &self.challenge()?)?;
        self.cookie = answered.cookie();
        answered.expect(200)
    }

    /// Proves an act with the key and a PIN.
    ///
    /// # Errors
    /// If there is no challenge to be had.
    pub fn proof(&self, method: &str, path: &str, pin: &str) -> anyhow::Result<Value> {
        let (host, device, challenge) = (self.host(), self.device, self.challenge()?);
        let text =
            format!("doorward-act-v1\n{host}\n{device}\n{challenge}\n{method} /api/v1{path}");
        Ok(json!({ "challenge": challenge, "signature": self.sign(&text), "pin": pin }))
    }
}

impl Answered {
    fn read(text: &str) -> anyhow::Result<Self> {
        let (head, body) = text.split_once("\r\n\r\n").context("the hub broke off")?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Ok(Self {
            status: status.context("no status")?,
            head: head.to_owned(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            text: body.to_owned(),
        })
    }

    /// The values of a header, by its name in small letters.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The cookie that it sets, without its attributes.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.header("set-cookie").next()?.split(';').next().map(str::to_owned)
    }

    /// Whether its problem's detail has these words.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.body["detail"].as_str().is_some_and(|detail| detail.contains(words))
    }

    /// Returns the body if the status is this one.
    ///
    /// # Errors
    /// If it is another, with what the hub said.
    pub fn expect(self, status: u16) -> anyhow::Result<Value> {
        if self.status != status {
            bail!("{} instead of {status}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// A server that closes without TLS's farewell, or before it has read all that it was sent, has said
/// what it wanted to say.
///
/// Reads on and writes nothing: whoever is turned away in the middle of a long request has an answer
/// at hand behind a line that takes no more.
fn read_to_end(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    loop {
        match stream.conn.read_tls(&mut stream.sock) {
            Ok(0) => return Ok(answer),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(answer),
            read => read?,
        };
        let state = stream.conn.process_new_packets().map_err(std::io::Error::other)?;
        let mut plain = vec![0; state.plaintext_bytes_to_read()];
        stream.conn.reader().read_exact(&mut plain)?;
        answer.append(&mut plain);
        if state.peer_has_closed() {
            return Ok(answer);
        }
    }
}
