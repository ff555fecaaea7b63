//! The one window: what it shows, and where it may never go.

mod again;

use anyhow::Context;
use tauri::webview::{DownloadEvent, NewWindowResponse, PageLoadEvent};
use tauri::{
    AppHandle, CloseRequestApi, Manager, RunEvent, Url, Webview, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, WindowEvent,
};
use tokio::sync::watch;
use tracing::{debug, info, warn};
use webkit2gtk::{SettingsExt, WebViewExt};

use crate::downloads::{Saves, folder};
use crate::equipment::Desktop;
use crate::follow::Sight;
use crate::hub::{Hub, Shown};
use crate::page::Page;
use crate::wires::Wires;

/// Its name, as in `capabilities/`.
pub(crate) const LABEL: &str = "main";

/// The scheme by which the page is reached.
pub(crate) const SCHEME: &str = "doorward";

const TITLE: &str = "Doorward";

/// Opens the window.
///
/// # Errors
/// If the system refuses.
pub(crate) fn open(app: &AppHandle) -> anyhow::Result<WebviewWindow> {
    let hub = app.state::<Hub>().inner().clone();
    let start = address(&hub.host(), "/")?;
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::CustomProtocol(start))
        .title(TITLE)
        .inner_size(1100.0, 780.0)
        .min_inner_size(360.0, 480.0)
        .on_navigation(move |url| {
            let host = hub.host();
            let ours = is_ours(url, &host) || is_made_here(url, &host);
            if !ours {
                warn!(scheme = url.scheme(), "the page was kept from leading elsewhere");
            }
            ours
        })
        .on_new_window(|url, _features| {
            warn!(scheme = url.scheme(), "the page was kept from opening another window");
            NewWindowResponse::Deny
        })
        .on_download(|webview, event| save(&webview, event))
        .on_page_load(|window, load| match load.event() {
            PageLoadEvent::Started => {
                take_leave(window.app_handle());
                window.state::<Page>().begins();
            }
            PageLoadEvent::Finished => debug!("the page is loaded"),
        })
        .build()?;
    prepare(&window)?;
    Ok(window)
}

/// Ends what went on for a page that has gone; the next one begins with its own.
fn take_leave(app: &AppHandle) {
    app.state::<Wires>().cut_all();
    app.state::<Saves>().cut();
}

/// Has a page that the window leaves end there. The browser would keep it asleep for whoever goes back, with
/// its locks and with what it was about to store: the next page of the same hub would wait for that, in vain.
/// And has one that dies begin again.
fn prepare(window: &WebviewWindow) -> tauri::Result<()> {
    let app = window.app_handle().clone();
    window.with_webview(move |view| {
        let view = view.inner();
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_enable_page_cache(false);
        }
        again::whenever_it_dies(app, &view);
    })
}

/// Shows the window and brings it to the front.
///
/// # Errors
/// If it has gone, or the system refuses.
pub(crate) fn show(app: &AppHandle) -> anyhow::Result<()> {
    let window = the_window(app)?;
    window.show()?;
    window.unminimize()?;
    Ok(window.set_focus()?)
}

/// Loads the app anew at one of its addresses.
///
/// # Errors
/// If the window has gone, or that is no address.
pub(crate) fn begin_at(app: &AppHandle, page: &str) -> anyhow::Result<()> {
    let host = app.state::<Hub>().host();
    Ok(the_window(app)?.navigate(address(&host, page)?)?)
}

/// Leads the window along whenever it belongs to another hub of this computer: to a page of that hub, which
/// finds nothing that the page before has stored. To a hub elsewhere whoever pairs with it leads.
pub(crate) fn go_along(app: AppHandle, hub: &Hub) -> impl Future<Output = ()> + use<> {
    // From this moment on, not from the one in which the task begins: the window opens between them.
    let changes = hub.changes();
    lead(app, hub.host(), changes)
}

async fn lead(app: AppHandle, mut host: String, mut changes: watch::Receiver<Shown>) {
    while changes.changed().await.is_ok() {
        let shown = changes.borrow_and_update().clone();
        let before = std::mem::replace(&mut host, shown.host());
        if host == before || !matches!(shown, Shown::Here(_)) {
            continue;
        }
        info!("the window shows another hub of this computer");
        let led = address(&host, "/").and_then(|page| Ok(the_window(&app)?.navigate(page)?));
        if let Err(error) = led {
            warn!(%error, "the window still shows the page of the hub before");
        }
    }
}

