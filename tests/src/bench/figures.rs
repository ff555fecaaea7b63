//! Figures, their aims, and the table of both.

use std::time::Duration;

use crate::console::say;

/// Which side of its aim a figure should be on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// Printed for its own sake.
    None,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    aim: Aim,
}

impl Report {
    /// Notes a figure.
    pub(crate) fn note(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        aim: Aim,
    ) {
        self.rows.push(Row { name: name.into(), value, unit, aim });
    }

    /// Prints all figures beside their aims.
    pub(crate) fn print(&self) {
        say(&format!("\n{:<52} {:>12} {:<10} {:>14}", "figure", "measured", "", "aim"));
        for row in &self.rows {
            let (aim, verdict) = match row.aim {
                Aim::AtMost(aim) => (format!("≤ {aim}"), verdict(row.value <= aim)),
                Aim::AtLeast(aim) => (format!("≥ {aim}"), verdict(row.value >= aim)),
                Aim::None => (String::new(), ""),
            };
            let value = format!("{:.*}", decimals(row.value), row.value);
            say(&format!("{:<52} {value:>12} {:<10} {aim:>14}  {verdict}", row.name, row.unit));
        }
    }
}

const fn decimals(value: f64) -> usize {
    if value < 10.0 {
        2
    } else if value < 1_000.0 {
        1
    } else {
        0
    }
}

const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The value below which this share of all values lies, in milliseconds.
pub(crate) fn percentile_ms(sorted: &[Duration], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few thousand samples"
    )]
    let index = (share * last as f64).round() as usize;
    sorted.get(index).map_or(f64::NAN, |value| value.as_secs_f64() * 1_000.0)
}
