//! Staying up for codes and orders typed by hand.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal as listen};

use super::narrator::Narrator;
use super::setting::Setting;
use super::simulator::{Simulator, Wish};
use super::steps::Follow;
use crate::console::lines;
use crate::house::order::{HELP, Order};

/// Waits for Ctrl-C, a service manager's request or the terminal's end.
pub(crate) async fn signal() -> anyhow::Result<()> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Narrates and obeys until told to end, or until standard input ends.
pub(crate) async fn until_told(
    setting: &Setting,
    narrator: &Narrator,
    mut follow: Follow,
) -> anyhow::Result<()> {
    hints(narrator);
    let mut simulator =
        Simulator::start(setting.house().journal().clone(), setting.listener().journal().clone())
            .await?;
    narrator.note(&format!(
        "  http://{}/             the door and its keypad, to play with",
        simulator.address()
    ));
    setting.offer_app(narrator).await?;
    let mut typed = lines();
    loop {
        tokio::select! {
            () = follow.more(setting, narrator) => {}
            wish = simulator.wish() => grant(wish, setting, narrator).await?,
            line = typed.recv() => match line.as_deref().map(str::trim) {
                None | Some("q" | "quit" | "exit") => return Ok(()),
                Some("") => {}
                Some("new") => drop(setting.issue(narrator).await.context("another delivery")?),
                Some("app") => setting.offer_app(narrator).await?,
                Some("help" | "?") => hints(narrator),
                Some(order) => obey(order, setting, narrator),
            },
        }
    }
}

/// Does what somebody at the page wants.
async fn grant(wish: Wish, setting: &Setting, narrator: &Narrator) -> anyhow::Result<()> {
    match wish {
        Wish::Order(order) => order.carry_out(setting.house(), setting.keypad()),
        Wish::Delivery(answer) => {
            let digits = setting.issue(narrator).await.context("another delivery")?;
            // Whoever closed the page meanwhile finds the code in the terminal.
            drop(answer.send(digits));
        }
    }
    Ok(())
}

fn obey(order: &str, setting: &Setting, narrator: &Narrator) {
    match order.parse::<Order>() {
        Ok(order) => order.carry_out(setting.house(), setting.keypad()),
        Err(_) => hints(narrator),
    }
}

fn hints(narrator: &Narrator) {
    narrator.headline("your turn");
    narrator.note("  new                                    another delivery, with a code for you");
    narrator.note("  app                                    a new link to the owner's app");
    for line in HELP.lines() {
        narrator.note(line);
    }
    narrator.note("  help, q (or Ctrl-C)                    this list, the end");
}
