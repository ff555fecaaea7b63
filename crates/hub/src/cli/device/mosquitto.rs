//! The grants of a house as Mosquitto's access control list.

use std::fmt::Write;

use doorward_api::device::DeviceGrants;

/// The name cannot be a user in such a list.
#[derive(Debug, thiserror::Error)]
#[error("a user's name in Mosquitto's list is one line, and does not begin or end with a space")]
pub(super) struct NoUser;

/// Writes the list: each device may say and hear what its own grants name, the hub
/// the reverse of all of them, and whoever else connects nothing.
///
/// Users are the common names of certificates, which for a device that was enrolled
/// here is its name.
pub(super) fn acl(hub: &str, devices: &[DeviceGrants]) -> Result<String, NoUser> {
    if hub.is_empty() || hub.trim() != hub || hub.chars().any(char::is_control) {
        return Err(NoUser);
    }
    let mut list = format!("# The hub.\nuser {hub}\n");
    for device in devices {
        list += &topics("read", &device.publish);
        list += &topics("write", &device.subscribe);
    }
    for DeviceGrants { device, publish, subscribe, .. } in devices {
        // Writing to a string cannot fail.
        let _ = write!(list, "\nuser {device}\n");
        list += &topics("write", publish);
        list += &topics("read", subscribe);
    }
    Ok(list)
}

fn topics(access: &str, filters: &[String]) -> String {
    filters.iter().map(|filter| format!("topic {access} {filter}\n")).collect()
}

#[cfg(test)]
mod tests {
    use doorward_api::device::{DeviceKind, Dialect};

    use super::*;

    fn lock() -> DeviceGrants {
        DeviceGrants {
            device: "porch lock".into(),
            kind: DeviceKind::Lock,
            dialect: Dialect::Native,
            publish: vec!["doorward/porch lock/lock/state".into()],
            subscribe: vec!["doorward/porch lock/lock/set".into()],
        }
    }

    #[test]
    fn the_hub_commands_a_lock_and_the_lock_reports_and_nobody_else_does_either() {
        let expected = "\
# The hub.
user doorward
topic read doorward/porch lock/lock/state
topic write doorward/porch lock/lock/set

user porch lock
topic write doorward/porch lock/lock/state
topic read doorward/porch lock/lock/set
";
        assert_eq!(acl("doorward", &[lock()]).unwrap(), expected);
    }

    #[test]
    fn a_user_cannot_bring_lines_of_its_own() {
        for user in ["", " x", "x\ntopic readwrite #"] {
            assert!(acl(user, &[]).is_err(), "{user:?}");
        }
    }
}
