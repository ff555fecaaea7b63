//! A hub on another machine: the window pairs with it, shows it, unlocks with key and PIN, and forgets
//! it again.

use anyhow::{Context as _, ensure};
use doorward_tests::harness::fresh::Fresh;
use doorward_tests::harness::{Blueprint, Filming, Scene};

use crate::desktop::Desktop;
use crate::login::Login;
use crate::places::{is_marked, mark};
use crate::window::Window;
use crate::{CAMERA, tip_becomes};

const PIN: &str = "402917";

#[tokio::test]
async fn a_window_shows_a_hub_elsewhere_as_the_person_who_was_paired() -> anyhow::Result<()> {
    let blueprint = Blueprint {
        filming: Filming::Preferred,
        camera_arguments: &CAMERA,
        ..Blueprint::default()
    };
    let (login, scene) = tokio::try_join!(Login::new(), Scene::build(blueprint))?;
    let desktop = Desktop::on(login.bus()).await?;
    let window = Window::open(&login).await?;
    mark(&window).await?;
    attach(&window, &scene).await?;
    ensure!(!is_marked(&window).await?, "the page finds what another hub's page has stored");
    window.sees("Locked").await?;
    window.shot("10-elsewhere").await?;
    tip_becomes(&desktop, "All doors are locked").await?;
    watch_and_unlock(&window).await?;
    window.end(&login).await?;

    let window = Window::open(&login).await?;
    window.sees("Locked").await.context("after another start it is the same hub")?;
    forget(&window, &login).await?;
    ensure!(is_marked(&window).await?, "the hub before has lost what its page has stored");
    window.end(&login).await?;
    scene.end(&[]).await
}

async fn attach(window: &Window, scene: &Scene) -> anyhow::Result<()> {
    window.press("A hub elsewhere in the house").await?;
    window.fill("Pairing link", "https://example.org/").await?;
    window.press("Show that hub").await?;
    window.sees("That is no pairing link").await?;
    window.shot("9-no-link").await?;

    let offer = scene.owner.json(["pair", "--role", "resident"]).await?;
    let link = offer["links"][0].as_str().context("no link")?;
    window.fill("Pairing link", link).await?;
    window.press("Show that hub").await?;
    window.sees("Pair this device").await?;
    window.fill("Your name", "Ben").await?;
    window.press("Pair").await?;
    window.sees("As a resident you may open doors").await?;
    window.press("Later").await?;
    window.fill("PIN", PIN).await?;
    window.fill("The same again", PIN).await?;
    window.press("Set the PIN").await?;
    let phones = scene.owner.json(["phone", "list"]).await?;
    ensure!(phones[0]["person"]["name"] == "Ben", "the hub knows another device: {phones}");
    Ok(())
}

/// Live pictures come over the same road, and unlocking takes the key and the PIN.
async fn watch_and_unlock(window: &Window) -> anyhow::Result<()> {
    window.go("/live").await?;
    window.moves().await.context("the live picture does not move")?;
    window.shot("11-live-elsewhere").await?;
    window.go("/").await?;
    window.press("Unlock…").await?;
    window.fill("Your PIN", "402918").await?;
    window.press("Unlock the front door").await?;
    window.becomes("return document.querySelector('dialog .bad') !== null", &[]).await?;
    window.fill("Your PIN", PIN).await?;
    window.press("Unlock the front door").await?;
    window.sees("Unlocked").await
}

/// What the page kept of the hub goes with it.
async fn forget(window: &Window, login: &Login) -> anyhow::Result<()> {
    window.go("/settings/computer").await?;
    window.sees("This window shows the hub at 127.0.0.1").await?;
    window.press("Forget this hub").await?;
    window.sees("Forget this hub?").await?;
    window.shot("12-forget").await?;
    surely(window, login).await
}

/// Says yes to forgetting the hub, and is at home.
async fn surely(window: &Window, login: &Login) -> anyhow::Result<()> {
    let yes =
        "const yes = document.querySelector('dialog[open] button'); yes?.click(); return !!yes";
    window.becomes(yes, &[]).await?;
    window.sees("There is no hub on this computer yet").await?;
    let kept = login.folder("config/doorward/hub-elsewhere.json");
    ensure!(!kept.exists(), "the hub is still remembered");
    Ok(())
}

#[tokio::test]
async fn a_hub_that_cannot_be_read_of_or_has_no_household_can_be_left() -> anyhow::Result<()> {
    let (login, fresh) = tokio::try_join!(Login::new(), Fresh::start())?;
    let kept = login.folder("config/doorward/hub-elsewhere.json");
    std::fs::create_dir_all(kept.parent().context("no folder")?)?;
    std::fs::write(&kept, "{}")?;
    let window = Window::open(&login).await?;
    window.sees("What this window remembered of it cannot be read").await?;
    window.shot("15-unreadable").await?;
    window.press("Forget this hub").await?;
    surely(&window, &login).await?;

    let offer = fresh.doorward.json(["pair"]).await?;
    let link = offer["links"][0].as_str().context("no link")?;
    window.press("A hub elsewhere in the house").await?;
    window.fill("Pairing link", link).await?;
    window.press("Show that hub").await?;
    window.sees("What is your home called?").await?;
    window.shot("16-unclaimed").await?;
    window.press("Forget this hub").await?;
    surely(&window, &login).await?;
    window.end(&login).await
}
