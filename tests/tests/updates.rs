//! Packages that an owner brings: signed by the project's own script, checked by the hub's program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use doorward_tests::harness::{Doorward, Outcome, tool};
use tempfile::TempDir;

const LATER: &str = "doorward_99.0.0-1_amd64.deb";
const EARLIER: &str = "doorward_0.0.1-1_amd64.deb";
const FOR_RPM: &str = "doorward-99.0.0-1.x86_64.rpm";

/// Packages, and whom they are from.
struct Given {
    folder: TempDir,
    doorward: Doorward,
}

#[tokio::test]
async fn a_package_that_the_projects_script_signed_is_taken() -> anyhow::Result<()> {
    let given = Given::new().await?;
    for name in [LATER, FOR_RPM] {
        let taken = given.verify(name, &[]).await?;
        assert_eq!(taken.code, Some(0), "{name}: {}", taken.stderr);
        assert!(taken.stdout.contains("99.0.0-1"), "{}", taken.stdout);
    }
    Ok(())
}

#[tokio::test]
async fn a_package_that_was_changed_exchanged_or_not_signed_is_refused() -> anyhow::Result<()> {
    let given = Given::new().await?;
    std::fs::write(given.path(LATER), "another program\n")?;
    given.refuses(LATER, &[], "do not install").await?;
    // The signature goes with the package, and still speaks of another one.
    let renamed = "doorward_99.0.1-1_amd64.deb";
    for end in ["", ".minisig"] {
        let (from, to) = (format!("{EARLIER}{end}"), format!("{renamed}{end}"));
        std::fs::copy(given.path(&from), given.path(&to))?;
    }
    given.refuses(renamed, &[], "a file of another name").await?;
    std::fs::remove_file(given.path(&format!("{FOR_RPM}.minisig")))?;
    given.refuses(FOR_RPM, &[], "is checked by its signature").await
}

#[tokio::test]
async fn an_older_package_is_taken_only_knowingly() -> anyhow::Result<()> {
    let given = Given::new().await?;
    given.refuses(EARLIER, &[], "is older than this one").await?;
    let taken = given.verify(EARLIER, &["--allow-older"]).await?;
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    Ok(())
}

#[tokio::test]
async fn a_key_that_other_users_can_change_is_not_trusted() -> anyhow::Result<()> {
    let given = Given::new().await?;
    std::fs::set_permissions(given.key(), std::fs::Permissions::from_mode(0o666))?;
    given.refuses(LATER, &[], "can be changed by other users").await
}

impl Given {
    async fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let doorward = Doorward::new(&folder.path().join("state"))?;
        let given = Self { folder, doorward };
        let (key, secret) = (given.key(), given.path("secret.key"));
        let words = ["-G", "-W", "-p", text(&key), "-s", text(&secret)];
        tool("minisign", words).await?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644))?;
        for name in [LATER, EARLIER, FOR_RPM] {
            std::fs::write(given.path(name), "a program\n")?;
        }
        let sign = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/sign");
        tool(sign, [text(&secret), text(given.folder.path())]).await?;
        Ok(given)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn key(&self) -> PathBuf {
        self.path("doorward.pub")
    }

    async fn verify(&self, name: &str, more: &[&str]) -> anyhow::Result<Outcome> {
        let (package, key) = (self.path(name), self.key());
        let words = ["update", "verify", text(&package), "--key", text(&key)];
        self.doorward.run(words.iter().chain(more)).await
    }

    async fn refuses(&self, name: &str, more: &[&str], why: &str) -> anyhow::Result<()> {
        let refused = self.verify(name, more).await?;
        assert_eq!(refused.code, Some(1), "{name}: {}", refused.stdout);
        assert!(refused.stderr.contains(why), "{name}: {}", refused.stderr);
        Ok(())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
