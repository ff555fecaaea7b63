//! How many codes a door bears. Each more doubles, trebles… a guesser's odds, and
//! the more there are, the fewer wrong tries a day can be borne.

use crate::code::{CodeKind, Window};
use crate::ids::{CodeId, DoorId};
use crate::schedule::Schedule;

use super::Codes;

/// How many codes of all kinds may open a door at one moment. With more of them
/// two slips of a finger would put the guests out for a day.
const MOST_AT_ONCE: usize = 9;

/// How many one-time codes may be live at one door at one moment.
const MOST_DELIVERIES_AT_ONCE: usize = 3;

/// How many guests' codes a door may have.
const MOST_GUESTS: usize = 16;

/// How many emergency codes a door may have. They are heard while all others
/// rest; a second one would double what can be guessed in that time.
const MOST_EMERGENCIES: usize = 1;

impl Codes {
    /// Says whether these doors bear one more code of this kind.
    pub(crate) fn has_room(&self, doors: &[DoorId], kind: &CodeKind) -> bool {
        doors.iter().all(|door| self.has_room_of_its_kind(*door, kind))
            && doors.iter().all(|door| self.most_at_once(*door, kind) <= MOST_AT_ONCE)
    }

    fn has_room_of_its_kind(&self, door: DoorId, kind: &CodeKind) -> bool {
        let like = |fits: &dyn Fn(&CodeKind) -> bool| {
            self.live_at(door).filter(|code| fits(&code.kind)).count()
        };
        match kind {
            CodeKind::OneTime(window) => {
                let overlaps = |kind: &CodeKind| matches!(kind, CodeKind::OneTime(other) if other.overlaps(window));
                like(&overlaps) < MOST_DELIVERIES_AT_ONCE
            }
            CodeKind::Scheduled { .. } => {
                like(&|kind| matches!(kind, CodeKind::Scheduled { .. })) < MOST_GUESTS
            }
            CodeKind::BreakGlass => {
                like(&|kind| matches!(kind, CodeKind::BreakGlass)) < MOST_EMERGENCIES
            }
            CodeKind::Duress { resembles } => like(&|kind| is_duress_of(kind, *resembles)) == 0,
        }
    }

    /// Returns a number of codes of which it is certain that no more will open
    /// this door at one moment, a further one of this kind included. Deliveries
    /// go by their windows, guests by days, hours and dates; the worst moment of
    /// the ones is taken to meet the worst of the others.
    fn most_at_once(&self, door: DoorId, further: &CodeKind) -> usize {
        let (mut windows, mut schedules, mut emergencies) = (Vec::new(), Vec::new(), 0);
        let kinds = self.live_at(door).map(|code| &code.kind).chain([further]);
        for kind in kinds.filter_map(|kind| self.as_resembled(kind)) {
            match kind {
                CodeKind::OneTime(window) => windows.push(window),
                CodeKind::Scheduled { schedule, .. } => schedules.push(schedule),
                CodeKind::BreakGlass => emergencies += 1,
                CodeKind::Duress { .. } => {}
            }
        }
        busiest_window(&windows) + busiest_hour(&schedules) + emergencies
    }

    /// A duress code opens when the code does that it resembles.
    fn as_resembled<'a>(&'a self, kind: &'a CodeKind) -> Option<&'a CodeKind> {
        match kind {
            CodeKind::Duress { resembles } => self.live(*resembles).map(|code| &code.kind),
            CodeKind::OneTime(_) | CodeKind::Scheduled { .. } | CodeKind::BreakGlass => Some(kind),
        }
    }
}

fn is_duress_of(kind: &CodeKind, model: CodeId) -> bool {
    matches!(kind, CodeKind::Duress { resembles } if *resembles == model)
}

/// The most windows with a moment in common: at such a moment one of them has
/// begun last, and the others hold its beginning.
fn busiest_window(windows: &[&Window]) -> usize {
    let at_beginning = |one: &&Window| {
        windows.iter().filter(|other| other.from <= one.from && one.from < other.until).count()
    };
    windows.iter().map(at_beginning).max().unwrap_or(0)
}

