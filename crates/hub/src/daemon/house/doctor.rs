//! `doctor`: everything a careful person would look at, and what to do about
//! what is wrong.

use std::collections::BTreeSet;

use doorward_api::DeviceName;
use doorward_api::device::{DeviceView, Link, Part};
use doorward_api::doctor::{Check, Examination};
use doorward_api::door::{Bolt, Contact, DoorView, RecordingRule};
use doorward_api::event::{Attempt, Victim};
use doorward_api::status::{
    CameraHealth, ClockTrust, DoorStatus, HouseStatus, StorageState, Trespasser,
};
use doorward_recorder::eye::SandboxLayers;
use jiff::{SignedDuration, Timestamp};

use super::super::awake::Awake;
use super::super::expiry::ENDS_SOON;
use super::check::{fail, ok, warn};
use super::{failed, other_broker};
use crate::amounts::{bytes, count, duration};
use crate::backup::RestoredFrom;
use crate::http::Answer;
use crate::settings::RESTORED;
use crate::state_dir::UnlockMode;

/// Below this much room somebody should look tomorrow.
const LITTLE_ROOM: u64 = 5 * 1024 * 1024 * 1024;
/// For how long after it `doctor` tells of a restoring.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Below this much, commits are about to fail.
const NO_ROOM: u64 = 256 * 1024 * 1024;

impl Awake {
    pub(super) async fn examine(&self) -> Answer<Examination> {
        let house = self.house_status().await?;
        let devices = self.all_devices().await?;
        let now = Timestamp::now();
        let mut checks = vec![keys(self.unlock_mode), clock(&house), disk(&house)];
        checks.extend(house.other_broker.iter().flat_map(other_broker::checks));
        checks.extend(house.cameras.iter().map(|one| camera(one.name.as_str(), &one.health)));
        checks.extend(self.eyes());
        let revoked = devices.iter().filter(|device| device.revoked_at.is_some());
        let revoked: BTreeSet<&DeviceName> = revoked.map(|device| &device.name).collect();
        checks.extend(house.doors.iter().flat_map(|one| door(one, &revoked)));
        checks.extend(self.all_doors().await?.iter().filter_map(unfilmed));
        checks.extend(house.trespassers.iter().map(trespasser));
        checks.extend(devices.iter().filter_map(|device| certificate(device, now)));
        checks.extend(self.lacking(&house.doors).await?);
        checks.push(self.authority_check(now).await?);
        checks.extend(self.plain_check().await?);
        checks.extend(self.restored_check(now).await?);
        checks.push(self.exposure());
        Ok(Examination { checks })
    }

    /// For a while after it was restored, a hub may believe what was taken back since.
    async fn restored_check(&self, now: Timestamp) -> Answer<Option<Check>> {
        let kept = self.store.setting(RESTORED).await;
        let kept = kept.map_err(failed("the settings cannot be read"))?;
        let from: Option<RestoredFrom> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
        Ok(from.filter(|from| now.duration_since(from.at) < TOLD_FOR).map(|from| {
            let day = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC");
            warn(
                "backup",
                format!("restored on {} from a backup of {}", day(from.at), day(from.backup_of)),
                "look through `doorward device list` and `doorward person list`: whom you removed \
                 after the backup is there again",
            )
        }))
    }

    /// Which walls stand around the processes that decode pictures.
    fn eyes(&self) -> Vec<Check> {
        let all = self.recorder.camera_health();
        let eyes = all.iter().filter_map(|(name, health)| health.eye.map(|eye| (name, eye)));
        eyes.map(|(name, eye)| walls(format!("eye {name}"), eye)).collect()
    }

    /// Who could reach the hub.
    fn exposure(&self) -> Check {
        let Some(address) = self.exchange.listens() else {
            let found = "the hub listens to no device; whom the broker lets in is its affair";
            return ok("exposure", found);
        };
        let found = format!(
            "devices connect to {address}, from the home network only, with a certificate of this hub"
        );
        if address.ip().is_unspecified() || self.home.contains(address.ip()) {
            ok("exposure", found)
        } else {
            let advice = "listen on an address of the home network: --mqtt-listen 192.168.…:8883";
            fail("exposure", found, advice)
        }
    }
}

/// What keeps a camera that sends forged pictures from more than the process that decodes them.
fn walls(what: String, eye: SandboxLayers) -> Check {
    let missing: Vec<_> = [
        (eye.landlock, "its files and network are not closed (Landlock)"),
        (eye.seccomp, "its system calls are not closed (seccomp)"),
        (eye.limits, "its memory is not bounded (resource limits)"),
    ]
    .into_iter()
    .filter_map(|(stands, without)| (!stands).then_some(without))
    .collect();
    if missing.is_empty() {
        return ok(what, "decodes pictures shut in: no files, no network, bounded memory");
    }
    let found = format!("decodes pictures, and {}", missing.join(", "));
    warn(what, found, "run a kernel of 5.19 or later with Landlock and seccomp")
}

