//! A camera is heard if its owner allowed it, and not a byte of it otherwise: over the hub's own
//! socket, from a real camera that always sends sound to whoever asks for it.

use anyhow::Context as _;
use doorward_api::camera::LiveHeader;
use doorward_api::client::{ClientError, Conversation, Said};
use doorward_api::{Client, ProblemKind};
use doorward_tests::harness::{Blueprint, Camera, PATIENCE, Scene};

const MAY_BE_HEARD: &str = "yard";
const MAY_NOT: &str = "garden";

/// How many pieces are looked at: several groups of pictures.
const PIECES: usize = 60;

#[tokio::test]
async fn a_camera_is_heard_only_if_its_owner_allowed_it() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let camera = Camera::start(Scene::CAMERA).await?;
    let url = camera.url("h264aac");
    scene.owner.add_camera_with_sound(MAY_BE_HEARD, &url, Scene::CAMERA).await?;
    scene.owner.add_camera(MAY_NOT, &url, Scene::CAMERA).await?;
    scene.owner.cameras_are_live().await?;
    let client = Client::connect(scene.owner.state().join("doorward.sock")).await?;

    let (seen, _) = take(client.watch(&MAY_BE_HEARD.into()).await?).await?;
    let (heard, sound) = take(client.listen(&MAY_BE_HEARD.into()).await?).await?;
    assert_eq!(heard.mime, "audio/mp4; codecs=\"mp4a.40.2\"");
    assert_eq!(seen.sound.as_deref(), Some(heard.mime.as_str()));
    assert!(holds(&sound, b"soun") && !holds(&sound, b"vide"), "sound, and nothing else");

    let refused = client.listen(&MAY_NOT.into()).await.err();
    let Some(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
    assert_eq!(problem.kind, ProblemKind::Refused);
    let unknown = client.listen(&"cellar".into()).await.err();
    let Some(ClientError::Problem(problem)) = unknown else { panic!("{unknown:?}") };
    assert_eq!(problem.kind, ProblemKind::NotFound);

    for name in [MAY_BE_HEARD, MAY_NOT] {
        let (seen, pictures) = take(client.watch(&name.into()).await?).await?;
        assert_eq!(seen.sound.is_some(), name == MAY_BE_HEARD);
        assert!(holds(&pictures, b"vide"), "{name}: there are pictures");
        assert!(!holds(&pictures, b"soun") && !holds(&pictures, b"mp4a"), "{name}: and no sound");
    }
    scene.end(&[]).await
}

/// Takes what comes: what it is, and its first pieces.
async fn take(mut conversation: Conversation) -> anyhow::Result<(LiveHeader, Vec<u8>)> {
    let Said::Text(header) = hear(&mut conversation).await? else {
        anyhow::bail!("bytes came before their header")
    };
    let mut file = Vec::new();
    for _ in 0..PIECES {
        match hear(&mut conversation).await? {
            Said::Bytes(bytes) => file.extend_from_slice(&bytes),
            Said::Text(text) => anyhow::bail!("the camera changed: {text}"),
        }
    }
    Ok((serde_json::from_str(&header)?, file))
}

async fn hear(conversation: &mut Conversation) -> anyhow::Result<Said> {
    let said = tokio::time::timeout(PATIENCE, conversation.hear()).await;
    said.context("nothing came")??.context("the hub hung up")
}

fn holds(bytes: &[u8], word: &[u8; 4]) -> bool {
    bytes.windows(word.len()).any(|four| four == word)
}
