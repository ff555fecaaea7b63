//! A hub's birth, and what may be found in its cradle afterwards.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::keys::{Sources, UnlockError, Unlocker, open, passphrase};
use crate::state_dir::{ConfigError, UnlockMode};

const WORDS: &str = "harbour violin toast moss";

#[test]
fn a_hub_with_a_passphrase_waits_sealed_and_opens_for_its_owner() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), by_passphrase()), no_database).unwrap();
    assert_eq!(born.config.unlock, UnlockMode::Passphrase);
    assert_eq!(born.notices, []);
    let state = StateDir::open(born.state.path()).unwrap();
    assert_eq!(Config::load(&state).unwrap(), born.config);

    let alone = open(&state, &Unlocker::Unattended(Sources::default()));
    assert!(matches!(alone, Err(UnlockError::NeedsPassphrase)));
    let wrong = Keys::unlock_with_passphrase(&state, &SecretString::from("harbour viola"));
    assert!(matches!(wrong, Err(UnlockError::WrongPassphrase)));
    let keys = Keys::unlock_with_passphrase(&state, &SecretString::from(WORDS)).unwrap();
    same(&keys, &born.keys);
    Authority::open(&state, &keys.ca_sealing).unwrap();
}

#[test]
fn a_hub_with_a_keyfile_opens_by_itself_and_its_owner_is_told_the_price() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), InitUnlock::Keyfile), no_database).unwrap();
    let path = born.state.root_keyfile();
    assert_eq!(born.notices, [Notice::KeyfileProtectsNothing { path: path.clone() }]);
    same(&Keys::unlock_unattended(&born.state, &Sources::default()).unwrap(), &born.keys);
    let typed = Keys::unlock_with_passphrase(&born.state, &SecretString::from(WORDS));
    assert!(matches!(typed, Err(UnlockError::NoPassphrase { mode: UnlockMode::Keyfile })));

    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    let unlocked = || Keys::unlock_unattended(&born.state, &Sources::default()).err().unwrap();
    mode(0o640);
    assert!(matches!(unlocked(), UnlockError::TooOpen { .. }));
    mode(0o600);
    std::fs::write(&path, "short").unwrap();
    assert!(matches!(unlocked(), UnlockError::Damaged { .. }));
    let other = RootKey::draw().unwrap().expose_text();
    std::fs::write(&path, other.expose_secret()).unwrap();
    assert!(matches!(unlocked(), UnlockError::OtherHub));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(unlocked(), UnlockError::Unreadable { .. }));
}

#[test]
fn a_hub_with_a_systemd_credential_opens_with_what_systemd_gives() {
    let home = tempfile::tempdir().unwrap();
    // Stands for systemd's program, whose encryption is not ours to test.
    let program = home.path().join("creds");
    std::fs::write(&program, "#!/bin/sh\ntr 0-9a-f g-v\n").unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
    let unlock = InitUnlock::SystemdCreds(SystemdCreds::at(program));
    let born = init(options(home.path(), unlock), no_database).unwrap();
    let sealed = std::fs::read_to_string(born.state.root_credential()).unwrap();
    assert!(matches!(&*born.notices, [Notice::UnitLine { .. }]));

    let given = home.path().join("given");
    std::fs::create_dir(&given).unwrap();
    let sources = Sources { credentials: Some(given.clone()) };
    let missing = Keys::unlock_unattended(&born.state, &sources);
    assert!(matches!(missing, Err(UnlockError::Credential(CredentialError::NotGiven { .. }))));
    let plain: String = sealed
        .chars()
        .map(|c| match "ghijklmnopqrstuv".find(c) {
            Some(digit) => char::from_digit(u32::try_from(digit).unwrap(), 16).unwrap(),
            None => c,
        })
        .collect();
    std::fs::write(given.join(super::super::CREDENTIAL_NAME), plain).unwrap();
    same(&Keys::unlock_unattended(&born.state, &sources).unwrap(), &born.keys);
}

