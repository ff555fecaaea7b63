//! What the house answers of its doors, devices and visits: samples.

use doorward_api::authority::{Authorities, AuthorityView, RetireAuthority};
use doorward_api::camera::{AddCamera, CameraView, Sound};
use doorward_api::code::{CodeFilter, CodeView, IssuedCode, NewCode};
use doorward_api::device::{
    Ability, Connection, DeviceGrants, DeviceKind, DeviceSettings, DeviceView, Dialect,
    DiscoveredDevice, EnrolDevice, EnrolPlainDevice, Enrolment, Link, Part, PlainEnrolment,
    RenewDevice,
};
use doorward_api::doctor::{Examination, TryBroker};
use doorward_api::door::{
    AddDoor, ChangePolicy, DoorAdded, DoorView, Doubt, LockAsked, LockWhen, Misfit, UnlockBegun,
};
use doorward_api::entry::{EntryQuery, EntryView};
use doorward_api::evidence::EntryEvidence;
use doorward_api::home::{AllowDevice, HomeAssistant, ShowHomeAssistant, Shown};
use doorward_api::log::{Checkpoint, LogPage, LogQuery, Verification, VerifyLog};
use doorward_api::notice::{News, Notice, NumberedNotice};
use doorward_api::outward::Outward;
use doorward_api::recording::{
    ChangeKeepRules, KeepRules, RecordingDetails, RecordingQuery, RecordingView, SegmentView,
};
use doorward_api::status::{CameraHealth, Seal, Status, Unseal};
use doorward_api::story::EntryStory;
use doorward_api::{
    CameraName, CodeId, DeviceName, DoorName, EntryId, PairedDeviceId, Problem, ProblemKind,
    RecordingId, hex,
};
use doorward_recorder::{LiveSound, LiveStream};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{SEGMENT, TestHouse};
use crate::board::Listener;
use crate::http::samples::{self, moment};
use crate::http::{Answer, House, Principal, SealedBackup, SealedSegment, Session};

fn camera(name: CameraName, username: Option<String>) -> CameraView {
    let url = "rtsp://192.168.1.20/stream".to_owned();
    let (sound, warning) = (Sound::Off, None);
    CameraView { name, url, username, sound, warning, health: CameraHealth::Connecting }
}

fn device(name: DeviceName, kind: DeviceKind, dialect: Dialect) -> DeviceView {
    DeviceView {
        name,
        kind,
        dialect,
        link: Link::Unknown,
        enrolled_at: moment("09:00:00"),
        certificate_until: Some(moment("09:00:00")),
        next_certificate_until: None,
        revoked_at: None,
    }
}

fn one_authority() -> Authorities {
    let current = AuthorityView { number: 1, sha256: "ab".repeat(32), until: moment("09:00:00") };
    let rollover_due = moment("08:00:00");
    Authorities { current, next: None, rollover_due, remaining: Vec::new() }
}

fn connection() -> Connection {
    let hosts = vec!["192.168.1.10".into(), "hub.local".into()];
    Connection { hosts, port: 8883, base_topic: "zigbee2mqtt".into() }
}

/// The number of what is not there.
fn known(number: u64) -> Answer<()> {
    match number {
        404 => Err(Problem::new(ProblemKind::NotFound, "there is no such thing")),
        _ => Ok(()),
    }
}

/// The name of a door that somebody stands in.
fn not_busy(door: &DoorName) -> Answer<()> {
    match door.as_str() {
        "busy" => Err(Problem::new(ProblemKind::Conflict, "an entry is in progress at this door")),
        _ => Ok(()),
    }
}

impl House for TestHouse {
    fn seal(&self) -> Seal {
        *self.seal.lock().unwrap()
    }

    async fn session(&self, token: &SecretString) -> Option<Session> {
        self.sessions.lock().unwrap().get(token.expose_secret()).cloned()
    }

    fn notices(&self, after: Option<u64>) -> Listener {
        self.board.listen(after)
    }

    async fn unseen(&self, device: PairedDeviceId) -> Answer<Vec<NumberedNotice>> {
        let notice = Notice { at: moment("09:00:00"), news: News::Bell { door: "front".into() } };
        Ok(vec![NumberedNotice { seq: device.0, notice }])
    }

    async fn acknowledge(&self, device: PairedDeviceId, seq: u64) -> Answer<()> {
        self.hear((device, seq));
        self.acknowledged.notify_one();
        Ok(())
    }

