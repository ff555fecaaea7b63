//! The owner's app in a real browser, in front of a real hub and the simulated house.
//!
//! The browser's side is written in JavaScript (`tests/browser/`), because that is what drives
//! browsers; this side owns the hub, the camera and the house, and acts in them when the other one
//! asks. Both speak JSON, a line each: a wish with a number comes from the script's standard output,
//! and its answer goes to the script's standard input. A script that ends well has seen all that it
//! was to see.

mod disk;
mod script;
mod stage;
mod words;

pub use script::{Script, play};
pub use stage::{Stage, Standing};
pub use words::{Figure, Unit};
