//! Commands against a house that answers over a real socket.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use clap::Parser;
use doorward_api::RecordingId;
use doorward_api::status::Seal;
use doorward_recorder::{HouseholdIdentity, RecordingIdentity};
use secrecy::ExposeSecret;

use super::super::failure::Failure;
use super::super::output::{Form, Output};
use super::super::session::Session;
use super::super::{Cli, Command, ask};
use super::look;
use crate::http::tests::Answering;
use crate::http::tests::house::SEGMENT;

/// What was printed.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn type_in<'a>(
    state: &Path,
    form: Form,
    words: impl IntoIterator<Item = &'a str>,
) -> Result<String, Failure> {
    let paper = Paper::default();
    let output = Output::to(Box::new(paper.clone()), form, look());
    let mut session = Session::of_this_process(Some(state.to_owned()), None, output);
    let words = std::iter::once("doorward").chain(words);
    let Command::Ask(asked) = Cli::try_parse_from(words).unwrap().command else {
        panic!("a command that asks no hub");
    };
    ask(asked, &mut session).await?;
    let printed = paper.0.lock().unwrap().clone();
    Ok(String::from_utf8(printed).unwrap())
}

async fn text(hub: &Answering, line: &str) -> String {
    type_in(hub.state(), Form::Text, line.split(' ')).await.unwrap()
}

