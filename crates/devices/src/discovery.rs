//! What a bridge says of the devices behind it: who is there, and what each can
//! do. For people to read and to be warned by; nothing is decided by it.

use std::collections::BTreeSet;

use doorward_core::ids::DeviceName;
use doorward_core::trespass::SafeWords;

use crate::roles::Role;

/// A device that a bridge has told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// What it is called here; absent if its name behind the bridge breaks a
    /// rule of names, so that it must be renamed there first.
    pub name: Option<DeviceName>,
    /// Its name behind the bridge.
    pub friendly: SafeWords,
    /// Who made it.
    pub vendor: SafeWords,
    /// Its model.
    pub model: SafeWords,
    /// What its maker calls it.
    pub description: SafeWords,
    /// What it can do at a door.
    pub abilities: BTreeSet<Ability>,
}

/// Something that a device can do at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ability {
    /// Moves a bolt and says where it is.
    Bolt,
    /// Tells a jam from an unlocked bolt.
    Jam,
    /// Keeps PINs of its own.
    Pins,
    /// Throws its bolt by itself after a time.
    AutoRelock,
    /// Tells open from closed.
    Contact,
    /// Tells the codes that are typed on it.
    Codes,
    /// Numbers each try, so that it can be answered.
    Answers,
}

/// What is known of a device by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Familiar<'a> {
    /// Nobody has said who is there: the bridge has not been heard, or the
    /// device speaks for itself.
    Unsaid,
    /// The bridge has told of its devices, and this one is not among them.
    Unknown,
    /// The bridge has told of it.
    Known(&'a Discovered),
}

impl Discovered {
    /// Says whether the device can be this at a door.
    #[must_use]
    pub fn can_be(&self, role: Role) -> bool {
        match role {
            Role::Lock => self.abilities.contains(&Ability::Bolt),
            Role::Keypad => self.abilities.contains(&Ability::Codes),
            Role::Contact => self.abilities.contains(&Ability::Contact),
        }
    }

    /// Names what the device can be at a door.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        [Role::Lock, Role::Keypad, Role::Contact].into_iter().filter(|role| self.can_be(*role))
    }
}
