//! Manual pages, from the words of the command line.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Cli;
use super::failure::Failure;

/// Where the project's papers lie once a package is installed.
const PAPERS: &str = "file:///usr/share/doc/doorward/README.md";

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward manual --out ~/.local/share/man/man1")]
pub(super) struct Manual {
    /// The folder for the pages; it must be there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Manual {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let out = self.out.display();
        Ok(write(&command, &self.out)
            .with_context(|| format!("could not write the manual pages to {out}"))?)
    }
}

/// Writes the page of a command and those of the commands below it.
fn write(command: &Command, out: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, out)?;
    }
    let (name, page) = page(command)?;
    std::fs::write(out.join(name), page)
}

/// Makes the page of a command: what it is called, and its text.
fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let usage = command.clone().render_usage().to_string();
    let bare = command
        .clone()
        .after_help(None)
        .after_long_help(None)
        .override_usage(usage.trim_start_matches("Usage: ").to_owned())
        .mut_args(plain_help);
    let source = concat!("doorward ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(bare).source(source).manual("Doorward");
    let mut page = Vec::new();
    man.render(&mut page)?;
    rest(command).to_writer(&mut page)?;
    Ok((man.get_filename(), page))
}

/// A page has no summary to point to.
fn plain_help(argument: clap::Arg) -> clap::Arg {
    if argument.get_id() == "help" {
        return argument.help("Print help").long_help(None);
    }
    argument
}

/// What follows on the options: variables, what stands below the help, and where there is more.
fn rest(command: &Command) -> Roff {
    let mut roff = Roff::new();
    variables(command, &mut roff);
    if let Some(help) = command.get_after_help() {
        below_the_help(help.to_string().trim_end(), &mut roff);
    }
    roff.control("SH", ["SEE ALSO"]);
    match command.get_bin_name() {
        Some("doorward") | None => roff.text([roman("doorward-desktop(1), "), roman(PAPERS)]),
        Some(_) => roff.text([roman("doorward(1)")]),
    };
    roff
}

fn variables(command: &Command, roff: &mut Roff) {
    let known = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let mut known = known.filter_map(|one| Some((one.get_env()?, one.get_long()?))).peekable();
    if known.peek().is_none() {
        return;
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, option) in known {
        roff.control("TP", []);
        roff.text([bold(variable.to_string_lossy())]);
        roff.text([roman(format!("What --{option} says, where that is not given."))]);
    }
}

/// What stands below the help, whose lines stay as they are: there are commands to copy among them.
fn below_the_help(help: &str, roff: &mut Roff) {
    for (place, part) in help.split("\n\n").enumerate() {
        let mut lines = part.lines().peekable();
        if lines.next_if(|line| line.starts_with("Example") && line.ends_with(':')).is_some() {
            roff.control("SH", ["EXAMPLES"]);
        } else if place == 0 {
            roff.control("SH", [if part.contains("\n  doorward") { "EXAMPLES" } else { "NOTES" }]);
        } else {
            roff.control("PP", []);
        }
        roff.control("nf", []);
        for line in lines {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of `doorward device enrol`.
    fn enrol() -> String {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let device = command.find_subcommand("device").unwrap();
        let (name, page) = page(device.find_subcommand("enrol").unwrap()).unwrap();
        assert_eq!(name, "doorward-device-enrol.1");
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn examples_can_be_copied_from_a_page() {
        let page = enrol();
        let lines: Vec<&str> = page.lines().collect();
        let at = lines.iter().position(|line| *line == ".SH EXAMPLES").unwrap();
        assert_eq!(lines[at + 1], ".nf");
        assert!(lines[at + 2].trim_start().starts_with("doorward device enrol "), "{page}");
        let sections = lines.iter().filter(|line| line.starts_with(".SH ")).copied();
        let sections: Vec<&str> = sections.collect();
        assert!(
            sections.ends_with(&[".SH ENVIRONMENT", ".SH EXAMPLES", ".SH \"SEE ALSO\""]),
            "{page}"
        );
    }

    #[test]
    fn a_page_says_what_it_is_of_and_what_has_to_be_given() {
        let page = enrol();
        assert!(page.contains(concat!("\"doorward ", env!("CARGO_PKG_VERSION"), "\"")), "{page}");
        assert!(page.contains("<KIND>"), "{page}");
        assert!(page.contains("\\fBDOORWARD_STATE\\fR"), "{page}");
        assert!(!page.contains("summary with"), "{page}");
    }
}
