//! How quick the owner's app is in a real browser.

use super::figures::{Aim, Report};
use crate::browser::{Figure, Script, Stage, Standing, Unit, play};

/// Loads the app, watches visits and a clock with it; the script says what it measured.
pub(crate) async fn measure(report: &mut Report) -> anyhow::Result<()> {
    let mut stage = Stage::set(Standing::OnAnyDisk).await?;
    play(Script::Measure, &mut stage).await?;
    for figure in stage.figures() {
        note(report, figure);
    }
    stage.end(&[]).await
}

fn note(report: &mut Report, Figure { name, unit, samples, aim }: &Figure) {
    let mut sorted = samples.clone();
    sorted.sort_by(f64::total_cmp);
    let unit = match unit {
        Unit::Milliseconds => "ms",
        Unit::Kilobytes => "kB",
    };
    let (middle, last) = (sorted.get(sorted.len() / 2), sorted.last());
    report.note(format!("{name}, p50"), or_none(middle), unit, Aim::AtMost(*aim));
    report.note(format!("{name}, most"), or_none(last), unit, Aim::None);
}

fn or_none(sample: Option<&f64>) -> f64 {
    sample.copied().unwrap_or(f64::NAN)
}
