//! Measurements of a whole hub against its aims.
//!
//! Everything is measured from outside, over the sockets that a real house uses. The figures depend
//! on the machine and on what else it does; the aims are for an idle one.

mod beside;
mod browser;
mod figures;
mod latency;
mod resources;
mod responder;
mod sizes;
mod speed;

use anyhow::bail;

use crate::console::say;
use figures::Report;

/// The measurements, by name.
const ALL: [&str; 10] = [
    "start",
    "memory",
    "latency",
    "gate",
    "rogues",
    "mosquitto",
    "recording",
    "browser",
    "sizes",
    "log",
];

/// Runs one measurement, or all, and prints the figures beside their aims.
///
/// # Errors
/// If a measurement could not be made. A missed aim is printed and is no error.
pub async fn run(only: Option<&str>) -> anyhow::Result<()> {
    if let Some(name) = only
        && !ALL.contains(&name)
    {
        bail!("no measurement is called {name}; there are {}", ALL.join(", "));
    }
    let mut report = Report::default();
    for name in ALL.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
        say(&format!("measuring: {name}"));
        match name {
            "start" => resources::start(&mut report).await?,
            "memory" => resources::memory(&mut report).await?,
            "latency" => latency::without_camera(&mut report).await?,
            "gate" => latency::with_camera(&mut report).await?,
            "rogues" => latency::among_rogues(&mut report).await?,
            "mosquitto" => beside::beside_mosquitto(&mut report).await?,
            "recording" => resources::recording(&mut report).await?,
            "browser" => browser::measure(&mut report).await?,
            "sizes" => sizes::measure(&mut report).await?,
            _ => speed::log(&mut report).await?,
        }
    }
    report.print();
    Ok(())
}
