//! A desktop's part on the session bus: a tray that takes icons, and notifications that can be
//! clicked.

use std::collections::HashMap;

use anyhow::bail;
use doorward_tests::journal::Journal;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, Proxy, connection, interface, object_server::SignalEmitter};

/// What a tray icon is drawn from.
type Pixmap = (i32, i32, Vec<u8>);

/// The bus names and paths, as the specifications have them.
const TRAY: &str = "org.kde.StatusNotifierWatcher";
const TRAY_PATH: &str = "/StatusNotifierWatcher";
const NOTICES: &str = "org.freedesktop.Notifications";
const NOTICES_PATH: &str = "/org/freedesktop/Notifications";
const ITEM: &str = "org.kde.StatusNotifierItem";
const ITEM_PATH: &str = "/StatusNotifierItem";

const MENU: &str = "com.canonical.dbusmenu";
const MENU_PATH: &str = "/MenuBar";

/// A line of a menu: its number, what it has, and the lines below it.
type Line = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// A desktop.
pub(crate) struct Desktop {
    bus: Connection,
    /// Who put an icon into the tray.
    pub(crate) icons: Journal<String>,
    /// What was told.
    pub(crate) notices: Journal<String>,
}

struct Tray {
    icons: Journal<String>,
}

struct Notices {
    notices: Journal<String>,
}

impl Desktop {
    /// Takes its place on a bus.
    pub(crate) async fn on(bus: &str) -> anyhow::Result<Self> {
        let (icons, notices) = (Journal::default(), Journal::default());
        let bus = connection::Builder::address(bus)?
            .serve_at(TRAY_PATH, Tray { icons: icons.clone() })?
            .serve_at(NOTICES_PATH, Notices { notices: notices.clone() })?
            .name(TRAY)?
            .name(NOTICES)?
            .build()
            .await?;
        Ok(Self { bus, icons, notices })
    }

    /// What the icon says when one points at it.
    pub(crate) async fn tip(&self, icon: &str) -> anyhow::Result<String> {
        let item = Proxy::new(&self.bus, icon, ITEM_PATH, ITEM).await?;
        let tip: (String, Vec<Pixmap>, String, String) = item.get_property("ToolTip").await?;
        Ok(tip.2)
    }

    /// How the icon is drawn.
    pub(crate) async fn picture(&self, icon: &str) -> anyhow::Result<Vec<Pixmap>> {
        let item = Proxy::new(&self.bus, icon, ITEM_PATH, ITEM).await?;
        Ok(item.get_property("IconPixmap").await?)
    }

    /// Chooses the line of the icon's menu whose words begin so, once it can be chosen.
    pub(crate) async fn choose(&self, icon: &str, words: &str) -> anyhow::Result<()> {
        let menu = Proxy::new(&self.bus, icon, MENU_PATH, MENU).await?;
        let all = (0_i32, -1_i32, vec!["label", "enabled"]);
        let (_, (_, _, lines)): (u32, Line) = menu.call("GetLayout", &all).await?;
        for line in lines {
            let (number, mut has, _): Line = line.try_into()?;
            let label = has.remove("label").map(String::try_from).transpose()?.unwrap_or_default();
            let able = has.remove("enabled").map(bool::try_from).transpose()?.unwrap_or(true);
            if label.starts_with(words) && able {
                let clicked = (number, "clicked", Value::from(0_i32), 0_u32);
                // A program that was told to quit may be gone before it answers.
                return Ok(menu.call_noreply("Event", &clicked).await?);
            }
        }
        bail!("the menu has no {words:?} to choose")
    }

    /// Clicks on a notification.
    pub(crate) async fn click(&self, notice: u32) -> anyhow::Result<()> {
        let server = self.bus.object_server();
        let notices = server.interface::<_, Notices>(NOTICES_PATH).await?;
        Ok(Notices::action_invoked(notices.signal_emitter(), notice, "default").await?)
    }
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Tray {
    async fn register_status_notifier_item(&self, service: String) {
        self.icons.append(service);
    }

    async fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    async fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    async fn registered_status_notifier_items(&self) -> Vec<String> {
        self.icons.all()
    }

    #[zbus(property)]
    async fn protocol_version(&self) -> i32 {
        0
    }
}

#[interface(name = "org.freedesktop.Notifications")]
impl Notices {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &self,
        _app_name: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        _body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        self.notices.append(summary);
        u32::try_from(self.notices.all().len()).unwrap_or(u32::MAX)
    }

    async fn get_capabilities(&self) -> Vec<String> {
        vec!["actions".to_owned(), "body".to_owned()]
    }

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}
