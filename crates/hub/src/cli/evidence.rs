//! `doorward evidence`: a visit in one file that proves itself.
//!
//! Verifying needs no hub and no network. Exporting opens recordings here, with the
//! household identity, which goes nowhere.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use doorward_api::recording::RecordingDetails;
use doorward_api::{Client, EntryId};
use doorward_recorder::{HouseholdIdentity, RecordingIdentity};
use serde_json::json;
use tempfile::NamedTempFile;

use super::failure::Failure;
use super::look::{Look, Tint};
use super::recording::{fetch, open_key, write_clip};
use super::session::Session;
use super::words::{self, count, duration};
use super::{identity, story};
use crate::daemon::nameless_line;
use crate::evidence::{Checked, Film, Manifest, Named, Pack, PackWriter, check};

#[derive(Subcommand)]
pub(super) enum Evidence {
    /// Saves what proves a visit: its clip, what the log says of it, and the proofs.
    Export(Export),
    /// Checks an evidence pack, offline and without the hub.
    Verify(Verify),
}

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward evidence export 17 --identity recovery.txt --out visit-17.tar

FILE is the recovery sheet, or a file with its AGE-SECRET-KEY-1 line; it is read here and goes
nowhere. Whoever has the pack can watch this visit, and no other.")]
pub(super) struct Export {
    /// The entry's number, as `doorward entry list` shows it.
    entry: EntryId,
    /// The household identity.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// The pack to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward evidence verify visit-17.tar
  doorward evidence verify visit-17.tar --log doorward.local/1f2e…+8a7b6c5d+AQ…

Exit code 1 if anything does not fit; each thing is named. Without --log it is proved that one log
signed it all, not whose log it is: compare its name with the one that `doorward log checkpoint`
prints on the hub.")]
pub(super) struct Verify {
    /// The pack.
    file: PathBuf,
    /// The log's verifier key, known from elsewhere.
    #[arg(long, value_name = "KEY")]
    log: Option<String>,
}

impl Evidence {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Export(export) => export.run(session).await,
            Self::Verify(verify) => verify.run(session),
        }
    }
}

impl Verify {
    fn run(self, session: &mut Session) -> Result<(), Failure> {
        let place = || format!("could not check {}", self.file.display());
        let file = File::open(&self.file).with_context(place)?;
        let pack = Pack::open(BufReader::new(file)).with_context(place)?;
        let checked = check(&pack, self.log.as_deref());
        let lines: Vec<_> = checked
            .leaves
            .iter()
            .filter_map(|one| one.leaf.as_ref().map(|leaf| nameless_line(one.number, leaf)))
            .collect();
        let flaws: Vec<String> = checked.flaws.iter().map(ToString::to_string).collect();
        let shown = json!({
            "entry": pack.manifest.entry,
            "log": checked.log,
            "log_size": checked.log_size,
            "lines": lines,
            "recordings": checked.films.iter().map(|film| json!({
                "id": film.id, "segments": film.segments, "duration_ms": film.duration_ms,
            })).collect::<Vec<_>>(),
            "flaws": flaws,
        });
        session.output.show(&shown, |look| told(&pack.manifest, &checked, &lines, look))?;
        if flaws.is_empty() { Ok(()) } else { Err(Failure::Told) }
    }
}

fn told(
    manifest: &Manifest,
    checked: &Checked,
    lines: &[doorward_api::log::LogLine],
    look: &Look,
) -> String {
    let mut text = format!("Visit {} (named by whoever made the pack: ", manifest.entry);
    text.push_str(&format!("{}, {})\n\n", manifest.named.door, manifest.named.who));
    for line in lines.iter().filter(|line| story::is_told(&line.event)) {
        text.push_str(&format!("  {}  {}\n", look.day_time(line.at), words::line(line)));
    }
    text.push('\n');
    for film in &checked.films {
        let lasts = film.duration_ms.map_or_else(|| "not opened".to_owned(), duration);
        let segments = count(film.segments as u64, "segment", "segments");
        text.push_str(&format!(
            "Recording {}: {segments} as the log names them, {lasts}\n",
            film.id
        ));
    }
    for flaw in &checked.flaws {
        text.push_str(&look.paint(Tint::Bad, format!("DOES NOT FIT: {flaw}")));
        text.push('\n');
    }
    if checked.flaws.is_empty() {
        let log = checked.log.as_deref().unwrap_or_default();
        text.push_str(&look.paint(Tint::Good, "everything fits"));
        text.push_str(&format!(
            ": signed by {log}, whose log had {} then\n",
            count(checked.log_size.unwrap_or(0), "leaf", "leaves")
        ));
    }
    text
}

impl Export {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let household = identity::read(&self.identity)?;
        let hub = session.hub().await?;
        let story = hub.entry(self.entry).await?;
        let named =
            Named { door: story.entry.door.to_string(), who: words::actor(&story.entry.by) };
        let mut manifest = Manifest::new(hub.evidence(self.entry).await?, named);
        let mut films = Vec::new();
        for recording in &story.recordings {
            let details = hub.recording(recording.id).await?;
            manifest.recordings.push(film(&details));
            films.push(details);
        }
        let out = beside(&self.out)?;
        let place = || format!("could not write {}", self.out.display());
        let mut pack = PackWriter::begin(BufWriter::new(out), &manifest).with_context(place)?;
        for details in &films {
            add(&hub, details, &household, &mut pack).await?;
        }
        let written = pack.finish().with_context(place)?;
        let written = written.into_inner().map_err(|error| error.into_error());
        let written = written.with_context(place)?;
        written.as_file().sync_all().with_context(place)?;
        written.persist_noclobber(&self.out).with_context(place)?;
        let shown = json!({ "out": self.out, "recordings": films.len() });
        Ok(session.output.show(&shown, |_| {
            format!(
                "{}: visit {} with {}; `doorward evidence verify` checks it anywhere",
                self.out.display(),
                self.entry,
                count(films.len() as u64, "recording", "recordings"),
            )
        })?)
    }
}

fn film(details: &RecordingDetails) -> Film {
    Film {
        id: details.recording.id,
        recipient: details.recipient.clone(),
        segments: details.segments.iter().map(|segment| segment.sequence).collect(),
    }
}

/// Adds one recording: its key, its sealed segments and its clip.
async fn add<W: Write>(
    hub: &Client,
    details: &RecordingDetails,
    household: &HouseholdIdentity,
    pack: &mut PackWriter<W>,
) -> anyhow::Result<()> {
    let id = details.recording.id.0;
    let key = open_key(details, household)?;
    let folder = tempfile::tempdir().context("no folder for sealed segments")?;
    let paths = fetch(hub, details, folder.path()).await?;
    pack.key(id, &key).context("could not write the pack")?;
    for (segment, path) in details.segments.iter().zip(&paths) {
        pack.segment(id, segment.sequence, path).context("could not write the pack")?;
    }
    if paths.is_empty() { Ok(()) } else { add_clip(id, &paths, &key, folder.path(), pack) }
}

fn add_clip<W: Write>(
    id: u64,
    sealed: &[PathBuf],
    key: &RecordingIdentity,
    folder: &Path,
    pack: &mut PackWriter<W>,
) -> anyhow::Result<()> {
    let (clip, _) = write_clip(sealed, key, &folder.join("clip.mp4"))?;
    pack.clip(id, clip.path()).context("could not write the pack")
}

/// A file beside the one that is wanted, where nobody else may read it.
fn beside(out: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    anyhow::ensure!(!out.exists(), "{} exists already: name another file", out.display());
    NamedTempFile::new_in(folder).with_context(|| format!("could not write {}", out.display()))
}
