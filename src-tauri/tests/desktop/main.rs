//! The desktop app on a screen of its own: from a computer without a hub to a visit that is watched
//! live, and a window that dies in the middle of one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod again;
mod bare;
mod desktop;
mod elsewhere;
mod hanging;
mod links;
mod login;
mod places;
mod speed;
mod window;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use desktop::Desktop;
use doorward_api::Client;
use doorward_api::place::socket_in;
use doorward_tests::harness::{Blueprint, Doorward, Filming, Furnished, Scene};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::Pace;
use doorward_tests::house::order::Order;
use doorward_tests::journal::Place;
use login::Login;
use tokio::time::timeout;
use window::Window;

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Pictures of a size that a window shows well, with a keyframe each second.
pub(crate) const CAMERA: [&str; 4] = ["--width=640", "--height=360", "--fps=15", "--gop=15"];

#[tokio::test]
async fn a_household_sets_its_hub_up_at_the_desktop_and_watches_a_courier() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let desktop = Desktop::on(login.bus()).await?;
    let window = Window::open(&login).await?;
    set_up(&window, &login).await?;
    let (owner, furnished) = furnish(&login).await?;
    window.sees("Front").await?;
    window.sees("Locked").await?;
    window.shot("5-home").await?;
    in_the_tray(&desktop).await?;

    expect_in_window(&window).await?;
    let digits = expect_delivery(&window, &owner).await?;
    watch_visit(&window, &desktop, &furnished, &digits).await?;
    look_back(&window).await?;
    back_up(&window, &login).await?;
    second_start(&login).await?;
    killed_in_a_visit(window, &login, &owner, &furnished).await
}

/// From nothing to a house without a door.
async fn set_up(window: &Window, login: &Login) -> anyhow::Result<()> {
    window.sees("There is no hub on this computer yet").await?;
    window.shot("1-no-hub").await?;
    // Where a keyring answers there is a choice.
    let choose =
        "const file = document.querySelector('input[value=keyfile]'); file?.click(); return true";
    window.becomes(choose, &[]).await?;
    window.press("Set up on this computer").await?;
    window.sees("What is your home called?").await?;
    window.fill("What is your home called?", "Lindenallee 4").await?;
    window.fill("What is your name?", "Ada").await?;
    window.shot("2-name").await?;
    window.press("Go on").await?;
    window.press("Make the key").await?;
    window.press("Save as a file").await?;
    prove_sheet(window, &sheet(login).await?).await?;
    window.shot("3-sheet").await?;
    window.press("I have the sheet").await?;
    window.sees("Lindenallee 4 has a doorkeeper").await?;
    window.shot("4-done").await?;
    window.press("To the door").await?;
    window.sees("There is no door yet").await
}

/// The recovery sheet, as the window saved it.
async fn sheet(login: &Login) -> anyhow::Result<String> {
    let folder = login.folder("home");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    while tokio::time::Instant::now() < deadline {
        pace.tick().await;
        for file in std::fs::read_dir(&folder)?.flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            if text.contains("AGE-SECRET-KEY-1") || text.contains("What it opens") {
                return Ok(text);
            }
        }
    }
    anyhow::bail!("the sheet was not saved")
}

/// Types the groups that are asked for, read off the sheet.
async fn prove_sheet(window: &Window, sheet: &str) -> anyhow::Result<()> {
    let rows: Vec<Vec<&str>> = sheet
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.len() > 1 && row.iter().all(|group| is_group(group)))
        .collect();
    let labels = window
        .run("return [...document.querySelectorAll('label')].map((one) => one.innerText)", &[])
        .await?;
    let labels = labels.as_array().context("no labels")?;
    for label in labels.iter().filter_map(|label| label.as_str()) {
        let numbers: Vec<usize> =
            label.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        if let (true, [row, place]) = (label.starts_with("Row"), numbers.as_slice()) {
            let group = rows.get(row - 1).and_then(|row| row.get(place - 1));
            window.fill(label.trim(), group.context("the sheet has no such group")?).await?;
        }
    }
    Ok(())
}

