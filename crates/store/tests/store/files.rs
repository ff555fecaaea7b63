//! Files that cannot be opened, each with its own message; what the file shows.

use std::path::Path;
use std::process::Command;

use doorward_store::{Audio, Camera, CommitError, DatabaseError, OpenError, ReadError, Store};
use secrecy::{ExposeSecret, SecretString};

use crate::house::{House, bolt, deliver, furnish, keys, keys_of, raw};

fn refusal(path: &Path) -> OpenError {
    match Store::open(path, keys()) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn a_missing_file_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    assert!(matches!(refusal(&path), OpenError::Missing { .. }));
    assert!(!path.exists());
}

#[test]
fn a_database_is_never_overwritten() {
    let (house, store) = House::new();
    drop(store);
    let before = std::fs::read(house.path()).unwrap();
    assert!(matches!(Store::create(&house.path(), keys()), Err(OpenError::Exists { .. })));
    assert_eq!(std::fs::read(house.path()).unwrap(), before);
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    let (house, store) = House::new();
    drop(store);
    let error = Store::open(&house.path(), keys_of(8)).err().unwrap();
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
    house.open();
}

#[test]
fn a_file_that_is_no_database_is_told_from_a_wrong_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    for bytes in [Vec::new(), b"hello".to_vec(), vec![0; 5_000]] {
        std::fs::write(&path, &bytes).unwrap();
        let error = refusal(&path);
        assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert!(matches!(refusal(&path), OpenError::NotADatabase { .. }));
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let (house, mut store) = House::new();
    deliver(&mut store, 1);
    drop(store);
    let whole = std::fs::read(house.path()).unwrap();
    for bytes in [whole.len() - 1, whole.len() - 4_096, 8_192, 4_096, 4_095, 100] {
        std::fs::write(house.path(), &whole[..bytes]).unwrap();
        let error = refusal(&house.path());
        let cut_or_damaged = matches!(error, OpenError::NotADatabase { .. })
            || matches!(error, OpenError::Database { source: DatabaseError::Damaged, .. });
        assert!(cut_or_damaged, "{bytes}: {error} {error:?}");
    }
}

#[test]
fn a_flipped_bit_is_never_taken_for_truth() {
    let (house, mut store) = House::new();
    for id in 1..=10 {
        deliver(&mut store, id);
    }
    drop(store);
    let whole = std::fs::read(house.path()).unwrap();
    for page in 0..whole.len() / 4_096 {
        let mut flipped = whole.clone();
        flipped[page * 4_096 + 1_000] ^= 4;
        std::fs::write(house.path(), &flipped).unwrap();
        match Store::open(&house.path(), keys()) {
            Err(OpenError::Database { source: DatabaseError::Damaged, .. }) => {}
            Err(other) => panic!("page {page}: {other} {other:?}"),
            Ok(mut store) => {
                let error = store.questions().unwrap().check_file().unwrap_err();
                assert!(matches!(error, ReadError::Database(DatabaseError::Damaged)), "{error}");
            }
        }
    }
}

#[test]
fn a_sound_file_is_found_sound_while_it_is_written() {
    let (_house, mut store) = House::new();
    for id in 1..=20 {
        deliver(&mut store, id);
        store.questions().unwrap().check_file().unwrap();
    }
    store.scrub().unwrap();
    store.questions().unwrap().check_file().unwrap();
}

#[test]
fn a_second_hub_is_told_that_the_first_one_runs() {
    let (house, store) = House::new();
    let error = refusal(&house.path());
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    drop(store);
    house.open();
}

#[test]
fn a_lock_held_by_a_tool_fails_the_commit_and_not_the_next() {
    let (house, mut store) = House::new();
    let tool = raw(&house.path());
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.commit(&bolt(1)).unwrap_err();
    assert!(matches!(error, CommitError::Database(DatabaseError::Locked)), "{error}");
    tool.execute_batch("ROLLBACK").unwrap();
    store.commit(&bolt(2)).unwrap();
    assert_eq!(store.questions().unwrap().verify(&[]).unwrap().leaves, 2);
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let (house, store) = House::new();
    drop(store);
    raw(&house.path()).pragma_update(None, "user_version", 99).unwrap();
    let error = refusal(&house.path());
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_log_signed_with_another_key_is_not_ours() {
    let (house, store) = House::new();
    drop(store);
    let mut other = keys();
    other.log_signing_seed = keys_of(3).log_signing_seed;
    let error = Store::open(&house.path(), other).err().unwrap();
    assert!(matches!(error, OpenError::LogMismatch { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (house, _store) = House::new();
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn the_files_show_nothing_of_what_is_in_them() {
    let (house, mut store) = House::new();
    deliver(&mut store, 1);
    let secret = || SecretString::from("rtsp://canary-camera/stream");
    store
        .add_camera(&Camera {
            name: doorward_core::ids::CameraName::parse("canary-name").unwrap(),
            url: secret(),
            username: Some("canary-user".into()),
            password: Some(SecretString::from("canary-password")),
            audio: Audio::Off,
            pre_roll: std::time::Duration::from_secs(5),
        })
        .unwrap();
    let cameras = store.questions().unwrap().cameras().unwrap();
    assert_eq!(cameras[0].url.expose_secret(), secret().expose_secret());
    for moment in ["open", "closed"] {
        for file in std::fs::read_dir(house.folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for clear in ["canary", "SQLite format", "CREATE TABLE", "unlock_granted", "Porch"] {
                let found = bytes.windows(clear.len()).any(|window| window == clear.as_bytes());
                assert!(!found, "{clear} while {moment}");
            }
        }
        if moment == "open" {
            store = {
                drop(store);
                house.open()
            };
        }
    }
}

/// A file system of 512 KiB, if this machine lets us mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "doorward-test"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_fails_the_commit_and_loses_nothing_that_was_committed() {
    let Some(disk) = SmallDisk::mount("size=640k") else {
        println!("skipped: this needs the right to mount a tmpfs");
        return;
    };
    let path = disk.0.path().join("db");
    let mut store = Store::create(&path, keys()).unwrap();
    furnish(&mut store);
    let ballast = disk.0.path().join("ballast");
    let mut committed = 1;
    let error = loop {
        match store.commit(&bolt(1)) {
            Ok(_) => committed += 1,
            Err(error) => break error,
        }
        if committed == 20 {
            // Fills what is left but for a few pages.
            let _ = std::fs::write(&ballast, vec![0; 200_000]);
        }
    };
    assert!(matches!(error, CommitError::Database(DatabaseError::Full)), "{error:?}");
    std::fs::remove_file(&ballast).unwrap();
    store.commit(&bolt(2)).unwrap();
    let leaves = store.questions().unwrap().verify(&[]).unwrap().leaves;
    // What failed may be on the disk all the same.
    assert!(leaves == committed + 1 || leaves == committed + 2, "{leaves} {committed}");
}

#[test]
fn a_disk_that_cannot_be_written_says_so() {
    let Some(disk) = SmallDisk::mount("size=4m") else {
        println!("skipped: this needs the right to mount a tmpfs");
        return;
    };
    let path = disk.0.path().join("db");
    drop(Store::create(&path, keys()).unwrap());
    let mut remount = Command::new("mount");
    let done = remount.args(["-o", "remount,ro"]).arg(disk.0.path()).status().unwrap();
    assert!(done.success());
    let error = refusal(&path);
    assert!(
        matches!(error, OpenError::Database { source: DatabaseError::ReadOnly, .. }),
        "{error:?}"
    );
}
