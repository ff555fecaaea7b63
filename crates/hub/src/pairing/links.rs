//! Links that a phone opens to pair, as text and as QR codes.
//!
//! The token and the authority's fingerprint are in the fragment: browsers keep it to
//! themselves, so that it is in no request, no log and no history of a proxy.

use doorward_api::Base64Url;
use qrcode::render::{svg, unicode::Dense1x2};
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};
use secrecy::{ExposeSecret, SecretString};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To name the first household.
    SetUp,
    /// To pair a device.
    Pair,
}

/// Returns the same link for each of the hub's hosts.
pub(crate) fn links(
    purpose: Purpose,
    hosts: &[String],
    port: u16,
    token: &SecretString,
    ca_sha256: &Base64Url,
) -> Vec<SecretString> {
    let name = match purpose {
        Purpose::SetUp => "setup",
        Purpose::Pair => "pair",
    };
    let token = token.expose_secret();
    let link = |host: &String| {
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        SecretString::from(format!("https://{host}:{port}/#{name}={token}.{ca_sha256}"))
    };
    hosts.iter().map(link).collect()
}

/// Draws a link as SVG, dark on light.
pub(crate) fn qr_svg(link: &SecretString) -> Result<SecretString, QrError> {
    let code = code(link)?;
    Ok(SecretString::from(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build()))
}

/// Draws a link in a terminal's half blocks, light on a dark ground.
pub(crate) fn qr_blocks(link: &SecretString) -> Result<SecretString, QrError> {
    let picture = code(link)?
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Ok(SecretString::from(picture))
}

fn code(link: &SecretString) -> Result<QrCode, QrError> {
    QrCode::with_error_correction_level(link.expose_secret(), EcLevel::M)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_in_the_fragment_of_every_link() {
        let hosts = ["192.168.1.10".to_owned(), "fd00::1".to_owned(), "hub.local".to_owned()];
        let token = SecretString::from("token");
        let ca = Base64Url(vec![0; 32]);
        let links = links(Purpose::Pair, &hosts, 8443, &token, &ca);
        let ends = "/#pair=token.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let expected = ["192.168.1.10", "[fd00::1]", "hub.local"];
        for (link, host) in links.iter().zip(expected) {
            assert_eq!(link.expose_secret(), &format!("https://{host}:8443{ends}"));
        }
    }

    #[test]
    fn a_link_is_drawn_for_paper_and_for_a_terminal() {
        let link = SecretString::from("https://192.168.1.10:8443/#pair=abc.def");
        assert!(qr_svg(&link).unwrap().expose_secret().contains("<svg"));
        assert!(qr_blocks(&link).unwrap().expose_secret().lines().count() > 10);
    }
}
