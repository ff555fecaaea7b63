//! What the hub tells the service manager that started it.
#![cfg(debug_assertions)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use doorward_tests::harness::{Doorward, PATIENCE};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStderr};
use tokio::time::timeout;

/// How long the service manager of these tests waits for a sign of life.
const WATCHDOG: Duration = Duration::from_secs(1);

/// A hub, and the socket on which it tells how it is.
struct Service {
    child: Child,
    told: UnixDatagram,
    _folder: tempfile::TempDir,
}

#[tokio::test]
async fn a_hub_whose_rules_hang_gives_no_sign_of_life() -> anyhow::Result<()> {
    let mut service = Service::start().await?;
    service.says("READY=1").await?;
    for _ in 0..3 {
        service.says("WATCHDOG=1").await?;
    }

    let log = service.child.stderr.take().unwrap();
    service.signal(rustix::process::Signal::USR1)?;
    wrote(log, "told to hang").await?;

    while service.told.try_recv(&mut [0; 4096]).is_ok() {}
    let silence = timeout(3 * WATCHDOG, service.says("WATCHDOG=1")).await;
    assert!(silence.is_err(), "nobody answers for the rules");
    service.child.kill().await?;
    Ok(())
}

#[tokio::test]
async fn a_hub_that_is_told_to_stop_says_that_it_does() -> anyhow::Result<()> {
    let mut service = Service::start().await?;
    service.says("READY=1").await?;
    service.signal(rustix::process::Signal::TERM)?;
    service.says("STOPPING=1").await?;
    assert!(timeout(PATIENCE, service.child.wait()).await??.success());
    Ok(())
}

impl Service {
    async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let doorward = Doorward::new(&folder.path().join("state"))?;
        doorward.init(&folder.path().join("recovery.txt")).await?;
        let socket = folder.path().join("notify");
        let told = UnixDatagram::bind(&socket)?;
        let child = doorward
            .command()
            .args(["serve", "--mqtt-listen", "127.0.0.1:0", "--https-listen", "127.0.0.1:0"])
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self { child, told, _folder: folder })
    }

    async fn says(&self, wanted: &str) -> anyhow::Result<()> {
        let heard = async {
            let mut message = [0; 4096];
            loop {
                let length = self.told.recv(&mut message).await?;
                let text = String::from_utf8_lossy(&message[..length]).into_owned();
                if text.lines().any(|line| line == wanted) {
                    return Ok(());
                }
            }
        };
        timeout(PATIENCE, heard).await?
    }

    fn signal(&self, signal: rustix::process::Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id().unwrap())?;
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        Ok(rustix::process::kill_process(pid, signal)?)
    }
}

async fn wrote(log: ChildStderr, wanted: &str) -> anyhow::Result<()> {
    let found = async {
        let mut lines = BufReader::new(log).lines();
        while let Some(line) = lines.next_line().await? {
            if line.contains(wanted) {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("the log ended without `{wanted}`")
    };
    timeout(PATIENCE, found).await?
}
