//! Evidence packs: one visit in one file that can be checked without the hub.
//!
//! Owns the format (docs/evidence.md): a tar archive with what the log says of the
//! visit and the proofs that it does, the sealed film with the key to it, and the clip.
//! Guarantees that whatever in it was changed is named. It does not say that a pack is
//! complete: a leaf that was left out leaves no trace in it.

mod check;
mod manifest;
mod pack;

pub use check::{Checked, CheckedFilm, Flaw, check};
pub use manifest::{Film, Manifest, Named};
pub use pack::{OpenedFilm, Pack, PackError, PackWriter};
