//! `doorward status`: the house at a glance.

use clap::Args;
use doorward_api::device::Link;
use doorward_api::door::{Bolt, Contact};
use doorward_api::status::{
    BrokerLink, CameraHealth, CameraStatus, ClockTrust, DoorStatus, HouseStatus, KeypadStatus,
    OtherBroker, Rejected, Seal, Status, StorageState, Trespasser,
};

use super::failure::Failure;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::words::{self, bytes, count, duration};

/// How old a report may be before it is worth a second look.
const OLD_REPORT_MS: u64 = 25 * 60 * 60 * 1000;

#[derive(Args)]
pub(super) struct Show {}

impl Show {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self {} = self;
        let status = session.hub().await?.status().await?;
        Ok(session.output.show(&status, |look| text(&status, look))?)
    }
}

/// Tells how the hub and the house are.
pub(super) fn text(status: &Status, look: &Look) -> String {
    let mut text = heading(status, look);
    if let Some(house) = &status.house {
        let parts = [
            ("Doors", doors(house, look)),
            ("Cameras", cameras(&house.cameras, look)),
            ("Tried what they may not", trespassers(&house.trespassers, look)),
            ("Hub", hub(status, house, look)),
        ];
        for (title, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
            text.push_str(&format!("\n{}\n{part}", look.paint(Tint::Strong, title)));
        }
    }
    text
}

fn heading(status: &Status, look: &Look) -> String {
    let state = match status.seal {
        Seal::Unsealed => look.paint(Tint::Good, "watching"),
        Seal::Sealed => look.paint(Tint::Bad, "SEALED"),
        Seal::Unclaimed => look.paint(Tint::Watch, "waiting for its household"),
    };
    let name = look.paint(Tint::Strong, status.household.as_deref().unwrap_or("Doorward"));
    let mut text = format!("{name}: {state} for {}\n", duration(status.uptime_ms));
    if status.seal == Seal::Unclaimed {
        text.push_str("`doorward pair` prints the link that names the household, on a phone.\n");
    }
    if status.seal == Seal::Sealed {
        text.push_str(
            "It leaves the doors alone. Hand it the passphrase with `doorward unseal`.\n",
        );
    }
    text
}

fn doors(house: &HouseStatus, look: &Look) -> String {
    if house.doors.is_empty() {
        return "  none yet; describe one with `doorward door add`\n".to_owned();
    }
    let mut table = Table::default();
    for door in &house.doors {
        table.push([door.name.as_str().into(), bolt(door), contact(door), reports(door).into()]);
        if let Some(entry) = door.entry {
            let stage = words::stage(entry.stage);
            let text = format!("entry {}: {stage}, for {}", entry.id, duration(entry.age_ms));
            table.push(["".into(), Cell::tinted(Tint::Watch, text)]);
        }
        for keypad in &door.keypads {
            if let Some(trouble) = keypad_trouble(keypad) {
                table.push(["".into(), Cell::tinted(Tint::Watch, trouble)]);
            }
        }
    }
    table.lay_out(2, look)
}

fn bolt(door: &DoorStatus) -> Cell {
    match door.lock.link {
        Link::Online | Link::Unknown => {}
        Link::Offline => return Cell::tinted(Tint::Bad, "lock offline"),
    }
    let tint = match door.lock.bolt {
        Bolt::Thrown => Tint::Good,
        Bolt::Retracted | Bolt::Moving => Tint::Watch,
        Bolt::Jammed | Bolt::Unknown => Tint::Bad,
    };
    Cell::tinted(tint, words::bolt(door.lock.bolt))
}

fn contact(door: &DoorStatus) -> Cell {
    let Some(contact) = &door.contact else {
        return Cell::tinted(Tint::Faint, "no contact");
    };
    match contact.link {
        Link::Online | Link::Unknown => {}
        Link::Offline => return Cell::tinted(Tint::Bad, "contact offline"),
    }
    let tint = match contact.contact {
        Contact::Closed => Tint::Good,
        Contact::Open => Tint::Watch,
        Contact::Unknown => Tint::Bad,
    };
    Cell::tinted(tint, words::contact(contact.contact))
}

/// Says how old the reports are on which the line rests.
fn reports(door: &DoorStatus) -> String {
    let age = |name: &str, age_ms: Option<u64>| match age_ms {
        Some(age_ms) if age_ms > OLD_REPORT_MS => {
            format!("{name} last heard {} ago", duration(age_ms))
        }
        Some(age_ms) => format!("{name} {} ago", duration(age_ms)),
        None => format!("{name} has not reported"),
    };
    let lock = age("lock", door.lock.age_ms);
    match &door.contact {
        Some(contact) => format!("{lock}, {}", age("contact", contact.age_ms)),
        None => lock,
    }
}

fn keypad_trouble(keypad: &KeypadStatus) -> Option<String> {
    let name = &keypad.device;
    if keypad.suspended_for_ms > 0 {
        let rest = duration(keypad.suspended_for_ms);
        return Some(format!(
            "{name}: couriers' and guests' codes rest for {rest}; `doorward device rearm \"{name}\"`"
        ));
    }
    if keypad.locked_out_for_ms > 0 {
        let rest = duration(keypad.locked_out_for_ms);
        return Some(format!("{name}: locked out after wrong tries for {rest}"));
    }
    match keypad.link {
        Link::Offline => Some(format!("{name}: offline")),
        Link::Online | Link::Unknown if keypad.wrong_tries > 0 => {
            let tries = count(keypad.wrong_tries.into(), "wrong try", "wrong tries");
            Some(format!("{name}: {tries} within 24 h"))
        }
        Link::Online | Link::Unknown => None,
    }
}

