//! Cameras: added, listed, removed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_api as api;
use doorward_api::camera::{AddCamera, CameraView, IfTaken, Sound};
use doorward_api::status::{CameraHealth, CameraStatus};
use doorward_api::{Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::ids::CameraName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_core::network::HomeNetworks;
use doorward_recorder::camera::{PictureFormat, Streaming};
use doorward_recorder::media::VideoCodec;
use doorward_recorder::ring::PreRollBounds;
use doorward_recorder::{
    Audio, CameraConfig, CameraFault, CameraUrl, LiveSound, LiveStream, Login, NotHeard, Recorder,
};
use doorward_store::{Camera, StoreHandle};
use secrecy::{ExposeSecret, SecretString};

use super::super::awake::Awake;
use super::super::convert;
use super::super::looks::{Looking, Moment};
use super::{failed, parse};
use crate::http::{Answer, Principal};

/// Cameras that the database has and that could not be hung, with the reasons;
/// clones share one list.
#[derive(Clone, Default)]
pub(in crate::daemon) struct Unhung(Arc<Mutex<BTreeMap<CameraName, String>>>);

impl Unhung {
    fn add(&self, camera: CameraName, why: String) {
        self.with(|all| all.insert(camera, why));
    }

    fn forget(&self, camera: &CameraName) {
        self.with(|all| all.remove(camera));
    }

    fn all(&self) -> BTreeMap<CameraName, CameraHealth> {
        let health = |why: &String| CameraHealth::Unavailable { why: why.clone() };
        self.with(|all| all.iter().map(|(name, why)| (name.clone(), health(why))).collect())
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut BTreeMap<CameraName, String>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hangs all cameras that the database has. One that cannot be hung is a camera
/// that fails: its doors stay as they are, and the hub starts all the same.
pub(in crate::daemon) async fn hang_cameras(
    recorder: &Recorder,
    store: &StoreHandle,
    home: &HomeNetworks,
) -> Unhung {
    let unhung = Unhung::default();
    let cameras = match store.cameras().await {
        Ok(cameras) => cameras,
        Err(error) => {
            tracing::error!(%error, "the cameras cannot be read; none is hung");
            return unhung;
        }
    };
    for camera in cameras {
        if let Err(why) = hang(recorder, &camera, home) {
            tracing::error!(camera = %camera.name, why, "camera not hung");
            unhung.add(camera.name, why);
        }
    }
    unhung
}

fn hang(recorder: &Recorder, camera: &Camera, home: &HomeNetworks) -> Result<(), String> {
    let config = config_of(camera).map_err(|error| error.to_string())?;
    if !home.contains(config.url.address()) {
        return Err("its address is not in the home network".to_owned());
    }
    recorder.add_camera(config).map_err(|error| error.to_string())
}

fn config_of(camera: &Camera) -> Result<CameraConfig, doorward_recorder::CameraUrlError> {
    let login = match (&camera.username, &camera.password) {
        (Some(user), Some(password)) => {
            Some(Login::new(SecretString::from(user.clone()), copy(password)))
        }
        (None, _) | (_, None) => None,
    };
    let url = CameraUrl::parse(&camera.url, login)?;
    let mut config = CameraConfig::new(camera.name.clone(), url);
    config.audio = match camera.audio {
        doorward_store::Audio::Off => Audio::Dropped,
        doorward_store::Audio::Recorded => Audio::Recorded,
    };
    config.pre_roll.wanted_ms = convert::millis(camera.pre_roll);
    Ok(config)
}

/// A second box for the same secret: one for the database, one for the camera.
fn copy(secret: &SecretString) -> SecretString {
    SecretString::from(secret.expose_secret().to_owned())
}

impl Awake {
    /// Watches a camera's live picture.
    pub(super) async fn watch_camera(&self, camera: &api::CameraName) -> Answer<LiveStream> {
        let name: CameraName = parse("camera", camera.as_str())?;
        let pictures = self.recorder.live_pictures(&name).await;
        pictures.ok_or_else(|| hangs_nowhere(&name))
    }

    /// Listens to a camera; one whose owner did not allow it is never asked for its sound.
    pub(super) fn listen_to_camera(&self, camera: &api::CameraName) -> Answer<LiveSound> {
        let name: CameraName = parse("camera", camera.as_str())?;
        self.recorder.live_sound(&name).map_err(|why| match why {
            NotHeard::UnknownCamera(name) => hangs_nowhere(&name),
            NotHeard::NotAllowed(_) => Problem::new(ProblemKind::Refused, why.to_string()),
        })
    }

    /// Notes that somebody looks at a camera.
    pub(super) fn note_look(&self, by: Principal, camera: &api::CameraName) -> Option<Looking> {
        let camera = parse("camera", camera.as_str()).ok()?;
        Some(self.looks.begin(by, camera, Moment::now()))
    }

    pub(super) async fn hang_camera(&self, by: Actor, add: AddCamera) -> Answer<CameraView> {
        let AddCamera { name, url, sound, login, if_taken } = add;
        let name: CameraName = parse("camera", name.as_str())?;
        if api::camera::has_login(&url) {
            let detail = "leave user and password out of the camera's address, and give them \
                          beside it";
            return Err(Problem::new(ProblemKind::Invalid, detail));
        }
        let (username, password) = match login {
            Some(login) => (Some(login.username), Some(login.password)),
            None => (None, None),
        };
        let camera = Camera {
            name: name.clone(),
            url: SecretString::from(url),
            username,
            password,
            audio: audio_of(sound),
            pre_roll: Duration::from_millis(PreRollBounds::default().wanted_ms),
        };
        let config = config_of(&camera)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        if !self.home.contains(config.url.address()) {
            let detail = "the camera's address is not in the home network; use a private one, \
                          such as 192.168.1.20";
            return Err(Problem::new(ProblemKind::Refused, detail));
        }
        if self.find_camera(&name).await?.is_some() {
            self.make_way(&name, if_taken).await?;
        }
        let added = self.store.add_camera(camera).await;
        added.map_err(failed("the camera could not be written down"))?;
        self.recorder.add_camera(config).map_err(failed("the camera could not be started"))?;
        self.done(by, OwnerRequest::Note(Note::CameraAdded(name.clone()))).await?;
        let found = self.find_camera(&name).await?;
        let found = found.ok_or_else(|| no_such_camera(&name))?;
        Ok(self.camera_view(&found))
    }

    /// Takes a camera down whose name is wanted for another, if the owner says so.
    async fn make_way(&self, name: &CameraName, if_taken: IfTaken) -> Answer<()> {
        match if_taken {
            IfTaken::Refuse => {
                let detail = format!("there is a camera {name} already; --replace replaces it");
                Err(Problem::new(ProblemKind::Conflict, detail))
            }
            IfTaken::Replace => {
                self.recorder.remove_camera(name);
                let removed = self.store.remove_camera(name.clone()).await;
                removed.map_err(failed("the camera could not be replaced"))
            }
        }
    }

    pub(super) async fn all_cameras(&self) -> Answer<Vec<CameraView>> {
        let cameras = self.stored_cameras().await?;
        Ok(cameras.iter().map(|camera| self.camera_view(camera)).collect())
    }

    pub(super) async fn take_camera_down(&self, by: Actor, name: &api::CameraName) -> Answer<()> {
        let name: CameraName = parse("camera", name.as_str())?;
        if self.find_camera(&name).await?.is_none() {
            return Err(no_such_camera(&name));
        }
        let wanted = name.clone();
        let doors = self.mailbox.look(|sight| sight.hub.doors()).await?;
        if let Some(view) = doors.iter().find(|view| view.door.camera.as_ref() == Some(&wanted)) {
            let detail = format!("the camera films {}; a door keeps its camera", view.door.name);
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        self.recorder.remove_camera(&name);
        self.unhung.forget(&name);
        let removed = self.store.remove_camera(name.clone()).await;
        removed.map_err(failed("the camera could not be removed"))?;
        self.done(by, OwnerRequest::Note(Note::CameraRemoved(name))).await
    }

    pub(super) async fn known_camera(&self, name: &CameraName) -> Answer<()> {
        match self.find_camera(name).await? {
            Some(_) => Ok(()),
            None => Err(no_such_camera(name)),
        }
    }

    /// Says how all cameras are.
    pub(super) fn camera_statuses(&self) -> Vec<CameraStatus> {
        let mut all: BTreeMap<CameraName, CameraHealth> = self.unhung.all();
        let hung = self.recorder.camera_health().into_iter();
        all.extend(hung.map(|(name, health)| (name, show_health(&health))));
        let status = |(name, health)| CameraStatus { name: convert::camera(&name), health };
        all.into_iter().map(status).collect()
    }

    async fn find_camera(&self, name: &CameraName) -> Answer<Option<Camera>> {
        let cameras = self.stored_cameras().await?;
        Ok(cameras.into_iter().find(|camera| camera.name == *name))
    }

    async fn stored_cameras(&self) -> Answer<Vec<Camera>> {
        self.store.cameras().await.map_err(failed("the cameras cannot be read"))
    }

    fn camera_view(&self, camera: &Camera) -> CameraView {
        let name = convert::camera(&camera.name);
        let mut statuses = self.camera_statuses().into_iter();
        let status = statuses.find(|status| status.name == name);
        CameraView {
            name,
            url: api::camera::without_secrets(camera.url.expose_secret()),
            sound: sound_of(camera.audio),
            warning: warning_about(camera.url.expose_secret()),
            username: camera.username.clone(),
            health: status.map_or(CameraHealth::Connecting, |status| status.health),
        }
    }
}

fn audio_of(sound: Sound) -> doorward_store::Audio {
    match sound {
        Sound::Off => doorward_store::Audio::Off,
        Sound::Recorded => doorward_store::Audio::Recorded,
    }
}

fn sound_of(audio: doorward_store::Audio) -> Sound {
    match audio {
        doorward_store::Audio::Off => Sound::Off,
        doorward_store::Audio::Recorded => Sound::Recorded,
    }
}

/// A password as a parameter is refused by nobody, since some cameras take none
/// otherwise; its owner should know what that means.
fn warning_about(url: &str) -> Option<String> {
    api::camera::has_password_parameter(url).then(|| {
        "its address carries a password, which goes over the network in the clear; if the camera \
         takes a user and password, give them beside the address instead"
            .to_owned()
    })
}

fn show_health(health: &doorward_recorder::CameraHealth) -> CameraHealth {
    let age_ms = health.keyframe_age.map(convert::millis);
    match (health.fault, health.streaming, age_ms) {
        (Some(CameraFault::WrongPassword), _, _) => CameraHealth::Refused,
        (Some(CameraFault::Frozen), _, _) => CameraHealth::Frozen,
        (Some(CameraFault::Undecodable | CameraFault::NoVerdict), _, _) => CameraHealth::Unjudged,
        (
            Some(
                fault @ (CameraFault::Unknown
                | CameraFault::Unreachable
                | CameraFault::NotRtsp
                | CameraFault::NoVideo
                | CameraFault::Stalled
                | CameraFault::KeyframesTooRare),
            ),
            _,
            _,
        ) => CameraHealth::Unavailable { why: fault.to_string() },
        (None, Streaming::Yes, Some(keyframe_age_ms)) => live(health, keyframe_age_ms),
        (None, Streaming::Yes | Streaming::No, _) => CameraHealth::Connecting,
    }
}

fn live(health: &doorward_recorder::CameraHealth, keyframe_age_ms: u64) -> CameraHealth {
    let Some(PictureFormat { codec, width, height }) = health.picture else {
        return CameraHealth::Connecting;
    };
    let codec = match codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::H265 => "H.265",
    };
    let (codec, width, height) = (codec.to_owned(), width.into(), height.into());
    CameraHealth::Live { keyframe_age_ms, codec, width, height }
}

fn hangs_nowhere(name: &CameraName) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("no camera {name} hangs here"))
}

fn no_such_camera(name: &CameraName) -> Problem {
    let detail = format!("there is no camera {name}; `doorward camera list` shows all");
    Problem::new(ProblemKind::NotFound, detail)
}

#[cfg(test)]
mod tests {
    use doorward_recorder::{EyeProgram, RecorderConfig};
    use doorward_store::{Store, StoreKeys};
    use secrecy::SecretBox;

    use super::*;

    fn camera(name: &str, url: &str) -> Camera {
        Camera {
            name: CameraName::parse(name).unwrap(),
            url: SecretString::from(url.to_owned()),
            username: None,
            password: None,
            audio: doorward_store::Audio::Off,
            pre_roll: Duration::from_secs(5),
        }
    }

    #[tokio::test]
    async fn a_camera_that_cannot_be_hung_keeps_neither_the_hub_nor_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let keys = StoreKeys {
            database: SecretBox::new(Box::new([7; 32])),
            log_signing_seed: SecretBox::new(Box::new([8; 32])),
        };
        let store = Store::create(&folder.path().join("doorward.db"), keys).unwrap();
        let store = StoreHandle::spawn(store).unwrap();
        let urls = [
            ("garbled", "no address"),
            ("abroad", "rtsp://8.8.8.8/stream"),
            ("porch", "rtsp://127.0.0.1:9/stream"),
        ];
        for (name, url) in urls {
            store.add_camera(camera(name, url)).await.unwrap();
        }
        let eye = EyeProgram { program: "none".into(), arguments: Vec::new() };
        let folder = folder.path().join("recordings");
        let (recorder, _events) = Recorder::start(RecorderConfig { folder, eye });
        let unhung = hang_cameras(&recorder, &store, &HomeNetworks::default()).await;
        let hung: Vec<_> = recorder.camera_health().into_iter().map(|(name, _)| name).collect();
        assert_eq!(hung, [CameraName::parse("porch").unwrap()]);
        let reasons: Vec<_> = unhung.all().into_keys().map(|name| name.to_string()).collect();
        assert_eq!(reasons, ["abroad", "garbled"]);
        unhung.forget(&CameraName::parse("abroad").unwrap());
        assert_eq!(unhung.all().len(), 1);
    }

    #[test]
    fn a_password_in_the_query_is_warned_of() {
        let warning = warning_about("rtsp://192.168.1.20/?user=a&password=canary").unwrap();
        assert!(!warning.contains("canary"));
        assert_eq!(warning_about("rtsp://192.168.1.20/stream"), None);
    }
}