    async fn status(&self) -> Answer<Status> {
        Ok(Status { seal: self.seal(), ..samples::status() })
    }

    async fn unseal(&self, unseal: Unseal) -> Answer<()> {
        use secrecy::ExposeSecret;
        if unseal.passphrase.expose_secret() != "correct horse" {
            return Err(Problem::new(ProblemKind::WrongPassphrase, "wrong passphrase"));
        }
        *self.seal.lock().unwrap() = Seal::Unsealed;
        Ok(())
    }

    async fn doctor(&self) -> Answer<Examination> {
        Ok(samples::examination())
    }

    async fn try_broker(&self, second: TryBroker) -> Answer<Examination> {
        self.hear(second.certificate_pem);
        Ok(samples::examination())
    }

    async fn back_up(&self, _by: Principal) -> Answer<SealedBackup> {
        self.hear("back_up");
        let file = tokio::fs::File::open(&self.segment).await.unwrap();
        Ok(SealedBackup { file, bytes: SEGMENT.len() as u64 })
    }

    async fn confirm_clock(&self, _by: Principal) -> Answer<()> {
        self.hear("confirm_clock");
        Ok(())
    }

    async fn doors(&self) -> Answer<Vec<DoorView>> {
        Ok(vec![samples::door()])
    }

    async fn add_door(&self, _by: Principal, door: AddDoor) -> Answer<DoorAdded> {
        self.hear(&door);
        let doubts = vec![
            Doubt { device: door.lock, part: Part::Lock, why: Misfit::UnknownToBridge },
            Doubt {
                device: "z2m/Plug".into(),
                part: Part::Contact,
                why: Misfit::CannotBe { can_be: vec![Part::Lock] },
            },
        ];
        Ok(DoorAdded { door: samples::door(), doubts })
    }

    async fn change_policy(
        &self,
        _by: Principal,
        door: DoorName,
        change: ChangePolicy,
    ) -> Answer<DoorView> {
        self.hear((door, change));
        Ok(samples::door())
    }

    async fn unlock_door(&self, _by: Principal, door: DoorName) -> Answer<UnlockBegun> {
        self.hear(&door);
        not_busy(&door)?;
        Ok(UnlockBegun { entry: EntryId(17) })
    }

    async fn lock_door(&self, _by: Principal, door: DoorName) -> Answer<LockAsked> {
        self.hear(&door);
        not_busy(&door)?;
        Ok(LockAsked { when: LockWhen::OnceClosed })
    }

    async fn devices(&self) -> Answer<Vec<DeviceView>> {
        Ok(vec![device("porch-lock".into(), DeviceKind::Lock, Dialect::Native)])
    }

    async fn enrol_device(&self, _by: Principal, wanted: EnrolDevice) -> Answer<Enrolment> {
        self.hear(&wanted);
        let client_key_pem = wanted.csr_pem.is_none().then(|| "key".into());
        Ok(Enrolment {
            device: device(wanted.name, wanted.kind, wanted.dialect),
            ca_pem: "ca".into(),
            client_pem: "certificate".into(),
            client_key_pem,
            connection: connection(),
        })
    }

    async fn enrol_plain_device(
        &self,
        _by: Principal,
        wanted: EnrolPlainDevice,
    ) -> Answer<PlainEnrolment> {
        self.hear(&wanted);
        let username = wanted.name.to_string();
        let device = device(wanted.name, wanted.kind, wanted.dialect);
        let device = DeviceView { certificate_until: None, ..device };
        let connection = Connection { port: 1883, base_topic: username.clone(), ..connection() };
        Ok(PlainEnrolment { device, username, password: "pa55word".into(), connection })
    }

    async fn renew_device(
        &self,
        _by: Principal,
        name: DeviceName,
        wanted: RenewDevice,
    ) -> Answer<Enrolment> {
        self.hear(&wanted);
        let client_key_pem = wanted.csr_pem.is_none().then(|| "next key".into());
        Ok(Enrolment {
            device: device(name, DeviceKind::Lock, Dialect::Native),
            ca_pem: "ca".into(),
            client_pem: "next certificate".into(),
            client_key_pem,
            connection: connection(),
        })
    }

    async fn device_grants(&self, device: DeviceName) -> Answer<DeviceGrants> {
        self.hear(&device);
        Ok(DeviceGrants {
            device,
            kind: DeviceKind::Lock,
            dialect: Dialect::Native,
            publish: vec!["doorward/porch-lock/status".into()],
            subscribe: vec!["doorward/porch-lock/lock/set".into()],
        })
    }