/// The page was seen for the first time: `after_ms` since it began to load.
#[tauri::command]
pub(crate) fn painted(after_ms: f64) {
    info!(after_ms, "painted");
}

/// Whether somebody looks at the window.
pub(crate) struct Looks {
    pub(crate) looks: watch::Sender<bool>,
    pub(crate) sight: watch::Sender<Sight>,
}

impl Looks {
    /// Whoever looks at the window sees its alarms, and the icon need not show them any longer.
    fn change(&self, looks: bool) {
        self.looks.send_replace(looks);
        if looks {
            self.sight.send_if_modified(|sight| sight.alarm.take().is_some());
        }
    }
}

/// Hears what becomes of the window.
pub(crate) fn heed(app: &AppHandle, event: RunEvent) {
    let RunEvent::WindowEvent { event, .. } = event else { return };
    if let WindowEvent::Focused(looks) = event {
        return app.state::<Looks>().change(looks);
    }
    if let WindowEvent::CloseRequested { api, .. } = event {
        wait_in_tray(app, &api);
    }
}

/// Has a window that is closed wait in the tray, if there is one.
fn wait_in_tray(app: &AppHandle, api: &CloseRequestApi) {
    app.state::<Looks>().change(false);
    if !*app.state::<Desktop>().tray.borrow() {
        return info!(
            "the window is closed, and without a tray this program ends; the hub goes on"
        );
    }
    api.prevent_close();
    if let Err(error) = the_window(app).and_then(|window| Ok(window.hide()?)) {
        warn!(%error, "the window could not be hidden");
    }
}

fn the_window(app: &AppHandle) -> anyhow::Result<WebviewWindow> {
    app.get_webview_window(LABEL).context("the window has gone")
}

fn address(host: &str, page: &str) -> anyhow::Result<Url> {
    let address = Url::parse(&format!("{SCHEME}://{host}{page}"))?;
    anyhow::ensure!(is_ours(&address, host), "that is no address of the app");
    Ok(address)
}

/// Whether an address is this program's own app, as it shows the hub that it shows now.
fn is_ours(url: &Url, host: &str) -> bool {
    url.scheme() == SCHEME && url.host_str() == Some(host) && url.port().is_none()
}

/// Whether an address names something that the app has put together itself. Saving it begins with
/// such an address, too.
fn is_made_here(url: &Url, host: &str) -> bool {
    url.scheme() == "blob" && Url::parse(url.path()).is_ok_and(|maker| is_ours(&maker, host))
}

/// The page saves what it has put together itself, and nothing else, where the program saves files. Where no
/// folder for downloads is set, the framework would take the one that the program was started in.
fn save(webview: &Webview, event: DownloadEvent<'_>) -> bool {
    let DownloadEvent::Requested { url, destination } = event else { return true };
    if let (Some(folder), Some(name)) = (folder(webview.path()), destination.file_name()) {
        *destination = folder.join(name);
    }
    is_made_here(&url, &webview.state::<Hub>().host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::HOST;

    #[test]
    fn the_window_leads_nowhere_but_to_its_own_app() {
        let ours = |url: &str| is_ours(&Url::parse(url).unwrap(), HOST);
        assert!(ours("doorward://localhost/"));
        assert!(ours("doorward://localhost/history/3?x#y"));
        for foreign in [
            "https://localhost/",
            "http://127.0.0.1:8443/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "javascript:alert(1)",
            "tauri://localhost/",
            "doorward://elsewhere/",
            "doorward://hub-00112233445566778899aabbccddeeff/",
            "doorward://here-00112233445566778899aabbccddeeff/",
            "doorward://system/",
            "doorward://localhost:1/",
            "mailto:someone@example.org",
        ] {
            assert!(!ours(foreign), "{foreign}");
        }
    }

    #[test]
    fn only_what_the_app_has_put_together_itself_is_saved() {
        let made_here = |url: &str| is_made_here(&Url::parse(url).unwrap(), HOST);
        assert!(made_here("blob:doorward://localhost/1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
        for foreign in [
            "blob:https://localhost/1b4e28ba",
            "blob:null/1b4e28ba",
            "doorward://localhost/api/v1/status",
            "data:text/plain,hello",
        ] {
            assert!(!made_here(foreign), "{foreign}");
        }
    }
}
