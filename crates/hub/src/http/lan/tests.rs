//! The door for phones, tried over real sockets.

mod events;
mod files;
mod phone;
mod rogue;
mod walk;
