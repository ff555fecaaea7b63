//! The encrypted database and the Merkle log.
//!
//! This crate owns everything that the hub must not forget: one SQLite file,
//! encrypted with SQLCipher under a key that is handed in, and in it the log, a
//! Merkle tree over salted commitments with signed checkpoints.
//!
//! It guarantees that a [`Batch`](doorward_core::batch::Batch) is on the disk as
//! a whole or not at all, and that a commit which was reported as done survives
//! the loss of power; that a code which has ended stays ended; and that whoever
//! edits, cuts, reorders or rolls back the log is found out by
//! [`Questions::verify`], the last with the help of a checkpoint kept elsewhere.
//!
//! It deliberately does not know what a door may do: it writes down decisions
//! and makes none. SQL lives here and nowhere else.

mod ask;
mod changes;
mod columns;
mod connect;
mod error;
mod handle;
mod keys;
mod log;
mod migrate;
mod records;
mod shared;
mod store;

pub use ask::Questions;
pub use ask::entries::{Entry, EntryFilter, EntryStory};
pub use ask::evidence::{EntryProof, ProvedLeaf};
pub use ask::leaves::{LeavesFrom, NumberedLeaf};
pub use ask::recordings::{NewRecording, Recording, RecordingWithSecret};
pub use error::{CommitError, DatabaseError, OpenError, ReadError, VerifyError, WriteError};
pub use handle::{CommitReceipt, StoreHandle};
pub use keys::StoreKeys;
pub use log::checkpoint::{ForeignNote, SignedCheckpoint, log_name, read_checkpoint};
pub use log::commitment;
pub use log::links::{entry_of, recording_of};
pub use log::mismatch::Mismatch;
pub use log::proof::{ConsistencyProof, InclusionProof};
pub use log::verify::VerifyReport;
pub use records::{
    Audio, Camera, Certificate, CodeWithPersonal, Cosignature, Credential, Device, Household,
    KeptNotice, KeyStanding, KnownKey, NewDevice, NewPairedDevice, NewPerson, PairedDevice,
    PasskeyRecord, Person, PinHash, RetainedChange, RetainedMessage, SettingName, Whose,
};
pub use store::Store;
