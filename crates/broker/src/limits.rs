//! Bounds on what clients may take, and their defaults.

use std::time::Duration;

/// How much one device, one address or everybody together may take.
///
/// The defaults suit a home: a chatty Zigbee bridge with a hundred devices
/// fits, and the memory that a hostile device can hold stays at a few MB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time for the TLS handshake, and again for the CONNECT packet after it.
    pub handshake: Duration,
    /// Time in which a client must take at least one byte of what is written.
    pub write_stall: Duration,
    /// Time in which a client must acknowledge what it was sent.
    pub acknowledge: Duration,
    /// Connections in all, those in handshake included.
    pub connections: usize,
    /// Connections that have not yet proved who they are, on each listener.
    pub handshakes: usize,
    /// The same from one address, so that no machine can take the places of
    /// all others by saying nothing.
    pub handshakes_per_address: usize,
    /// Connections from one address.
    pub connections_per_address: usize,
    /// Connections of one device, each with a client id of its own.
    pub sessions_per_device: usize,
    /// Wrong passwords from one address within `wrong_password_window`. From
    /// then on none of its passwords is looked at until the window is over.
    pub wrong_passwords_per_address: u32,
    /// The same under one device's name, from whatever addresses but the one
    /// from which the device came in last: others cannot lock it out.
    pub wrong_passwords_per_device: u32,
    /// How long wrong passwords are remembered.
    pub wrong_password_window: Duration,
    /// Bytes of a CONNECT packet.
    pub connect_bytes: usize,
    /// Bytes of any other packet.
    pub packet_bytes: usize,
    /// Publishes per second and device, over time. Whoever exceeds it is read
    /// more slowly; nothing is dropped.
    pub publishes_per_second: u32,
    /// Publishes that a quiet device may send at once.
    pub publish_burst: u32,
    /// Subscriptions of one connection.
    pub subscriptions: usize,
    /// Topics and filters that one device may ever use, since the router
    /// forgets none of them until it is started again.
    pub unique_topics: usize,
    /// Messages kept for one device with the retain flag.
    pub retained_count: usize,
    /// Bytes of topics and payloads kept for one device.
    pub retained_bytes: usize,
    /// Sessions of one device that are kept while their clients are away. One
    /// more, and the one that has been away for longest is forgotten.
    pub absent_sessions: usize,
    /// The same of all devices together.
    pub absent_sessions_in_all: usize,
    /// How long a session is kept, whatever its client asked for.
    pub session_expiry: Duration,
    /// Messages that wait for one absent client. The oldest give way.
    pub absent_messages: usize,
    /// Bytes of them.
    pub absent_bytes: usize,
    /// Bytes on their way to one client that it has yet to acknowledge, beyond
    /// the first message.
    pub in_flight_bytes: usize,
    /// The longest silence that a client of MQTT 5 may have; MQTT 3.1.1 has no
    /// way to tell a client.
    pub keep_alive: Duration,
    /// How long what the hub says is worth anything. It is not delivered later.
    pub command_validity: Duration,
    /// Messages that wait for the hub before devices are slowed down.
    pub hub_queue: usize,
    /// Messages from the hub that wait for one connection.
    pub command_queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            write_stall: Duration::from_secs(10),
            acknowledge: Duration::from_secs(30),
            connections: 1024,
            handshakes: 128,
            handshakes_per_address: 16,
            connections_per_address: 64,
            sessions_per_device: 16,
            wrong_passwords_per_address: 10,
            wrong_passwords_per_device: 30,
            wrong_password_window: Duration::from_secs(60),
            connect_bytes: 8 * 1024,
            packet_bytes: 1024 * 1024,
            publishes_per_second: 500,
            publish_burst: 2_000,
            subscriptions: 64,
            unique_topics: 4_096,
            retained_count: 2_048,
            retained_bytes: 2 * 1024 * 1024,
            absent_sessions: 4,
            absent_sessions_in_all: 128,
            session_expiry: Duration::from_secs(24 * 3600),
            absent_messages: 256,
            absent_bytes: 256 * 1024,
            in_flight_bytes: 1024 * 1024,
            keep_alive: Duration::from_secs(60),
            command_validity: Duration::from_secs(5),
            hub_queue: 1_024,
            command_queue: 64,
        }
    }
}

impl Limits {
    /// Clients that may have subscriptions at once, connected or not; a session
    /// that ends may stand beside the one that takes its place.
    pub(crate) fn subscribers(&self) -> usize {
        self.connections + 2 * self.absent_sessions_in_all
    }
}
