//! What the program tells the page.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tauri::State;
use tauri::ipc::{Channel, InvokeResponseBody};

/// One thing that it is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Go to this address.
    Go(String),
    /// Say that something went wrong.
    Failed(String),
}

/// The page's ear, while there is a page.
#[derive(Default)]
pub(crate) struct Page(Mutex<Option<Channel<InvokeResponseBody>>>);

impl Page {
    /// The page has gone.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Tells the page, and says whether there is one that listens.
    pub(crate) fn tell(&self, order: &Order) -> bool {
        let page = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = serde_json::to_string(order).unwrap_or_default();
        page.as_ref().is_some_and(|page| page.send(InvokeResponseBody::Json(text)).is_ok())
    }
}

/// The page listens from here on.
#[tauri::command]
pub(crate) fn page_listens(channel: Channel<InvokeResponseBody>, page: State<'_, Page>) {
    *page.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
}
