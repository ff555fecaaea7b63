//! The daemon as the doors to it see it: every question and wish of
//! [`House`], in terms of the wire's words.

mod authority;
mod backup;
mod cameras;
mod check;
mod codes;
mod devices;
mod discovery;
mod doctor;
mod doors;
mod entries;
mod erasing;
mod evidence;
mod failing;
mod hearers;
mod home;
mod lacking;
mod log;
mod other_broker;
mod plain;
mod recordings;
mod status;

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
    CameraName, CodeId, DeviceName, DoorName, EntryId, PairedDeviceId, Problem, ProblemKind,
    RecordingId,
};
use doorward_core::entry::Actor;
use doorward_core::ids::NameError;
use doorward_core::io::{OwnerRequest, Reply};
use doorward_recorder::{LiveSound, LiveStream};
use secrecy::SecretString;

use super::awake::Awake;
use super::convert;
use super::daemon::Daemon;
use super::mail::Stopping;
use crate::board::Listener;
use crate::http::{Answer, House, Principal, SealedBackup, SealedSegment, Session};

pub(super) use backup::{Backups, sweep as sweep_backup};
pub(super) use cameras::{Unhung, hang_cameras};
pub(super) use failing::failed;
pub(super) use plain::open_if_needed as open_plain_if_needed;
pub(super) use status::door_status;

/// Reads a name as the owner typed it.
fn parse<T: std::str::FromStr<Err = NameError>>(what: &str, text: &str) -> Answer<T> {
    text.parse().map_err(|why| Problem::new(ProblemKind::Invalid, format!("{what}: {why}")))
}

/// Carries a wish of several steps out to its end, even if whoever asked has gone.
async fn carried_out<T: Send + 'static>(
    wish: impl Future<Output = Answer<T>> + Send + 'static,
) -> Answer<T> {
    match tokio::spawn(wish).await {
        Ok(answer) => answer,
        Err(died) => Err(failed("the wish was not carried out")(died)),
    }
}

impl From<Stopping> for Problem {
    fn from(stopping: Stopping) -> Self {
        Self::new(ProblemKind::Unavailable, stopping.to_string())
    }
}

impl Awake {
    /// Has a wish met, and waits for the disk.
    async fn wish(&self, by: Actor, wish: OwnerRequest) -> Answer<Reply> {
        self.mailbox.wish(by, wish).await?.map_err(convert::refusal)
    }

    /// The same, for wishes whose answer says nothing.
    pub(super) async fn done(&self, by: Actor, wish: OwnerRequest) -> Answer<()> {
        self.wish(by, wish).await.map(|_| ())
    }
}

impl House for Daemon {
    fn seal(&self) -> Seal {
        match (self.awake(), self.unclaimed()) {
            (Ok(_), _) => Seal::Unsealed,
            (Err(_), Some(_)) => Seal::Unclaimed,
            (Err(_), None) => Seal::Sealed,
        }
    }

    async fn session(&self, token: &SecretString) -> Option<Session> {
        self.find_session(token)
    }

    fn notices(&self, after: Option<u64>) -> Listener {
        self.board().listen(after)
    }

    async fn unseen(&self, device: PairedDeviceId) -> Answer<Vec<NumberedNotice>> {
        self.awake()?.unseen_by(device).await
    }

    async fn acknowledge(&self, device: PairedDeviceId, seq: u64) -> Answer<()> {
        self.awake()?.seen_by(device, seq).await
    }

    async fn status(&self) -> Answer<Status> {
        self.status_of_all().await
    }

    async fn unseal(&self, unseal: Unseal) -> Answer<()> {
        self.wake_with(unseal.passphrase).await
    }

    async fn doctor(&self) -> Answer<Examination> {
        self.awake()?.examine().await
    }

    async fn try_broker(&self, second: TryBroker) -> Answer<Examination> {
        self.awake()?.try_other_broker(second).await
    }

    async fn back_up(&self, by: Principal) -> Answer<SealedBackup> {
        let awake = self.awake()?;
        carried_out(async move { awake.back_up(convert::actor_of(by)).await }).await
    }

    async fn confirm_clock(&self, by: Principal) -> Answer<()> {
        self.awake()?.done(convert::actor_of(by), OwnerRequest::ConfirmClock).await
    }

    async fn doors(&self) -> Answer<Vec<DoorView>> {
        self.awake()?.all_doors().await
    }

    async fn add_door(&self, by: Principal, door: AddDoor) -> Answer<DoorAdded> {
        let awake = self.awake()?;
        carried_out(async move { awake.describe_door(convert::actor_of(by), door).await }).await
    }

