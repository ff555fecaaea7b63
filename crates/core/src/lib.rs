//! The door's rules, without clock, chance, files or sockets.

pub mod ids;
