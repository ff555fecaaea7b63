//! Nothing leaves the house, seen from outside: a hub as it is shipped, its devices, its camera and
//! its phones in a network whose way out leads to a tape. It is set up, takes a delivery and then
//! idles for an hour, and the tape holds nothing that is not for somebody at home. That the tape
//! hears what leaves is shown on the same tape, by sending something on purpose.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_api::status::ClockTrust;
use doorward_tests::harness::fresh::Fresh;
use doorward_tests::harness::{Blueprint, Filming, Hurried, PATIENCE, Scene};
use doorward_tests::house::Verdict;
use doorward_tests::phone::Phone;
use doorward_tests::street::{HOME, Leak, Packet, Tape, apart};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, interval, timeout};

/// Where devices and phones are listened to if nobody says anything else.
const PORTS: [u16; 2] = [8883, 8443];

/// Somebody in the street (RFC 5737), whom the test talks to on purpose and first of all.
const STRANGER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)), 9);

/// An hour takes half a minute.
const TIMES: u32 = 120;

#[tokio::test]
async fn nothing_leaves_the_house_seen_from_the_street() -> anyhow::Result<()> {
    apart("nothing_leaves_the_house_seen_from_the_street", play).await
}

async fn play() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let tape = Tape::start(folder.path()).await?;
    let (scene, phone) = settle().await?;
    delivery(&scene).await?;
    idle(scene.hurry(TIMES, &[]).await?, phone).await?;
    leave_on_purpose().await?;
    judge(&tape.end().await?)
}

/// Sets the hub up with one phone, pairs another, moves in, and asks for what lies outside.
async fn settle() -> anyhow::Result<(Scene, Phone)> {
    let hub = Fresh::start_with((HOME, PORTS[0]).into(), [] as [&str; 0]).await?;
    let phone = hub.set_up().await?;
    hub.pair("resident", "Ben").await?;
    let blueprint = Blueprint { filming: Filming::Required, ..Blueprint::default() };
    let Fresh { daemon, doorward, folder } = hub;
    let scene = Scene::build_around(folder, doorward, daemon, blueprint).await?;
    for camera in ["rtsp://198.51.100.7/yard", "rtsp://camera.example/yard"] {
        let refused = scene.owner.run(["camera", "add", "yard", "--url", camera]).await?;
        ensure!(refused.code == Some(1), "{camera}: {refused:?}");
    }
    Ok((scene, phone))
}

async fn delivery(scene: &Scene) -> anyhow::Result<()> {
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    ensure!(scene.type_code(&code.digits).await? == Verdict::Accepted, "the code was refused");
    scene.entry_closed(start).await?;
    Ok(())
}

/// An hour for the hub, whose rules notice that the clocks disagree: a program that wanted to know
/// the right time would ask for it here.
async fn idle(scene: Hurried, mut phone: Phone) -> anyhow::Result<()> {
    log_in(&mut phone).await?;
    timers_are_hurried().await?;
    let status = scene.runs_for(Duration::from_secs(3600)).await?;
    let trust = status.house.context("the hub is sealed")?.clock.trust;
    ensure!(trust == ClockTrust::Untrusted, "the hub takes clocks that stray for good ones");
    let asked = phone.ask("GET", "/session", None)?;
    ensure!(asked.status == 401, "a session outlived an hour without a word: {}", asked.status);
    scene.end(&[]).await?;
    Ok(())
}

/// A phone whose minutes are the hub's hours may need more than one try.
async fn log_in(phone: &mut Phone) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut pace = interval(Duration::from_millis(100));
    while let Err(error) = phone.log_in() {
        ensure!(Instant::now() < deadline, "no login: {error:#}");
        pace.tick().await;
    }
    Ok(())
}

/// The hub hangs up on a caller that says nothing, after five of its own seconds.
async fn timers_are_hurried() -> anyhow::Result<()> {
    let mut silent = TcpStream::connect((HOME, PORTS[1])).await?;
    let end = timeout(Duration::from_secs(3), silent.read_to_end(&mut Vec::new())).await;
    drop(end.context("the hub's timers are not hurried")?);
    Ok(())
}

/// What a house should never do.
async fn leave_on_purpose() -> anyhow::Result<()> {
    let v4 = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    v4.send_to(b"hello", STRANGER).await?;
    v4.send_to(&[0x23; 48], (Ipv4Addr::new(192, 168, 77, 1), 123)).await?;
    v4.send_to(b"hello", (Ipv4Addr::new(224, 0, 0, 251), 5353)).await?;
    let v6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await?;
    v6.send_to(b"hello", "[2001:db8::7]:9").await?;
    let found = tokio::net::lookup_host("control.example:80").await;
    ensure!(found.is_err(), "somebody in the street answers");
    let call = TcpStream::connect("203.0.113.9:443");
    ensure!(timeout(Duration::from_millis(300), call).await.is_err(), "somebody answers");
    Ok(())
}

/// The house alone before the stranger was spoken to; all that was done on purpose after it.
fn judge(packets: &[Packet]) -> anyhow::Result<()> {
    let control = packets.iter().position(|packet| packet.talk() == Some(STRANGER));
    let (house, control) = packets.split_at(control.context("the tape hears nobody leave")?);
    for port in PORTS {
        let heard = house.iter().any(|packet| packet.talk() == Some((HOME, port).into()));
        ensure!(heard, "the tape did not hear the house itself at port {port}");
    }
    let leaks: Vec<Leak> = control.iter().filter_map(Packet::leak).collect();
    for wanted in [
        Leak::Outside(STRANGER.ip()),
        Leak::Outside("2001:db8::7".parse()?),
        Leak::Outside("203.0.113.9".parse()?),
        Leak::Time("192.168.77.1:123".parse()?),
        Leak::Name("192.168.77.1:53".parse()?),
        Leak::Name("224.0.0.251:5353".parse()?),
    ] {
        ensure!(leaks.contains(&wanted), "the tape did not hear this: {wanted}");
    }
    let leaks: Vec<String> =
        house.iter().filter_map(Packet::leak).map(|leak| leak.to_string()).collect();
    ensure!(leaks.is_empty(), "something left the house: {leaks:#?}");
    Ok(())
}
