//! The route table: every question that can be asked of a hub over HTTP, once. The
//! router is built from it, the API's description is written from it, and a test walks
//! it with every kind of asker.

use doorward_api::path;

use super::house::House;
use super::route::Least::{LocalOwner, Owner, Public, Resident, Viewer};
use super::route::Route;
use super::route::Verb::{Delete, Get, Patch, Post, Put};
use super::{events, live, people, routes, stream};

/// Returns all rows.
pub(super) fn table<H: House>() -> Vec<Route<H>> {
    [
        hub(),
        doors(),
        devices(),
        codes(),
        entries(),
        log(),
        witnesses(),
        recordings(),
        sessions(),
        people(),
        keys(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[rustfmt::skip]
fn hub<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::STATUS, Viewer, routes::status::<H>, "Says how the house is.").while_sealed_too(),
        Route::new(Post, path::UNSEAL, LocalOwner, routes::unseal::<H>, "Hands the passphrase to a sealed hub.").while_sealed_too(),
        Route::new(Get, path::DOCTOR, Owner, routes::doctor::<H>, "Looks at everything."),
        Route::new(Get, path::OUTWARD, Resident, routes::outward::<H>, "Says what the hub connects to."),
        Route::new(Post, path::DOCTOR_BROKER, LocalOwner, routes::try_broker::<H>, "Tries another broker's grants with a second client's certificate."),
        Route::new(Get, path::EVENTS, LocalOwner, stream::notices::<H>, "Tells notices as they come, one JSON object per line."),
        Route::new(Get, path::EVENTS_SOCKET, Viewer, events::socket::<H>, "A WebSocket of notices: the client says where it broke off (Begin), hears NumberedNotice, and acknowledges (Acknowledge). An empty object says that the hub is still there."),
        Route::new(Get, path::NOTICES, Viewer, events::unseen::<H>, "Lists what this paired device has not acknowledged: alarms, arrivals, visits that waited for leave."),
        Route::new(Post, path::BACKUP, Owner, stream::backup::<H>, "Seals a backup to the household and hands it out: an age file. Asks for the PIN or a passkey, as unlocking does."),
        Route::new(Post, path::CLOCK_CONFIRM, Owner, routes::confirm_clock::<H>, "Stands for the wall clock."),
    ]
}

#[rustfmt::skip]
fn doors<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::DOORS, Viewer, routes::doors::<H>, "Lists the doors as they were described."),
        Route::new(Post, path::DOORS, Owner, routes::add_door::<H>, "Describes a door."),
        Route::new(Patch, path::DOOR_POLICY, Owner, routes::change_policy::<H>, "Changes a door's policy."),
        Route::new(Post, path::DOOR_UNLOCK, Resident, routes::unlock_door::<H>, "Begins an entry: unlocks a door once."),
        Route::new(Post, path::DOOR_LOCK, Resident, routes::lock_door::<H>, "Asks for a door's bolt to be thrown."),
    ]
}

