//! The desktop app: a window and a tray icon for a Doorward hub.
//!
//! It shows the owner's own app, which is compiled in, over the hub's local socket: no port, no TLS,
//! no login, for the hub knows by the peer's uid that its owner asks. A hub on another machine is
//! reached over TLS, and the app pairs and logs in as on a phone. It decides nothing about
//! doors, and no door depends on it: the hub is a service of its own that outlives the window.

mod app;
mod arguments;
mod bridge;
mod desk;
mod downloads;
mod elsewhere;
mod equipment;
mod files;
mod follow;
mod hub;
mod icon;
mod mood;
mod notify;
mod page;
mod single;
#[cfg(test)]
mod stand_in;
mod tray;
mod window;
mod wires;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    arguments::answer().unwrap_or_else(app::run)
}
