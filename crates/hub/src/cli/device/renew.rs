//! `doorward device renew`: a certificate to follow the one that a device has.

use std::path::PathBuf;

use clap::Args;
use doorward_api::DeviceName;
use doorward_api::device::RenewDevice;
use serde_json::json;

use super::super::failure::Failure;
use super::super::names;
use super::super::session::Session;
use super::files::{self, prepare};

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device renew z2m --out z2m-2028
  doorward device renew porch-lock --out porch-lock-2028 --csr porch-lock.csr

Put the files in the place of the old ones and restart what runs on the device. The old
certificate stays good until the new one is shown for the first time; then it is void. Devices of
Doorward's own dialect can renew by themselves (docs/mqtt.md).

With --csr the device has made its own key, another one than before, and no client.key is written.")]
pub(crate) struct Renew {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    /// The folder for ca.pem, client.pem and client.key; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A signing request (PEM) from a device that makes its own key.
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
}

impl Renew {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let (csr_pem, files) = prepare(self.csr.as_deref(), &self.out)?;
        let enrolment = hub.renew_device(&self.name, &RenewDevice { csr_pem }).await?;
        files.write(&enrolment)?;
        let shown = json!({
            "device": enrolment.device,
            "broker": files::broker(&enrolment.connection),
            "ca": files.ca,
            "certificate": files.certificate,
            "key": files.key,
        });
        Ok(session.output.show(&shown, |look| {
            let said = format!("another certificate for {}\n", self.name);
            let then = "\nthe one before stays good until this one is shown for the first time\n";
            said + &files.table(&enrolment, look) + then
        })?)
    }
}