#[rustfmt::skip]
fn devices<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::DEVICES, Viewer, routes::devices::<H>, "Lists the enrolled devices."),
        Route::new(Post, path::DEVICES, Owner, routes::enrol_device::<H>, "Enrols a device."),
        Route::new(Post, path::PLAIN_DEVICES, Owner, routes::enrol_plain_device::<H>, "Enrols a device without TLS."),
        Route::new(Post, path::DEVICE_RENEWAL, Owner, routes::renew_device::<H>, "Has a device's certificate followed by another."),
        Route::new(Delete, path::DEVICE, Owner, routes::revoke_device::<H>, "Revokes a device's certificate or password."),
        Route::new(Post, path::DEVICE_REARM, Owner, routes::rearm_keypad::<H>, "Lets a keypad take codes again."),
        Route::new(Get, path::DEVICE_GRANTS, Owner, routes::device_grants::<H>, "Says what a device may publish and subscribe."),
        Route::new(Get, path::DEVICE_SETTINGS, Owner, routes::device_settings::<H>, "Says what its owner needs to set a device up."),
        Route::new(Get, path::AUTHORITY, Owner, routes::authorities::<H>, "Says which certificate authorities are believed."),
        Route::new(Post, path::AUTHORITY_ROLLOVER, LocalOwner, routes::begin_rollover::<H>, "Has another authority follow."),
        Route::new(Post, path::AUTHORITY_FINISH, LocalOwner, routes::finish_rollover::<H>, "Has the old authority be believed no longer."),
        Route::new(Post, path::DEVICE_DOOR, Owner, routes::allow_device::<H>, "Lets a device ask something of a door."),
        Route::new(Delete, path::DEVICE_DOOR, Owner, routes::disallow_device::<H>, "Lets a device ask nothing of a door any more."),
        Route::new(Put, path::DEVICE_NOTICES, Owner, routes::allow_notices::<H>, "Sends a device the notices."),
        Route::new(Delete, path::DEVICE_NOTICES, Owner, routes::disallow_notices::<H>, "Sends a device no notices any more."),
        Route::new(Get, path::HOME_ASSISTANT, Owner, routes::home_assistant::<H>, "Says whether Home Assistant is shown the doors."),
        Route::new(Patch, path::HOME_ASSISTANT, Owner, routes::show_home_assistant::<H>, "Shows Home Assistant the doors, or nothing."),
        Route::new(Get, path::DISCOVERED, Owner, routes::discovered::<H>, "Lists the devices that bridges told of."),
        Route::new(Get, path::CAMERAS, Resident, routes::cameras::<H>, "Lists the cameras."),
        Route::new(Post, path::CAMERAS, Owner, routes::add_camera::<H>, "Adds a camera, or puts one in another's place."),
        Route::new(Get, path::CAMERA_LIVE, Resident, live::socket::<H>, "A WebSocket of a camera's live picture: what it is (LiveHeader), then MP4 in binary frames."),
        Route::new(Get, path::CAMERA_SOUND, Resident, live::sound_socket::<H>, "A WebSocket of what a camera hears, if its owner allowed it: what it is (LiveHeader), then MP4 in binary frames."),
        Route::new(Delete, path::CAMERA, Owner, routes::remove_camera::<H>, "Removes a camera."),
    ]
}

#[rustfmt::skip]
fn codes<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::CODES, Resident, routes::codes::<H>, "Lists access codes, without their digits."),
        Route::new(Post, path::CODES, Resident, routes::issue_code::<H>, "Gives out an access code; its digits are shown this once."),
        Route::new(Delete, path::CODE, Resident, routes::cancel_code::<H>, "Takes an access code back."),
        Route::new(Post, path::CODE_PAUSE, Resident, routes::pause_code::<H>, "Has a guest's or an emergency code open nothing until it is taken up again."),
        Route::new(Post, path::CODE_RESUME, Resident, routes::resume_code::<H>, "Has a paused code open again."),
        Route::new(Delete, path::CODE_NOTES, Owner, routes::erase_code_notes::<H>, "Erases what was written about a code."),
    ]
}

#[rustfmt::skip]
fn entries<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::ENTRIES, Viewer, routes::entries::<H>, "Lists entries, newest first."),
        Route::new(Get, path::ENTRY, Viewer, routes::entry::<H>, "Tells an entry from its first moment to its last."),
        Route::new(Get, path::ENTRY_EVIDENCE, Viewer, routes::evidence::<H>, "Returns what the log holds of an entry, with proofs."),
        Route::new(Delete, path::ENTRY, Owner, routes::erase_entry::<H>, "Erases an entry; the log's proofs still hold."),
        Route::new(Post, path::ENTRY_BLOCK, Resident, routes::block_entry::<H>, "Stops a visit."),
        Route::new(Post, path::ENTRY_APPROVE, Resident, routes::approve_entry::<H>, "Lets a visit go on that waits for leave."),
    ]
}

#[rustfmt::skip]
fn log<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::LOG, Viewer, routes::log::<H>, "Reads a page of the log, oldest first."),
        Route::new(Post, path::LOG_VERIFY, Owner, routes::verify_log::<H>, "Derives the whole log again."),
        Route::new(Get, path::LOG_CHECKPOINT, Viewer, routes::checkpoint::<H>, "Returns the newest signed checkpoint."),
    ]
}

