//! Devices without TLS: enrolled with a password, at a listener of their own that is
//! open only while there are any.

use std::net::SocketAddr;

use doorward_api as api;
use doorward_api::device::{EnrolPlainDevice, PlainEnrolment};
use doorward_api::doctor::Check;
use doorward_api::{Problem, ProblemKind};
use doorward_broker::{Broker, Enrolled, PasswordDigest};
use doorward_core::entry::Actor;
use doorward_core::grants::Dialect;
use doorward_core::ids::DeviceName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_core::network::HomeNetworks;
use doorward_core::without_tls::may_lack_tls;
use doorward_store::{Credential, Device, NewDevice};
use rand::TryRngCore;
use rand::rngs::OsRng;
use secrecy::SecretString;
use tracing::{error, info, warn};
use zeroize::Zeroizing;

use super::super::awake::Awake;
use super::super::convert;
use super::super::enrolled::EnrolledDevice;
use super::super::hearers::Hearers;
use super::super::mail::Mail;
use super::devices::{dialect_of, new_device};
use super::{check, failed, parse};
use crate::http::Answer;

/// Letters and digits that people do not take for each other; 32 of them, so that each
/// random byte gives five bits without a bias.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// 130 bits: no guessing, even of whoever has the digest, comes to an end.
const PASSWORD_LENGTH: usize = 26;

impl Awake {
    /// Enrols a device that shows a password in place of a certificate.
    pub(super) async fn enrol_plain(
        &self,
        by: Actor,
        wish: EnrolPlainDevice,
    ) -> Answer<PlainEnrolment> {
        let own = self.exchange.own().ok_or_else(elsewhere)?;
        let (name, dialect, password, new) = self.prepare(&wish)?;
        let row = Device { device: new.clone(), next: None, revoked_at: None };
        let device = EnrolledDevice::read(&row).map_err(failed("the device makes no sense"))?;
        let grants = device.grants(&[], &Hearers::default()).map_err(|why| invalid(&why))?;
        let _alone = self.renewals.enrolling.lock().await;
        self.check_free(&name, &dialect).await?;
        // First, since a device that nobody listens to is a loose end.
        open(own, self.plain_listen, &self.home).await.map_err(|why| not_open(&why))?;
        if let Err(error) = self.store.add_device(new).await {
            self.close_plain_if_unused().await;
            return Err(failed("the device could not be written down")(error));
        }
        self.done(by, OwnerRequest::Note(Note::DeviceEnrolled(name.clone()))).await?;
        self.mailbox.send(Mail::Enrolled(name.clone(), dialect)).await?;
        let enrolled = Enrolled { device: name.clone(), grants };
        device.credentials().for_each(|one| self.registry.enrol(one, enrolled.clone()));
        Ok(PlainEnrolment {
            device: device.view(api::device::Link::Offline),
            username: name.to_string(),
            password,
            connection: self.connection(&device),
        })
    }

    /// Reads a wish and draws a password for it, of which the row has the digest alone.
    fn prepare(
        &self,
        wish: &EnrolPlainDevice,
    ) -> Answer<(DeviceName, Dialect, SecretString, NewDevice)> {
        let name: DeviceName = parse("device", wish.name.as_str())?;
        let kind = convert::device_kind_of(wish.kind);
        let dialect = dialect_of(wish.dialect, |program| program.base_without_tls(&name))?;
        may_lack_tls(kind, &dialect, &name).map_err(|why| invalid(&why))?;
        let password = draw_password().map_err(failed("no password could be drawn"))?;
        let sha256 = *PasswordDigest::of(name.as_str(), &password).as_bytes();
        let new = new_device(&name, kind, &dialect, Credential::Password { sha256 });
        Ok((name, dialect, password, new))
    }

    /// Closes the listener with the last device that needs it.
    pub(super) async fn close_plain_if_unused(&self) {
        let Some(broker) = self.exchange.own() else { return };
        match self.plain_devices().await {
            Ok(devices) if devices.is_empty() && broker.plain_addr().is_some() => {
                broker.close_plain();
                info!("nobody is let in without TLS any more");
            }
            // Whoever failed to read them has said so. Nobody comes in at a listener
            // without a password that is enrolled.
            Ok(_) | Err(_) => {}
        }
    }

