//! A delivery with parts that nobody here wrote: mosquitto's clients play Zigbee2MQTT, GStreamer is
//! the camera, ffprobe and the stock age program are the judges.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use doorward_api::Client;
use doorward_api::entry::Outcome;
use doorward_api::event::LogEvent;
use doorward_api::log::Finding;
use doorward_tests::harness::{
    Camera, Credentials, Daemon, Doorward, Fittings, Keep, Listener, Mosquitto, PATIENCE,
    free_address, logged, tool,
};

const LOCK: &str = "zigbee2mqtt/Front door";
const KEYPAD: &str = "zigbee2mqtt/Porch keypad";
const CONTACT: &str = "zigbee2mqtt/Front contact";
const CAMERA: Credentials<'static> = Credentials { user: "hub", password: "foreign-parts-9917" };

#[tokio::test]
async fn a_house_of_foreign_parts_takes_a_delivery() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    let sheet = folder.path().join("recovery.txt");
    owner.init(&sheet).await?;
    let daemon = Daemon::start(&owner, free_address()?).await?;
    let listener = Listener::start(owner.state()).await?;
    let bridge = owner.enrol("z2m", "bridge", "zigbee2mqtt", folder.path()).await?;
    let camera = Camera::start(CAMERA).await?;
    owner.add_camera("porch", &camera.url("h264"), CAMERA).await?;
    let fittings = Fittings {
        lock: "z2m/Front door",
        keypads: &["z2m/Porch keypad"],
        contact: Some("z2m/Front contact"),
        camera: Some("porch"),
    };
    owner.add_door("front", fittings).await?;

    let zigbee = Mosquitto::new(daemon.mqtt(), bridge);
    let heard = zigbee.subscribe("zigbee2mqtt/#").await?;
    zigbee.publish("zigbee2mqtt/bridge/state", Keep::Retained, br#"{"state":"online"}"#).await?;
    zigbee.publish(LOCK, Keep::Passing, br#"{"lock_state":"locked","state":"LOCK"}"#).await?;
    zigbee.publish(CONTACT, Keep::Passing, br#"{"contact":true,"battery":97}"#).await?;

    let start = listener.journal().end();
    let here = heard.end();
    let code = owner.expect_delivery("front").await?;
    // A bridge that has just started repeats old actions: it is not believed about codes for 3 s.
    zigbee.publish(KEYPAD, Keep::Passing, typed(&code.digits, 40).as_bytes()).await?;
    let quiet = Duration::from_secs(4);
    heard.nothing(here, quiet, "zigbee2mqtt/Front door/set", "UNLOCK").await?;
    zigbee.publish(KEYPAD, Keep::Passing, typed(&code.digits, 41).as_bytes()).await?;

    heard.wait(here, "zigbee2mqtt/Front door/set", r#"{"state":"UNLOCK"}"#).await?;
    let answer = heard.wait(here, "zigbee2mqtt/Porch keypad/set", r#""transaction":41"#).await?;
    assert!(answer.contains(r#""mode":"disarm""#), "{answer}");

    // The trap: `action` comes before the bolt moves, and `state` alone would hide a jam.
    zigbee.publish(LOCK, Keep::Passing, br#"{"action":"unlock","action_source_name":"rf","lock_state":"unlocked","state":"UNLOCK"}"#).await?;
    zigbee.publish(CONTACT, Keep::Passing, br#"{"contact":false}"#).await?;
    let open = heard.end();
    zigbee.publish(CONTACT, Keep::Passing, br#"{"contact":true}"#).await?;
    heard.wait(open, "zigbee2mqtt/Front door/set", r#"{"state":"LOCK"}"#).await?;
    zigbee
        .publish(LOCK, Keep::Passing, br#"{"action":"lock","lock_state":"locked","state":"LOCK"}"#)
        .await?;

    let (recording, _) = listener
        .journal()
        .wait(start, PATIENCE, "the closed recording", |notice| {
            let LogEvent::RecordingClosed { recording } = logged(notice)? else { return None };
            Some(*recording)
        })
        .await?;
    let unlocks = heard.all().iter().filter(|line| line.contains("UNLOCK\"}")).count();
    assert!(unlocks >= 1, "{:?}", heard.all());

    story_is_told(&owner).await?;
    let clip = folder.path().join("clip.mp4");
    owner.export(recording, &sheet, &clip).await?;
    clip_is_whole(&clip).await?;
    stock_age_opens_a_segment(&owner, recording, folder.path(), &sheet).await?;
    assert_eq!(owner.verify_log().await?.finding, Finding::Whole);
    daemon.stop(&[]).await
}

fn typed(code: &str, transaction: u32) -> String {
    format!(
        r#"{{"action":"disarm","action_code":"{code}","action_zone":0,"action_transaction":{transaction}}}"#
    )
}

/// The story has times and reasons, ends well, and its film starts before the code was typed.
async fn story_is_told(owner: &Doorward) -> anyhow::Result<()> {
    let entry = owner.entries().await?.into_iter().next().context("no entry")?;
    let story = owner.story(entry.id).await?;
    assert_eq!(story.entry.outcome, Some(Outcome::Completed));
    assert!(story.lines.is_sorted_by_key(|line| line.index));
    assert!(story.lines.iter().any(|line| matches!(line.event, LogEvent::UnlockGranted { .. })));
    let starts_at = story.recordings.first().and_then(|recording| recording.starts_at);
    assert!(starts_at.context("no segment")? < story.entry.opened_at, "no pre-roll");
    let told = owner.ok(["entry", "show", &entry.id.to_string()]).await?;
    assert!(told.contains("Parcel Post"), "{told}");
    Ok(())
}

async fn clip_is_whole(clip: &Path) -> anyhow::Result<()> {
    let ask = ["-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames"];
    let arguments = ask.into_iter().chain(["-of", "default=nw=1"]).map(Into::into);
    let said = String::from_utf8(tool("ffprobe", arguments.chain([clip.to_path_buf()])).await?)?;
    assert!(said.contains("codec_name=h264"), "{said}");
    let frames: u32 = said
        .lines()
        .find_map(|line| line.strip_prefix("nb_read_frames=")?.parse().ok())
        .context("no frames")?;
    assert!(frames > 15 * 5, "less than the pre-roll: {frames} frames");
    Ok(())
}

/// The household's identity opens the recording's secret, and that opens a segment: age, twice.
async fn stock_age_opens_a_segment(
    owner: &Doorward,
    recording: doorward_api::RecordingId,
    folder: &Path,
    sheet: &Path,
) -> anyhow::Result<()> {
    let client = Client::connect(owner.state().join("doorward.sock")).await?;
    let details = client.recording(recording).await?;
    let household = folder.join("household.key");
    std::fs::write(&household, identity_line(sheet)?)?;
    let sealed = folder.join("secret.age");
    std::fs::write(&sealed, &details.sealed_secret)?;
    let secret = age(&household, &sealed).await?;
    let own = folder.join("recording.key");
    std::fs::write(&own, secret)?;

    let segments = sealed_files(owner.state())?;
    assert_eq!(segments.len(), details.segments.len(), "{segments:?}");
    let segment = segments.first().context("no segment on the disk")?;
    let opened = age(&own, segment).await?;
    assert!(opened.windows(4).any(|four| four == b"moof"), "no fragment in {segment:?}");
    assert!(age(&household, segment).await.is_err(), "sealed to the recording alone");
    Ok(())
}

async fn age(identity: &Path, file: &Path) -> anyhow::Result<Vec<u8>> {
    let arguments = ["-d".as_ref(), "-i".as_ref(), identity.as_os_str(), file.as_os_str()];
    tool("age", arguments).await
}

fn identity_line(sheet: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(sheet)?;
    let line = text.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    Ok(line.context("no identity on the sheet")?.to_owned())
}

/// Every file below the state folder that age sealed, other than the hub's own keys.
fn sealed_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("recordings")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder)? {
            let file = file?;
            if file.file_type()?.is_dir() {
                folders.push(file.path());
            } else if std::fs::read(file.path())?.starts_with(b"age-encryption.org/v1") {
                found.push(file.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
