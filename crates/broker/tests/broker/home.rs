//! From where devices may come.

use std::time::Duration;

use doorward_broker::{Broker, BrokerConfig, Limits, Registry};
use doorward_core::network::HomeNetworks;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::Authority;

#[tokio::test]
async fn whoever_comes_from_outside_the_home_networks_is_turned_away() {
    let authority = Authority::new();
    let server = authority.server();
    let config = BrokerConfig {
        home: HomeNetworks::only(&["10.0.0.0/8".parse().unwrap()]),
        listen: "127.0.0.1:0".parse().unwrap(),
        plain: None,
        server_key: server.private_key(),
        server_chain: server.chain,
        client_cas: vec![authority.der()],
        retained: Vec::new(),
        limits: Limits::default(),
    };
    let (broker, _link) = Broker::start(config, Registry::new()).await.unwrap();
    let mut stream = TcpStream::connect(broker.local_addr()).await.unwrap();
    let mut byte = [0];
    let read = timeout(Duration::from_secs(5), stream.read(&mut byte)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "the connection ends before any handshake");
    assert_eq!(broker.stats().turned_away, 1);
}