    async fn plain_devices(&self) -> Answer<Vec<EnrolledDevice>> {
        let mut devices = self.devices_enrolled().await?;
        devices.retain(EnrolledDevice::lacks_tls);
        Ok(devices)
    }

    /// Warns of what anybody in the network can read and forge.
    pub(super) async fn plain_check(&self) -> Answer<Option<Check>> {
        let devices = self.plain_devices().await?;
        if devices.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = devices.iter().map(|device| device.name.as_str()).collect();
        let names = names.join(", ");
        let what = "without TLS";
        Ok(Some(match (self.exchange.own(), self.exchange.listens_plain()) {
            (_, Some(address)) => check::warn(
                what,
                format!(
                    "let in at {address} with a password that is sent in the clear: {names}; \
                     whoever is in the network can read and forge what they say"
                ),
                "replace them by devices with TLS, or give them a network of their own",
            ),
            (Some(_), None) => check::fail(
                what,
                format!("nobody listens for {names}"),
                "look what else uses the port, or name another one with --plain-listen, and \
                 restart the hub",
            ),
            (None, None) => check::fail(
                what,
                format!("the hub uses another broker, which does not know {names}"),
                "revoke them, and let them in at that broker by its own means",
            ),
        }))
    }
}

fn invalid(why: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemKind::Invalid, why.to_string())
}

/// Passwords of somebody else's broker are not the hub's to make.
fn elsewhere() -> Problem {
    let detail = "the hub uses another broker, which keeps passwords of its own; let the device in \
                  there by that broker's means, or run the hub without --broker";
    Problem::new(ProblemKind::Conflict, detail)
}

fn not_open(why: &anyhow::Error) -> Problem {
    let detail = format!(
        "{why:#}; nothing was enrolled. Name another address with `doorward serve --plain-listen`"
    );
    Problem::new(ProblemKind::Unavailable, detail)
}

/// Opens the listener of a hub that starts, if a device needs it.
pub(in super::super) async fn open_if_needed(
    broker: &Broker,
    devices: &[EnrolledDevice],
    address: SocketAddr,
    home: &HomeNetworks,
) {
    if !devices.iter().any(EnrolledDevice::lacks_tls) {
        return;
    }
    // The doors do not depend on it, and `doctor` says that these devices are out.
    if let Err(error) = open(broker, address, home).await {
        error!(error = format!("{error:#}"), "devices without TLS cannot connect");
    }
}

/// Lets devices without TLS in, if nobody does yet.
async fn open(broker: &Broker, address: SocketAddr, home: &HomeNetworks) -> anyhow::Result<()> {
    if broker.plain_addr().is_some() {
        return Ok(());
    }
    let ip = address.ip();
    anyhow::ensure!(
        ip.is_unspecified() || home.contains(ip),
        "{ip}, where devices without TLS were to connect, is not in the home network"
    );
    let address = broker.listen_plain(address).await?;
    warn!(%address, "devices without TLS connect here");
    Ok(())
}

fn draw_password() -> Result<SecretString, <OsRng as TryRngCore>::Error> {
    let mut bytes = Zeroizing::new([0_u8; PASSWORD_LENGTH]);
    OsRng.try_fill_bytes(bytes.as_mut_slice())?;
    let mut text = String::with_capacity(PASSWORD_LENGTH);
    for byte in bytes.iter() {
        let letter = ALPHABET.get(usize::from(byte % 32));
        text.push(char::from(*letter.expect("a rest of 32 is below 32")));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_password_is_long_easy_to_type_and_never_the_same() {
        let (one, two) = (draw_password().unwrap(), draw_password().unwrap());
        let one = one.expose_secret();
        assert_eq!(one.len(), PASSWORD_LENGTH);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(one, two.expose_secret());
    }
}
