//! The `doorward` command.
//!
//! Owns the words that people and scripts type, and what they read in return. Its
//! names are a contract: scripts rely on them. Everything but `init`, `serve` and
//! what needs no hub goes over the local socket to the running hub; this module
//! decides nothing about doors. Secrets come from the terminal or from standard
//! input, never from an argument, which any user of the machine could read.
//!
//! Exit codes: 0 done; 1 refused or failed; 2 wrong usage.

mod backup;
mod ca;
mod camera;
mod clock;
mod code;
mod completions;
mod delivery;
mod device;
mod doctor;
mod door;
mod entry;
mod evidence;
mod eye;
mod failure;
mod guest;
mod home;
mod identity;
mod init;
mod interrupt;
mod log;
mod logging;
mod look;
mod manual;
mod moment;
mod names;
mod openapi;
mod output;
mod pair;
mod recording;
mod restore;
mod schedule;
mod secret;
mod serve;
mod session;
mod status;
mod story;
mod table;
mod unseal;
mod update;
mod words;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::Failure;
use output::Output;
use session::Session;

const EXAMPLES: &str = "\
First steps:
  doorward init --state ~/hub                  make a hub; print its recovery sheet
  doorward serve --state ~/hub                 start it; the rest in another terminal
  export DOORWARD_STATE=~/hub                  so that other commands find it
  doorward unseal                              hand it the passphrase
  doorward device enrol porch-lock --kind lock --out porch-lock
  doorward device enrol porch-keypad --kind keypad --out porch-keypad
  doorward camera add porch --url rtsp://192.168.1.20/stream --username hub
  doorward door add front --lock porch-lock --keypad porch-keypad --camera porch

Every day:
  doorward delivery expect --door front --carrier DHL --from 14:00 --until 18:00
  doorward status
  doorward entry list

`doorward COMMAND --help` teaches each command with examples.";

/// Keeper of your doors: a hub for locks, keypads and cameras that tells nobody but
/// you.
#[derive(Parser)]
#[command(name = "doorward", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// The hub's state folder; without it, /var/lib/doorward for root and
    /// ~/.local/state/doorward for everybody else.
    #[arg(
        long,
        global = true,
        env = "DOORWARD_STATE",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Everywhere"
    )]
    state: Option<PathBuf>,

    /// The socket that a hub of the system shares with the members of its group; without it, and
    /// where no hub of one's own was made, /run/doorward/hub.sock is tried.
    #[arg(
        long,
        global = true,
        env = "DOORWARD_SOCKET",
        hide_env_values = true,
        value_name = "PATH",
        help_heading = "Everywhere"
    )]
    socket: Option<PathBuf>,

    /// Prints data as JSON, for scripts.
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a hub: keys, database, certificates, recovery sheet.
    Init(init::Init),
    /// Runs the hub.
    Serve(serve::Serve),
    #[command(flatten)]
    Ask(Ask),
    /// Makes a hub of a backup and the recovery sheet.
    Restore(restore::Restore),
    /// Packages that you brought: whom they are from.
    #[command(subcommand)]
    Update(update::Update),
    /// Prints a completion script for a shell.
    Completions(completions::Completions),
    /// Writes the manual pages.
    Manual(manual::Manual),
    /// Prints the description of the hub's API (OpenAPI).
    Openapi(openapi::Openapi),
    /// Looks at pictures; started by the hub alone.
    #[command(hide = true)]
    Eye(eye::Eye),
}

/// What is asked of a running hub.
#[derive(Subcommand)]
enum Ask {
    /// Says how the doors, cameras and the hub itself are.
    Status(status::Show),
    /// Looks at everything and says what to do about what it finds.
    Doctor(doctor::Examine),
    /// Hands the passphrase to a hub that started sealed.
    Unseal(unseal::Unseal),
    /// Locks, keypads, contacts and bridges.
    #[command(subcommand)]
    Device(device::Device),
    /// The authority that vouches for the hub and its devices.
    #[command(subcommand)]
    Ca(ca::Ca),
    /// Shows Home Assistant the doors, or not.
    #[command(subcommand)]
    HomeAssistant(home::Home),
    /// Cameras.
    #[command(subcommand)]
    Camera(camera::Camera),
    /// Doors.
    #[command(subcommand)]
    Door(door::Door),
    /// Codes for couriers: each opens one door once.
    #[command(subcommand)]
    Delivery(delivery::Delivery),
    /// Codes for guests, cleaners, dog walkers: they open on days and hours.
    #[command(subcommand)]
    Guest(guest::Guest),
    /// Codes for emergencies, and all codes together.
    #[command(subcommand)]
    Code(code::Code),
    /// Visits: who came, when, and how it went.
    #[command(subcommand)]
    Entry(entry::Entry),
    /// The log that cannot be rewritten quietly.
    #[command(subcommand)]
    Log(log::Log),
    /// Recordings: sealed by the hub, opened by you.
    #[command(subcommand)]
    Recording(recording::Recording),
    /// Prints a link, or a QR code, that pairs one phone.
    Pair(pair::Pair),
    /// The people of the household.
    #[command(subcommand)]
    Person(pair::Person),
    /// Their paired devices.
    #[command(subcommand)]
    Phone(pair::Phone),
    /// The machine's clock.
    #[command(subcommand)]
    Clock(clock::Clock),
    /// Writes all that the hub needs to live on into one sealed file.
    Backup(backup::Backup),
    /// Proves a visit to somebody who trusts neither the hub nor its owner.
    #[command(subcommand)]
    Evidence(evidence::Evidence),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let output = Output::of_this_process(cli.json);
    let mut session = Session::of_this_process(cli.state, cli.socket, output);
    match run(cli.command, &mut session) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => output::usage(&misused(&message, std::env::args_os())),
        Err(Failure::Failed(error)) => {
            session.output.complain(&error);
            ExitCode::FAILURE
        }
        Err(Failure::Told) => ExitCode::FAILURE,
    }
}

