//! One handler per question or wish. Each hands it to the house, and the answer
//! back.

use axum::extract::State;
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
use doorward_api::outward::Outward;
use doorward_api::recording::{
    ChangeKeepRules, KeepRules, RecordingDetails, RecordingQuery, RecordingView,
};
use doorward_api::session::StepUp;
use doorward_api::status::{Status, Unseal};
use doorward_api::story::EntryStory;
use doorward_api::{CameraName, CodeId, DeviceName, DoorName, EntryId, RecordingId};

use super::answer::{Asked, At, AtBoth, Document, Documents, Done, Wish, done, found, listed};
use super::caller::{Act, Caller};
use super::desk::Desk;
use super::house::House;
use super::people::MaybeWish;
use super::principal::Principal;

type Here<H> = State<Desk<H>>;

pub(super) async fn status<H: House>(State(desk): Here<H>) -> Document<Status> {
    found(desk.house.status().await)
}

pub(super) async fn unseal<H: House>(State(desk): Here<H>, Wish(unseal): Wish<Unseal>) -> Done {
    done(desk.house.unseal(unseal).await)
}

pub(super) async fn doctor<H: House>(State(desk): Here<H>) -> Document<Examination> {
    found(desk.house.doctor().await)
}

pub(super) async fn try_broker<H: House>(
    State(desk): Here<H>,
    Wish(second): Wish<TryBroker>,
) -> Document<Examination> {
    found(desk.house.try_broker(second).await)
}

pub(super) async fn confirm_clock<H: House>(State(desk): Here<H>, by: Principal) -> Done {
    done(desk.house.confirm_clock(by).await)
}

pub(super) async fn doors<H: House>(State(desk): Here<H>) -> Documents<DoorView> {
    listed(desk.house.doors().await)
}

pub(super) async fn add_door<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(door): Wish<AddDoor>,
) -> Document<DoorAdded> {
    found(desk.house.add_door(by, door).await)
}

pub(super) async fn change_policy<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(door): At<DoorName>,
    Wish(change): Wish<ChangePolicy>,
) -> Document<DoorView> {
    found(desk.house.change_policy(by, door, change).await)
}

pub(super) async fn unlock_door<H: House>(
    State(desk): Here<H>,
    by: Principal,
    caller: Caller,
    act: Act,
    At(door): At<DoorName>,
    MaybeWish(proof): MaybeWish<StepUp>,
) -> Document<UnlockBegun> {
    desk.house.prove(by, caller, act, proof).await?;
    found(desk.house.unlock_door(by, door).await)
}

pub(super) async fn lock_door<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(door): At<DoorName>,
) -> Document<LockAsked> {
    found(desk.house.lock_door(by, door).await)
}

pub(super) async fn devices<H: House>(State(desk): Here<H>) -> Documents<DeviceView> {
    listed(desk.house.devices().await)
}

pub(super) async fn device_grants<H: House>(
    State(desk): Here<H>,
    At(device): At<DeviceName>,
) -> Document<DeviceGrants> {
    found(desk.house.device_grants(device).await)
}

pub(super) async fn device_settings<H: House>(
    State(desk): Here<H>,
    At(device): At<DeviceName>,
) -> Document<DeviceSettings> {
    found(desk.house.device_settings(device).await)
}

pub(super) async fn authorities<H: House>(State(desk): Here<H>) -> Document<Authorities> {
    found(desk.house.authorities().await)
}

pub(super) async fn begin_rollover<H: House>(
    State(desk): Here<H>,
    by: Principal,
) -> Document<Authorities> {
    found(desk.house.begin_rollover(by).await)
}

pub(super) async fn finish_rollover<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(retire): Wish<RetireAuthority>,
) -> Document<Authorities> {
    found(desk.house.finish_rollover(by, retire).await)
}

pub(super) async fn allow_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    AtBoth(device, door): AtBoth<DeviceName, DoorName>,
    Wish(allow): Wish<AllowDevice>,
) -> Done {
    done(desk.house.allow_device(by, device, door, allow).await)
}

pub(super) async fn disallow_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    AtBoth(device, door): AtBoth<DeviceName, DoorName>,
) -> Done {
    done(desk.house.disallow_device(by, device, door).await)
}

pub(super) async fn allow_notices<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<DeviceName>,
) -> Done {
    done(desk.house.allow_notices(by, device).await)
}

pub(super) async fn disallow_notices<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<DeviceName>,
) -> Done {
    done(desk.house.disallow_notices(by, device).await)
}

pub(super) async fn home_assistant<H: House>(State(desk): Here<H>) -> Document<HomeAssistant> {
    found(desk.house.home_assistant().await)
}

pub(super) async fn show_home_assistant<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(show): Wish<ShowHomeAssistant>,
) -> Document<HomeAssistant> {
    found(desk.house.show_home_assistant(by, show).await)
}

pub(super) async fn discovered<H: House>(State(desk): Here<H>) -> Documents<DiscoveredDevice> {
    listed(desk.house.discovered().await)
}

