use super::*;
use crate::backup::{Contents, FORMAT, seal};
use crate::state_dir::{ConfiguredHousehold, HouseholdName, HubId};

/// What restoring says to a hub of this household that was sealed to `reader`, of which
/// backup.json says that it is of `said`.
fn restored(owner: &x25519::Identity, reader: &x25519::Identity, said: Option<HubId>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = RootKey::draw().unwrap();
    let hub = HubId::draw().unwrap();
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
    let config = config.bound_to(&root).unwrap();
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
        root: &root,
        config: &config,
        authority: &[],
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
