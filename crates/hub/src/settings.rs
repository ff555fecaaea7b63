//! The names of settings in the database that more than one part of the hub knows.

use doorward_store::SettingName;

/// The first number of a notice that no run has used yet.
pub(crate) const NOTICES_FROM: SettingName = SettingName("notices_from");

/// From which backup the hub was restored, and when: JSON. Absent if it never was.
pub(crate) const RESTORED: SettingName = SettingName("restored");

/// The names of the devices that are sent the notices: a JSON array, and empty if absent.
pub(crate) const NOTICES_TO: SettingName = SettingName("notices_to");

/// Whether Home Assistant is shown the doors: `on` or `off`, and off if absent.
pub(crate) const HOME_ASSISTANT: SettingName = SettingName("home_assistant");
