//! A hub on another machine that was shown, and of which nothing can be read any more.

use doorward_api::ClientError;
use doorward_api::client::{Connection, Road};
use futures::future::BoxFuture;
use tauri::http::HeaderMap;

/// The road to it, which leads nowhere: this computer's own hub is not shown in its place, for whoever
/// looks at the window takes what it shows for the hub that they have paired it with.
#[derive(Debug)]
pub(crate) struct Lost {
    why: String,
}

/// What every question is answered with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Nowhere(String);

impl Lost {
    /// The host of the page that says so. Nobody's keys are stored for it.
    pub(crate) const HOST: &str = "hub-unknown";

    /// One that cannot be reached for this reason.
    pub(crate) const fn because(why: String) -> Self {
        Self { why }
    }

    /// What keeps it away.
    pub(crate) fn why(&self) -> &str {
        &self.why
    }
}

impl Road for Lost {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ClientError>> {
        let nowhere = Nowhere(self.why.clone());
        Box::pin(async { Err(ClientError::NoRoad(nowhere.into())) })
    }

    fn heed(&self, _headers: &HeaderMap) {}
}
