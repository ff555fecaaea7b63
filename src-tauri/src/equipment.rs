//! What this desktop has of what the program can use, so that people are told what is missing and
//! what still works.

use serde::Serialize;
use tauri::State;
use tokio::sync::watch;

use crate::hub::service::Keeper;

/// What is known while the program runs.
pub(crate) struct Desktop {
    /// Whether there is a tray.
    pub(crate) tray: watch::Receiver<bool>,
    /// Whether notifications are shown.
    pub(crate) notices: watch::Receiver<bool>,
}

/// What the page is told.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Equipment {
    version: &'static str,
    tray: bool,
    notices: bool,
    /// Whether a keyring answers that could hold the hub's key.
    keyring: bool,
    /// Whether a hub would be kept by systemd, over logouts, or begin with a login.
    systemd: bool,
}

/// Looks at what this desktop has.
#[tauri::command]
pub(crate) async fn equipment(desktop: State<'_, Desktop>) -> Result<Equipment, String> {
    let (tray, notices) = (*desktop.tray.borrow(), *desktop.notices.borrow());
    Ok(Equipment {
        version: env!("CARGO_PKG_VERSION"),
        tray,
        notices,
        keyring: keyring().await.unwrap_or(false),
        systemd: Keeper::of_this_computer().await == Keeper::Systemd,
    })
}

/// The desktop's keyring, as the Secret Service specification names it.
const KEYRING: &str = "org.freedesktop.secrets";

async fn keyring() -> zbus::Result<bool> {
    let bus = zbus::Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let there = names.name_has_owner(KEYRING.try_into()?).await?;
    if there {
        return Ok(true);
    }
    let startable = names.list_activatable_names().await?;
    Ok(startable.iter().any(|name| name.as_str() == KEYRING))
}