#[rustfmt::skip]
fn witnesses<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::LOG_KEY, Viewer, people::log_key::<H>, "Returns the key that verifies checkpoints."),
        Route::new(Get, path::LOG_CONSISTENCY, Viewer, people::consistency::<H>, "Proves that the log only grew between two sizes."),
        Route::new(Post, path::LOG_WITNESS, Viewer, people::cosign::<H>, "Keeps a device's signature under a checkpoint."),
        Route::new(Get, path::LOG_WITNESSES, Viewer, people::witnesses::<H>, "Lists the devices that stand for the log."),
    ]
}

#[rustfmt::skip]
fn sessions<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::WELCOME, Public, people::welcome::<H>, "Says what anybody may know of the hub.").while_sealed_too(),
        Route::new(Post, path::SETUP, Public, people::set_up::<H>, "Names the first household of a hub that has none.").while_sealed_too(),
        Route::new(Post, path::PAIR, Public, people::pair::<H>, "Pairs a device that takes up an offer."),
        Route::new(Post, path::SESSION_CHALLENGE, Public, people::challenge::<H>, "Gives a device something to sign."),
        Route::new(Post, path::SESSION, Public, people::log_in::<H>, "Logs a device in that signed a challenge."),
        Route::new(Get, path::SESSION, Viewer, people::session::<H>, "Says who is logged in."),
        Route::new(Delete, path::SESSION, Viewer, people::log_out, "Logs out."),
        Route::new(Put, path::SESSION_PIN, Viewer, people::set_pin::<H>, "Sets the PIN of the device that asks, once."),
        Route::new(Put, path::SESSION_PASSKEY, Viewer, people::set_passkey::<H>, "Gives the device that asks a passkey."),
    ]
}

#[rustfmt::skip]
fn people<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Post, path::PAIRINGS, Owner, people::offer_pairing::<H>, "Offers to pair one device.").while_sealed_too(),
        Route::new(Get, path::PEOPLE, Viewer, people::people::<H>, "Lists the people."),
        Route::new(Patch, path::PERSON, Owner, people::change_person::<H>, "Changes a person."),
        Route::new(Delete, path::PERSON, Owner, people::remove_person::<H>, "Removes a person with all their devices."),
        Route::new(Get, path::PAIRED_DEVICES, Owner, people::paired_devices::<H>, "Lists the paired devices."),
        Route::new(Delete, path::PAIRED_DEVICE, Owner, people::end_pairing::<H>, "Ends a device's pairing, and cuts its sessions."),
        Route::new(Post, path::PAIRED_DEVICE_LIFT, Owner, people::lift_pin::<H>, "Lets a device's PIN be tried again."),
    ]
}

#[rustfmt::skip]
fn keys<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Post, path::KEY_REQUESTS, Viewer, people::ask_for_key::<H>, "Asks the household's devices for its key."),
        Route::new(Get, path::KEY_REQUESTS, Resident, people::key_requests::<H>, "Lists the devices that ask for the household key."),
        Route::new(Get, path::KEY_REQUEST, Viewer, people::key_request::<H>, "Returns a request, with the sealed key for the device that asked."),
        Route::new(Put, path::KEY_REQUEST, Resident, people::hand_over_key::<H>, "Hands the household key over, sealed to the device that asked."),
    ]
}

#[rustfmt::skip]
fn recordings<H: House>() -> Vec<Route<H>> {
    vec![
        Route::new(Get, path::RECORDINGS, Viewer, routes::recordings::<H>, "Lists recordings, newest first."),
        Route::new(Get, path::RECORDING, Viewer, routes::recording::<H>, "Returns a recording with all that its owner needs to open it."),
        Route::new(Delete, path::RECORDING, Owner, routes::erase_recording::<H>, "Erases a recording: its key first, then its files."),
        Route::new(Get, path::SEGMENT, Viewer, stream::segment::<H>, "Returns one sealed segment: an age file."),
        Route::new(Get, path::KEEP_RULES, Viewer, routes::keep_rules::<H>, "Says what is kept of recordings, and for how long."),
        Route::new(Patch, path::KEEP_RULES, Owner, routes::change_keep_rules::<H>, "Changes what is kept of recordings."),
    ]
}
