//! `doorward recording`: what the hub keeps sealed, opened by its owner.
//!
//! The identity never goes to the hub: sealed bytes come from it, and they are opened
//! in this process.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use doorward_api::recording::{
    ChangeKeepRules, KeepRules, RecordingDetails, RecordingQuery, RecordingState, RecordingView,
    SegmentView,
};
use doorward_api::{Client, RecordingId, hex};
use doorward_recorder::{Exported, RecordingIdentity, SealedSecret, export, open_secret};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::identity;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::words::{bytes, count, duration};
use crate::state_dir::create_new;

/// Disks are sold and shown in these.
const GB: u64 = 1_000_000_000;

#[derive(Subcommand)]
pub(super) enum Recording {
    /// Lists recordings, newest first.
    List(List),
    /// Opens a recording and writes it as one mp4.
    Export(Export),
    /// Opens a recording's own key, which opens that recording and nothing else.
    Key(Key),
    /// Saves a recording's sealed segments as they are.
    Fetch(Fetch),
    /// Erases a recording that has ended: its key first, then its files.
    Erase(One),
    /// Says for how long recordings are kept, or changes it.
    Keep(Keep),
}

#[derive(Args)]
pub(super) struct List {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward recording export 8 --identity recovery.txt --out clip.mp4

FILE is the recovery sheet that `doorward init` wrote, or a file with its AGE-SECRET-KEY-1 line.
It is read here and goes nowhere.")]
pub(super) struct Export {
    /// The recording's number, as `doorward recording list` shows it.
    id: RecordingId,
    /// The household identity.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// The mp4 to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrites the mp4 if it is there.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
#[command(after_help = "\
To share one recording and no other, or to open it without doorward:
  doorward recording key 8 --identity recovery.txt --out recording-8.key
  doorward recording fetch 8 --out recording-8
  age --decrypt -i recording-8.key recording-8/00000001.age > segment.mp4")]
pub(super) struct Key {
    /// The recording's number.
    id: RecordingId,
    /// The household identity.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// The file to write; without it, the key is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Fetch {
    /// The recording's number.
    id: RecordingId,
    /// The folder for the segments; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward recording keep                            what is kept
  doorward recording keep --days 14                  nothing for longer than two weeks
  doorward recording keep --gb-per-camera 50

Once an hour the hub erases what is older, and of each camera the oldest that does not fit.
While the hub does not trust its clock nothing is erased for its age.")]
pub(super) struct Keep {
    /// The most days for which a recording is kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// The most GB that are kept of one camera.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gb_per_camera: Option<u32>,
}

#[derive(Args)]
pub(super) struct One {
    /// The recording's number.
    id: RecordingId,
}

impl Recording {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(session).await,
            Self::Export(export) => export.run(session).await,
            Self::Key(key) => key.run(session).await,
            Self::Fetch(fetch) => fetch.run(session).await,
            Self::Keep(keep) => keep.run(session).await,
            Self::Erase(One { id }) => {
                session.hub().await?.erase_recording(id).await?;
                Ok(session.output.done(&format!("recording {id} is erased"))?)
            }
        }
    }
}

impl Keep {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let bytes_per_camera = self.gb_per_camera.map(|gb| u64::from(gb) * GB);
        let rules = match (self.days, bytes_per_camera) {
            (None, None) => hub.keep_rules().await?,
            (days, bytes_per_camera) => {
                hub.change_keep_rules(&ChangeKeepRules { days, bytes_per_camera }).await?
            }
        };
        Ok(session.output.show(&rules, |_| kept(&rules))?)
    }
}

fn kept(rules: &KeepRules) -> String {
    let KeepRules { days, bytes_per_camera } = rules;
    let days = count((*days).into(), "day", "days");
    let gb = bytes_per_camera / GB;
    format!("recordings are kept for {days} at most, and at most {gb} GB of each camera")
}

impl List {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let query = RecordingQuery { before: None, limit: Some(self.limit) };
        let recordings = session.hub().await?.recordings(&query).await?;
        Ok(session.output.show(&recordings, |look| table(&recordings, look))?)
    }
}

fn table(recordings: &[RecordingView], look: &Look) -> String {
    if recordings.is_empty() {
        return "no recordings yet".to_owned();
    }
    let heading = ["id", "when", "camera", "entry", "length", "size", "state"];
    let mut table = Table::with_heading(heading);
    for recording in recordings {
        table.push([
            recording.id.to_string().into(),
            recording.starts_at.map_or_else(|| "–".to_owned(), |at| look.day_time(at)).into(),
            recording.camera.as_str().into(),
            recording.entry.map_or_else(|| "–".to_owned(), |entry| entry.to_string()).into(),
            duration(recording.duration_ms).into(),
            bytes(recording.bytes).into(),
            state(recording.state),
        ]);
    }
    table.lay_out(0, look)
}

