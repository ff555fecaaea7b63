//! Moments and durations as people type them.
//!
//! Local time, in the hub's own zone, unless an offset is given. What was typed is
//! read first ([`Moment`]), so that a mistake is a usage error, and placed on the
//! calendar once `now` and the zone are known.

use std::str::FromStr;
use std::time::Duration;

use doorward_api::code::Window;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, Timestamp, ToSpan, Zoned};

/// How long a window lasts if nobody says.
const DEFAULT_HOURS: i64 = 4;

/// What to type; the end of every complaint about a moment.
const FORMS: &str =
    "write 14:00, \"tomorrow 14:00\", \"2026-11-22 14:00\", 2026-11-22T13:00:00Z or +4h";

/// A moment as it was typed.
#[derive(Debug, Clone)]
pub(super) enum Moment {
    /// `now`.
    Now,
    /// `14:00`, `tomorrow 14:00`.
    Clock(Day, Time),
    /// `2026-11-22`.
    Date(Date),
    /// `2026-11-22 14:00`.
    Civil(DateTime),
    /// `2026-11-22T13:00:00Z`, `2026-11-22T14:00:00+01:00`.
    Exact(Timestamp),
    /// `+4h`.
    After(Span),
    /// `-2h`, `2h ago`.
    Ago(Span),
}

/// The day of a clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Not said.
    Fitting,
    Yesterday,
    Today,
    Tomorrow,
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        read(text).ok_or_else(|| FORMS.to_owned())
    }
}

fn read(text: &str) -> Option<Moment> {
    if text.eq_ignore_ascii_case("now") {
        return Some(Moment::Now);
    }
    if let Some(after) = text.strip_prefix('+') {
        return span(after).map(Moment::After);
    }
    if let Some(ago) = text.strip_prefix('-').or_else(|| text.strip_suffix("ago")) {
        return span(ago).map(Moment::Ago);
    }
    let (day, rest) = split_day(text);
    if let Some(time) = clock(rest) {
        return Some(Moment::Clock(day, time));
    }
    if day != Day::Fitting {
        return None;
    }
    // A date alone would be read as its midnight by the parsers below it.
    if text.len() == "2026-11-22".len() {
        return text.parse().ok().map(Moment::Date);
    }
    let exact = text.parse().ok().map(Moment::Exact);
    exact.or_else(|| text.parse().ok().map(Moment::Civil))
}

fn split_day(text: &str) -> (Day, &str) {
    let days = [("today", Day::Today), ("tomorrow", Day::Tomorrow), ("yesterday", Day::Yesterday)];
    days.iter()
        .find_map(|(word, day)| {
            let rest = text.strip_prefix(word)?;
            rest.starts_with(' ').then(|| (*day, rest.trim_start()))
        })
        .unwrap_or((Day::Fitting, text))
}

fn span(text: &str) -> Option<Span> {
    let span = text.trim().parse::<Span>().ok()?;
    span.is_positive().then_some(span)
}

/// Reads a time of day: `9`, `9:30`, `09:30:15`.
pub(super) fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| {
        let digits =
            part.bytes().all(|byte| byte.is_ascii_digit()) && (1..=2).contains(&part.len());
        digits.then(|| part.parse::<i8>().ok()).flatten()
    });
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() { None } else { Time::new(hour, minute, second, 0).ok() }
}

/// Reads a length of time with its unit: `30s`, `2m`, `1h30m`.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    let complaint = || "write a number with its unit: 30s, 2m, 1h30m".to_owned();
    let length = text.parse::<SignedDuration>().map_err(|_| complaint())?;
    length.try_into().map_err(|_| complaint())
}

/// Reads a date: `2026-12-31`.
pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write the date as 2026-12-31".to_owned())
}

/// Places the window of a delivery: from now for four hours, where nothing is said.
pub(super) fn window(
    from: Option<&Moment>,
    until: Option<&Moment>,
    now: &Zoned,
) -> Result<Window, String> {
    let from = from.map_or_else(|| Ok(now.clone()), |from| from.place(now))?;
    let end = match until {
        None => added(&from, DEFAULT_HOURS.hours())?,
        Some(until) => until.place_end(&from)?,
    };
    if end <= from {
        return Err("the window ends before it begins: give --until a later time".to_owned());
    }
    if end <= *now {
        return Err(over(&from, &end));
    }
    Ok(Window { from: from.timestamp(), until: end.timestamp() })
}

/// Reads a moment in the past, for lists: a bare length, `2h`, is that long ago.
pub(super) fn past(text: &str) -> Result<Moment, String> {
    span(text).map_or_else(|| text.parse(), |ago| Ok(Moment::Ago(ago)))
}

/// Places a moment in the past, for lists: `2h ago`, `yesterday 14:00`, a date.
pub(super) fn since(moment: &Moment, now: &Zoned) -> Result<Timestamp, String> {
    moment.place(now).map(|at| at.timestamp())
}

fn over(from: &Zoned, end: &Zoned) -> String {
    let (from, until) = (from.strftime("%H:%M"), end.strftime("%H:%M"));
    format!(
        "that window is over already: for tomorrow write --from \"tomorrow {from}\" --until {until}"
    )
}

impl Moment {
    /// Places a moment that stands by itself; a clock time is today's.
    fn place(&self, now: &Zoned) -> Result<Zoned, String> {
        match self {
            Self::Now => Ok(now.clone()),
            Self::Clock(day, time) => at(now, day.of(now)?.to_datetime(*time)),
            Self::Date(date) => at(now, date.to_datetime(Time::midnight())),
            Self::Civil(civil) => at(now, *civil),
            Self::Exact(exact) => Ok(exact.to_zoned(now.time_zone().clone())),
            Self::After(span) => added(now, *span),
            Self::Ago(span) => added(now, -*span),
        }
    }

