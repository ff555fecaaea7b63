//! Staying up for codes and orders typed by hand.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal as listen};

use super::narrator::Narrator;
use super::setting::Setting;
use super::simulator::{Simulator, Wish};
use super::steps::Follow;
use crate::console::lines;
use crate::house::order::{HELP, Order};

/// What somebody types at the terminal.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    End,
    Nothing,
    New,
    App,
    Help,
    Order(Order),
    Nonsense,
}

impl Said {
    fn of(line: &str) -> Self {
        match line.trim() {
            "q" | "quit" | "exit" => Self::End,
            "" => Self::Nothing,
            "new" => Self::New,
            "app" => Self::App,
            "help" | "?" => Self::Help,
            order => order.parse().map_or(Self::Nonsense, Self::Order),
        }
    }
}

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
    let page = format!("http://{}/", simulator.address());
    narrator.note(&format!("  {page:<37}  the door and its keypad, to play with"));
    setting.offer_app(narrator).await?;
    let mut typed = lines();
    loop {
        tokio::select! {
            () = follow.more(setting, narrator) => {}
            wish = simulator.wish() => grant(wish, setting, narrator).await?,
            line = typed.recv() => match line.as_deref().map_or(Said::End, Said::of) {
                Said::End => return Ok(()),
                Said::Nothing => {}
                Said::New => drop(setting.issue(narrator).await.context("another delivery")?),
                Said::App => setting.offer_app(narrator).await?,
                Said::Help => hints(narrator),
                Said::Order(order) => order.carry_out(setting.house(), setting.keypad()),
                Said::Nonsense => {
                    narrator.note("That is not understood; here is what is.");
                    hints(narrator);
                }
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

fn hints(narrator: &Narrator) {
    narrator.headline("your turn");
    narrator.note("  new                                    another delivery, with a code for you");
    narrator.note("  app                                    a new link to the owner's app");
    for line in HELP.lines() {
        narrator.note(line);
    }
    narrator.note("  help, q (or Ctrl-C)                    this list, the end");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_order_is_not_taken_for_silence_or_a_wish_for_help() {
        assert_eq!(Said::of("opne"), Said::Nonsense);
        assert_eq!(Said::of("lock tired"), Said::Nonsense);
        assert_eq!(Said::of("  "), Said::Nothing);
        assert_eq!(Said::of("?"), Said::Help);
        assert_eq!(Said::of(" 4821 0573 "), Said::Order(Order::Type("48210573".to_owned())));
    }
}
