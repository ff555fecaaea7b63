//! How text looks: local times, and colour where there is a terminal.

use std::fmt::Display;

use clap::builder::styling::{AnsiColor, Style};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    None,
    Ansi,
}

/// What a word means to whoever glances at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    /// As it should be.
    Good,
    /// Look at it.
    Watch,
    /// Act.
    Bad,
    /// Less important than the rest.
    Faint,
    /// More important than the rest.
    Strong,
}

/// How text looks.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) zone: TimeZone,
    pub(super) now: Timestamp,
    pub(super) colour: Colour,
}

impl Look {
    /// Colours a text, if colour is wanted.
    pub(super) fn paint(&self, tint: Tint, text: impl Display) -> String {
        match self.colour {
            Colour::None => text.to_string(),
            Colour::Ansi => {
                let style = tint.style();
                format!("{style}{text}{style:#}")
            }
        }
    }

    /// Returns the moment on the clock on the wall.
    pub(super) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// Returns day and time: `Sun 22 Nov 14:00`, with the year if it is another.
    pub(super) fn day_time(&self, at: Timestamp) -> String {
        let at = self.local(at);
        let form = if at.year() == self.local(self.now).year() {
            "%a %-d %b %H:%M"
        } else {
            "%a %-d %b %Y %H:%M"
        };
        at.strftime(form).to_string()
    }

    /// Returns from when until when: the day once, if it is the same.
    pub(super) fn window(&self, from: Timestamp, until: Timestamp) -> String {
        let end = if self.local(from).date() == self.local(until).date() {
            self.local(until).strftime("%H:%M").to_string()
        } else {
            self.day_time(until)
        };
        format!("{} – {end}", self.day_time(from))
    }

    /// Returns the time with seconds: `14:00:05`.
    pub(super) fn seconds(&self, at: Timestamp) -> String {
        self.local(at).strftime("%H:%M:%S").to_string()
    }
}

impl Tint {
    const fn style(self) -> Style {
        match self {
            Self::Good => Style::new().fg_color(colour(AnsiColor::Green)),
            Self::Watch => Style::new().fg_color(colour(AnsiColor::Yellow)),
            Self::Bad => Style::new().bold().fg_color(colour(AnsiColor::Red)),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

const fn colour(colour: AnsiColor) -> Option<clap::builder::styling::Color> {
    Some(clap::builder::styling::Color::Ansi(colour))
}
