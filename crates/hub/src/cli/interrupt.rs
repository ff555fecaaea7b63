//! Ctrl-C, and a service manager's wish to end, while something is made that must not be left half done.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::output;
use crate::backup::Stop;

/// What ends a program that does not listen for it.
const WISHES: [SignalKind; 3] =
    [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];

/// The wishes that are heeded.
struct Wishes(Vec<Signal>);

/// The signals that whoever started this process has it ignore, as `nohup` does: a bit for each.
struct Ignored(u64);

/// Returns what says that somebody wishes this process to end. A second wish ends it at once, and what
/// it is making is left as it is.
pub(super) fn heed() -> io::Result<Stop> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let wishes = Wishes::listen(&runtime, &Ignored::by_this_process())?;
    let stop = Stop::default();
    let asked = stop.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(wishes.pass_on(&asked));
    })?;
    Ok(stop)
}

impl Wishes {
    /// Listening for a signal would end its being ignored.
    fn listen(runtime: &Runtime, ignored: &Ignored) -> io::Result<Self> {
        let _inside = runtime.enter();
        let heeded = WISHES.into_iter().filter(|wish| !ignored.holds(*wish));
        Ok(Self(heeded.map(signal).collect::<Result<_, _>>()?))
    }

    async fn pass_on(mut self, stop: &Stop) {
        self.next().await;
        stop.ask();
        output::tell("stopping, and clearing what was begun …");
        self.next().await;
        std::process::exit(1);
    }

    async fn next(&mut self) {
        poll_fn(|context| {
            let mut heard = self.0.iter_mut().map(|wish| wish.poll_recv(context));
            if heard.any(|wish| wish.is_ready()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Ignored {
    fn by_this_process() -> Self {
        // Where there is no such file, nothing counts as ignored.
        Self::read(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
    }

    /// Reads `SigIgn` in proc_pid_status(5).
    fn read(status: &str) -> Self {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        Self(mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0))
    }

    fn holds(&self, wish: SignalKind) -> bool {
        let bit = u32::try_from(wish.as_raw_value()).ok().and_then(|number| number.checked_sub(1));
        bit.and_then(|bit| self.0.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_has_a_process_ignore_is_not_heeded() {
        let status = "Name:\trestore\nSigBlk:\t0000000000000006\nSigIgn:\t0000000000001001\n";
        let ignored = Ignored::read(status);
        assert_eq!(WISHES.map(|wish| ignored.holds(wish)), [false, false, true]);
        assert_eq!(WISHES.map(|wish| Ignored::read("").holds(wish)), [false; 3]);
    }
}
