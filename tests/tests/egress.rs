//! Nothing leaves the house: every socket that the hub has open is looked at, at rest, during a
//! filmed entry and after it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use doorward_api::entry::Stage;
use doorward_tests::harness::{Blueprint, Filming, Scene};
use doorward_tests::house::door::{Leaf, Visitor};

/// A socket as `/proc/net` tells of it.
#[derive(Debug)]
struct Socket {
    table: &'static str,
    local: String,
    remote: String,
}

#[tokio::test]
async fn every_socket_of_the_hub_stays_at_home() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint {
        filming: Filming::Required,
        visitor: Visitor::Careless,
        ..Blueprint::default()
    })
    .await?;
    let start = scene.listener.journal().end();
    at_home(&scene, "at rest");
    let code = scene.owner.expect_delivery("front").await?;
    scene.type_code(&code.digits).await?;
    scene.stage(start, Stage::Open).await?;
    at_home(&scene, "while the door is open");
    scene.house.push(Leaf::Closed);
    scene.entry_closed(start).await?;
    at_home(&scene, "after the entry");
    scene.end(&[]).await
}

/// The hub has connections, all of them TCP on loopback, where this house has everything.
fn at_home(scene: &Scene, when: &str) {
    let sockets = sockets(scene.daemon.pid().unwrap());
    assert!(sockets.len() > 3, "{when}: the hub listens and is connected to: {sockets:?}");
    for socket in sockets {
        assert!(
            socket.table.starts_with("tcp"),
            "{when}: no datagrams, no raw packets: {socket:?}"
        );
        let nobody = socket.remote.starts_with("00000000");
        let home = [&socket.local, &socket.remote].iter().all(|address| is_loopback(address));
        assert!(home || nobody && is_loopback(&socket.local), "{when}: {socket:?}");
    }
}

/// Addresses are in hexadecimal, each four bytes with the least significant first: 127.0.0.1 is
/// `0100007F`, alone or as the last part of an IPv6 address that maps it.
fn is_loopback(address: &str) -> bool {
    let host = address.split(':').next().unwrap();
    let four = host.strip_prefix("0000000000000000FFFF0000").unwrap_or(host);
    host == "00000000000000000000000001000000" || four.len() == 8 && four.ends_with("7F")
}

#[test]
fn loopback_is_told_from_the_rest() {
    assert!(is_loopback("0100007F:22B8"));
    assert!(is_loopback("0000000000000000FFFF00000100007F:22B8"));
    assert!(is_loopback("00000000000000000000000001000000:22B8"));
    assert!(!is_loopback("08080808:01BB"));
    assert!(!is_loopback("0000000000000000FFFF000008080808:01BB"));
}

fn sockets(pid: u32) -> Vec<Socket> {
    let own: BTreeSet<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok())
        .filter_map(|link| {
            let name = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(name.to_owned())
        })
        .collect();
    let tables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet"];
    tables.into_iter().flat_map(|table| in_table(pid, table, &own)).collect()
}

fn in_table(pid: u32, table: &'static str, own: &BTreeSet<String>) -> Vec<Socket> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
    let sockets = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // `packet` has its inode last, the others at the tenth place.
        let inode = if table == "packet" { fields.last()? } else { fields.get(9)? };
        own.contains(*inode).then(|| Socket {
            table,
            local: fields[1].to_owned(),
            remote: fields[2].to_owned(),
        })
    });
    sockets.collect()
}
