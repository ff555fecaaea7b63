//! The recovery sheet: the household identity on paper, with what it opens and how.
//!
//! Guarantees that the identity is on the sheet twice (as one line and in groups)
//! and as a QR code, and that the sheet reaches the disk only where the owner asked
//! for it, in a file for its owner's eyes. It does not know the hub's other keys:
//! the sheet opens recordings, not doors.

use std::path::Path;

use jiff::Timestamp;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::keys::HouseholdIdentity;
use crate::state_dir::{Config, HouseholdName, HubId, PrivateFileError, Recipient, create_new};

/// Letters per group, and groups per row: what an eye holds while it copies.
const GROUP: usize = 4;
const GROUPS_PER_ROW: usize = 8;

/// Room for the whole text, so that growing leaves no copies of it behind.
const TEXT_BYTES: usize = 16 * 1024;

/// The sheet of one household.
pub struct RecoverySheet {
    household: HouseholdName,
    hub: HubId,
    created: Timestamp,
    recipient: Recipient,
    identity: HouseholdIdentity,
}

/// What the sheet is shown on: a QR code is dark on light, and a terminal is mostly
/// light on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A terminal with light letters on a dark ground.
    Terminal,
    /// A file to print.
    Paper,
}

impl RecoverySheet {
    /// Makes the sheet of a household.
    #[must_use]
    pub fn new(config: &Config, household: HouseholdName, identity: HouseholdIdentity) -> Self {
        Self {
            household,
            hub: config.hub.clone(),
            created: config.created,
            recipient: identity.recipient(),
            identity,
        }
    }

    /// Writes the sheet out, identity and all.
    #[must_use]
    pub fn expose_text(&self, medium: Medium) -> SecretString {
        let line = self.identity.expose_line();
        let line = line.expose_secret();
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES));
        text.push_str(&self.heading());
        text.push_str("\nThe household identity, in groups of four to copy and compare:\n\n");
        push_groups(&mut text, line);
        text.push_str("\nThe same in one line:\n\n  ");
        text.push_str(line);
        text.push_str("\n\nThe same as a QR code:\n\n");
        push_qr(&mut text, line, medium);
        text.push_str(&self.uses());
        SecretString::from(text.as_str())
    }

    /// Writes the sheet to a file (mode 0600) that did not exist.
    ///
    /// # Errors
    /// If there is such a file, or the system refuses.
    pub fn write_new(&self, path: &Path, medium: Medium) -> Result<(), PrivateFileError> {
        create_new(path, self.expose_text(medium).expose_secret().as_bytes())
    }

    fn heading(&self) -> String {
        format!(
            "DOORWARD RECOVERY SHEET\n\
             =======================\n\n\
             Household   {}\n\
             Hub         {}\n\
             Made        {}\n\
             Recipient   {}\n\n\
             Keep this sheet like a passport: on paper, away from the hub. It exists once;\n\
             neither the hub nor anybody else can make it again.\n",
            self.household.as_str(),
            self.hub,
            self.created.strftime("%Y-%m-%d %H:%M UTC"),
            self.recipient.as_str(),
        )
    }

    fn uses(&self) -> String {
        format!(
            "\nWhat it opens\n\
             - The recordings of this household, and its backups.\n\n\
             What it does not do\n\
             - By itself it opens no door and issues no codes. With a backup of the hub it is\n\
             \x20 the hub, keys and all: keep the two apart.\n\
             - It does not unlock the hub: that takes the passphrase, keyring or credential\n\
             \x20 chosen at setup. A forgotten passphrase cannot be read off this sheet.\n\
             - It does not help against itself: whoever has a copy can watch the recordings.\n\n\
             How to use it\n\
             1. Type or scan the one line above into a file, say household.txt, and compare\n\
             \x20  it with the groups. `age-keygen -y household.txt` must print\n\
             \x20  {}\n\
             2. With Doorward:\n\
             \x20    doorward recording export ID --identity household.txt --out clip.mp4\n\
             \x20    doorward restore --from FILE --identity household.txt --state DIR\n\
             3. With the stock age program (https://age-encryption.org), for any file that\n\
             \x20  was sealed to this household:\n\
             \x20    age -d -i household.txt FILE.age > FILE\n\
             \x20  A recording has an identity of its own, sealed to this household. Opened\n\
             \x20  like this, it opens that recording's segments in turn.\n\
             4. Remove household.txt when done.\n",
            self.recipient.as_str(),
        )
    }
}