    async fn device_settings(&self, name: DeviceName) -> Answer<DeviceSettings> {
        self.hear(&name);
        let device = device(name, DeviceKind::Bridge, Dialect::Zigbee2mqtt);
        Ok(DeviceSettings { device, connection: connection() })
    }

    async fn authorities(&self) -> Answer<Authorities> {
        Ok(one_authority())
    }

    async fn begin_rollover(&self, _by: Principal) -> Answer<Authorities> {
        Ok(one_authority())
    }

    async fn finish_rollover(
        &self,
        _by: Principal,
        retire: RetireAuthority,
    ) -> Answer<Authorities> {
        self.hear(retire);
        Ok(one_authority())
    }

    async fn allow_device(
        &self,
        _by: Principal,
        device: DeviceName,
        door: DoorName,
        allow: AllowDevice,
    ) -> Answer<()> {
        self.hear((device, door, allow));
        Ok(())
    }

    async fn disallow_device(
        &self,
        _by: Principal,
        device: DeviceName,
        door: DoorName,
    ) -> Answer<()> {
        self.hear((device, door));
        Ok(())
    }

    async fn allow_notices(&self, _by: Principal, device: DeviceName) -> Answer<()> {
        self.hear(device);
        Ok(())
    }

    async fn disallow_notices(&self, _by: Principal, device: DeviceName) -> Answer<()> {
        self.hear(device);
        Ok(())
    }

    async fn home_assistant(&self) -> Answer<HomeAssistant> {
        Ok(HomeAssistant { shown: Shown::Off, enrolled: Vec::new() })
    }

    async fn show_home_assistant(
        &self,
        _by: Principal,
        show: ShowHomeAssistant,
    ) -> Answer<HomeAssistant> {
        self.hear(show);
        Ok(HomeAssistant { shown: show.shown, enrolled: Vec::new() })
    }

    async fn discovered(&self) -> Answer<Vec<DiscoveredDevice>> {
        let one = |friendly: &str, model: &str, can_be: &[Part], abilities: &[Ability]| {
            let name = (!friendly.contains('/')).then(|| format!("z2m/{friendly}").as_str().into());
            DiscoveredDevice {
                name,
                friendly: friendly.into(),
                vendor: "Yale".into(),
                model: model.into(),
                description: "Assure lock".into(),
                can_be: can_be.to_vec(),
                abilities: abilities.to_vec(),
            }
        };
        let lock = [Ability::Bolt, Ability::Jam, Ability::Pins];
        Ok(vec![
            one("Front door", "YRD426NRSC", &[Part::Lock], &lock),
            one("hall/Back door", "YRD256", &[Part::Lock, Part::Contact], &[Ability::Bolt]),
            one("Plug", "ZNCZ02LM", &[], &[]),
        ])
    }

    async fn revoke_device(&self, _by: Principal, device: DeviceName) -> Answer<()> {
        self.hear(device);
        Ok(())
    }

    async fn rearm_keypad(&self, _by: Principal, keypad: DeviceName) -> Answer<()> {
        self.hear(keypad);
        Ok(())
    }

    async fn cameras(&self) -> Answer<Vec<CameraView>> {
        Ok(vec![camera("porch".into(), None)])
    }

    async fn add_camera(&self, _by: Principal, wanted: AddCamera) -> Answer<CameraView> {
        Ok(camera(wanted.name, wanted.login.map(|login| login.username)))
    }

    fn looks(&self, by: Principal, camera: &CameraName) -> Box<dyn Send> {
        self.hear(("looks", by, camera));
        Box::new(())
    }

    async fn watch(&self, camera: CameraName) -> Answer<LiveStream> {
        self.hear(camera);
        Ok(LiveStream::new(self.pictures.subscribe()))
    }

    async fn listen(&self, camera: CameraName) -> Answer<LiveSound> {
        self.hear(("listens", camera));
        Ok(LiveSound::new(self.sound.subscribe()))
    }

    async fn remove_camera(&self, _by: Principal, camera: CameraName) -> Answer<()> {
        self.hear(camera);
        Ok(())
    }

    async fn codes(&self, filter: CodeFilter) -> Answer<Vec<CodeView>> {
        self.hear(filter);
        Ok(vec![samples::issued().code])
    }

    async fn issue_code(&self, _by: Principal, code: NewCode) -> Answer<IssuedCode> {
        self.hear(code);
        Ok(samples::issued())
    }

    async fn cancel_code(&self, _by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        self.hear((code, believed));
        known(code.0)
    }

