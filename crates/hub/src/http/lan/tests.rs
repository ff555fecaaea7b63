//! The door for phones, tried over real sockets.

mod events;
mod files;
mod live;
mod phone;
mod rogue;
mod walk;
