//! What devices are at the doors.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::door::Door;
use doorward_core::ids::DeviceName;

/// What a device is at a door. One device can be several things: some locks
/// tell whether their door is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It moves the bolt.
    Lock,
    /// It takes codes.
    Keypad,
    /// It tells open from closed.
    Contact,
}

/// Who is what.
pub(crate) type Roles = BTreeMap<DeviceName, BTreeSet<Role>>;

/// Names the devices of a door and what each of them is.
pub fn roles_of_door(door: &Door) -> impl Iterator<Item = (DeviceName, Role)> + '_ {
    let lock = std::iter::once((door.lock.clone(), Role::Lock));
    let keypads = door.keypads.iter().map(|pad| (pad.clone(), Role::Keypad));
    let contact = door.contact.iter().map(|one| (one.clone(), Role::Contact));
    lock.chain(keypads).chain(contact)
}
