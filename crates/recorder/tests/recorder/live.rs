//! What somebody who watches is sent, from a real camera, judged by ffprobe.

use doorward_recorder::{LivePiece, LiveStream};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_live_view_is_a_file_that_players_take() {
    let camera = CameraProcess::start(&[]);
    for (path, codec) in [("h264", "avc1."), ("h265", "hvc1.")] {
        let mut house = House::new();
        house.recorder.add_camera(camera_config(&camera.url(path))).unwrap();
        house.wait_until_well().await;
        let samples = house.recorder.watch_live(&name("porch")).unwrap();
        let mut watcher = LiveStream::new(samples);
        let mut file = Vec::new();
        for place in 0..42 {
            let piece = tokio::time::timeout(PATIENCE, watcher.next()).await.unwrap().unwrap();
            match (place, piece) {
                (0, LivePiece::MediaType(kind)) => {
                    assert!(kind.starts_with("video/mp4; codecs=\""), "{kind}");
                    assert!(kind.contains(codec), "{kind}");
                }
                (1, LivePiece::Initialization(bytes)) => file.extend_from_slice(&bytes),
                (2.., LivePiece::Fragment(bytes)) => file.extend_from_slice(&bytes),
                (place, piece) => panic!("{piece:?} at {place}"),
            }
        }
        let clip = house.folder.path().join("live.mp4");
        std::fs::write(&clip, file).unwrap();
        let probed = ffprobe(&clip, "stream=nb_read_frames,width:format=start_time");
        assert!(probed.contains("nb_read_frames=40"), "{probed}");
        assert!(probed.contains("width=640"), "{probed}");
        assert!(probed.contains("start_time=0.0"), "{probed}");
        house.recorder.stop().await;
    }
}
