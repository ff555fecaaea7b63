//! Answers as a living house gives them, for tests.

use doorward_api::code::{CodeKind, CodeState, CodeTerms, CodeView, IssuedCode, Window};
use doorward_api::device::{Link, Part};
use doorward_api::doctor::{Check, Examination, Verdict};
use doorward_api::door::{ApprovalRule, Bolt, Contact, DoorView, PolicyView, RecordingRule};
use doorward_api::entry::{Actor, EntryView, Outcome, Reason, Stage};
use doorward_api::event::{Attempt, LogEvent, Victim};
use doorward_api::log::{Finding, LogLine, Verification};
use doorward_api::recording::{RecordingState, RecordingView};
use doorward_api::status::{
    CameraHealth, CameraStatus, ClockStatus, ClockTrust, ContactStatus, DeviceCounts, DoorStatus,
    EntryProgress, HouseStatus, KeypadStatus, LockStatus, Rejected, Seal, Status, StorageState,
    StorageStatus, Trespasser, UnlockMode,
};
use doorward_api::story::EntryStory;
use doorward_api::{CodeId, DoorName, EntryId, RecordingId};
use jiff::Timestamp;

pub(crate) fn moment(text: &str) -> Timestamp {
    format!("2026-11-22T{text}Z").parse().unwrap()
}

pub(crate) fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        household: Some("Home".into()),
        recipient: None,
        hub: "00ff00ff00ff00ff".into(),
        started_at: moment("06:00:00"),
        uptime_ms: 11_520_000,
        unlock: UnlockMode::Keyfile,
        seal: Seal::Unsealed,
        house: Some(house()),
    }
}

fn house() -> HouseStatus {
    let live = CameraHealth::Live {
        keyframe_age_ms: 400,
        codec: "H.264".into(),
        width: 1920,
        height: 1080,
    };
    HouseStatus {
        doors: vec![front(), garden()],
        cameras: vec![
            CameraStatus { name: "porch".into(), health: live },
            CameraStatus { name: "yard".into(), health: CameraHealth::Frozen },
        ],
        devices: DeviceCounts { enrolled: 4, connected: 3 },
        rejected: Rejected { malformed: 1, not_granted: 2, connections: 0, wrong_passwords: 0 },
        trespassers: vec![Trespasser {
            device: "porch-cam".into(),
            count: 2,
            attempt: Attempt::Publish,
            victim: Victim::Part { door: "front".into(), part: Part::Lock },
            age_ms: 240_000,
        }],
        clock: ClockStatus {
            trust: ClockTrust::Trusted,
            now: moment("09:12:00"),
            time_zone: "Europe/Berlin".into(),
        },
        storage: StorageStatus {
            state: StorageState::Writable,
            database_bytes: 409_600,
            recordings_bytes: 3_400_000_000,
            free_bytes: 120_000_000_000,
            log_leaves: 1203,
        },
        witnessed: None,
        broker: vec!["192.168.1.10:8883".into()],
        without_tls: None,
        web: vec!["192.168.1.10:8443".into()],
        other_broker: None,
    }
}

fn front() -> DoorStatus {
    DoorStatus {
        name: "front".into(),
        lock: LockStatus {
            device: "porch-lock".into(),
            link: Link::Online,
            bolt: Bolt::Retracted,
            age_ms: Some(12_000),
        },
        contact: Some(ContactStatus {
            device: "porch-contact".into(),
            link: Link::Online,
            contact: Contact::Open,
            age_ms: Some(192_000),
        }),
        keypads: vec![KeypadStatus {
            device: "porch-keypad".into(),
            link: Link::Online,
            locked_out_for_ms: 30_000,
            suspended_for_ms: 0,
            wrong_tries: 6,
        }],
        entry: Some(EntryProgress { id: EntryId(17), stage: Stage::Open, age_ms: 42_000 }),
    }
}

fn garden() -> DoorStatus {
    DoorStatus {
        name: "garden gate".into(),
        lock: LockStatus {
            device: "z2m/Gate".into(),
            link: Link::Offline,
            bolt: Bolt::Unknown,
            age_ms: None,
        },
        contact: None,
        keypads: Vec::new(),
        entry: None,
    }
}

pub(crate) fn examination() -> Examination {
    let check = |name: &str, verdict, found: &str, advice: Option<&str>| Check {
        name: name.into(),
        verdict,
        found: found.into(),
        advice: advice.map(str::to_owned),
    };
    Examination {
        checks: vec![
            check("disk", Verdict::Ok, "120.0 GB free", None),
            check(
                "keys",
                Verdict::Warn,
                "the root key lies beside the database",
                Some("make the next hub with --unlock passphrase"),
            ),
            check("camera yard", Verdict::Fail, "frozen", Some("restart the camera")),
        ],
    }
}

