//! Cameras.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CameraName;
use crate::status::CameraHealth;

/// A camera to be added.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCamera {
    /// What people call it.
    pub name: CameraName,
    /// Where its stream is: `rtsp://HOST[:PORT]/PATH`, without user or password.
    pub url: String,
    /// Whether it may be heard.
    #[serde(default)]
    pub sound: Sound,
    /// How the hub logs in, if the camera asks.
    #[serde(default)]
    pub login: Option<CameraLogin>,
    /// What to do if there is a camera of this name.
    #[serde(default)]
    pub if_taken: IfTaken,
}

/// What to do if there is a camera of the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfTaken {
    /// Leave it as it is.
    #[default]
    Refuse,
    /// Put this one in its place: another address, another password. Doors keep it
    /// by its name.
    Replace,
}

/// Whether a camera may be heard: in its recordings, and with its live picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// Pictures alone.
    #[default]
    Off,
    /// Pictures and sound.
    Recorded,
}

/// How the hub logs in to a camera.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CameraLogin {
    /// The user.
    pub username: String,
    /// The password.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub password: SecretString,
}

/// A camera as its owner described it, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CameraView {
    /// What people call it.
    pub name: CameraName,
    /// Where its stream is, without user or password.
    pub url: String,
    /// Whether it may be heard.
    #[serde(default)]
    pub sound: Sound,
    /// What its owner should know about it, if there is anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The user with whom the hub logs in, if it does.
    pub username: Option<String>,
    /// How it is.
    pub health: CameraHealth,
}

/// What a camera's live picture or sound is: the text frame before the binary ones, which
/// hold MP4, the initialization segment first. It comes again when what follows changes its
/// kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveHeader {
    /// The media type, for example `video/mp4; codecs="avc1.42c01f"`.
    pub mime: String,
    /// With pictures: the media type of the sound that may be heard with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// Where time zero of what follows lies on the camera's own line, in milliseconds.
    /// Pictures and sound of one camera share that line.
    pub starts_ms: u64,
}

/// Parameters whose values are passwords, as cameras name them.
const PASSWORDS: [&str; 4] = ["password=", "passwd=", "pwd=", "pass="];

/// Says whether a camera's address carries a user or password before its host.
#[must_use]
pub fn has_login(url: &str) -> bool {
    Parts::of(url).login.is_some()
}

/// Says whether a camera's address carries a password as a parameter. Some cameras
/// take none otherwise.
#[must_use]
pub fn has_password_parameter(url: &str) -> bool {
    Parts::of(url).parameters().any(|parameter| password_of(parameter).is_some())
}

/// Returns a camera's address without any login or password.
#[must_use]
pub fn without_secrets(url: &str) -> String {
    let parts = Parts::of(url);
    let mut shown = format!("{}{}", parts.scheme, parts.host);
    for parameter in parts.parameters() {
        match password_of(parameter) {
            Some((name, end)) => shown.extend([name, "…", end]),
            None => shown.push_str(parameter),
        }
    }
    shown
}

/// A camera's address, taken apart; whatever the text is, the parts make it up.
struct Parts<'a> {
    /// With its `://`.
    scheme: &'a str,
    login: Option<&'a str>,
    host: &'a str,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let (scheme, rest) = url.split_at_checked(after_scheme).unwrap_or(("", url));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match authority.rsplit_once('@') {
            Some((login, host)) => Self { scheme, login: Some(login), host, rest },
            None => Self { scheme, login: None, host: authority, rest },
        }
    }

    /// Path and query in pieces, each with the mark that ends it. Some cameras have
    /// their parameters in the path.
    fn parameters(&self) -> impl Iterator<Item = &'a str> {
        self.rest.split_inclusive(['/', '?', '&', ';', '#'])
    }
}

/// Returns a password parameter's name, and what follows its value.
fn password_of(parameter: &str) -> Option<(&str, &str)> {
    let name = PASSWORDS.iter().find_map(|name| {
        let start = parameter.get(..name.len())?;
        start.eq_ignore_ascii_case(name).then_some(start)
    })?;
    let end = parameter.rfind(['/', '?', '&', ';', '#']).and_then(|at| parameter.get(at..));
    Some((name, end.unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_login_or_password() {
        let shown = [
            ("rtsp://192.168.1.20/stream", "rtsp://192.168.1.20/stream"),
            ("rtsp://me:p@ss@192.168.1.20:554/stream", "rtsp://192.168.1.20:554/stream"),
            ("rtsp://me:pass@192.168.1.20?x=1", "rtsp://192.168.1.20?x=1"),
            ("rtsp://10.0.0.2/a?user=b&PassWord=c&x=1", "rtsp://10.0.0.2/a?user=b&PassWord=…&x=1"),
            ("rtsp://10.0.0.2/user=b&pwd=c", "rtsp://10.0.0.2/user=b&pwd=…"),
            ("rtsp://10.0.0.2/at@sign", "rtsp://10.0.0.2/at@sign"),
            ("", ""),
        ];
        for (url, expected) in shown {
            assert_eq!(without_secrets(url), expected);
        }
    }

    #[test]
    fn a_login_is_found_wherever_a_client_would_find_it() {
        for url in ["rtsp://me:pass@10.0.0.2/a", "rtsp://me@10.0.0.2", "rtsp://a:b@10.0.0.2?x"] {
            assert!(has_login(url), "{url}");
        }
        assert!(!has_login("rtsp://10.0.0.2/a@b"));
        assert!(has_password_parameter("rtsp://10.0.0.2/?PWD=x"));
        assert!(!has_password_parameter("rtsp://10.0.0.2/bypass=1"));
    }
}
