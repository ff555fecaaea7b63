//! Is there a live picture right now? The question a door asks before it opens.
//!
//! The answer is yes only for a keyframe that arrived within the last two
//! seconds and that the eye found to move, or to show a sensor's noise,
//! compared with the keyframe right before it. Until then the gate waits: for
//! the next keyframe, for the eye, for a connection that comes back. When its
//! time is over it says why. Only a wrong password is answered at once, because
//! no waiting mends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::time::timeout_at;

use super::status::{CameraStatus, Link, Look, Seen, seen_fault};
use crate::eye::Verdict;
use crate::fault::CameraFault;

/// How long the gate waits: a little less than the three seconds that an entry
/// waits for it.
const ANSWER_WITHIN: Duration = Duration::from_millis(2_800);
/// How old a live keyframe may be.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// A live picture, and how old it was when the gate answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// The age of the keyframe that was judged.
    pub keyframe_age: Duration,
}

/// What the status says to one who waits.
enum Answer {
    Yes(Live),
    No(CameraFault),
    /// Not yet; the fault is what to say when the time is over.
    Wait(CameraFault),
}

/// Waits for a live picture.
pub(super) async fn check_live(
    mut status: watch::Receiver<CameraStatus>,
    wanted: &Arc<Notify>,
) -> Result<Live, CameraFault> {
    let deadline = tokio::time::Instant::now() + ANSWER_WITHIN;
    loop {
        let now = *status.borrow_and_update();
        match answer(&now, Instant::now()) {
            Answer::Yes(live) => return Ok(live),
            Answer::No(fault) => return Err(fault),
            Answer::Wait(_) => wanted.notify_one(),
        }
        match timeout_at(deadline, status.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(CameraFault::Unknown),
            Err(_) => return Err(verdict_at_last(&status.borrow())),
        }
    }
}

fn verdict_at_last(status: &CameraStatus) -> CameraFault {
    match answer(status, Instant::now()) {
        Answer::No(fault) | Answer::Wait(fault) => fault,
        Answer::Yes(_) => CameraFault::NoVerdict,
    }
}

fn answer(status: &CameraStatus, now: Instant) -> Answer {
    match status.link {
        Link::Down(CameraFault::WrongPassword) => Answer::No(CameraFault::WrongPassword),
        Link::Down(fault) => Answer::Wait(fault),
        Link::Connecting => Answer::Wait(CameraFault::Unreachable),
        Link::Streaming if status.is_stalled(now) => Answer::Wait(CameraFault::Stalled),
        Link::Streaming => by_look(status, now),
    }
}

fn by_look(status: &CameraStatus, now: Instant) -> Answer {
    if let Some(Look { arrived, seen: Seen::Judged(Verdict::Live), .. }) = status.look {
        let keyframe_age = now.saturating_duration_since(arrived);
        if keyframe_age < FRESH_FOR {
            return Answer::Yes(Live { keyframe_age });
        }
    }
    let Some((number, arrived)) = status.keyframe else {
        return Answer::Wait(CameraFault::KeyframesTooRare);
    };
    let look = status.look.filter(|look| look.keyframe == number);
    match look.map(|look| look.seen) {
        Some(Seen::Judged(Verdict::First | Verdict::Live)) => {
            Answer::Wait(CameraFault::KeyframesTooRare)
        }
        Some(seen) => Answer::Wait(seen_fault(seen).unwrap_or(CameraFault::NoVerdict)),
        None if now.saturating_duration_since(arrived) >= FRESH_FOR => {
            Answer::Wait(CameraFault::KeyframesTooRare)
        }
        None => Answer::Wait(CameraFault::NoVerdict),
    }
}
