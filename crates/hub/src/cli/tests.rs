//! What people and scripts read, word for word.

mod asking;

use clap::{CommandFactory, Parser};
use doorward_api::RecordingId;
use doorward_api::code::CodeKind;
use doorward_api::doctor::Examination;
use doorward_api::door::DoorView;
use doorward_api::entry::Outcome;
use doorward_api::log::{Finding, Verification};
use doorward_api::notice::{News, Notice};
use doorward_api::recording::RecordingView;
use doorward_api::status::{Seal, Status};
use doorward_api::story::EntryStory;
use jiff::tz::TimeZone;

use super::delivery::Filming;
use super::look::{Colour, Look};
use super::{Cli, code, delivery, doctor, door, entry, log, status, story};
use crate::http::samples::{self, moment};

pub(super) fn look() -> Look {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    Look { zone, now: moment("09:12:00"), colour: Colour::None }
}

/// How far a test's text is indented.
const MARGIN: usize = 8;

/// Compares without the margin that a test's text has, and without empty lines around.
fn assert_reads(text: &str, expected: &str) {
    let lines = expected.lines().map(|line| line.get(MARGIN..).unwrap_or(""));
    let expected = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(text.trim_matches('\n'), expected.trim_matches('\n'), "\n{text}");
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_command_line_names_one_hub() {
    let words = ["doorward", "status", "--state", "d", "--socket", "s"].map(Into::into);
    let error = Cli::read(words).err().unwrap().to_string();
    assert!(error.contains("--state and --socket each name a hub"), "{error}");
}

#[test]
fn every_command_of_the_contract_is_understood() {
    let table = [
        "init --state d --unlock keyfile --recovery-out f --household Home",
        "init --state d --unlock passphrase",
        "init --state d --unlock systemd-creds",
        "init --state d --unlock keyring",
        "serve --state d --mqtt-listen 127.0.0.1:0 --https-listen 127.0.0.1:0",
        "serve --state d --log-format json",
        "serve --state d --plain-listen 127.0.0.1:0",
        "status",
        "--json status",
        "doctor --json",
        "unseal",
        "device enrol porch-lock --kind lock --out d",
        "device enrol z2m --kind bridge --dialect zigbee2mqtt --out d",
        "device list",
        "device list --discovered",
        "device grants porch-lock",
        "device enrol porch-lock --kind lock --out d --csr f --for esphome --host hub.local",
        "device settings z2m --for zigbee2mqtt --host hub.local --files /etc/z2m",
        "device settings ha --for home-assistant",
        "device settings x --for tasmota",
        "device settings x --for shelly",
        "device settings x --for frigate",
        "device settings x --for zwave-js-ui",
        "device revoke porch-lock",
        "device rearm z2m/Keypad",
        "camera add porch --url rtsp://h/p --username u --password-stdin",
        "camera add porch --url rtsp://h:554/p",
        "camera list",
        "camera remove porch",
        "door add front --lock l --keypad k --keypad m --contact c --camera p --recording off",
        "door list",
        "door unlock front",
        "door lock front",
        "door policy front --recording preferred --approval tap --relock-after 30s",
        "delivery expect --door front --carrier C --reference R --from 14:00 --until 18:00",
        "delivery expect --door front --until +4h --instructions bench",
        "delivery list",
        "delivery cancel 4",
        "guest add Ann --door front --days mon,wed --hours 09:00-12:00 --until 2026-12-31",
        "guest list",
        "guest revoke 4",
        "code emergency --door front --door back",
        "code break-glass --door front --door back",
        "code duress --resembles 4",
        "code list",
        "code cancel 4",
        "entry list --door front --limit 3",
        "entry show 17 --json",
        "entry block 17",
        "entry approve 17",
        "entry watch",
        "log list --since 2h",
        "log list --since 2026-11-01",
        "log verify",
        "log checkpoint",
        "recording list",
        "recording export 8 --identity f --out clip.mp4 --force",
        "recording key 8 --identity f",
        "recording fetch 8 --out d",
        "recording erase 8",
        "recording keep",
        "recording keep --days 14 --gb-per-camera 50",
        "entry erase 17",
        "code erase 4",
        "camera add porch --url rtsp://h/p --audio",
        "guest pause 7",
        "guest resume 7",
        "code pause 7",
        "code resume 7",
        "clock confirm",
        "pair --role owner --qr",
        "pair --person Ana",
        "person list",
        "person remove Ana",
        "phone list",
        "phone revoke 4",
        "phone lift 4",
        "log witnesses",
        "init --set-up-in-browser",
        "backup --out f",
        "restore --from f --identity f --state d",
        "completions bash",
        "completions zsh",
        "completions fish",
        "eye",
    ];
    for line in table {
        let words = std::iter::once("doorward").chain(line.split(' '));
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn wrong_arguments_are_answered_with_what_to_type_instead() {
    let table = [
        ("delivry list", "delivery"),
        ("door add front", "--lock <DEVICE>"),
        ("door add a/b --lock l", "a name cannot contain"),
        ("door policy front --relock-after 30", "30s, 2m"),
        ("door policy front --recording maybe", "required, preferred, off"),
        ("device enrol x --kind lok --out d", "lock"),
        ("camera add p --url rtsp://h/p --password-stdin", "--username"),
        ("delivery expect --door front --from 25:00", "write 14:00"),
        ("guest add A --door f --days mo --hours 9-12", "mon-fri"),
        ("guest add A --door f --days mon --hours 9", "09:00-12:00"),
        ("guest add A --door f --days mon --hours 9-12 --uses 0", "1.."),
        ("recording export 8 --out clip.mp4", "--identity <FILE>"),
        ("entry show seventeen", "<ID>"),
        ("recording keep --days 0", "1.."),
        ("recording keep --gb-per-camera half", "<N>"),
        ("log list --all --since 2h", "cannot be used with"),
        ("completions tcsh", "bash, zsh, fish"),
        ("status --jsno", "--json"),
    ];
    for (line, advice) in table {
        let words = std::iter::once("doorward").chain(line.split(' '));
        let error = Cli::try_parse_from(words).err().unwrap_or_else(|| panic!("{line}"));
        assert!(error.to_string().contains(advice), "{line}: {error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn status_is_read_at_a_glance() {
    assert_reads(
        &status::text(&samples::status(), &look()),
        "
        Home: watching for 3 h 12 min

        Doors
          front        unlocked      open        lock 12 s ago, contact 3 min 12 s ago
                       entry 17: door open, for 42 s
                       porch-keypad: locked out after wrong tries for 30 s
          garden gate  lock offline  no contact  lock has not reported

        Cameras
          porch  live, H.264 1920×1080, keyframe 0.4 s ago
          yard   frozen: its picture does not change

        Tried what they may not
          porch-cam  tried to publish to the lock of front 4 min ago; 2 tries in all

        Hub
          devices     3 of 4 connected
          devices at  192.168.1.10:8883
          phones at   192.168.1.10:8443
          clock       10:12:00 Europe/Berlin
          disk        database 409.6 kB, recordings 3.4 GB, 120.0 GB free
          log         1203 leaves
          witnessed   by no paired device yet
          rejected    1 malformed message, 2 outside grants, 0 connections
          key         a key file (no protection against a thief)
          version     0.1.0 (hub 00ff00ff00ff00ff)
        ",
    );
}

#[test]
fn a_sealed_hub_says_what_to_do() {
    let sealed = Status { seal: Seal::Sealed, house: None, ..samples::status() };
    assert_reads(
        &status::text(&sealed, &look()),
        "
        Home: SEALED for 3 h 12 min
        It leaves the doors alone. Hand it the passphrase with `doorward unseal`.
        ",
    );
}

#[test]
fn the_doctor_says_what_to_do_below_what_is_wrong() {
    assert_reads(
        &doctor::text(&samples::examination(), &look()),
        "
        ok    disk         120.0 GB free
        warn  keys         the root key lies beside the database
                           → make the next hub with --unlock passphrase
        FAIL  camera yard  frozen
                           → restart the camera

        1 thing failed, 1 warning
        ",
    );
    let well = Examination { checks: Vec::new() };
    assert_reads(doctor::text(&well, &look()).trim_start(), "        all is well");
}

#[test]
fn a_visit_is_told_from_its_first_moment_to_its_last() {
    assert_reads(
        &story::text(&samples::story(), &look()),
        "
        Entry 17
          door     front
          who      delivery Parcel Post 0034 (code 12)
          began    Sunday 22 November 2026, 15:02:05 CET
          lasted   1 min 2 s
          outcome  completed

          15:02:05  +0.0 s   waiting for a live picture, or for you
          15:02:05  +0.0 s   recording 8 began (camera porch)
          15:02:05  +0.0 s   leave to unlock: delivery Parcel Post 0034 (code 12)
          15:02:05  +0.0 s   told the lock to unlock
          15:02:05  +0.8 s   lock reports: unlocked
          15:02:05  +0.8 s   unlocked
          15:02:09  +4.3 s   contact reports: open
          15:02:52  +47.2 s  contact reports: closed
          15:02:52  +47.2 s  told the lock to lock
          15:02:53  +47.9 s  lock reports: locked
          15:02:53  +47.9 s  locked, by the lock's own report
          15:03:07  +62.4 s  over: completed

        Recording 8: 1 min 6 s, 33 sealed segments, 33.4 MB.
        To see it: doorward recording export 8 --identity FILE --out clip.mp4
        ",
    );
}

#[test]
fn all_recordings_of_a_visit_are_told() {
    let mut story = samples::story();
    let second = RecordingView { id: RecordingId(9), ..samples::recording_view() };
    story.recordings.push(second);
    let text = story::text(&story, &look());
    assert!(text.contains("Recording 8: ") && text.contains("Recording 9: "), "{text}");
}

#[test]
fn a_recording_without_a_picture_is_not_offered() {
    let mut story = samples::story();
    story.recordings = vec![RecordingView { segments: 0, ..samples::recording_view() }];
    let text = story::text(&story, &look());
    assert!(text.contains("Recording 8: ") && !text.contains("To see it"), "{text}");
}

#[test]
fn a_denied_visit_says_why() {
    assert_reads(
        &story::text(&samples::denied(), &look()),
        "
        Entry 18
          door     front
          who      delivery Parcel Post 0034 (code 12)
          began    Sunday 22 November 2026, 15:02:05 CET
          lasted   3 s
          outcome  denied: the camera's picture did not change

          15:02:05  +0.0 s  waiting for a live picture, or for you
          15:02:08  +3.1 s  denied: the camera's picture did not change
        ",
    );
}

#[test]
fn a_visit_in_progress_has_no_end_yet() {
    let entry = doorward_api::entry::EntryView {
        outcome: None,
        closed_at: None,
        stage: doorward_api::entry::Stage::Open,
        ..samples::entry()
    };
    let told = EntryStory { entry, lines: Vec::new(), recordings: Vec::new() };
    let text = story::text(&told, &look());
    assert!(text.contains("in progress: door open"), "{text}");
    assert!(!text.contains("lasted"), "{text}");
}

#[test]
fn a_code_is_shown_once_with_its_terms() {
    assert_reads(
        &code::sheet(&samples::issued(), &look()),
        "

            4821 0573

          opens      front
          from       Sun 22 Nov 14:00
          until      Sun 22 Nov 18:00
          how often  once
          number     12   (take it back: doorward delivery cancel 12)
          This is the only time the digits are shown.
        ",
    );
}

#[test]
fn the_courier_learns_neither_a_name_nor_who_is_in() {
    let letter = delivery::letter(&samples::issued(), Filming::Filmed, &look());
    assert_eq!(
        letter,
        "Delivery 0034: please type 4821 0573 on the keypad by the door, Sunday 22 November \
         between 14:00 and 18:00. The code opens the door once. Where to put it: On the bench to \
         the left. Please pull the door shut when you leave; it locks by itself. The visit is \
         filmed."
    );
    for secret in ["front", "Home", "Parcel Post", "home", "away"] {
        assert!(!letter.contains(secret), "{secret}");
    }
}

#[test]
fn who_expects_a_courier_at_a_door_that_cannot_open_for_one_is_warned() {
    let told = samples::door();
    assert_eq!(door::obstacles(&told), "");
    let blind = DoorView { camera: None, ..told.clone() };
    assert!(door::obstacles(&blind).contains("no camera"));
    let mute = DoorView { keypads: Vec::new(), ..told };
    assert!(door::obstacles(&mute).contains("no keypad"));
    let bare = DoorView { camera: None, ..mute };
    assert_eq!(door::obstacles(&bare).lines().count(), 2);
}

#[test]
fn a_list_without_codes_says_how_to_give_one_out() {
    for (kind, command) in [
        (Some(CodeKind::Delivery), "`doorward delivery expect`"),
        (Some(CodeKind::Guest), "`doorward guest add`"),
        (None, "`doorward delivery expect` or `doorward guest add`"),
    ] {
        let told = code::table(&[], kind, &look());
        assert!(told.contains(command), "{told}");
    }
}

#[test]
fn a_name_in_the_place_of_a_number_is_told_what_to_write() {
    let refused = "DHL".parse::<doorward_api::CodeId>().unwrap_err();
    assert_eq!(refused.to_string(), "write the number that the list shows, such as 12");
}

#[test]
fn the_log_says_whether_it_is_whole() {
    let whole = log::verification(&samples::verification(), &look());
    assert!(whole.starts_with("the log is whole\n  1203 leaves (2 erased), 611"), "{whole}");
    let finding = Finding::Broken { leaf: Some(7), what: "its hash does not fit".into() };
    let broken = Verification { finding, ..samples::verification() };
    let broken = log::verification(&broken, &look());
    assert!(broken.starts_with("THE LOG IS BROKEN at leaf 7: its hash does not fit\n"), "{broken}");
}

#[test]
fn what_happens_is_told_as_it_happens() {
    let line = samples::story().lines.remove(2);
    let notice = Notice { at: line.at, news: News::Logged { line } };
    let told = entry::heard(&notice, &look()).unwrap();
    let expected = "15:02:05  front         leave to unlock: delivery Parcel Post 0034 (code 12)";
    assert_eq!(told, expected);
    let entry = samples::entry();
    assert_eq!(entry.outcome, Some(Outcome::Completed));
    let changed = Notice { at: notice.at, news: News::EntryChanged { entry } };
    assert_eq!(entry::heard(&changed, &look()), None);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = status::text(&samples::status(), &look());
    let painted = status::text(&samples::status(), &Look { colour: Colour::Ansi, ..look() });
    assert!(painted.contains('\u{1b}'));
    let mut stripped = String::new();
    for (place, part) in painted.split('\u{1b}').enumerate() {
        let text = if place == 0 { part } else { part.split_once('m').unwrap().1 };
        stripped.push_str(text);
    }
    assert_eq!(stripped, plain);
}
