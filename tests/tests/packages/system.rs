//! The system that the packages are installed in, which is to leave nothing on the machine that tests.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_tests::packaging::{Room, System};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

/// Names the pipe by which the process that has the system says where.
const THERE: &str = "DOORWARD_TEST_SYSTEM";

#[tokio::test]
async fn a_system_ends_with_the_test_that_had_it_however_that_is_stopped() -> anyhow::Result<()> {
    const NAME: &str = "system::a_system_ends_with_the_test_that_had_it_however_that_is_stopped";
    if std::env::var_os(THERE).is_some() {
        let system = System::build(Room::Ample).await?;
        eprintln!("\n{}", system.given().display());
        return std::future::pending().await;
    }
    // As `timeout` stops a test, and whoever presses Ctrl-C.
    for signal in [Signal::TERM, Signal::INT] {
        let mut test = Command::new(std::env::current_exe()?);
        test.args(["--exact", NAME, "--nocapture"]).env(THERE, "");
        test.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut test = test.spawn()?;
        let mut said = BufReader::new(test.stderr.take().context("no pipe")?);
        let mut before = String::new();
        let given = loop {
            let mut line = String::new();
            timeout(PATIENCE, said.read_line(&mut line)).await??;
            ensure!(!line.is_empty(), "it has ended before its system was there: {before}");
            if line.starts_with('/') {
                break PathBuf::from(line.trim());
            }
            before += &line;
        };
        assert!(given.is_dir());

        let group = test.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process_group(group.context("it has ended")?, signal)?;
        test.wait().await?;
        // The system's first process and its keeper have the pipe's other end, too.
        let mut rest = String::new();
        let ended = timeout(PATIENCE, said.read_to_string(&mut rest)).await;
        ended.context("something of the system lives on")??;
        assert_eq!(rest, "", "the keeper did not come to an end with it");
        assert!(!given.exists(), "its folder is still there");
    }
    Ok(())
}
