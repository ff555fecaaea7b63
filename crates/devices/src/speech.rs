//! What every dialect can do, and what goes in and comes out.

use doorward_core::device::{DeviceOrder, DeviceReport};
use doorward_core::ids::DeviceName;
use doorward_core::time::{HubTime, Now};
use doorward_core::topic::{TopicFormat, TopicName};

use crate::discovery::{Discovered, Familiar};
use crate::roles::Roles;

/// Whether a message carried the retain flag: published with it just now, or
/// out of the broker's store. What is retained may be of any age, so it can
/// tell of a state and never of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retained {
    /// It carried the flag.
    Yes,
    /// It did not: somebody said it just now.
    No,
}

/// A device's request, not looked into yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// A signing request (PKCS #10): PEM, or base64 of its DER.
    pub csr: String,
}

/// What one message came to.
#[derive(Default)]
pub struct Heard {
    /// Who reports what, in the order in which it was said.
    pub reports: Vec<(DeviceName, DeviceReport)>,
    /// What must be published in return, in this order.
    pub send: Vec<Outgoing>,
    /// What the device wants its certificate to be followed by.
    pub certificate: Option<CertificateRequest>,
}

/// A message from the hub to a device. Never queued, since what a lock misses is
/// worth nothing later; and never retained, but for what
/// [`certificate_to_renew`](crate::certificate_to_renew) makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub topic: TopicName,
    /// What: JSON, without any code's digits, or nothing, which takes back what was
    /// retained.
    pub payload: Vec<u8>,
}

/// Why a message on a known topic says nothing. Holds no part of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Malformed {
    /// More bytes than any such message has.
    #[error("the message is too large")]
    TooLarge,
    /// Not text.
    #[error("the message is not valid UTF-8")]
    NotUtf8,
    /// Text, but not JSON.
    #[error("the message is not JSON")]
    NotJson,
    /// JSON, but a field is missing, doubled, of the wrong type, or has a word
    /// that the dialect does not know.
    #[error("a field of the message is missing, doubled or of the wrong type")]
    WrongType,
}

/// Why an order cannot be put into a device's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Nobody of this name holds a certificate.
    #[error("the device is not enrolled; enrol it, or the bridge that it is behind")]
    NotEnrolled,
    /// A bridge's own name, or a name behind a device that is no bridge.
    #[error(
        "the name does not fit the dialect: BRIDGE/NAME behind a bridge, a plain name otherwise"
    )]
    NotAddressable,
    /// The base topic and the name together are longer than a topic may be.
    #[error("the device's topic breaks a rule of topics; choose a shorter base topic")]
    Topic(#[from] TopicFormat),
}

/// One message as it came in.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) retained: Retained,
    pub(crate) now: Now,
}

/// One holder of a certificate, as its dialect has it.
pub(crate) trait Speech: Send + Sync {
    /// Learns what the devices that this holder speaks for are at the doors.
    /// Returns what must be sent to those that were not known before.
    fn set_roles(&mut self, roles: &Roles) -> Vec<Outgoing>;

    /// Reads one message. A topic that means nothing to the dialect is no
    /// mistake: it says nothing.
    fn read(&mut self, message: Message<'_>) -> Result<Heard, Malformed>;

    /// Puts an order into words. No words at all is an answer, too.
    fn write(
        &mut self,
        device: &DeviceName,
        order: &DeviceOrder,
    ) -> Result<Vec<Outgoing>, Unwritable>;

    /// Makes a message on the topic on which a lock is told to move its bolt,
    /// one that nobody heeds: for trying who else may publish there. Whatever a
    /// careless lock makes of it, it does not unlock.
    fn idle_command(&self, lock: &DeviceName) -> Result<Outgoing, Unwritable>;

    /// Finds the device that is meant by a topic or filter, if it is one that
    /// this holder speaks for.
    fn addressee(&self, topic: &str) -> Option<DeviceName>;

    /// Returns what the holder told of the devices that it speaks for.
    fn discovered(&self) -> &[Discovered];

    /// Says what is known of one of them.
    fn familiar(&self, device: &DeviceName) -> Familiar<'_>;

    /// Forgets what is known only of a holder that is there; returns the
    /// devices that are gone with it.
    fn lost(&mut self) -> Vec<DeviceName>;

    /// Says what is due.
    fn poll(&mut self, now: HubTime) -> Vec<Outgoing>;

    /// Says when something will be due.
    fn poll_deadline(&self) -> Option<HubTime>;
}

/// Makes a message of parts that are known to serialise.
pub(crate) fn outgoing<T: serde::Serialize>(
    topic: &str,
    payload: &T,
) -> Result<Outgoing, Unwritable> {
    Ok(Outgoing {
        topic: TopicName::parse(topic)?,
        // The dialects' messages are structs of words and numbers; only maps
        // with odd keys and failing `Serialize` implementations can fail.
        payload: serde_json::to_vec(payload).expect("words and numbers are always JSON"),
    })
}
