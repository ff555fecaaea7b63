//! From where devices may come.

use std::time::Duration;

use doorward_broker::{Broker, BrokerConfig, Registry};
use doorward_core::network::HomeNetworks;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Authority, config};

#[tokio::test]
async fn whoever_comes_from_outside_the_home_networks_is_turned_away() {
    let authority = Authority::new();
    let home = HomeNetworks::only(&["10.0.0.0/8".parse().unwrap()]);
    let config = BrokerConfig { home, ..config(&authority) };
    let (broker, _link) = Broker::start(config, Registry::new()).await.unwrap();
    let mut stream = TcpStream::connect(broker.local_addr()).await.unwrap();
    let mut byte = [0];
    let read = timeout(Duration::from_secs(5), stream.read(&mut byte)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "the connection ends before any handshake");
    assert_eq!(broker.stats().turned_away, 1);
}
