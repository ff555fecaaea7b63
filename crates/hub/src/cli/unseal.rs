//! `doorward unseal`: the passphrase for a hub that started without its root key.

use clap::Args;
use doorward_api::status::{self, Seal};

use super::failure::Failure;
use super::secret;
use super::session::Session;

#[derive(Args)]
#[command(after_help = "\
Asks on the terminal, or reads standard input:
  doorward unseal
  pass show house/hub | doorward unseal")]
pub(super) struct Unseal {}

impl Unseal {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self {} = self;
        // First the hub, so that nobody types a passphrase for nothing.
        let hub = session.hub().await?;
        match hub.status().await?.seal {
            Seal::Sealed => {}
            Seal::Unsealed => return Ok(session.output.done("the hub is unsealed already")?),
            Seal::Unclaimed => {
                let text = "the hub has its key and no household yet; `doorward pair` prints the \
                            link that names one";
                return Ok(session.output.done(text)?);
            }
        }
        let passphrase = secret::ask("Passphrase: ")?;
        hub.unseal(&status::Unseal { passphrase }).await?;
        Ok(session.output.done("the hub is unsealed and watches the doors")?)
    }
}
