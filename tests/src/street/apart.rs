//! A network of a test's own.
//!
//! The test starts itself anew within fresh namespaces: to change those of a process with many
//! threads is not possible, and the machine's own network stays as it is. Root needs nothing for
//! that; anybody else needs a kernel that grants user namespaces.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::timeout;

use crate::harness::spawn;

/// The house's address in its network.
pub const HOME: Ipv4Addr = Ipv4Addr::new(192, 168, 77, 2);

/// Names the file in which the process within says that it has played to the end. A test runner
/// that finds no test of a name is content, so its exit code alone proves nothing.
const PLAYED: &str = "DOORWARD_TEST_PLAYED";

/// Longer than any play takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(400);

/// Loopback, and a cable whose other end lies in the street: it has the router's hardware address
/// and no other, so that what is sent to the router arrives there and goes no further.
pub(crate) const CABLE: &str = "\
link set lo up
link add lan type veth peer name street
link set street address 02:00:00:00:00:01
address add 192.168.77.2/24 dev lan
address add fd77::2/64 dev lan nodad
link set street up
link set lan up
neighbour add 192.168.77.1 lladdr 02:00:00:00:00:01 dev lan nud permanent
neighbour add fd77::1 lladdr 02:00:00:00:00:01 dev lan nud permanent
route add default via 192.168.77.1
route add ::/0 via fd77::1
";

/// The files by which the C library finds names: it is to ask the router and nobody else, above all
/// no daemon of the machine behind a socket in the file system, which no namespace would hide.
const NAMES: [(&str, &str); 2] = [
    ("/etc/resolv.conf", "nameserver 192.168.77.1\noptions timeout:1 attempts:1\n"),
    ("/etc/nsswitch.conf", "hosts: files dns\n"),
];

/// Runs `play` in a network of its own, in another process that runs `test` alone.
///
/// # Errors
/// If the machine grants no namespaces, if a program is missing, or what `play` found wrong.
pub async fn apart<P>(test: &str, play: impl FnOnce() -> P) -> anyhow::Result<()>
where
    P: Future<Output = anyhow::Result<()>>,
{
    if let Some(played) = std::env::var_os(PLAYED) {
        lay_cable()?;
        play().await?;
        return std::fs::write(played, test).context("saying that the play is over");
    }
    let folder = tempfile::tempdir()?;
    let played = folder.path().join("played");
    let mut within = unshare();
    within.arg(std::env::current_exe()?).args(["--exact", test, "--nocapture"]);
    let mut within = spawn(within.env(PLAYED, &played))
        .context("util-linux's unshare makes the test's network")?;
    let status = timeout(PATIENCE, within.wait()).await.context("the play did not end")??;
    ensure!(
        status.success(),
        "the play in a network of its own failed ({status}), for the reason above; a machine that \
         grants no namespaces, to root or to users, cannot tell whether anything leaves the house"
    );
    ensure!(said(&played).as_deref() == Some(test), "no test of the name {test} was played");
    Ok(())
}

fn unshare() -> tokio::process::Command {
    let mut command = tokio::process::Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--net", "--mount"]).stdin(Stdio::null());
    command
}

fn said(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

fn lay_cable() -> anyhow::Result<()> {
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .context("iproute2's ip lays the cable; `cargo xtask setup` installs it")?;
    let mut words = ip.stdin.take().context("ip has no standard input")?;
    words.write_all(CABLE.as_bytes())?;
    drop(words);
    ensure!(ip.wait()?.success(), "the cable into the street could not be laid");
    NAMES.iter().try_for_each(|(file, text)| cover(Path::new(file), text))
}

/// Puts a text in a file's place, for this test alone.
fn cover(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut cover = tempfile::NamedTempFile::new()?;
    cover.write_all(text.as_bytes())?;
    // The mount keeps the file after its name is gone.
    let (_, cover): (_, PathBuf) = cover.keep()?;
    let mounted = Command::new("mount")
        .args([OsStr::new("--bind"), cover.as_os_str(), file.as_os_str()])
        .status()
        .context("mounting")?;
    std::fs::remove_file(&cover)?;
    ensure!(mounted.success(), "{} could not be covered", file.display());
    Ok(())
}