fn state(state: RecordingState) -> Cell {
    match state {
        RecordingState::Running => Cell::tinted(Tint::Watch, "running"),
        RecordingState::Closed => Cell::tinted(Tint::Good, "sealed"),
        RecordingState::Interrupted => Cell::tinted(Tint::Watch, "interrupted"),
    }
}

impl Export {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        // What can fail for nothing is tried before anything is fetched.
        if self.out.exists() && !self.force {
            let out = self.out.display();
            return Err(anyhow!("{out} exists already: name another file, or add --force").into());
        }
        let household = identity::read(&self.identity)?;
        let hub = session.hub().await?;
        let details = hub.recording(self.id).await?;
        let key = open_key(&details, &household)?;
        let sealed = tempfile::tempdir().context("no folder for sealed segments")?;
        let paths = fetch(&hub, &details, sealed.path()).await?;
        let (clip, exported) = write_clip(&paths, &key, &self.out)?;
        self.keep(clip)?;
        let shown = json!({
            "out": self.out,
            "starts_at": exported.starts_at,
            "duration_ms": exported.duration_ms,
            "segments": exported.segments,
        });
        Ok(session.output.show(&shown, |look| {
            format!(
                "{}: {} from {}, out of {}",
                self.out.display(),
                duration(exported.duration_ms),
                look.day_time(exported.starts_at),
                count(exported.segments.into(), "sealed segment", "sealed segments"),
            )
        })?)
    }

    /// Moves the whole clip to its place. What came to lie there meanwhile stays, too.
    fn keep(&self, clip: NamedTempFile) -> anyhow::Result<()> {
        let kept =
            if self.force { clip.persist(&self.out) } else { clip.persist_noclobber(&self.out) };
        kept.map(drop).with_context(|| format!("could not write {}", self.out.display()))
    }
}

/// Writes the clip beside its place, where nobody else may read it.
pub(super) fn write_clip(
    segments: &[PathBuf],
    key: &RecordingIdentity,
    out: &Path,
) -> anyhow::Result<(NamedTempFile, Exported)> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let place = || format!("could not write {}", out.display());
    let mut clip = NamedTempFile::new_in(folder).with_context(place)?;
    let sealed = segments.iter().map(std::fs::read);
    let exported = export(sealed, key, &mut clip).context("could not export")?;
    clip.as_file().sync_all().with_context(place)?;
    Ok((clip, exported))
}

impl Key {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let household = identity::read(&self.identity)?;
        let details = session.hub().await?.recording(self.id).await?;
        let line = open_key(&details, &household)?.expose();
        let Some(out) = self.out else {
            return Ok(session.output.print(line.expose_secret())?);
        };
        let text = Zeroizing::new(format!("{}\n", line.expose_secret()));
        create_new(&out, text.as_bytes()).map_err(anyhow::Error::from)?;
        let shown = json!({ "out": out, "recipient": details.recipient });
        Ok(session.output.show(&shown, |_| {
            format!("{}: opens recording {} and nothing else", out.display(), self.id)
        })?)
    }
}

impl Fetch {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let details = hub.recording(self.id).await?;
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("could not make the folder {}", self.out.display()))?;
        let paths = fetch(&hub, &details, &self.out).await?;
        let shown = json!({ "out": self.out, "recipient": details.recipient, "segments": paths });
        Ok(session.output.show(&shown, |_| {
            let number = count(paths.len() as u64, "sealed segment", "sealed segments");
            format!("{}: {number}", self.out.display())
        })?)
    }
}

pub(super) fn open_key(
    details: &RecordingDetails,
    household: &doorward_recorder::HouseholdIdentity,
) -> anyhow::Result<RecordingIdentity> {
    let sealed = SealedSecret::from_bytes(details.sealed_secret.clone());
    open_secret(&sealed, household).context(
        "this identity does not open the recording: is it the sheet of the household that the \
         entry belongs to?",
    )
}

/// Fetches all sealed segments into a folder, one file each, and checks each against
/// the hash that the log has.
pub(super) async fn fetch(
    hub: &Client,
    details: &RecordingDetails,
    folder: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let id = details.recording.id;
    let mut paths = Vec::with_capacity(details.segments.len());
    for segment in &details.segments {
        let sealed = hub.segment(id, segment.sequence).await?.into_vec(segment.bytes).await?;
        check(&sealed, segment)?;
        let path = folder.join(format!("{:08}.age", segment.sequence));
        create_new(&path, &sealed)?;
        paths.push(path);
    }
    Ok(paths)
}

fn check(sealed: &[u8], segment: &SegmentView) -> anyhow::Result<()> {
    if hex::encode(&Sha256::digest(sealed)) != segment.sha256 {
        bail!(
            "segment {} is not what the log says it was; `doorward log verify` may tell more",
            segment.sequence
        );
    }
    Ok(())
}
