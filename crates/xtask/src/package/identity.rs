//! Which commit, which version, which machine: what every format says of a package.

use std::process::Command;

use anyhow::{Context as _, bail};

use super::elf::Machine;
use crate::steps::{say, workspace};

/// Who answers for the packages, where a format asks for somebody. The project has no mail address;
/// whoever gives packages to others names themselves, as Debian's tools do.
const MAINTAINER: (&str, &str) = ("Doorward maintainers", "doorward@home.arpa");

/// What a package says of itself.
pub(crate) struct Identity {
    /// The workspace's version.
    pub(crate) version: &'static str,
    /// Counts packages of one version.
    pub(crate) revision: u32,
    pub(crate) machine: Machine,
    /// When the commit was made, in seconds since 1970: the only time that goes into a package.
    pub(crate) moment: u64,
    /// `Name <address>`.
    pub(crate) maintainer: String,
}

impl Identity {
    /// Asks git, unless `SOURCE_DATE_EPOCH` says when it was.
    ///
    /// # Errors
    /// If neither knows the time.
    pub(crate) fn of_this_commit(revision: u32, machine: Machine) -> anyhow::Result<Self> {
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            revision,
            machine,
            moment: moment()?,
            maintainer: maintainer(),
        })
    }

    /// Version and revision, as Debian and RPM join them.
    pub(crate) fn full(&self) -> String {
        format!("{}-{}", self.version, self.revision)
    }

    /// A text with the version in the place of `@VERSION@`.
    pub(crate) fn named_in(&self, text: &str) -> String {
        text.replace("@VERSION@", &self.full())
    }

    /// The moment in a form that `date` knows, such as `+%F` or `--iso-8601=seconds`.
    ///
    /// # Errors
    /// If there is no `date`.
    pub(crate) fn date(&self, form: &str) -> anyhow::Result<String> {
        let mut command = Command::new("date");
        command.arg("--utc").arg(format!("--date=@{}", self.moment)).arg(form);
        said(command.env("LC_ALL", "C"))
    }
}

/// The time of the commit that is checked out.
pub(crate) fn moment() -> anyhow::Result<u64> {
    if let Some(given) = std::env::var_os("SOURCE_DATE_EPOCH") {
        let given = given.to_str().and_then(|text| text.parse().ok());
        return given.context("SOURCE_DATE_EPOCH is not a number of seconds");
    }
    let mut git = Command::new("git");
    git.current_dir(workspace()).args(["log", "-1", "--format=%ct"]);
    let moment = said(&mut git).context("this is no git checkout: set SOURCE_DATE_EPOCH")?;
    let mut changed = Command::new("git");
    changed.current_dir(workspace()).args(["status", "--porcelain", "--untracked-files=no"]);
    if !said(&mut changed)?.is_empty() {
        say("package: files differ from the commit; nobody else can make these packages again");
    }
    moment.parse().context("git told no time")
}

fn maintainer() -> String {
    let (name, mail) = MAINTAINER;
    let or = |variable, otherwise: &str| {
        std::env::var(variable).ok().filter(|it| !it.is_empty()).unwrap_or(otherwise.to_owned())
    };
    format!("{} <{}>", or("DEBFULLNAME", name), or("DEBEMAIL", mail))
}

/// What a command prints, without the line's end.
pub(crate) fn said(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let answer = command.output().with_context(|| format!("could not start {name}"))?;
    if !answer.status.success() {
        let why = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        bail!("{name} ended with {}: {why}", answer.status);
    }
    Ok(String::from_utf8(answer.stdout)?.trim_end().to_owned())
}
