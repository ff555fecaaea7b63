//! `doorward clock`: what to do when the clock has jumped.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::session::Session;

#[derive(Subcommand)]
pub(super) enum Clock {
    /// Stands for the machine's clock after a jump, so that codes work again.
    Confirm(Confirm),
}

#[derive(Args)]
#[command(after_help = "\
The hub asks no time server. When its clock jumps by more than five minutes, couriers' and
guests' codes wait until you have compared it with a clock you trust:
  date
  doorward clock confirm")]
pub(super) struct Confirm {}

impl Clock {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Confirm(Confirm {}) => confirm(session).await,
        }
    }
}

async fn confirm(session: &mut Session) -> Result<(), Failure> {
    session.hub().await?.confirm_clock().await?;
    let look = session.output.look();
    let text = format!(
        "the clock is trusted again; it shows {}",
        look.local(look.now).strftime("%a %-d %b %Y %H:%M:%S %Z")
    );
    Ok(session.output.done(&text)?)
}