fn keys(mode: UnlockMode) -> Check {
    match mode {
        UnlockMode::Passphrase => ok("keys", "a passphrase opens the hub after each start"),
        UnlockMode::SystemdCreds => ok("keys", "systemd opens the hub on this machine only"),
        UnlockMode::Keyring => ok("keys", "the desktop's keyring opens the hub"),
        UnlockMode::Keyfile => warn(
            "keys",
            "a file beside the database opens the hub: whoever takes the disk can, too",
            "if it could be stolen: `doorward backup`, then `doorward restore --unlock passphrase`",
        ),
    }
}

fn clock(house: &HouseStatus) -> Check {
    match house.clock.trust {
        ClockTrust::Trusted => {
            ok("clock", format!("runs evenly, time zone {}", house.clock.time_zone))
        }
        ClockTrust::Untrusted => fail(
            "clock",
            "the clock has jumped; couriers' and guests' codes are refused",
            "look whether the time is right, then run `doorward clock confirm`",
        ),
    }
}

fn disk(house: &HouseStatus) -> Check {
    let storage = &house.storage;
    let free = format!("{} free", bytes(storage.free_bytes));
    match storage.state {
        StorageState::Failing => fail(
            "disk",
            format!("the last decision could not be written down; nothing unlocks ({free})"),
            "make room on the disk, or look at its health with `smartctl`",
        ),
        StorageState::Writable if storage.free_bytes < NO_ROOM => {
            fail("disk", free, "make room: when there is none left, nothing unlocks any more")
        }
        StorageState::Writable if storage.free_bytes < LITTLE_ROOM => {
            warn("disk", free, "make room, or keep recordings for a shorter time")
        }
        StorageState::Writable => ok("disk", free),
    }
}

fn camera(name: &str, health: &CameraHealth) -> Check {
    let what = format!("camera {name}");
    match health {
        CameraHealth::Live { keyframe_age_ms, .. } => {
            ok(what, format!("live, its last keyframe is {} old", duration(*keyframe_age_ms)))
        }
        CameraHealth::Connecting => {
            warn(what, "is being connected to", "look again in some seconds")
        }
        CameraHealth::Unavailable { why } => {
            fail(what, why.clone(), "doors that require recording stay locked until it is back")
        }
        CameraHealth::Refused => fail(
            what,
            "refuses the password",
            "give its password again with `doorward camera add … --replace`",
        ),
        CameraHealth::Frozen => fail(
            what,
            "sends the same picture over and over",
            "restart it; if it stays so, somebody may be playing it a recording",
        ),
        CameraHealth::Unjudged => fail(
            what,
            "its pictures cannot be judged",
            "set it to H.264 or H.265 with 8 or 10 bits; look at `journalctl -u doorward`",
        ),
    }
}

fn door(status: &DoorStatus, revoked: &BTreeSet<&DeviceName>) -> Vec<Check> {
    let name = &status.name;
    let gone = |what: &str, device| revoked.contains(device).then(|| replace(what, device));
    let mut checks =
        vec![gone(&format!("lock of {name}"), &status.lock.device).unwrap_or_else(|| lock(status))];
    if let Some(contact) = &status.contact {
        let what = format!("contact of {name}");
        let gone = gone(&what, &contact.device);
        checks.push(gone.unwrap_or_else(|| match contact.contact {
            Contact::Closed => ok(what, "closed"),
            Contact::Open => ok(what, "open"),
            Contact::Unknown => warn(
                what,
                "has not said whether the door is open",
                "open and close the door once; if that does not help, look at its battery",
            ),
        }));
    }
    for keypad in &status.keypads {
        let what = format!("keypad {}", keypad.device);
        let gone = gone(&what, &keypad.device);
        let (locked_out, suspended) = (keypad.locked_out_for_ms > 0, keypad.suspended_for_ms > 0);
        checks.push(gone.unwrap_or_else(|| match (keypad.link, locked_out, suspended) {
            (Link::Offline, _, _) => {
                fail(what, "cannot be reached", "look at its power and network")
            }
            (Link::Online | Link::Unknown, false, false) => ok(what, wrong(keypad.wrong_tries)),
            (Link::Online | Link::Unknown, true, false) => warn(
                what,
                format!("takes no code for a while: {}", wrong(keypad.wrong_tries)),
                "wait, or let it take them again with `doorward device rearm`",
            ),
            (Link::Online | Link::Unknown, _, true) => warn(
                what,
                "takes no couriers' and guests' codes after too many wrong tries",
                "let it take them again with `doorward device rearm`",
            ),
        }));
    }
    checks
}

/// A part that is revoked never comes back, whatever is done to its battery.
fn replace(what: &str, device: &DeviceName) -> Check {
    let advice = format!(
        "enrol another one under its name: `doorward device enrol {device} --kind KIND --out DIR`"
    );
    fail(what, "is revoked: the door is without it", &advice)
}

fn wrong(tries: u32) -> String {
    match tries {
        0 => "no wrong try within 24 h".to_owned(),
        some => format!("{} within 24 h", count(some.into(), "wrong try", "wrong tries")),
    }
}

