//! A pack as a file: written, and taken apart into a folder of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use doorward_recorder::RecordingIdentity;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::manifest::{FORMAT, Manifest};

const MANIFEST: &str = "evidence.json";
const README: &str = "README.txt";
const README_TEXT: &str = "\
recordings/*/clip.mp4     what the camera saw; any player opens it
recordings/*/*.mp4.age    the same, sealed, as the hub stored it
recordings/*/key.txt      opens these files and no others (age-encryption.org)
evidence.json             what the hub's log says of the visit, and the proofs

To check that nothing in it was changed, offline and without the hub:

  doorward evidence verify FILE
";

/// No manifest is longer, whatever happened at a door.
const MOST_MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
/// A key is one line.
const MOST_KEY_BYTES: u64 = 1024;
/// As many files as a recording of a day has, and more.
const MOST_FILES: usize = 200_000;

/// Why a file is no evidence pack that could be checked.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The archive ends too early, or is none.
    #[error("the file is cut short, or is no evidence pack")]
    CutShort,
    /// There is no manifest, or it cannot be read.
    #[error("the file holds no evidence.json that can be read")]
    NoManifest,
    /// The format is of another version.
    #[error("the pack is of a format that this version does not know")]
    UnknownFormat,
    /// A name in the archive is none of a pack's.
    #[error("the pack holds a file that does not belong there: {0}")]
    StrayFile(String),
    /// A file is there twice, or there are too many.
    #[error("the pack holds more files than it can")]
    TooMany,
    /// There is no room to take it apart.
    #[error("the pack could not be taken apart")]
    NoRoom(#[source] io::Error),
}

/// A pack, taken apart.
pub struct Pack {
    /// What it says that it holds.
    pub manifest: Manifest,
    /// What it holds of each recording.
    pub films: BTreeMap<u64, OpenedFilm>,
    _folder: TempDir,
}

/// The files of one recording.
#[derive(Default)]
pub struct OpenedFilm {
    /// The key to its segments, if it is there and is one.
    pub key: Option<RecordingIdentity>,
    /// The sealed segments, by their sequence.
    pub segments: BTreeMap<u32, PathBuf>,
    /// The clip, if there is one.
    pub clip: Option<PathBuf>,
}

/// What a name in the archive stands for.
enum Place {
    Manifest,
    Readme,
    Key(u64),
    Segment(u64, u32),
    Clip(u64),
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        match name.split('/').collect::<Vec<_>>().as_slice() {
            [MANIFEST] => Some(Self::Manifest),
            [README] => Some(Self::Readme),
            ["recordings", recording, file] => {
                let recording = number(recording)?;
                match *file {
                    "key.txt" => Some(Self::Key(recording)),
                    "clip.mp4" => Some(Self::Clip(recording)),
                    sealed => {
                        let sequence = sealed.strip_suffix(".mp4.age")?;
                        Some(Self::Segment(recording, u32::try_from(number(sequence)?).ok()?))
                    }
                }
            }
            _ => None,
        }
    }
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

impl Pack {
    /// Takes a pack apart. Names in it choose no path: each known one has a place here.
    ///
    /// # Errors
    /// If the file is no pack, or is cut short.
    pub fn open(file: impl Read) -> Result<Self, PackError> {
        let folder = tempfile::tempdir().map_err(PackError::NoRoom)?;
        let mut opening = Opening { folder: folder.path(), manifest: None, films: BTreeMap::new() };
        let mut seen = BTreeSet::new();
        let mut archive = tar::Archive::new(file);
        for entry in archive.entries().map_err(|_| PackError::CutShort)? {
            let mut entry = entry.map_err(|_| PackError::CutShort)?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let place = Place::of(&name).ok_or_else(|| PackError::StrayFile(shown(&name)))?;
            if !seen.insert(name) || seen.len() > MOST_FILES {
                return Err(PackError::TooMany);
            }
            opening.take(place, &mut entry)?;
        }
        let manifest = opening.manifest.ok_or(PackError::NoManifest)?;
        if manifest.format != FORMAT {
            return Err(PackError::UnknownFormat);
        }
        Ok(Self { manifest, films: opening.films, _folder: folder })
    }
}

