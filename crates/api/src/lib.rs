//! Requests, responses and events of a Doorward hub, and a client for its local
//! socket.
//!
//! These types are the contract between the hub and everything that talks to it:
//! the command line, the desktop app, the phones. They say what goes over the
//! wire and nothing else; whoever reads them decides nothing. The crate does not
//! know `doorward-core`: the hub converts.
//!
//! Conventions: the base path is [`path::BASE`]; ids are numbers, things that
//! people name go by their names; times are RFC 3339 in UTC; a duration's unit is
//! in its name; an error is one [`Problem`].

pub mod app;
pub mod authority;
pub mod base64url;
pub mod camera;
pub mod client;
pub mod code;
pub mod device;
pub mod doctor;
pub mod door;
pub mod entry;
pub mod event;
pub mod evidence;
pub mod hex;
pub mod home;
pub mod id;
pub mod key_request;
pub mod log;
pub mod notice;
pub mod outward;
pub mod pairing;
pub mod path;
pub mod person;
pub mod place;
pub mod problem;
pub mod recording;
mod secret;
pub mod session;
pub mod status;
pub mod story;
pub mod witness;

pub use base64url::Base64Url;
pub use client::{Client, ClientError};
pub use id::{
    CameraName, CodeId, DeviceName, DoorName, EntryId, KeyRequestId, PairedDeviceId, PersonId,
    RecordingId,
};
pub use person::Role;
pub use problem::{Problem, ProblemKind};
