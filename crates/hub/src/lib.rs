//! The Doorward daemon: wiring, keys and the doors to the hub.

mod amounts;
pub mod backup;
pub mod board;
pub mod ca;
pub mod cli;
pub mod daemon;
pub mod evidence;
pub mod http;
pub mod keys;
mod pairing;
pub mod passkey;
pub mod recovery_sheet;
mod settings;
pub mod state_dir;
pub mod update;
