//! Days and hours of guests, as people type them.

use doorward_api::code::{Day, Schedule};
use jiff::civil::{Date, Time};

use super::moment;

const WEEK: [(Day, &str); 7] = [
    (Day::Mon, "monday"),
    (Day::Tue, "tuesday"),
    (Day::Wed, "wednesday"),
    (Day::Thu, "thursday"),
    (Day::Fri, "friday"),
    (Day::Sat, "saturday"),
    (Day::Sun, "sunday"),
];

const DAY_FORMS: &str = "write mon,wed or mon-fri or daily";

const HOUR_FORMS: &str = "write 09:00-12:00; 22:00-06:00 is a night, 00:00-24:00 a whole day";

/// Days of the week, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Days(pub(super) Vec<Day>);

/// From an hour until another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    pub(super) from: Time,
    pub(super) until: Time,
}

/// Reads days: `mon,wed`, `mon-fri`, `sat-mon`, `daily`, `weekdays`, `weekend`.
pub(super) fn days(text: &str) -> Result<Days, String> {
    let mut chosen = [false; 7];
    for part in text.split(',') {
        let (first, last) = range(part.trim().to_lowercase().as_str()).ok_or(DAY_FORMS)?;
        let length = (last + 7 - first) % 7;
        for day in (0..=length).map(|step| (first + step) % 7) {
            chosen.get_mut(day).map(|chosen| *chosen = true).ok_or(DAY_FORMS)?;
        }
    }
    let days = WEEK.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|((day, _), _)| *day);
    Ok(Days(days.collect()))
}

fn range(text: &str) -> Option<(usize, usize)> {
    match text {
        "daily" | "every day" => Some((0, 6)),
        "weekdays" => Some((0, 4)),
        "weekend" | "weekends" => Some((5, 6)),
        _ => match text.split_once('-') {
            Some((first, last)) => Some((place(first.trim())?, place(last.trim())?)),
            None => place(text).map(|day| (day, day)),
        },
    }
}

/// Finds a day by its name or the first three letters of it, or more.
fn place(text: &str) -> Option<usize> {
    let named = |(_, name): &(Day, &str)| text.len() >= 3 && name.starts_with(text);
    WEEK.iter().position(named)
}

/// Reads hours: `09:00-12:00`, `22:00-06:00`, `9-12`.
pub(super) fn hours(text: &str) -> Result<Hours, String> {
    let (from, until) = text.split_once(['-', '–']).ok_or(HOUR_FORMS)?;
    let from = moment::clock(from.trim()).ok_or(HOUR_FORMS)?;
    let until = match until.trim() {
        "24:00" | "24" => Time::midnight(),
        until => moment::clock(until).ok_or(HOUR_FORMS)?,
    };
    if from == until && from != Time::midnight() {
        return Err(format!("these hours are empty: {HOUR_FORMS}"));
    }
    Ok(Hours { from, until })
}

/// Says when a guest may come: `mon, wed 09:00–12:00, until 31 Dec 2026`.
pub(super) fn in_words(schedule: &Schedule) -> String {
    let mut words = format!(
        "{} {}–{}",
        days_in_words(&schedule.days),
        schedule.from.strftime("%H:%M"),
        end_in_words(schedule.until),
    );
    if let Some(first) = schedule.first {
        words.push_str(&format!(", from {}", date_in_words(first)));
    }
    if let Some(last) = schedule.last {
        words.push_str(&format!(", until {}", date_in_words(last)));
    }
    words
}

/// Names days, with three or more in a row as a range: `mon–fri`, `mon, wed`.
fn days_in_words(days: &[Day]) -> String {
    if days.len() == WEEK.len() {
        return "daily".to_owned();
    }
    let runs = WEEK.split(|(day, _)| !days.contains(day)).filter(|run| !run.is_empty());
    runs.map(run_in_words).collect::<Vec<_>>().join(", ")
}

fn run_in_words(run: &[(Day, &str)]) -> String {
    let short = |(_, name): &(Day, &str)| name.chars().take(3).collect::<String>();
    match run {
        [first, _, .., last] if run.len() > 2 => format!("{}–{}", short(first), short(last)),
        few => few.iter().map(short).collect::<Vec<_>>().join(", "),
    }
}

fn end_in_words(until: Time) -> String {
    if until == Time::midnight() { "24:00".to_owned() } else { until.strftime("%H:%M").to_string() }
}

fn date_in_words(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use Day::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

    use super::*;

    #[test]
    fn days_can_be_said_in_many_ways() {
        let table: [(&str, &[Day]); 8] = [
            ("mon,wed", &[Mon, Wed]),
            ("Wednesday, MON", &[Mon, Wed]),
            ("mon-fri", &[Mon, Tue, Wed, Thu, Fri]),
            ("weekdays", &[Mon, Tue, Wed, Thu, Fri]),
            ("sat-mon", &[Mon, Sat, Sun]),
            ("weekend", &[Sat, Sun]),
            ("mon,mon-tue", &[Mon, Tue]),
            ("daily", &[Mon, Tue, Wed, Thu, Fri, Sat, Sun]),
        ];
        for (text, expected) in table {
            assert_eq!(days(text).unwrap().0, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_answered_with_what_to_type() {
        for text in ["", "mo", "monkey", "mon,,tue", "mon-", "1-5"] {
            assert_eq!(days(text), Err(DAY_FORMS.to_owned()), "{text}");
        }
    }

    #[test]
    fn hours_can_span_midnight_and_a_whole_day() {
        let table = [
            ("09:00-12:00", (9, 0), (12, 0)),
            ("9-12", (9, 0), (12, 0)),
            ("22:00-06:30", (22, 0), (6, 30)),
            ("00:00-24:00", (0, 0), (0, 0)),
        ];
        for (text, from, until) in table {
            let hours = hours(text).unwrap();
            let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
            assert_eq!((hours.from, hours.until), (time(from), time(until)), "{text}");
        }
        for text in ["", "9", "09:00", "25-26", "09:00-09:00"] {
            assert!(hours(text).unwrap_err().contains("09:00-12:00"), "{text}");
        }
    }

    #[test]
    fn a_schedule_is_said_in_a_line() {
        let schedule = Schedule {
            days: vec![Mon, Wed],
            from: Time::constant(9, 0, 0, 0),
            until: Time::midnight(),
            first: None,
            last: Some(Date::constant(2026, 12, 31)),
        };
        assert_eq!(in_words(&schedule), "mon, wed 09:00–24:00, until 31 Dec 2026");
        let table: [(&[Day], &str); 4] = [
            (&[Mon, Tue, Wed, Thu, Fri], "mon–fri"),
            (&[Mon, Tue], "mon, tue"),
            (&[Mon, Wed, Thu, Fri, Sun], "mon, wed–fri, sun"),
            (&[Mon, Tue, Wed, Thu, Fri, Sat, Sun], "daily"),
        ];
        for (days, words) in table {
            assert_eq!(days_in_words(days), words);
        }
    }
}
