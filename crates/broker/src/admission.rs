//! How many connections may stand before the door and behind it.
//!
//! What has not proved itself is counted apart from what has, on each listener
//! by itself: a flood of strangers cannot take the places of devices that are
//! connected, nor strangers without TLS those of devices with it. Each address
//! has a share of its own of both, so that no machine can take them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::network::HomeNetworks;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;

/// Who may come, and how many. Clones share one count.
#[derive(Clone)]
pub(crate) struct Gate {
    home: HomeNetworks,
    all: Arc<Semaphore>,
    addresses: Addresses,
}

/// The places for one listener's connections that have not proved themselves.
pub(crate) struct Porch {
    gate: Gate,
    places: Arc<Semaphore>,
}

/// One connection's places; given back when dropped.
pub(crate) struct Admission {
    /// Held until the connection has proved itself.
    pub(crate) handshake: Places,
    /// Held until it has ended.
    pub(crate) connection: Places,
}

/// A place among all, and one among those of an address.
pub(crate) struct Places {
    _all: OwnedSemaphorePermit,
    _address: AddressPlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Handshake,
    Connection,
}

/// How many places each address has taken.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<(IpAddr, Stage), usize>>>);

struct AddressPlace {
    taken: (IpAddr, Stage),
    addresses: Addresses,
}

impl Gate {
    pub(crate) fn new(home: HomeNetworks, limits: &Limits) -> Self {
        let all = Arc::new(Semaphore::new(limits.connections));
        Self { home, all, addresses: Addresses::default() }
    }

    pub(crate) fn porch(&self, limits: &Limits) -> Porch {
        Porch { gate: self.clone(), places: Arc::new(Semaphore::new(limits.handshakes)) }
    }
}

impl Porch {
    /// Takes places for a connection from an address, if it may come at all.
    pub(crate) fn admit(&self, address: IpAddr, limits: &Limits) -> Option<Admission> {
        let Gate { home, all, addresses } = &self.gate;
        if !home.contains(address) {
            return None;
        }
        let address = address.to_canonical();
        let places = |from: &Arc<Semaphore>, stage, limit| {
            Some(Places {
                _all: Arc::clone(from).try_acquire_owned().ok()?,
                _address: addresses.enter((address, stage), limit)?,
            })
        };
        Some(Admission {
            handshake: places(&self.places, Stage::Handshake, limits.handshakes_per_address)?,
            connection: places(all, Stage::Connection, limits.connections_per_address)?,
        })
    }
}

impl Addresses {
    fn enter(&self, wanted: (IpAddr, Stage), limit: usize) -> Option<AddressPlace> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(wanted).or_insert(0);
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(AddressPlace { taken: wanted, addresses: self.clone() })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.taken) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.taken);
            }
        }
    }
}
