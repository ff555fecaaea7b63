//! A simulated house and the tests that live in it.
//!
//! [`house`] plays the devices: a door with a bolt and a leaf, its lock, contact and keypad, each on
//! its own mTLS connection in Doorward's own dialect. [`harness`] starts the `doorward` program the
//! way a person would, with a state folder that is thrown away. [`demo`] plays
//! one delivery with both, [`browser`] puts the owner's app before them, [`mod@bench`] measures, and
//! [`rogues`] are those who wish the house ill. [`phone`] plays the app on a phone, [`street`] listens to
//! what leaves the house, and [`packaging`] installs what people install. None of them links the hub:
//! they meet it on its sockets and its command line alone, so that what passes here works for strangers
//! too.

pub mod bench;
pub mod browser;
pub mod console;
pub mod demo;
pub mod harness;
pub mod house;
pub mod journal;
pub mod mqtt;
pub mod packaging;
pub mod phone;
pub mod rogues;
pub mod street;