fn cameras(cameras: &[CameraStatus], look: &Look) -> String {
    if cameras.is_empty() {
        return "  none yet; add one with `doorward camera add`\n".to_owned();
    }
    let mut table = Table::default();
    for camera in cameras {
        table.push([camera.name.as_str().into(), health(&camera.health)]);
    }
    table.lay_out(2, look)
}

/// Says how a camera is.
pub(super) fn health(health: &CameraHealth) -> Cell {
    match health {
        CameraHealth::Live { keyframe_age_ms, codec, width, height } => {
            let age = duration(*keyframe_age_ms);
            Cell::tinted(Tint::Good, format!("live, {codec} {width}×{height}, keyframe {age} ago"))
        }
        CameraHealth::Connecting => Cell::tinted(Tint::Watch, "connecting"),
        CameraHealth::Unavailable { why } => Cell::tinted(Tint::Bad, format!("unavailable: {why}")),
        CameraHealth::Refused => Cell::tinted(Tint::Bad, "refuses the hub's password"),
        CameraHealth::Frozen => Cell::tinted(Tint::Bad, "frozen: its picture does not change"),
        CameraHealth::Unjudged => {
            Cell::tinted(Tint::Bad, "sends pictures that could not be judged")
        }
    }
}

/// Tells of devices that tried what they may not.
fn trespassers(all: &[Trespasser], look: &Look) -> String {
    let mut table = Table::default();
    for one in all {
        let tried = words::trespass(one.attempt, &one.victim);
        let text = format!("{tried} {} ago", duration(one.age_ms));
        let text = match one.count {
            0 | 1 => text,
            more => format!("{text}; {} in all", count(more, "try", "tries")),
        };
        table.push([one.device.as_str().into(), Cell::tinted(Tint::Bad, text)]);
    }
    table.lay_out(2, look)
}

fn hub(status: &Status, house: &HouseStatus, look: &Look) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, cell: Cell| table.push([name.into(), cell]);
    let counts = house.devices;
    row("devices", format!("{} of {} connected", counts.connected, counts.enrolled).into());
    match &house.other_broker {
        Some(broker) => row("broker", other_broker(broker)),
        None => row("devices at", house.broker.join(", ").into()),
    }
    if let Some(address) = &house.without_tls {
        row("without TLS at", Cell::tinted(Tint::Watch, address.as_str()));
    }
    row("phones at", house.web.join(", ").into());
    row("clock", clock(house, look));
    row("disk", disk(house));
    row("log", count(house.storage.log_leaves, "leaf", "leaves").into());
    row("witnessed", witnessed(house, look));
    row("rejected", rejected(house.rejected));
    row("key", words::unlock_mode(status.unlock).into());
    row("version", format!("{} (hub {})", status.version, status.hub).into());
    table.lay_out(2, look)
}

fn other_broker(broker: &OtherBroker) -> Cell {
    let address = &broker.address;
    let since = broker.for_ms.map_or_else(String::new, |ms| format!(" for {}", duration(ms)));
    match broker.link {
        BrokerLink::Up if broker.refused.is_empty() => {
            format!("{address}, connected{since}").into()
        }
        BrokerLink::Up => Cell::tinted(
            Tint::Bad,
            format!("{address}, connected{since}; it does not let the hub hear everything"),
        ),
        BrokerLink::Connecting => Cell::tinted(Tint::Watch, format!("{address}, connecting")),
        BrokerLink::Down => {
            let why = broker.why.as_deref().unwrap_or("it broke");
            Cell::tinted(Tint::Bad, format!("{address}, NOT CONNECTED{since}: {why}"))
        }
    }
}

/// What came after is only as safe as the hub.
fn witnessed(house: &HouseStatus, look: &Look) -> Cell {
    match &house.witnessed {
        Some(by) => {
            let when = look.local(by.at).strftime("%-d %b %H:%M").to_string();
            format!("up to {} by {} at {when}", by.size, by.device.name).into()
        }
        None => "by no paired device yet".into(),
    }
}

fn clock(house: &HouseStatus, look: &Look) -> Cell {
    let clock = &house.clock;
    let time = look.local(clock.now).strftime("%H:%M:%S").to_string();
    match clock.trust {
        ClockTrust::Trusted => format!("{time} {}", clock.time_zone).into(),
        ClockTrust::Untrusted => Cell::tinted(
            Tint::Bad,
            format!("{time} {}, NOT TRUSTED: `doorward clock confirm`", clock.time_zone),
        ),
    }
}

fn disk(house: &HouseStatus) -> Cell {
    let storage = &house.storage;
    let sizes = format!(
        "database {}, recordings {}, {} free",
        bytes(storage.database_bytes),
        bytes(storage.recordings_bytes),
        bytes(storage.free_bytes),
    );
    match storage.state {
        StorageState::Writable => sizes.into(),
        StorageState::Failing => {
            Cell::tinted(Tint::Bad, format!("CANNOT BE WRITTEN TO, nothing unlocks; {sizes}"))
        }
    }
}

fn rejected(rejected: Rejected) -> Cell {
    let Rejected { malformed, not_granted, connections, wrong_passwords } = rejected;
    if malformed + not_granted + connections + wrong_passwords == 0 {
        return "nothing".into();
    }
    let malformed = count(malformed, "malformed message", "malformed messages");
    let connections = count(connections, "connection", "connections");
    let mut text = format!("{malformed}, {not_granted} outside grants, {connections}");
    if wrong_passwords > 0 {
        text += &format!(", {}", count(wrong_passwords, "wrong password", "wrong passwords"));
    }
    Cell::tinted(Tint::Watch, text)
}
