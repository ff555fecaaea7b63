//! Tells the compiler what the window may ask of this program, and when to look again.

/// Every command, by name. What is not listed here cannot be called; what is listed may be called
/// by the windows that a file in `capabilities/` names.
const COMMANDS: &[&str] = &[
    "wire_open",
    "wire_say",
    "wire_took",
    "wire_close",
    "attachment",
    "attach_elsewhere",
    "forget_hub",
    "reached_as",
    "set_up",
    "start_hub",
    "stop_hub",
    "equipment",
    "page_listens",
    "save_answer",
    "painted",
];

fn main() {
    // A release takes the app's files in.
    println!("cargo:rerun-if-changed=../ui/dist");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("tauri.conf.json and capabilities/ must fit");
}
