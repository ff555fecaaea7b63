//! One function per question or wish.

use hyper::Method;
use serde::Serialize;

use super::transport::Payload;
use super::{Client, ClientError};
use crate::authority::{Authorities, RetireAuthority};
use crate::camera::{AddCamera, CameraView};
use crate::code::{CodeFilter, CodeView, IssuedCode, NewCode};
use crate::device::{
    DeviceGrants, DeviceSettings, DeviceView, DiscoveredDevice, EnrolDevice, EnrolPlainDevice,
    Enrolment, PlainEnrolment, RenewDevice,
};
use crate::doctor::{Examination, TryBroker};
use crate::door::{AddDoor, ChangePolicy, DoorAdded, DoorView, LockAsked, UnlockBegun};
use crate::entry::{EntryQuery, EntryView};
use crate::evidence::EntryEvidence;
use crate::home::{AllowDevice, HomeAssistant, ShowHomeAssistant, Shown};
use crate::id::{CameraName, CodeId, DeviceName, DoorName, EntryId, RecordingId};
use crate::log::{Checkpoint, LogPage, LogQuery, Verification, VerifyLog};
use crate::pairing::Welcome;
use crate::path::{self, fill};
use crate::recording::{
    ChangeKeepRules, KeepRules, RecordingDetails, RecordingQuery, RecordingView,
};
use crate::status::{Status, Unseal};
use crate::story::EntryStory;

type Answer<T> = Result<T, ClientError>;

/// # Errors
/// Every function here fails if the hub cannot be asked, or answers with a problem.
#[expect(clippy::missing_errors_doc, reason = "said once above, for all of them")]
impl Client {
    /// Asks what the hub tells anybody, sealed or not.
    pub async fn welcome(&self) -> Answer<Welcome> {
        self.read(path::WELCOME).await
    }

    /// Asks how the house is.
    pub async fn status(&self) -> Answer<Status> {
        self.read(path::STATUS).await
    }

    /// Hands the passphrase to a sealed hub.
    pub async fn unseal(&self, unseal: &Unseal) -> Answer<()> {
        self.wish(Method::POST, path::UNSEAL, Payload::json(unseal)).await
    }

    /// Has everything looked at.
    pub async fn doctor(&self) -> Answer<Examination> {
        self.read(path::DOCTOR).await
    }

    /// Has another broker's grants tried with a second client's certificate.
    pub async fn try_broker(&self, second: &TryBroker) -> Answer<Examination> {
        self.ask(Method::POST, path::DOCTOR_BROKER, Payload::json(second)).await
    }

    /// Stands for the wall clock.
    pub async fn confirm_clock(&self) -> Answer<()> {
        self.wish(Method::POST, path::CLOCK_CONFIRM, Payload::Empty).await
    }

    /// Lists the doors.
    pub async fn doors(&self) -> Answer<Vec<DoorView>> {
        self.read(path::DOORS).await
    }

    /// Describes a door.
    pub async fn add_door(&self, door: &AddDoor) -> Answer<DoorAdded> {
        self.ask(Method::POST, path::DOORS, Payload::json(door)).await
    }

    /// Changes a door's policy.
    pub async fn change_policy(&self, door: &DoorName, change: &ChangePolicy) -> Answer<DoorView> {
        let path = fill(path::DOOR_POLICY, &[door]);
        self.ask(Method::PATCH, &path, Payload::json(change)).await
    }

    /// Unlocks a door, by the owner's own leave.
    pub async fn unlock_door(&self, door: &DoorName) -> Answer<UnlockBegun> {
        self.ask(Method::POST, &fill(path::DOOR_UNLOCK, &[door]), Payload::Empty).await
    }

    /// Locks a door; if it is open, as soon as it closes.
    pub async fn lock_door(&self, door: &DoorName) -> Answer<LockAsked> {
        self.ask(Method::POST, &fill(path::DOOR_LOCK, &[door]), Payload::Empty).await
    }

    /// Lists the devices.
    pub async fn devices(&self) -> Answer<Vec<DeviceView>> {
        self.read(path::DEVICES).await
    }

    /// Enrols a device; the only time its key is handed out.
    pub async fn enrol_device(&self, device: &EnrolDevice) -> Answer<Enrolment> {
        self.ask(Method::POST, path::DEVICES, Payload::json(device)).await
    }

    /// Enrols a device without TLS; the only time its password is handed out.
    pub async fn enrol_plain_device(&self, device: &EnrolPlainDevice) -> Answer<PlainEnrolment> {
        self.ask(Method::POST, path::PLAIN_DEVICES, Payload::json(device)).await
    }