#[test]
fn a_hub_does_not_open_for_a_recipient_that_somebody_slipped_in() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), InitUnlock::Keyfile), no_database).unwrap();
    let path = born.state.config();
    let written = std::fs::read_to_string(&path).unwrap();
    let unlock = || Keys::unlock_unattended(&born.state, &Sources::default());
    let spaced = written.replace("  ", "\t");
    assert_ne!(spaced, written);
    std::fs::write(&path, spaced).unwrap();
    unlock().unwrap();

    let theirs = HouseholdIdentity::generate().recipient();
    let hub = HubId::draw().unwrap();
    for (ours, theirs) in [
        (born.config.household.as_ref().unwrap().recipient.as_str(), theirs.as_str()),
        (born.config.hub.as_str(), hub.as_str()),
        ("Lindenallee 4", "Lindenallee 5"),
    ] {
        std::fs::write(&path, written.replace(ours, theirs)).unwrap();
        assert!(matches!(unlock(), Err(UnlockError::Config(ConfigError::Altered { .. }))));
    }
}

#[test]
fn nothing_secret_lies_in_the_state_folder() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), by_passphrase()), real_database).unwrap();
    let names = crate::ca::HubNames::of_host("hub-1");
    let authority = Authority::open(&born.state, &born.keys.ca_sealing).unwrap();
    let now = Timestamp::now();
    let server =
        authority.server_certificate(&born.state, &born.keys.ca_sealing, &names, now).unwrap();
    let sealed = std::fs::read(born.state.root_sealed()).unwrap();
    let root = passphrase::open_sealed(&sealed, &SecretString::from(WORDS)).ok().unwrap();

    let household = line_of(born.sheet.as_ref().unwrap());
    let root_text = root.expose_text().expose_secret().trim().to_owned();
    let root_bytes: Vec<u8> = root_text
        .as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let authority_key = scalar_of(authority.expose_der());
    let server_key = scalar_of(server.credential.expose_key().secret_der());
    let mut needles = vec![
        WORDS.as_bytes().to_vec(),
        household.clone().into_bytes(),
        household.to_lowercase().into_bytes(),
    ];
    for key in [
        root_bytes.as_slice(),
        &authority_key,
        &server_key,
        born.keys.database.expose_database_key(),
        root.derive(b"doorward/v1/code-mac").expose_secret(),
        born.keys.log_signing.expose_log_signing_seed(),
        born.keys.ca_sealing.expose_ca_sealing_key(),
    ] {
        needles.extend(written_forms(key));
    }
    let files = files_below(born.state.path());
    assert!(files.contains(&born.state.database()) && files.len() >= 7, "{files:?}");
    for (file, needle) in files.iter().flat_map(|f| needles.iter().map(move |n| (f, n))) {
        let content = std::fs::read(file).unwrap();
        let found = content.windows(needle.len()).any(|window| window == needle.as_slice());
        assert!(!found, "a secret lies in {}", file.display());
    }
}

#[test]
fn the_keyfile_is_the_only_file_that_holds_the_root_key() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), InitUnlock::Keyfile), no_database).unwrap();
    let text = std::fs::read_to_string(born.state.root_keyfile()).unwrap();
    let holding = |file: &PathBuf| {
        let content = std::fs::read(file).unwrap();
        content.windows(64).any(|window| window == text.trim().as_bytes())
    };
    let found: Vec<_> = files_below(born.state.path()).into_iter().filter(holding).collect();
    assert_eq!(found, [born.state.root_keyfile()]);
}

#[test]
fn the_database_opens_with_the_keys_of_a_later_start_and_with_no_others() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), by_passphrase()), real_database).unwrap();
    let later = Keys::unlock_with_passphrase(&born.state, &SecretString::from(WORDS)).unwrap();
    let store = doorward_store::Store::open(&born.state.database(), later.for_store());
    drop(store.expect("the same keys"));
    let other = Keys::derive(RootKey::draw().unwrap());
    assert!(doorward_store::Store::open(&born.state.database(), other.for_store()).is_err());
}