    async fn change_policy(
        &self,
        by: Principal,
        door: DoorName,
        change: ChangePolicy,
    ) -> Answer<DoorView> {
        self.awake()?.set_policy(convert::actor_of(by), &door, change).await
    }

    async fn unlock_door(&self, by: Principal, door: DoorName) -> Answer<UnlockBegun> {
        self.awake()?.unlock(convert::actor_of(by), &door).await
    }

    async fn lock_door(&self, by: Principal, door: DoorName) -> Answer<LockAsked> {
        self.awake()?.lock(convert::actor_of(by), &door).await
    }

    async fn devices(&self) -> Answer<Vec<DeviceView>> {
        self.awake()?.all_devices().await
    }

    async fn enrol_device(&self, by: Principal, device: EnrolDevice) -> Answer<Enrolment> {
        let awake = self.awake()?;
        carried_out(async move { awake.enrol(convert::actor_of(by), device).await }).await
    }

    async fn enrol_plain_device(
        &self,
        by: Principal,
        device: EnrolPlainDevice,
    ) -> Answer<PlainEnrolment> {
        let awake = self.awake()?;
        carried_out(async move { awake.enrol_plain(convert::actor_of(by), device).await }).await
    }

    async fn renew_device(
        &self,
        by: Principal,
        device: DeviceName,
        renewal: RenewDevice,
    ) -> Answer<Enrolment> {
        let awake = self.awake()?;
        carried_out(async move { awake.renew(convert::actor_of(by), &device, renewal).await }).await
    }

