//! Which devices may connect without TLS.
//!
//! Whoever is in the network can read and forge all that such a device says and hears,
//! its password among it. What moves a bolt, hears a code or speaks for what does
//! therefore never lacks TLS, nor does a program that has it.

use crate::grants::{DeviceKind, Dialect, Program};
use crate::ids::DeviceName;

/// The longest name of a device without TLS, in bytes: what the least of them takes as a
/// user name.
pub const MAX_NAME_BYTES: usize = 32;

/// Why a device is not let in without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NeedsTls {
    /// It moves a bolt.
    #[error(
        "a lock never connects without TLS: whoever is in the network could unlock it; use one \
         that has TLS, or a Zigbee lock behind Zigbee2MQTT"
    )]
    Lock,
    /// It hears codes.
    #[error(
        "a keypad never connects without TLS: whoever is in the network could read the codes; use \
         one that has TLS, or a Zigbee keypad behind Zigbee2MQTT"
    )]
    Keypad,
    /// It speaks for locks and keypads.
    #[error(
        "a bridge never connects without TLS, since locks and keypads are behind it; give it the \
         certificate that `doorward device enrol` writes without --plain"
    )]
    Bridge,
    /// It may ask for doors to be unlocked.
    #[error(
        "Home Assistant never connects without TLS, since it may command doors; give it the \
         certificate that `doorward device enrol` writes without --plain"
    )]
    HomeAssistant,
    /// It has TLS.
    #[error(
        "this program has TLS; give it the certificate that `doorward device enrol` writes without \
         --plain"
    )]
    HasTls,
    /// Its name cannot be its user name.
    #[error(
        "a device without TLS has its name as user name: at most 32 ASCII letters, digits, - and \
         _, the first a letter"
    )]
    Name,
}

/// Says whether a device may connect without TLS.
///
/// # Errors
/// Says why not, and what to do.
pub fn may_lack_tls(
    kind: DeviceKind,
    dialect: &Dialect,
    name: &DeviceName,
) -> Result<(), NeedsTls> {
    match kind {
        DeviceKind::Lock => return Err(NeedsTls::Lock),
        DeviceKind::Keypad => return Err(NeedsTls::Keypad),
        DeviceKind::Bridge => return Err(NeedsTls::Bridge),
        DeviceKind::HomeAssistant => return Err(NeedsTls::HomeAssistant),
        DeviceKind::Contact | DeviceKind::Camera | DeviceKind::Other => {}
    }
    match dialect {
        Dialect::Zigbee2Mqtt { .. } => Err(NeedsTls::Bridge),
        Dialect::HomeAssistant => Err(NeedsTls::HomeAssistant),
        Dialect::Carried { program: Program::Frigate | Program::ZwaveJsUi, .. } => {
            Err(NeedsTls::HasTls)
        }
        Dialect::Native
        | Dialect::Carried {
            program: Program::Tasmota | Program::Shelly | Program::Esphome, ..
        } => {
            if is_user_name(name.as_str()) {
                Ok(())
            } else {
                Err(NeedsTls::Name)
            }
        }
    }
}

/// The name is also a topic's level and part of commands that people paste: what firmware
/// or a shell takes for something else stays out.
fn is_user_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DeviceName {
        DeviceName::parse(text).unwrap()
    }

    fn carried(program: Program) -> Dialect {
        Dialect::Carried { program, base: program.base_for(&name("plug")).unwrap() }
    }

    #[test]
    fn what_moves_a_bolt_hears_a_code_or_speaks_for_what_does_never_lacks_tls() {
        let refused = |kind| may_lack_tls(kind, &Dialect::Native, &name("plug")).unwrap_err();
        assert_eq!(refused(DeviceKind::Lock), NeedsTls::Lock);
        assert_eq!(refused(DeviceKind::Keypad), NeedsTls::Keypad);
        assert_eq!(refused(DeviceKind::Bridge), NeedsTls::Bridge);
        assert_eq!(refused(DeviceKind::HomeAssistant), NeedsTls::HomeAssistant);
        assert_eq!(may_lack_tls(DeviceKind::Contact, &Dialect::Native, &name("plug")), Ok(()));
    }

    #[test]
    fn only_firmware_without_tls_is_let_in_without() {
        let asked = |dialect: Dialect| may_lack_tls(DeviceKind::Other, &dialect, &name("plug"));
        for program in [Program::Tasmota, Program::Shelly, Program::Esphome] {
            assert_eq!(asked(carried(program)), Ok(()));
        }
        for program in [Program::Frigate, Program::ZwaveJsUi] {
            assert_eq!(asked(carried(program)), Err(NeedsTls::HasTls));
        }
        assert_eq!(asked(Dialect::zigbee2mqtt()), Err(NeedsTls::Bridge));
        assert_eq!(asked(Dialect::HomeAssistant), Err(NeedsTls::HomeAssistant));
    }

    #[test]
    fn a_name_that_firmware_or_a_shell_would_misread_is_refused() {
        let asked = |text: &str| may_lack_tls(DeviceKind::Contact, &Dialect::Native, &name(text));
        for good in ["gate", "Garage-2_b", &"x".repeat(32)] {
            assert_eq!(asked(good), Ok(()), "{good}");
        }
        for bad in ["1", "porch plug", "a;Reset 1", "a'b", "plüg", &"x".repeat(33)] {
            assert_eq!(asked(bad), Err(NeedsTls::Name), "{bad}");
        }
    }
}
