//! The tray icon: how the doors are at a glance, and the few things that are done without opening
//! the window.
//!
//! It speaks the StatusNotifierItem protocol on the session bus, which says whether there is a tray
//! at all: the program behaves otherwise where there is none.

use ksni::menu::StandardItem;
use ksni::{Category, Icon, MenuItem, Status, ToolTip, Tray, TrayMethods};
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use crate::desk::Wish;
use crate::follow::{Place, Sight};
use crate::icon;
use crate::mood::Mood;

/// The longest line of the menu, in letters.
const LONGEST_LINE: usize = 80;

/// Shows the icon, and keeps it true until the program ends. `shown` says whether there is a tray.
pub(crate) async fn show(
    mut sight: watch::Receiver<Sight>,
    wishes: mpsc::Sender<Wish>,
    shown: watch::Sender<bool>,
) {
    let item = Item { sight: sight.borrow_and_update().clone(), wishes, shown: shown.clone() };
    shown.send_replace(true);
    // At a login this program and the tray start at the same time, in any order.
    let tray = match item.assume_sni_available(true).spawn().await {
        Ok(tray) => tray,
        Err(error) => {
            warn!(%error, "there is no tray: closing the window ends this program, not the hub");
            shown.send_replace(false);
            return;
        }
    };
    while sight.changed().await.is_ok() {
        let seen = sight.borrow_and_update().clone();
        if tray.update(|item| item.sight = seen).await.is_none() {
            return;
        }
    }
}

struct Item {
    sight: Sight,
    wishes: mpsc::Sender<Wish>,
    shown: watch::Sender<bool>,
}

impl Item {
    fn wish(&self, wish: Wish) {
        if self.wishes.try_send(wish).is_err() {
            warn!("a click on the tray icon was left out: there are too many");
        }
    }

    fn line(words: String) -> MenuItem<Self> {
        let label = words.chars().take(LONGEST_LINE).collect::<String>().replace('_', "__");
        StandardItem { label, enabled: false, ..StandardItem::default() }.into()
    }

    fn action(label: &str, enabled: bool, wish: fn() -> Wish) -> MenuItem<Self> {
        let activate = Box::new(move |item: &mut Self| item.wish(wish()));
        StandardItem { label: label.to_owned(), enabled, activate, ..StandardItem::default() }
            .into()
    }

    fn last(&self) -> Option<MenuItem<Self>> {
        let told = self.sight.last.clone()?;
        let label = told.sentence.chars().take(LONGEST_LINE).collect::<String>().replace('_', "__");
        let activate = Box::new(move |item: &mut Self| item.wish(Wish::Look(told.clone())));
        Some(StandardItem { label, activate, ..StandardItem::default() }.into())
    }
}

impl Tray for Item {
    fn id(&self) -> String {
        "doorward-desktop".to_owned()
    }

    fn title(&self) -> String {
        "Doorward".to_owned()
    }

    fn category(&self) -> Category {
        Category::Hardware
    }

    fn status(&self) -> Status {
        if self.sight.worst() >= Mood::Jammed { Status::NeedsAttention } else { Status::Active }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        icon::of(self.sight.worst())
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        icon::of(self.sight.worst())
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.sight.sentence(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.wish(Wish::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let stoppable = self.sight.mood > Mood::Away && self.sight.place == Place::Here;
        let doors = !self.sight.doors.is_empty() && self.sight.mood >= Mood::Locked;
        let mut menu = vec![Self::line(self.sight.sentence())];
        menu.extend(self.last());
        menu.extend([
            MenuItem::Separator,
            Self::action("Open Doorward", true, || Wish::Open),
            Self::action("Lock all doors", doors, || Wish::LockAll),
            MenuItem::Separator,
            Self::action("Stop the door's service…", stoppable, || {
                Wish::Go("/settings/computer".to_owned())
            }),
            Self::action("Quit; the hub keeps the doors", true, || Wish::Quit),
        ]);
        menu
    }

    fn watcher_online(&self) {
        info!("the tray is there");
        self.shown.send_replace(true);
    }

    fn watcher_offline(&self, reason: ksni::OfflineReason) -> bool {
        warn!(?reason, "there is no tray: closing the window ends this program, not the hub");
        self.shown.send_replace(false);
        true
    }
}
