//! The files of a device's identity: a request read, the files written.

use std::path::{Path, PathBuf};

use anyhow::Context;
use doorward_api::device::{Connection, Enrolment};
use secrecy::ExposeSecret;

use super::super::look::Look;
use super::super::table::Table;
use super::sheet::with_port;
use crate::ca::MAX_REQUEST_BYTES;
use crate::state_dir::create_new;

/// Reads the request, if there is one, and makes sure of a place for the files: before
/// the hub signs anything, since a certificate without a place is a loose end.
pub(super) fn prepare(
    csr: Option<&Path>,
    folder: &Path,
) -> anyhow::Result<(Option<String>, Files)> {
    let csr_pem = csr.map(read_request).transpose()?;
    let key = if csr_pem.is_some() { Key::KeptByDevice } else { Key::Handed };
    Ok((csr_pem, Files::prepare(folder, key)?))
}

fn read_request(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("could not read the signing request {}", path.display());
    let size = std::fs::metadata(path).with_context(unreadable)?.len();
    if size > MAX_REQUEST_BYTES as u64 {
        anyhow::bail!("{} is too long for a signing request", path.display());
    }
    std::fs::read_to_string(path).with_context(unreadable)
}

/// Where the device connects.
pub(super) fn broker(connection: &Connection) -> Vec<String> {
    let port = connection.port;
    connection.hosts.iter().map(|host| with_port(host, port)).collect()
}

/// Who has the device's key.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// The hub makes it and hands it out.
    Handed,
    /// The device made it.
    KeptByDevice,
}

/// Where a device's identity is written.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) ca: PathBuf,
    pub(super) certificate: PathBuf,
    /// Absent if the device keeps its key.
    pub(super) key: Option<PathBuf>,
}

impl Files {
    fn prepare(folder: &Path, key: Key) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        let files = Self {
            folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()),
            ca: folder.join("ca.pem"),
            certificate: folder.join("client.pem"),
            key: match key {
                Key::Handed => Some(folder.join("client.key")),
                Key::KeptByDevice => None,
            },
        };
        for file in [&files.ca, &files.certificate].into_iter().chain(&files.key) {
            if file.exists() {
                anyhow::bail!("{} exists already: name another folder", file.display());
            }
        }
        Ok(files)
    }

    pub(super) fn write(&self, enrolment: &Enrolment) -> anyhow::Result<()> {
        create_new(&self.ca, enrolment.ca_pem.as_bytes())?;
        create_new(&self.certificate, enrolment.client_pem.as_bytes())?;
        if let (Some(path), Some(key)) = (&self.key, &enrolment.client_key_pem) {
            create_new(path, key.expose_secret().as_bytes())?;
        }
        Ok(())
    }

    /// Says where the files are and what they are good for.
    pub(super) fn table(&self, enrolment: &Enrolment, look: &Look) -> String {
        let mut table = Table::default();
        let mut row = |name: &str, text: String| table.push([name.into(), text.into()]);
        row("authority", self.ca.display().to_string());
        row("certificate", self.certificate.display().to_string());
        match &self.key {
            Some(key) => row("key", format!("{} (secret; the hub keeps no copy)", key.display())),
            None => row("key", "made by the device, which keeps it".to_owned()),
        }
        row("connects to", broker(&enrolment.connection).join(", "));
        let device = &enrolment.device;
        if let Some(until) = device.next_certificate_until.or(device.certificate_until) {
            row("valid until", look.local(until).strftime("%-d %b %Y").to_string());
        }
        table.lay_out(2, look)
    }
}
