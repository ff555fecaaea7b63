//! Ctrl-C, and a service manager's wish to end, while something is made that must not be left half done.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::output;
use crate::backup::Stop;

/// What ends a program that does not listen for it.
struct Wishes {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

/// Returns what says that somebody wishes this process to end. A second wish ends it at once, and what
/// it is making is left as it is.
pub(super) fn heed() -> io::Result<Stop> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let wishes = Wishes::listen(&runtime)?;
    let stop = Stop::default();
    let asked = stop.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(wishes.pass_on(&asked));
    })?;
    Ok(stop)
}

impl Wishes {
    fn listen(runtime: &Runtime) -> io::Result<Self> {
        let _inside = runtime.enter();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn pass_on(mut self, stop: &Stop) {
        self.next().await;
        stop.ask();
        output::tell("stopping, and clearing what was begun …");
        self.next().await;
        std::process::exit(1);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
