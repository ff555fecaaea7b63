//! All that is printed, and the only place that prints.
//!
//! Data goes to standard output, as text for people or as JSON for programs;
//! everything else goes to standard error. Colour is for terminals whose user has
//! not declined it (`NO_COLOR`).

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::look::{Colour, Look};

/// In which form data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where a command prints.
pub(super) struct Output {
    form: Form,
    look: Look,
    out: Box<dyn Write>,
    notes: Box<dyn Write>,
}

impl Output {
    /// Prints to this process's standard output and error.
    pub(super) fn of_this_process(json: bool) -> Self {
        let colour = if io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            Colour::Ansi
        } else {
            Colour::None
        };
        let look = Look { zone: TimeZone::system(), now: Timestamp::now(), colour };
        let form = if json { Form::Json } else { Form::Text };
        Self { form, look, out: Box::new(io::stdout()), notes: Box::new(io::stderr()) }
    }

    /// Prints to `out`.
    #[cfg(test)]
    pub(super) fn to(out: Box<dyn Write>, form: Form, look: Look) -> Self {
        Self { form, look, out, notes: Box::new(io::sink()) }
    }

    /// Says whether programs read what is printed.
    pub(super) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Returns how text is to look.
    pub(super) const fn look(&self) -> &Look {
        &self.look
    }

    /// Shows data: `value` to programs, `text` to people.
    pub(super) fn show(
        &mut self,
        value: &impl Serialize,
        text: impl FnOnce(&Look) -> String,
    ) -> io::Result<()> {
        let text = match self.form {
            Form::Json => serde_json::to_string_pretty(value)?,
            Form::Text => text(&self.look),
        };
        self.print(&text)
    }

    /// Shows one of a stream of data: a line of JSON to programs; to people `text`, if
    /// it is for them.
    pub(super) fn show_line(
        &mut self,
        value: &impl Serialize,
        text: impl FnOnce(&Look) -> Option<String>,
    ) -> io::Result<()> {
        let text = match self.form {
            Form::Json => Some(serde_json::to_string(value)?),
            Form::Text => text(&self.look),
        };
        text.map_or(Ok(()), |text| self.print(&text))
    }

    /// Says that something is done, which to programs the exit code says.
    pub(super) fn done(&mut self, text: &str) -> io::Result<()> {
        match self.form {
            Form::Json => Ok(()),
            Form::Text => self.print(text),
        }
    }

    /// Prints text whatever the form: a completion script, a signed note.
    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        let text = text.trim_end_matches('\n');
        let printed = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
        match printed {
            // The reader has seen enough: `doorward log list | head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
            printed => printed,
        }
    }

    /// Tells people something that is not data.
    pub(super) fn note(&mut self, text: &str) {
        // Nobody is left to be told when standard error is gone.
        drop(writeln!(self.notes, "{text}"));
    }

    /// Tells whoever sits at a terminal what takes a while.
    pub(super) fn progress(&mut self, text: &str) {
        if io::stderr().is_terminal() {
            self.note(text);
        }
    }

    /// Says what went wrong, from the outermost reason to the innermost.
    pub(super) fn complain(&mut self, error: &anyhow::Error) {
        self.note(&format!("error: {error:#}"));
    }
}

/// Tells people something from another thread than the one that prints.
pub(super) fn tell(text: &str) {
    // Nobody is left to be told when standard error is gone.
    drop(writeln!(io::stderr(), "{text}"));
}

/// Prints what clap has to say: help to standard output, errors to standard error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    match error.print() {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}
