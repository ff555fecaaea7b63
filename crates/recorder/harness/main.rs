//! What the integration tests start as processes of their own: an eye, and a
//! recorder that can be killed.
#![expect(clippy::print_stdout, reason = "the tests read what happened from standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use doorward_core::ids::{CameraName, RecordingId};
use doorward_recorder::{
    CameraConfig, CameraUrl, EyeProgram, Recorder, RecorderConfig, RecorderEvent,
    RecordingRecipient,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["eye", ..] => doorward_recorder::eye::run(),
        ["record", folder, url, recipient] => record(folder, url, recipient),
        _ => None,
    }
    .map_or(ExitCode::from(2), |()| ExitCode::SUCCESS)
}

/// Records one camera as recording 1 until it is killed; prints each segment's
/// sequence and hash once it is sealed.
fn record(folder: &str, url: &str, recipient: &str) -> Option<()> {
    let runtime = tokio::runtime::Runtime::new().ok()?;
    let recipient: RecordingRecipient = recipient.parse().ok()?;
    let eye =
        EyeProgram { program: std::env::current_exe().ok()?, arguments: vec!["eye".to_owned()] };
    runtime.block_on(async {
        let config = RecorderConfig { folder: PathBuf::from(folder), eye };
        let (recorder, mut events) = Recorder::start(config);
        let name = CameraName::parse("porch").ok()?;
        let url = CameraUrl::parse(&url.to_owned().into(), None).ok()?;
        recorder.add_camera(CameraConfig::new(name.clone(), url)).ok()?;
        recorder.start_recording(RecordingId(1), &name, recipient).await.ok()?;
        while let Some(event) = events.recv().await {
            if let RecorderEvent::SegmentSealed(segment) = event {
                println!("{} {}", segment.sequence, hex(&segment.sha256));
            }
        }
        Some(())
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
