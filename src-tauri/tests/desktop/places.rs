//! Several hubs on one computer: what the page of one has stored, the page of another does not find.

use anyhow::{Context as _, ensure};
use doorward_tests::harness::{Daemon, Doorward, free_address};
use serde_json::Value;

use crate::login::Login;
use crate::window::Window;

/// Stores something as the page's own keys are stored, and as its place in the notices is.
const MARK: &str = "
    localStorage.setItem('mark', 'set');
    return new Promise((done, failed) => {
        const opening = indexedDB.open('mark');
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => { opening.result.close(); done(true); };
    });";

/// What of it is found: all, nothing, or a part.
const MARKED: &str = "
    return indexedDB.databases().then((databases) =>
        [localStorage.getItem('mark') === 'set', databases.some(({ name }) => name === 'mark')]);";

/// Has the page store something.
pub(crate) async fn mark(window: &Window) -> anyhow::Result<()> {
    window.run(MARK, &[]).await.map(drop)
}

/// Whether the page finds it.
pub(crate) async fn is_marked(window: &Window) -> anyhow::Result<bool> {
    match window.run(MARKED, &[]).await?.as_array().map(Vec::as_slice) {
        Some([Value::Bool(one), Value::Bool(other)]) => {
            ensure!(one == other, "half of it is found");
            Ok(*one)
        }
        other => anyhow::bail!("the page answered {other:?}"),
    }
}

#[tokio::test]
async fn a_hub_in_another_folder_finds_nothing_of_the_one_before() -> anyhow::Result<()> {
    let mut login = Login::new().await?;
    let (first, second) = (login.folder("state"), login.folder("second"));
    let owner = Doorward::new(&first)?;
    owner.init(&login.folder("sheet.txt")).await?;
    let daemon = Daemon::start(&owner, login.mqtt).await?;
    let window = Window::open(&login).await?;
    window.sees("There is no door yet").await?;
    mark(&window).await?;
    window.end(&login).await?;

    let other = Doorward::new(&second)?;
    other.init(&login.folder("other-sheet.txt")).await?;
    let beside = Daemon::start(&other, free_address()?).await?;
    login.instead("DOORWARD_STATE", &second);
    let window = Window::open(&login).await?;
    window.sees("There is no door yet").await?;
    ensure!(!is_marked(&window).await?, "the page of another hub finds it");
    window.end(&login).await.context("the second window")?;

    login.instead("DOORWARD_STATE", &first);
    let window = Window::open(&login).await?;
    window.sees("There is no door yet").await?;
    ensure!(is_marked(&window).await?, "its own page has lost it");
    window.end(&login).await?;
    daemon.stop(&[]).await?;
    beside.stop(&[]).await
}