    /// Issues a certificate to follow a device's; the only time its key is handed out.
    pub async fn renew_device(
        &self,
        device: &DeviceName,
        renewal: &RenewDevice,
    ) -> Answer<Enrolment> {
        let path = fill(path::DEVICE_RENEWAL, &[device]);
        self.ask(Method::POST, &path, Payload::json(renewal)).await
    }

    /// Revokes a device's certificate and cuts its connection.
    pub async fn revoke_device(&self, device: &DeviceName) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::DEVICE, &[device]), Payload::Empty).await
    }

    /// Lets a keypad take codes again.
    pub async fn rearm_keypad(&self, keypad: &DeviceName) -> Answer<()> {
        self.wish(Method::POST, &fill(path::DEVICE_REARM, &[keypad]), Payload::Empty).await
    }

    /// Says what a device may publish and subscribe.
    pub async fn device_grants(&self, device: &DeviceName) -> Answer<DeviceGrants> {
        self.read(&fill(path::DEVICE_GRANTS, &[device])).await
    }

    /// Says what its owner needs to set a device up.
    pub async fn device_settings(&self, device: &DeviceName) -> Answer<DeviceSettings> {
        self.read(&fill(path::DEVICE_SETTINGS, &[device])).await
    }

    /// Says which authorities the hub believes.
    pub async fn authorities(&self) -> Answer<Authorities> {
        self.read(path::AUTHORITY).await
    }

    /// Has another authority follow.
    pub async fn begin_rollover(&self) -> Answer<Authorities> {
        self.ask(Method::POST, path::AUTHORITY_ROLLOVER, Payload::Empty).await
    }

    /// Has the authority be believed no longer that another one follows.
    pub async fn finish_rollover(&self, retire: &RetireAuthority) -> Answer<Authorities> {
        self.ask(Method::POST, path::AUTHORITY_FINISH, Payload::json(retire)).await
    }

    /// Lets a device ask something of a door.
    pub async fn allow_device(
        &self,
        device: &DeviceName,
        door: &DoorName,
        allow: &AllowDevice,
    ) -> Answer<()> {
        let path = fill(path::DEVICE_DOOR, &[device, door]);
        self.wish(Method::POST, &path, Payload::json(allow)).await
    }

    /// Lets a device ask nothing of a door any more.
    pub async fn disallow_device(&self, device: &DeviceName, door: &DoorName) -> Answer<()> {
        let path = fill(path::DEVICE_DOOR, &[device, door]);
        self.wish(Method::DELETE, &path, Payload::Empty).await
    }

    /// Sends a device the notices.
    pub async fn allow_notices(&self, device: &DeviceName) -> Answer<()> {
        self.wish(Method::PUT, &fill(path::DEVICE_NOTICES, &[device]), Payload::Empty).await
    }

    /// Sends a device no notices any more.
    pub async fn disallow_notices(&self, device: &DeviceName) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::DEVICE_NOTICES, &[device]), Payload::Empty).await
    }

    /// Says whether Home Assistant is shown the doors.
    pub async fn home_assistant(&self) -> Answer<HomeAssistant> {
        self.read(path::HOME_ASSISTANT).await
    }

    /// Shows Home Assistant the doors, or nothing.
    pub async fn show_home_assistant(&self, shown: Shown) -> Answer<HomeAssistant> {
        let wish = Payload::json(&ShowHomeAssistant { shown });
        self.ask(Method::PATCH, path::HOME_ASSISTANT, wish).await
    }

    /// Lists the devices that bridges told of.
    pub async fn discovered(&self) -> Answer<Vec<DiscoveredDevice>> {
        self.read(path::DISCOVERED).await
    }

    /// Lists the cameras.
    pub async fn cameras(&self) -> Answer<Vec<CameraView>> {
        self.read(path::CAMERAS).await
    }

    /// Adds a camera.
    pub async fn add_camera(&self, camera: &AddCamera) -> Answer<CameraView> {
        self.ask(Method::POST, path::CAMERAS, Payload::json(camera)).await
    }

    /// Removes a camera; its recordings stay.
    pub async fn remove_camera(&self, camera: &CameraName) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::CAMERA, &[camera]), Payload::Empty).await
    }

    /// Lists access codes, newest first.
    pub async fn codes(&self, filter: &CodeFilter) -> Answer<Vec<CodeView>> {
        self.read(&with_query(path::CODES, filter)).await
    }

    /// Gives out a code; the only time its digits are shown.
    pub async fn issue_code(&self, code: &NewCode) -> Answer<IssuedCode> {
        self.ask(Method::POST, path::CODES, Payload::json(code)).await
    }

    /// Takes a code back.
    pub async fn cancel_code(&self, code: CodeId, believed: &CodeFilter) -> Answer<()> {
        let path = with_query(&fill(path::CODE, &[&code]), believed);
        self.wish(Method::DELETE, &path, Payload::Empty).await
    }

    /// Has a guest's or an emergency code open nothing until it is taken up again.
    pub async fn pause_code(&self, code: CodeId, believed: &CodeFilter) -> Answer<()> {
        let path = with_query(&fill(path::CODE_PAUSE, &[&code]), believed);
        self.wish(Method::POST, &path, Payload::Empty).await
    }

    /// Has a paused code open again.
    pub async fn resume_code(&self, code: CodeId, believed: &CodeFilter) -> Answer<()> {
        let path = with_query(&fill(path::CODE_RESUME, &[&code]), believed);
        self.wish(Method::POST, &path, Payload::Empty).await
    }

    /// Erases what was written about a code; the code itself stays as it is.
    pub async fn erase_code_notes(&self, code: CodeId) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::CODE_NOTES, &[&code]), Payload::Empty).await
    }

    /// Lists entries, newest first.
    pub async fn entries(&self, query: &EntryQuery) -> Answer<Vec<EntryView>> {
        self.read(&with_query(path::ENTRIES, query)).await
    }

    /// Tells an entry's story.
    pub async fn entry(&self, entry: EntryId) -> Answer<EntryStory> {
        self.read(&fill(path::ENTRY, &[&entry])).await
    }

    /// Returns what the log holds of an entry, with proofs.
    pub async fn evidence(&self, entry: EntryId) -> Answer<EntryEvidence> {
        self.read(&fill(path::ENTRY_EVIDENCE, &[&entry])).await
    }

    /// Erases an entry that is over, with its recordings.
    pub async fn erase_entry(&self, entry: EntryId) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::ENTRY, &[&entry]), Payload::Empty).await
    }

    /// Stops a visit.
    pub async fn block_entry(&self, entry: EntryId) -> Answer<()> {
        self.wish(Method::POST, &fill(path::ENTRY_BLOCK, &[&entry]), Payload::Empty).await
    }

    /// Lets a visit go on that waits for the owner.
    pub async fn approve_entry(&self, entry: EntryId) -> Answer<()> {
        self.wish(Method::POST, &fill(path::ENTRY_APPROVE, &[&entry]), Payload::Empty).await
    }

    /// Reads a page of the log, oldest first.
    pub async fn log(&self, query: &LogQuery) -> Answer<LogPage> {
        self.read(&with_query(path::LOG, query)).await
    }

    /// Derives the whole log again.
    pub async fn verify_log(&self, against: &VerifyLog) -> Answer<Verification> {
        self.ask(Method::POST, path::LOG_VERIFY, Payload::json(against)).await
    }

    /// Returns the newest signed checkpoint.
    pub async fn checkpoint(&self) -> Answer<Checkpoint> {
        self.read(path::LOG_CHECKPOINT).await
    }

    /// Lists recordings, newest first.
    pub async fn recordings(&self, query: &RecordingQuery) -> Answer<Vec<RecordingView>> {
        self.read(&with_query(path::RECORDINGS, query)).await
    }

    /// Returns a recording with all that its owner needs to open it.
    pub async fn recording(&self, recording: RecordingId) -> Answer<RecordingDetails> {
        self.read(&fill(path::RECORDING, &[&recording])).await
    }

    /// Erases a recording: its key first, then its files.
    pub async fn erase_recording(&self, recording: RecordingId) -> Answer<()> {
        self.wish(Method::DELETE, &fill(path::RECORDING, &[&recording]), Payload::Empty).await
    }

    /// Says what is kept of recordings, and for how long.
    pub async fn keep_rules(&self) -> Answer<KeepRules> {
        self.read(path::KEEP_RULES).await
    }

    /// Changes what is kept of recordings.
    pub async fn change_keep_rules(&self, change: &ChangeKeepRules) -> Answer<KeepRules> {
        self.ask(Method::PATCH, path::KEEP_RULES, Payload::json(change)).await
    }

    pub(super) async fn read<A: serde::de::DeserializeOwned>(&self, path: &str) -> Answer<A> {
        self.ask(Method::GET, path, Payload::Empty).await
    }
}

fn with_query(path: &str, query: &impl Serialize) -> String {
    let query = serde_urlencoded::to_string(query).expect("queries are flat");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
