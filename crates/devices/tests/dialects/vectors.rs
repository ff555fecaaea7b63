//! The messages in `corpus/read/`, each with what a freshly started hub makes
//! of it. A file is a topic, a line feed and a payload; fuzzing starts from
//! the same files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use doorward_devices::Retained;

use crate::house::{House, in_words};

/// File, reports; an exclamation mark means a malformed message.
const VECTORS: &[(&str, &str)] = &[
    ("native-status-online", "porch-lock online"),
    ("native-status-offline", "porch-lock offline"),
    ("native-status-other-word", "! WrongType"),
    ("native-status-as-json", "! WrongType"),
    ("native-bolt-thrown", "porch-lock bolt Thrown"),
    ("native-bolt-retracted", "porch-lock bolt Retracted"),
    ("native-bolt-moving", "porch-lock bolt Moving"),
    ("native-bolt-jammed", "porch-lock bolt Jammed"),
    ("native-bolt-unknown", "porch-lock bolt Unknown"),
    ("native-bolt-without-seq", "porch-lock bolt Thrown"),
    ("native-bolt-unknown-fields", "porch-lock bolt Thrown"),
    ("native-bolt-other-word", "! WrongType"),
    ("native-bolt-wrong-type", "! WrongType"),
    ("native-bolt-as-map", "! WrongType"),
    ("native-bolt-doubled", "! WrongType"),
    ("native-bolt-missing", "! WrongType"),
    ("native-bolt-negative-seq", "! WrongType"),
    ("native-bolt-as-array", "! WrongType"),
    ("native-bolt-cut-off", "! NotJson"),
    ("native-bolt-not-utf8", "! NotUtf8"),
    ("native-bolt-too-large", "! TooLarge"),
    ("native-bolt-nested-deep", "porch-lock bolt Thrown"),
    ("native-bolt-is-nested-deep", "! WrongType"),
    ("native-bolt-cleared", ""),
    ("native-contact-open", "porch-contact contact Open"),
    ("native-contact-closed", "porch-contact contact Closed"),
    ("native-contact-boolean", "! WrongType"),
    ("native-contact-other-word", "! WrongType"),
    ("native-entry", "porch-keypad typed 48210573 #7"),
    ("native-entry-with-space", "porch-keypad typed 48210573 #7"),
    ("native-entry-too-short", "porch-keypad typed no code #7"),
    ("native-entry-too-long", "porch-keypad typed no code #7"),
    ("native-entry-letters", "porch-keypad typed no code #7"),
    ("native-entry-other-digits", "porch-keypad typed no code #7"),
    ("native-entry-empty-code", "porch-keypad typed no code #7"),
    ("native-entry-number", "! WrongType"),
    ("native-entry-without-seq", "! WrongType"),
    ("native-entry-seq-as-text", "! WrongType"),
    ("native-entry-seq-too-big", "! WrongType"),
    ("native-entry-not-json", "! NotJson"),
    ("native-bell", "porch-keypad bell"),
    ("native-bell-without-seq", "! WrongType"),
    ("native-own-command", ""),
    ("native-unknown-topic", ""),
    ("z2m-lock-action-without-movement", "z2m/Front door bolt Thrown"),
    ("z2m-lock-locked", "z2m/Front door bolt Thrown"),
    ("z2m-lock-unlocked", "z2m/Front door bolt Retracted"),
    ("z2m-lock-jammed", "z2m/Front door bolt Jammed"),
    ("z2m-lock-state-disagrees", "z2m/Front door bolt Retracted"),
    ("z2m-lock-null-lock-state", "z2m/Front door bolt Unknown"),
    ("z2m-lock-null-lock-state-and-lock", "z2m/Front door bolt Unknown"),
    ("z2m-lock-undefined-lock-state", "z2m/Front door bolt Unknown"),
    ("z2m-lock-other-lock-state", "z2m/Front door bolt Unknown"),
    ("z2m-lock-state-only-lock", "z2m/Front door bolt Thrown"),
    ("z2m-lock-state-only-unlock", "z2m/Front door bolt Retracted"),
    ("z2m-lock-state-only-other", "z2m/Front door bolt Unknown"),
    ("z2m-lock-battery-only", ""),
    ("z2m-lock-action-only", ""),
    ("z2m-lock-keypad-unlock-action", "z2m/Front door bolt Thrown"),
    ("z2m-lock-pin-in-clear", "z2m/Front door bolt Thrown"),
    ("z2m-lock-users-list", "z2m/Front door bolt Thrown"),
    ("z2m-lock-many-users", "z2m/Front door bolt Thrown"),
    ("z2m-lock-disarm-action", ""),
    ("z2m-lock-state-wrong-type", "! WrongType"),
    ("z2m-lock-state-as-map", "! WrongType"),
    ("z2m-lock-state-doubled", "! WrongType"),
    ("z2m-lock-plain-text", "! NotJson"),
    ("z2m-lock-array", "! WrongType"),
    ("z2m-lock-not-utf8", "! NotUtf8"),
    ("z2m-lock-too-large", "! TooLarge"),
    ("z2m-lock-nested-deep", "z2m/Front door bolt Thrown"),
    ("z2m-lock-cleared", ""),
    ("z2m-lock-action-topic", ""),
    ("z2m-lock-attribute-topic", ""),
    ("z2m-lock-own-set", ""),
    ("z2m-lock-own-get", ""),
    ("z2m-lock-almost-its-name", ""),
    ("z2m-lock-with-contact", "z2m/Hall lock bolt Thrown, z2m/Hall lock contact Closed"),
    ("z2m-lock-with-open-contact", "z2m/Hall lock bolt Retracted, z2m/Hall lock contact Open"),
    ("z2m-lock-contact-error-jammed", "z2m/Hall lock contact Open"),
    ("z2m-lock-contact-error-forced_open", "z2m/Hall lock contact Open"),
    ("z2m-lock-contact-error-unspecified", "z2m/Hall lock contact Open"),
    ("z2m-lock-contact-undefined", ""),
    ("z2m-keypad-disarm", "z2m/Porch keypad typed 48210573 #99"),
    ("z2m-keypad-disarm-merged", "z2m/Porch keypad typed 48210573 #99"),
    ("z2m-keypad-without-transaction", "z2m/Porch keypad typed 48210573 #18446744073709551615"),
    ("z2m-keypad-null-transaction", "z2m/Porch keypad typed 48210573 #18446744073709551615"),
    ("z2m-keypad-six-digits", "z2m/Porch keypad typed no code #99"),
    ("z2m-keypad-empty-code", "z2m/Porch keypad typed no code #99"),
    ("z2m-keypad-null-code", "z2m/Porch keypad typed no code #99"),
    ("z2m-keypad-code-as-number", "! WrongType"),
    ("z2m-keypad-transaction-as-text", "! WrongType"),
    ("z2m-keypad-action-arm-all-zones", ""),
    ("z2m-keypad-action-arm-day-zones", ""),
    ("z2m-keypad-action-arm-night-zones", ""),
    ("z2m-keypad-action-exit-delay", ""),
    ("z2m-keypad-action-emergency", ""),
    ("z2m-keypad-action-panic", ""),
    ("z2m-keypad-action-fire", ""),
    ("z2m-keypad-action-invalid-code", ""),
    ("z2m-keypad-action-empty", ""),
    ("z2m-keypad-null-action", ""),
    ("z2m-keypad-battery-only", ""),
    ("z2m-keypad-lock-state", ""),
    ("z2m-contact-open", "z2m/Front contact contact Open"),
    ("z2m-contact-closed", "z2m/Front contact contact Closed"),
    ("z2m-contact-null", ""),
    ("z2m-contact-battery-only", ""),
    ("z2m-contact-as-text", "! WrongType"),
    ("z2m-availability-online", "z2m/Front door online"),
    ("z2m-availability-offline", "z2m/Front door offline"),
    ("z2m-availability-plain-online", "z2m/Front door online"),
    ("z2m-availability-plain-offline", "z2m/Front door offline"),
    ("z2m-availability-other-word", "! WrongType"),
    ("z2m-availability-wrong-type", "! WrongType"),
    ("z2m-availability-not-json", "! NotJson"),
    ("z2m-availability-of-a-stranger", ""),
    (
        "z2m-bridge-online",
        "z2m online, z2m/Front contact online, z2m/Front door online, z2m/Hall lock online, z2m/Porch keypad online",
    ),
    (
        "z2m-bridge-plain-online",
        "z2m online, z2m/Front contact online, z2m/Front door online, z2m/Hall lock online, z2m/Porch keypad online",
    ),
    (
        "z2m-bridge-offline",
        "z2m offline, z2m/Front contact offline, z2m/Front door offline, z2m/Hall lock offline, z2m/Porch keypad offline",
    ),
    ("z2m-bridge-other-word", "! WrongType"),
    ("z2m-bridge-devices", ""),
    ("z2m-stranger", ""),
    ("other-base", ""),
];

