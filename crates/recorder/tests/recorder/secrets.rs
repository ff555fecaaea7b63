//! A camera's address and password stay where they belong.

use std::io::Write;
use std::sync::{Arc, Mutex};

use doorward_recorder::{CameraUrl, CameraUrlError};
use secrecy::SecretString;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::*;

/// What was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_line_event_or_argument_holds_a_cameras_address_or_password() {
    const CANARY: &str = "canary-4f1b";
    let logged = Logged::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(logged.clone())
        .finish();
    // For all threads: one that is for its own thread alone misses what another test's thread has
    // met first and found nobody to hear.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let camera = CameraProcess::start(&["--user", CANARY, "--password", CANARY]);
    for (path, password) in [("h264", CANARY), (CANARY, CANARY), ("h264", "canary-4f1b-wrong")] {
        let mut house = House::new();
        house.recorder.add_camera(camera_with_login(&camera.url(path), CANARY, password)).unwrap();
        house
            .wait_for(|event| {
                matches!(event, doorward_recorder::RecorderEvent::CameraChanged { .. })
                    .then_some(())
            })
            .await;
        let answer = house.recorder.check_live(&name("porch")).await;
        assert_eq!(answer.is_ok(), path == "h264" && password == CANARY, "{answer:?}");
        let told = format!("{:?} {answer:?} {:?}", house.seen, house.recorder.camera_health());
        assert!(!told.contains(CANARY), "{told}");
        house.recorder.stop().await;
    }
    let text = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("porch"), "the log is alive: {text}");
    assert!(!text.contains(CANARY) && !text.contains("rtsp://"), "{text}");
}

#[test]
fn an_error_about_an_address_does_not_repeat_it() {
    let text = SecretString::from("rtsp://me:hunter2@camera.example/".to_owned());
    let error = CameraUrl::parse(&text, None).err().unwrap();
    assert_eq!(error, CameraUrlError::NamedHost);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
