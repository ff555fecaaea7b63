use super::*;
use crate::backup::{Contents, FORMAT, seal};
use crate::ca::Authority;
use crate::state_dir::{ConfiguredHousehold, HouseholdName, HubId};

/// What restoring says to a hub of this household that was sealed to `reader`, of which
/// backup.json says that it is of `said`.
fn restored(owner: &x25519::Identity, reader: &x25519::Identity, said: Option<HubId>) -> String {
    restored_with(owner, reader, said, |_| ())
}

/// The same, of a backup with other files of the authority.
fn restored_with(
    owner: &x25519::Identity,
    reader: &x25519::Identity,
    said: Option<HubId>,
    change: impl FnOnce(&mut Vec<(String, Vec<u8>)>),
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::derive(RootKey::draw().unwrap());
    let root = &keys.root;
    let hub = HubId::draw().unwrap();
    let mut authority = authority(&hub, &keys);
    change(&mut authority);
    let name = HouseholdName::parse("Home").unwrap();
    let household = ConfiguredHousehold { name, recipient: Recipient::of(&owner.to_public()) };
    let now = Timestamp::UNIX_EPOCH;
    let config = Config {
        format: crate::state_dir::FORMAT,
        hub: hub.clone(),
        household: Some(household),
        unlock: crate::state_dir::UnlockMode::Keyfile,
        key_check: root.check(),
        created: now,
        mac: crate::keys::ConfigMac::blank(),
    };
    let config = config.bound_to(root).unwrap();
    let database = folder.path().join("copy.db");
    std::fs::write(&database, [7; 8192]).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        made_at: now,
        doorward: "0.1.0".into(),
        hub: said.unwrap_or(hub),
    };
    let config = serde_json::to_vec(&config).unwrap();
    let contents = Contents {
        manifest: &manifest,
        root,
        config: &config,
        authority: &authority,
        database: &database,
    };
    let mut file = Vec::new();
    seal(&contents, &[reader.to_public()], &mut file).unwrap();
    let ground = folder.path().join("ground");
    let (state, stop) = (ground.join("state"), Stop::default());
    let options = RestoreOptions { state, unlock: InitUnlock::Keyfile, now, stop };
    let refused = restore(file.as_slice(), reader, &options, &mut |_| ()).err().unwrap();
    assert_eq!(std::fs::read_dir(ground).unwrap().count(), 0, "nothing is left");
    refused.to_string()
}

/// The files of a hub's authority, by name.
fn authority(hub: &HubId, keys: &Keys) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::named(folder.path());
    std::fs::create_dir(state.ca()).unwrap();
    let authority = Authority::create(hub, None, Timestamp::now()).unwrap();
    authority.save_new(&state, &keys.ca_sealing).unwrap();
    let files = std::fs::read_dir(state.ca()).unwrap().map(Result::unwrap);
    let named = |file: std::fs::DirEntry| file.file_name().into_string().unwrap();
    files
        .map(|file| (file.path(), named(file)))
        .map(|(at, name)| (name, std::fs::read(at).unwrap()))
        .collect()
}

#[test]
fn a_backup_whose_authority_is_missing_or_damaged_is_refused() {
    let ours = x25519::Identity::generate();
    let with = |change: fn(&mut Vec<(String, Vec<u8>)>)| restored_with(&ours, &ours, None, change);
    for refused in [
        with(Vec::clear),
        with(|files| files.truncate(1)),
        with(|files| files.iter_mut().for_each(|(_, content)| content.clear())),
        with(|files| files.iter_mut().for_each(|(_, content)| content.reverse())),
    ] {
        assert!(refused.contains("authority is missing or damaged"), "{refused}");
    }
}

#[test]
fn a_hub_of_another_household_that_was_sealed_to_this_one_is_refused() {
    let [ours, theirs] = [x25519::Identity::generate(), x25519::Identity::generate()];
    assert!(restored(&theirs, &ours, None).contains("belongs to another household"));
    // The same by its own household gets as far as its database, which is none here.
    assert!(restored(&ours, &ours, None).contains("database does not open"));
}

#[test]
fn a_backup_that_says_that_it_is_of_another_hub_is_refused() {
    let ours = x25519::Identity::generate();
    let refused = restored(&ours, &ours, Some(HubId::draw().unwrap()));
    assert!(refused.contains("root key does not belong"), "{refused}");
}
