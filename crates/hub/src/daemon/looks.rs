//! Who looks at a camera: one line of the log for each look, for those who are filmed.
//!
//! A look is all that one person on one device sees of one camera without going away for
//! long: a picture that breaks off and comes back is one look and not many. The line is
//! written once nobody has come back, and for a long look every hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_api::{PairedDeviceId, PersonId};
use doorward_core::entry::Actor;
use doorward_core::ids::CameraName;
use doorward_core::io::{Note, OwnerRequest};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::convert;
use super::mail::Mailbox;
use crate::http::Principal;

/// For how long somebody may be gone in the middle of a look.
const GONE_AT_MOST: Duration = Duration::from_secs(120);

/// After how long a look is written down though it goes on.
const LOOK_AT_MOST: Duration = Duration::from_secs(3600);

const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// A moment on both of the machine's clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    wall: Timestamp,
    steady: Instant,
}

/// Who looks at what, at this moment; clones share it.
#[derive(Clone, Default)]
pub(super) struct Looks(Arc<Mutex<BTreeMap<Key, Look>>>);

/// Whoever looks, as far as looks are told apart: nobody but the hub's own user is without
/// a device.
type Key = (Option<(PersonId, PairedDeviceId)>, CameraName);

struct Look {
    by: Actor,
    from: Moment,
    /// How many pictures of the camera they have open.
    open: u32,
    /// When the last of them was closed.
    left: Moment,
}

/// A look that is to be written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over {
    by: Actor,
    camera: CameraName,
    from: Timestamp,
    until: Timestamp,
}

/// One open picture. Dropping it closes it.
pub(super) struct Looking {
    looks: Looks,
    key: Key,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { wall: Timestamp::now(), steady: Instant::now() }
    }
}

impl Looks {
    /// Somebody begins to look, or comes back.
    pub(super) fn begin(&self, by: Principal, camera: CameraName, now: Moment) -> Looking {
        let who = match by {
            Principal::Person { person, device, .. } => Some((person, device)),
            Principal::LocalOwner | Principal::Anyone => None,
        };
        let key = (who, camera);
        let new = || Look { by: convert::actor_of(by), from: now, open: 0, left: now };
        self.lock().entry(key.clone()).or_insert_with(new).open += 1;
        Looking { looks: self.clone(), key }
    }

    fn leave(&self, key: &Key, now: Moment) {
        if let Some(look) = self.lock().get_mut(key) {
            look.open = look.open.saturating_sub(1);
            look.left = now;
        }
    }

    /// Takes out the looks that are over, and what there is of long ones.
    pub(super) fn over(&self, now: Moment) -> Vec<Over> {
        let mut looks = self.lock();
        let since = |moment: Moment| now.steady.saturating_duration_since(moment.steady);
        let gone = |look: &Look| look.open == 0 && since(look.left) >= GONE_AT_MOST;
        let mut over: Vec<_> = looks
            .extract_if(.., |_, look| gone(look))
            .map(|((_, camera), look)| look.over(camera, look.left))
            .collect();
        for ((_, camera), look) in looks.iter_mut() {
            // Whoever has just left is waited for: what they saw ended then.
            if look.open > 0 && since(look.from) >= LOOK_AT_MOST {
                over.push(look.over(camera.clone(), now));
                look.from = now;
            }
        }
        over
    }

    /// Takes out all looks, since nobody will see more.
    pub(super) fn end(&self, now: Moment) -> Vec<Over> {
        let looks = std::mem::take(&mut *self.lock());
        let until = |look: &Look| if look.open == 0 { look.left } else { now };
        looks.into_iter().map(|((_, camera), look)| look.over(camera, until(&look))).collect()
    }

