//! `doorward eye`: the process that looks at pictures. The hub starts it; people do
//! not.

use clap::Args;

#[derive(Args)]
pub(super) struct Eye {}

impl Eye {
    /// Looks at pictures until the hub closes the pipe.
    pub(super) fn run(self) -> ! {
        let Self {} = self;
        doorward_recorder::eye::run()
    }
}
