//! Checking a pack: from the signature over the log down to each picture.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use doorward_api::evidence::EvidenceLeaf;
use doorward_core::event::{Leaf, LogEvent};
use doorward_core::ids::{EntryId, RecordingId};
use doorward_recorder::{RecordingIdentity, export};
use doorward_store::{
    InclusionProof, NumberedLeaf, SignedCheckpoint, commitment, entry_of, log_name,
    read_checkpoint, recording_of,
};
use sha2::{Digest, Sha256};

use super::manifest::{Film, Manifest};
use super::pack::{OpenedFilm, Pack};

/// What a check came to.
pub struct Checked {
    /// The log that signed, by its name; absent if the key is none.
    pub log: Option<String>,
    /// How many leaves the checkpoint covers; absent if nobody signed it.
    pub log_size: Option<u64>,
    /// The leaves that are proved.
    pub leaves: Vec<NumberedLeaf>,
    /// The recordings.
    pub films: Vec<CheckedFilm>,
    /// What does not fit; a pack without flaws is whole.
    pub flaws: Vec<Flaw>,
}

/// What a check of a recording came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedFilm {
    /// The recording.
    pub id: u64,
    /// How many of its segments are the ones that the log names.
    pub segments: usize,
    /// How long it lasts, gaps included; absent if it does not open.
    pub duration_ms: Option<u64>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The key is none.
    #[error("the pack names no key of a log")]
    NoKey,
    /// The pack is of another hub than the one that was asked about.
    #[error("the pack is of another hub: its log is {0}")]
    OtherHub(String),
    /// The signature does not fit.
    #[error("the checkpoint is not signed by this log: it is another hub's, or was changed")]
    Checkpoint,
    /// A leaf or its proof does not fit.
    #[error(
        "leaf {0} is not what the log holds at its place: it, its salt or its proof was changed"
    )]
    Leaf(u64),
    /// A leaf is proved, and is about something else.
    #[error("leaf {0} is in the log, but not of this visit")]
    StrayLeaf(u64),
    /// There is no proved leaf at all.
    #[error("the pack proves nothing: no leaf of it is in the log")]
    NothingProved,
    /// A segment that the log names is not there.
    #[error("segment {sequence} of recording {recording} is in the log and not in the pack")]
    SegmentMissing {
        /// The recording.
        recording: u64,
        /// The segment.
        sequence: u32,
    },
    /// A segment is not the one that the log names.
    #[error("segment {sequence} of recording {recording} was changed: the log has another hash")]
    SegmentChanged {
        /// The recording.
        recording: u64,
        /// The segment.
        sequence: u32,
    },
    /// A segment of which the log says nothing.
    #[error("segment {sequence} of recording {recording} is not in the log")]
    SegmentUnknown {
        /// The recording.
        recording: u64,
        /// The segment.
        sequence: u32,
    },
    /// The key is missing or opens nothing.
    #[error("the key of recording {0} is missing or does not open its segments")]
    FilmKey(u64),
    /// The clip shows something else than the segments.
    #[error("the clip of recording {0} was changed: its sealed segments show something else")]
    Clip(u64),
    /// There is no clip of segments that are there.
    #[error("the clip of recording {0} is missing")]
    ClipMissing(u64),
    /// A file could not be read back.
    #[error("recording {0} could not be read back")]
    Unreadable(u64),
}

/// Checks a pack. `expected` is the verifier key that is known from elsewhere, if it is.
#[must_use]
pub fn check(pack: &Pack, expected: Option<&str>) -> Checked {
    let mut checked = Checked {
        log: log_name(&pack.manifest.verifier_key).map(str::to_owned),
        log_size: None,
        leaves: Vec::new(),
        films: Vec::new(),
        flaws: Vec::new(),
    };
    checked.look_at_key(&pack.manifest, expected);
    match read_checkpoint(&pack.manifest.verifier_key, &pack.manifest.checkpoint) {
        Ok(checkpoint) => checked.look_at_leaves(&pack.manifest, &checkpoint),
        Err(_) => checked.flaws.push(Flaw::Checkpoint),
    }
    checked.look_at_films(pack);
    checked
}

/// The hashes that the log has of sealed segments, by recording and sequence.
type Logged = BTreeMap<(u64, u32), String>;

impl Checked {
    fn look_at_key(&mut self, manifest: &Manifest, expected: Option<&str>) {
        match (&self.log, expected) {
            (None, _) => self.flaws.push(Flaw::NoKey),
            (Some(log), Some(key)) if key.trim() != manifest.verifier_key => {
                self.flaws.push(Flaw::OtherHub(log.clone()));
            }
            (Some(_), _) => {}
        }
    }

    fn look_at_leaves(&mut self, manifest: &Manifest, checkpoint: &SignedCheckpoint) {
        self.log_size = Some(checkpoint.size);
        let mut found = Vec::new();
        for leaf in &manifest.leaves {
            match proved(leaf, checkpoint) {
                Some(body) => found.push((leaf.number, body)),
                None => self.flaws.push(Flaw::Leaf(leaf.number)),
            }
        }
        let visit = Visit::of(EntryId(manifest.entry.0), &found);
        for (number, body) in found {
            if visit.holds(&body.event) {
                self.leaves.push(NumberedLeaf { number, leaf: Some(body) });
            } else {
                self.flaws.push(Flaw::StrayLeaf(number));
            }
        }
        if self.leaves.is_empty() {
            self.flaws.push(Flaw::NothingProved);
        }
    }

