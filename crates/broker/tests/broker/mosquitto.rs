//! Debian's mosquitto clients, which nobody here wrote, against the broker.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use doorward_broker::Retain;
use doorward_core::ids::DeviceName;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::support::{House, Identity, in_time, topic};

/// What is said until a subscriber has heard it.
const PROBE: &str = "is anybody there?";
const PROBE_EVERY: Duration = Duration::from_millis(50);

struct Files {
    folder: tempfile::TempDir,
    port: u16,
}

impl Files {
    fn write(house: &House, identity: &Identity) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", &house.authority.pem());
        write("client.pem", &identity.chain_pem);
        write("client.key", &identity.key.serialize_pem());
        Self { folder, port: house.address.port() }
    }

    fn command(&self, program: &str, version: &str, arguments: &[&str]) -> Command {
        let path = |name: &str| Path::join(self.folder.path(), name);
        // Into a pipe, mosquitto_sub would keep its lines to itself.
        let mut command = Command::new("stdbuf");
        command
            .args(["-oL", program])
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-V", version])
            .arg("--cafile")
            .arg(path("ca.pem"))
            .arg("--cert")
            .arg(path("client.pem"))
            .arg("--key")
            .arg(path("client.key"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn publish(&self, version: &str, arguments: &[&str]) -> bool {
        let output = in_time(self.command("mosquitto_pub", version, arguments).output()).await;
        output.unwrap().status.success()
    }

    /// Starts a subscriber and waits until it is subscribed.
    async fn subscribe(
        &self,
        house: &House,
        version: &str,
        probe: &str,
        arguments: &[&str],
    ) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut child = self.command("mosquitto_sub", version, arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let sender = house.link.sender.clone();
        let probe = topic(probe);
        // A subscriber of before may still be there to be reached, so only a
        // line of its own proves that this one is subscribed.
        in_time(async {
            loop {
                let _ = sender.publish(&probe, PROBE, Retain::No).unwrap();
                if let Ok(line) = timeout(PROBE_EVERY, lines.next_line()).await {
                    let line = line.unwrap().expect("a line");
                    if line.ends_with(PROBE) {
                        return;
                    }
                }
            }
        })
        .await;
        (child, lines)
    }
}

/// Waits for the next line that is not a probe's.
async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    loop {
        let line = in_time(lines.next_line()).await.unwrap().expect("a line");
        if !line.ends_with(PROBE) {
            return line;
        }
    }
}

#[tokio::test]
async fn mosquitto_speaks_and_hears_at_every_qos_in_both_versions() {
    let mut house = House::new().await;
    let bridge = house.bridge("z2m");
    let files = Files::write(&house, &bridge);
    for version in ["mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let arguments = ["-q", qos, "-v", "-t", "zigbee2mqtt/#"];
            let (_child, mut lines) =
                files.subscribe(&house, version, "zigbee2mqtt/probe", &arguments).await;
            let name = "zigbee2mqtt/Front door";
            let said = format!("{version} at {qos}");
            assert!(files.publish(version, &["-q", qos, "-t", name, "-m", &said]).await);
            assert_eq!(line(&mut lines).await, format!("{name} {said}"));
            let heard = house.heard().await;
            assert_eq!(heard.device, DeviceName::parse("z2m").unwrap());
            assert_eq!((heard.topic, heard.payload), (topic(name), said.into()));
        }
    }
}

#[tokio::test]
async fn mosquitto_finds_what_is_retained_and_wills_are_said() {
    let house = House::new().await;
    let bridge = house.bridge("z2m");
    let files = Files::write(&house, &bridge);
    for version in ["mqttv311", "mqttv5"] {
        let state = "zigbee2mqtt/bridge/state";
        assert!(files.publish(version, &["-r", "-q", "1", "-t", state, "-m", version]).await);
        let once = ["-C", "1", "-W", "5", "-v", "-t", state];
        let output =
            in_time(files.command("mosquitto_sub", version, &once).output()).await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{state} {version}\n"));

        let (_watcher, mut lines) = files
            .subscribe(&house, version, "zigbee2mqtt/probe", &["-v", "-t", "zigbee2mqtt/#"])
            .await;
        let with_will = [
            "-t",
            "zigbee2mqtt/doomed",
            "--will-topic",
            "zigbee2mqtt/will",
            "--will-payload",
            "gone",
        ];
        let (mut doomed, _) = files
            .subscribe(&house, version, "zigbee2mqtt/doomed", &[&["-v"], &with_will[..]].concat())
            .await;
        doomed.kill().await.unwrap();
        assert_eq!(drain_until(&mut lines, "zigbee2mqtt/will").await, "zigbee2mqtt/will gone");
    }
}

#[tokio::test]
async fn mosquitto_is_refused_what_the_bridge_may_not_do() {
    let mut house = House::new().await;
    let bridge = house.bridge("z2m");
    let files = Files::write(&house, &bridge);
    let target = "doorward/porch/lock/set";
    assert!(!files.publish("mqttv311", &["-q", "1", "-t", target, "-m", "x"]).await);
    files.publish("mqttv5", &["-q", "1", "-t", target, "-m", "x"]).await;
    assert_eq!(house.broker.stats().refusals.values().sum::<u64>(), 2);
    for version in ["mqttv311", "mqttv5"] {
        let arguments = ["-C", "1", "-W", "2", "-t", "doorward/#"];
        let output =
            in_time(files.command("mosquitto_sub", version, &arguments).output()).await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("denied") || said.contains("Not authorized"), "{version}: {said}");
    }
    assert!(house.link.messages.try_recv().is_none());
}

async fn drain_until(lines: &mut Lines<BufReader<ChildStdout>>, name: &str) -> String {
    loop {
        let line = line(lines).await;
        if line.starts_with(name) {
            return line;
        }
    }
}
