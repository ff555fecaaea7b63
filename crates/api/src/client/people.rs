//! One function per question or wish about people and their paired devices.

use hyper::Method;

use super::transport::Payload;
use super::{Client, ClientError};
use crate::id::{PairedDeviceId, PersonId};
use crate::pairing::{OfferPairing, PairingOffer};
use crate::path::{self, fill};
use crate::person::{PairedDeviceView, PersonView};
use crate::witness::WitnessView;

type Answer<T> = Result<T, ClientError>;

/// # Errors
/// Every function here fails if the hub cannot be asked, or answers with a problem.
#[expect(clippy::missing_errors_doc, reason = "said once above, for all of them")]
impl Client {
    /// Offers to pair one device; on a hub without a household, to name the first.
    pub async fn offer_pairing(&self, offer: &OfferPairing) -> Answer<PairingOffer> {
        self.ask(Method::POST, path::PAIRINGS, Payload::json(offer)).await
    }

    /// Lists the people.
    pub async fn people(&self) -> Answer<Vec<PersonView>> {
        self.read(path::PEOPLE).await
    }

    /// Removes a person with all their devices.
    pub async fn remove_person(&self, person: PersonId) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::PERSON, &[&person]), Payload::Empty).await
    }

    /// Lists the paired devices.
    pub async fn paired_devices(&self) -> Answer<Vec<PairedDeviceView>> {
        self.read(path::PAIRED_DEVICES).await
    }

    /// Ends a device's pairing.
    pub async fn end_pairing(&self, device: PairedDeviceId) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::PAIRED_DEVICE, &[&device]), Payload::Empty).await
    }

    /// Lets a device's PIN be tried again.
    pub async fn lift_pin(&self, device: PairedDeviceId) -> Answer<()> {
        self.wish(Method::POST, &fill(path::PAIRED_DEVICE_LIFT, &[&device]), Payload::Empty).await
    }

    /// Lists the devices that stand for the log.
    pub async fn witnesses(&self) -> Answer<Vec<WitnessView>> {
        self.read(path::LOG_WITNESSES).await
    }
}