pub(crate) fn door() -> DoorView {
    DoorView {
        name: "front".into(),
        lock: "porch-lock".into(),
        keypads: vec!["porch-keypad".into()],
        contact: Some("porch-contact".into()),
        camera: Some("porch".into()),
        policy: PolicyView {
            recording: RecordingRule::Required,
            approval: ApprovalRule::None,
            relock_after_ms: 30_000,
        },
    }
}

pub(crate) fn issued() -> IssuedCode {
    let terms = CodeTerms::Delivery {
        window: Window { from: moment("13:00:00"), until: moment("17:00:00") },
        carrier: Some("Parcel Post".into()),
        reference: Some("0034".into()),
        instructions: Some("On the bench to the left.".into()),
    };
    let code = CodeView {
        id: CodeId(12),
        doors: vec!["front".into()],
        issued_at: moment("09:00:00"),
        issued_by: None,
        terms,
        state: CodeState::Waiting,
    };
    IssuedCode { code, digits: "48210573".into() }
}

pub(crate) fn entry() -> EntryView {
    EntryView {
        id: EntryId(17),
        door: "front".into(),
        by: courier(),
        opened_at: moment("14:02:05.100"),
        closed_at: Some(moment("14:03:07.500")),
        stage: Stage::Secured,
        outcome: Some(Outcome::Completed),
        recording: Some(RecordingId(8)),
    }
}

pub(crate) fn denied() -> EntryStory {
    let reason = Reason::CameraFrozen;
    let entry = EntryView {
        id: EntryId(18),
        closed_at: Some(moment("14:02:08.200")),
        stage: Stage::Arming,
        outcome: Some(Outcome::Denied { reason }),
        recording: None,
        ..self::entry()
    };
    let (id, door) = (entry.id, entry.door.clone());
    let moved = LogEvent::EntryMoved { entry: id, door: door.clone(), stage: Stage::Arming };
    let no = LogEvent::EntryDenied { entry: id, door, by: courier(), reason };
    EntryStory {
        entry,
        lines: vec![line(90, "14:02:05.110", 5_010, moved), line(91, "14:02:08.200", 8_100, no)],
        recordings: Vec::new(),
    }
}

fn courier() -> Actor {
    let label = Some("Parcel Post 0034".into());
    Actor::Code { code: CodeId(12), kind: Some(CodeKind::Delivery), label }
}

fn line(index: u64, at: &str, hub_ms: u64, event: LogEvent) -> LogLine {
    LogLine { index, at: moment(at), hub_ms, clock: ClockTrust::Trusted, asked_by: None, event }
}

pub(crate) fn story() -> EntryStory {
    let (entry, recording) = (EntryId(17), RecordingId(8));
    let door = || DoorName::from("front");
    let moved = |stage| LogEvent::EntryMoved { entry, door: door(), stage };
    let bolt = |bolt| LogEvent::BoltReported { door: door(), bolt };
    let contact = |contact| LogEvent::ContactReported { door: door(), contact };
    let sealed = LogEvent::SegmentSealed { recording, sequence: 0, sha256: "00".repeat(32) };
    let opened = LogEvent::RecordingOpened { recording, entry, camera: "porch".into() };
    let granted = LogEvent::UnlockGranted { entry, door: door(), by: courier() };
    let closed = LogEvent::EntryClosed { entry, door: door(), outcome: Outcome::Completed };
    EntryStory {
        entry: self::entry(),
        lines: vec![
            line(70, "14:02:05.110", 5_010, moved(Stage::Arming)),
            line(71, "14:02:05.120", 5_020, opened),
            line(72, "14:02:05.180", 5_080, granted),
            line(73, "14:02:05.190", 5_090, moved(Stage::Unlocking)),
            line(74, "14:02:05.900", 5_800, bolt(Bolt::Retracted)),
            line(75, "14:02:05.901", 5_801, moved(Stage::Unlocked)),
            line(76, "14:02:08.000", 7_900, sealed),
            line(77, "14:02:09.400", 9_300, contact(Contact::Open)),
            line(78, "14:02:52.300", 52_200, contact(Contact::Closed)),
            line(79, "14:02:52.301", 52_201, moved(Stage::Relocking)),
            line(80, "14:02:53.000", 52_900, bolt(Bolt::Thrown)),
            line(81, "14:02:53.001", 52_901, moved(Stage::Secured)),
            line(82, "14:03:07.500", 67_400, closed),
        ],
        recordings: vec![recording_view()],
    }
}

pub(crate) fn recording_view() -> RecordingView {
    RecordingView {
        id: RecordingId(8),
        camera: "porch".into(),
        entry: Some(EntryId(17)),
        door: Some("front".into()),
        starts_at: Some(moment("14:02:00")),
        duration_ms: 66_000,
        segments: 33,
        bytes: 33_400_000,
        state: RecordingState::Closed,
    }
}

pub(crate) fn verification() -> Verification {
    Verification {
        leaves: 1203,
        erased: 2,
        checkpoints: 611,
        root_hash: "ab".repeat(32),
        took_ms: 14,
        finding: Finding::Whole,
    }
}
