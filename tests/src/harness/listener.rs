//! What the hub tells those who listen on its local socket.

use std::path::Path;

use anyhow::Context as _;
use doorward_api::Client;
use doorward_api::event::LogEvent;
use doorward_api::notice::{News, Notice};

use crate::journal::Journal;

/// Listens until the hub ends; what was told stays in the journal.
#[derive(Debug)]
pub struct Listener {
    journal: Journal<Notice>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Starts listening at the socket in a state folder.
    ///
    /// # Errors
    /// If no hub answers.
    pub async fn start(state: &Path) -> anyhow::Result<Self> {
        let client =
            Client::connect(state.join("doorward.sock")).await.context("the hub's socket")?;
        let mut notices = client.notices().await.context("listening to the hub")?;
        let journal = Journal::default();
        let heard = journal.clone();
        let task = tokio::spawn(async move {
            while let Ok(Some(notice)) = notices.next().await {
                heard.append(notice);
            }
        });
        Ok(Self { journal, task })
    }

    /// What was told.
    #[must_use]
    pub const fn journal(&self) -> &Journal<Notice> {
        &self.journal
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The log line in a notice, if it is one.
#[must_use]
pub const fn logged(notice: &Notice) -> Option<&LogEvent> {
    match &notice.news {
        News::Logged { line } => Some(&line.event),
        News::ApprovalWanted { .. }
        | News::EntryChanged { .. }
        | News::DoorChanged { .. }
        | News::Arrived { .. }
        | News::Bell { .. }
        | News::Alarm { .. }
        | News::Trespass { .. }
        | News::CertificateEnds { .. }
        | News::Missed { .. } => None,
    }
}
