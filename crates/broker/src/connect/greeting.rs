//! The CONNECT packet, read.

use bytes::BytesMut;
use rumqttd::protocol::{Connect, ConnectProperties, LastWill, LastWillProperties, Login, Packet};
use secrecy::SecretString;
use tokio::io::AsyncReadExt;

use super::ConnectError;
use crate::codec::{Malformed, Version, decode};
use crate::frame::{Frame, Kind};
use crate::leave::Wire;

/// The CONNECT packet's parts.
pub(super) struct Greeting {
    pub(super) version: Version,
    pub(super) connect: Connect,
    pub(super) properties: Option<ConnectProperties>,
    pub(super) will: Option<(LastWill, Option<LastWillProperties>)>,
    pub(super) said: Option<SaidName>,
}

/// A name and a password as somebody said them.
pub(super) struct SaidName {
    pub(super) name: String,
    pub(super) password: SecretString,
}

impl From<Login> for SaidName {
    fn from(Login { username: name, password }: Login) -> Self {
        Self { name, password: password.into() }
    }
}

pub(super) async fn read(
    wire: &mut Wire,
    inbox: &mut BytesMut,
    max: usize,
) -> Result<Greeting, ConnectError> {
    let frame = loop {
        // Anything but CONNECT is known by its first byte.
        if inbox.first().is_some_and(|first| *first != 0x10) {
            return Err(ConnectError::NotConnect);
        }
        if let Some(frame) = Frame::take(inbox, max)? {
            break frame;
        }
        if wire.read_buf(inbox).await.map_err(ConnectError::Io)? == 0 {
            return Err(ConnectError::Closed);
        }
    };
    parse(frame)
}

fn parse(frame: Frame) -> Result<Greeting, ConnectError> {
    if frame.kind != Kind::Connect {
        return Err(ConnectError::NotConnect);
    }
    let version = match frame.body() {
        // The reserved flag is zero in both versions.
        [0, 4, b'M', b'Q', b'T', b'T', 4 | 5, flags, ..] if flags & 1 == 1 => {
            return Err(Malformed.into());
        }
        [0, 4, b'M', b'Q', b'T', b'T', 4, ..] => Version::V4,
        [0, 4, b'M', b'Q', b'T', b'T', 5, ..] => Version::V5,
        [0, 4, b'M', b'Q', b'T', b'T', ..] | [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', ..] => {
            return Err(ConnectError::Version);
        }
        _ => return Err(Malformed.into()),
    };
    let Packet::Connect(connect, properties, will, will_properties, login) =
        decode(version, frame)?
    else {
        return Err(ConnectError::NotConnect);
    };
    let will = will.map(|will| (will, will_properties));
    Ok(Greeting { version, connect, properties, will, said: login.map(SaidName::from) })
}
