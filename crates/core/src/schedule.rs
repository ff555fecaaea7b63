//! Schedules: on which days, at which hours, between which dates a guest may
//! come. All of it is local time at the door; the time zone is handed in.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// When a guest may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// On these days of the week.
    pub days: Days,
    /// From this hour on.
    pub from: Time,
    /// Until this hour, which is not part of it. At or before `from` it means
    /// the next day: 22:00–06:00 is a night that belongs to the day on which it
    /// begins.
    pub until: Time,
    /// From this date on, if set.
    pub first: Option<Date>,
    /// Up to and including this date, if set.
    pub last: Option<Date>,
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days {
    /// Bit 0 is Monday.
    bits: u8,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self { bits: 0b0111_1111 };

    /// Returns the set with a day added.
    #[must_use]
    pub fn with(self, day: Weekday) -> Self {
        Self { bits: self.bits | bit(day) }
    }

    /// Says whether a day is in the set.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.bits & bit(day) != 0
    }

    /// Returns the days in the set, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::Monday.cycle_forward().take(7).filter(move |day| self.contains(*day))
    }

    /// Says whether no day is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

/// What a schedule says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// Come in.
    Yes,
    /// Not on this day, or not at this hour.
    NotThen,
    /// The first date lies ahead.
    NotYet,
    /// The last date is over.
    NoLonger,
}

impl Schedule {
    /// Says whether a guest may come at this moment.
    ///
    /// The hour is read off a clock on the wall: when clocks go back, an hour
    /// that happens twice admits twice; when they go forward, an hour that does
    /// not happen admits nobody.
    #[must_use]
    pub fn admits(&self, at: Timestamp, zone: &TimeZone) -> Admits {
        let local = at.to_zoned(zone.clone());
        let (date, time) = (local.date(), local.time());
        let day = if self.spans_midnight() && time < self.until {
            date.yesterday().unwrap_or(date)
        } else {
            date
        };
        if self.first.is_some_and(|first| day < first) {
            return Admits::NotYet;
        }
        if self.last.is_some_and(|last| day > last) {
            return Admits::NoLonger;
        }
        if self.days.contains(day.weekday()) && self.hour_fits(time) {
            Admits::Yes
        } else {
            Admits::NotThen
        }
    }

    /// Says whether an hour of the week is among a guest's, dates aside.
    pub(crate) fn covers(&self, day: Weekday, time: Time) -> bool {
        let begun = if self.spans_midnight() && time < self.until { day.previous() } else { day };
        self.days.contains(begun) && self.hour_fits(time)
    }

    /// Says whether two schedules may admit at one moment, as far as dates go.
    /// A night that began the day before is still there in the morning.
    pub(crate) fn may_share_a_date(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, two: &Self| match (one.last, two.first) {
            (Some(last), Some(first)) => last.tomorrow().is_ok_and(|morning| morning < first),
            (None, _) | (_, None) => false,
        };
        !ends_before(self, other) && !ends_before(other, self)
    }

    fn spans_midnight(&self) -> bool {
        self.until <= self.from
    }

    fn hour_fits(&self, time: Time) -> bool {
        if self.spans_midnight() {
            time >= self.from || time < self.until
        } else {
            time >= self.from && time < self.until
        }
    }
}
