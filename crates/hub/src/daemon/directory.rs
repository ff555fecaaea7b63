//! Names for numbers: what people call a door and whom a code is for.
//!
//! The core and the log know numbers alone; what is shown to people has names.
//! One copy of them lies here, beside the actor, for all who show something.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use doorward_core::code::{CodeKind, CodeKindName};
use doorward_core::door::Door;
use doorward_core::ids::{CodeId, DoorId, DoorName, PairedDeviceId, PersonId};

use super::personal::Personal;

/// Names for numbers; clones share one copy.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<RwLock<Names>>);

#[derive(Default)]
struct Names {
    doors: HashMap<DoorId, DoorName>,
    codes: HashMap<CodeId, CodeName>,
    people: HashMap<PersonId, String>,
    phones: HashMap<PairedDeviceId, String>,
}

/// What is shown of a code.
#[derive(Clone)]
pub(crate) struct CodeName {
    pub(crate) kind: CodeKindName,
    pub(crate) personal: Personal,
    /// The person who gave it out, unless that was at the hub's own machine.
    pub(crate) issued_by: Option<PersonId>,
    /// The code that a duress code resembles.
    resembles: Option<CodeId>,
}

impl CodeName {
    /// Names a code.
    pub(crate) fn of(code: &CodeKind, personal: Personal, issued_by: Option<PersonId>) -> Self {
        let resembles = match code {
            CodeKind::Duress { resembles } => Some(*resembles),
            CodeKind::OneTime(_) | CodeKind::Scheduled { .. } | CodeKind::BreakGlass => None,
        };
        Self { kind: code.name(), personal, issued_by, resembles }
    }

    /// Forgets what its owner wrote about it.
    pub(crate) fn anonymous(self) -> Self {
        Self { personal: Personal::default(), ..self }
    }
}

impl Directory {
    pub(crate) fn add_door(&self, door: &Door) {
        self.write().doors.insert(door.id, door.name.clone());
    }

    pub(crate) fn add_code(&self, code: CodeId, name: CodeName) {
        self.write().codes.insert(code, name);
    }

    /// Finds a door by its name.
    pub(crate) fn door(&self, name: &DoorName) -> Option<DoorId> {
        let names = self.read();
        names.doors.iter().find(|(_, other)| *other == name).map(|(id, _)| *id)
    }

    /// Returns a door's name; a door that is gone keeps its number.
    pub(crate) fn door_name(&self, id: DoorId) -> String {
        let name = self.read().doors.get(&id).map(ToString::to_string);
        name.unwrap_or_else(|| format!("door {id}"))
    }

    pub(crate) fn code(&self, id: CodeId) -> Option<CodeName> {
        self.read().codes.get(&id).cloned()
    }

    /// Learns a person's name, or another one.
    pub(crate) fn name_person(&self, id: PersonId, name: &str) {
        self.write().people.insert(id, name.to_owned());
    }

    /// Forgets a person's name.
    pub(crate) fn forget_person(&self, id: PersonId) {
        self.write().people.remove(&id);
    }

    /// Learns a paired device's name.
    pub(crate) fn name_phone(&self, id: PairedDeviceId, name: &str) {
        self.write().phones.insert(id, name.to_owned());
    }

    /// Forgets a paired device's name.
    pub(crate) fn forget_phone(&self, id: PairedDeviceId) {
        self.write().phones.remove(&id);
    }

    /// Returns a person's name; absent once the person was removed.
    pub(crate) fn person(&self, id: PersonId) -> Option<String> {
        self.read().people.get(&id).cloned()
    }

    /// Returns a paired device's name; absent once its person was removed.
    pub(crate) fn phone(&self, id: PairedDeviceId) -> Option<String> {
        self.read().phones.get(&id).cloned()
    }

    /// Returns the code as which a visit is shown: for a duress code the one that
    /// it resembles. Whoever stands beside the owner learns nothing from a list.
    pub(crate) fn shown_as(&self, id: CodeId) -> (CodeId, Option<CodeName>) {
        let names = self.read();
        let shown = names.codes.get(&id).and_then(|name| name.resembles).unwrap_or(id);
        (shown, names.codes.get(&shown).cloned())
    }

    /// A lock that a panic poisoned still guards whole names: each is written
    /// in one step.
    fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Names> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duress_code_is_shown_as_the_code_it_resembles() {
        let directory = Directory::default();
        let guest = Personal { guest: Some("Ana".to_owned()), ..Personal::default() };
        let (real, duress) = (CodeId(1), CodeId(2));
        directory.add_code(real, CodeName::of(&CodeKind::BreakGlass, guest, None));
        let kind = CodeKind::Duress { resembles: real };
        directory.add_code(duress, CodeName::of(&kind, Personal::default(), None));
        let (shown, name) = directory.shown_as(duress);
        assert_eq!(shown, real);
        assert_eq!(name.unwrap().personal.label().unwrap(), "Ana");
        assert_eq!(directory.code(duress).unwrap().kind, CodeKindName::Duress);
    }
}
