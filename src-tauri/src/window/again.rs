//! Has the page begin again when the process that shows it has died: the browser would leave the window
//! blank, and tell nobody.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager};
use tracing::{error, warn};
use webkit2gtk::{WebProcessTerminationReason, WebView, WebViewExt};

use super::begin_at;
use crate::desk::Page;
use crate::wires::Wires;

/// What dies sooner again has a reason that another beginning does not mend.
const AT_LEAST_BETWEEN: Duration = Duration::from_secs(10);

/// When a page was begun again last.
#[derive(Debug, Default)]
struct Beginnings(Cell<Option<Instant>>);

impl Beginnings {
    /// Whether another is due.
    fn take(&self, now: Instant) -> bool {
        let long_ago = |last| now.saturating_duration_since(last) >= AT_LEAST_BETWEEN;
        let due = self.0.get().is_none_or(long_ago);
        if due {
            self.0.set(Some(now));
        }
        due
    }
}

/// Begins again whenever the page's process dies.
pub(super) fn whenever_it_dies(app: AppHandle, view: &WebView) {
    let beginnings = Beginnings::default();
    view.connect_web_process_terminated(move |_view, reason| {
        take_leave(&app);
        begin_again(&app, reason, &beginnings);
    });
}

/// Nobody listens any more, and the next page begins with conversations of its own.
fn take_leave(app: &AppHandle) {
    app.state::<Wires>().cut_all();
    app.state::<Page>().forget();
}

fn begin_again(app: &AppHandle, reason: WebProcessTerminationReason, beginnings: &Beginnings) {
    if !beginnings.take(Instant::now()) {
        return error!(?reason, "the page has died again so soon that the window stays blank");
    }
    warn!(?reason, "the page has died and begins again");
    if let Err(error) = begin_at(app, "/") {
        error!(%error, "the page could not begin again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_dies_at_once_again_is_left_alone() {
        let (beginnings, first) = (Beginnings::default(), Instant::now());
        assert!(beginnings.take(first));
        assert!(!beginnings.take(first + AT_LEAST_BETWEEN / 2));
        assert!(beginnings.take(first + AT_LEAST_BETWEEN));
        assert!(!beginnings.take(first + AT_LEAST_BETWEEN));
    }
}