/// The same for schedules, week by week.
fn busiest_hour(schedules: &[&Schedule]) -> usize {
    let at_beginnings = |one: &&Schedule| {
        let meets = |day| {
            let there = schedules.iter().filter(|other| other.covers(day, one.from));
            there.filter(|other| other.may_share_a_date(one)).count()
        };
        one.days.iter().map(meets).max().unwrap_or(0)
    };
    schedules.iter().map(at_beginnings).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::{Date, Time, Weekday};
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use crate::code::{CodeMac, CodeRecord, PrefixMac};
    use crate::codes::Presented;
    use crate::event::ClockTrust;
    use crate::ids::HouseholdId;
    use crate::schedule::Days;

    use super::*;

    const DOOR: DoorId = DoorId(1);
    const MIDNIGHT: i64 = 1_772_409_600;

    fn any_window() -> impl Strategy<Value = CodeKind> {
        let at = |s| Timestamp::from_second(MIDNIGHT + s).unwrap();
        (0..1_000_000i64, 1..86_400i64).prop_map(move |(s, length)| {
            CodeKind::OneTime(Window { from: at(s), until: at(s + length) })
        })
    }

    fn any_schedule() -> impl Strategy<Value = CodeKind> {
        let days = prop::collection::vec(0..7i8, 1..7).prop_map(|days| {
            let day = |day| Weekday::from_monday_zero_offset(day).unwrap();
            days.into_iter().map(day).fold(Days::default(), Days::with)
        });
        let date = || prop::option::of((1..14i8).prop_map(|day| Date::constant(2026, 3, day)));
        let hour = || (0..24i8).prop_map(|hour| Time::constant(hour, 0, 0, 0));
        (days, hour(), hour(), date(), date()).prop_map(|(days, from, until, first, last)| {
            let schedule = Schedule { days, from, until, first, last };
            CodeKind::Scheduled { schedule, uses_left: None }
        })
    }

    fn any_kind() -> impl Strategy<Value = CodeKind> {
        let resembled = (0..20u64).prop_map(|id| CodeKind::Duress { resembles: CodeId(id) });
        prop_oneof![
            4 => any_window(),
            8 => any_schedule(),
            2 => resembled,
            1 => Just(CodeKind::BreakGlass),
        ]
    }

    /// A code can resemble only one that was there before it.
    fn in_order(mut kinds: Vec<CodeKind>) -> Vec<CodeKind> {
        for (id, kind) in (0..).zip(&mut kinds) {
            if matches!(kind, CodeKind::Duress { resembles } if resembles.0 >= id) {
                *kind = CodeKind::BreakGlass;
            }
        }
        kinds
    }

    fn book(kinds: &[CodeKind]) -> Codes {
        let record = |(id, kind): (usize, &CodeKind)| CodeRecord {
            id: CodeId(id.try_into().unwrap()),
            household: HouseholdId(1),
            doors: vec![DOOR],
            kind: kind.clone(),
            mac: CodeMac([id.try_into().unwrap(); 32]),
            prefix_mac: PrefixMac([0; 32]),
            tombstone: None,
            standing: Default::default(),
        };
        Codes::restore(kinds.iter().enumerate().map(record).collect())
    }

    proptest! {
        #[test]
        fn no_moment_sees_more_codes_than_the_mint_reckons_with(
            kinds in prop::collection::vec(any_kind(), 1..20).prop_map(in_order),
            moments in prop::collection::vec(0..1_100_000i64, 200),
            summer: bool,
        ) {
            let (further, others) = kinds.split_last().unwrap();
            let most = book(others).most_at_once(DOOR, further);
            let all = book(&kinds);
            let zone = if summer { TimeZone::get("Europe/Berlin").unwrap() } else { TimeZone::UTC };
            for moment in moments {
                let wall = Timestamp::from_second(MIDNIGHT + moment).unwrap();
                let at = Presented { door: DOOR, wall, trust: ClockTrust::Trusted, zone: &zone };
                let openable = usize::try_from(all.openable(&at)).unwrap();
                prop_assert!(openable <= most, "{openable} of {most}");
            }
        }
    }
}
