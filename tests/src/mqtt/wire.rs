//! A rogue's connection: TLS with whatever papers it has, then bytes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::packets::{V4, connect};
use crate::harness::PATIENCE;
use crate::house::Enrolled;

/// What a rogue shows of itself.
#[derive(Debug, Clone, Copy)]
pub enum Papers<'a> {
    /// A device's certificate.
    Of(&'a Enrolled),
    /// None.
    Nothing,
}

/// An open connection.
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
}

impl Wire {
    /// Connects and shakes hands. A refused certificate may show only when something is read.
    pub(crate) async fn open(hub: SocketAddr, papers: Papers<'_>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(hub).await?;
        Self::over(stream, hub.ip(), papers).await
    }

    /// The same from another address of the loopback network, by its last number.
    pub(crate) async fn from_loopback(
        last: u8,
        hub: SocketAddr,
        papers: Papers<'_>,
    ) -> anyhow::Result<Self> {
        Self::over(tcp_from_loopback(last, hub).await?, hub.ip(), papers).await
    }

    async fn over(stream: TcpStream, hub: IpAddr, papers: Papers<'_>) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::new(config(papers)?));
        let handshake = connector.connect(ServerName::from(hub), stream);
        let stream = timeout(PATIENCE, handshake).await.context("a handshake without an end")??;
        Ok(Self { stream })
    }

    /// Sends bytes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next packet: its first byte and its body. `None` when the hub has hung up.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<(u8, Vec<u8>)>> {
        timeout(PATIENCE, self.read()).await.context("neither an answer nor an end")
    }

    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        // However the connection ends, it has ended.
        let first = self.stream.read_u8().await.ok()?;
        let mut length = 0_usize;
        for place in 0..4 {
            let byte = self.stream.read_u8().await.ok()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((first, body))
    }

    /// Reads until a packet of this kind, flags aside.
    pub(crate) async fn until(&mut self, kind: u8) -> anyhow::Result<()> {
        loop {
            let (first, _) = self.next().await?.context("cut off")?;
            if first >> 4 == kind >> 4 {
                return Ok(());
            }
        }
    }

    /// Says CONNECT and is let in.
    pub(crate) async fn greet(&mut self, hello: &[u8]) -> anyhow::Result<()> {
        self.send(hello).await?;
        match self.next().await? {
            Some((0x20, body)) if body.get(1) == Some(&0) => Ok(()),
            other => bail!("not let in: {other:?}"),
        }
    }
}

/// A connection from an address of the loopback network.
pub(crate) async fn tcp_from_loopback(last: u8, hub: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
    socket.connect(hub).await
}

/// Whether somebody with these papers is turned away before anything is said.
///
/// # Errors
/// If he is let in, or the hub says nothing at all.
pub async fn turned_away(hub: SocketAddr, papers: Papers<'_>) -> anyhow::Result<()> {
    let Ok(mut wire) = Wire::open(hub, papers).await else { return Ok(()) };
    // With TLS 1.3 the client's side of the handshake is over before its certificate is judged.
    if wire.send(&connect(V4, "rogue")).await.is_err() {
        return Ok(());
    }
    let answer = wire.next().await?;
    ensure!(answer.is_none(), "let in: {answer:?}");
    Ok(())
}

fn config(papers: Papers<'_>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    Ok(match papers {
        Papers::Of(enrolled) => {
            let read = |file: &str| enrolled.folder.join(file);
            let chain = CertificateDer::pem_file_iter(read("client.pem"))?
                .collect::<Result<Vec<_>, _>>()?;
            let key = PrivateKeyDer::from_pem_file(read("client.key"))?;
            config.with_client_auth_cert(chain, key)?
        }
        Papers::Nothing => config.with_no_client_auth(),
    })
}

/// A rogue does not care whom it talks to.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let schemes = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let schemes = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