/// As much of a foreign name as is safe to show.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(80).collect()
}

struct Opening<'a> {
    folder: &'a Path,
    manifest: Option<Manifest>,
    films: BTreeMap<u64, OpenedFilm>,
}

impl Opening<'_> {
    fn take(&mut self, place: Place, content: &mut impl Read) -> Result<(), PackError> {
        match place {
            Place::Readme => Ok(()),
            Place::Manifest => {
                let read = bounded(content, MOST_MANIFEST_BYTES)?;
                self.manifest = serde_json::from_slice(&read).ok();
                Ok(())
            }
            Place::Key(film) => {
                let read = bounded(content, MOST_KEY_BYTES)?;
                let text = std::str::from_utf8(&read).ok().map(SecretString::from);
                let key = text.and_then(|text| RecordingIdentity::parse(&text).ok());
                self.films.entry(film).or_default().key = key;
                Ok(())
            }
            Place::Segment(film, sequence) => {
                let path = self.put(&format!("{film}-{sequence}.age"), content)?;
                self.films.entry(film).or_default().segments.insert(sequence, path);
                Ok(())
            }
            Place::Clip(film) => {
                let path = self.put(&format!("{film}.mp4"), content)?;
                self.films.entry(film).or_default().clip = Some(path);
                Ok(())
            }
        }
    }

    fn put(&self, name: &str, content: &mut impl Read) -> Result<PathBuf, PackError> {
        let path = self.folder.join(name);
        let mut file = File::create_new(&path).map_err(PackError::NoRoom)?;
        io::copy(content, &mut file).map_err(|_| PackError::CutShort)?;
        Ok(path)
    }
}

fn bounded(content: &mut impl Read, most: u64) -> Result<Zeroizing<Vec<u8>>, PackError> {
    let mut read = Zeroizing::new(Vec::new());
    content.take(most).read_to_end(&mut read).map_err(|_| PackError::CutShort)?;
    Ok(read)
}

/// Writes a pack.
pub struct PackWriter<W: Write> {
    archive: tar::Builder<W>,
    made_at: u64,
}

impl<W: Write> PackWriter<W> {
    /// Begins a pack with its manifest.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(out: W, manifest: &Manifest) -> io::Result<Self> {
        let made_at = u64::try_from(manifest.made_at.as_second()).unwrap_or(0);
        let mut writer = Self { archive: tar::Builder::new(out), made_at };
        let mut text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
        text.push(b'\n');
        writer.add(MANIFEST, text.len() as u64, text.as_slice())?;
        writer.add(README, README_TEXT.len() as u64, README_TEXT.as_bytes())?;
        Ok(writer)
    }

    /// Adds the key to a recording.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn key(&mut self, film: u64, key: &RecordingIdentity) -> io::Result<()> {
        let text = Zeroizing::new(format!("{}\n", key.expose().expose_secret()));
        self.add(&format!("recordings/{film}/key.txt"), text.len() as u64, text.as_bytes())
    }

    /// Adds a sealed segment.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn segment(&mut self, film: u64, sequence: u32, sealed: &Path) -> io::Result<()> {
        self.file(&format!("recordings/{film}/{sequence:06}.mp4.age"), sealed)
    }

    /// Adds a recording's clip.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn clip(&mut self, film: u64, clip: &Path) -> io::Result<()> {
        self.file(&format!("recordings/{film}/clip.mp4"), clip)
    }

    /// Ends the pack and hands the writer below back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.archive.into_inner()
    }

    fn file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        self.add(name, bytes, file)
    }

    fn add(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(self.made_at);
        header.set_entry_type(tar::EntryType::Regular);
        self.archive.append_data(&mut header, name, content)
    }
}
