//! MQTT packets, byte by byte, right and wrong ones.

/// MQTT 3.1.1's level in CONNECT.
pub(crate) const V4: u8 = 4;
/// MQTT 5's.
pub(crate) const V5: u8 = 5;

/// A packet with this first byte and body.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    while left >= 0x80 {
        bytes.push(low_bits(left) | 0x80);
        left >>= 7;
    }
    bytes.push(low_bits(left));
    bytes.extend_from_slice(body);
    bytes
}

fn low_bits(length: usize) -> u8 {
    u8::try_from(length & 0x7f).unwrap_or_default()
}

/// A text with its length before it.
pub(crate) fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text].concat()
}

/// CONNECT with a clean session.
pub(crate) fn connect(level: u8, client_id: &str) -> Vec<u8> {
    connect_with(level, client_id, 0, &[])
}

/// CONNECT with a retained will.
pub(crate) fn connect_with_will(level: u8, client_id: &str, topic: &str) -> Vec<u8> {
    let properties: &[u8] = if level == V5 { &[0] } else { &[] };
    let will = [properties.to_vec(), text(topic), text("offline")].concat();
    connect_with(level, client_id, 0b0010_0100, &will)
}

fn connect_with(level: u8, client_id: &str, flags: u8, tail: &[u8]) -> Vec<u8> {
    let properties: &[u8] = if level == V5 { &[0] } else { &[] };
    let clean = 0b10;
    let body =
        [&text("MQTT"), &[level, flags | clean, 0, 60][..], properties, &text(client_id), tail];
    packet(0x10, &body.concat())
}

/// PUBLISH with QoS 1 and packet id 7. `properties` without their length; MQTT 3.1.1 has none.
pub(crate) fn publish(
    topic: impl AsRef<[u8]>,
    properties: Option<&[u8]>,
    payload: &[u8],
) -> Vec<u8> {
    packet(0x32, &[&text(topic), &[0, 7][..], &counted(properties), payload].concat())
}

/// PUBLISH with QoS 0.
pub(crate) fn publish_at_most_once(
    topic: &str,
    properties: Option<&[u8]>,
    payload: &[u8],
) -> Vec<u8> {
    packet(0x30, &[&text(topic)[..], &counted(properties), payload].concat())
}

fn counted(properties: Option<&[u8]>) -> Vec<u8> {
    properties.map_or_else(Vec::new, |properties| {
        let length = u8::try_from(properties.len()).unwrap_or(u8::MAX);
        [&[length], properties].concat()
    })
}

/// SUBSCRIBE of MQTT 3.1.1 with packet id 7 and QoS 1.
pub(crate) fn subscribe(filter: &str) -> Vec<u8> {
    subscribe_with(filter, 1)
}

/// The same with QoS 0.
pub(crate) fn subscribe_at_most_once(filter: &str) -> Vec<u8> {
    subscribe_with(filter, 0)
}

fn subscribe_with(filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[&[0, 7][..], &text(filter), &[qos]].concat())
}

/// PUBACK to a PUBLISH of MQTT 3.1.1 with QoS 1; nothing if the body is none.
pub(crate) fn puback(publish: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = publish.split_first_chunk::<2>()?;
    let id = rest.get(usize::from(u16::from_be_bytes(*length))..)?.get(..2)?;
    Some(packet(0x40, id))
}

/// MQTT 5's property Response Topic.
pub(crate) fn response_topic(topic: &str) -> Vec<u8> {
    [&[8][..], &text(topic)].concat()
}

/// MQTT 5's property Topic Alias.
pub(crate) fn alias(number: u16) -> Vec<u8> {
    [&[0x23][..], &number.to_be_bytes()].concat()
}
