//! From the start of the program to its end.

use std::fs::{DirBuilder, Permissions};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::process::ExitCode;

use anyhow::Context;
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::bridge::Bridge;
use crate::desk::{Desk, MOST_WISHES, Wish};
use crate::downloads::{self, Saves};
use crate::equipment::{self, Desktop};
use crate::follow::{self, Followers, Sight};
use crate::hub::{self, Hub};
use crate::page::{self, Page};
use crate::single::{self, First, Start};
use crate::window::Looks;
use crate::wires::{self, Wires};
use crate::{notify, tray, window};

/// Names what is logged; the hub's variable, so that one setting serves both.
const LOG: &str = "DOORWARD_LOG";

/// How many notifications may wait to be shown: what the hub tells at once, and what goes wrong meanwhile.
const MOST_TOLD: usize = follow::MOST_AT_ONCE + MOST_WISHES;

/// Runs until the person quits.
pub(crate) fn run() -> ExitCode {
    tell();
    match open() {
        Ok(Some(app)) => ExitCode::from(u8::try_from(app.run_return(window::heed)).unwrap_or(1)),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever types the name of a program reads sentences, and no log.
            drop(writeln!(std::io::stderr(), "doorward-desktop: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn tell() {
    let filter = EnvFilter::try_from_env(LOG).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    told.with_writer(std::io::stderr).init();
}

/// Opens the window, unless another start has one.
fn open() -> anyhow::Result<Option<tauri::App>> {
    // The toolkit's own complaint would end the program without a sentence.
    gtk::init().context(
        "there is no display, or none that can be reached: look at DISPLAY or WAYLAND_DISPLAY. The hub \
         needs none, and `doorward status` shows the doors in a terminal",
    )?;
    let first = match single::start() {
        Ok(Start::First(first)) => Some(first),
        Ok(Start::Second) => {
            info!("Doorward is open already; its window is brought to the front");
            return Ok(None);
        }
        Err(error) => {
            warn!(%error, "a second start will open a second window");
            None
        }
    };
    let app = built()?;
    if let Err(error) = close_own_folder(app.handle()) {
        warn!(
            error = format!("{error:#}"),
            "other users of this computer may read what the page keeps"
        );
    }
    let hub = Hub::of_this_process();
    tauri::async_runtime::block_on(hub.first_look());
    furnish(app.handle(), hub, first);
    window::open(app.handle())?;
    Ok(Some(app))
}

fn built() -> anyhow::Result<tauri::App> {
    let app = tauri::Builder::default()
        .register_asynchronous_uri_scheme_protocol(window::SCHEME, |context, request, answer| {
            let bridge = context.app_handle().state::<Bridge>().inner().clone();
            tauri::async_runtime::spawn(async move {
                answer.respond(bridge.answer(request).await);
            });
        })
        .invoke_handler(tauri::generate_handler![
            wires::wire_open,
            wires::wire_say,
            wires::wire_took,
            wires::wire_close,
            hub::attachment::attachment,
            hub::moving::attach_elsewhere,
            hub::moving::forget_hub,
            hub::moving::reached_as,
            hub::setup::set_up,
            hub::setup::start_hub,
            hub::setup::stop_hub,
            equipment::equipment,
            page::page_listens,
            downloads::save_answer,
            window::painted,
        ])
        .build(tauri::generate_context!())?;
    Ok(app)
}

/// The page keeps the household key in this program's folder, which is nobody else's to read.
fn close_own_folder(app: &AppHandle) -> anyhow::Result<()> {
    let folder = app.path().app_local_data_dir()?;
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(std::fs::set_permissions(&folder, Permissions::from_mode(0o700))?)
}

/// Gives the program its parts, and starts those that work in the background.
fn furnish(app: &AppHandle, hub: Hub, first: Option<First>) {
    let (wishes, wished) = mpsc::channel::<Wish>(MOST_WISHES);
    let (tell, told) = mpsc::channel(MOST_TOLD);
    let (sight, seen) = watch::channel(Sight::default());
    let (tray_shown, tray) = watch::channel(false);
    let (notices_shown, notices) = watch::channel(false);
    app.manage(Bridge::new(hub.clone()));
    app.manage(Wires::default());
    app.manage(Page::default());
    app.manage(Saves::default());
    app.manage(Desktop { tray, notices });
    let (looks, looking) = watch::channel(false);
    app.manage(Looks { looks, sight: sight.clone() });
    app.manage(hub.clone());

    let desk =
        Desk { app: app.clone(), hub: hub.clone(), sight: sight.clone(), told: tell.clone() };
    let along = window::go_along(app.clone(), &hub);
    let spawn = |task| drop(tauri::async_runtime::spawn(task));
    spawn(boxed(desk.serve(wished)));
    spawn(boxed(along));
    spawn(boxed(follow::follow(hub, Followers { sight, told: tell, looking })));
    spawn(boxed(tray::show(seen, wishes.clone(), tray_shown)));
    spawn(boxed(notify::show(zbus::Address::session(), told, wishes.clone(), notices_shown)));
    if let Some(first) = first {
        spawn(boxed(first.listen(wishes)));
    }
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn boxed(task: impl Future<Output = ()> + Send + 'static) -> Task {
    Box::pin(task)
}