#[test]
fn every_message_of_the_corpus_means_what_the_table_says() {
    for (file, expected) in VECTORS {
        let (topic, payload) = message(&folder().join(file));
        let heard = House::new().read(&topic, &payload, Retained::No);
        assert_eq!(in_words(&heard), *expected, "{file}");
    }
}

#[test]
fn a_retained_message_tells_of_a_state_and_never_of_an_event() {
    for (file, expected) in VECTORS {
        let (topic, payload) = message(&folder().join(file));
        let heard = House::new().read(&topic, &payload, Retained::Yes);
        let is_event = file.contains("entry") || file.contains("bell") || file.contains("keypad-");
        let expected = if is_event && !file.starts_with("z2m-lock") { "" } else { expected };
        assert_eq!(in_words(&heard), expected, "{file}");
    }
}

#[test]
fn every_message_of_the_corpus_is_in_the_table() {
    let in_table: BTreeSet<_> = VECTORS.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(in_table.len(), VECTORS.len(), "a file stands twice");
    let files = std::fs::read_dir(folder()).unwrap();
    let in_folder: BTreeSet<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(in_folder, in_table);
}

#[test]
fn what_is_malformed_is_told_without_a_word_of_the_message() {
    for (file, expected) in VECTORS.iter().filter(|(_, say)| say.starts_with('!')) {
        let (topic, payload) = message(&folder().join(file));
        let Err(why) = House::new().read(&topic, &payload, Retained::No) else {
            panic!("{file} is not {expected}");
        };
        let told = format!("{why} {why:?}");
        assert!(!told.contains(|c: char| c.is_ascii_digit() && c != '8'), "{told}");
        assert!(!told.contains("4821"), "{told}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/read")
}

fn message(file: &Path) -> (String, Vec<u8>) {
    let bytes = std::fs::read(file).unwrap();
    let line_end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let (topic, payload) = bytes.split_at(line_end);
    (String::from_utf8(topic.to_vec()).unwrap(), payload.get(1..).unwrap().to_vec())
}
