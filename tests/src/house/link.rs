//! One device's connection: mTLS, MQTT 3.1.1, last will, subscriptions before "online".

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rumqttc::{
    AsyncClient, Event, EventLoop, Incoming, LastWill, MqttOptions, NetworkOptions, QoS,
    TlsConfiguration, Transport,
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::mpsc;
use tokio::time::interval;

use super::Enrolled;

/// A device's word to the house.
pub(crate) struct Heard {
    pub(crate) device: String,
    pub(crate) what: News,
}

/// What a connection has to tell.
pub(crate) enum News {
    Up,
    Down(String),
    Message { topic: String, payload: Vec<u8> },
}

/// The sending half of a device's connection. Dropping it ends the connection.
pub(crate) struct Link {
    device: String,
    client: AsyncClient,
    task: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Starts connecting, and reconnects until dropped.
    pub(crate) fn start(
        hub: SocketAddr,
        enrolled: &Enrolled,
        listens_to: Option<&str>,
        heard: mpsc::Sender<Heard>,
    ) -> anyhow::Result<Self> {
        let (client, events) = connect(hub, enrolled)?;
        let device = enrolled.name.clone();
        let wiring = Wiring {
            device: device.clone(),
            client: client.clone(),
            filter: listens_to.map(|leaf| topic(&device, leaf)),
            heard,
        };
        let task = tokio::spawn(wiring.run(events));
        Ok(Self { device, client, task })
    }

    /// Publishes under the device's own prefix; says whether there was room to queue it.
    pub(crate) fn publish(&self, leaf: &str, retained: Retained, payload: Vec<u8>) -> Queued {
        let retain = matches!(retained, Retained::Yes);
        let topic = topic(&self.device, leaf);
        match self.client.try_publish(topic, QoS::AtLeastOnce, retain, payload) {
            Ok(()) => Queued::Yes,
            Err(_) => Queued::No,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Prepares a device's connection; polling the event loop makes it.
///
/// # Errors
/// If its certificate cannot be read.
pub fn connect(hub: SocketAddr, enrolled: &Enrolled) -> anyhow::Result<(AsyncClient, EventLoop)> {
    let (client, mut events) = AsyncClient::new(options(hub, enrolled)?, 64);
    // Without this a report waits up to 40 ms for an acknowledgement it does not need.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    Ok((client, events))
}

/// Whether the broker keeps a message.
#[derive(Clone, Copy)]
pub(crate) enum Retained {
    Yes,
    No,
}

/// Whether a message will be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    Yes,
    No,
}

struct Wiring {
    device: String,
    client: AsyncClient,
    filter: Option<String>,
    heard: mpsc::Sender<Heard>,
}

impl Wiring {
    async fn run(self, mut events: EventLoop) {
        let mut attempts = interval(Duration::from_millis(200));
        let mut told = Told::default();
        loop {
            let news = match events.poll().await {
                Ok(Event::Incoming(incoming)) => self.incoming(incoming),
                Ok(Event::Outgoing(_)) => None,
                Err(error) => {
                    attempts.tick().await;
                    Some(News::Down(error.to_string()))
                }
            };
            if let Some(what) = news.filter(|news| told.is_new(news)) {
                let heard = Heard { device: self.device.clone(), what };
                if self.heard.send(heard).await.is_err() {
                    return;
                }
            }
        }
    }

    /// A device says "online" only when it can hear: after its subscription is acknowledged.
    fn incoming(&self, incoming: Incoming) -> Option<News> {
        match (incoming, &self.filter) {
            (Incoming::ConnAck(_), Some(filter)) => {
                self.client.try_subscribe(filter, QoS::AtLeastOnce).err().map(refused)
            }
            (Incoming::ConnAck(_), None) | (Incoming::SubAck(_), _) => Some(self.online()),
            (Incoming::Publish(publish), _) => {
                Some(News::Message { topic: publish.topic, payload: publish.payload.to_vec() })
            }
            _ => None,
        }
    }

    fn online(&self) -> News {
        let topic = topic(&self.device, "status");
        match self.client.try_publish(topic, QoS::AtLeastOnce, true, "online") {
            Ok(()) => News::Up,
            Err(error) => refused(error),
        }
    }
}

/// Why there is no connection, as it was told last. A hub that is gone is tried again and again, and
/// an attempt that fails like the one before is no news.
#[derive(Default)]
struct Told(Option<String>);

impl Told {
    fn is_new(&mut self, news: &News) -> bool {
        match news {
            News::Up => self.0 = None,
            News::Down(why) => return self.0.replace(why.clone()).as_ref() != Some(why),
            News::Message { .. } => {}
        }
        true
    }
}

fn refused(error: rumqttc::ClientError) -> News {
    News::Down(error.to_string())
}

fn topic(device: &str, leaf: &str) -> String {
    format!("doorward/{device}/{leaf}")
}

fn options(hub: SocketAddr, enrolled: &Enrolled) -> anyhow::Result<MqttOptions> {
    let mut options = MqttOptions::new(&enrolled.name, hub.ip().to_string(), hub.port());
    let will = LastWill::new(topic(&enrolled.name, "status"), "offline", QoS::AtLeastOnce, true);
    options
        .set_keep_alive(Duration::from_secs(15))
        .set_clean_session(true)
        .set_last_will(will)
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls(enrolled)?)));
    Ok(options)
}

fn tls(enrolled: &Enrolled) -> anyhow::Result<Arc<ClientConfig>> {
    let read = |file: &str| enrolled.folder.join(file);
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(read("ca.pem")).context("reading ca.pem")? {
        roots.add(authority.context("ca.pem")?).context("ca.pem is no authority")?;
    }
    let chain = CertificateDer::pem_file_iter(read("client.pem"))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .context("reading client.pem")?;
    let key = PrivateKeyDer::from_pem_file(read("client.key")).context("reading client.key")?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("choosing TLS versions")?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .context("client.pem and client.key do not fit")?;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_that_is_gone_is_told_of_once_and_not_at_every_attempt() {
        let down = |why: &str| News::Down(why.to_owned());
        let mut told = Told::default();
        let lines = [down("broken"), down("refused"), down("refused"), down("refused")];
        assert_eq!(lines.map(|line| told.is_new(&line)), [true, true, false, false]);
        assert!(told.is_new(&News::Up));
        assert!(told.is_new(&down("refused")), "it went again");
    }
}