#[test]
fn everything_in_the_state_folder_is_its_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), by_passphrase()), real_database).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in files_below(born.state.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for folder in [born.state.path(), &born.state.ca(), &born.state.recordings()] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
}

#[test]
fn the_sheet_goes_where_the_owner_said_and_nowhere_else() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("sheet.txt");
    let mut options = options(home.path(), by_passphrase());
    options.household = sheet_to(Some(out.clone()));
    let born = init(options, no_database).unwrap();
    assert_eq!(born.notices, [Notice::SheetWritten { path: out.clone() }]);
    assert!(
        std::fs::read_to_string(&out).unwrap().contains(&line_of(born.sheet.as_ref().unwrap()))
    );
}

#[test]
fn the_sheet_is_not_put_into_the_state_folder() {
    let home = tempfile::tempdir().unwrap();
    for inside in ["state/sheet.txt", "other/../state/sheet.txt"] {
        std::fs::create_dir_all(home.path().join("other")).unwrap();
        let mut options = options(home.path(), by_passphrase());
        options.household = sheet_to(Some(home.path().join(inside)));
        assert!(matches!(init(options, no_database), Err(InitError::SheetOnHub { .. })));
        assert!(!home.path().join("state").exists());
    }
}

#[test]
fn a_failed_database_takes_everything_back() {
    let home = tempfile::tempdir().unwrap();
    let sheet = home.path().join("sheet.txt");
    let fail = |state: &StateDir, _: &Keys| {
        std::fs::write(state.database(), "half")?;
        Err("no space".into())
    };
    let mut fresh = options(home.path(), by_passphrase());
    fresh.household = sheet_to(Some(sheet.clone()));
    assert!(matches!(init(fresh, fail), Err(InitError::Database(_))));
    assert!(!home.path().join("state").exists() && !sheet.exists());

    std::fs::create_dir(home.path().join("state")).unwrap();
    assert!(init(options(home.path(), by_passphrase()), fail).is_err());
    assert_eq!(std::fs::read_dir(home.path().join("state")).unwrap().count(), 0);
    init(options(home.path(), by_passphrase()), no_database).unwrap();
}

#[test]
fn a_sheet_that_exists_is_kept_and_no_hub_is_made() {
    let home = tempfile::tempdir().unwrap();
    let sheet = home.path().join("sheet.txt");
    std::fs::write(&sheet, "an older one").unwrap();
    let mut options = options(home.path(), by_passphrase());
    options.household = sheet_to(Some(sheet.clone()));
    assert!(matches!(init(options, no_database), Err(InitError::File(_))));
    assert_eq!(std::fs::read_to_string(&sheet).unwrap(), "an older one");
    assert!(!home.path().join("state").exists());
}

#[test]
fn a_second_init_refuses_and_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), by_passphrase()), no_database).unwrap();
    let again = init(options(home.path(), by_passphrase()), no_database);
    assert!(matches!(again, Err(InitError::State(StateDirError::AlreadyInitialised { .. }))));
    Keys::unlock_with_passphrase(&born.state, &SecretString::from(WORDS)).unwrap();
}

#[test]
fn of_two_inits_at_once_one_makes_the_hub_and_the_other_leaves_it_alone() {
    for _ in 0..20 {
        let home = tempfile::tempdir().unwrap();
        let made = || init(options(home.path(), InitUnlock::Keyfile), no_database).is_ok();
        let (one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(made);
            (made(), other.join().unwrap())
        });
        assert!(one != two, "{one} {two}");
        let state = StateDir::open(&home.path().join("state")).unwrap();
        Keys::unlock_unattended(&state, &Sources::default()).unwrap();
    }
}

#[test]
fn two_hubs_share_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let one = init(options(&home.path().join("a"), by_passphrase()), no_database).unwrap();
    let two = init(options(&home.path().join("b"), by_passphrase()), no_database).unwrap();
    assert_ne!(one.config.key_check, two.config.key_check);
    assert_ne!(one.config.household, two.config.household);
    assert_ne!(one.config.hub, two.config.hub);
    let file = |hub: &InitOutcome, name: &str| std::fs::read(hub.state.ca().join(name)).unwrap();
    assert_ne!(file(&one, "ca.pem"), file(&two, "ca.pem"));
}

