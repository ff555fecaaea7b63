//! Names for numbers: what people call a door and whom a code is for.
//!
//! The core and the log know numbers alone; what is shown to people has names.
//! One copy of them lies here, beside the actor, for all who show something.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use doorward_core::code::CodeKindName;
use doorward_core::door::Door;
use doorward_core::ids::{CodeId, DoorId, DoorName};

use super::personal::Personal;

/// Names for numbers; clones share one copy.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<RwLock<Names>>);

#[derive(Default)]
struct Names {
    doors: HashMap<DoorId, DoorName>,
    codes: HashMap<CodeId, CodeName>,
}

/// What is shown of a code.
#[derive(Clone)]
pub(crate) struct CodeName {
    pub(crate) kind: CodeKindName,
    pub(crate) personal: Personal,
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

    /// A lock that a panic poisoned still guards whole names: each is written
    /// in one step.
    fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Names> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
