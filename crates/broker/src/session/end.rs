//! Why a connection ends, and what an MQTT 5 client is told of it.

use rumqttd::protocol::DisconnectReasonCode as Code;

use crate::codec::Malformed;
use crate::frame::FrameError;
use crate::leave::LeaveOver;
use crate::router::RouterGone;
use crate::sessions::Order;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("the client said goodbye")]
    Goodbye,
    #[error("the client closed the connection")]
    Closed,
    #[error("the connection broke")]
    Io(#[source] std::io::Error),
    #[error("the client sent what is not MQTT")]
    Malformed,
    #[error("the client sent a packet longer than allowed")]
    TooLarge,
    #[error("the client broke the protocol")]
    Protocol(Code),
    #[error("the client tried what it may not do")]
    Refused(Code),
    #[error("the client was silent for too long")]
    Silent,
    #[error("the client does not read")]
    NotReading,
    #[error("the client does not acknowledge")]
    NotAcknowledging,
    #[error("the broker ends the connection")]
    Ordered(Order),
    #[error("the client's credential was revoked")]
    Revoked,
    #[error("the client may not stay")]
    LeaveOver(LeaveOver),
    #[error("the message router is gone")]
    RouterGone,
    #[error("the hub no longer listens")]
    HubGone,
}

impl End {
    /// Returns what to tell an MQTT 5 client; nothing if it left by itself or
    /// could not hear it.
    pub(crate) fn code(&self) -> Option<Code> {
        match self {
            Self::Goodbye | Self::Closed | Self::Io(_) | Self::NotReading => None,
            Self::Malformed => Some(Code::MalformedPacket),
            Self::TooLarge => Some(Code::PacketTooLarge),
            Self::Protocol(code) | Self::Refused(code) => Some(*code),
            Self::Silent => Some(Code::KeepAliveTimeout),
            Self::NotAcknowledging => Some(Code::UnspecifiedError),
            Self::Ordered(Order::TakenOver(_)) => Some(Code::SessionTakenOver),
            Self::Ordered(Order::TooSlow | Order::Forgotten) => Some(Code::QuotaExceeded),
            Self::Ordered(Order::RouterGone) | Self::RouterGone => Some(Code::ServerBusy),
            Self::Ordered(Order::Stopping) | Self::HubGone => Some(Code::ServerShuttingDown),
            Self::Revoked | Self::LeaveOver(LeaveOver::Doubted) => Some(Code::NotAuthorized),
            Self::LeaveOver(LeaveOver::ListenerClosed) => Some(Code::AdministrativeAction),
        }
    }
}

impl From<Malformed> for End {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge => Self::TooLarge,
            FrameError::BadLength | FrameError::NotForClients | FrameError::BadFlags => {
                Self::Malformed
            }
        }
    }
}

impl From<RouterGone> for End {
    fn from(_: RouterGone) -> Self {
        Self::RouterGone
    }
}
