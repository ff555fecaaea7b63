//! The one word for the whole house that the tray icon shows.

/// How the doors are at their worst; the further down, the worse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    /// No hub answers.
    #[default]
    Away,
    /// The hub waits for its key.
    Sealed,
    /// The hub waits for its household.
    Unclaimed,
    /// The hub is on another machine, and nobody is logged in there.
    LoggedOut,
    /// There is no door.
    NoDoor,
    /// Every bolt is thrown, by its lock's own report.
    Locked,
    /// A lock has not said, or cannot be reached.
    Unknown,
    /// A bolt is retracted, or on its way.
    Unlocked,
    /// A leaf is open.
    Open,
    /// A bolt is stuck.
    Jammed,
    /// There was an alarm that nobody has looked at.
    Alarmed,
}
