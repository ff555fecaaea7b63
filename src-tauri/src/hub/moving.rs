//! Going over to a hub on another machine, and back.

use secrecy::{ExposeSecret, SecretString};
use tauri::{AppHandle, State};
use tracing::info;

use super::Hub;
use super::service::in_words;
use crate::elsewhere::{Elsewhere, link};
use crate::window;

/// Meets the hub of a pairing link and shows it from here on; its page pairs with what the link says.
///
/// # Errors
/// With a sentence for the person.
#[tauri::command]
pub(crate) async fn attach_elsewhere(
    link: String,
    hub: State<'_, Hub>,
    app: AppHandle,
) -> Result<(), String> {
    let pasted = SecretString::from(link);
    let invitation = link::read(pasted.expose_secret()).map_err(|error| error.to_string())?;
    let met = Elsewhere::meet(&invitation).await.map_err(|error| error.to_string())?;
    hub.go_over(met).map_err(|error| in_words(&error))?;
    info!("the window shows a hub on another machine from here on");
    let page = format!("/#{}", invitation.fragment.expose_secret());
    window::begin_at(&app, &page).map_err(|error| error.to_string())
}

/// Forgets the hub on another machine: its address, its authority and the session. The page has
/// forgotten its keys before, and the window leaves it for the page of this computer's hub.
///
/// # Errors
/// With a sentence for the person.
#[tauri::command]
pub(crate) async fn forget_hub(host: String, hub: State<'_, Hub>) -> Result<(), String> {
    if hub.host() != host || hub.is_here() {
        return Err(ANOTHER.to_owned());
    }
    hub.come_home().await.map_err(|error| in_words(&error))?;
    info!("the window shows this computer's own hub from here on");
    Ok(())
}

/// By which name the hub of the page with this host is reached, if that is on another machine: what a
/// login signs names it.
///
/// # Errors
/// If the window shows another hub by then.
#[tauri::command]
pub(crate) fn reached_as(host: String, hub: State<'_, Hub>) -> Result<Option<String>, String> {
    match hub.elsewhere() {
        Some(elsewhere) if elsewhere.host() == host => Ok(Some(elsewhere.authority())),
        None if hub.host() == host => Ok(None),
        Some(_) | None => Err(ANOTHER.to_owned()),
    }
}

/// Said to a page that the window is about to leave.
pub(super) const ANOTHER: &str = "the window shows another hub";
