//! A unit's restrictions, as far as they can be had without systemd.
//!
//! Bubblewrap stands in for systemd: it mounts, takes capabilities away and installs the filter of
//! system calls, which is made of systemd's own lists. Not had are what needs control groups: the
//! firewall (`IPAddressDeny=`), device access, limits of memory; and what systemd itself hands over:
//! credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::{System, filter};

/// Starts a program within walls. Bubblewrap stays and passes no signal on, so that SIGTERM is brought to
/// the hub by its number, which lies beside its state; what it ends with is what this ends with.
const SCRIPT: &str = "\
#!/bin/sh
umask @UMASK@
ulimit -c @CORE@
ulimit -n @FILES@
user=$([ ! -d /run/user ] || echo --tmpfs /run/user)
bwrap @WALLS@ \\
    @OPEN@ \\
    --bind \"${NOTIFY_SOCKET%/*}\" \"${NOTIFY_SOCKET%/*}\" \\
    --ro-bind \"$1\" \"$1\" --seccomp 9 -- \"$@\" 9< @SEEN@/filter &
walls=$!
trap 'kill \"$(cat \"@STATE@/doorward.lock\")\"' TERM
wait $walls
code=$?
while kill -0 $walls 2>/dev/null; do
    wait $walls
    code=$?
done
exit $code
";

/// A service's unit.
#[derive(Debug)]
pub struct Unit {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
}

impl Unit {
    /// Reads the hub's.
    ///
    /// # Errors
    /// If it is not there.
    pub fn of_the_hub() -> anyhow::Result<Self> {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/doorward/systemd/doorward.service");
        let text = std::fs::read_to_string(path).context("the hub has no unit")?;
        Ok(Self::read(path, &text))
    }

    /// Reads the one that is installed in a system.
    ///
    /// # Errors
    /// If none is.
    pub async fn installed(system: &System) -> anyhow::Result<Self> {
        let path = "/usr/lib/systemd/system/doorward.service";
        let text = system.ok(&["cat", path]).await.context("no unit is installed")?;
        Ok(Self::read(path, &text))
    }

    fn read(path: &str, text: &str) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with(['#', '['])) {
            if let Some((key, value)) = line.split_once('=') {
                values.entry(key.to_owned()).or_default().push(value.to_owned());
            }
        }
        Self { path: path.into(), values }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All values of a setting.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.values.get(key).into_iter().flatten().map(String::as_str)
    }

    /// The value of a setting that is made once.
    ///
    /// # Errors
    /// If it is not made, or more than once.
    pub fn value(&self, key: &str) -> anyhow::Result<&str> {
        let mut values = self.values(key);
        let value = values.next().with_context(|| format!("the unit says nothing of {key}"))?;
        ensure!(values.next().is_none(), "the unit has {key} more than once");
        Ok(value)
    }

    /// Writes a script `shut-in` into a folder, which is known as `seen` where it will run, that starts a
    /// program, which may lie anywhere, as the unit would: `shut-in PROGRAM WORD…`. What may be written
    /// are the folders `open`, of which the first is the hub's state and which may be variables of a
    /// shell, and the folder of the notification socket.
    ///
    /// # Errors
    /// If the unit has a restriction that this knows nothing of, or a list cannot be had.
    pub fn script(&self, folder: &Path, seen: &str, open: &[&str]) -> anyhow::Result<PathBuf> {
        std::fs::write(folder.join("filter"), filter::of(self)?)
            .context("could not write the filter")?;
        let bind = |folder: &&str| format!("--bind \"{folder}\" \"{folder}\"");
        let text = SCRIPT
            .replace("@UMASK@", self.value("UMask")?)
            .replace("@CORE@", self.value("LimitCORE")?)
            .replace("@FILES@", self.value("LimitNOFILE")?)
            .replace("@WALLS@", &self.walls()?.join(" "))
            .replace("@OPEN@", &open.iter().map(bind).collect::<Vec<_>>().join(" "))
            .replace("@STATE@", open.first().context("a hub without a state folder")?)
            .replace("@SEEN@", seen);
        let script = folder.join("shut-in");
        std::fs::write(&script, text)?;
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Ok(script)
    }

    /// What Bubblewrap is told, restriction by restriction. It takes away new privileges by itself.
    fn walls(&self) -> anyhow::Result<Vec<&'static str>> {
        let known: [(&str, &str, &[&'static str]); 7] = [
            ("ProtectSystem", "strict", &["--ro-bind / /"]),
            ("PrivateTmp", "yes", &["--tmpfs /tmp", "--tmpfs /var/tmp"]),
            ("ProtectHome", "yes", &["--tmpfs /home", "--tmpfs /root", "$user"]),
            ("PrivateDevices", "yes", &["--dev /dev"]),
            ("CapabilityBoundingSet", "", &["--cap-drop ALL"]),
            ("PrivateUsers", "yes", &["--unshare-user"]),
            ("PrivateIPC", "yes", &["--unshare-ipc"]),
        ];
        let mut walls = Vec::new();
        for (key, value, told) in known {
            ensure!(self.values(key).eq([value]), "the unit says something else of {key}");
            walls.extend(told);
        }
        walls.extend(["--new-session", "--die-with-parent"]);
        Ok(walls)
    }
}