/// The sheet's promise: any age program opens what was sealed to the household.
#[test]
fn the_stock_age_program_opens_with_the_sheets_line() {
    let home = tempfile::tempdir().unwrap();
    let born = init(options(home.path(), InitUnlock::Keyfile), no_database).unwrap();
    let recipient: age::x25519::Recipient =
        born.config.household.as_ref().unwrap().recipient.as_str().parse().unwrap();
    let (identity, sealed) = (home.path().join("household.txt"), home.path().join("clip.age"));
    std::fs::write(&identity, line_of(born.sheet.as_ref().unwrap())).unwrap();
    std::fs::write(&sealed, age::encrypt(&recipient, b"a clip").unwrap()).unwrap();
    let age = Command::new("age").arg("-d").arg("-i").arg(&identity).arg(sealed).output();
    assert_eq!(age.expect("this test needs the `age` program").stdout, b"a clip");
    let public = Command::new("age-keygen").arg("-y").arg(identity).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&public.stdout).trim(),
        born.config.household.as_ref().unwrap().recipient.as_str()
    );
}

fn options(home: &Path, unlock: InitUnlock) -> InitOptions {
    InitOptions {
        state: home.join("state"),
        household: sheet_to(None),
        unlock,
        host_name: Some("hub-1".to_owned()),
        now: Timestamp::now(),
    }
}

fn sheet_to(recovery_out: Option<std::path::PathBuf>) -> InitHousehold {
    InitHousehold::Here { name: HouseholdName::parse("Lindenallee 4").unwrap(), recovery_out }
}

fn by_passphrase() -> InitUnlock {
    let passphrase = Passphrase::choose(SecretString::from(WORDS)).unwrap();
    InitUnlock::Passphrase(passphrase, WorkFactor::of(4).unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "stands where the store's function will")]
fn no_database(_: &StateDir, _: &Keys) -> Result<(), DatabaseFailure> {
    Ok(())
}

fn real_database(state: &StateDir, keys: &Keys) -> Result<(), DatabaseFailure> {
    doorward_store::Store::create(&state.database(), keys.for_store())?;
    Ok(())
}

fn same(one: &Keys, other: &Keys) {
    assert_eq!(one.database.expose_database_key(), other.database.expose_database_key());
    assert_eq!(one.ca_sealing.expose_ca_sealing_key(), other.ca_sealing.expose_ca_sealing_key());
}

fn line_of(sheet: &RecoverySheet) -> String {
    let text = sheet.expose_text(Medium::Paper);
    let lines = || text.expose_secret().lines().map(str::trim);
    let found = |line: &&str| line.len() == 74 && line.starts_with("AGE-SECRET-KEY-1");
    lines().find(found).unwrap().to_owned()
}

/// The secret number in a PKCS #8 P-256 key.
fn scalar_of(pkcs8: &[u8]) -> Vec<u8> {
    // SEC 1: version 1, then an octet string of 32 bytes.
    let at = pkcs8.windows(5).position(|w| w == [2, 1, 1, 4, 32]).unwrap() + 5;
    pkcs8[at..at + 32].to_vec()
}

/// The ways in which a careless program writes a key.
fn written_forms(key: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![key.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for url_safe in ["+/", "-_"] {
        // Inside a longer text, base64 looks different at each of three offsets.
        forms.extend((0..3).map(|skip| base64(&key[skip..], url_safe).into_bytes()));
    }
    forms
}

/// Base64 of the whole groups of three.
fn base64(bytes: &[u8], last_two: &str) -> String {
    let letters: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last_two.chars()).collect();
    let groups = bytes.as_chunks::<3>().0.iter();
    let sextets = groups.flat_map(|[a, b, c]| {
        let bits = u32::from_be_bytes([0, *a, *b, *c]);
        [18, 12, 6, 0].map(|shift| (bits >> shift & 63) as usize)
    });
    sextets.map(|sextet| letters[sextet]).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
