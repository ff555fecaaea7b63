//! Everything that can be asked of a running hub, and everything that can be
//! wished of it.

use std::future::Future;

use doorward_api::authority::{Authorities, RetireAuthority};
use doorward_api::camera::{AddCamera, CameraView};
use doorward_api::code::{CodeFilter, CodeView, IssuedCode, NewCode};
use doorward_api::device::{
    DeviceGrants, DeviceSettings, DeviceView, DiscoveredDevice, EnrolDevice, EnrolPlainDevice,
    Enrolment, PlainEnrolment, RenewDevice,
};
use doorward_api::doctor::{Examination, TryBroker};
use doorward_api::door::{AddDoor, ChangePolicy, DoorAdded, DoorView, LockAsked, UnlockBegun};
use doorward_api::entry::{EntryQuery, EntryView};
use doorward_api::evidence::EntryEvidence;
use doorward_api::home::{AllowDevice, HomeAssistant, ShowHomeAssistant};
use doorward_api::log::{Checkpoint, LogPage, LogQuery, Verification, VerifyLog};
use doorward_api::notice::NumberedNotice;
use doorward_api::outward::Outward;
use doorward_api::recording::{
    ChangeKeepRules, KeepRules, RecordingDetails, RecordingQuery, RecordingView,
};
use doorward_api::status::{Seal, Status, Unseal};
use doorward_api::story::EntryStory;
use doorward_api::{
    CameraName, CodeId, DeviceName, DoorName, EntryId, PairedDeviceId, RecordingId,
};
use doorward_recorder::{LiveSound, LiveStream};
use secrecy::SecretString;

use super::answer::Answer;
use super::household::{Household, Witnessed};
use super::principal::{Principal, Session};
use crate::board::Listener;

/// One sealed segment, as it lies on the disk.
#[derive(Debug)]
pub struct SealedSegment {
    /// The sealed file, open for reading.
    pub file: tokio::fs::File,
    /// Its size.
    pub bytes: u64,
}

/// A backup, sealed to the household.
#[derive(Debug)]
pub struct SealedBackup {
    /// The sealed file, open for reading.
    pub file: tokio::fs::File,
    /// Its size.
    pub bytes: u64,
}

/// A running hub, as the doors to it see it.
///
/// The router asks [`House::seal`] before anything else and lets only
/// [`House::status`] and [`House::unseal`] through to a sealed hub, so that the
/// other functions may take for granted that there is a root key. A wish is
/// answered once it is on the disk, not before. Names and texts arrive unchecked;
/// whoever implements this trait parses them and answers
/// [`Invalid`](doorward_api::ProblemKind::Invalid) where one breaks a rule. Whoever
/// asks may go away, so that a future is dropped before its end: a wish that was handed
/// on is then met all the same, or not begun.
pub trait House: Household + Witnessed {
    /// Says whether the hub has its root key. Never waits.
    fn seal(&self) -> Seal;

    /// Says whose session this token is of, if it is one that still lasts. The token is
    /// what the cookie held: whatever somebody on the home network chose to send.
    fn session(&self, token: &SecretString) -> impl Future<Output = Option<Session>> + Send;

    /// Listens to what the people of the house are told: from this moment on, or from
    /// after the notice of this number.
    fn notices(&self, after: Option<u64>) -> Listener;

    /// Returns what a paired device has not acknowledged, oldest first; bounded.
    fn unseen(
        &self,
        device: PairedDeviceId,
    ) -> impl Future<Output = Answer<Vec<NumberedNotice>>> + Send;

