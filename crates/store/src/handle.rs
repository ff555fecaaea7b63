//! The store on a thread of its own, and the hand by which others reach it.
//!
//! One thread writes, in the order in which it is asked; another answers
//! questions on a connection of its own; a verification, which can take seconds,
//! gets a third for itself. So nothing that somebody wants to know ever stands
//! between a decision and the disk.

mod threads;

use std::path::PathBuf;
use std::sync::Arc;

use doorward_core::batch::{Batch, Snapshot};
use doorward_core::ids::{CameraName, EntryId, PairedDeviceId, PersonId, RecordingId};
use doorward_core::person::Role;
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::ask::entries::{Entry, EntryFilter, EntryStory};
use crate::ask::evidence::EntryProof;
use crate::ask::leaves::{LeavesFrom, NumberedLeaf};
use crate::ask::recordings::{NewRecording, Recording, RecordingWithSecret};
use crate::ask::{Questions, Reader};
use crate::error::{CommitError, ReadError, VerifyError, WriteError};
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::proof::{ConsistencyProof, InclusionProof};
use crate::log::verify::VerifyReport;
use crate::records::{
    Camera, Certificate, CodeWithPersonal, Cosignature, Device, Household, KeptNotice, KnownKey,
    NewDevice, NewPairedDevice, PairedDevice, PasskeyRecord, Person, PinHash, RetainedChange,
    RetainedMessage, SettingName, Whose,
};
use crate::shared::Shared;
use crate::store::Store;
use threads::{Question, Write};

/// How many writes may wait. More would only hide that the disk has stalled.
const QUEUE: usize = 256;

/// Reaches the store from any task. Clones reach the same store; when the last
/// is gone, the store closes.
#[derive(Clone)]
pub struct StoreHandle {
    writes: mpsc::Sender<Write>,
    questions: mpsc::Sender<Question>,
    shared: Arc<Shared>,
    /// One long question at a time.
    at_length: Arc<Mutex<()>>,
}

/// A batch that stands in the queue.
pub struct CommitReceipt(oneshot::Receiver<Result<u64, CommitError>>);

impl CommitReceipt {
    /// Waits until the batch is durable, or is known to have failed. Returns the
    /// number of its first leaf.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn durable(self) -> Result<u64, CommitError> {
        self.0.await.unwrap_or(Err(CommitError::Stopped))
    }
}

impl StoreHandle {
    /// Puts a store on its threads.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn spawn(store: Store) -> std::io::Result<Self> {
        let shared = Arc::clone(store.shared());
        let (writes, to_write) = mpsc::channel(QUEUE);
        let (questions, to_answer) = mpsc::channel(QUEUE);
        let nudge = writes.downgrade();
        threads::spawn_reader(Arc::clone(&shared), to_answer, nudge)?;
        threads::spawn_writer(store, to_write)?;
        Ok(Self { writes, questions, shared, at_length: Arc::default() })
    }

    /// Stops the store once everything asked before is done, and closes the
    /// database. Whatever is asked afterwards hears that it has stopped.
    pub async fn stop(&self) {
        stop_one(&self.questions, Question::Stop).await;
        stop_one(&self.writes, Write::Stop).await;
    }

    /// Writes a batch and waits until it is durable. Batches are written in the
    /// order in which they were handed in.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit(&self, batch: Batch) -> Result<u64, CommitError> {
        self.submit(batch).await.durable().await
    }

    /// Hands a batch in. When this returns the batch has its place in the queue,
    /// before whatever is handed in afterwards.
    pub async fn submit(&self, batch: Batch) -> CommitReceipt {
        let (reply, receipt) = oneshot::channel();
        // If the store has stopped, the receipt says so.
        let _ = self.writes.send(Write::Commit { batch, reply }).await;
        CommitReceipt(receipt)
    }

    /// Goes over the whole log; see [`Questions::verify`].
    ///
    /// # Errors
    /// Names the first leaf that does not fit.
    pub async fn verify(&self, kept_elsewhere: Vec<String>) -> Result<VerifyReport, VerifyError> {
        self.ask_at_length(move |questions| questions.verify(&kept_elsewhere)).await
    }

    /// Goes over the whole file; see [`Questions::check_file`].
    ///
    /// # Errors
    /// If the file is damaged or cannot be read.
    pub async fn check_file(&self) -> Result<(), ReadError> {
        self.ask_at_length(|questions| questions.check_file()).await
    }

    /// Copies the database into a file; see [`Questions::copy_to`].
    ///
    /// # Errors
    /// If either file fails.
    pub async fn copy_to(&self, path: PathBuf) -> Result<(), ReadError> {
        self.ask_at_length(move |questions| questions.copy_to(&path)).await
    }

    /// Asks what takes seconds to answer, on a thread and a connection for it
    /// alone, one such question at a time.
    async fn ask_at_length<T: Send + 'static, E: From<ReadError> + Send + 'static>(
        &self,
        question: impl FnOnce(&Questions<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let _alone = self.at_length.lock().await;
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let run = move || {
            let answer = Reader::open(&shared)
                .map_err(|error| E::from(ReadError::Open(error)))
                .and_then(|reader| question(&reader.questions()));
            // Nobody listens any more: nobody wants to know.
            let _ = reply.send(answer);
        };
        threads::spawn_named("store-verify", run).map_err(|_| E::from(ReadError::NoThread))?;
        let answer = answer.await;
        self.tidy().await;
        answer.unwrap_or(Err(E::from(ReadError::Stopped)))
    }

    /// Lets the store empty the WAL, if a long reading was in the way.
    async fn tidy(&self) {
        // A store that has stopped has emptied it.
        let _ = self.writes.send(Write::Tidy).await;
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Questions<'_>) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let (reply, answer) = oneshot::channel();
        let ask = Box::new(move |questions: Result<&Questions<'_>, ReadError>| {
            // Nobody listens any more: nobody wants to know.
            let _ = reply.send(questions.and_then(question));
        });
        let _ = self.questions.send(Question::Ask(ask)).await;
        answer.await.unwrap_or(Err(ReadError::Stopped))
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Store) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (reply, done) = oneshot::channel();
        let run = Box::new(move |store: &mut Store| {
            // The change is made whether or not somebody still listens.
            let _ = reply.send(change(store));
        });
        let _ = self.writes.send(Write::Change(run)).await;
        done.await.unwrap_or(Err(WriteError::Stopped))
    }
}