    async fn pause_code(&self, _by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        self.hear(("pause", code, believed));
        known(code.0)
    }

    async fn resume_code(&self, _by: Principal, code: CodeId, believed: CodeFilter) -> Answer<()> {
        self.hear(("resume", code, believed));
        known(code.0)
    }

    async fn erase_code_notes(&self, _by: Principal, code: CodeId) -> Answer<()> {
        self.hear(("erase notes", code));
        Ok(())
    }

    async fn entries(&self, query: EntryQuery) -> Answer<Vec<EntryView>> {
        self.hear(query);
        Ok(vec![samples::entry()])
    }

    async fn entry(&self, entry: EntryId) -> Answer<EntryStory> {
        if entry == EntryId(17) {
            Ok(samples::story())
        } else {
            Err(Problem::new(ProblemKind::NotFound, format!("there is no entry {entry}")))
        }
    }

    async fn evidence(&self, entry: EntryId) -> Answer<EntryEvidence> {
        let (verifier_key, checkpoint) = ("key".to_owned(), "note".to_owned());
        Ok(EntryEvidence { entry, verifier_key, checkpoint, leaves: Vec::new() })
    }

    async fn outward(&self) -> Answer<Outward> {
        Ok(Outward {
            home_networks: vec!["10.0.0.0/8".to_owned()],
            connects_to: Vec::new(),
            broker: None,
        })
    }

    async fn erase_entry(&self, _by: Principal, entry: EntryId) -> Answer<()> {
        self.hear(("erase", entry));
        Ok(())
    }

    async fn block_entry(&self, _by: Principal, entry: EntryId) -> Answer<()> {
        self.hear(entry);
        known(entry.0)
    }

    async fn approve_entry(&self, _by: Principal, entry: EntryId) -> Answer<()> {
        self.hear(entry);
        known(entry.0)
    }

    /// Two lines, one to a page.
    async fn log(&self, query: LogQuery) -> Answer<LogPage> {
        let lines: Vec<_> = samples::story().lines.into_iter().take(2).collect();
        let line = lines.iter().find(|line| query.after.is_none_or(|after| line.index > after));
        let last = lines.last().map(|line| line.index);
        Ok(LogPage {
            lines: line.into_iter().cloned().collect(),
            next: line.map(|line| line.index).filter(|index| Some(*index) != last),
        })
    }

    async fn verify_log(&self, _against: VerifyLog) -> Answer<Verification> {
        Ok(samples::verification())
    }

    async fn checkpoint(&self) -> Answer<Checkpoint> {
        Ok(Checkpoint {
            size: 1203,
            at: Some(moment("09:00:00")),
            note: "doorward\n1203\n".into(),
            verifier_key: "doorward+00+AA".into(),
        })
    }

    async fn recordings(&self, query: RecordingQuery) -> Answer<Vec<RecordingView>> {
        self.hear(query);
        Ok(vec![samples::recording_view()])
    }

    async fn recording(&self, _recording: RecordingId) -> Answer<RecordingDetails> {
        Ok(RecordingDetails {
            recording: samples::recording_view(),
            sealed_secret: self.recording.sealed_secret.as_bytes().to_vec(),
            recipient: self.recording.recipient.to_string(),
            segments: vec![SegmentView {
                sequence: 0,
                starts_at: moment("14:02:00"),
                duration_ms: 2000,
                bytes: SEGMENT.len() as u64,
                sha256: hex::encode(&Sha256::digest(SEGMENT)),
            }],
        })
    }

    async fn segment(&self, _recording: RecordingId, sequence: u32) -> Answer<SealedSegment> {
        if sequence != 0 {
            return Err(Problem::new(ProblemKind::NotFound, "there is no such segment"));
        }
        let file = tokio::fs::File::open(&self.segment).await.unwrap();
        Ok(SealedSegment { file, bytes: SEGMENT.len() as u64 })
    }

    async fn keep_rules(&self) -> Answer<KeepRules> {
        Ok(KeepRules { days: 30, bytes_per_camera: 20_000_000_000 })
    }

    async fn change_keep_rules(&self, change: ChangeKeepRules) -> Answer<KeepRules> {
        self.hear(change);
        Ok(KeepRules { days: change.days.unwrap_or(30), bytes_per_camera: 20_000_000_000 })
    }

    async fn erase_recording(&self, _by: Principal, recording: RecordingId) -> Answer<()> {
        self.hear(recording);
        Ok(())
    }
}
