//! What the program tells the page.

use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// The page, as far as it can be told anything.
#[derive(Default)]
pub(crate) struct Page(Mutex<Ear>);

#[derive(Default)]
enum Ear {
    /// The page does not listen yet.
    #[default]
    Begins,
    Listens(Channel<InvokeResponseBody>),
    /// There is no page: the window is blank.
    Dead,
}

impl Page {
    /// A page begins in the place of the one before.
    pub(crate) fn begins(&self) {
        *self.ear() = Ear::Begins;
    }

    /// The page has died.
    pub(crate) fn dies(&self) {
        *self.ear() = Ear::Dead;
    }

    /// Whether the window is blank until a page begins.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(*self.ear(), Ear::Dead)
    }

    fn listens(&self, channel: Channel<InvokeResponseBody>) {
        *self.ear() = Ear::Listens(channel);
    }

    /// Tells the page, and says whether there is one that listens.
    pub(crate) fn tell(&self, order: &Order) -> bool {
        let text = serde_json::to_string(order).unwrap_or_default();
        match &*self.ear() {
            Ear::Listens(channel) => channel.send(InvokeResponseBody::Json(text)).is_ok(),
            Ear::Begins | Ear::Dead => false,
        }
    }

    fn ear(&self) -> MutexGuard<'_, Ear> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The page listens from here on.
#[tauri::command]
pub(crate) fn page_listens(channel: Channel<InvokeResponseBody>, page: State<'_, Page>) {
    page.listens(channel);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_died_hears_nothing_until_another_begins() {
        let (page, order) = (Page::default(), Order::Go("/".to_owned()));
        assert!(!page.is_dead(), "the first page is on its way");
        page.listens(Channel::new(|_told| Ok(())));
        assert!(page.tell(&order));
        page.dies();
        assert!(page.is_dead());
        assert!(!page.tell(&order));
        page.begins();
        assert!(!page.is_dead(), "it would be begun over and over");
        assert!(!page.tell(&order));
    }
}
