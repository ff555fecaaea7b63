//! The files of a package as they will be installed, all with the commit's time and set modes.

use std::fs::{File, FileTimes, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};

use super::elf::Machine;

/// A folder that stands for `/`.
pub(crate) struct Tree {
    root: PathBuf,
    moment: SystemTime,
}

/// Whether a text is stored as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    /// It is.
    No,
    /// With gzip, without name and time.
    Yes,
}

impl Tree {
    /// Makes an empty one.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub(crate) fn new(root: PathBuf, moment: u64) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&root).with_context(|| format!("could not make {root:?}"))?;
        Ok(Self { root, moment: SystemTime::UNIX_EPOCH + Duration::from_secs(moment) })
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Puts a text in its place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn file(&mut self, to: &str, text: &[u8], packed: Packed) -> anyhow::Result<()> {
        let packed = match packed {
            Packed::No => text.to_vec(),
            Packed::Yes => gzip(text)?,
        };
        self.put(to, &packed, 0o644)
    }

    /// Puts a copy of a file of this machine in its place, with the modes that files have.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn copy(&mut self, from: &Path, to: &str) -> anyhow::Result<()> {
        let bytes = std::fs::read(from).with_context(|| format!("could not read {from:?}"))?;
        let runs = std::fs::metadata(from)?.permissions().mode() & 0o100 != 0;
        self.put(to, &bytes, if runs { 0o755 } else { 0o644 })
    }

    /// Another handle on the same folder.
    pub(crate) fn again(&self) -> Self {
        Self { root: self.root.clone(), moment: self.moment }
    }

    /// Puts a script in its place, which may be run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn script(&mut self, to: &str, text: &str) -> anyhow::Result<()> {
        self.put(to, text.as_bytes(), 0o755)
    }

    /// Puts a program in its place, without the symbols that only a debugger reads.
    ///
    /// # Errors
    /// If it is not there or `strip` fails.
    pub(crate) fn program(&mut self, from: &Path, to: &str) -> anyhow::Result<()> {
        let bytes = std::fs::read(from).with_context(|| {
            format!("{} is not built: leave out --programs, or build it first", from.display())
        })?;
        self.put(to, &bytes, 0o755)?;
        let path = self.root.join(to);
        // A program for another machine was stripped where it was built: this `strip` may not know it.
        if Machine::of(&path)?.is_this() {
            run(Command::new("strip").arg("--strip-unneeded").arg(&path))?;
        }
        self.stamp(&path)
    }

    /// Makes a folder that is empty.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn folder(&mut self, to: &str, mode: u32) -> anyhow::Result<()> {
        let path = self.root.join(to);
        std::fs::create_dir_all(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(())
    }

    /// The sum of all sizes, in KiB, each file rounded up as Debian's policy wants it.
    ///
    /// # Errors
    /// If a file cannot be looked at.
    pub(crate) fn installed_kib(&self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for path in paths(&self.root)? {
            let found = std::fs::symlink_metadata(&path)?;
            sum += if found.is_file() { found.len().div_ceil(1024) } else { 1 };
        }
        Ok(sum)
    }

    /// Every file, relative to the root, sorted.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub(crate) fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for path in paths(&self.root)? {
            if !std::fs::symlink_metadata(&path)?.is_dir() {
                files.push(path.strip_prefix(&self.root)?.to_owned());
            }
        }
        Ok(files)
    }

    /// Gives every folder the mode and the commit's time; the last thing to do.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn close(&self) -> anyhow::Result<()> {
        for path in paths(&self.root)?.into_iter().rev().chain([self.root.clone()]) {
            let found = std::fs::symlink_metadata(&path)?;
            if found.is_dir() && found.permissions().mode() & 0o777 != 0o700 {
                std::fs::set_permissions(&path, Permissions::from_mode(0o755))?;
            }
            if !found.is_symlink() {
                self.stamp(&path)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, to: &str, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
        let path = self.root.join(to);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("could not make {folder:?}"))?;
        }
        std::fs::write(&path, bytes).with_context(|| format!("could not write {path:?}"))?;
        std::fs::set_permissions(&path, Permissions::from_mode(mode))?;
        self.stamp(&path)
    }

    fn stamp(&self, path: &Path) -> anyhow::Result<()> {
        let times = FileTimes::new().set_accessed(self.moment).set_modified(self.moment);
        File::open(path)
            .and_then(|file| file.set_times(times))
            .with_context(|| format!("could not set the time of {path:?}"))
    }
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {folder:?}"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A file's size for people.
pub(crate) fn shown_size(path: &Path) -> anyhow::Result<String> {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let bytes = std::fs::metadata(path)?.len() as f64;
    Ok(if bytes < 1e6 {
        format!("{:.1} kB", bytes / 1e3)
    } else {
        format!("{:.1} MB", bytes / 1e6)
    })
}

/// All that lies below a folder, each folder before what is in it, sorted.
fn paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut inside: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("could not read {folder:?}"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    inside.sort();
    let mut found = Vec::new();
    for path in inside {
        let is_folder = std::fs::symlink_metadata(&path)?.is_dir();
        found.push(path.clone());
        if is_folder {
            found.extend(paths(&path)?);
        }
    }
    Ok(found)
}

fn gzip(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut child = Command::new("gzip")
        .args(["-9", "--no-name", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start gzip")?;
    let mut input = child.stdin.take().context("gzip takes nothing")?;
    // It may write before it has read all: both ends must move.
    let packed = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(text));
        child.wait_with_output()
    })?;
    ensure!(packed.status.success(), "gzip ended with {}", packed.status);
    Ok(packed.stdout)
}

/// Runs a tool quietly; what it says is told if it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start {name}: `cargo xtask setup` installs it"))?;
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    ensure!(done.status.success(), "{name} ended with {}:\n{}", done.status, said.concat());
    Ok(())
}
