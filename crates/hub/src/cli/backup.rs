//! `doorward backup`: all that a hub needs to live on, sealed to its household.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;
use tempfile::NamedTempFile;

use super::failure::Failure;
use super::session::Session;
use super::words::bytes;

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward backup --out /media/usb/doorward-2026-11-22.age

One file, sealed to the household: it opens with the key on the recovery sheet, which the
household's paired devices hold, too. In it are the hub's keys, its database and its certificates.
Recordings are NOT in it; copy the folder `recordings` of the state folder for those, its files are
sealed already.

Whoever has the file and the recovery sheet has the hub: keep the two apart. `doorward restore`
makes a hub of them.")]
pub(super) struct Backup {
    /// The file to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        // What can fail for nothing is tried before anything is sealed.
        let folder = self.folder_for(session.state())?;
        let place = || format!("could not write {}", self.out.display());
        let file = NamedTempFile::new_in(&folder).with_context(place)?;
        let hub = session.hub().await?;
        session.output.progress("the hub seals its backup …");
        let download = hub.backup().await?;
        let said = download.bytes();
        let mut out = tokio::fs::File::from_std(file.reopen().with_context(place)?);
        let written = download.write_to(&mut out, said.unwrap_or(u64::MAX)).await?;
        out.sync_all().await.with_context(place)?;
        if said.is_some_and(|said| said != written) {
            return Err(anyhow!("the backup broke off: try again").into());
        }
        file.persist_noclobber(&self.out).map_err(|failed| failed.error).with_context(place)?;
        File::open(&folder).and_then(|folder| folder.sync_all()).with_context(place)?;
        let shown = json!({ "out": self.out, "bytes": written });
        let out = self.out.display();
        Ok(session.output.show(&shown, |_| {
            format!(
                "{out}: {}, sealed to the household. It opens with the recovery sheet: keep the \
                 two apart, and both off this machine.",
                bytes(written)
            )
        })?)
    }

    /// Returns the folder of the file, which must be another than the one that is lost
    /// with the machine.
    fn folder_for(&self, state: &Path) -> anyhow::Result<PathBuf> {
        let out = self.out.display();
        if self.out.exists() {
            return Err(anyhow!("{out} exists already: name another file"));
        }
        let folder = match self.out.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let folder = folder.canonicalize().with_context(|| format!("could not write {out}"))?;
        // A state folder that is not there holds no backup either.
        if state.canonicalize().is_ok_and(|state| folder.starts_with(state)) {
            return Err(anyhow!(
                "{out} lies in the state folder and would be lost with it: name a file elsewhere"
            ));
        }
        Ok(folder)
    }
}
