//! Going over to a hub on another machine, and back.

use secrecy::{ExposeSecret, SecretString};
use tauri::{AppHandle, State};
use tracing::info;

use super::service::in_words;
use super::{Hub, Shown};
use crate::elsewhere::{Elsewhere, link};
use crate::window;
use crate::words::ANOTHER;

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
    name_of(&hub, &host).ok_or_else(|| ANOTHER.to_owned())
}

/// The name, where there is one, of the hub with this host; nothing if that is not the one that is shown.
/// Both are found out in one look.
fn name_of(hub: &Hub, host: &str) -> Option<Option<String>> {
    let shown = hub.shown.borrow();
    let name = match &*shown {
        Shown::Elsewhere(elsewhere) => Some(elsewhere.authority()),
        Shown::Here(_) | Shown::Lost(_) => None,
    };
    (shown.host() == host).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::elsewhere::kept::Kept;
    use crate::hub::Place;

    fn elsewhere(at: &str) -> Arc<Elsewhere> {
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let kept =
            Kept { addresses: vec![at.parse().unwrap()], authority: authority.der().to_vec() };
        Arc::new(Elsewhere::of(kept).unwrap())
    }

    #[tokio::test]
    async fn a_page_is_told_the_name_of_its_own_hub_alone() {
        let here = Hub::at(vec![Place::Folder("/nowhere".into())]);
        let home = here.host();
        assert_eq!(name_of(&here, &home), Some(None), "here nobody signs a name");
        let [one, other] = ["10.0.0.1:8443", "10.0.0.2:8443"].map(elsewhere);
        here.shown.send_replace(Shown::Elsewhere(one.clone()));
        assert_eq!(name_of(&here, &one.host()), Some(Some("10.0.0.1:8443".to_owned())));
        assert_eq!(
            name_of(&here, &home),
            None,
            "the page of this computer's hub is told of another"
        );
        here.shown.send_replace(Shown::Elsewhere(other.clone()));
        assert_eq!(name_of(&here, &one.host()), None, "a page would sign the name of another hub");
        assert_eq!(name_of(&here, &other.host()), Some(Some("10.0.0.2:8443".to_owned())));
    }
}