    async fn revoke_device(&self, by: Principal, device: DeviceName) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.revoke(convert::actor_of(by), &device).await }).await
    }

    async fn rearm_keypad(&self, by: Principal, keypad: DeviceName) -> Answer<()> {
        let keypad = parse("keypad", keypad.as_str())?;
        self.awake()?.done(convert::actor_of(by), OwnerRequest::Rearm(keypad)).await
    }

    async fn device_grants(&self, device: DeviceName) -> Answer<DeviceGrants> {
        self.awake()?.grants_of(&device).await
    }

    async fn device_settings(&self, device: DeviceName) -> Answer<DeviceSettings> {
        self.awake()?.settings_of(&device).await
    }

    async fn authorities(&self) -> Answer<Authorities> {
        self.awake()?.authorities().await
    }

    async fn begin_rollover(&self, by: Principal) -> Answer<Authorities> {
        let awake = self.awake()?;
        carried_out(async move { awake.begin_rollover(convert::actor_of(by)).await }).await
    }

    async fn finish_rollover(&self, by: Principal, retire: RetireAuthority) -> Answer<Authorities> {
        let awake = self.awake()?;
        let by = convert::actor_of(by);
        carried_out(async move { awake.finish_rollover(by, retire).await }).await
    }

    async fn allow_device(
        &self,
        by: Principal,
        device: DeviceName,
        door: DoorName,
        allow: AllowDevice,
    ) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.allow(convert::actor_of(by), &device, &door, allow).await })
            .await
    }

    async fn disallow_device(
        &self,
        by: Principal,
        device: DeviceName,
        door: DoorName,
    ) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.disallow(convert::actor_of(by), &device, &door).await })
            .await
    }

    async fn allow_notices(&self, by: Principal, device: DeviceName) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.let_hear(convert::actor_of(by), &device).await }).await
    }

    async fn disallow_notices(&self, by: Principal, device: DeviceName) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.let_hear_no_more(convert::actor_of(by), &device).await })
            .await
    }

    async fn home_assistant(&self) -> Answer<HomeAssistant> {
        self.awake()?.home_assistant().await
    }

    async fn show_home_assistant(
        &self,
        by: Principal,
        show: ShowHomeAssistant,
    ) -> Answer<HomeAssistant> {
        let awake = self.awake()?;
        carried_out(
            async move { awake.show_home_assistant(convert::actor_of(by), show.shown).await },
        )
        .await
    }

    async fn discovered(&self) -> Answer<Vec<DiscoveredDevice>> {
        self.awake()?.all_discovered().await
    }

    async fn cameras(&self) -> Answer<Vec<CameraView>> {
        self.awake()?.all_cameras().await
    }

    async fn add_camera(&self, by: Principal, camera: AddCamera) -> Answer<CameraView> {
        let awake = self.awake()?;
        carried_out(async move { awake.hang_camera(convert::actor_of(by), camera).await }).await
    }

    async fn watch(&self, camera: CameraName) -> Answer<LiveStream> {
        self.awake()?.watch_camera(&camera).await
    }

    async fn listen(&self, camera: CameraName) -> Answer<LiveSound> {
        self.awake()?.listen_to_camera(&camera)
    }

    fn looks(&self, by: Principal, camera: &CameraName) -> Box<dyn Send> {
        match self.awake().map(|awake| awake.note_look(by, camera)) {
            Ok(Some(looking)) => Box::new(looking),
            // There is nothing to see, then.
            Ok(None) | Err(_) => Box::new(()),
        }
    }

    async fn remove_camera(&self, by: Principal, camera: CameraName) -> Answer<()> {
        let awake = self.awake()?;
        carried_out(async move { awake.take_camera_down(convert::actor_of(by), &camera).await })
            .await
    }

    async fn codes(&self, filter: CodeFilter) -> Answer<Vec<CodeView>> {
        self.awake()?.all_codes(filter).await
    }

    async fn issue_code(&self, by: Principal, code: NewCode) -> Answer<IssuedCode> {
        let awake = self.awake()?;
        awake.may_issue(by, &code)?;
        awake.issue(convert::actor_of(by), code).await
    }

    async fn cancel_code(&self, by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let awake = self.awake()?;
        awake.may_change(by, code)?;
        awake.cancel(convert::actor_of(by), code, believed).await
    }

    async fn pause_code(&self, by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let awake = self.awake()?;
        awake.may_change(by, code)?;
        awake.pause(convert::actor_of(by), code, believed).await
    }

    async fn resume_code(&self, by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let awake = self.awake()?;
        awake.may_change(by, code)?;
        awake.resume(convert::actor_of(by), code, believed).await
    }

    async fn erase_code_notes(&self, by: Principal, code: CodeId) -> Answer<()> {
        self.awake()?.erase_notes(convert::actor_of(by), code).await
    }

    async fn entries(&self, query: EntryQuery) -> Answer<Vec<EntryView>> {
        self.awake()?.some_entries(query).await
    }

    async fn entry(&self, entry: EntryId) -> Answer<EntryStory> {
        self.awake()?.story(entry).await
    }

    async fn evidence(&self, entry: EntryId) -> Answer<EntryEvidence> {
        self.awake()?.evidence_of(entry).await
    }

    async fn outward(&self) -> Answer<Outward> {
        self.awake()?.what_it_connects_to().await
    }

    async fn erase_entry(&self, by: Principal, entry: EntryId) -> Answer<()> {
        self.awake()?.erase_visit(convert::actor_of(by), entry).await
    }

    async fn block_entry(&self, by: Principal, entry: EntryId) -> Answer<()> {
        let entry = doorward_core::ids::EntryId(entry.0);
        self.awake()?.done(convert::actor_of(by), OwnerRequest::Block(entry)).await
    }

    async fn approve_entry(&self, by: Principal, entry: EntryId) -> Answer<()> {
        let entry = doorward_core::ids::EntryId(entry.0);
        self.awake()?.done(convert::actor_of(by), OwnerRequest::Approve(entry)).await
    }

    async fn log(&self, query: LogQuery) -> Answer<LogPage> {
        self.awake()?.page_of_log(query).await
    }

    async fn verify_log(&self, against: VerifyLog) -> Answer<Verification> {
        self.awake()?.verify(against.kept).await
    }

    async fn checkpoint(&self) -> Answer<Checkpoint> {
        self.awake()?.newest_checkpoint().await
    }

    async fn recordings(&self, query: RecordingQuery) -> Answer<Vec<RecordingView>> {
        self.awake()?.some_recordings(query).await
    }

    async fn recording(&self, recording: RecordingId) -> Answer<RecordingDetails> {
        self.awake()?.recording_details(recording).await
    }

    async fn segment(&self, recording: RecordingId, sequence: u32) -> Answer<SealedSegment> {
        self.awake()?.sealed_segment(recording, sequence).await
    }

    async fn keep_rules(&self) -> Answer<KeepRules> {
        self.awake()?.rules_of_keeping().await
    }

    async fn change_keep_rules(&self, change: ChangeKeepRules) -> Answer<KeepRules> {
        self.awake()?.change_rules_of_keeping(change).await
    }

    async fn erase_recording(&self, by: Principal, recording: RecordingId) -> Answer<()> {
        self.awake()?.erase_one_recording(convert::actor_of(by), recording).await
    }
}