/// A door that requires recording and has no camera opens for no courier.
fn unfilmed(door: &DoorView) -> Option<Check> {
    let closed = door.camera.is_none() && door.policy.recording == RecordingRule::Required;
    closed.then(|| {
        fail(
            format!("policy of {}", door.name),
            "requires recording and the door has no camera: no courier's code opens it",
            "let it open unfilmed with `doorward door policy NAME --recording off`",
        )
    })
}

fn lock(status: &DoorStatus) -> Check {
    let what = format!("lock of {}", status.name);
    match (status.lock.link, status.lock.bolt) {
        (Link::Offline, _) => {
            fail(what, "cannot be reached", "look at its battery and at the bridge")
        }
        (Link::Online | Link::Unknown, Bolt::Thrown) => ok(what, "locked"),
        (Link::Online | Link::Unknown, Bolt::Retracted) => ok(what, "unlocked"),
        (Link::Online | Link::Unknown, Bolt::Moving) => ok(what, "moving"),
        (Link::Online | Link::Unknown, Bolt::Jammed) => {
            fail(what, "jammed", "push the door shut and lock it again")
        }
        (Link::Online | Link::Unknown, Bolt::Unknown) => {
            warn(what, "has not said where its bolt is", "move it once by hand")
        }
    }
}

fn trespasser(one: &Trespasser) -> Check {
    let times = if one.count == 1 { "once".to_owned() } else { format!("{} times", one.count) };
    if one.attempt == Attempt::GuessPassword {
        return warn(
            format!("password of {}", one.device),
            format!("refused {times}, wrong passwords among what was refused"),
            "if the device is set up right, somebody else in the network names it; revoke it if in \
             doubt",
        );
    }
    let aim = match &one.victim {
        Victim::Part { door, part: Part::Lock } => format!(", last told of: the lock of {door}"),
        Victim::Part { door, part: Part::Keypad } => format!(", last told of: a keypad of {door}"),
        Victim::Part { door, part: Part::Contact } => {
            format!(", last told of: the contact of {door}")
        }
        Victim::Device { name } => format!(", last told of: {name}"),
        Victim::Topic { words } => format!(", last told of: \"{words}\""),
        Victim::Unnamed => String::new(),
    };
    warn(
        format!("grants of {}", one.device),
        format!("it tried what it may not {times}{aim}"),
        "compare its settings with `doorward device grants`; if you did not set it up so, revoke it",
    )
}

fn certificate(device: &DeviceView, now: Timestamp) -> Option<Check> {
    let left = device.certificate_until?.duration_since(now);
    let ends_soon = device.revoked_at.is_none() && left < ENDS_SOON;
    ends_soon.then(|| {
        let days = left.as_hours() / 24;
        let (what, advice) =
            (format!("certificate of {}", device.name), device.next_certificate_until);
        let advice = match advice {
            None => "`doorward device renew NAME --out DIR` writes the files that follow",
            Some(_) => "give the device the certificate that it was issued already",
        };
        if left.is_negative() {
            fail(what, "has ended: the device is no longer let in", advice)
        } else {
            warn(what, format!("ends in {days} days"), advice)
        }
    })
}

#[cfg(test)]
mod tests {
    use doorward_api::DoorName;
    use doorward_api::doctor::Verdict;
    use doorward_api::status::LockStatus;

    use super::*;

    #[test]
    fn an_owner_reads_what_an_eye_can_reach() {
        let all = SandboxLayers { landlock: true, seccomp: true, limits: true };
        let shut = walls("eye porch".to_owned(), all);
        assert_eq!(shut.verdict, Verdict::Ok);
        let open = walls("eye porch".to_owned(), SandboxLayers { landlock: false, ..all });
        assert_eq!(open.verdict, Verdict::Warn);
        let said = "decodes pictures, and its files and network are not closed (Landlock)";
        assert_eq!(open.found, said);
    }

    #[test]
    fn a_revoked_lock_is_to_be_replaced_and_not_looked_after() {
        let device = DeviceName::from("front-lock");
        let lock = LockStatus {
            device: device.clone(),
            link: Link::Offline,
            bolt: Bolt::Unknown,
            age_ms: None,
        };
        let (contact, keypads, entry) = (None, Vec::new(), None);
        let front = DoorStatus { name: DoorName::from("front"), lock, contact, keypads, entry };
        let advised = |revoked: &BTreeSet<&DeviceName>| door(&front, revoked)[0].advice.clone();
        assert!(advised(&BTreeSet::new()).unwrap().contains("battery"));
        let advice = advised(&BTreeSet::from([&device])).unwrap();
        assert!(advice.contains("doorward device enrol front-lock"), "{advice}");
    }

    #[test]
    fn wrong_tries_are_said_in_words() {
        let said = [0, 1, 4].map(wrong);
        let [none, one, some] = said.each_ref().map(String::as_str);
        assert_eq!(none, "no wrong try within 24 h");
        assert_eq!((one, some), ("1 wrong try within 24 h", "4 wrong tries within 24 h"));
    }
}