pub(super) async fn renew_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<DeviceName>,
    Wish(renewal): Wish<RenewDevice>,
) -> Document<Enrolment> {
    found(desk.house.renew_device(by, device, renewal).await)
}

pub(super) async fn enrol_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(device): Wish<EnrolDevice>,
) -> Document<Enrolment> {
    found(desk.house.enrol_device(by, device).await)
}

pub(super) async fn enrol_plain_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(device): Wish<EnrolPlainDevice>,
) -> Document<PlainEnrolment> {
    found(desk.house.enrol_plain_device(by, device).await)
}

pub(super) async fn revoke_device<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<DeviceName>,
) -> Done {
    done(desk.house.revoke_device(by, device).await)
}

pub(super) async fn rearm_keypad<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(keypad): At<DeviceName>,
) -> Done {
    done(desk.house.rearm_keypad(by, keypad).await)
}

pub(super) async fn cameras<H: House>(State(desk): Here<H>) -> Documents<CameraView> {
    listed(desk.house.cameras().await)
}

pub(super) async fn add_camera<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(camera): Wish<AddCamera>,
) -> Document<CameraView> {
    found(desk.house.add_camera(by, camera).await)
}

pub(super) async fn remove_camera<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(camera): At<CameraName>,
) -> Done {
    done(desk.house.remove_camera(by, camera).await)
}

pub(super) async fn codes<H: House>(
    State(desk): Here<H>,
    Asked(filter): Asked<CodeFilter>,
) -> Documents<CodeView> {
    listed(desk.house.codes(filter).await)
}

pub(super) async fn issue_code<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(code): Wish<NewCode>,
) -> Document<IssuedCode> {
    found(desk.house.issue_code(by, code).await)
}

pub(super) async fn cancel_code<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(code): At<CodeId>,
    Asked(believed): Asked<CodeFilter>,
) -> Done {
    done(desk.house.cancel_code(by, code, believed).await)
}

pub(super) async fn pause_code<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(code): At<CodeId>,
    Asked(believed): Asked<CodeFilter>,
) -> Done {
    done(desk.house.pause_code(by, code, believed).await)
}

pub(super) async fn resume_code<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(code): At<CodeId>,
    Asked(believed): Asked<CodeFilter>,
) -> Done {
    done(desk.house.resume_code(by, code, believed).await)
}

pub(super) async fn erase_code_notes<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(code): At<CodeId>,
) -> Done {
    done(desk.house.erase_code_notes(by, code).await)
}

pub(super) async fn entries<H: House>(
    State(desk): Here<H>,
    Asked(query): Asked<EntryQuery>,
) -> Documents<EntryView> {
    listed(desk.house.entries(query).await)
}

pub(super) async fn entry<H: House>(
    State(desk): Here<H>,
    At(entry): At<EntryId>,
) -> Document<EntryStory> {
    found(desk.house.entry(entry).await)
}

pub(super) async fn evidence<H: House>(
    State(desk): Here<H>,
    At(entry): At<EntryId>,
) -> Document<EntryEvidence> {
    found(desk.house.evidence(entry).await)
}

pub(super) async fn outward<H: House>(State(desk): Here<H>) -> Document<Outward> {
    found(desk.house.outward().await)
}

pub(super) async fn erase_entry<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(entry): At<EntryId>,
) -> Done {
    done(desk.house.erase_entry(by, entry).await)
}

pub(super) async fn block_entry<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(entry): At<EntryId>,
) -> Done {
    done(desk.house.block_entry(by, entry).await)
}

pub(super) async fn approve_entry<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(entry): At<EntryId>,
) -> Done {
    done(desk.house.approve_entry(by, entry).await)
}

pub(super) async fn log<H: House>(
    State(desk): Here<H>,
    Asked(query): Asked<LogQuery>,
) -> Document<LogPage> {
    found(desk.house.log(query).await)
}

pub(super) async fn verify_log<H: House>(
    State(desk): Here<H>,
    Wish(against): Wish<VerifyLog>,
) -> Document<Verification> {
    found(desk.house.verify_log(against).await)
}

pub(super) async fn checkpoint<H: House>(State(desk): Here<H>) -> Document<Checkpoint> {
    found(desk.house.checkpoint().await)
}

pub(super) async fn recordings<H: House>(
    State(desk): Here<H>,
    Asked(query): Asked<RecordingQuery>,
) -> Documents<RecordingView> {
    listed(desk.house.recordings(query).await)
}

pub(super) async fn recording<H: House>(
    State(desk): Here<H>,
    At(recording): At<RecordingId>,
) -> Document<RecordingDetails> {
    found(desk.house.recording(recording).await)
}

pub(super) async fn keep_rules<H: House>(State(desk): Here<H>) -> Document<KeepRules> {
    found(desk.house.keep_rules().await)
}

pub(super) async fn change_keep_rules<H: House>(
    State(desk): Here<H>,
    Wish(change): Wish<ChangeKeepRules>,
) -> Document<KeepRules> {
    found(desk.house.change_keep_rules(change).await)
}

pub(super) async fn erase_recording<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(recording): At<RecordingId>,
) -> Done {
    done(desk.house.erase_recording(by, recording).await)
}
