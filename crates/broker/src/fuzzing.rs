//! What must hold of any bytes. Fuzzing looks for some of which it does not; the test reads again
//! those that it starts from and those that it has found.

use bytes::BytesMut;
use doorward_core::topic::{TopicFilter, TopicName};
use rumqttd::protocol::Packet;

use crate::codec::{Version, decode, encode};
use crate::frame::{Frame, Kind};

const MAX_BYTES: usize = 4_096;

/// Reads a client's bytes as they come in from the network. The first byte says in which version
/// of MQTT, and in pieces of which size.
///
/// # Panics
/// If the pieces' size makes a difference, or a packet does not survive being written.
pub fn packets(bytes: &[u8]) {
    let Some((&choice, stream)) = bytes.split_first() else { return };
    let version = if choice & 1 == 0 { Version::V4 } else { Version::V5 };
    let whole = take_all(stream, stream.len().max(1));
    let pieces = take_all(stream, usize::from(choice >> 1) + 1);
    assert_eq!(whole.len(), pieces.len(), "how bytes come in changes what they say");
    for (frame, again) in whole.into_iter().zip(pieces) {
        assert_eq!(frame.bytes, again.bytes);
        assert!(frame.body().len() <= MAX_BYTES);
        assert_eq!(frame.body().len() + frame.header_bytes, frame.bytes.len());
        survive(version, frame);
    }
}

fn take_all(stream: &[u8], piece: usize) -> Vec<Frame> {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(piece) {
        buffer.extend_from_slice(piece);
        loop {
            match Frame::take(&mut buffer, MAX_BYTES) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return frames,
            }
        }
    }
    frames
}

/// What was written of a packet is read as that packet; if it cannot be written, nothing is. Only a
/// publish and its acknowledgements go both ways.
fn survive(version: Version, frame: Frame) {
    let both_ways = match frame.kind {
        Kind::Publish | Kind::PubAck | Kind::PubRec | Kind::PubRel | Kind::PubComp => true,
        Kind::Connect | Kind::Subscribe | Kind::Unsubscribe | Kind::PingReq | Kind::Disconnect => {
            false
        }
    };
    let Ok(packet) = decode(version, frame) else { return };
    if !both_ways || only_for_servers(&packet) {
        return;
    }
    let mut out = BytesMut::from(&b"before"[..]);
    let written = encode(version, packet.clone(), &mut out);
    let mut after = out.split_off(b"before".len());
    assert_eq!(&out[..], b"before");
    if written.is_err() {
        assert!(after.is_empty(), "half a packet was written");
        return;
    }
    if let Ok(Some(frame)) = Frame::take(&mut after, 2 * MAX_BYTES) {
        assert_eq!(decode(version, frame), Ok(packet));
    }
}

/// Subscription identifiers, which only a server may send (3.3.4-6). The codec reads too few bytes
/// of what follows them; the session refuses whoever sends one.
fn only_for_servers(packet: &Packet) -> bool {
    matches!(
        packet,
        Packet::Publish(_, Some(properties)) if !properties.subscription_identifiers.is_empty()
    )
}

/// Reads two lines as filters and the rest as names.
///
/// # Panics
/// If a filter covers another and does not match all that the other matches.
pub fn topics(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n').take(16);
    let mut filter = || TopicFilter::parse(std::str::from_utf8(lines.next()?).ok()?).ok();
    let (Some(wide), Some(narrow)) = (filter(), filter()) else { return };
    for name in lines.filter_map(|line| TopicName::parse_bytes(line).ok()) {
        assert_eq!(wide.matches(&name), wide.covers(&TopicFilter::from(&name)));
        if wide.covers(&narrow) && narrow.matches(&name) {
            assert!(wide.matches(&name), "{wide} covers {narrow} but not {name}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fuzzing_starts_from_and_has_found_breaks_nothing() {
        for (target, folder) in [(packets as fn(&[u8]), "packets"), (topics, "topics")] {
            let folder =
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
            let mut read = 0;
            for file in std::fs::read_dir(folder).unwrap() {
                target(&std::fs::read(file.unwrap().path()).unwrap());
                read += 1;
            }
            assert!(read > 10, "{read} files: where is the corpus?");
        }
    }
}
