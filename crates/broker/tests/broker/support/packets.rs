//! MQTT packets, byte by byte.

/// The bytes of one packet.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = body.len();
    loop {
        let digit = u8::try_from(length % 128).unwrap();
        length /= 128;
        bytes.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

/// A string with its length.
pub fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(text);
    bytes
}

/// PUBLISH of MQTT 3.1.1.
pub fn publish(topic: impl AsRef<[u8]>, payload: &[u8], qos: u8, id: u16, retain: u8) -> Vec<u8> {
    publish_raw(topic, None, payload, qos, id, retain)
}

/// PUBLISH of MQTT 5 with properties.
pub fn publish5(
    topic: impl AsRef<[u8]>,
    properties: &[u8],
    payload: &[u8],
    qos: u8,
    id: u16,
    retain: u8,
) -> Vec<u8> {
    publish_raw(topic, Some(properties), payload, qos, id, retain)
}

fn publish_raw(
    topic: impl AsRef<[u8]>,
    properties: Option<&[u8]>,
    payload: &[u8],
    qos: u8,
    id: u16,
    retain: u8,
) -> Vec<u8> {
    let mut body = text(topic);
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    if let Some(properties) = properties {
        body.push(u8::try_from(properties.len()).unwrap());
        body.extend_from_slice(properties);
    }
    body.extend_from_slice(payload);
    packet(0x30 | qos << 1 | retain, &body)
}

/// SUBSCRIBE of MQTT 3.1.1.
pub fn subscribe(id: u16, filters: &[(&str, u8)]) -> Vec<u8> {
    subscribe_raw(id, &[], filters)
}

/// SUBSCRIBE of MQTT 5; the second of a filter are its options.
pub fn subscribe5(id: u16, properties: &[u8], filters: &[(&str, u8)]) -> Vec<u8> {
    let mut counted = vec![u8::try_from(properties.len()).unwrap()];
    counted.extend_from_slice(properties);
    subscribe_raw(id, &counted, filters)
}

fn subscribe_raw(id: u16, properties: &[u8], filters: &[(&str, u8)]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.extend_from_slice(properties);
    for (filter, options) in filters {
        body.extend(text(filter));
        body.push(*options);
    }
    packet(0x82, &body)
}

/// UNSUBSCRIBE of MQTT 3.1.1.
pub fn unsubscribe(id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    filters.iter().for_each(|filter| body.extend(text(filter)));
    packet(0xa2, &body)
}

/// UNSUBSCRIBE of MQTT 5.
pub fn unsubscribe5(id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    filters.iter().for_each(|filter| body.extend(text(filter)));
    packet(0xa2, &body)
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
pub fn ack(first: u8, id: u16) -> Vec<u8> {
    packet(first, &id.to_be_bytes())
}

pub const PINGREQ: [u8; 2] = [0xc0, 0];
pub const DISCONNECT: [u8; 2] = [0xe0, 0];
