//! The kinds of devices, the dialects they speak, and the words for both.

use std::str::FromStr;

use super::{ANNOUNCEMENTS, HOME, NATIVE};
use crate::ids::DeviceName;
use crate::topic::{TopicFilter, TopicFormat, TopicName};

use serde::{Deserialize, Serialize};

/// The topic level under which every Shelly of the first generation talks.
const FIRST_SHELLIES: &str = "shellies";

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Throws and retracts a bolt.
    Lock,
    /// Takes codes and rings the bell.
    Keypad,
    /// Tells whether a door is open.
    Contact,
    /// Speaks for locks, keypads and contacts behind it.
    Bridge,
    /// The home's own automation.
    HomeAssistant,
    /// Films; a program that looks after cameras is one too.
    Camera,
    /// Anything else. No part of a door.
    Other,
}

/// The language a device speaks on MQTT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Our own, for devices that people build.
    Native,
    /// Zigbee2MQTT's.
    Zigbee2Mqtt {
        /// The topic under which the bridge puts everything.
        base: BaseTopic,
    },
    /// Home Assistant's, of which the hub speaks as much as its doors need.
    HomeAssistant,
    /// One that the hub carries and does not read.
    Carried {
        /// Whose it is.
        program: Program,
        /// The topic under which the device puts everything.
        base: BaseTopic,
    },
}

/// A program or firmware whose messages the hub carries and does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named for the program")]
pub enum Program {
    Frigate,
    Tasmota,
    Shelly,
    Esphome,
    ZwaveJsUi,
}

/// The topic under which a device puts everything.
///
/// Never within our own dialect's topics: whoever owned those would own every
/// device of the house.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseTopic(TopicName);

/// Why a text cannot be a base topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseTopicError {
    /// Not a topic at all.
    #[error("the base topic is not a topic name")]
    Format(#[from] TopicFormat),
    /// Within the topics of our own dialect, of what Home Assistant is shown, of its
    /// discovery, or of Tasmota's.
    #[error(
        "the base topic belongs to somebody else; choose one outside doorward, doorward-home, \
         homeassistant and tasmota"
    )]
    Taken,
}

/// A dialect's or kind's name that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownWord {
    /// Not a kind of device.
    #[error("a device is a lock, keypad, contact, bridge, home_assistant, camera or other")]
    Kind,
    /// Not a dialect.
    #[error(
        "a dialect is native, zigbee2mqtt, home_assistant, frigate, tasmota, shelly, esphome or \
         zwave_js_ui"
    )]
    Dialect,
}

/// Why a dialect cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// Nobody knows it.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// Its base topic breaks a rule.
    #[error(transparent)]
    BaseTopic(#[from] BaseTopicError),
}

impl BaseTopic {
    /// The base topic that Zigbee2MQTT uses unless told otherwise.
    pub const ZIGBEE2MQTT: &str = "zigbee2mqtt";

    /// Reads a base topic as the owner typed it.
    ///
    /// # Errors
    /// When it is not a topic, or one that belongs to somebody else.
    pub fn parse(text: &str) -> Result<Self, BaseTopicError> {
        let name = TopicName::parse(text)?;
        // With room for the `/#` that makes a filter of it.
        TopicFilter::parse(&format!("{text}/#"))?;
        match text.split('/').next() {
            // Every Tasmota announces itself below its maker's name, whatever it is called.
            Some(NATIVE | HOME | ANNOUNCEMENTS | "tasmota") | None => Err(BaseTopicError::Taken),
            Some(_) => Ok(Self(name)),
        }
    }

    /// Returns the base topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Says whether one of the two holds the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.everything().matches(&other.0) || other.everything().matches(&self.0)
    }

    /// Says whether it is that of a Shelly of the first generation.
    pub(super) fn is_first_shelly(&self) -> bool {
        self.as_str().split_once('/').is_some_and(|(first, _)| first == FIRST_SHELLIES)
    }

    pub(super) fn everything(&self) -> TopicFilter {
        // `parse` tried this very text.
        TopicFilter::parse(&format!("{}/#", self.0)).expect("parse has tried this filter")
    }
}

