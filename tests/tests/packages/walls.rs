//! What the unit takes from the hub, and whether the kernel keeps it so.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use doorward_tests::harness::tool;
use doorward_tests::packaging::{Room, Service, System, Unit, program};
use doorward_tests::street::Packet;

use super::installed::{Bench, PROGRAM};

#[tokio::test]
async fn the_unit_shuts_the_hub_in_as_far_as_it_says() -> anyhow::Result<()> {
    let unit = Unit::of_the_hub()?;
    let words = ["security", "--offline=true", "--threshold=15"];
    let path = unit.path().to_str().unwrap();
    tool("systemd-analyze", words.into_iter().chain([path])).await?;
    // The kernel lets through what the program calls the home network, and mDNS.
    let allowed: Vec<&str> =
        unit.values("IPAddressAllow").flat_map(str::split_whitespace).collect();
    for network in home_networks() {
        assert!(allowed.contains(&network), "{network}");
    }
    assert_eq!(allowed.len(), home_networks().len() + 2, "{allowed:?}");
    assert!(unit.values("IPAddressDeny").eq(["any"]));
    Ok(())
}

/// What is at home in every house, by RFC 1122, 1918, 3927, 4193 and 4291.
const fn home_networks() -> [&'static str; 8] {
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ]
}

/// Is within the walls, wherever the unit begins a program.
pub(crate) async fn is_shut_in(system: &System, service: Service<'_>) -> anyhow::Result<()> {
    let user = system.ok(&["id", "--user", "doorward"]).await?;
    let told = service.status().await?;
    for (name, value) in [
        ("Uid", [user.trim(); 4].join("\t").as_str()),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
        ("Umask", "0077"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    Ok(())
}

/// Whom the unit's programs send a word to, as the hub's neighbours within the same walls.
const HOME: [&str; 2] = ["192.168.77.1", "fd77::1"];
const STREET: [&str; 2] = ["198.51.100.9", "2001:db8::9"];

#[tokio::test]
async fn the_kernel_lets_the_service_talk_to_the_home_network_alone() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let (system, service) = (&bench.system, bench.service());
    let word = |to: &str| format!("echo >/dev/udp/{to}/9");
    let before = |to: &str| format!("ExecStartPre=-/bin/bash -c '{}'", word(to));
    let words: Vec<_> = [HOME, STREET].concat().into_iter().map(before).collect();
    service.change("words", &words.join("\n")).await?;
    // The program is made to believe that a part of the street is at home: the kernel is not.
    let believes = "DOORWARD_ARGUMENTS=--home-network 198.51.100.0/24";
    system.sh(&format!("echo {believes} >>/etc/default/doorward")).await?;

    let tape = system.tape().await?;
    // The way to the street is open for others on the same machine.
    system.ok(&["bash", "-c", &word("203.0.113.9")]).await?;
    service.start().await?;
    let said = service.said().await?;
    assert_eq!(said.matches("Operation not permitted").count(), STREET.len(), "{said}");
    let cameras = [("porch", HOME[0]), ("street", STREET[0])];
    for (camera, at) in cameras {
        let url = format!("rtsp://{at}/live");
        system.ok(&[PROGRAM, "camera", "add", camera, "--url", &url]).await?;
    }
    for (camera, _) in cameras {
        service.until_of(camera, "camera changed").await?;
    }
    let sent: BTreeSet<SocketAddr> = tape.end().await?.iter().filter_map(Packet::talk).collect();

    for (to, port) in [("203.0.113.9", 9), (HOME[0], 9), (HOME[1], 9), (HOME[0], 554)] {
        let to = SocketAddr::new(to.parse()?, port);
        assert!(sent.contains(&to), "nothing went to {to}: {sent:?}");
    }
    for to in STREET {
        assert!(sent.iter().all(|sent| sent.ip().to_string() != to), "went to {to}: {sent:?}");
    }
    service.stop().await
}

/// Stands for `doorward`: the hub that it starts is the installed service, with other words to its
/// program, and everything else is the program itself, which nothing shuts in.
const STAND_IN: &str = r#"#!/bin/sh
[ "$1" = serve ] || exec /usr/bin/doorward "$@"
chown -R doorward: "$DOORWARD_STATE"
mkdir -p /run/systemd/system/doorward.service.d
cat >/run/systemd/system/doorward.service.d/visit.conf <<END
[Unit]
AssertPathExists=
[Service]
ReadWritePaths=$DOORWARD_STATE
ExecStart=
ExecStart=/usr/bin/doorward $*
END
systemctl daemon-reload
systemctl start doorward || exit
end() {
    kill $!
    systemctl stop doorward || exit
    journalctl --quiet --unit=doorward --priority=err --output=cat | sed 's/^/ERROR /' >&2
    exit 0
}
trap end TERM
systemd-notify --ready --no-block
sleep infinity &
wait
"#;

#[tokio::test]
async fn a_visit_is_played_to_its_end_within_the_units_walls() -> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    let system = &bench.system;
    bench.install().await?;
    let program = system.give(&program("doorward-demo")?)?;
    let camera = concat!(env!("CARGO_MANIFEST_DIR"), "/camera/rtsp_camera.py");
    let given = system.give(Path::new(camera))?;
    system.ok(&["install", "-D", &given, camera]).await?;
    let write = format!("cat >/usr/local/bin/stand-in <<'EOF'\n{STAND_IN}EOF\n");
    system.sh(&(write + "chmod 755 /usr/local/bin/stand-in")).await?;
    let stand_in = "DOORWARD_PROGRAM=/usr/local/bin/stand-in";
    let played = system.ok(&["env", stand_in, &program, "--once", "--state", "/srv/visit"]).await?;

    // It was the service that was visited.
    let said = bench.service().said().await?;
    assert!(said.contains("Deactivated successfully"), "{said}\n{played}");
    Ok(())
}
