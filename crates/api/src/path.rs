//! Where things are: every path of the API, once, for the hub's router and for the
//! client alike.

/// The base of all paths.
pub const BASE: &str = "/api/v1";

/// How the house is.
pub const STATUS: &str = "/status";
/// Hands the passphrase to a sealed hub.
pub const UNSEAL: &str = "/unseal";
/// What `doctor` finds.
pub const DOCTOR: &str = "/doctor";
/// What the hub connects to.
pub const OUTWARD: &str = "/outward";
/// Tries another broker with a second client's certificate.
pub const DOCTOR_BROKER: &str = "/doctor/broker";
/// A stream of notices, one JSON object per line.
pub const EVENTS: &str = "/events";
/// A WebSocket of notices, with their numbers.
pub const EVENTS_SOCKET: &str = "/events/socket";
/// What a paired device has not acknowledged.
pub const NOTICES: &str = "/notices";
/// Seals a backup and hands it out.
pub const BACKUP: &str = "/backup";
/// Stands for the wall clock.
pub const CLOCK_CONFIRM: &str = "/clock/confirm";
/// Doors.
pub const DOORS: &str = "/doors";
/// A door's policy.
pub const DOOR_POLICY: &str = "/doors/{door}/policy";
/// Unlocks a door.
pub const DOOR_UNLOCK: &str = "/doors/{door}/unlock";
/// Locks a door.
pub const DOOR_LOCK: &str = "/doors/{door}/lock";
/// Devices.
pub const DEVICES: &str = "/devices";
/// A device.
pub const DEVICE: &str = "/devices/{device}";
/// Lets a keypad take codes again.
pub const DEVICE_REARM: &str = "/devices/{device}/rearm";
/// Has a device's certificate followed by another.
pub const DEVICE_RENEWAL: &str = "/devices/{device}/renewal";
/// What a device may publish and subscribe.
pub const DEVICE_GRANTS: &str = "/devices/{device}/grants";
/// What its owner needs to set a device up.
pub const DEVICE_SETTINGS: &str = "/devices/{device}/settings";
/// What a device may ask of a door.
pub const DEVICE_DOOR: &str = "/devices/{device}/doors/{door}";
/// Whether a device is sent the notices.
pub const DEVICE_NOTICES: &str = "/devices/{device}/notices";
/// Whether Home Assistant is shown the doors.
pub const HOME_ASSISTANT: &str = "/home-assistant";
/// Devices that bridges told of.
pub const DISCOVERED: &str = "/discovered";
/// Devices without TLS.
pub const PLAIN_DEVICES: &str = "/plain-devices";
/// The hub's certificate authority.
pub const AUTHORITY: &str = "/authority";
/// Has another authority follow.
pub const AUTHORITY_ROLLOVER: &str = "/authority/rollover";
/// Has the old authority be believed no longer.
pub const AUTHORITY_FINISH: &str = "/authority/finish";
/// Cameras.
pub const CAMERAS: &str = "/cameras";
/// A camera.
pub const CAMERA: &str = "/cameras/{camera}";
/// A WebSocket of a camera's live picture.
pub const CAMERA_LIVE: &str = "/cameras/{camera}/live";
/// A WebSocket of what a camera hears.
pub const CAMERA_SOUND: &str = "/cameras/{camera}/live/sound";
/// Access codes.
pub const CODES: &str = "/codes";
/// An access code.
pub const CODE: &str = "/codes/{code}";
/// Has a guest's or an emergency code open nothing.
pub const CODE_PAUSE: &str = "/codes/{code}/pause";
/// Has a paused code open again.
pub const CODE_RESUME: &str = "/codes/{code}/resume";
/// What was written about a code.
pub const CODE_NOTES: &str = "/codes/{code}/notes";
/// Entries.
pub const ENTRIES: &str = "/entries";
/// An entry's story.
pub const ENTRY: &str = "/entries/{entry}";
/// What the log holds of an entry, with proofs.
pub const ENTRY_EVIDENCE: &str = "/entries/{entry}/evidence";
/// Stops a visit.
pub const ENTRY_BLOCK: &str = "/entries/{entry}/block";
/// Lets a visit go on that waits for the owner.
pub const ENTRY_APPROVE: &str = "/entries/{entry}/approve";
/// The log.
pub const LOG: &str = "/log";
/// Derives the whole log again.
pub const LOG_VERIFY: &str = "/log/verify";
/// The newest signed checkpoint.
pub const LOG_CHECKPOINT: &str = "/log/checkpoint";
/// A proof that the log only grew.
pub const LOG_CONSISTENCY: &str = "/log/consistency";
/// The log's public key.
pub const LOG_KEY: &str = "/log/key";
/// Stands for a checkpoint.
pub const LOG_WITNESS: &str = "/log/witness";
/// The devices that stand for the log.
pub const LOG_WITNESSES: &str = "/log/witnesses";
/// What anybody in the network may know of the hub.
pub const WELCOME: &str = "/welcome";
/// Names the first household of a hub that has none.
pub const SETUP: &str = "/setup";
/// Offers to pair one device.
pub const PAIRINGS: &str = "/pairings";
/// Takes up an offer.
pub const PAIR: &str = "/pair";
/// Who is logged in.
pub const SESSION: &str = "/session";
/// Something to sign.
pub const SESSION_CHALLENGE: &str = "/session/challenge";
/// The PIN of the device that is logged in.
pub const SESSION_PIN: &str = "/session/pin";
/// The passkey of the device that asks.
pub const SESSION_PASSKEY: &str = "/session/passkey";
/// People.
pub const PEOPLE: &str = "/people";
/// A person.
pub const PERSON: &str = "/people/{person}";
/// Paired devices.
pub const PAIRED_DEVICES: &str = "/paired-devices";
/// A paired device.
pub const PAIRED_DEVICE: &str = "/paired-devices/{device}";
/// Lets a paired device's PIN be tried again.
pub const PAIRED_DEVICE_LIFT: &str = "/paired-devices/{device}/lift";
/// Requests for the household key.
pub const KEY_REQUESTS: &str = "/key-requests";
/// A request for the household key.
pub const KEY_REQUEST: &str = "/key-requests/{request}";
/// Recordings.
pub const RECORDINGS: &str = "/recordings";
/// A recording.
pub const RECORDING: &str = "/recordings/{recording}";
/// What is kept of recordings, and for how long.
pub const KEEP_RULES: &str = "/keep-rules";
/// One sealed segment of a recording.
pub const SEGMENT: &str = "/recordings/{recording}/segments/{segment}";

/// Puts values into a path's placeholders, in order, percent-encoded so that no
/// name can reach outside its segment.
pub(crate) fn fill(template: &str, values: &[&(dyn std::fmt::Display + Sync)]) -> String {
    let mut values = values.iter();
    let segments = template.split('/').map(|segment| {
        if segment.starts_with('{') {
            encode(&values.next().expect("a value for every placeholder").to_string())
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Encodes one path segment: everything but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_segment() {
        let path = fill(DEVICE_REARM, &[&"z2m/../Front door?é"]);
        assert_eq!(path, "/devices/z2m%2F%2E%2E%2FFront%20door%3F%C3%A9/rearm");
        assert_eq!(fill(SEGMENT, &[&7, &0]), "/recordings/7/segments/0");
    }
}