    /// Notes that a paired device's person has seen everything up to a number.
    fn acknowledge(
        &self,
        device: PairedDeviceId,
        seq: u64,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Says how the house is; answered by a sealed hub too.
    fn status(&self) -> impl Future<Output = Answer<Status>> + Send;

    /// Takes the passphrase; answered by a sealed hub too. A hub that has its root
    /// key answers [`Conflict`](doorward_api::ProblemKind::Conflict).
    fn unseal(&self, unseal: Unseal) -> impl Future<Output = Answer<()>> + Send;

    /// Looks at everything.
    fn doctor(&self) -> impl Future<Output = Answer<Examination>> + Send;

    /// Tries another broker with a second client's certificate.
    fn try_broker(&self, second: TryBroker) -> impl Future<Output = Answer<Examination>> + Send;

    /// Seals the house as it is at this moment, for the household alone to open.
    fn back_up(&self, by: Principal) -> impl Future<Output = Answer<SealedBackup>> + Send;

    /// Has the owner stand for the wall clock.
    fn confirm_clock(&self, by: Principal) -> impl Future<Output = Answer<()>> + Send;

    /// Lists the doors, by name.
    fn doors(&self) -> impl Future<Output = Answer<Vec<DoorView>>> + Send;

    /// Describes a door.
    fn add_door(
        &self,
        by: Principal,
        door: AddDoor,
    ) -> impl Future<Output = Answer<DoorAdded>> + Send;

    /// Changes a door's policy.
    fn change_policy(
        &self,
        by: Principal,
        door: DoorName,
        change: ChangePolicy,
    ) -> impl Future<Output = Answer<DoorView>> + Send;

    /// Unlocks a door, by the owner's own leave.
    fn unlock_door(
        &self,
        by: Principal,
        door: DoorName,
    ) -> impl Future<Output = Answer<UnlockBegun>> + Send;

    /// Locks a door; if it is open, as soon as it closes.
    fn lock_door(
        &self,
        by: Principal,
        door: DoorName,
    ) -> impl Future<Output = Answer<LockAsked>> + Send;

    /// Lists the devices, by name; revoked ones too.
    fn devices(&self) -> impl Future<Output = Answer<Vec<DeviceView>>> + Send;

    /// Enrols a device and forgets its key.
    fn enrol_device(
        &self,
        by: Principal,
        device: EnrolDevice,
    ) -> impl Future<Output = Answer<Enrolment>> + Send;

    /// Enrols a device without TLS and forgets its password.
    fn enrol_plain_device(
        &self,
        by: Principal,
        device: EnrolPlainDevice,
    ) -> impl Future<Output = Answer<PlainEnrolment>> + Send;

    /// Issues a certificate to follow a device's, which stays good until this one is
    /// shown, and forgets its key.
    fn renew_device(
        &self,
        by: Principal,
        device: DeviceName,
        renewal: RenewDevice,
    ) -> impl Future<Output = Answer<Enrolment>> + Send;

    /// Revokes a device's certificate and cuts its connection.
    fn revoke_device(
        &self,
        by: Principal,
        device: DeviceName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lets a keypad take codes again.
    fn rearm_keypad(
        &self,
        by: Principal,
        keypad: DeviceName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Says what a device may publish and subscribe.
    fn device_grants(
        &self,
        device: DeviceName,
    ) -> impl Future<Output = Answer<DeviceGrants>> + Send;

    /// Says what its owner needs to set a device up.
    fn device_settings(
        &self,
        device: DeviceName,
    ) -> impl Future<Output = Answer<DeviceSettings>> + Send;

    /// Says which certificate authorities are believed.
    fn authorities(&self) -> impl Future<Output = Answer<Authorities>> + Send;

    /// Has another authority follow; both are believed from here on.
    fn begin_rollover(&self, by: Principal) -> impl Future<Output = Answer<Authorities>> + Send;

    /// Has the authority be believed no longer that another one follows.
    fn finish_rollover(
        &self,
        by: Principal,
        retire: RetireAuthority,
    ) -> impl Future<Output = Answer<Authorities>> + Send;

    /// Lets a device ask something of a door.
    fn allow_device(
        &self,
        by: Principal,
        device: DeviceName,
        door: DoorName,
        allow: AllowDevice,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lets a device ask nothing of a door any more.
    fn disallow_device(
        &self,
        by: Principal,
        device: DeviceName,
        door: DoorName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Sends a device the notices.
    fn allow_notices(
        &self,
        by: Principal,
        device: DeviceName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Sends a device no notices any more.
    fn disallow_notices(
        &self,
        by: Principal,
        device: DeviceName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Says whether Home Assistant is shown the doors.
    fn home_assistant(&self) -> impl Future<Output = Answer<HomeAssistant>> + Send;

    /// Shows Home Assistant the doors, or nothing.
    fn show_home_assistant(
        &self,
        by: Principal,
        show: ShowHomeAssistant,
    ) -> impl Future<Output = Answer<HomeAssistant>> + Send;

    /// Lists the devices that bridges told of.
    fn discovered(&self) -> impl Future<Output = Answer<Vec<DiscoveredDevice>>> + Send;

    /// Lists the cameras, by name.
    fn cameras(&self) -> impl Future<Output = Answer<Vec<CameraView>>> + Send;

    /// Adds a camera; one that cannot be reached is added all the same.
    fn add_camera(
        &self,
        by: Principal,
        camera: AddCamera,
    ) -> impl Future<Output = Answer<CameraView>> + Send;

    /// Watches a camera's live picture.
    fn watch(&self, camera: CameraName) -> impl Future<Output = Answer<LiveStream>> + Send;

    /// Listens to a camera, if its owner allowed it.
    fn listen(&self, camera: CameraName) -> impl Future<Output = Answer<LiveSound>> + Send;

    /// Notes that somebody looks at a camera, until what this returns is dropped; the log
    /// tells of it when they have gone. Never waits.
    fn looks(&self, by: Principal, camera: &CameraName) -> Box<dyn Send>;

    /// Removes a camera that no door uses; its recordings stay.
    fn remove_camera(
        &self,
        by: Principal,
        camera: CameraName,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lists access codes, newest first.
    fn codes(&self, filter: CodeFilter) -> impl Future<Output = Answer<Vec<CodeView>>> + Send;

    /// Gives out a code.
    fn issue_code(
        &self,
        by: Principal,
        code: NewCode,
    ) -> impl Future<Output = Answer<IssuedCode>> + Send;

    /// Takes a code back; a code of another kind than `believed` is not found.
    fn cancel_code(
        &self,
        by: Principal,
        code: CodeId,
        believed: CodeFilter,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Has a guest's or an emergency code open nothing until it is taken up again.
    fn pause_code(
        &self,
        by: Principal,
        code: CodeId,
        believed: CodeFilter,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Has a paused code open again.
    fn resume_code(
        &self,
        by: Principal,
        code: CodeId,
        believed: CodeFilter,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Erases what was written about a code; the code itself stays as it is.
    fn erase_code_notes(
        &self,
        by: Principal,
        code: CodeId,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Lists entries, newest first.
    fn entries(&self, query: EntryQuery) -> impl Future<Output = Answer<Vec<EntryView>>> + Send;

    /// Tells an entry's story.
    fn entry(&self, entry: EntryId) -> impl Future<Output = Answer<EntryStory>> + Send;

    /// Returns what the log holds of an entry, with the proofs that it does.
    fn evidence(&self, entry: EntryId) -> impl Future<Output = Answer<EntryEvidence>> + Send;

    /// Says what the hub connects to.
    fn outward(&self) -> impl Future<Output = Answer<Outward>> + Send;

    /// Erases an entry that is over: what is known of people in it, its recordings'
    /// keys, then their files.
    fn erase_entry(&self, by: Principal, entry: EntryId)
    -> impl Future<Output = Answer<()>> + Send;

    /// Stops a visit.
    fn block_entry(&self, by: Principal, entry: EntryId)
    -> impl Future<Output = Answer<()>> + Send;

    /// Lets a visit go on that waits for the owner.
    fn approve_entry(
        &self,
        by: Principal,
        entry: EntryId,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Reads a page of the log, oldest first; a page has at most a few hundred
    /// lines.
    fn log(&self, query: LogQuery) -> impl Future<Output = Answer<LogPage>> + Send;

    /// Derives the whole log again.
    fn verify_log(&self, against: VerifyLog) -> impl Future<Output = Answer<Verification>> + Send;

    /// Returns the newest signed checkpoint.
    fn checkpoint(&self) -> impl Future<Output = Answer<Checkpoint>> + Send;

    /// Lists recordings, newest first.
    fn recordings(
        &self,
        query: RecordingQuery,
    ) -> impl Future<Output = Answer<Vec<RecordingView>>> + Send;

    /// Returns a recording with all that its owner needs to open it.
    fn recording(
        &self,
        recording: RecordingId,
    ) -> impl Future<Output = Answer<RecordingDetails>> + Send;

    /// Opens one sealed segment for reading.
    fn segment(
        &self,
        recording: RecordingId,
        sequence: u32,
    ) -> impl Future<Output = Answer<SealedSegment>> + Send;

    /// Says what is kept of recordings, and for how long.
    fn keep_rules(&self) -> impl Future<Output = Answer<KeepRules>> + Send;

    /// Changes what is kept of recordings; what goes by the new rules goes within the
    /// hour.
    fn change_keep_rules(
        &self,
        change: ChangeKeepRules,
    ) -> impl Future<Output = Answer<KeepRules>> + Send;

    /// Erases a recording: its key first, then its files. One that is still filmed is
    /// refused.
    fn erase_recording(
        &self,
        by: Principal,
        recording: RecordingId,
    ) -> impl Future<Output = Answer<()>> + Send;
}