    fn look_at_films(&mut self, pack: &Pack) {
        // Without a proved leaf nothing can be said of any picture.
        if self.leaves.is_empty() {
            return;
        }
        let logged = self.logged();
        for film in &pack.manifest.recordings {
            let empty = OpenedFilm::default();
            let opened = pack.films.get(&film.id.0).unwrap_or(&empty);
            self.look_at_film(film, opened, &logged);
        }
        let listed = |id: &u64| pack.manifest.recordings.iter().any(|film| film.id.0 == *id);
        let missing = logged.keys().filter(|(id, _)| !listed(id) && !self.was_erased(*id));
        let missing: Vec<Flaw> = missing
            .map(|(recording, sequence)| Flaw::SegmentMissing {
                recording: *recording,
                sequence: *sequence,
            })
            .collect();
        self.flaws.extend(missing);
    }

    fn look_at_film(&mut self, film: &Film, opened: &OpenedFilm, logged: &Logged) {
        let id = film.id.0;
        let mut good = Vec::new();
        for (sequence, path) in &opened.segments {
            match segment_flaw(id, *sequence, path, logged) {
                Some(flaw) => self.flaws.push(flaw),
                None => good.push(path.as_path()),
            }
        }
        let wanted = logged.keys().filter(|(recording, _)| *recording == id);
        for (_, sequence) in wanted.filter(|(_, sequence)| !opened.segments.contains_key(sequence))
        {
            self.flaws.push(Flaw::SegmentMissing { recording: id, sequence: *sequence });
        }
        let all_good = good.len() == opened.segments.len();
        let duration_ms =
            (all_good && !good.is_empty()).then(|| self.look_at_clip(id, opened, &good)).flatten();
        self.films.push(CheckedFilm { id, segments: good.len(), duration_ms });
    }

    /// Makes the clip again and holds it against the one in the pack.
    fn look_at_clip(&mut self, id: u64, film: &OpenedFilm, sealed: &[&Path]) -> Option<u64> {
        let Some(key) = &film.key else {
            self.flaws.push(Flaw::FilmKey(id));
            return None;
        };
        let mut made = Hasher(Sha256::new());
        let Some(duration_ms) = export_into(sealed, key, &mut made) else {
            self.flaws.push(Flaw::FilmKey(id));
            return None;
        };
        match film.clip.as_deref().map(hash_of) {
            None => self.flaws.push(Flaw::ClipMissing(id)),
            Some(Ok(hash)) if hash == made.0.finalize().as_slice() => {}
            Some(Ok(_)) => self.flaws.push(Flaw::Clip(id)),
            Some(Err(_)) => self.flaws.push(Flaw::Unreadable(id)),
        }
        Some(duration_ms)
    }

    fn logged(&self) -> Logged {
        let sealed = |event: &LogEvent| {
            let LogEvent::SegmentSealed { recording, sequence, sha256 } = event else {
                return None;
            };
            Some(((recording.0, *sequence), sha256.clone()))
        };
        self.events().filter_map(sealed).collect()
    }

    /// Says whether the log itself says that a recording is gone.
    fn was_erased(&self, id: u64) -> bool {
        self.events().any(
            |event| matches!(event, LogEvent::RecordingErased { recording } if recording.0 == id),
        )
    }

    fn events(&self) -> impl Iterator<Item = &LogEvent> {
        self.leaves.iter().filter_map(|leaf| leaf.leaf.as_ref()).map(|leaf| &leaf.event)
    }
}

/// Returns what a leaf says, if it is in the log.
fn proved(leaf: &EvidenceLeaf, checkpoint: &SignedCheckpoint) -> Option<Leaf> {
    let hash = |bytes: &Vec<u8>| <[u8; 32]>::try_from(bytes.as_slice()).ok();
    let proof = InclusionProof {
        number: leaf.number,
        commitment: commitment(leaf.salt.as_bytes(), leaf.body.as_bytes()),
        path: leaf.path.iter().map(|bytes| hash(&bytes.0)).collect::<Option<_>>()?,
        checkpoint: checkpoint.clone(),
    };
    let fits = leaf.salt.as_bytes().len() == SALT_BYTES && proof.holds();
    fits.then(|| Leaf::decode(leaf.body.as_bytes()).ok()).flatten()
}

/// A salt of another length would let salt and body be divided anew.
const SALT_BYTES: usize = 16;

/// An entry with the recordings that the log says were made of it.
struct Visit {
    entry: EntryId,
    recordings: BTreeSet<RecordingId>,
}

impl Visit {
    fn of(entry: EntryId, found: &[(u64, Leaf)]) -> Self {
        let own = found.iter().filter(|(_, leaf)| entry_of(&leaf.event) == Some(entry));
        Self { entry, recordings: own.filter_map(|(_, leaf)| recording_of(&leaf.event)).collect() }
    }

    /// Says whether an event is of the entry, or of one of its recordings.
    fn holds(&self, event: &LogEvent) -> bool {
        match entry_of(event) {
            Some(entry) => entry == self.entry,
            None => recording_of(event).is_some_and(|one| self.recordings.contains(&one)),
        }
    }
}

fn segment_flaw(recording: u64, sequence: u32, path: &Path, logged: &Logged) -> Option<Flaw> {
    let Some(expected) = logged.get(&(recording, sequence)) else {
        return Some(Flaw::SegmentUnknown { recording, sequence });
    };
    match hash_of(path) {
        Ok(hash) if doorward_api::hex::encode(&hash) == *expected => None,
        Ok(_) => Some(Flaw::SegmentChanged { recording, sequence }),
        Err(_) => Some(Flaw::Unreadable(recording)),
    }
}

fn hash_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut hasher = Hasher(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.0.finalize().to_vec())
}

/// Makes a clip; absent if the key does not open it.
fn export_into(sealed: &[&Path], key: &RecordingIdentity, out: &mut Hasher) -> Option<u64> {
    let segments = sealed.iter().map(std::fs::read);
    export(segments, key, out).ok().map(|exported| exported.duration_ms)
}

/// Keeps of what is written its hash alone.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
