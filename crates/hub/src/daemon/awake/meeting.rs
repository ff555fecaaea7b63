//! Where devices and the hub meet, when a hub wakes.

use std::sync::Arc;

use doorward_broker::{Broker, BrokerConfig, HubLink, Limits, Registry, StartError};
use doorward_core::network::HomeNetworks;
use doorward_store::StoreHandle;
use jiff::Timestamp;
use tracing::info;

use super::super::certificates::Certificates;
use super::super::exchange::Exchange;
use super::super::mail::Mailbox;
use super::super::options::ServeOptions;
use super::super::renewal::Renewals;
use super::super::retained;
use super::Waking;
use super::opened::Opened;
use crate::ca::HubNames;
use crate::keys::CaSealingKey;

/// A broker, the hub's own or another one, and who may come to it.
pub(super) struct Meeting {
    pub(super) certificates: Certificates,
    pub(super) registry: Registry,
    pub(super) exchange: Exchange,
    pub(super) link: HubLink,
}

impl Meeting {
    /// Starts the hub's own broker, or begins to connect to the other one.
    pub(super) async fn begin(
        waking: &Waking<'_>,
        ca_sealing: CaSealingKey,
        opened: &Opened,
    ) -> anyhow::Result<Self> {
        let Waking { state, config, options, .. } = *waking;
        let names = HubNames::of_this_machine();
        let certificates = Certificates::open(state, ca_sealing, &names, Timestamp::now())?;
        let registry = opened.registry()?;
        let (exchange, link) = match &options.other_broker {
            Some(files) => {
                let home = HomeNetworks::with(&options.home_networks);
                Exchange::other(files, &config.hub, home, registry.clone())?
            }
            None => start_broker(options, &certificates, &registry, &opened.store).await?,
        };
        Ok(Self { certificates, registry, exchange, link })
    }

    /// What issues certificates that follow those that devices have.
    pub(super) fn renewals(&self, opened: &Opened, mailbox: Mailbox) -> Renewals {
        Renewals {
            store: opened.store.clone(),
            registry: self.registry.clone(),
            certificates: self.certificates.clone(),
            mailbox,
            enrolling: Arc::default(),
            look: Arc::default(),
            hearers: opened.hearers.clone(),
        }
    }
}

async fn start_broker(
    options: &ServeOptions,
    certificates: &Certificates,
    registry: &Registry,
    store: &StoreHandle,
) -> anyhow::Result<(Exchange, HubLink)> {
    let server = Arc::clone(&certificates.server().borrow());
    let home = HomeNetworks::with(&options.home_networks);
    let address = options.mqtt_listen.ip();
    anyhow::ensure!(
        address.is_unspecified() || home.contains(address),
        "{address} is not in the home network: listen on an address that is, or list its network \
         with --home-network"
    );
    let config = BrokerConfig {
        home,
        listen: options.mqtt_listen,
        plain: None,
        server_chain: server.chain(),
        server_key: server.expose_key(),
        client_cas: certificates.trusted(),
        retained: retained::read(store).await?,
        limits: Limits::default(),
    };
    let (broker, link) = Broker::start(config, registry.clone()).await.map_err(advised)?;
    info!(address = %broker.local_addr(), "devices connect here");
    Ok((Exchange::Own(Arc::new(broker)), link))
}

/// Says what helps, where another program has the port.
fn advised(error: StartError) -> anyhow::Error {
    match error {
        StartError::Listen { .. } => anyhow::Error::from(error)
            .context("devices have no port; --mqtt-listen names another address"),
        StartError::Identity(_)
        | StartError::Trust(_)
        | StartError::Plain(_)
        | StartError::Router => error.into(),
    }
}