fn push_groups(text: &mut String, line: &str) {
    let mut in_row = 0;
    for (at, letter) in line.chars().enumerate() {
        if at % GROUP == 0 {
            if in_row == GROUPS_PER_ROW {
                text.push('\n');
                in_row = 0;
            }
            text.push_str("  ");
            in_row += 1;
        }
        text.push(letter);
    }
    text.push('\n');
}

fn push_qr(text: &mut String, line: &str, medium: Medium) {
    let code = QrCode::with_error_correction_level(line, EcLevel::M)
        .expect("74 capitals and digits fit into a QR code of version 5");
    let (dark, light) = match medium {
        Medium::Terminal => (Dense1x2::Light, Dense1x2::Dark),
        Medium::Paper => (Dense1x2::Dark, Dense1x2::Light),
    };
    let picture = code.render::<Dense1x2>().dark_color(dark).light_color(light).build();
    text.push_str(&Zeroizing::new(picture));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::keys::{ConfigMac, RootKey};
    use crate::state_dir::{FORMAT, UnlockMode};

    fn sheet() -> (RecoverySheet, SecretString) {
        let identity = HouseholdIdentity::generate();
        let line = identity.expose_line();
        let config = Config {
            format: FORMAT,
            hub: HubId::draw().unwrap(),
            household: None,
            unlock: UnlockMode::Passphrase,
            key_check: RootKey::draw().unwrap().check(),
            created: "2026-11-22T10:00:00Z".parse().unwrap(),
            mac: ConfigMac::blank(),
        };
        (
            RecoverySheet::new(&config, HouseholdName::parse("Lindenallee 4").unwrap(), identity),
            line,
        )
    }

    #[test]
    fn the_sheet_holds_the_identity_as_a_line_and_in_groups() {
        let (sheet, line) = sheet();
        let line = line.expose_secret();
        let text = sheet.expose_text(Medium::Paper);
        let text = text.expose_secret();
        assert!(text.lines().any(|l| l.trim() == line));
        let groups = text.split("compare:\n\n").nth(1).unwrap().split("\n\n").next().unwrap();
        assert_eq!(groups.split_whitespace().collect::<String>(), line);
        assert!(groups.split_whitespace().all(|group| group.len() <= GROUP));
        for expected in ["Lindenallee 4", "2026-11-22 10:00 UTC", sheet.recipient.as_str()] {
            assert!(text.contains(expected), "{expected}");
        }
        assert!(text.len() <= TEXT_BYTES);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn the_sheet_is_the_one_that_the_app_writes() {
        // The app's own test reads the same two files; `DOORWARD_WRITE_VECTORS=1` writes
        // the sheet again.
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/keys/vectors");
        let line = std::fs::read_to_string(format!("{folder}/identity.txt")).unwrap();
        let identity = HouseholdIdentity::of_line(line.trim());
        let config = Config {
            format: FORMAT,
            hub: HubId::try_from("0123456789abcdef".to_owned()).unwrap(),
            household: None,
            unlock: UnlockMode::Passphrase,
            key_check: RootKey::draw().unwrap().check(),
            created: "2026-11-22T10:00:00Z".parse().unwrap(),
            mac: ConfigMac::blank(),
        };
        let text =
            RecoverySheet::new(&config, HouseholdName::parse("Lindenallee 4").unwrap(), identity)
                .expose_text(Medium::Paper);
        let path = format!("{folder}/recovery-sheet.txt");
        if std::env::var_os("DOORWARD_WRITE_VECTORS").is_some() {
            std::fs::write(&path, text.expose_secret()).unwrap();
        }
        assert_eq!(text.expose_secret(), std::fs::read_to_string(path).unwrap());
    }

    #[test]
    fn a_terminals_code_is_the_papers_in_negative() {
        let (sheet, _line) = sheet();
        let code = |medium| {
            let text = sheet.expose_text(medium);
            let picture = text.expose_secret().split("QR code:\n\n").nth(1).unwrap().to_owned();
            picture.split("\n\n").next().unwrap().to_owned()
        };
        let negative: String = code(Medium::Paper)
            .chars()
            .map(|c| match c {
                ' ' => '█',
                '█' => ' ',
                '▀' => '▄',
                '▄' => '▀',
                other => other,
            })
            .collect();
        // The last row of an odd number of modules is half a row.
        let cut = |text: &str| text.lines().rev().skip(1).collect::<String>();
        assert_eq!(cut(&negative), cut(&code(Medium::Terminal)));
    }

    #[test]
    fn a_written_sheet_is_its_owners_alone_and_overwrites_nothing() {
        let (sheet, _line) = sheet();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("sheet.txt");
        sheet.write_new(&path, Medium::Paper).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(sheet.write_new(&path, Medium::Paper).is_err());
    }
}
