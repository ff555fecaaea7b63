//! For which machine a program was built, read from the program.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

/// The machines that the formats have names for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// 64-bit PCs.
    Amd64,
    /// Raspberry Pi 3 and later with a 64-bit system.
    Arm64,
    /// Raspberry Pi 2 and later with a 32-bit system.
    Armhf,
    /// 64-bit RISC-V.
    Riscv64,
}

impl Machine {
    /// Reads the head of an ELF file.
    ///
    /// # Errors
    /// If it is none, or is for another kind of machine.
    pub(crate) fn of(program: &Path) -> anyhow::Result<Self> {
        let mut head = [0; 20];
        File::open(program)
            .and_then(|mut file| file.read_exact(&mut head))
            .with_context(|| format!("could not read {}", program.display()))?;
        let Some(machine) = read(&head) else {
            bail!("{} is not a program for a machine that has packages", program.display());
        };
        Ok(machine)
    }

    /// Whether this machine is such a one.
    pub(crate) fn is_this(self) -> bool {
        self.rust().split('-').next() == Some(std::env::consts::ARCH)
    }

    /// In Debian's words.
    pub(crate) const fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
            Self::Armhf => "armhf",
            Self::Riscv64 => "riscv64",
        }
    }

    /// In RPM's words.
    pub(crate) const fn rpm(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
            Self::Armhf => "armv7hl",
            Self::Riscv64 => "riscv64",
        }
    }

    /// In the words of container images.
    pub(crate) const fn oci(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
            Self::Armhf => "arm",
            Self::Riscv64 => "riscv64",
        }
    }

    /// As rustc names the target, for the list of what is compiled in.
    pub(crate) const fn rust(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::Armhf => "armv7-unknown-linux-gnueabihf",
            Self::Riscv64 => "riscv64gc-unknown-linux-gnu",
        }
    }
}

/// `e_machine`, by the ELF specification; only little-endian files are known.
fn read(head: &[u8; 20]) -> Option<Machine> {
    let [0x7f, b'E', b'L', b'F', _, 1, .., low, high] = *head else { return None };
    match u16::from_le_bytes([low, high]) {
        62 => Some(Machine::Amd64),
        183 => Some(Machine::Arm64),
        40 => Some(Machine::Armhf),
        243 => Some(Machine::Riscv64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_has_a_machine_and_a_text_has_none() {
        let own = std::env::current_exe().unwrap();
        assert!(Machine::of(&own).unwrap().is_this());
        assert!(Machine::of(Path::new(file!())).is_err());
        assert_eq!(read(b"MZ\x90\0\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0"), None);
    }
}
