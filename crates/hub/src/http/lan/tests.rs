//! The door for phones, tried over real sockets.

mod files;
mod phone;
mod rogue;
mod walk;
