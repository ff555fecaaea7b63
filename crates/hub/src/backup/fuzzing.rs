//! What must hold of any bytes that somebody has sealed to the household. Fuzzing looks for some of
//! which it does not; the test reads again those that it starts from, and changes them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::open::{open, unpack};
use crate::state_dir::StateDir;

/// Reads bytes as what is within a backup's seal, and as a backup.
///
/// # Panics
/// If something comes to lie elsewhere than in the folder, is no plain file or is open to others.
pub fn backups(bytes: &[u8]) {
    let around = tempfile::tempdir().expect("a folder");
    let state = StateDir::named(around.path().join("state"));
    std::fs::create_dir(state.path()).expect("a folder");
    // Whether it is a hub, or what is wrong with it, is not asked here.
    drop(unpack(bytes, &state, &mut |_| {}));
    assert_eq!(names(around.path()), ["state"], "something lies beside the folder");
    for name in names(state.path()) {
        match name.as_str() {
            "doorward.db" => plain(&state.database()),
            "ca" => names(&state.ca()).iter().for_each(|file| plain(&state.ca().join(file))),
            other => panic!("{other} does not belong there"),
        }
    }
    let nobody = age::x25519::Identity::generate();
    assert!(open(bytes, &nobody, &state, &mut |_| {}).is_err(), "sealed to nobody, and opened");
}

fn names(folder: &Path) -> Vec<String> {
    let inside = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = inside.map(|entry| name(entry.expect("a file"))).collect();
    // File systems list them in any order; what the test changes is the same everywhere.
    names.sort();
    names
}

fn plain(path: &Path) {
    let found = std::fs::symlink_metadata(path).expect("it was listed");
    assert!(found.is_file(), "{} is no plain file", path.display());
    assert_eq!(found.permissions().mode() & 0o7777, 0o600, "{}", path.display());
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// The files that fuzzing starts from, by name.
    fn corpus() -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/backups");
        let read = |name: String| {
            let bytes = std::fs::read(folder.join(&name)).unwrap();
            (name, bytes)
        };
        names(&folder).into_iter().map(read).collect()
    }

    #[test]
    fn the_corpus_holds_a_hub_and_what_is_none() {
        let opens = |bytes: &[u8]| {
            let folder = tempfile::tempdir().unwrap();
            unpack(bytes, &StateDir::named(folder.path()), &mut |_| {}).is_ok()
        };
        let corpus = corpus();
        assert!(corpus.len() >= 5, "{} files: where is the corpus?", corpus.len());
        for (name, bytes) in corpus {
            assert_eq!(opens(&bytes), name == "whole", "{name}");
        }
    }

    #[test]
    fn what_fuzzing_starts_from_breaks_nothing_however_it_is_changed() {
        let mut chance = StdRng::seed_from_u64(1);
        for (_, seed) in corpus() {
            backups(&seed);
            for _ in 0..40 {
                let mut bytes = seed.clone();
                for _ in 0..chance.random_range(1..4) {
                    let at = chance.random_range(0..bytes.len());
                    bytes[at] = chance.random();
                }
                bytes.truncate(chance.random_range(1..=bytes.len()));
                backups(&bytes);
            }
        }
    }
}
