//! What the hub asked for, and what the browser says of it: which ceremony, for which challenge, on
//! whose page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::not_verified::NotVerified;

/// The longest text that is read: a challenge, an origin, and what browsers add to both.
const MAX_BYTES: usize = 4096;

/// What the hub asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What the browser was given to have signed.
    pub challenge: &'a [u8],
    /// The authority by which the page reached the hub, as in the `Host` header.
    pub host: &'a str,
}

/// Which of the two ceremonies it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

/// The members that a relying party looks at (section 5.8.1); there may be others.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Checks that the browser made this for what was asked, on the hub's own page and in no frame of
/// another's.
pub(super) fn check(json: &[u8], ceremony: Ceremony, asked: &Asked<'_>) -> Result<(), NotVerified> {
    if json.len() > MAX_BYTES {
        return Err(NotVerified::ClientData);
    }
    let said: ClientData = serde_json::from_slice(json).map_err(|_| NotVerified::ClientData)?;
    if said.ceremony != ceremony.word() {
        return Err(NotVerified::Ceremony);
    }
    if said.challenge != URL_SAFE_NO_PAD.encode(asked.challenge) {
        return Err(NotVerified::Challenge);
    }
    if said.origin != format!("https://{}", asked.host) {
        return Err(NotVerified::Origin);
    }
    if said.cross_origin || said.top_origin.is_some() {
        return Err(NotVerified::Framed);
    }
    Ok(())
}
