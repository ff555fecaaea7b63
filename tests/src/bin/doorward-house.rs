//! Plays the lock, contact and keypads of one door against a running hub.
//!
//! Prints what can be seen in the house; reads orders from standard input.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use doorward_tests::console::{complain, lines, say};
use doorward_tests::house::door::{ContactFault, LockFault, Pace, Visitor};
use doorward_tests::house::order::{HELP, Order};
use doorward_tests::house::{Enrolled, House, Plan, Sight};
use doorward_tests::journal::Place;

/// Plays the devices of one door, enrolled with `doorward device enrol NAME --kind … --out DIR`.
#[derive(Parser)]
#[command(after_help = format!("Orders on standard input, one a line:\n{HELP}"))]
struct Arguments {
    /// Where the hub listens for devices.
    #[arg(long, value_name = "ADDR:PORT")]
    hub: SocketAddr,
    /// The lock.
    #[arg(long, value_name = "NAME=DIR", value_parser = enrolled)]
    lock: Enrolled,
    /// The contact.
    #[arg(long, value_name = "NAME=DIR", value_parser = enrolled)]
    contact: Option<Enrolled>,
    /// A keypad; the first one gets the codes typed here.
    #[arg(long, value_name = "NAME=DIR", value_parser = enrolled)]
    keypad: Vec<Enrolled>,
    /// Prints JSON lines instead of sentences.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let keypad = arguments.keypad.first().map(|keypad| keypad.name.clone()).unwrap_or_default();
    let house = House::start(
        arguments.hub,
        Plan {
            lock: arguments.lock,
            contact: arguments.contact,
            keypads: arguments.keypad,
            pace: Pace::LIFELIKE,
            lock_fault: LockFault::None,
            contact_fault: ContactFault::None,
            visitor: Visitor::Polite,
        },
    )?;
    let mut orders = lines();
    let mut shown = Place::default();
    loop {
        tokio::select! {
            (sights, place) = house.journal().more(shown) => {
                shown = place;
                sights.iter().try_for_each(|sight| show(sight, arguments.json))?;
            }
            order = orders.recv() => match order.as_deref().map(str::parse::<Order>) {
                Some(Ok(order)) => order.carry_out(&house, &keypad),
                Some(Err(error)) => say(&error.to_string()),
                None => return Ok(()),
            },
            stop = tokio::signal::ctrl_c() => return Ok(stop?),
        }
    }
}

fn show(sight: &Sight, json: bool) -> anyhow::Result<()> {
    if json {
        say(&serde_json::to_string(sight)?);
    } else {
        say(&format!("{:.3}  {}", sight.at, sight.what));
    }
    Ok(())
}

fn enrolled(argument: &str) -> Result<Enrolled, String> {
    let (name, folder) = argument.split_once('=').ok_or("expected NAME=DIR")?;
    Ok(Enrolled { name: name.to_owned(), folder: PathBuf::from(folder) })
}
