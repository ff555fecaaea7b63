//! What the connections to another broker share, one after the other.

use rustls_pki_types::CertificateDer;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::dial::Target;
use super::post::Post;
use super::state::Board;
use crate::events::EventSink;
use crate::from_device::FromDevice;
use crate::limits::Limits;
use crate::registry::Registry;

/// What outlives one connection.
pub(super) struct Shared {
    pub(super) target: Target,
    pub(super) authorities: Vec<CertificateDer<'static>>,
    pub(super) limits: Limits,
    pub(super) registry: Registry,
    pub(super) events: EventSink,
    pub(super) hub: mpsc::Sender<FromDevice>,
    pub(super) post: Post,
    pub(super) board: Board,
    pub(super) stop: CancellationToken,
    pub(super) client_id: String,
}
