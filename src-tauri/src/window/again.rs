//! Has the page begin again when the process that shows it has died: the browser would leave the window
//! blank, and tell nobody. One that dies again at once is said to have died, and begins at somebody's wish.

use std::cell::Cell;
use std::time::{Duration, Instant};

use gtk::prelude::{DialogExt, GtkWindowExt, MessageDialogExt, WidgetExt};
use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, ResponseType};
use tauri::{AppHandle, Manager};
use tracing::{error, warn};
use webkit2gtk::{WebProcessTerminationReason, WebView, WebViewExt};

use super::{begin_at, take_leave, the_window};
use crate::hub::Hub;
use crate::page::Page;

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
        app.state::<Page>().dies();
        begin_again(&app, reason, &beginnings);
    });
}

fn begin_again(app: &AppHandle, reason: WebProcessTerminationReason, beginnings: &Beginnings) {
    if !beginnings.take(Instant::now()) {
        error!(?reason, "the page has died again so soon that somebody has to look");
        return ask_whether(app);
    }
    warn!(?reason, "the page has died and begins again");
    begin(app);
}

fn begin(app: &AppHandle) {
    if let Err(error) = begin_at(app, "/") {
        error!(%error, "the page could not begin again");
    }
}

/// What the dialog says, which is not the page's to show.
const DIED: &str = "The page of this window has died twice";
const GO_ON: &str = "The hub goes on, and so do your doors;";
const SHOWN_HERE: &str = "`doorward status` in a terminal shows them.";
const SHOWN_ELSEWHERE: &str = "a phone of the household shows them.";
const WHY: &str = "What does not help here may be the graphics driver or a lack of memory.";

/// Says what the blank window means, and lets the person decide.
fn ask_whether(app: &AppHandle) {
    let window = the_window(app).and_then(|window| Ok(window.gtk_window()?)).ok();
    let dialog = MessageDialog::new(
        window.as_ref(),
        DialogFlags::MODAL | DialogFlags::DESTROY_WITH_PARENT,
        MessageType::Error,
        ButtonsType::None,
        DIED,
    );
    dialog.set_title(DIED);
    let shown = if app.state::<Hub>().is_here() { SHOWN_HERE } else { SHOWN_ELSEWHERE };
    dialog.set_secondary_text(Some(&format!("{GO_ON} {shown} {WHY}")));
    dialog.add_button("Quit", ResponseType::Close);
    dialog.add_button("Try again", ResponseType::Accept);
    dialog.set_default_response(ResponseType::Accept);
    let app = app.clone();
    dialog.connect_response(move |dialog, response| {
        dialog.close();
        // Escape leaves the window blank until somebody opens it at the tray icon or starts the program.
        if response == ResponseType::Accept {
            begin(&app);
        } else if response == ResponseType::Close {
            app.exit(0);
        }
    });
    dialog.show();
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
