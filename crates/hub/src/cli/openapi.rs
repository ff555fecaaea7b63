//! The description of the hub's API.

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::daemon::Daemon;

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward openapi > openapi.json")]
pub(super) struct Openapi;

impl Openapi {
    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        Ok(session.output.print(&crate::http::document::<Daemon>())?)
    }
}
