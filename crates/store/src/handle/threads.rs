//! What runs on the store's threads.

use std::sync::Arc;

use doorward_core::batch::Batch;
use tokio::sync::mpsc::{Receiver, WeakSender};
use tokio::sync::oneshot;

use crate::ask::{Questions, Reader};
use crate::error::{CommitError, ReadError};
use crate::shared::Shared;
use crate::store::{Callers, Store};

/// How many batches that wait together go to the disk together.
const GROUP: usize = 16;

/// Something to write.
pub(super) enum Write {
    Commit { batch: Batch, reply: oneshot::Sender<Result<u64, CommitError>> },
    Change(Box<dyn FnOnce(&mut Store) + Send>),
    Tidy,
    Stop(oneshot::Sender<()>),
}

/// A question, which hears if the database could not be opened.
pub(super) type Ask = Box<dyn FnOnce(Result<&Questions<'_>, ReadError>) + Send>;

/// Something to answer.
pub(super) enum Question {
    Ask(Ask),
    Stop(oneshot::Sender<()>),
}

pub(super) fn spawn_named(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map(drop)
}

pub(super) fn spawn_writer(store: Store, queue: Receiver<Write>) -> std::io::Result<()> {
    spawn_named("store", move || Writer { store, queue }.run())
}

struct Writer {
    store: Store,
    queue: Receiver<Write>,
}

type Waiting = (Batch, oneshot::Sender<Result<u64, CommitError>>);

impl Writer {
    fn run(mut self) {
        let mut left_over = None;
        while let Some(write) = left_over.take().or_else(|| self.queue.blocking_recv()) {
            match write {
                Write::Commit { batch, reply } => left_over = self.commit_all((batch, reply)),
                Write::Change(change) => change(&mut self.store),
                Write::Tidy => {}
                Write::Stop(reply) => {
                    drop(self);
                    // Whoever asked may have gone; the store has stopped all the same.
                    let _ = reply.send(());
                    return;
                }
            }
            let callers = match self.queue.is_empty() && left_over.is_none() {
                true => Callers::None,
                false => Callers::Waiting,
            };
            self.store.tidy(callers);
        }
    }

    /// Writes a batch and those that wait behind it. Returns what came next and
    /// is no batch.
    fn commit_all(&mut self, first: Waiting) -> Option<Write> {
        let mut group = vec![first];
        let mut next = None;
        while group.len() < GROUP && next.is_none() {
            match self.queue.try_recv() {
                Ok(Write::Commit { batch, reply }) => group.push((batch, reply)),
                Ok(other) => next = Some(other),
                Err(_) => break,
            }
        }
        self.commit_group(group);
        next
    }

    fn commit_group(&mut self, group: Vec<Waiting>) {
        let batches: Vec<&Batch> = group.iter().map(|(batch, _)| batch).collect();
        match self.store.commit_together(&batches) {
            // One of them was refused and took the others with it. Nothing was
            // written, so that each can be tried by itself.
            Err(error) if group.len() > 1 && error.nothing_was_written() => {
                for (batch, reply) in group {
                    let _ = reply.send(self.store.commit(&batch));
                }
            }
            result => {
                let mut leaves_before = 0;
                for (batch, reply) in group {
                    let first_leaf = result.clone().map(|first| first + leaves_before);
                    leaves_before += batch.leaves.len() as u64;
                    // Whoever asked may have gone; the batch is written all the same.
                    let _ = reply.send(first_leaf);
                }
            }
        }
    }
}

pub(super) fn spawn_reader(
    shared: Arc<Shared>,
    queue: Receiver<Question>,
    writer: WeakSender<Write>,
) -> std::io::Result<()> {
    let answering = Answering { shared, queue, writer, reader: None };
    spawn_named("store-read", move || answering.run())
}

struct Answering {
    shared: Arc<Shared>,
    queue: Receiver<Question>,
    writer: WeakSender<Write>,
    reader: Option<Reader>,
}

impl Answering {
    fn run(mut self) {
        while let Some(question) = self.queue.blocking_recv() {
            match question {
                Question::Ask(ask) => self.answer(ask),
                Question::Stop(reply) => {
                    drop(self);
                    // Whoever asked may have gone; the thread has stopped all the same.
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn answer(&mut self, ask: Ask) {
        match self.reader() {
            Ok(reader) => ask(Ok(&reader.questions())),
            Err(error) => ask(Err(error)),
        }
        // This reading may have kept the WAL from being emptied.
        if self.shared.scrub_due()
            && let Some(writer) = self.writer.upgrade()
        {
            // A full queue is followed by a tidying anyway.
            let _ = writer.try_send(Write::Tidy);
        }
    }

    fn reader(&mut self) -> Result<&Reader, ReadError> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.shared)?,
        };
        Ok(self.reader.insert(reader))
    }
}