impl Cli {
    /// Reads a command line. Which hub is meant says what was typed; the environment names the
    /// usual one, and must not turn a typed word to another.
    fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = program().try_get_matches_from(words)?;
        let typed = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        let mut cli = Self::from_arg_matches(&matches)?;
        match (typed("state"), typed("socket")) {
            (true, true) => {
                let both = "--state and --socket each name a hub: give one of them";
                return Err(Self::command().error(ErrorKind::ArgumentConflict, both));
            }
            (true, false) => cli.socket = None,
            (false, true) => cli.state = None,
            (false, false) => {}
        }
        Ok(cli)
    }
}

/// The program, to which a variable that is set to nothing is not set, as XDG has it of its own.
fn program() -> clap::Command {
    without_empty_variables(Cli::command())
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| {
        let set = argument.get_env().and_then(std::env::var_os);
        if set.is_some_and(|value| value.is_empty()) {
            return argument.env(Resettable::Reset);
        }
        argument
    });
    command.mut_subcommands(without_empty_variables)
}

/// Says what is wrong with a command line, and how the command that it names is used.
fn misused(message: &str, words: impl IntoIterator<Item = OsString>) -> clap::Error {
    let mut program = program();
    program.build();
    let given = program.clone().try_get_matches_from(words);
    let (mut command, mut given) = (&mut program, given.as_ref().ok());
    while let Some((name, more)) = given.and_then(clap::ArgMatches::subcommand) {
        if command.find_subcommand(name).is_none() {
            break;
        }
        command = command.find_subcommand_mut(name).expect("it was found just now");
        given = Some(more);
    }
    command.error(clap::error::ErrorKind::ValueValidation, message)
}

fn run(command: Command, session: &mut Session) -> Result<(), Failure> {
    match command {
        Command::Init(init) => init.run(session),
        Command::Serve(serve) => serve.run(session),
        Command::Ask(asked) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(ask(asked, session))
        }
        Command::Restore(restore) => restore.run(session),
        Command::Update(update) => update.run(session),
        Command::Completions(completions) => completions.run(session),
        Command::Manual(manual) => manual.run(),
        Command::Openapi(openapi) => openapi.run(session),
        Command::Eye(eye) => eye.run(),
    }
}

async fn ask(asked: Ask, session: &mut Session) -> Result<(), Failure> {
    match asked {
        Ask::Status(status) => status.run(session).await,
        Ask::Doctor(doctor) => doctor.run(session).await,
        Ask::Unseal(unseal) => unseal.run(session).await,
        Ask::Device(device) => device.run(session).await,
        Ask::Ca(ca) => ca.run(session).await,
        Ask::HomeAssistant(home) => home.run(session).await,
        Ask::Camera(camera) => camera.run(session).await,
        Ask::Door(door) => door.run(session).await,
        Ask::Delivery(delivery) => delivery.run(session).await,
        Ask::Guest(guest) => guest.run(session).await,
        Ask::Code(code) => code.run(session).await,
        Ask::Entry(entry) => entry.run(session).await,
        Ask::Log(log) => log.run(session).await,
        Ask::Recording(recording) => recording.run(session).await,
        Ask::Evidence(evidence) => evidence.run(session).await,
        Ask::Pair(pair) => pair.run(session).await,
        Ask::Person(person) => person.run(session).await,
        Ask::Phone(phone) => phone.run(session).await,
        Ask::Clock(clock) => clock.run(session).await,
        Ask::Backup(backup) => backup.run(session).await,
    }
}
