//! Where a camera is and how to log in: secrets, parsed once.
//!
//! A camera's address is numbers, never a name: a name would be asked of a DNS
//! server, and nothing leaves the home network. Neither the address nor the
//! login can be printed; whoever needs them calls a function that says so.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Why a text is no camera's address. Says nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CameraUrlError {
    /// Not a URL at all.
    #[error("a camera's address looks like rtsp://192.168.1.20/stream")]
    Malformed,
    /// Another scheme.
    #[error("a camera's address starts with rtsp://")]
    Scheme,
    /// A name instead of numbers.
    #[error("give the camera's address in numbers: a name would be asked of a DNS server")]
    NamedHost,
    /// User and password that are not UTF-8 behind their escapes.
    #[error("the user or password in the camera's address is not readable text")]
    Login,
}

/// A user and password.
pub struct Login {
    user: SecretString,
    password: SecretString,
}

impl Login {
    /// Takes in what the owner gave.
    #[must_use]
    pub fn new(user: SecretString, password: SecretString) -> Self {
        Self { user, password }
    }

    /// Hands the login to the RTSP client, which keeps it as long as a session.
    pub(crate) fn expose_to_client(&self) -> retina::client::Credentials {
        retina::client::Credentials {
            username: self.user.expose_secret().to_owned(),
            password: self.password.expose_secret().to_owned(),
        }
    }
}

/// A camera's address and login.
pub struct CameraUrl {
    url: SecretUrl,
    address: IpAddr,
    login: Option<Login>,
}

/// A URL that does not print itself.
struct SecretUrl(Url);

impl CameraUrl {
    /// Reads an address such as `rtsp://192.168.1.20:554/stream`. A login
    /// within it is taken out; one given beside it comes first.
    ///
    /// # Errors
    /// Says what the address should look like.
    pub fn parse(text: &SecretString, login: Option<Login>) -> Result<Self, CameraUrlError> {
        let mut url = Url::parse(text.expose_secret()).map_err(|_| CameraUrlError::Malformed)?;
        if url.scheme() != "rtsp" {
            return Err(CameraUrlError::Scheme);
        }
        let address = numeric_host(&url)?;
        let within = login_within(&url)?;
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return Err(CameraUrlError::Malformed);
        }
        Ok(Self { url: SecretUrl(url), address, login: login.or(within) })
    }

    /// Returns the address, for a check against the networks that the owner listed.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.0.port().unwrap_or(554)
    }

    /// Hands the URL, without login, to the RTSP client.
    pub(crate) fn expose_to_client(&self) -> Url {
        self.url.0.clone()
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }
}

/// Reads the host: for a scheme that URLs give no meaning to, numbers are text too.
fn numeric_host(url: &Url) -> Result<IpAddr, CameraUrlError> {
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(address.into()),
        Some(Host::Ipv6(address)) => Ok(address.into()),
        Some(Host::Domain(text)) => text.parse().map_err(|_| CameraUrlError::NamedHost),
        None => Err(CameraUrlError::Malformed),
    }
}

fn login_within(url: &Url) -> Result<Option<Login>, CameraUrlError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let user = percent_decoded(url.username())?;
    let password = percent_decoded(url.password().unwrap_or_default())?;
    Ok(Some(Login { user, password }))
}

/// Resolves `%XX`, as RFC 3986 has it in the user and password of a URL.
fn percent_decoded(text: &str) -> Result<SecretString, CameraUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()];
        let value = digits.into_iter().try_fold(0_u8, |value, digit| {
            let digit = char::from(digit?).to_digit(16)?;
            Some(value << 4 | u8::try_from(digit).ok()?)
        });
        bytes.push(value.ok_or(CameraUrlError::Login)?);
    }
    String::from_utf8(bytes).map(SecretString::from).map_err(|_| CameraUrlError::Login)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CameraUrl, CameraUrlError> {
        CameraUrl::parse(&SecretString::from(text.to_owned()), None)
    }

    #[test]
    fn a_login_in_the_address_is_taken_out_and_decoded() {
        let url = parse("rtsp://me:p%40ss@192.168.1.20/stream?x=1").ok().unwrap();
        assert_eq!(url.expose_to_client().as_str(), "rtsp://192.168.1.20/stream?x=1");
        let login = url.login().unwrap().expose_to_client();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("me", "p@ss"));
        assert_eq!((url.address().to_string(), url.port()), ("192.168.1.20".to_owned(), 554));
    }

    #[test]
    fn only_numbers_name_a_camera() {
        let refused = |text| parse(text).err();
        assert_eq!(refused("rtsp://camera.example/"), Some(CameraUrlError::NamedHost));
        assert_eq!(refused("rtsp://localhost/"), Some(CameraUrlError::NamedHost));
        assert_eq!(refused("http://192.168.1.20/"), Some(CameraUrlError::Scheme));
        assert_eq!(refused("192.168.1.20"), Some(CameraUrlError::Malformed));
        assert_eq!(refused("rtsp://u:%zz@192.168.1.20/"), Some(CameraUrlError::Login));
        assert!(parse("rtsp://[fe80::1]:8554/a").is_ok());
    }
}