#[tokio::test]
async fn each_command_asks_for_what_it_says_and_tells_what_came_of_it() {
    let hub = Answering::start(Seal::Unsealed);
    let table = [
        ("door unlock front", r#"DoorName("front")"#, "doorward entry show 17"),
        ("door lock front", r#"DoorName("front")"#, "as soon as it closes"),
        ("door add a --lock b --keypad c", r#"keypads: [DeviceName("c")]"#, "recording required"),
        ("door policy a --relock-after 45s", "relock_after_ms: Some(45000)", "door front"),
        ("door add a --lock z2m/Frnt", r#"DeviceName("z2m/Frnt")"#, "tells of no device z2m/Frnt"),
        ("door add a --lock b", r#"DeviceName("b")"#, "z2m/Plug is no contact, but: lock"),
        (
            "device grants porch-lock",
            r#"DeviceName("porch-lock")"#,
            "publish    doorward/porch-lock/",
        ),
        ("device settings z2m --for zigbee2mqtt", r#"("z2m")"#, "  cert: /app/data/z2m/client.pem"),
        ("device settings z2m --for frigate --host h", r#"("z2m")"#, "  host: h\n"),
        ("device settings z2m --for tasmota", r#"("z2m")"#, "Tasmota cannot connect"),
        (
            "device enrol gate --kind contact --plain --for esphome",
            r#"name: DeviceName("gate")"#,
            "  password: pa55word\n",
        ),
        ("device enrol gate --kind contact --plain", "kind: Contact", "can read and forge"),
        ("device revoke z2m", r#"DeviceName("z2m")"#, "z2m is revoked"),
        ("device rearm z2m/Pad", r#"DeviceName("z2m/Pad")"#, "takes codes again"),
        ("camera remove porch", r#"CameraName("porch")"#, "porch is removed"),
        ("delivery expect --door front", "Delivery", "4821 0573"),
        ("delivery list", "Some(Delivery)", "Parcel Post 0034"),
        ("delivery cancel 4", "(CodeId(4), CodeFilter { kind: Some(Delivery) })", "taken back"),
        ("guest add Ann --door front --days mon --hours 9-12", "days: [Mon]", "4821 0573"),
        ("guest revoke 4", "(CodeId(4), CodeFilter { kind: Some(Guest) })", "taken back"),
        ("code cancel 4", "(CodeId(4), CodeFilter { kind: None })", "taken back"),
        ("code duress --resembles 4", "Duress { resembles: CodeId(4) }", "4821 0573"),
        ("code emergency --door a", r#"BreakGlass { doors: [DoorName("a")] }"#, "4821 0573"),
        ("entry list --limit 3", "limit: Some(3)", "Sun 22 Nov 15:02  front"),
        ("entry block 17", "EntryId(17)", "is stopped"),
        ("entry approve 17", "EntryId(17)", "is approved"),
        ("recording list", "limit: Some(20)", "33.4 MB"),
        ("recording erase 8", "RecordingId(8)", "is erased"),
        ("recording keep --days 14", "days: Some(14)", "14 days"),
        ("entry erase 17", r#"("erase", EntryId(17))"#, "entry 17 is erased"),
        ("code erase 4", r#"("erase notes", CodeId(4))"#, "is erased"),
        ("clock confirm", "confirm_clock", "10:12:00"),
    ];
    for (line, heard, told) in table {
        let printed = text(&hub, line).await;
        assert!(printed.contains(told), "{line}: {printed}");
        let last = hub.house.heard().last().cloned().unwrap_or_default();
        assert!(last.contains(heard), "{line}: {last}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_courier_is_told_of_the_camera_that_films_him() {
    let hub = Answering::start(Seal::Unsealed);
    let printed = text(&hub, "delivery expect --door front --carrier DHL").await;
    assert!(printed.contains("For the courier:\n  Delivery 0034: please type 4821 0573"));
    assert!(printed.contains("The visit is filmed."), "{printed}");
    let heard = hub.house.heard().last().cloned().unwrap();
    assert!(heard.contains("from: 2026-11-22T09:12:00Z, until: 2026-11-22T13:12:00Z"), "{heard}");
    hub.stop().await;
}

#[tokio::test]
async fn programs_get_the_wires_own_words() {
    let hub = Answering::start(Seal::Unsealed);
    let table = [
        ("status", "/house/doors/0/lock/bolt", "\"retracted\""),
        ("doctor", "/checks/2/verdict", "\"fail\""),
        ("entry show 17", "/entry/outcome/result", "\"completed\""),
        ("entry list", "/0/by/who", "\"code\""),
        ("log list --all", "/1/event", "\"recording_opened\""),
        ("log verify", "/finding", "\"whole\""),
        ("log checkpoint", "/size", "1203"),
        ("recording list", "/0/segments", "33"),
        ("device list", "/0/name", "\"porch-lock\""),
        ("device list --discovered", "/0/name", "\"z2m/Front door\""),
        ("device list --discovered", "/1/name", "null"),
        ("device grants l", "/subscribe/0", "\"doorward/porch-lock/lock/set\""),
        ("device settings a --for tasmota", "/client_certificates", "\"no\""),
        ("device settings a --for zwave-js-ui", "/for", "\"zwave-js-ui\""),
        ("door add a --lock b", "/name", "\"front\""),
        ("door add a --lock b", "/doubts/0/why", "\"unknown_to_bridge\""),
        ("delivery expect --door front", "/digits", "\"48210573\""),
        ("delivery expect --door front", "/code/id", "12"),
    ];
    for (line, place, expected) in table {
        let paper = Paper::default();
        let output = Output::to(Box::new(paper.clone()), Form::Json, look());
        let mut session = Session::of_this_process(Some(hub.state().to_owned()), None, output);
        let words = std::iter::once("doorward").chain(line.split(' '));
        let Command::Ask(asked) = Cli::try_parse_from(words).unwrap().command else {
            panic!("{line}");
        };
        match ask(asked, &mut session).await {
            Ok(()) | Err(Failure::Told) => {}
            Err(other) => panic!("{line}: {other:?}"),
        }
        let json: serde_json::Value = serde_json::from_slice(&paper.0.lock().unwrap()).unwrap();
        let found = json.pointer(place).unwrap_or_else(|| panic!("{line}: {json}"));
        assert_eq!(found.to_string(), expected, "{line}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_device_gets_its_identity_in_files_that_nobody_else_reads_and_nothing_overwrites() {
    let hub = Answering::start(Seal::Unsealed);
    let out = hub.state().join("lock");
    let words = ["device", "enrol", "porch-lock", "--kind", "lock", "--out", out.to_str().unwrap()];
    type_in(hub.state(), Form::Text, words).await.unwrap();
    let key = out.join("client.key");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), "key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let asked = hub.house.heard().len();
    let again = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{again:?}").contains("exists already"), "{again:?}");
    assert_eq!(hub.house.heard().len(), asked, "the hub signed something for nothing");
    hub.stop().await;
}

#[tokio::test]
async fn a_device_that_made_its_own_key_gets_a_certificate_and_no_key() {
    let hub = Answering::start(Seal::Unsealed);
    let (out, csr) = (hub.state().join("lock"), hub.state().join("lock.csr"));
    std::fs::write(&csr, "a request").unwrap();
    let (out_text, csr_text) = (out.to_str().unwrap(), csr.to_str().unwrap());
    let words = ["device", "enrol", "l", "--kind", "lock", "--out", out_text, "--csr", csr_text];
    let told = type_in(hub.state(), Form::Text, words).await.unwrap();
    assert!(told.contains("made by the device, which keeps it"), "{told}");
    assert!(hub.house.heard().last().unwrap().contains("csr_pem: Some(\"a request\")"));
    assert!(!out.join("client.key").exists());
    assert_eq!(std::fs::read_to_string(out.join("client.pem")).unwrap(), "certificate");
    let asked = hub.house.heard().len();
    std::fs::write(&csr, vec![b'x'; 17 * 1024]).unwrap();
    let other = hub.state().join("other");
    let words = [&words[..6], &[other.to_str().unwrap(), "--csr", csr_text]].concat();
    let refused = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{refused:?}").contains("too long for a signing request"), "{refused:?}");
    assert_eq!(hub.house.heard().len(), asked);
    assert!(!other.exists(), "a folder was made for nothing");
    hub.stop().await;
}

#[tokio::test]
async fn a_bridge_is_enrolled_with_the_settings_to_paste() {
    let hub = Answering::start(Seal::Unsealed);
    let out = hub.state().join("z2m");
    let kind = ["--kind", "bridge", "--dialect", "zigbee2mqtt", "--out", out.to_str().unwrap()];
    let words = ["device", "enrol", "z2m"].into_iter().chain(kind);
    let told = type_in(hub.state(), Form::Text, words).await.unwrap();
    assert!(told.contains("connects to  192.168.1.10:8883, hub.local:8883"), "{told}");
    let key = format!("  key: {}/client.key\n", out.display());
    assert!(
        told.contains("  server: mqtts://192.168.1.10:8883\n") && told.contains(&key),
        "{told}"
    );
    hub.stop().await;
}

#[tokio::test]
async fn what_a_bridge_told_of_is_listed_as_doors_take_it() {
    let hub = Answering::start(Seal::Unsealed);
    let printed = text(&hub, "device list --discovered").await;
    let expected = "
        NAME                            CAN BE         MODEL            CAN
        z2m/Front door                  lock           Yale YRD426NRSC  lock and unlock, tell a jam, keep PINs
        hall/Back door (rename it first)  lock, contact  Yale YRD256      lock and unlock";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&printed), squeezed(expected), "{printed}");
    hub.stop().await;
}

#[tokio::test]
async fn sealed_segments_are_saved_as_they_are() {
    let hub = Answering::start(Seal::Unsealed);
    let out = hub.state().join("recording-8");
    let words = ["recording", "fetch", "8", "--out", out.to_str().unwrap()];
    type_in(hub.state(), Form::Text, words).await.unwrap();
    assert_eq!(std::fs::read(out.join("00000000.age")).unwrap(), SEGMENT);
    hub.stop().await;
}

/// Writes the household's recovery sheet, with the line somewhere in it.
fn sheet(hub: &Answering) -> String {
    let path = hub.state().join("sheet.txt");
    let line = hub.house.household.expose();
    std::fs::write(&path, format!("THE SHEET\n\n  {}\n\nKeep it.\n", line.expose_secret()))
        .unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_recordings_own_key_comes_out_for_its_household_alone() {
    let hub = Answering::start(Seal::Unsealed);
    let identity = sheet(&hub);
    let words = ["recording", "key", "8", "--identity", &identity];
    let key = type_in(hub.state(), Form::Text, words).await.unwrap();
    let key = RecordingIdentity::parse(&key.trim().into()).unwrap();
    let details = hub.client().await.recording(RecordingId(8)).await.unwrap();
    assert_eq!(key.recipient().to_string(), details.recipient);
    let stranger = HouseholdIdentity::generate().expose();
    std::fs::write(&identity, stranger.expose_secret()).unwrap();
    let refused = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{refused:?}").contains("does not open the recording"), "{refused:?}");
    std::fs::write(&identity, "no key").unwrap();
    let refused = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{refused:?}").contains("holds no household identity"), "{refused:?}");
    hub.stop().await;
}

#[tokio::test]
async fn an_export_that_fails_or_is_in_the_way_changes_no_file() {
    let hub = Answering::start(Seal::Unsealed);
    let identity = sheet(&hub);
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    let words =
        ["recording", "export", "8", "--identity", &identity, "--out", clip.to_str().unwrap()];
    let unreadable = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{unreadable:?}").contains("could not open a segment"), "{unreadable:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    std::fs::write(&clip, "holiday").unwrap();
    let refused = type_in(hub.state(), Form::Text, words).await.unwrap_err();
    assert!(format!("{refused:?}").contains("exists already"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&clip).unwrap(), "holiday");
    hub.stop().await;
}

#[tokio::test]
async fn who_is_refused_is_told_what_to_type_next() {
    let hub = Answering::start(Seal::Unsealed);
    for (line, advice) in [
        (
            "door lock busy",
            "; `doorward entry list` shows which, `doorward entry block ID` stops it",
        ),
        (
            "door unlock busy",
            "; `doorward entry list` shows which, `doorward entry block ID` stops it",
        ),
        ("delivery cancel 404", "; `doorward delivery list` shows the deliveries"),
        ("guest pause 404", "; `doorward guest list` shows the guests' codes"),
        ("guest resume 404", "; `doorward guest list` shows the guests' codes"),
        ("code cancel 404", "; `doorward code list` shows all"),
        ("entry block 404", "; `doorward entry list` shows the visits"),
        ("entry approve 404", "; `doorward entry list` shows the visits"),
    ] {
        let refused = type_in(hub.state(), Form::Text, line.split(' ')).await.unwrap_err();
        let Failure::Failed(error) = refused else { panic!("{line}: {refused:?}") };
        assert!(format!("{error:#}").ends_with(advice), "{line}: {error:#}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn nobody_is_asked_for_a_passphrase_that_the_hub_does_not_wait_for() {
    for (seal, told) in [
        (Seal::Unsealed, "the hub is unsealed already"),
        (Seal::Unclaimed, "no household yet; `doorward pair`"),
    ] {
        let hub = Answering::start(seal);
        let printed = text(&hub, "unseal").await;
        assert!(printed.contains(told), "{printed}");
        hub.stop().await;
    }
}

#[tokio::test]
async fn the_doctor_fails_where_something_failed() {
    let hub = Answering::start(Seal::Unsealed);
    let failed = type_in(hub.state(), Form::Text, ["doctor"]).await.unwrap_err();
    assert!(matches!(failed, Failure::Told));
    hub.stop().await;
}

#[tokio::test]
async fn what_cannot_fit_together_is_a_usage_error() {
    let hub = Answering::start(Seal::Unsealed);
    let table: [(&[&str], &str); 6] = [
        (&["door", "policy", "front"], "--relock-after"),
        (&["camera", "add", "p", "--url", "http://h/p"], "rtsp://HOST[:PORT]/PATH"),
        (&["camera", "add", "p", "--url", "rtsp:///p"], "names no host"),
        (&["camera", "add", "p", "--url", "rtsp://u:hunter2@h/p"], "--username"),
        (&["delivery", "expect", "--door", "f", "--from", "8:00", "--until", "9:00"], "tomorrow"),
        (
            &[
                "guest",
                "add",
                "A",
                "--door",
                "f",
                "--days",
                "mon",
                "--hours",
                "9-12",
                "--from",
                "2026-12-02",
                "--until",
                "2026-12-01",
            ],
            "swap",
        ),
    ];
    for (words, advice) in table {
        let failure = type_in(hub.state(), Form::Text, words.iter().copied()).await.unwrap_err();
        let Failure::Usage(message) = failure else { panic!("{words:?}: {failure:?}") };
        assert!(message.contains(advice), "{words:?}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_hub_that_does_not_run_is_named_with_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let failure = type_in(folder.path(), Form::Text, ["status"]).await.unwrap_err();
    assert!(format!("{failure:?}").contains("doorward init"), "{failure:?}");
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    let failure = type_in(folder.path(), Form::Text, ["status"]).await.unwrap_err();
    let state = folder.path().display();
    let advice =
        format!("no hub is running on {state}; start it with `doorward serve --state {state}`");
    assert!(format!("{failure:?}").contains(&advice), "{failure:?}");
}
