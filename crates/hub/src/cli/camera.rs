//! `doorward camera`.

use clap::{Args, Subcommand};
use doorward_api::CameraName;
use doorward_api::camera::{AddCamera, CameraLogin, CameraView, IfTaken, Sound, has_login};

use super::failure::Failure;
use super::look::Look;
use super::session::Session;
use super::table::Table;
use super::{names, secret, status};

#[derive(Subcommand)]
pub(super) enum Camera {
    /// Adds a camera.
    Add(Add),
    /// Lists the cameras and how they are.
    List(List),
    /// Removes a camera that no door uses; its recordings stay.
    Remove(Remove),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward camera add porch --url rtsp://192.168.1.20/stream1 --username hub
  pass show house/porch | doorward camera add porch --url rtsp://192.168.1.20/stream1 \\
      --username hub --password-stdin

The password is asked for on the terminal or read from standard input. It never belongs in
the URL or an argument, where every user of this machine could read it.")]
pub(super) struct Add {
    /// The camera's name.
    #[arg(value_parser = names::camera)]
    name: CameraName,
    /// Where its stream is: rtsp://HOST[:PORT]/PATH.
    #[arg(long)]
    url: String,
    /// Records its sound, too, and lets it be heard with the live picture. Without it the
    /// camera is never asked for sound: in many places recording what people say needs
    /// their consent.
    #[arg(long)]
    audio: bool,
    /// The user with whom the hub logs in.
    #[arg(long, value_name = "USER")]
    username: Option<String>,
    /// Reads the password from standard input instead of the terminal.
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Puts it in the place of the camera of this name: another address or password.
    #[arg(long)]
    replace: bool,
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct Remove {
    /// The camera's name.
    #[arg(value_parser = names::camera)]
    name: CameraName,
}

/// Refuses what would put a password where others can read it. The complaint does not
/// repeat it, as it would if the argument's own parser made it.
fn refuse_password(url: &str) -> Result<(), Failure> {
    let rest = url.strip_prefix("rtsp://").ok_or_else(|| {
        Failure::usage("--url begins with rtsp://: write rtsp://HOST[:PORT]/PATH")
    })?;
    let authority = rest.split('/').next().unwrap_or_default();
    if has_login(url) {
        return Err(Failure::usage(
            "leave user and password out of --url: give --username, and the password when asked",
        ));
    }
    if authority.is_empty() {
        return Err(Failure::usage("--url names no host: write rtsp://HOST[:PORT]/PATH"));
    }
    Ok(())
}

impl Camera {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List(List {}) => {
                let cameras = session.hub().await?.cameras().await?;
                Ok(session.output.show(&cameras, |look| table(&cameras, look))?)
            }
            Self::Remove(Remove { name }) => {
                session.hub().await?.remove_camera(&name).await?;
                Ok(session.output.done(&format!("{name} is removed; its recordings stay"))?)
            }
        }
    }
}

impl Add {
    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        refuse_password(&self.url)?;
        let sound = if self.audio { Sound::Recorded } else { Sound::Off };
        let hub = session.hub().await?;
        let login = match self.username {
            None => None,
            Some(username) => {
                let password = if self.password_stdin {
                    secret::ask("The camera's password: ")?
                } else {
                    secret::ask("Password: ")?
                };
                Some(CameraLogin { username, password })
            }
        };
        let if_taken = if self.replace { IfTaken::Replace } else { IfTaken::Refuse };
        let camera = AddCamera { name: self.name, url: self.url, sound, login, if_taken };
        let camera = hub.add_camera(&camera).await?;
        let name = &camera.name;
        Ok(session.output.show(&camera, |_| {
            let warning = camera.warning.as_deref().map(|why| format!("\nWarning: {why}"));
            let warning = warning.unwrap_or_default();
            format!(
                "{name} is added; `doorward camera list` says whether its pictures arrive{warning}"
            )
        })?)
    }
}

fn table(cameras: &[CameraView], look: &Look) -> String {
    if cameras.is_empty() {
        return "no cameras yet; add one with `doorward camera add`".to_owned();
    }
    let mut table = Table::with_heading(["name", "url", "user", "sound", "state"]);
    for camera in cameras {
        table.push([
            camera.name.as_str().into(),
            camera.url.as_str().into(),
            camera.username.as_deref().unwrap_or("–").into(),
            sound(camera.sound).into(),
            status::health(&camera.health),
        ]);
    }
    table.lay_out(0, look)
}

const fn sound(sound: Sound) -> &'static str {
    match sound {
        Sound::Off => "off",
        Sound::Recorded => "recorded",
    }
}