fn is_group(word: &str) -> bool {
    word.len() <= 4
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

async fn furnish(login: &Login) -> anyhow::Result<(Doorward, Furnished)> {
    let owner = Doorward::new(&login.folder("state"))?;
    let blueprint = Blueprint {
        filming: Filming::Required,
        pace: Pace::LIFELIKE,
        camera_arguments: &CAMERA,
        ..Blueprint::default()
    };
    let furnished =
        Furnished::before(&owner, login.mqtt, &blueprint, &login.folder("house")).await?;
    Ok((owner, furnished))
}

/// There is one icon, and it tells the truth about the door.
async fn in_the_tray(desktop: &Desktop) -> anyhow::Result<()> {
    let icon = tip_becomes(desktop, "All doors are locked").await?;
    let pictures = desktop.picture(&icon).await?;
    ensure!(pictures.iter().any(|(width, _, _)| *width >= 32), "the icon has no picture");
    Ok(())
}

/// Waits until the icon in the tray says this; returns whose it is.
pub(crate) async fn tip_becomes(desktop: &Desktop, tip: &str) -> anyhow::Result<String> {
    let (icon, _) = desktop
        .icons
        .wait(Place::default(), PATIENCE, "an icon in the tray", |icon| Some(icon.clone()))
        .await?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    loop {
        let said = desktop.tip(&icon).await?;
        if said == tip {
            return Ok(icon);
        }
        ensure!(tokio::time::Instant::now() < deadline, "the icon says {said:?}, not {tip:?}");
        pace.tick().await;
    }
}

/// Makes a code in the window, whose engine has to know the day.
async fn expect_in_window(window: &Window) -> anyhow::Result<()> {
    window.press("Expect a delivery").await?;
    window.fill("Who brings it?", "The baker").await?;
    window.press("Make the code").await?;
    window.sees("Give this code to the courier").await?;
    window.go("/").await
}

/// Expects a delivery at the command line; the window shows it.
async fn expect_delivery(window: &Window, owner: &Doorward) -> anyhow::Result<String> {
    let issued = owner.expect_delivery("front").await?;
    window.sees("Parcel Post").await?;
    window.shot("6-expected").await?;
    Ok(issued.digits.clone())
}

/// The courier types the code and opens; the window shows it as it happens, and the desktop tells.
async fn watch_visit(
    window: &Window,
    desktop: &Desktop,
    furnished: &Furnished,
    digits: &str,
) -> anyhow::Result<()> {
    let (house, keypad) = (&furnished.house, Scene::KEYPADS[0]);
    "visitor careless".parse::<Order>()?.carry_out(house, keypad);
    let verdict = house.type_and_hear(keypad, digits, PATIENCE).await?;
    ensure!(verdict == Verdict::Accepted, "the code was refused");
    window.sees("The front door is open").await?;
    window.moves().await.context("the live picture does not move")?;
    window.shot("7-visit").await?;
    let told = "Somebody was let in at the front door";
    let heard = |notice: &String| (notice == told).then_some(());
    desktop.notices.wait(Place::default(), PATIENCE, "the notification", heard).await?;
    "close".parse::<Order>()?.carry_out(house, keypad);
    window.sees("The visit is over").await?;
    // A click on the notification leads to the visit.
    let place = desktop.notices.all().iter().position(|notice| notice == told);
    desktop.click(u32::try_from(place.context("no notification")? + 1)?).await?;
    window.becomes("return location.pathname.startsWith('/visit/')", &[]).await
}

/// The clip plays, opened in the window with the household key.
async fn look_back(window: &Window) -> anyhow::Result<()> {
    window.go("/history").await?;
    window.sees("In and out again").await?;
    window.press("Parcel Post").await?;
    let play = "const video = document.querySelector('video');
        if (video?.paused) video.play();
        return video !== null && !video.paused;";
    window.becomes(play, &[]).await.context("the clip does not begin")?;
    window.moves().await.context("the clip does not play")?;
    window.shot("8-clip").await
}

/// A backup comes past the page, into the folder where files are saved.
async fn back_up(window: &Window, login: &Login) -> anyhow::Result<()> {
    window.go("/settings/backup").await?;
    window.press("Save a backup").await?;
    window.sees("Saved as doorward-lindenallee-4-").await?;
    window.shot("8b-backup").await?;
    let saved = std::fs::read_dir(login.folder("home"))?.flatten().map(|file| file.path());
    let backup = saved.into_iter().find(|file| file.extension().is_some_and(|end| end == "age"));
    let backup = std::fs::read(backup.context("there is no backup")?)?;
    ensure!(backup.starts_with(b"age-encryption.org/v1"), "the backup is no sealed file");
    Ok(())
}

/// Another start shows the window that there is, and ends well.
async fn second_start(login: &Login) -> anyhow::Result<()> {
    let mut second = login.command(env!("CARGO_BIN_EXE_doorward-desktop"));
    let ended = timeout(PATIENCE, second.status()).await.context("the second start stays")??;
    ensure!(ended.success(), "the second start ended with {ended}");
    Ok(())
}

/// Kills the window while somebody is inside: the hub and the visit go on.
async fn killed_in_a_visit(
    window: Window,
    login: &Login,
    owner: &Doorward,
    furnished: &Furnished,
) -> anyhow::Result<()> {
    let (house, keypad) = (&furnished.house, Scene::KEYPADS[0]);
    let issued = owner.expect_delivery("front").await?;
    let before = owner.status().await?.started_at;
    let verdict = house.type_and_hear(keypad, &issued.digits, PATIENCE).await?;
    ensure!(verdict == Verdict::Accepted, "the code was refused");
    window.sees("The front door is open").await?;

    let desk = Client::at(login.folder("run/doorward/desktop.sock")).peer().await?;
    let process = desk.process.and_then(rustix::process::Pid::from_raw).context("no process")?;
    rustix::process::kill_process(process, rustix::process::Signal::KILL)?;
    gone(login).await?;
    drop(window);

    let hub = Client::at(socket_in(owner.state()));
    ensure!(hub.status().await?.started_at == before, "the hub was started anew");
    let open = |house: &doorward_api::status::HouseStatus| {
        house.doors.iter().any(|door| door.entry.is_some())
    };
    owner.status_becomes("the visit that is still open", open).await?;
    "close".parse::<Order>()?.carry_out(house, keypad);
    owner.status_becomes("the visit's end", |house| !open(house)).await?;
    Ok(())
}

/// Waits until nobody listens for a second start any more.
pub(crate) async fn gone(login: &Login) -> anyhow::Result<()> {
    let desk = Client::at(login.folder("run/doorward/desktop.sock"));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    while desk.peer().await.is_ok() {
        ensure!(tokio::time::Instant::now() < deadline, "the window still lives");
        pace.tick().await;
    }
    Ok(())
}