async fn stop_one<M>(thread: &mpsc::Sender<M>, stop: impl FnOnce(oneshot::Sender<()>) -> M) {
    let (reply, stopped) = oneshot::channel();
    if thread.send(stop(reply)).await.is_ok() {
        // Either way it has stopped.
        let _ = stopped.await;
    }
}

/// What can be asked; each does what the function of the same name does on
/// [`Questions`].
macro_rules! questions {
    ($($(#[$meta:meta])* $name:ident($($value:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl StoreHandle {$(
            $(#[$meta])*
            ///
            /// # Errors
            /// As the function of the same name on [`Questions`].
            pub async fn $name(&self, $($value: $type),*) -> Result<$answer, ReadError> {
                self.ask(move |questions| questions.$name($($value),*)).await
            }
        )+}
    };
}

questions! {
    /// Returns everything that the hub needs to take up its work.
    snapshot() -> Snapshot;
    /// Returns entries, the latest first.
    entries(which: EntryFilter, limit: u32) -> Vec<Entry>;
    /// Returns one entry with its leaves in order.
    entry(id: EntryId) -> Option<EntryStory>;
    /// Returns the entries that are over and began before a moment.
    entries_before(moment: Timestamp) -> Vec<EntryId>;
    /// Returns leaves in order, at most `limit`.
    leaves(from: LeavesFrom, limit: u32) -> Vec<NumberedLeaf>;
    /// Returns the latest checkpoint.
    checkpoint() -> SignedCheckpoint;
    /// Proves that a leaf, erased or not, is in the log.
    prove_inclusion(number: u64) -> InclusionProof;
    /// Proves what the log holds of an entry.
    prove_entry(entry: EntryId) -> EntryProof;
    /// Returns all codes with what their owners wrote.
    codes() -> Vec<CodeWithPersonal>;
    /// Returns all recordings, the oldest first.
    recordings() -> Vec<Recording>;
    /// Returns one recording with its sealed secret and its segments.
    recording(id: RecordingId) -> Option<RecordingWithSecret>;
    /// Returns all devices, the revoked ones too.
    devices() -> Vec<Device>;
    /// Says whose a key is or was.
    known_key(spki_sha256: [u8; 32]) -> Option<KnownKey>;
    /// Returns all cameras.
    cameras() -> Vec<Camera>;
    /// Returns all people.
    people() -> Vec<Person>;
    /// Returns one person.
    person(id: PersonId) -> Option<Person>;
    /// Returns all paired devices.
    paired_devices() -> Vec<PairedDevice>;
    /// Returns one paired device.
    paired_device(id: PairedDeviceId) -> Option<PairedDevice>;
    /// Proves that the log of one size begins with the log of another.
    prove_growth(from: u64, to: u64) -> Vec<[u8; 32]>;
    /// Returns the text of the checkpoint that covers so many leaves, unsigned.
    checkpoint_text(size: u64) -> String;
    /// Returns all households.
    households() -> Vec<Household>;
    /// Returns all retained messages.
    retained() -> Vec<RetainedMessage>;
    /// Returns what a device has not acknowledged, the oldest first.
    unseen(device: PairedDeviceId, limit: u32) -> Vec<(u64, String)>;
    /// Returns a setting, if it was ever set.
    setting(name: SettingName) -> Option<String>;
}

/// What a change answers: nothing, unless it says what.
macro_rules! written {
    () => {
        ()
    };
    ($answer:ty) => {
        $answer
    };
}

/// What can be changed outside of a batch; each does what the function of the
/// same name does on [`Store`].
macro_rules! changes {
    ($($(#[$meta:meta])* $name:ident($($value:ident: $type:ty => $as:expr),*) $(-> $answer:ty)?;)+) => {
        impl StoreHandle {$(
            $(#[$meta])*
            ///
            /// # Errors
            /// As the function of the same name on [`Store`].
            pub async fn $name(&self, $($value: $type),*) -> Result<written!($($answer)?), WriteError> {
                self.change(move |store| store.$name($($as),*)).await
            }
        )+}
    };
}

changes! {
    /// Writes down a recording that begins.
    open_recording(new: NewRecording => &new);
    /// Adds a household.
    add_household(household: Household => &household);
    /// Enrols a device.
    add_device(device: NewDevice => &device);
    /// Notes the key of a certificate that follows the one that a device shows.
    let_key_wait(name: String => &name, next: Certificate => &next);
    /// Puts the key that waits in the place of the one before it.
    follow_key(waiting: [u8; 32] => &waiting);
    /// Takes a device out of service, for good.
    revoke_device(name: String => &name, at: Timestamp => at);
    /// Adds a camera.
    add_camera(camera: Camera => &camera);
    /// Removes a camera and its password.
    remove_camera(name: CameraName => &name);
    /// Writes down what became of topics' retained messages, all of it or none.
    write_retained(changes: Vec<RetainedChange> => &changes);
    /// Pairs a device, and adds its person if the household does not know them.
    pair_device(whose: Whose => &whose, device: NewPairedDevice => &device)
        -> (PersonId, PairedDeviceId);
    /// Changes a person's name and role.
    change_person(id: PersonId => id, name: String => &name, role: Role => role);
    /// Removes a person with all their devices.
    remove_person(id: PersonId => id);
    /// Ends a device's pairing, for good.
    end_pairing(id: PairedDeviceId => id, at: Timestamp => at);
    /// Writes down that a device logged in.
    saw_device(id: PairedDeviceId => id, at: Timestamp => at);
    /// Sets a device's PIN, once.
    set_pin(id: PairedDeviceId => id, pin: PinHash => &pin);
    /// Counts a try of a device's PIN before it is made.
    count_pin_try(id: PairedDeviceId => id, limit: u32 => limit) -> u32;
    /// Forgets the tries of a device's PIN.
    forget_pin_tries(id: PairedDeviceId => id);
    /// Gives a device with a PIN a passkey.
    set_passkey(id: PairedDeviceId => id, passkey: PasskeyRecord => &passkey);
    /// Writes down how often a device's passkey was used.
    count_passkey_use(
        id: PairedDeviceId => id, passkey: Vec<u8> => &passkey, counter: u32 => counter
    );
    /// Keeps a device's signature under a checkpoint.
    keep_cosignature(id: PairedDeviceId => id, cosigned: Cosignature => &cosigned);
    /// Keeps a notice, and of all of them the newest `room`.
    keep_notice(notice: KeptNotice => &notice, room: u32 => room);
    /// Notes that a device's person has seen everything up to a number.
    acknowledge(device: PairedDeviceId => device, seq: u64 => seq);
    /// Sets a setting.
    set(name: SettingName => name, value: String => &value);
    /// Removes what was erased from the disk. The store does so by itself as soon
    /// as nobody waits for it; this waits until it was tried.
    scrub();
}

impl StoreHandle {
    /// Proves that the log still begins with what an earlier checkpoint covers.
    ///
    /// # Errors
    /// As [`Questions::prove_consistency`].
    pub async fn prove_consistency(&self, earlier: String) -> Result<ConsistencyProof, ReadError> {
        self.ask(move |questions| questions.prove_consistency(&earlier)).await
    }

    /// Returns the log's public key as a signed-note verifier, `name+id+key`.
    #[must_use]
    pub fn log_verifier(&self) -> String {
        self.shared.log_key.identity.verifier()
    }
}