impl Default for BaseTopic {
    fn default() -> Self {
        Self(TopicName::parse(Self::ZIGBEE2MQTT).expect("a plain word is a topic"))
    }
}

impl Program {
    /// Returns the word for the program, as the database has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frigate => "frigate",
            Self::Tasmota => "tasmota",
            Self::Shelly => "shelly",
            Self::Esphome => "esphome",
            Self::ZwaveJsUi => "zwave_js_ui",
        }
    }

    /// Returns the base topic of a device that was given none: what the program
    /// uses by itself if there is one of it in a house, else the device's name.
    ///
    /// # Errors
    /// When a device of this name cannot have it.
    pub fn base_for(self, device: &DeviceName) -> Result<BaseTopic, BaseTopicError> {
        match self {
            Self::Frigate => BaseTopic::parse("frigate"),
            Self::ZwaveJsUi => BaseTopic::parse("zwave"),
            Self::Tasmota | Self::Shelly | Self::Esphome => BaseTopic::parse(device.as_str()),
        }
    }
}

impl Program {
    /// The same for a device without TLS: its firmware has no choice of some of it.
    ///
    /// # Errors
    /// When a device of this name cannot have it.
    pub fn base_without_tls(self, device: &DeviceName) -> Result<BaseTopic, BaseTopicError> {
        match (self, device.as_str()) {
            (Self::Shelly, "announce" | "command") => Err(BaseTopicError::Taken),
            (Self::Shelly, name) => BaseTopic::parse(&format!("{FIRST_SHELLIES}/{name}")),
            (Self::Tasmota | Self::Esphome | Self::Frigate | Self::ZwaveJsUi, _) => {
                self.base_for(device)
            }
        }
    }
}

impl DeviceKind {
    /// Returns the word for the kind, as the command line and the database
    /// have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Keypad => "keypad",
            Self::Contact => "contact",
            Self::Bridge => "bridge",
            Self::HomeAssistant => "home_assistant",
            Self::Camera => "camera",
            Self::Other => "other",
        }
    }
}

impl Dialect {
    /// Returns the word for the dialect, as the database has it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Zigbee2Mqtt { .. } => "zigbee2mqtt",
            Self::HomeAssistant => "home_assistant",
            Self::Carried { program, .. } => program.as_str(),
        }
    }

    /// Zigbee2MQTT with the base topic it has unless told otherwise.
    #[must_use]
    pub fn zigbee2mqtt() -> Self {
        Self::Zigbee2Mqtt { base: BaseTopic::default() }
    }

    /// Reads a dialect as the database keeps it: its word, and the base topic where
    /// it has one.
    ///
    /// # Errors
    /// When nobody knows the word, or the base topic breaks a rule.
    pub fn parse(word: &str, base: &str) -> Result<Self, DialectError> {
        let carried = |program| Ok(Self::Carried { program, base: BaseTopic::parse(base)? });
        match word {
            "native" => Ok(Self::Native),
            "zigbee2mqtt" => Ok(Self::Zigbee2Mqtt { base: BaseTopic::parse(base)? }),
            "home_assistant" => Ok(Self::HomeAssistant),
            "frigate" => carried(Program::Frigate),
            "tasmota" => carried(Program::Tasmota),
            "shelly" => carried(Program::Shelly),
            "esphome" => carried(Program::Esphome),
            "zwave_js_ui" => carried(Program::ZwaveJsUi),
            _ => Err(UnknownWord::Dialect.into()),
        }
    }

    /// Returns the topic under which all of the dialect's messages are, where it
    /// has one.
    #[must_use]
    pub const fn base(&self) -> Option<&BaseTopic> {
        match self {
            Self::Native | Self::HomeAssistant => None,
            Self::Zigbee2Mqtt { base } | Self::Carried { base, .. } => Some(base),
        }
    }
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "lock" => Ok(Self::Lock),
            "keypad" => Ok(Self::Keypad),
            "contact" => Ok(Self::Contact),
            "bridge" => Ok(Self::Bridge),
            "home_assistant" => Ok(Self::HomeAssistant),
            "camera" => Ok(Self::Camera),
            "other" => Ok(Self::Other),
            _ => Err(UnknownWord::Kind),
        }
    }
}
