//! Who somebody is that says a name and a password.
//!
//! An unknown name, a wrong password and one that is not looked at any more
//! take the same way and get the same answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use doorward_core::ids::DeviceName;

use super::ConnectError;
use super::greeting::SaidName;
use crate::credential::{Credential, PasswordDigest};
use crate::events::BrokerEvent;
use crate::registry::Enrolled;
use crate::shared::Shared;

/// Finds the device that was enrolled with a name and a password.
pub(super) fn identify(
    said: Option<SaidName>,
    address: IpAddr,
    shared: &Shared,
) -> Result<(Credential, Arc<Enrolled>), ConnectError> {
    let SaidName { name, password } = said.ok_or(ConnectError::Password)?;
    let credential = Credential::from(PasswordDigest::of(&name, &password));
    let device = DeviceName::parse(&name).ok();
    let now = Instant::now();
    let found = shared.registry.look_up(&credential);
    if !shared.tries.may_try(address, device.as_ref(), now) {
        shared.counters.turned_away.fetch_add(1, Ordering::Relaxed);
        return Err(ConnectError::Password);
    }
    let found = found.filter(|enrolled| Some(&enrolled.device) == device.as_ref());
    let Some(enrolled) = found else {
        shared.tries.note_wrong(address, device.as_ref(), now);
        shared.counters.wrong_passwords.fetch_add(1, Ordering::Relaxed);
        let device = device.filter(|device| shared.registry.has_device(device));
        shared.events.tell(BrokerEvent::WrongPassword { address, device });
        return Err(ConnectError::Password);
    };
    shared.tries.note_right(address, &enrolled.device);
    Ok((credential, enrolled))
}