    /// Writes looks into the log as they end, until the hub does.
    pub(super) async fn run(self, mailbox: Mailbox, ending: CancellationToken) {
        let mut pace = tokio::time::interval(SWEEP_EVERY);
        while ending.run_until_cancelled(pace.tick()).await.is_some() {
            write(self.over(Moment::now()), &mailbox).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    fn over(&self, camera: CameraName, until: Moment) -> Over {
        // A clock that was set back must not make a look end before it began.
        let until = until.wall.max(self.from.wall);
        Over { by: self.by.clone(), camera, from: self.from.wall, until }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.looks.leave(&self.key, Moment::now());
    }
}

/// Writes looks into the log.
pub(super) async fn write(over: Vec<Over>, mailbox: &Mailbox) {
    for Over { by, camera, from, until } in over {
        let note = Note::CameraWatched { camera, from, until };
        match mailbox.wish(by, OwnerRequest::Note(note)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => error!(%error, "a look at a camera is not in the log"),
            Err(error) => error!(%error, "a look at a camera is not in the log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_api::Role;

    use super::*;

    fn at(seconds: u64, start: Moment) -> Moment {
        let later = Duration::from_secs(seconds);
        Moment { wall: start.wall + later, steady: start.steady + later }
    }

    fn porch() -> CameraName {
        CameraName::parse("porch").unwrap()
    }

    const ANA: Principal =
        Principal::Person { person: PersonId(1), device: PairedDeviceId(7), role: Role::Owner };

    /// Looks from one moment to another, as the socket does.
    fn look(looks: &Looks, from: Moment, until: Moment) {
        let looking = looks.begin(ANA, porch(), from);
        looks.leave(&looking.key, until);
        std::mem::forget(looking);
    }

    #[test]
    fn a_picture_that_breaks_off_again_and_again_is_one_look() {
        let (looks, start) = (Looks::default(), Moment::now());
        for second in 0..30 {
            look(&looks, at(second * 2, start), at(second * 2 + 1, start));
            assert_eq!(looks.over(at(second * 2 + 1, start)), []);
        }
        let over = looks.over(at(59 + 120, start));
        let [Over { by, camera, from, until }] = over.as_slice() else { panic!("{over:?}") };
        assert!(matches!(by, Actor::Person { .. }));
        assert_eq!((camera, *from), (&porch(), start.wall));
        assert_eq!(*until, at(59, start).wall);
        assert_eq!(looks.over(at(9_999, start)), [], "and it is written once");
    }

    #[test]
    fn who_comes_back_later_looks_again() {
        let (looks, start) = (Looks::default(), Moment::now());
        look(&looks, start, at(10, start));
        assert_eq!(looks.over(at(130, start)).len(), 1);
        look(&looks, at(200, start), at(210, start));
        assert_eq!(looks.over(at(330, start)).len(), 1);
    }

    #[test]
    fn two_people_are_two_looks_and_two_pictures_of_one_are_one() {
        let (looks, start) = (Looks::default(), Moment::now());
        let first = looks.begin(ANA, porch(), start);
        let second = looks.begin(ANA, porch(), start);
        let other = looks.begin(Principal::LocalOwner, porch(), start);
        drop((first, other));
        assert_eq!(looks.over(at(500, start)).len(), 1, "the first person still looks");
        drop(second);
        assert_eq!(looks.over(at(900, start)).len(), 1);
    }

    #[test]
    fn who_leaves_just_before_the_hour_is_over_looked_until_then() {
        let (looks, start) = (Looks::default(), Moment::now());
        look(&looks, start, at(3_590, start));
        assert_eq!(looks.over(at(3_600, start)), []);
        let over = looks.over(at(3_710, start));
        let [Over { from, until, .. }] = over.as_slice() else { panic!("{over:?}") };
        assert_eq!((*from, *until), (start.wall, at(3_590, start).wall));
    }

    #[test]
    fn a_long_look_is_told_of_every_hour_and_the_last_when_the_hub_ends() {
        let (looks, start) = (Looks::default(), Moment::now());
        let looking = looks.begin(ANA, porch(), start);
        assert_eq!(looks.over(at(3_599, start)), []);
        assert_eq!(looks.over(at(3_600, start)).len(), 1);
        let last = looks.end(at(4_000, start));
        assert_eq!(last.first().map(|over| over.from), Some(at(3_600, start).wall));
        drop(looking);
    }
}