    /// Places the end of a window that begins at `from`: a length counts from there, a
    /// clock time is the next such time, and a date means all of that day.
    fn place_end(&self, from: &Zoned) -> Result<Zoned, String> {
        match self {
            Self::Clock(Day::Fitting, time) => {
                let same_day = at(from, from.date().to_datetime(*time))?;
                if same_day > *from { Ok(same_day) } else { added(&same_day, 1.day()) }
            }
            Self::Date(date) => added(&at(from, date.to_datetime(Time::midnight()))?, 1.day()),
            Self::After(span) => added(from, *span),
            Self::Now | Self::Clock(..) | Self::Civil(_) | Self::Exact(_) | Self::Ago(_) => {
                self.place(from)
            }
        }
    }
}

impl Day {
    fn of(self, now: &Zoned) -> Result<Date, String> {
        let today = now.date();
        let day = match self {
            Self::Fitting | Self::Today => Ok(today),
            Self::Yesterday => today.yesterday(),
            Self::Tomorrow => today.tomorrow(),
        };
        day.map_err(|_| FORMS.to_owned())
    }
}

/// Places a civil time in the zone of `now`. An hour that a change of clocks skips or
/// repeats is placed as calendars do: later for a skipped one, earlier for a repeated
/// one.
fn at(now: &Zoned, civil: DateTime) -> Result<Zoned, String> {
    civil.to_zoned(now.time_zone().clone()).map_err(|_| FORMS.to_owned())
}

fn added(to: &Zoned, span: Span) -> Result<Zoned, String> {
    to.checked_add(span).map_err(|_| FORMS.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-22T10:30:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn placed(from: &str, until: &str) -> Result<(String, String), String> {
        let read = |text: &str| (!text.is_empty()).then(|| text.parse::<Moment>()).transpose();
        let (from, until) = (read(from)?, read(until)?);
        let window = window(from.as_ref(), until.as_ref(), &now())?;
        Ok((window.from.to_string(), window.until.to_string()))
    }

    #[test]
    fn a_window_can_be_said_in_many_ways() {
        let table = [
            ("", "", "2026-11-22T09:30:00Z", "2026-11-22T13:30:00Z"),
            ("14:00", "18:00", "2026-11-22T13:00:00Z", "2026-11-22T17:00:00Z"),
            ("14", "+4h", "2026-11-22T13:00:00Z", "2026-11-22T17:00:00Z"),
            ("14:00", "", "2026-11-22T13:00:00Z", "2026-11-22T17:00:00Z"),
            ("9:00", "11:00", "2026-11-22T08:00:00Z", "2026-11-22T10:00:00Z"),
            ("22:00", "06:00", "2026-11-22T21:00:00Z", "2026-11-23T05:00:00Z"),
            ("tomorrow 14:00", "18:00", "2026-11-23T13:00:00Z", "2026-11-23T17:00:00Z"),
            ("2026-11-24 14:00", "16:30", "2026-11-24T13:00:00Z", "2026-11-24T15:30:00Z"),
            ("2026-11-24T14:00:00Z", "+90m", "2026-11-24T14:00:00Z", "2026-11-24T15:30:00Z"),
            ("2026-11-24", "2026-11-24", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
            ("now", "+1h30m", "2026-11-22T09:30:00Z", "2026-11-22T11:00:00Z"),
            ("", "18:00", "2026-11-22T09:30:00Z", "2026-11-22T17:00:00Z"),
        ];
        for (from, until, first, last) in table {
            let expected = Ok((first.to_owned(), last.to_owned()));
            assert_eq!(placed(from, until), expected, "{from} – {until}");
        }
    }

    #[test]
    fn what_cannot_be_a_window_is_answered_with_what_to_type() {
        let table = [
            ("25:00", "", "write 14:00"),
            ("14:00:00:00", "", "write 14:00"),
            ("half past two", "", "write 14:00"),
            ("+-4h", "", "write 14:00"),
            ("2026-13-01 14:00", "", "write 14:00"),
            ("14:00", "2026-11-22 13:00", "--until"),
            ("8:00", "9:00", "--from \"tomorrow 08:00\" --until 09:00"),
        ];
        for (from, until, advice) in table {
            let error = placed(from, until).unwrap_err();
            assert!(error.contains(advice), "{from} – {until}: {error}");
        }
    }

    #[test]
    fn an_hour_that_clocks_skip_is_placed_after_the_change() {
        let spring: Zoned = "2026-03-28T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        let moment: Moment = "tomorrow 02:30".parse().unwrap();
        assert_eq!(
            moment.place(&spring).unwrap().to_string(),
            "2026-03-29T03:30:00+02:00[Europe/Berlin]"
        );
    }

    #[test]
    fn lists_look_back() {
        let table = [
            ("2h", "2026-11-22T07:30:00Z"),
            ("2h ago", "2026-11-22T07:30:00Z"),
            ("-1d", "2026-11-21T09:30:00Z"),
            ("yesterday 14:00", "2026-11-21T13:00:00Z"),
            ("2026-11-01", "2026-10-31T23:00:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(since(&past(text).unwrap(), &now()).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn lengths_need_a_unit() {
        assert_eq!(length("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(length("1h30m"), Ok(Duration::from_secs(5400)));
        for text in ["30", "", "-30s", "soon"] {
            assert!(length(text).unwrap_err().contains("30s"), "{text}");
        }
    }
}
