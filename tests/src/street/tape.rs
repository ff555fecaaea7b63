//! Every packet on every interface, recorded by tcpdump and read back from its file.
//!
//! tcpdump is a program that nobody here wrote, says itself how many packets it lost, and writes a
//! file that other programs read, too. Of that file (pcap, link type `LINUX_SLL2`) this reads what
//! the kernel wrote before each packet, and leaves the packet itself to [`Packet::read`].

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::{Child, Command};

use super::Packet;
use crate::harness::{keep, spawn, terminate};
use crate::journal::{Journal, Place};

const PATIENCE: Duration = Duration::from_secs(30);

/// The file's first word: microseconds, in the byte order of this machine.
const MAGIC: u32 = 0xa1b2_c3d4;

/// Linux' "cooked" packets of all interfaces, version 2.
const LINUX_SLL2: u32 = 276;

/// A running recording.
#[derive(Debug)]
pub struct Tape {
    child: Child,
    said: Journal<String>,
    file: PathBuf,
}

impl Tape {
    /// Starts recording, and returns when nothing is missed any more.
    ///
    /// # Errors
    /// If tcpdump is missing or may not listen.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::start_by(Command::new("tcpdump"), folder).await
    }

    /// The same by a command that begins tcpdump, in another network perhaps.
    pub(crate) async fn start_by(mut command: Command, folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("street.pcap");
        command
            .args(["--interface=any", "--linktype=LINUX_SLL2", "--snapshot-length=192", "-n"])
            .args(["--immediate-mode", "--packet-buffered", "--buffer-size=16384"])
            .args(["--relinquish-privileges=root", "-w"])
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = spawn(&mut command).context("`cargo xtask setup` installs tcpdump")?;
        let said = keep(child.stderr.take());
        let listens = |line: &String| line.contains("listening on").then_some(());
        said.wait(Place::default(), PATIENCE, "tcpdump to listen", listens).await?;
        Ok(Self { child, said, file })
    }

    /// Ends the recording and reads it.
    ///
    /// # Errors
    /// If a packet was lost, or the file is not what it should be.
    pub async fn end(mut self) -> anyhow::Result<Vec<Packet>> {
        let status = terminate(&mut self.child, PATIENCE).await?;
        ensure!(status.success(), "tcpdump ended with {status}: {:?}", self.said.all());
        let lost = |line: &String| line.contains("dropped by kernel").then(|| line.clone());
        let (lost, _) =
            self.said.wait(Place::default(), PATIENCE, "tcpdump's account", lost).await?;
        ensure!(lost.starts_with("0 packets"), "the tape has gaps: {lost}");
        read(&std::fs::read(&self.file)?)
    }
}

/// Reads a file of packets.
fn read(file: &[u8]) -> anyhow::Result<Vec<Packet>> {
    let (header, mut rest) = file.split_at_checked(24).context("the tape has no header")?;
    ensure!(word(header, 0)? == MAGIC, "the tape is of another kind");
    ensure!(word(header, 20)? == LINUX_SLL2, "the tape is of another link type");
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let (record, after) = rest.split_at_checked(16).context("the tape breaks off")?;
        let kept = usize::try_from(word(record, 8)?)?;
        let (bytes, after) = after.split_at_checked(kept).context("the tape breaks off")?;
        packets.push(cooked(bytes)?);
        rest = after;
    }
    Ok(packets)
}

/// Reads what stands before a packet: its protocol, in network order, comes first.
fn cooked(bytes: &[u8]) -> anyhow::Result<Packet> {
    let Some((&[high, low, ..], packet)) = bytes.split_first_chunk::<20>() else {
        bail!("a packet on the tape has no header");
    };
    Ok(Packet::read(u16::from_be_bytes([high, low]), packet))
}

fn word(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    let word = bytes.get(at..at + 4).context("the tape breaks off")?;
    Ok(u32::from_ne_bytes(word.try_into()?))
}
